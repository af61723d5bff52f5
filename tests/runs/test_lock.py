from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import attrs
import pytest

from lyncops.errors import JournalError, RunLockedError
from lyncops.runs.events import Event, StepChanged
from lyncops.runs.lock import STALE_AFTER, Claim, Lock, Process, displaced
from lyncops.runs.model import Run, RunState
from lyncops.runs.sql_journal import SqlJournal
from tests.runs.scene import START, A, B, C, Fate, Office, by_hand, failing_over, plan_of

HERE = Process.current()
CLAIM = Claim(
    deployment="contoso", pools=(B, A, A), run_id="new", token="t2", owner="bert", process=HERE, reason="", at=START, steal=False
)


def lock(run_id: str = "old", heartbeat: datetime | None = START, process: Process = HERE) -> Lock:
    return Lock(
        deployment="contoso",
        pool=A,
        run_id=run_id,
        token="t1",
        owner="anna",
        process=process,
        reason="drill",
        taken_at=START,
        heartbeat=heartbeat,
    )


ELSEWHERE = Process(host="other.contoso.com", pid=1)
OLD = START - STALE_AFTER - timedelta(seconds=1)


def test_a_claim_comes_to_one_lock_per_pool() -> None:
    assert [(one.pool, one.heartbeat) for one in CLAIM.locks()] == [(A, START), (B, START)]


def test_free_pools_can_be_locked() -> None:
    assert displaced((), CLAIM) == ()


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (lock(), "locked by run old of anna, .*, drill; it is being worked on right now: wait"),
        (lock(heartbeat=None), "it is paused: resume it, or cancel it"),
        (lock(heartbeat=OLD, process=ELSEWHERE), "gave no sign of life since 02:57:59 UTC: resume it"),
        (lock(run_id="new"), "Run new is being worked on right now by anna"),
    ],
)
def test_what_somebody_has_is_refused_and_can_be_stolen(held: Lock, told: str) -> None:
    with pytest.raises(RunLockedError, match=told) as caught:
        displaced([held], CLAIM)
    assert caught.value.run_id == held.run_id
    assert held.run_id == CLAIM.run_id or "--steal-lock" in caught.value.remedy
    assert displaced([held], attrs.evolve(CLAIM, steal=True)) == (held,)


@pytest.mark.parametrize("held", [lock(heartbeat=None), lock(heartbeat=OLD, process=ELSEWHERE)])
def test_a_run_takes_its_own_lock_up_again(held: Lock) -> None:
    assert displaced([held], attrs.evolve(CLAIM, run_id="old")) == ()


def test_a_process_elsewhere_is_judged_by_its_heartbeat() -> None:
    assert not ELSEWHERE.is_gone()
    assert lock(process=ELSEWHERE).is_live(START + STALE_AFTER)
    assert lock(process=ELSEWHERE).is_stale(START + STALE_AFTER + timedelta(seconds=1))


def test_a_dead_process_here_is_known_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert Process(host=HERE.host, pid=child.pid).is_gone()
    assert not HERE.is_gone()
    monkeypatch.setattr(os, "name", "nt")
    assert not Process(host=HERE.host, pid=child.pid).is_gone()


def test_a_living_process_of_somebody_else_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError(pid, signal)

    monkeypatch.setattr(os, "kill", refuse)
    assert not HERE.is_gone()


def test_two_runs_of_one_pair_collide_and_other_pairs_do_not(office: Office) -> None:
    paused = office.start(plan_of(by_hand()))
    assert paused.state is RunState.PENDING_MANUAL_STEP
    with pytest.raises(RunLockedError, match="paused") as caught:
        office.start(plan_of(failing_over(B), lock=[B, C]))
    assert caught.value.run_id == paused.run_id
    assert office.scene.sent == []
    assert len(office.journal().runs()) == 1
    assert office.start(plan_of(failing_over(C), lock=[C])).state is RunState.COMPLETED


@pytest.mark.parametrize("fate", [Fate.FAILS, Fate.LOST_NOT_DONE])
def test_a_run_that_stopped_half_way_keeps_its_pools_until_it_is_cancelled(office: Office, fate: Fate) -> None:
    office.scene.fates[A] = [fate]
    run = office.start(plan_of(failing_over(A)))
    with pytest.raises(RunLockedError):
        office.start(plan_of(failing_over(A)))
    cancelled = office.runner().cancel(run.run_id, operator="bert", reason="another plan")
    assert (cancelled.state, cancelled.why) == (RunState.CANCELLED, "Cancelled by bert: another plan")
    assert office.start(plan_of(failing_over(A))).state is RunState.COMPLETED


class Meanwhile:
    """Something happens elsewhere at the moment when the first step begins."""

    def __init__(self, happen: Callable[[], None]) -> None:
        self.happen: Callable[[], None] | None = happen

    def observe(self, event: Event) -> None:
        if isinstance(event, StepChanged) and self.happen is not None:
            happen, self.happen = self.happen, None
            happen()


def test_a_run_that_is_being_worked_on_cannot_be_resumed_or_cancelled(office: Office) -> None:
    refused: list[str] = []

    def collide() -> None:
        [run] = office.journal().runs()
        with pytest.raises(RunLockedError) as resuming:
            office.runner().resume(run.run_id)
        with pytest.raises(RunLockedError) as cancelling:
            office.runner().cancel(run.run_id, operator="bert", reason="")
        refused.extend([resuming.value.what, cancelling.value.what])

    runner = office.runner(None, Meanwhile(collide), process=HERE)
    assert runner.start(plan_of(failing_over(A)), operator="anna").state is RunState.COMPLETED
    assert len(refused) == 2
    assert all("being worked on right now by anna" in text for text in refused)


def test_a_stolen_lock_stops_the_run_that_had_it_before_it_sends_anything(office: Office) -> None:
    thieves: list[Run] = []

    def steal() -> None:
        thieves.append(office.runner().start(plan_of(failing_over(B)), operator="bert", reason="faster", steal_lock=True))

    runner = office.runner(None, Meanwhile(steal), process=HERE)
    with pytest.raises(RunLockedError, match="has lost the lock"):
        runner.start(plan_of(failing_over(A)), operator="anna")
    assert office.scene.executions == {B: 1}
    [thief] = thieves
    robbed = next(run for run in office.journal().runs() if run.run_id != thief.run_id)
    assert robbed.notes == (f"bert took the lock of its pools away, for run {thief.run_id}: faster",)
    assert [note.split(" away")[0] for note in thief.notes] == [f"bert took the lock of {A}", f"bert took the lock of {B}"]
    assert office.runner().resume(robbed.run_id).state is RunState.COMPLETED


def test_a_heartbeat_is_kept_and_notices_a_lost_lock(office: Office) -> None:
    journal = office.journal()
    run = Run.of(plan_of(failing_over(A)), run_id="r", operator="anna", reason="", created_at=START)
    journal.begin(run, attrs.evolve(CLAIM, run_id="r", token="mine"))
    assert journal.beat("r", "mine", START + timedelta(minutes=1))
    assert {one.heartbeat for one in journal.locks()} == {START + timedelta(minutes=1)}
    assert not journal.beat("r", "other", START)
    connection = sqlite3.connect(office.folder / "journal.db")
    connection.execute("DELETE FROM lyncops_locks WHERE pool = ?", [A])
    connection.commit()
    connection.close()
    assert not journal.beat("r", "mine", START)


def test_a_final_run_is_answered_as_it_is(office: Office) -> None:
    run = office.start(plan_of(failing_over(A)))
    assert office.runner().resume(run.run_id) == run


def test_while_a_run_is_worked_on_its_lock_shows_a_heartbeat(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lyncops.runs.ledger.HEARTBEAT", timedelta(milliseconds=5))
    seen: set[datetime | None] = set()

    def pass_time() -> None:
        for _ in range(200):
            office.scene.time += timedelta(seconds=1)
            seen.update(one.heartbeat for one in office.journal().locks())
            if len(seen) > 2:
                return

    runner = office.runner(None, Meanwhile(pass_time), process=HERE)
    assert runner.start(plan_of(failing_over(A)), operator="anna").state is RunState.COMPLETED
    assert len(seen) > 2


def test_a_heartbeat_that_cannot_be_written_is_logged_and_a_lost_one_ends(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("lyncops.runs.ledger.HEARTBEAT", timedelta(milliseconds=1))
    answers: list[bool | JournalError] = [JournalError("The disk is full."), False]
    stopped = threading.Event()

    def beat(_self: SqlJournal, _run_id: str, _token: str, _at: datetime) -> bool:
        answer = answers.pop(0)
        if isinstance(answer, JournalError):
            raise answer
        stopped.set()
        return answer

    monkeypatch.setattr(SqlJournal, "beat", beat)
    runner = office.runner(None, Meanwhile(lambda: assert_set(stopped)), process=HERE)
    assert runner.start(plan_of(failing_over(A)), operator="anna").state is RunState.COMPLETED
    assert "could not renew its lock: The disk is full." in caplog.text
    assert answers == []


def assert_set(event: threading.Event) -> None:
    assert event.wait(30)
