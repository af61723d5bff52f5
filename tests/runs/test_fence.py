"""The last look at the lock: whether it is asked for, and what comes of it, for each clock that may
have gone on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Final

import attrs
import pytest

from lyncops.errors import JournalError, RunLockedError
from lyncops.remoting.execution import CommandAddress, Fence
from lyncops.runs.events import JournalEvent
from lyncops.runs.journal import Journal
from lyncops.runs.ledger import Ledger
from lyncops.runs.lock import Claim, Process
from lyncops.runs.model import Run
from tests.runs.scene import START, A, B, Office, failing_over, plan_of

ADDRESS: Final = CommandAddress(
    endpoint="https://fe1.contoso.com/wsman",
    session_id="s",
    shell_id="h",
    command_id="c",
    resource_uri="r",
)
SECOND: Final = timedelta(seconds=1)
LONG: Final = timedelta(seconds=1.001)
NIGHT: Final = timedelta(hours=8)
NONE: Final = timedelta()


@attrs.define
class Clocks:
    """The clock on the wall, and the one that counts."""

    wall: datetime = START
    monotonic: float = 1_000.0

    def now(self) -> datetime:
        return self.wall

    def sleep(self, duration: timedelta) -> None:
        raise AssertionError(f"nobody sleeps here: {duration}")

    def pass_by(self, *, wall: timedelta, monotonic: timedelta) -> None:
        self.wall += wall
        self.monotonic += monotonic.total_seconds()


@attrs.define
class Desk:
    """A run that is about to send, and how often its journal was asked whether the lock is held."""

    office: Office
    journal: Journal
    ledger: Ledger
    clocks: Clocks
    asked: list[bool]

    def steal(self) -> None:
        """Another process takes the pools."""
        self.office.journal().take_up(claim("thief", steal=True))

    def prepare(self) -> Fence:
        return self.ledger.prepared(failing_over(A).step_id, ADDRESS)


def claim(token: str, *, steal: bool = False) -> Claim:
    return Claim(
        deployment="contoso",
        pools=(A, B),
        run_id="r",
        token=token,
        owner="anna",
        process=Process.current(),
        reason="it hangs",
        at=START,
        steal=steal,
    )


def counting(holds: Callable[[str, str], bool], asked: list[bool]) -> Callable[[str, str], bool]:
    def ask(run_id: str, token: str) -> bool:
        asked.append(holds(run_id, token))
        return asked[-1]

    return ask


@pytest.fixture
def desk(office: Office, monkeypatch: pytest.MonkeyPatch) -> Desk:
    clocks, asked = Clocks(), list[bool]()
    monkeypatch.setattr(
        "lyncops.remoting.clock.time", SimpleNamespace(monotonic=lambda: clocks.monotonic)
    )
    journal: Journal = office.journal()
    run = Run.of(plan_of(failing_over(A)), run_id="r", operator="anna", reason="", created_at=START)
    journal.begin(run, claim("mine"))
    monkeypatch.setattr(journal, "holds", counting(journal.holds, asked))
    return Desk(
        office,
        journal,
        Ledger(run, journal=journal, clock=clocks, token="mine", observers=()),
        clocks,
        asked,
    )


@pytest.mark.parametrize("stolen", [False, True])
@pytest.mark.parametrize(
    ("wall", "monotonic"),
    [
        (LONG, LONG),
        (LONG, NONE),
        (NONE, LONG),
        (NIGHT, NONE),
        (NONE, NIGHT),
        (-NIGHT, NONE),
        (-NIGHT, LONG),
    ],
)
def test_after_more_than_a_moment_by_either_clock_the_lock_is_asked_for(
    desk: Desk, wall: timedelta, monotonic: timedelta, *, stolen: bool
) -> None:
    fence = desk.prepare()
    assert desk.asked == []
    if stolen:
        desk.steal()
    desk.clocks.pass_by(wall=wall, monotonic=monotonic)
    if stolen:
        with pytest.raises(RunLockedError):
            fence()
    else:
        fence()
    assert desk.asked == [not stolen]


@pytest.mark.parametrize(
    ("wall", "monotonic"),
    [(NONE, NONE), (SECOND, SECOND), (SECOND, NONE), (NONE, SECOND), (-SECOND, NONE)],
)
def test_within_a_moment_the_journal_is_not_asked(
    desk: Desk, wall: timedelta, monotonic: timedelta
) -> None:
    fence = desk.prepare()
    desk.clocks.pass_by(wall=wall, monotonic=monotonic)
    fence()
    assert desk.asked == []


def test_the_time_that_the_journal_took_counts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock was held when the journal wrote, not when it said so."""
    append = desk.journal.append

    def slowly(event: JournalEvent, *, token: str) -> None:
        append(event, token=token)
        desk.clocks.pass_by(wall=NONE, monotonic=LONG)
        desk.steal()

    monkeypatch.setattr(desk.journal, "append", slowly)
    fence = desk.prepare()
    with pytest.raises(RunLockedError):
        fence()


def test_each_question_is_asked_afresh(desk: Desk) -> None:
    """A log-on in between asks the fence more than once."""
    fence = desk.prepare()
    desk.clocks.pass_by(wall=NONE, monotonic=LONG)
    fence()
    desk.steal()
    with pytest.raises(RunLockedError):
        fence()
    assert desk.asked == [True, False]


def test_a_journal_that_cannot_be_asked_holds_the_command_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(run_id: str, token: str) -> bool:
        raise JournalError(f"The journal of {run_id} and {token} is away.")

    fence = desk.prepare()
    desk.clocks.pass_by(wall=LONG, monotonic=NONE)
    monkeypatch.setattr(desk.journal, "holds", away)
    with pytest.raises(JournalError):
        fence()
