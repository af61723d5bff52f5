"""What else a person does at a terminal: follows a run from another one, begins without a
configuration, wants no colours.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from lyncops.configuration.settings import load_configuration
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from tests.cli.terminals import POOL1, Child, Seen, show

PLANNED = ("run", "pool-failover", POOL1, "--mode", "planned", "--yes")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    with Lab.start("two-sites", rate=100.0) as lab:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        yield lab.write_config(tmp_path)


def interrupt(child: Child) -> None:
    child.send_signal(signal.SIGINT)


@pytest.mark.slow
def test_a_run_is_followed_from_another_terminal(config: Path) -> None:
    with ThreadPoolExecutor(1) as other:
        watching: list[Future[Seen]] = []

        def look(_child: Child) -> None:
            if not watching:  # whichever step is seen first
                watching.append(other.submit(show, config, "runs", "watch", "latest"))

        ran = show(config, *PLANNED, then={f"step {number} of": look for number in range(1, 10)})
        seen = watching[0].result()
    assert (ran.code, seen.code) == (0, 0)
    assert "completed: The goal is reached." in seen.text
    # However late it came: it saw the run go on and end
    live = seen.drawn.partition(f": pool-failover of {POOL1}")[0]
    assert " is running" in live
    assert " is completed" in live
    assert len(set(re.findall(r"(\d+ \w+) so far", seen.drawn))) > 1


@pytest.mark.slow
def test_status_is_watched_until_ctrl_c(config: Path) -> None:
    """The second reading is drawn over the first."""

    def twice(drawn: str) -> bool:
        return drawn.count("replicas:") >= 2

    seen = show(config, "status", "--watch", "--every", "1s", until=(twice, interrupt))
    assert seen.drawn.count("Every pool serves its own users") >= 2
    assert "\x1b[2J" in seen.drawn
    assert seen.code == 0


def test_no_pause_between_two_looks_is_refused(tmp_path: Path) -> None:
    for words in (("status", "--watch"), ("runs", "watch", "latest")):
        seen = show(tmp_path / "lyncops.toml", *words, "--every", "0s")
        assert seen.code == 1
        assert "too short: at least 1s" in " ".join(seen.told)


def test_no_colour_where_none_is_wanted(tmp_path: Path) -> None:
    """`init` shows a green line, and one to be copied."""
    server = ("--name", "acme", "--server", "fe1.acme.com")
    words = ("init", *server, "--username", "me@ACME.COM", "--password-env", "LYNC_PASSWORD")
    coloured = show(tmp_path / "one.toml", *words)
    plain = show(tmp_path / "two.toml", *words, environment={"NO_COLOR": "1"})
    assert (coloured.code, plain.code) == (0, 0)
    assert "\x1b[32m" in coloured.drawn
    assert "\x1b[3" not in plain.drawn


def test_help_has_examples(tmp_path: Path) -> None:
    for words in (("status",), ("run", "pool-failover"), ("runs", "watch")):
        seen = show(tmp_path / "lyncops.toml", *words, "--help")
        assert seen.code == 0
        assert any(row.strip().startswith(f"lyncops {' '.join(words)}") for row in seen.told)


def test_a_first_configuration_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "lyncops.toml"
    typed = {
        "Name of the deployment": "acme",
        "Server 1": "fe1.acme.com",
        "Server 2": "fe2.acme.com",
        "Server 3": "",
        "User, empty": "admin@ACME.COM",
        "Variable that holds": "LYNC_PASSWORD",
    }
    seen = show(file, "init", typed=typed)
    assert seen.code == 0, seen.text
    assert load_configuration(file).name == "acme"
    text = file.read_text(encoding="utf-8")
    assert "fe1.acme.com" in text
    assert "fe2.acme.com" in text
    assert seen.told[-1].strip().endswith("doctor")


def test_a_first_run_says_how_to_begin(tmp_path: Path) -> None:
    seen = show(tmp_path / "lyncops.toml", "status")
    assert seen.code == 1
    assert "`lyncops init` writes one" in " ".join(seen.told)
    assert seen.told[-1] == "lyncops: More: docs/troubleshooting.md#configurationerror"
