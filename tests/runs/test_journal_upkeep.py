"""Export, import and pruning; long lists; and one run that cannot be read among others."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa

from lyncops.errors import JournalError
from lyncops.plan.procedures import PoolFailover
from lyncops.runs.exchange import from_lines
from lyncops.runs.journal import Journal, open_journal
from lyncops.runs.lock import Claim, Process
from lyncops.runs.model import Run, RunState
from lyncops.runs.schema import EVENTS, RUNS
from lyncops.runs.transfer import Exported, Imported, export_runs, import_runs
from lyncops.values import Mode
from tests.postgres import Postgres
from tests.runs.scene import START, A, B, C, Office, by_hand, failing_over, plan_of

PLAN = plan_of(failing_over(A), failing_over(B))


@pytest.fixture
def home(request: pytest.FixtureRequest, shared: Office, tmp_path: Path) -> Iterator[Journal]:
    """Another journal of the same kind."""
    postgres: Postgres | None = request.getfixturevalue("postgres") if shared.database else None
    journal = open_journal(postgres.database() if postgres else f"sqlite:///{tmp_path / 'home.db'}")
    yield journal
    journal.close()


def exported(office: Office, *run_ids: str) -> Path:
    path = office.folder / "runs.jsonl"
    export_runs(office.journal(), path, run_ids)
    return path


def test_a_run_is_brought_home_as_it_was_lived(shared: Office, home: Journal) -> None:
    run = shared.start(PLAN)
    path = exported(shared)
    assert import_runs(home, path) == Imported(added=(run.run_id,))
    assert home.load(run.run_id) == run
    assert home.runs() == shared.journal().runs()
    assert home.stored(run.run_id) == shared.journal().stored(run.run_id)
    assert home.locks() == ()
    assert import_runs(home, path) == Imported(known=(run.run_id,))


def test_a_run_that_is_not_over_stays_where_it_is(shared: Office, home: Journal) -> None:
    done = shared.start(PLAN)
    paused = shared.start(plan_of(by_hand()))
    path = shared.folder / "all.jsonl"
    assert export_runs(shared.journal(), path) == Exported(
        written=(done.run_id,), left_out=(paused.run_id,)
    )
    with pytest.raises(JournalError, match="could be resumed twice"):
        exported(shared, paused.run_id)
    with pytest.raises(JournalError, match=r"is not over \(pending_manual_step\)"):
        home.store(shared.journal().stored(paused.run_id))
    assert home.runs() == ()


def test_another_history_of_the_same_run_is_not_mixed_in(shared: Office, home: Journal) -> None:
    run = shared.start(PLAN)
    import_runs(home, exported(shared))
    stored = shared.journal().stored(run.run_id)
    with pytest.raises(JournalError, match="different history"):
        home.store(attrs.evolve(stored, reason="another"))
    assert home.load(run.run_id) == run


def altered(line: str, old: str, new: str) -> str:
    assert old in line
    return line.replace(old, new)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "line 1"),
        (["{}"], "is not a file"),
        (['{"lyncops_runs": 99}'], "is not a file"),
        (['{"lyncops_runs": 1}', "{}"], "altered"),
        (['{"lyncops_runs": 1}', '{"run": {'], "cut off"),
    ],
)
def test_what_is_no_export_is_told(lines: list[str], told: str) -> None:
    with pytest.raises(JournalError, match=told):
        list(from_lines(lines, "x.jsonl"))


def test_an_altered_or_truncated_export_is_refused(office: Office, tmp_path: Path) -> None:
    office.start(PLAN)
    path = exported(office)
    text = path.read_text(encoding="utf-8")
    home = open_journal(f"sqlite:///{tmp_path / 'home.db'}")
    for wrong in (altered(text, "anna", "bert"), text[: len(text) // 2]):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(JournalError, match=r"altered|cut off"):
            import_runs(home, path)
    assert home.runs() == ()
    home.close()


def test_an_export_overwrites_no_file_and_an_import_needs_one(
    office: Office, tmp_path: Path
) -> None:
    office.start(PLAN)
    path = exported(office)
    with pytest.raises(JournalError, match="cannot be written: File exists"):
        export_runs(office.journal(), path)
    with pytest.raises(JournalError, match="cannot be read"):
        import_runs(office.journal(), tmp_path / "none")


def test_only_whole_finished_runs_are_pruned(shared: Office) -> None:
    old = shared.start(PLAN)
    paused = shared.start(plan_of(by_hand()))
    shared.scene.sleep(timedelta(days=10))
    shared.scene.states.clear()
    elsewhere = PoolFailover(pool=C, mode=Mode.DISASTER)
    new = shared.start(attrs.evolve(plan_of(failing_over(C), lock=[C]), procedure=elsewhere))
    before = shared.scene.now() - timedelta(days=1)
    journal = shared.journal()
    assert [run.run_id for run in journal.prunable(before)] == [old.run_id]
    assert [run.run_id for run in journal.prune(before)] == [old.run_id]
    assert {run.run_id for run in journal.runs()} == {paused.run_id, new.run_id}
    with pytest.raises(JournalError, match="has no run"):
        journal.stored(old.run_id)
    assert journal.load(paused.run_id) == paused
    assert shared.runner().resume(paused.run_id).state is RunState.COMPLETED
    assert journal.prune(before) == ()


def test_one_run_that_cannot_be_read_does_not_hide_the_others(office: Office) -> None:
    broken, fine = office.start(PLAN), office.start(PLAN)
    with sqlite3.connect(office.folder / "journal.db") as connection:
        spoil = (
            "UPDATE lyncops_runs SET plan = '{', state = 'haunted', created_at = 'x' WHERE"
            " run_id = ?"
        )
        connection.execute(spoil, [broken.run_id])
        connection.execute("UPDATE lyncops_events SET body = '{' WHERE run_id = ?", [broken.run_id])
    connection.close()
    listed = {run.run_id: run.state for run in office.journal().runs()}
    assert listed == {broken.run_id: None, fine.run_id: RunState.COMPLETED}
    assert office.journal().load(fine.run_id) == fine
    path = office.folder / "x.jsonl"
    assert export_runs(office.journal(), path) == Exported(
        written=(fine.run_id,), left_out=(broken.run_id,)
    )


def test_pages_follow_each_other(shared: Office) -> None:
    journal = shared.journal()
    ids = [f"{number:04}" for number in range(25)]
    fill(shared, ids)
    seen: list[str] = []
    while page := journal.runs(limit=10, before=seen[-1] if seen else ""):
        seen.extend(run.run_id for run in page)
    assert seen == ids[::-1]
    assert journal.runs(before="unknown") == ()


def fill(office: Office, ids: list[str]) -> None:
    """Copies of one finished run, two of them begun at the same moment each time."""
    model = office.start(PLAN)
    stored = office.journal().stored(model.run_id)
    engine = sa.create_engine(office.url)
    with engine.begin() as connection:
        row = dict(connection.execute(sa.select(RUNS)).mappings().one())
        moments = [
            (START + timedelta(minutes=number // 2)).isoformat(timespec="microseconds")
            for number in range(len(ids))
        ]
        rows = [
            {**row, "run_id": run_id, "created_at": at}
            for run_id, at in zip(ids, moments, strict=True)
        ]
        connection.execute(sa.insert(RUNS), rows)
        events = [
            {**attrs.asdict(event), "run_id": run_id} for run_id in ids for event in stored.events
        ]
        connection.execute(sa.insert(EVENTS), events)
        connection.execute(sa.delete(EVENTS).where(EVENTS.c.run_id == model.run_id))
        connection.execute(sa.delete(RUNS).where(RUNS.c.run_id == model.run_id))
    engine.dispose()


@pytest.mark.unmeasured  # what is measured here is time
def test_thousands_of_runs_do_not_slow_anything(
    shared: Office, request: pytest.FixtureRequest
) -> None:
    many = 10_000 if request.config.getoption("--all") else 2_000
    fill(shared, [f"{number:05}" for number in range(many)])
    journal = shared.journal()
    claim = Claim(
        deployment="contoso",
        pools=(A, B),
        run_id="new",
        token="t",
        owner="anna",
        process=Process.current(),
        reason="",
        at=START,
    )
    run = Run.of(PLAN, run_id="new", operator="anna", reason="", created_at=START)
    acts: dict[str, Callable[[], object]] = {
        "list": lambda: journal.runs(limit=50),
        "last page": lambda: journal.runs(limit=50, before="00020"),
        "begin": lambda: journal.begin(run, claim),
        "locks": journal.locks,
        "take up": lambda: journal.take_up(attrs.evolve(claim, token="u", steal=True)),
        "load": lambda: journal.load("01000"),
    }
    took: dict[str, float] = {}
    for name, act in acts.items():
        begin = time.process_time(), time.perf_counter()
        act()
        took[name] = min(
            time.perf_counter() - begin[1], 10 * (time.process_time() - begin[0] + 0.02)
        )
    assert all(seconds < 0.2 for seconds in took.values()), took
