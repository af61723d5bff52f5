"""What several clients do to one journal at once, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from lyncops.errors import JournalError, LyncOpsError, RunLockedError
from lyncops.plan.codec import plan_from_json
from lyncops.runs import schema
from lyncops.runs.events import Polled
from lyncops.runs.journal import Journal, open_journal
from lyncops.runs.lock import HEARTBEAT, STALE_AFTER, Claim, Process
from lyncops.runs.model import Run, RunState
from tests.postgres import Postgres
from tests.runs.scene import (
    DEAD,
    START,
    A,
    B,
    C,
    Fuse,
    Killed,
    Office,
    by_hand,
    failing_over,
    plan_of,
)

T = TypeVar("T")
OLD: Final = Path(__file__).with_name("old")
ELSEWHERE: Final = Process(host="other.contoso.com", pid=4711)
HERE: Final = Process.current()
PLAN: Final = plan_of(failing_over(A), lock=[A, B])
PAIRS: Final = 60  # ten times as many with --all


def at_once(*jobs: Callable[[], T]) -> list[T | Exception]:
    """What the jobs answer or raise when they begin at the same moment."""
    barrier = threading.Barrier(len(jobs))

    def wait_and(job: Callable[[], T]) -> T | Exception:
        barrier.wait(60)
        try:
            return job()
        except LyncOpsError as error:
            return error

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(wait_and, job) for job in jobs]]


def claim_of(
    run_id: str, token: str, pools: Sequence[str] = (A, B), process: Process = HERE
) -> Claim:
    fqdns = tuple(pool for pool in (A, B, C) if pool in pools)
    return Claim(
        deployment="contoso",
        pools=fqdns,
        run_id=run_id,
        token=token,
        owner="anna",
        process=process,
        reason="drill",
        at=START,
    )


def begin(
    journal: Journal, run_id: str, pools: Sequence[str] = (A, B), process: Process = HERE
) -> str:
    run = Run.of(PLAN, run_id=run_id, operator="anna", reason="", created_at=START)
    journal.begin(run, claim_of(run_id, f"token of {run_id}", pools, process))
    return run_id


def execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def pairs(request: pytest.FixtureRequest) -> int:
    return PAIRS * (5 if request.config.getoption("--all") else 1)


def test_of_two_that_begin_at_once_one_has_the_pools(
    shared: Office, request: pytest.FixtureRequest
) -> None:
    first, second = shared.journal(), shared.journal()
    for number in range(pairs(request)):
        # In turns the same pools, and pairs that share one pool.
        others = (A, B) if number % 2 else (B, C)
        answers = at_once(
            partial(begin, first, f"{number:04}-x"),
            partial(begin, second, f"{number:04}-y", others),
        )
        won = [answer for answer in answers if isinstance(answer, str)]
        [refused] = [answer for answer in answers if not isinstance(answer, str)]
        assert isinstance(refused, RunLockedError), refused
        assert "is locked by run" in refused.what
        [winner] = won
        assert refused.run_id == winner
        assert {lock.run_id for lock in first.locks()} == {winner}
        assert first.holds(winner, f"token of {winner}")
        assert [run.run_id for run in first.runs(limit=1)] == [winner]
        execute(shared.url, "DELETE FROM lyncops_locks")


def test_of_two_that_resume_at_once_one_goes_on(shared: Office) -> None:
    first, second = shared.journal(), shared.journal()
    begin(first, "r", process=DEAD)
    for number in range(60):
        claims = [claim_of("r", f"{number}-{side}") for side in "xy"]
        answers = at_once(partial(first.take_up, claims[0]), partial(second.take_up, claims[1]))
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        assert [type(error) for error in refused] == [RunLockedError]
        [token] = {lock.token for lock in first.locks()}
        assert token in {claim.token for claim in claims}
        first.release("r", token)


def test_of_two_that_steal_at_once_one_has_it_and_the_other_knows(shared: Office) -> None:
    first, second = shared.journal(), shared.journal()
    begin(first, "r")
    claims = [attrs.evolve(claim_of("r", token), steal=True) for token in ("x", "y")]
    takings = at_once(partial(first.take_up, claims[0]), partial(second.take_up, claims[1]))
    assert not [error for error in takings if isinstance(error, Exception)]
    [token] = {lock.token for lock in first.locks()}
    assert [first.holds("r", claim.token) for claim in claims] == [
        claim.token == token for claim in claims
    ]
    assert len(first.load("r").notes) == 2


def server(request: pytest.FixtureRequest) -> Postgres:
    """The PostgreSQL server, asked for only by those that need it: SQLite is tried without one,
    too.
    """
    running: Postgres = request.getfixturevalue("postgres")
    return running


def test_two_that_open_a_new_journal_at_once_both_can(
    shared: Office, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for number in range(10):
        url = (
            server(request).database()
            if shared.database
            else f"sqlite:///{tmp_path / f'new-{number}.db'}"
        )
        answers = at_once(*[partial(open_journal, url)] * 3)
        for journal in answers:
            assert not isinstance(journal, Exception), journal
            assert journal.runs() == ()
            journal.close()


def old_file(folder: Path) -> Path:
    """A journal that the first lyncops wrote on SQLite."""
    file = folder / "old.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript((OLD / "journal-1-sqlite.sql").read_text(encoding="utf-8"))
    return file


def old_journal(shared: Office, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A journal that the first lyncops wrote."""
    if not shared.database:
        return f"sqlite:///{old_file(tmp_path)}"
    postgres = server(request)
    url = postgres.database()
    postgres.execute((OLD / "journal-1-postgresql.sql").read_text(encoding="utf-8"), url=url)
    return url


def test_a_journal_of_the_first_lyncops_is_opened_and_its_runs_go_on(
    shared: Office, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = old_journal(shared, request, tmp_path)
    for answer in at_once(*[lambda: open_journal(url)] * 2):  # the second finds it done
        assert not isinstance(answer, Exception), answer
        answer.close()
    office = attrs.evolve(shared, database=url)
    listed = {run.run_id[-1]: run.state for run in office.journal().runs()}
    assert listed == {
        "1": RunState.COMPLETED,
        "2": RunState.PENDING_MANUAL_STEP,
        "3": RunState.RUNNING,
    }
    killed, paused, over = office.runs()
    assert [run.state for run in (over, paused, killed)] == list(
        dict(sorted(listed.items())).values()
    )
    assert office.runner().resume(over.run_id) == over
    for pool in (B, C):
        office.scene.fail_over(pool)
    assert office.runner().resume(paused.run_id, operator="bert").state is RunState.COMPLETED
    before = office.scene.now()
    resumed = office.runner().resume(killed.run_id, operator="bert")
    assert resumed.state is RunState.COMPLETED
    assert "Its heartbeat was watched for 120 seconds and did not change." in resumed.notes[0]
    assert office.scene.now() - before >= STALE_AFTER
    office.close()


def test_the_tables_of_an_old_journal_become_those_of_a_new_one(
    shared: Office, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    def columns(url: str) -> object:
        open_journal(url).close()
        found = sa.inspect(sa.create_engine(url, poolclass=NullPool))
        return {
            table.name: (
                {(column["name"], column["nullable"]) for column in found.get_columns(table.name)},
                {index["name"] for index in found.get_indexes(table.name)},
            )
            for table in schema.METADATA.sorted_tables
        }

    assert columns(old_journal(shared, request, tmp_path)) == columns(shared.url)


def test_a_journal_of_a_newer_lyncops_is_left_alone(shared: Office) -> None:
    shared.journal()
    execute(shared.url, "UPDATE lyncops_schema SET version = 99")
    with pytest.raises(JournalError, match="newer lyncops"):
        shared.journal()


def killed_elsewhere(office: Office) -> Run:
    """A run whose process, on another computer, is dead."""
    with pytest.raises(Killed):
        office.runner(Fuse(7), process=ELSEWHERE).start(plan_of(failing_over(A)), operator="anna")
    [run] = office.runs()
    return run


def test_on_sqlite_a_heartbeat_is_watched_until_it_has_stood_still(office: Office) -> None:
    run = killed_elsewhere(office)
    before = office.scene.now()
    resumed = office.runner(process=HERE).resume(run.run_id, operator="bert")
    assert resumed.state is RunState.COMPLETED
    assert STALE_AFTER <= office.scene.now() - before < 2 * STALE_AFTER
    assert (
        ": no sign of life. Its heartbeat was watched for 120 seconds and did not change."
        in resumed.notes[0]
    )
    [told] = [
        event
        for event in office.recorder.events
        if isinstance(event, Polled) and "watching its heartbeat" in event.evidence
    ]
    assert (told.step_id, told.waited_until) == ("", before + STALE_AFTER)
    assert office.journal().load(run.run_id).notes == resumed.notes


@pytest.mark.parametrize("ahead", [timedelta(minutes=3), timedelta(days=-400)])
def test_on_sqlite_whoever_lives_keeps_his_lock_whatever_the_clocks_say(
    office: Office, ahead: timedelta
) -> None:
    run = killed_elsewhere(office)
    [token] = {lock.token for lock in office.journal().locks()}

    def live() -> None:
        assert office.journal().heartbeat(run.run_id, token, START)

    office.scene.time += ahead
    office.scene.later(2 * HEARTBEAT, live)
    with pytest.raises(RunLockedError, match="being worked on right now"):
        office.runner(process=HERE).resume(run.run_id, operator="bert")
    office.scene.later(2 * HEARTBEAT, live)
    with pytest.raises(RunLockedError, match="being worked on right now"):
        office.runner(process=HERE).cancel(run.run_id, operator="bert", reason="")
    assert office.scene.now() - START < ahead + STALE_AFTER


def test_on_postgresql_its_own_clock_decides(postgres: Postgres, tmp_path: Path) -> None:
    office = Office(tmp_path, database=postgres.database())
    run = killed_elsewhere(office)
    office.scene.time += timedelta(minutes=3)  # the clock of the second operator is ahead
    with pytest.raises(RunLockedError, match="being worked on right now"):
        office.runner(process=HERE).resume(run.run_id, operator="bert")
    execute(office.url, "UPDATE lyncops_locks SET beat_at = beat_at - interval '121 seconds'")
    resumed = office.runner(process=HERE).resume(run.run_id, operator="bert")
    assert resumed.state is RunState.COMPLETED
    assert (
        ": no sign of life. By the database's clock its last heartbeat was 12" in resumed.notes[0]
    )
    office.close()


def test_a_dead_process_of_this_computer_is_known_at_once_and_the_journal_says_so(
    shared: Office,
) -> None:
    with pytest.raises(Killed):
        shared.start(plan_of(failing_over(A)), Fuse(7))
    [run] = shared.runs()
    resumed = shared.runner(process=HERE).resume(run.run_id, operator="bert")
    assert resumed.state is RunState.COMPLETED
    [note] = resumed.notes
    assert note.startswith(
        f"bert ({HERE}) took the lock of {A}, {B} from run {run.run_id} of anna ({DEAD}): its"
        " process is dead."
    )


def test_a_plan_with_an_empty_lock_cannot_run_twice_at_once(shared: Office) -> None:
    plan = attrs.evolve(plan_of(failing_over(A), failing_over(B), by_hand()), lock=())
    paused = shared.start(plan)
    assert paused.state is RunState.PENDING_MANUAL_STEP
    assert {lock.pool for lock in shared.journal().locks()} == {A, B}
    with pytest.raises(RunLockedError):
        shared.start(plan)


def test_a_run_on_one_journal_ends_as_on_the_other(shared: Office) -> None:
    run = shared.start(plan_of(failing_over(A), failing_over(B)))
    assert run.state is RunState.COMPLETED
    assert shared.journal().load(run.run_id) == run
    assert shared.journal().locks() == ()
    assert not shared.journal().holds(run.run_id, "any")


def test_operators_with_the_documented_rights_can_run_and_not_rewrite(
    postgres: Postgres, tmp_path: Path
) -> None:
    """The statements are those of docs/journal.md."""
    url = postgres.database()
    open_journal(url).close()  # its owner creates the tables
    text = (Path(__file__).parents[2] / "docs" / "journal.md").read_text(encoding="utf-8")
    block = text.split("```sql\n")[1].split("```")[0]
    statements = [statement.strip() for statement in block.split(";") if statement.strip()]
    assert len(statements) == 7
    postgres.execute(*statements, url=url)
    office = Office(tmp_path, database=url.replace("lyncops@", "anna@"))
    try:
        with pytest.raises(Killed):
            office.start(plan_of(failing_over(A)), Fuse(7))
        [run] = office.runs()
        done = office.runner(process=HERE).resume(run.run_id)
        assert (done.state, done.why) == (RunState.COMPLETED, "The goal is reached.")
        with pytest.raises(JournalError, match="denies this account a right") as caught:
            office.journal().prune(office.scene.now() + timedelta(days=1))
        assert "docs/journal.md" in caught.value.remedy
        for statement in (
            "UPDATE lyncops_runs SET plan = ''",
            "UPDATE lyncops_events SET body = ''",
            "DELETE FROM lyncops_events",
        ):
            with pytest.raises(ProgrammingError, match="permission denied"):
                execute(office.url, statement)
    finally:
        office.close()
        postgres.execute("DROP OWNED BY lyncops_operators", url=url)
        postgres.execute("DROP ROLE anna", "DROP ROLE lyncops_operators")


def test_a_plan_that_the_first_lyncops_saved_is_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(old_file(tmp_path))) as connection:
        plans = [
            plan for (plan,) in connection.execute("SELECT plan FROM lyncops_runs ORDER BY run_id")
        ]
    assert [len(plan_from_json(plan).steps) for plan in plans] == [2, 2, 2]
