"""A client is killed after every write of its journal and around every cmdlet that changes
something, comes back, and all ends as if it had never died.

Which moments these are: `points.for_every_change`; of the evacuation, which consists of a failback
and a failover, one in four. All others are struck by `scripts/crash.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.crash.points import Point, Request, Write, for_every_change
from tests.crash.stage import STORIES, reference, strike

SHARES = 4
MADE_OF_OTHERS = {"evacuation"}
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("name", STORIES)
def test_a_client_killed_anywhere_comes_back(name: str, share: int, tmp_path: Path) -> None:
    known = reference(STORIES[name], _folder(tmp_path, "reference"))
    points = for_every_change(known.points)
    assert sum(isinstance(point, Write) for point in points) > 20
    assert {point.verb for point in points if isinstance(point, Request) and point.is_change} >= {
        "Command",
        "Receive",
        "Signal",
    }
    struck = _one_in_four(points) if name in MADE_OF_OTHERS else points
    mine = struck[share::SHARES]
    fates = [
        strike(known, point, _folder(tmp_path, str(number))) for number, point in enumerate(mine)
    ]
    wrong = {str(fate.point): fate.wrong for fate in fates if fate.wrong}
    assert wrong == {}
    # Who polls may ask once less in another life; what is written or sent may not be missing.
    spared = [fate.point for fate in fates if not fate.died]
    assert [point for point in spared if not _polls(point)] == []


def _one_in_four(points: Sequence[Point]) -> list[Point]:
    """From both sides of what has two."""
    return [point for number, point in enumerate(points) if number % 8 in (0, 5)]


def _polls(point: Point) -> bool:
    return isinstance(point, Request) and (point.verb == "Receive" or not point.is_change)


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder
