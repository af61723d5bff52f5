"""A run is found by its id, by the beginning of it, and as the latest; a mistyped id is answered
with the nearest.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest

from lyncops.errors import InvalidValueError
from lyncops.runs.finding import find_run
from lyncops.runs.model import RunState, RunSummary

IDS = ("20261127-002923-6aa2", "20261127-002911-1b3c", "20261125-101010-ffff")
SUMMARY = RunSummary(
    run_id="",
    deployment="contoso",
    procedure="pool-failover",
    target="pool1.contoso.com",
    mode="planned",
    state=RunState.COMPLETED,
    operator="eve",
    reason="",
    created_at=None,
    changed_at=None,
)


def runs() -> Sequence[RunSummary]:
    return [attrs.evolve(SUMMARY, run_id=run_id) for run_id in IDS]


def none_asked() -> Sequence[RunSummary]:
    raise AssertionError


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("20261125", IDS[2]),
        ("20261127-002911", IDS[1]),
        ("latest", IDS[0]),
        ("20261127-0029", None),
    ],
)
def test_the_beginning_of_an_id_is_enough(wanted: str, found: str | None) -> None:
    if found:
        assert find_run(wanted, runs) == found
        return
    with pytest.raises(InvalidValueError, match="2 runs begin with"):
        find_run(wanted, runs)


def test_a_whole_id_needs_no_list() -> None:
    assert find_run(IDS[0], none_asked) == IDS[0]


def test_the_nearest_id_is_named() -> None:
    with pytest.raises(InvalidValueError, match="no run '20261126-0029'") as caught:
        find_run("20261126-0029", runs)
    assert caught.value.remedy.startswith("Did you mean 2026112")


@pytest.mark.parametrize("wanted", ["", "nothing of the kind", "latest"])
def test_what_no_run_is_called_is_said(wanted: str) -> None:
    with pytest.raises(InvalidValueError, match="There is no run") as caught:
        find_run(wanted, list)
    assert "runs list" in caught.value.remedy
