"""What a person sees on a real pseudo-terminal of 80 columns, drawn by a terminal emulator."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path

import pytest

from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from tests.cli.terminals import POOL1, POOL2, broken_names, show


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    with pytest.MonkeyPatch.context() as patch, Lab.start("two-sites", rate=3000.0) as lab:
        patch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        yield lab.write_config(tmp_path_factory.mktemp("terminal"))


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("readiness",),
        ("check", POOL1),
        ("plan", "pool-failover", POOL1, "--mode", "planned"),
    ],
)
def test_at_80_columns_names_are_whole_and_the_verdict_comes_first(
    config: Path, words: tuple[str, ...]
) -> None:
    seen = show(config, *words)
    assert seen.code == 0, seen.text
    # Those wrap at the edge, so that they can be copied
    commands = re.compile(r"^ +\S+-Cs.*\n.*", re.MULTILINE)
    assert broken_names(commands.sub("", seen.text), POOL1, POOL2) == []
    heading = next(index for index, row in enumerate(seen.rows) if row)
    first = " ".join(seen.rows[heading : heading + 3])
    assert re.search(r"Possible now|Ready: |Every pool serves its own users", first), first


def test_a_disaster_wants_the_name_typed_and_anything_else_changes_nothing(config: Path) -> None:
    words = (
        "run",
        "pool-failover",
        POOL1,
        "--mode",
        "disaster",
        "--accept-data-loss",
        "--override",
        "mode-fits",
        "--reason",
        "drill",
    )
    seen = show(config, *words, typed={f"Type {POOL1}": "yes"})
    assert seen.code == 5, seen.text
    last = [row for row in seen.rows if row]
    assert last[-1] == "Nothing was changed."
    assert any("About to run" in row for row in last[-14:])
    assert any("Expected data loss" in row for row in last[-12:])


def test_while_servers_are_read_it_says_which_one_and_leaves_no_trace(config: Path) -> None:
    seen = show(config, "status")
    assert re.search(r"Reading the servers, \d+ s: asks \S+ \(\d+ s\)", seen.drawn)
    assert "Reading the servers" not in seen.text
