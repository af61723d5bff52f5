"""What a tired person sees at a terminal of 80 columns and 24 rows, in a disaster."""

from __future__ import annotations

import re
import signal
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from lyncops.cli.main import main
from lyncops.configuration.settings import load_configuration
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from tests.cli.terminals import POOL1, POOL2, Child, Seen, broken_names, show

PLANNED = ("pool-failover", POOL1, "--mode", "planned")
DISASTER = ("pool-failover", POOL1, "--mode", "disaster", "--accept-data-loss")
NAMES = (POOL1, POOL2, "pool2-fe1.contoso.com", "edge1.contoso.com", "store-not-on-failed-pool")
POWERSHELL = re.compile(r"^ +\S+-Cs.*\n.*", re.MULTILINE)  # wraps at the edge, to be copied
COLOUR = re.compile(r"\x1b\[[\d;]*m")
GREY, GREEN = "\x1b[2m", "\x1b[32m"


@pytest.fixture
def lab(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Generator[Lab]:
    rate: float = getattr(request, "param", 3000.0)
    with Lab.start("two-sites", rate=rate) as started:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, started.password)
        yield started


@pytest.fixture
def config(lab: Lab, tmp_path: Path) -> Path:
    return lab.write_config(tmp_path)


def whole(seen: Seen) -> str:
    """The text, where no name in it is broken and no command of lyncops goes over two rows."""
    text = POWERSHELL.sub("", seen.text)
    assert broken_names(text, *NAMES) == []
    rows = [row.strip() for row in text.splitlines()]
    assert [row for row in rows if re.search(r"(?:^|\s)lyncops(?: [a-z]+)?$", row)] == []
    return text


def kill(child: Child) -> None:
    child.kill()


@pytest.mark.slow
def test_in_a_disaster_every_name_is_whole_and_states_of_the_dead_are_grey(
    lab: Lab, config: Path
) -> None:
    lab.crash(POOL1)
    status = show(config, "status")
    assert status.code == 2
    assert "have no service" in " ".join(" ".join(status.told[:8]).split())
    assert "Active (last known)" in whole(status)
    assert f"{GREY}Active (last known)" in status.drawn
    assert any(re.search(r"\d+ of \d+ not steady|not read|steady", row) for row in status.told)
    readiness = show(config, "readiness", "--details")
    assert readiness.code in (2, 7)
    whole(readiness)
    plan = show(config, "plan", *DISASTER)
    assert "Possible now" in " ".join(plan.told[:3])
    whole(plan)
    for words in (("check", POOL1), ("backup-service", "show"), ("doctor",)):
        whole(show(config, *words))


@pytest.mark.slow
def test_the_question_comes_last_and_the_end_names_the_next_command(config: Path) -> None:
    seen = show(config, "run", *PLANNED, typed={"steps now?": "y"})
    assert seen.code == 0
    asked = next(at for at, row in enumerate(seen.told) if "steps now?" in row)
    before = "\n".join(seen.told[asked - 24 : asked])
    for words in (f"pool-failover of {POOL1} (planned)", "Expected data loss: Nothing", "about"):
        assert words in before
    for name in (POOL1, POOL2, "edge1.contoso.com", "active master"):
        assert name in before
    end = seen.told[asked + 1 :]
    assert any(row.strip() == f"lyncops run pool-failback {POOL1} --mode planned" for row in end)
    assert re.fullmatch(r"lyncops runs report \d{8}-\d{6}-[0-9a-f]{4}", end[-1].strip())
    whole(seen)
    again = show(config, "run", *PLANNED)
    assert (again.code, "Nothing to do" in "\n".join(again.told[:3])) == (0, True)


@pytest.mark.slow
@pytest.mark.parametrize("lab", [200.0], indirect=True)
def test_a_killed_run_is_listed_and_resumed_at_once(config: Path) -> None:
    killed = show(config, "run", *PLANNED, "--yes", then={"step 3 of": kill})
    assert killed.code == -9
    listed = show(config, "status")
    (run_id,) = set(re.findall(r"lyncops resume (\S+)", listed.text))
    assert f"Open run {run_id}" in " ".join(" ".join(listed.told[:6]).split())
    near = f"{run_id[:-1]}{'0' if run_id[-1] != '0' else '1'}"
    guessed = show(config, "runs", "show", near)
    assert f"Did you mean {run_id}?" in " ".join(whole(guessed).split())
    resumed = show(config, "resume", run_id[:11])
    assert resumed.code == 0, resumed.text
    assert "steal-lock" not in resumed.drawn
    first_view = COLOUR.sub("", resumed.drawn.partition("so far")[0])
    assert re.search(r"\bdone\b|finished|already true", first_view)
    assert resumed.text.count(" done ") + resumed.text.count("already true") >= 5


@pytest.mark.slow
@pytest.mark.parametrize("lab", [30.0], indirect=True)
def test_where_the_process_may_live_resume_says_how_long_to_wait_and_why(
    config: Path,
) -> None:
    def interrupt(child: Child) -> None:
        child.send_signal(signal.SIGINT)

    assert show(config, "run", *PLANNED, "--yes", then={"step 3 of": kill}).code == -9
    url = load_configuration(config).journal_url
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as journal, journal:
        journal.execute("UPDATE lyncops_locks SET boot_id = 'of another start'")
    waiting = show(config, "resume", "latest", then={"watching its": interrupt})
    assert waiting.code == 5
    told = " ".join(whole(waiting).split())
    assert "which cannot be seen from here: watching its heartbeat for 120 seconds" in told


def test_what_is_mistyped_is_guessed(config: Path) -> None:
    for words, meant in (
        (("statsu",), "status"),
        (("run", "pool-failovr", POOL1), "pool-failover"),
        (("plan", "pool-failover", "pool1.contso.com", "--mode", "planned"), POOL1),
    ):
        seen = show(config, *words)
        assert seen.code in (1, 2)
        assert seen.code == 2 or "More: docs/troubleshooting.md#" in seen.told[-1]
        assert f"Did you mean {meant}?" in " ".join(whole(seen).split()), seen.text


def test_two_active_stores_are_never_green(lab: Lab, config: Path) -> None:
    lab.inject("model-fault", "store_failover=both-active")
    words = ("run", "management-store-failover", POOL1, "--mode", "planned", "--yes")
    assert main(["--config", str(config), *words]) != 0
    seen = show(config, "status")
    assert seen.code == 2
    assert "only one may be" in " ".join(" ".join(seen.told[:4]).split())
    store = seen.drawn[seen.drawn.index("copy on") :]
    assert GREEN not in store[: store.index("active master")]
