from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from sqlalchemy.event import listen, remove
from sqlalchemy.pool import Pool

from lyncops.cmdlets import InvokeCsPoolFailOver
from lyncops.errors import JournalError, PlanFormatError
from lyncops.remoting.execution import CommandAddress
from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.streams import ErrorRecord
from lyncops.runs.database import PRAGMAS
from lyncops.runs.event_codec import event_from_text, event_to_text, kind_of
from lyncops.runs.events import (
    AttemptEnded,
    AttemptPrepared,
    AttemptReleased,
    GoalRead,
    JournalEvent,
    Noted,
    RunChanged,
    StepChanged,
)
from lyncops.runs.history import replay
from lyncops.runs.journal import open_journal
from lyncops.runs.model import Run, RunState, StepState
from lyncops.values import Outcome
from tests.runs.scene import START, A, B, Office, failing_over, plan_of

ADDRESS = CommandAddress(
    endpoint="https://fe1/x", session_id="1", shell_id="2", command_id="3", resource_uri="4"
)


@pytest.mark.parametrize(
    "event",
    [
        RunChanged(run_id="r", at=START, state=RunState.TIMED_OUT, why="ü"),
        StepChanged(
            run_id="r",
            at=START,
            step_id="s",
            state=StepState.DONE,
            evidence="e",
            why="w",
            exceptions=("a", "b"),
        ),
        AttemptPrepared(run_id="r", at=START, step_id="s", number=2, address=ADDRESS),
        AttemptEnded(
            run_id="r",
            at=START + timedelta(microseconds=1),
            step_id="s",
            number=2,
            outcome=Outcome.FAILED,
            proof=Proof.REFUSED,
            heard=True,
            errors=(ErrorRecord(message="m", terminating=True),),
            warnings=("w",),
        ),
        AttemptReleased(
            run_id="r", at=START, step_id="s", number=2, operator="anna", reason="it did not run"
        ),
        GoalRead(run_id="r", at=START, holds=None, evidence="e"),
        Noted(run_id="r", at=START, text="t"),
    ],
)
def test_an_event_is_read_as_it_was_written(event: JournalEvent) -> None:
    assert event_from_text(kind_of(event), event_to_text(event)) == event


@pytest.mark.parametrize(
    ("kind", "text"),
    [("Other", "{}"), ("Noted", "{"), ("Noted", "{}"), ("RunChanged", '{"state": "lost"}')],
)
def test_an_entry_that_cannot_be_read_is_told(kind: str, text: str) -> None:
    with pytest.raises(JournalError, match=f"entry of kind '{kind}'"):
        event_from_text(kind, text)


def test_a_run_is_read_as_it_was_lived(office: Office) -> None:
    run = office.start(plan_of(failing_over(A), failing_over(B)))
    assert office.journal().load(run.run_id) == run
    assert office.runs() == (run,)
    assert office.journal().locks() == ()


def test_runs_are_listed_newest_first(office: Office) -> None:
    first = office.start(plan_of(failing_over(A)))
    office.scene.sleep(timedelta(hours=1))
    second = office.start(plan_of(failing_over(B)))
    assert [run.run_id for run in office.runs()] == [second.run_id, first.run_id]


def test_an_unknown_run_is_told(office: Office) -> None:
    with pytest.raises(JournalError, match="has no run 'x'"):
        office.runner().resume("x")


def test_the_file_survives_a_power_cut(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lyncops.runs.database.PRAGMAS", PRAGMAS)
    answers: list[object] = []

    def ask(connection: sqlite3.Connection, _entry: object, _proxy: object) -> None:
        answers.extend(
            connection.execute(f"PRAGMA {name}").fetchone()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        )

    listen(Pool, "checkout", ask)
    try:
        office.journal()
    finally:
        remove(Pool, "checkout", ask)
    assert answers[:3] == [("wal",), (2,), (1,)]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("no url", "no database url"),
        ("nosuchdb://host/x", "kind 'nosuchdb'"),
        ("sqlite:////nowhere/at/all/x.db", "unable to open database file"),
    ],
)
def test_a_journal_that_cannot_be_opened_is_told(url: str, told: str) -> None:
    with pytest.raises(JournalError, match=told):
        open_journal(url)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database at all, but a long enough text " * 30)
    with pytest.raises(JournalError, match="not a database"):
        open_journal(f"sqlite:///{tmp_path / 'x.db'}")


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"],
)
def test_a_journal_in_memory_is_refused(url: str) -> None:
    with pytest.raises(JournalError, match="in memory"):
        open_journal(url)


@pytest.mark.parametrize("table", ["lyncops_runs", "lyncops_events"])
def test_nothing_is_sent_when_the_journal_cannot_be_written(office: Office, table: str) -> None:
    office.journal()
    connection = sqlite3.connect(office.folder / "journal.db")
    connection.execute(
        f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    connection.commit()
    connection.close()
    with pytest.raises(JournalError, match="disk full"):
        office.start(plan_of(failing_over(A)))
    assert office.scene.sent == []


def test_nothing_is_sent_when_the_journal_fails_in_the_middle(office: Office) -> None:
    office.journal()
    connection = sqlite3.connect(office.folder / "journal.db")
    connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON lyncops_events WHEN NEW.kind = 'AttemptPrepared' "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    connection.commit()
    with pytest.raises(JournalError, match="disk full"):
        office.start(plan_of(failing_over(A)))
    assert office.scene.sent == []
    connection.execute("DROP TRIGGER full")
    connection.commit()
    connection.close()
    [run] = office.runs()
    assert office.runner().resume(run.run_id).state is RunState.COMPLETED


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ("UPDATE lyncops_runs SET format = 99", JournalError, "another version"),
        ("UPDATE lyncops_runs SET content_id = 'x'", JournalError, "was altered in the journal"),
        (
            "UPDATE lyncops_runs SET plan = replace(plan, 'a.contoso.com', 'b.contoso.com')",
            PlanFormatError,
            "altered",
        ),
        ("UPDATE lyncops_events SET body = '{}' WHERE number = 2", JournalError, "cannot be read"),
    ],
)
def test_an_altered_journal_is_not_resumed(
    office: Office, change: str, error: type[Exception], told: str
) -> None:
    run = office.start(plan_of(failing_over(A)))
    connection = sqlite3.connect(office.folder / "journal.db")
    connection.execute(change)
    connection.commit()
    connection.close()
    with pytest.raises(error, match=told):
        office.runner().resume(run.run_id)


def test_nothing_is_ever_deleted_or_changed_in_the_events(office: Office) -> None:
    office.journal()
    connection = sqlite3.connect(office.folder / "journal.db")
    for act in ("UPDATE", "DELETE"):
        connection.execute(
            f"CREATE TRIGGER no_{act} BEFORE {act} ON lyncops_events BEGIN SELECT RAISE(ABORT,"
            " 'append-only'); END"
        )
    connection.commit()
    connection.close()
    assert office.start(plan_of(failing_over(A))).state is RunState.COMPLETED


def test_another_process_sees_the_lock_and_the_attempt_of_one_that_was_killed(
    office: Office,
) -> None:
    program = f"""
        import os
        from pathlib import Path
        from lyncops.runs.lock import Process
        from tests.runs.scene import A, Office, failing_over, plan_of

        class Dies:
            def observe(self, event):
                if type(event).__name__ == "AttemptPrepared":
                    os.kill(os.getpid(), 9)

        office = Office(Path({str(office.folder)!r}))
        runner = office.runner(None, Dies(), process=Process.current())
        runner.start(plan_of(failing_over(A)), operator="bert")
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False, timeout=60)
    assert died.returncode == -9
    [run] = office.runs()
    assert (run.state, run.operator) == (RunState.RUNNING, "bert")
    assert [lock.run_id for lock in office.journal().locks()] == [run.run_id] * 2
    run = office.runner().resume(run.run_id)
    assert run.state is RunState.UNKNOWN
    run = office.runner().resume(run.run_id, send_again="it died before it sent anything")
    assert run.state is RunState.COMPLETED
    assert office.scene.executions == {A: 1}


def test_the_powershell_of_a_plan_is_kept_with_the_run(office: Office) -> None:
    run = office.start(plan_of(failing_over(A)))
    connection = sqlite3.connect(office.folder / "journal.db")
    [[plan]] = connection.execute(
        "SELECT plan FROM lyncops_runs WHERE run_id = ?", [run.run_id]
    ).fetchall()
    connection.close()
    assert InvokeCsPoolFailOver(pool_fqdn=A, disaster_mode=True).to_powershell() in plan


def test_what_an_older_journal_held_for_not_sent_without_a_proof_is_unknown() -> None:
    event = AttemptEnded(
        run_id="r", at=START, step_id="s", number=1, outcome=Outcome.FAILED, reason="never started"
    )
    body = json.loads(event_to_text(event)) | {"sent": False}
    del body["proof"], body["heard"]
    read = event_from_text("AttemptEnded", json.dumps(body))
    assert isinstance(read, AttemptEnded)
    assert (read.outcome, read.proof) == (Outcome.UNKNOWN, None)


@pytest.mark.parametrize("proof", list(Proof))
def test_what_a_server_was_heard_of_never_becomes_not_started(proof: Proof) -> None:
    run = Run.of(plan_of(failing_over(A)), run_id="r", operator="anna", reason="", created_at=START)
    step_id = run.steps[0].step.step_id
    heard = AttemptEnded(
        run_id="r", at=START, step_id=step_id, number=1, outcome=Outcome.UNKNOWN, heard=True
    )
    denied = attrs.evolve(heard, outcome=Outcome.FAILED, proof=proof, heard=False)
    prepared = AttemptPrepared(run_id="r", at=START, step_id=step_id, number=1, address=ADDRESS)
    (attempt,) = replay(run, (prepared, heard, denied)).steps[0].attempts
    assert (attempt.outcome, attempt.proof, attempt.is_open) == (Outcome.UNKNOWN, None, True)
    (attempt,) = replay(run, (prepared, denied)).steps[0].attempts
    assert (attempt.outcome, attempt.proof, attempt.is_open) == (Outcome.FAILED, proof, False)
