from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import attrs
import pytest

from lyncops.errors import JournalError, RunLockedError
from lyncops.plan.procedures import PoolFailover
from lyncops.runs.events import Event, StepChanged
from lyncops.runs.lock import STALE_AFTER, Claim, Lock, LockLife, Process, TakeOver, taken_by
from lyncops.runs.model import Run, RunState
from lyncops.runs.sql_journal import SqlJournal
from tests.runs.scene import DEAD, START, A, B, C, Fate, Office, by_hand, failing_over, plan_of

HERE = Process.current()
CLAIM = Claim(
    deployment="contoso",
    pools=(B, A, A),
    run_id="new",
    token="t2",
    owner="bert",
    process=HERE,
    reason="",
    at=START,
    steal=False,
)


ELSEWHERE = Process(host="other.contoso.com", pid=1)
SILENT = STALE_AFTER + timedelta(seconds=1)


def lock(
    run_id: str = "old",
    heartbeat: datetime | None = START,
    process: Process = HERE,
    silence: timedelta | None = None,
) -> Lock:
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
        silence=silence,
    )


def test_a_claim_comes_to_one_lock_per_pool() -> None:
    assert [(one.pool, one.heartbeat) for one in CLAIM.locks()] == [(A, START), (B, START)]


def test_free_pools_can_be_locked() -> None:
    assert taken_by(CLAIM, ()) == ()


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (lock(), "locked by run old of anna, .*, drill; it is being worked on right now: wait"),
        (lock(heartbeat=None), "it is paused: resume it, or cancel it"),
        (
            lock(process=ELSEWHERE, silence=SILENT),
            "has not renewed the lock for 120 seconds: resume it",
        ),
        (lock(process=DEAD), "its process is dead: resume it"),
        (lock(run_id="new"), "Run new is being worked on right now by anna"),
    ],
)
def test_what_somebody_has_is_refused_and_can_be_stolen(held: Lock, told: str) -> None:
    with pytest.raises(RunLockedError, match=told) as caught:
        taken_by(CLAIM, [held])
    assert caught.value.run_id == held.run_id
    assert "--steal-lock" in caught.value.remedy
    [taken] = taken_by(attrs.evolve(CLAIM, steal=True), [held])
    assert (taken.why, taken.run_id, taken.owner, taken.pools) == (
        TakeOver.STOLEN,
        held.run_id,
        "anna",
        (A,),
    )


def test_a_run_takes_its_own_lock_up_again() -> None:
    assert taken_by(attrs.evolve(CLAIM, run_id="old"), [lock(heartbeat=None)]) == ()


@pytest.mark.parametrize(
    ("held", "why", "evidence"),
    [
        (lock(process=DEAD), TakeOver.DEAD_PROCESS, "same process namespace"),
        (
            lock(process=ELSEWHERE, silence=SILENT),
            TakeOver.STALE,
            "By the database's clock its last heartbeat was 121 seconds ago",
        ),
    ],
)
def test_a_run_takes_its_lock_from_a_dead_process_and_says_why(
    held: Lock, why: TakeOver, evidence: str
) -> None:
    [taken] = taken_by(attrs.evolve(CLAIM, run_id="old"), [held])
    assert taken.why is why
    assert evidence in taken.evidence


def test_a_process_elsewhere_is_judged_by_the_clock_of_the_database() -> None:
    assert ELSEWHERE.lives() is None
    assert lock(process=ELSEWHERE, silence=STALE_AFTER).life() is LockLife.LIVE
    assert lock(process=ELSEWHERE, silence=SILENT).life() is LockLife.STALE
    assert lock(silence=SILENT).life() is LockLife.LIVE  # it is here, and lives


def test_a_lock_without_such_a_clock_is_watched() -> None:
    held = lock(process=ELSEWHERE)
    assert held.must_be_watched
    assert held.life(frozenset({held.pulse})) is LockLife.STALE
    assert attrs.evolve(held, beats=1).life(frozenset({held.pulse})) is LockLife.LIVE
    assert not lock().must_be_watched


@pytest.mark.parametrize(
    "other",
    [
        attrs.evolve(DEAD, host="other"),
        attrs.evolve(DEAD, machine_id="other"),
        attrs.evolve(DEAD, boot_id="other"),
        attrs.evolve(DEAD, pid_namespace="other"),
    ],
)
def test_a_process_is_only_known_to_be_dead_where_everything_matches(other: Process) -> None:
    assert DEAD.lives() is False
    assert other.lives() is None
    assert attrs.evolve(DEAD, started="").lives() is None


def test_a_number_that_was_given_out_again_is_another_process() -> None:
    assert HERE.lives() is True
    assert attrs.evolve(HERE, started="1").lives() is False


def test_a_zombie_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        known = Process.here(child.pid)
        assert known.lives() is True
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert known.lives() is False


def test_a_process_of_somebody_else_lives_and_one_that_is_hidden_is_not_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError(pid, signal)

    monkeypatch.setattr(os, "kill", refuse)
    assert HERE.lives() is True
    monkeypatch.setattr(Process, "current", lambda: HERE)
    monkeypatch.setattr("lyncops.runs.process._PROC", Path("/nowhere"))
    assert HERE.lives() is None


def test_two_runs_of_one_pair_collide_and_other_pairs_do_not(office: Office) -> None:
    paused = office.start(plan_of(by_hand()))
    assert paused.state is RunState.PENDING_MANUAL_STEP
    with pytest.raises(RunLockedError, match="paused") as caught:
        office.start(plan_of(failing_over(B), lock=[B, C]))
    assert caught.value.run_id == paused.run_id
    assert office.scene.sent == []
    assert len(office.runs()) == 1
    elsewhere = attrs.evolve(
        plan_of(failing_over(C), lock=[C]), procedure=PoolFailover(pool=C, mode="planned")
    )
    assert office.start(elsewhere).state is RunState.COMPLETED


@pytest.mark.parametrize("fate", [Fate.FAILS, Fate.LOST_NOT_DONE])
def test_a_run_that_stopped_half_way_keeps_its_pools_until_it_is_cancelled(
    office: Office, fate: Fate
) -> None:
    office.scene.fates[A] = [fate]
    run = office.start(plan_of(failing_over(A)))
    with pytest.raises(RunLockedError):
        office.start(plan_of(failing_over(A)))
    cancelled = office.runner().cancel(run.run_id, operator="bert", reason="another plan")
    assert (cancelled.state, cancelled.why) == (
        RunState.CANCELLED,
        "Cancelled by bert: another plan",
    )
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
        [run] = office.runs()
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
        thieves.append(
            office.runner().start(
                plan_of(failing_over(B)), operator="bert", reason="faster", steal_lock=True
            )
        )

    runner = office.runner(None, Meanwhile(steal), process=HERE)
    with pytest.raises(RunLockedError, match="has lost the lock"):
        runner.start(plan_of(failing_over(A)), operator="anna")
    assert office.scene.executions == {B: 1}
    [thief] = thieves
    robbed = next(run for run in office.runs() if run.run_id != thief.run_id)
    assert robbed.notes == thief.notes
    [note] = thief.notes
    assert note.startswith(
        f"bert ({DEAD}) took the lock of {A}, {B} from run {robbed.run_id} of anna ({HERE}) "
    )
    assert f"for run {thief.run_id}: the operator asked for it" in note
    assert note.endswith("Reason: faster.")
    assert office.runner().resume(robbed.run_id).state is RunState.COMPLETED


def test_a_heartbeat_is_kept_and_notices_a_lost_lock(office: Office) -> None:
    journal = office.journal()
    run = Run.of(plan_of(failing_over(A)), run_id="r", operator="anna", reason="", created_at=START)
    journal.begin(run, attrs.evolve(CLAIM, run_id="r", token="mine"))
    assert journal.heartbeat("r", "mine", START + timedelta(minutes=1))
    assert {one.heartbeat for one in journal.locks()} == {START + timedelta(minutes=1)}
    assert not journal.heartbeat("r", "other", START)
    connection = sqlite3.connect(office.folder / "journal.db")
    connection.execute("DELETE FROM lyncops_locks WHERE pool = ?", [A])
    connection.commit()
    connection.close()
    assert not journal.heartbeat("r", "mine", START)


def test_a_final_run_is_answered_as_it_is(office: Office) -> None:
    run = office.start(plan_of(failing_over(A)))
    assert office.runner().resume(run.run_id) == run


def test_while_a_run_is_worked_on_its_lock_shows_a_heartbeat(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
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

    def heartbeat(_self: SqlJournal, _run_id: str, _token: str, _at: datetime) -> bool:
        answer = answers.pop(0)
        if isinstance(answer, JournalError):
            raise answer
        stopped.set()
        return answer

    monkeypatch.setattr(SqlJournal, "heartbeat", heartbeat)
    runner = office.runner(None, Meanwhile(lambda: assert_set(stopped)), process=HERE)
    assert runner.start(plan_of(failing_over(A)), operator="anna").state is RunState.COMPLETED
    assert "could not renew its lock: The disk is full." in caplog.text
    assert answers == []


def assert_set(event: threading.Event) -> None:
    assert event.wait(30)
