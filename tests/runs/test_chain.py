"""The hash chain: what was changed in a journal is named; what it cannot prove is not claimed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from lyncops.runs.chain import Chain, ChainState, chained, examine
from lyncops.runs.exchange import StoredEvent, StoredRun
from lyncops.runs.journal import Journal, open_journal
from lyncops.runs.model import Run, RunState
from lyncops.runs.transfer import Imported, export_runs, import_runs
from tests.postgres import Postgres
from tests.runs.scene import A, B, C, Fate, Fuse, Killed, Office, failing_over, plan_of

OLD = Path(__file__).with_name("old")
PLAN = plan_of(failing_over(A), failing_over(B))


def execute(office: Office, *statements: str) -> None:
    """Change the tables behind the journal's back."""
    engine = sa.create_engine(
        office.url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool
    )
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def verified(office: Office, run: Run, kept: str = "") -> Chain:
    return examine(office.journal().stored(run.run_id), kept=kept)


def said(chain: Chain) -> list[str]:
    return [str(flaw) for flaw in chain.flaws]


def test_every_entry_is_chained_to_the_one_before_it(shared: Office) -> None:
    run = shared.start(PLAN)
    chain = verified(shared, run)
    assert (chain.state, chain.chained_from, chain.flaws) == (ChainState.INTACT, 1, ())
    assert chain.tip == shared.journal().stored(run.run_id).tip
    assert f"All {chain.entries} entries" in str(chain)


def test_it_can_be_checked_without_lyncops(shared: Office) -> None:
    """By the form that docs/journal.md describes, with nothing but SHA-256 and JSON."""
    run = shared.start(PLAN)
    stored = shared.journal().stored(run.run_id)

    def sha256(data: object) -> str:
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    names = ("run_id", "format", "created_at", "operator", "reason", "content_id", "plan")
    previous = sha256({"chain": "lyncops-chain/1", **{n: getattr(stored, n) for n in names}})
    for entry in stored.events:
        form = {n: getattr(entry, n) for n in ("number", "at", "kind", "body")}
        assert entry.previous_hash == previous
        previous = sha256({**form, "run_id": run.run_id, "previous_hash": previous})
        assert entry.entry_hash == previous
    assert stored.tip == previous


@pytest.mark.parametrize(
    ("column", "value"),
    [("body", "'{}'"), ("kind", "'Noted'"), ("at", "'2013-11-21T03:00:00.000001+00:00'")],
)
def test_a_changed_entry_is_named(shared: Office, column: str, value: str) -> None:
    run = shared.start(PLAN)
    execute(shared, f"UPDATE lyncops_events SET {column} = {value} WHERE number = 4")  # noqa: S608
    [flaw] = verified(shared, run).flaws
    assert (flaw.number, "Entry 4 (" in str(flaw), "was changed" in str(flaw)) == (4, True, True)


@pytest.mark.parametrize("column", ["operator", "reason", "plan", "created_at"])
def test_a_changed_record_of_the_run_is_named(shared: Office, column: str) -> None:
    run = shared.start(PLAN)
    execute(shared, f"UPDATE lyncops_runs SET {column} = 'x'")  # noqa: S608
    assert said(verified(shared, run)) == [
        "The run's own record (operator, reason, plan or begin) was changed."
    ]


@pytest.mark.parametrize(
    ("which", "told"),
    [
        ("number = 4", "Entry 4 is missing."),
        ("number IN (1, 2)", "Entries 1 to 2 are missing."),
        ("number = (SELECT max(number) FROM lyncops_events)", "is missing."),
        ("number > 3", "Entries 4 to "),
        ("1 = 1", "Entries 1 to "),
    ],
)
def test_a_deleted_entry_is_named(shared: Office, which: str, told: str) -> None:
    run = shared.start(PLAN)
    execute(shared, f"DELETE FROM lyncops_events WHERE {which}")  # noqa: S608
    [flaw] = verified(shared, run).flaws
    assert told in str(flaw)


def test_entries_that_changed_places_are_named(shared: Office) -> None:
    run = shared.start(PLAN)
    execute(
        shared,
        "UPDATE lyncops_events SET number = 1000 WHERE number = 4",
        "UPDATE lyncops_events SET number = 4 WHERE number = 5",
        "UPDATE lyncops_events SET number = 5 WHERE number = 1000",
    )
    assert said(verified(shared, run)) == [
        "Entry 4 was entry 5 when it was written.",
        "Entry 5 was entry 4 when it was written.",
    ]


def test_an_inserted_entry_is_named(shared: Office) -> None:
    run = shared.start(PLAN)
    execute(
        shared,
        "UPDATE lyncops_events SET number = number + 1000 WHERE number > 4",
        "UPDATE lyncops_events SET number = number - 999 WHERE number > 1000",
        "INSERT INTO lyncops_events (run_id, number, at, kind, body) SELECT run_id, 5, at, kind,"
        " body FROM lyncops_events WHERE number = 4",
    )
    told = said(verified(shared, run))
    assert told[0].startswith("Entry 5 has no hash")
    assert told[1] == "Entry 6 was entry 5 when it was written."


def test_an_entry_that_is_put_in_with_a_hash_of_its_own_is_named(shared: Office) -> None:
    run = shared.start(PLAN)
    stored = shared.journal().stored(run.run_id)
    third, fourth = stored.events[2:4]
    forged = chained(run.run_id, attrs.evolve(fourth, body="{}"), third.entry_hash)
    events = (*stored.events[:3], forged, *stored.events[4:])
    assert said(examine(attrs.evolve(stored, events=events))) == [
        "Entry 5 does not follow entry 4: an entry was inserted, removed or replaced there."
    ]
    added = chained(run.run_id, attrs.evolve(fourth, number=len(stored.events) + 1), stored.tip)
    [flaw] = examine(attrs.evolve(stored, events=(*stored.events, added))).flaws
    assert "is not the last one that lyncops wrote" in str(flaw)


def test_hashes_that_were_removed_are_no_older_lyncops(shared: Office) -> None:
    run = shared.start(PLAN)
    execute(shared, "UPDATE lyncops_events SET entry_hash = '', previous_hash = ''")
    assert said(verified(shared, run)) == ["The hashes of all entries were removed."]


def rewritten(stored: StoredRun) -> StoredRun:
    """As somebody leaves it who can write everything and knows how."""
    events: list[StoredEvent] = []
    previous = stored.events[0].previous_hash
    for entry in stored.events:
        body = entry.body.replace("It takes a while.", "It was fine.")
        events.append(chained(stored.run_id, attrs.evolve(entry, body=body), previous))
        previous = events[-1].entry_hash
    return attrs.evolve(stored, events=tuple(events), tip=previous)


def test_only_a_hash_that_was_kept_elsewhere_shows_that_all_was_written_again(
    office: Office,
) -> None:
    run = office.start(PLAN)
    stored = office.journal().stored(run.run_id)
    forged = rewritten(stored)
    assert forged.tip != stored.tip
    assert examine(forged).state is ChainState.INTACT  # what the chain cannot prove
    assert examine(stored, kept=stored.tip).state is ChainState.INTACT
    assert examine(stored, kept=stored.events[3].entry_hash.upper()).state is ChainState.INTACT
    [told] = said(examine(forged, kept=stored.tip))
    assert "written again" in told


def test_a_run_that_was_killed_and_resumed_stays_in_one_chain(shared: Office) -> None:
    with pytest.raises(Killed):
        shared.start(PLAN, Fuse(7))
    [killed] = shared.runs()
    assert verified(shared, killed).state is ChainState.INTACT
    resumed = shared.runner().resume(killed.run_id, operator="bert")
    assert resumed.state is RunState.COMPLETED
    assert verified(shared, resumed).state is ChainState.INTACT


def test_a_run_that_died_before_its_first_entry_is_chained_too(office: Office) -> None:
    with pytest.raises(Killed):
        office.start(PLAN, Fuse(2))
    [killed] = office.runs()
    assert verified(office, killed).state is ChainState.INTACT
    execute(office, "UPDATE lyncops_runs SET reason = 'x'")
    assert verified(office, killed).state is ChainState.BROKEN


def test_a_cut_off_answer_is_chained_once(shared: Office) -> None:
    """An unknown outcome writes several entries of one attempt."""
    shared.scene.fates[A] = [Fate.LOST_COLLECTABLE]
    run = shared.start(PLAN)
    assert verified(shared, run).state is ChainState.INTACT


@pytest.fixture
def home(request: pytest.FixtureRequest, shared: Office, tmp_path: Path) -> Iterator[Journal]:
    postgres: Postgres | None = request.getfixturevalue("postgres") if shared.database else None
    journal = open_journal(postgres.database() if postgres else f"sqlite:///{tmp_path / 'home.db'}")
    yield journal
    journal.close()


def test_the_chain_goes_with_the_run_to_another_journal(shared: Office, home: Journal) -> None:
    run = shared.start(PLAN)
    path = shared.folder / "runs.jsonl"
    export_runs(shared.journal(), path)
    assert import_runs(home, path) == Imported(added=(run.run_id,))
    brought = examine(home.stored(run.run_id))
    assert (brought.state, brought.tip) == (ChainState.INTACT, verified(shared, run).tip)


def test_what_was_changed_before_the_export_is_still_named_after_it(
    shared: Office, home: Journal
) -> None:
    run = shared.start(PLAN)
    execute(shared, "UPDATE lyncops_events SET at = at || ' ' WHERE number = 4")
    path = shared.folder / "runs.jsonl"
    export_runs(shared.journal(), path)
    import_runs(home, path)
    assert [flaw.number for flaw in examine(home.stored(run.run_id)).flaws] == [4]


def test_a_file_of_an_older_lyncops_is_imported_and_not_chained(
    shared: Office, home: Journal
) -> None:
    run = shared.start(PLAN)
    path = shared.folder / "runs.jsonl"
    export_runs(shared.journal(), path)
    head, line = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(head) == {"lyncops_runs": 2}
    data = json.loads(line)["run"]
    del data["entries"], data["tip"]
    for event in data["events"]:
        del event["previous_hash"], event["entry_hash"]
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    seal = hashlib.sha256(text.encode()).hexdigest()
    old = [json.dumps({"lyncops_runs": 1}), json.dumps({"run": data, "sha256": seal})]
    path.write_text("".join(f"{each}\n" for each in old), encoding="utf-8")
    assert import_runs(home, path) == Imported(added=(run.run_id,))
    chain = examine(home.stored(run.run_id))
    assert (chain.state, chain.chained_from) == (ChainState.NOT_CHAINED, 0)
    assert "Nothing proves" in str(chain)


def old_office(shared: Office, request: pytest.FixtureRequest, tmp_path: Path, version: int) -> str:
    """The url of a journal that an older lyncops wrote."""
    if not shared.database:
        file = tmp_path / "old.db"
        text = (OLD / f"journal-{version}-sqlite.sql").read_text(encoding="utf-8")
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(text)
        return f"sqlite:///{file}"
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.database()
    text = (OLD / f"journal-{version}-postgresql.sql").read_text(encoding="utf-8")
    postgres.execute(text, url=url)
    return url


@pytest.mark.parametrize("version", [1, 2])
def test_runs_of_an_older_lyncops_are_not_chained_and_what_comes_after_is(
    shared: Office, request: pytest.FixtureRequest, tmp_path: Path, version: int
) -> None:
    office = attrs.evolve(shared, database=old_office(shared, request, tmp_path, version))
    runs = {run.state: run for run in office.runs()}
    over, paused = runs[RunState.COMPLETED], runs[RunState.PENDING_MANUAL_STEP]
    assert verified(office, over).state is ChainState.NOT_CHAINED
    before = verified(office, paused)
    assert (before.state, before.tip) == (ChainState.NOT_CHAINED, "")
    for pool in (B, C):
        office.scene.fail_over(pool)
    done = office.runner().resume(paused.run_id, operator="bert")
    chain = verified(office, done)
    assert (chain.state, chain.chained_from) == (
        ChainState.INTACT_FROM_A_LATER_ENTRY,
        before.entries + 1,
    )
    assert "which wrote no hashes" in str(chain)
    execute(
        office,
        f"UPDATE lyncops_events SET at = 'x' WHERE run_id = '{done.run_id}' AND number = 2",  # noqa: S608
    )
    [told] = said(verified(office, done))
    assert f"before entry {before.entries + 1}, was changed" in told
    office.close()


def test_a_new_run_beside_old_ones_is_chained_from_its_begin(
    shared: Office, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    office = attrs.evolve(shared, database=old_office(shared, request, tmp_path, 2))
    run = office.start(plan_of(failing_over(A), lock=[A]))
    assert verified(office, run).state is ChainState.INTACT
    office.close()


def test_operators_keep_their_rights_through_the_update(postgres: Postgres, tmp_path: Path) -> None:
    """They could write nothing otherwise until the owner had granted the new columns."""
    url = postgres.database()
    postgres.execute((OLD / "journal-2-postgresql.sql").read_text(encoding="utf-8"), url=url)
    postgres.execute(
        "CREATE ROLE old_operators",
        "GRANT USAGE ON SCHEMA public TO old_operators",
        "GRANT SELECT ON lyncops_schema TO old_operators",
        "GRANT SELECT, INSERT, UPDATE (pools, state, changed_at) ON lyncops_runs TO old_operators",
        "GRANT SELECT, INSERT ON lyncops_events TO old_operators",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON lyncops_locks TO old_operators",
        'CREATE ROLE "Old Anna" LOGIN IN ROLE old_operators',
        url=url,
    )
    open_journal(url).close()  # the owner brings it up to date
    office = Office(tmp_path, database=url.replace("lyncops@", "Old%20Anna@"))
    try:
        run = office.start(plan_of(failing_over(A), lock=[A]))
        assert verified(office, run).state is ChainState.INTACT
    finally:
        office.close()
        postgres.execute("DROP OWNED BY old_operators", url=url)
        postgres.execute('DROP ROLE "Old Anna"', "DROP ROLE old_operators")
