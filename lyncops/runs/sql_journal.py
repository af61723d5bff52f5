"""The journal in a database: SQLite beside the configuration, or PostgreSQL where a team
shares it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self

import attrs
import sqlalchemy as sa

from lyncops.configuration.journal_url import TIMEOUT, JournalUrl
from lyncops.errors import InvalidValueError, JournalError
from lyncops.runs import sql_upkeep as upkeep
from lyncops.runs.chain import chained
from lyncops.runs.database import Database
from lyncops.runs.event_codec import event_from_text, event_to_text, kind_of
from lyncops.runs.events import JournalEvent, LockTakenOver, RunChanged
from lyncops.runs.exchange import StoredEvent, StoredRun
from lyncops.runs.finding import guess
from lyncops.runs.history import replay
from lyncops.runs.lock import Claim, Lock, Taken, lost, taken_by
from lyncops.runs.model import Run, RunSummary
from lyncops.runs.schema import EVENTS, LOCKS, RUNS
from lyncops.runs.sql_rows import (
    lock_of,
    lock_row,
    run_of,
    run_row,
    summary_columns,
    summary_of,
    text_of,
)


class SqlJournal:
    """A `Journal` in a database that SQLAlchemy knows.

    Safe to use from several threads and several processes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, timeout: timedelta = TIMEOUT) -> Self:
        """Open the database, create the tables that are missing, and bring those of an older
        lyncops up to date.

        Raises:
            JournalError: the url is none, its driver is not installed, or the database cannot be
                opened.
        """
        try:
            parsed = JournalUrl.parse(url)
        except InvalidValueError as error:
            raise JournalError(error.what, remedy=error.remedy) from None
        return cls(Database.open(parsed, timeout))

    def begin(self, run: Run, claim: Claim) -> tuple[LockTakenOver, ...]:
        """See `Journal.begin`."""

        def work(connection: sa.Connection) -> tuple[LockTakenOver, ...]:
            connection.execute(sa.insert(RUNS).values(**run_row(run), pools=len(claim.locks())))
            return _take(connection, claim)

        return self._database.write(work, partial(_is_held, run_id=claim.run_id, token=claim.token))

    def take_up(self, claim: Claim) -> tuple[LockTakenOver, ...]:
        """See `Journal.take_up`."""

        def work(connection: sa.Connection) -> tuple[LockTakenOver, ...]:
            connection.execute(
                sa.update(RUNS)
                .where(RUNS.c.run_id == claim.run_id)
                .values(pools=len(claim.locks()))
            )
            return _take(connection, claim)

        return self._database.write(work, partial(_is_held, run_id=claim.run_id, token=claim.token))

    def append(self, event: JournalEvent, *, token: str) -> None:
        """See `Journal.append`."""

        def work(connection: sa.Connection) -> None:
            if not _beat(connection, event.run_id, token, event.at):
                raise lost(event.run_id)
            _add(connection, event)
            # At once: a process may die before it does anything more
            if isinstance(event, RunChanged) and event.state.is_final:
                connection.execute(sa.delete(LOCKS).where(_mine(event.run_id, token)))

        self._database.write(work, partial(_is_last, event=event))

    def heartbeat(self, run_id: str, token: str, at: datetime) -> bool:
        """See `Journal.heartbeat`."""
        return self._database.write(lambda connection: _beat(connection, run_id, token, at))

    def holds(self, run_id: str, token: str) -> bool:
        """See `Journal.holds`."""
        return self._database.read(lambda connection: _is_held(connection, run_id, token))

    def release(self, run_id: str, token: str) -> None:
        """See `Journal.release`."""
        at_rest = sa.update(LOCKS).where(_mine(run_id, token)).values(heartbeat=None)
        self._database.write(lambda connection: connection.execute(at_rest))

    def load(self, run_id: str) -> Run:
        """See `Journal.load`."""
        return self._database.read(lambda connection: self._load(connection, run_id))

    def runs(self, *, limit: int | None = None, before: str = "") -> tuple[RunSummary, ...]:
        """See `Journal.runs`."""
        wanted = (
            sa.select(*summary_columns())
            .order_by(RUNS.c.created_at.desc(), RUNS.c.run_id.desc())
            .limit(limit)
        )
        if before:
            there = sa.select(RUNS.c.created_at, RUNS.c.run_id).where(RUNS.c.run_id == before)
            wanted = wanted.where(
                sa.tuple_(RUNS.c.created_at, RUNS.c.run_id) < there.scalar_subquery()
            )

        def work(connection: sa.Connection) -> tuple[RunSummary, ...]:
            return tuple(map(summary_of, connection.execute(wanted).mappings().all()))

        return self._database.read(work)

    def locks(self) -> tuple[Lock, ...]:
        """See `Journal.locks`."""
        return self._database.read(lambda connection: _locks(connection, sa.true()))

    def stored(self, run_id: str) -> StoredRun:
        """See `Journal.stored`."""

        def work(connection: sa.Connection) -> StoredRun:
            found = upkeep.stored(connection, run_id)
            if found is None:
                raise self._unknown(connection, run_id)
            return found

        return self._database.read(work)

    def store(self, run: StoredRun) -> bool:
        """See `Journal.store`."""
        return self._database.write(lambda connection: upkeep.store(connection, run))

    def prunable(self, before: datetime) -> tuple[RunSummary, ...]:
        """See `Journal.prunable`."""
        return self._database.read(lambda connection: upkeep.prunable(connection, before))

    def prune(self, before: datetime) -> tuple[RunSummary, ...]:
        """See `Journal.prune`."""

        def work(connection: sa.Connection) -> tuple[RunSummary, ...]:
            found = upkeep.prunable(connection, before)
            upkeep.prune(connection, before)
            return found

        return self._database.write(
            work, lambda connection: not upkeep.prunable(connection, before)
        )

    def close(self) -> None:
        """See `Journal.close`."""
        self._database.close()

    def _load(self, connection: sa.Connection, run_id: str) -> Run:
        row = (
            connection.execute(sa.select(RUNS).where(RUNS.c.run_id == run_id))
            .mappings()
            .one_or_none()
        )
        if row is None:
            raise self._unknown(connection, run_id)
        stored = (
            sa.select(EVENTS.c.kind, EVENTS.c.body)
            .where(EVENTS.c.run_id == run_id)
            .order_by(EVENTS.c.number)
        )
        entries = connection.execute(stored).all()
        return replay(
            run_of(row), (event_from_text(str(kind), str(body)) for kind, body in entries)
        )

    def _unknown(self, connection: sa.Connection, run_id: str) -> JournalError:
        known = connection.execute(sa.select(RUNS.c.run_id)).scalars().all()
        return JournalError(
            f"The journal {self._database.place} has no run {run_id!r}.",
            remedy=guess(run_id, known),
        )


def _take(connection: sa.Connection, claim: Claim) -> tuple[LockTakenOver, ...]:
    """Take the locks that the claim wants, and write down from whom, in the run that loses them and
    in the one that gets them.
    """
    if connection.dialect.name == "postgresql":
        # Writers of locks queue here (SQLite queued when the transaction began), and
        # each statement after this one sees what the one before has committed. Clients of older
        # versions, which know no other lock, queue as well.
        connection.exec_driver_sql(f"LOCK TABLE {LOCKS.name} IN SHARE ROW EXCLUSIVE MODE")
    wanted = sa.and_(
        LOCKS.c.deployment == claim.deployment, LOCKS.c.pool.in_(sorted(set(claim.pools)))
    )
    # Also of pools that an older version locked and this one does not
    mine = LOCKS.c.run_id == claim.run_id
    takings = taken_by(claim, _locks(connection, sa.or_(wanted, mine)))
    connection.execute(sa.delete(LOCKS).where(sa.or_(wanted, mine)))
    for lock in claim.locks():
        connection.execute(sa.insert(LOCKS).values(**lock_row(lock), beat_at=_now(connection)))
    for taken in takings:
        if taken.run_id != claim.run_id:
            _add(connection, _told(taken, claim, run_id=taken.run_id))
    mine_to_tell = tuple(_told(taken, claim, run_id=claim.run_id) for taken in takings)
    for event in mine_to_tell:
        _add(connection, event)
    return mine_to_tell


def _told(taken: Taken, claim: Claim, *, run_id: str) -> LockTakenOver:
    return LockTakenOver(
        run_id=run_id,
        at=claim.at,
        pools=taken.pools,
        from_run=taken.run_id,
        from_owner=taken.owner,
        from_process=taken.process,
        by_run=claim.run_id,
        by_owner=claim.owner,
        by_process=claim.process,
        why=taken.why,
        evidence=taken.evidence,
        reason=claim.reason,
    )


def _beat(connection: sa.Connection, run_id: str, token: str, at: datetime) -> bool:
    values = {"heartbeat": text_of(at), "beats": LOCKS.c.beats + 1, "beat_at": _now(connection)}
    found = connection.execute(sa.update(LOCKS).where(_mine(run_id, token)).values(values)).rowcount
    return bool(found) and found == _expected(connection, run_id)


def _is_held(connection: sa.Connection, run_id: str, token: str) -> bool:
    found = connection.execute(
        sa.select(sa.func.count()).select_from(LOCKS).where(_mine(run_id, token))
    ).scalar_one()
    return bool(found) and found == _expected(connection, run_id)


def _expected(connection: sa.Connection, run_id: str) -> int:
    return int(
        connection.execute(sa.select(RUNS.c.pools).where(RUNS.c.run_id == run_id)).scalar() or 0
    )


def _now(connection: sa.Connection) -> sa.ColumnElement[Any]:
    """The time of a database that is a server.

    SQLite has only the clock of the process that opens the file.
    """
    return sa.func.clock_timestamp() if connection.dialect.name == "postgresql" else sa.null()


def _locks(connection: sa.Connection, which: sa.ColumnElement[bool]) -> tuple[Lock, ...]:
    silence = (
        sa.null()
        if connection.dialect.name != "postgresql"
        else sa.func.clock_timestamp() - LOCKS.c.beat_at
    )
    wanted = (
        sa.select(LOCKS, silence.label("silence"))
        .where(which)
        .order_by(LOCKS.c.deployment, LOCKS.c.pool)
    )
    return tuple(map(lock_of, connection.execute(wanted).mappings().all()))


def _mine(run_id: str, token: str) -> sa.ColumnElement[bool]:
    return sa.and_(LOCKS.c.run_id == run_id, LOCKS.c.token == token)


def _add(connection: sa.Connection, event: JournalEvent) -> None:
    number, previous = upkeep.newest(connection, event.run_id)
    entry = StoredEvent(
        number=number + 1, at=text_of(event.at), kind=kind_of(event), body=event_to_text(event)
    )
    entry = chained(event.run_id, entry, previous)
    connection.execute(sa.insert(EVENTS).values(run_id=event.run_id, **attrs.asdict(entry)))
    values: dict[str, object] = {"entries": entry.number, "tip": entry.entry_hash}
    if isinstance(event, RunChanged):
        values |= {"state": event.state.value, "changed_at": text_of(event.at)}
    connection.execute(sa.update(RUNS).where(RUNS.c.run_id == event.run_id).values(values))


def _is_last(connection: sa.Connection, event: JournalEvent) -> bool:
    """Whether the event is the run's newest one: it was committed, and only the word of it was
    lost.
    """
    newest = (
        sa.select(EVENTS.c.kind, EVENTS.c.body)
        .where(EVENTS.c.run_id == event.run_id)
        .order_by(EVENTS.c.number.desc())
    )
    row = connection.execute(newest.limit(1)).one_or_none()
    return row is not None and tuple(row) == (kind_of(event), event_to_text(event))
