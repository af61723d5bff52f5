"""The journal in a database: SQLite beside the configuration, or PostgreSQL where a team shares it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Self

import sqlalchemy as sa

from lyncops.errors import InvalidValueError, JournalError
from lyncops.journal_url import TIMEOUT, JournalUrl
from lyncops.plan.codec import plan_from_json, plan_to_json, saved_id
from lyncops.runs.database import Database
from lyncops.runs.event_codec import event_from_text, event_to_text, kind_of
from lyncops.runs.events import JournalEvent, LockTakenOver, RunChanged
from lyncops.runs.history import replay
from lyncops.runs.lock import Claim, Lock, Process, Taken, lost, taken_by
from lyncops.runs.model import Run, RunState, RunSummary
from lyncops.runs.schema import EVENTS, LOCKS, RUNS
from lyncops.values import Fqdn

FORMAT: Final = 1


class SqlJournal:
    """A `Journal` in a database that SQLAlchemy knows. Safe to use from several threads and several processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, timeout: timedelta = TIMEOUT) -> Self:
        """Open the database, create the tables that are missing, and bring those of an older lyncops up to date.

        Raises:
            JournalError: the url is none, its driver is not installed, or the database cannot be opened.
        """
        try:
            parsed = JournalUrl.parse(url)
        except InvalidValueError as error:
            raise JournalError(error.what, remedy=error.remedy) from None
        return cls(Database.open(parsed, timeout))

    def begin(self, run: Run, claim: Claim) -> tuple[LockTakenOver, ...]:
        """See `Journal.begin`."""

        def work(connection: sa.Connection) -> tuple[LockTakenOver, ...]:
            connection.execute(sa.insert(RUNS).values(**_run_row(run), pools=len(claim.locks())))
            return _take(connection, claim)

        return self._database.write(work, partial(_is_held, run_id=claim.run_id, token=claim.token))

    def take_up(self, claim: Claim) -> tuple[LockTakenOver, ...]:
        """See `Journal.take_up`."""

        def work(connection: sa.Connection) -> tuple[LockTakenOver, ...]:
            connection.execute(sa.update(RUNS).where(RUNS.c.run_id == claim.run_id).values(pools=len(claim.locks())))
            return _take(connection, claim)

        return self._database.write(work, partial(_is_held, run_id=claim.run_id, token=claim.token))

    def append(self, event: JournalEvent, *, token: str) -> None:
        """See `Journal.append`."""

        def work(connection: sa.Connection) -> None:
            if not _beat(connection, event.run_id, token, event.at):
                raise lost(event.run_id)
            _add(connection, event)
            if isinstance(event, RunChanged) and event.state.is_final:  # at once: a process may die before it does anything more
                connection.execute(sa.delete(LOCKS).where(_mine(event.run_id, token)))

        self._database.write(work, partial(_is_last, event=event))

    def beat(self, run_id: str, token: str, at: datetime) -> bool:
        """See `Journal.beat`."""
        return self._database.write(lambda connection: _beat(connection, run_id, token, at))

    def holds(self, run_id: str, token: str) -> bool:
        """See `Journal.holds`."""
        return self._database.read(lambda connection: _is_held(connection, run_id, token))

    def let_go(self, run_id: str, token: str) -> None:
        """See `Journal.let_go`."""
        at_rest = sa.update(LOCKS).where(_mine(run_id, token)).values(heartbeat=None)
        self._database.write(lambda connection: connection.execute(at_rest))

    def load(self, run_id: str) -> Run:
        """See `Journal.load`."""
        return self._database.read(lambda connection: self._load(connection, run_id))

    def runs(self, *, limit: int | None = None, before: str = "") -> tuple[RunSummary, ...]:
        """See `Journal.runs`."""
        columns = [RUNS.c[name] for name in _SUMMARY]
        wanted = sa.select(*columns).order_by(RUNS.c.created_at.desc(), RUNS.c.run_id.desc()).limit(limit)
        if before:
            there = sa.select(RUNS.c.created_at, RUNS.c.run_id).where(RUNS.c.run_id == before)
            wanted = wanted.where(sa.tuple_(RUNS.c.created_at, RUNS.c.run_id) < there.scalar_subquery())

        def work(connection: sa.Connection) -> tuple[RunSummary, ...]:
            return tuple(map(_summary, connection.execute(wanted).mappings().all()))

        return self._database.read(work)

    def locks(self) -> tuple[Lock, ...]:
        """See `Journal.locks`."""
        return self._database.read(lambda connection: _locks(connection, sa.true()))

    def close(self) -> None:
        """See `Journal.close`."""
        self._database.close()

    def _load(self, connection: sa.Connection, run_id: str) -> Run:
        row = connection.execute(sa.select(RUNS).where(RUNS.c.run_id == run_id)).mappings().one_or_none()
        if row is None:
            raise JournalError(
                f"The journal {self._database.place} knows no run {run_id!r}.",
                remedy="See `lyncops runs list` for the runs that it has.",
            )
        stored = sa.select(EVENTS.c.kind, EVENTS.c.body).where(EVENTS.c.run_id == run_id).order_by(EVENTS.c.number)
        entries = connection.execute(stored).all()
        return replay(_run(row), (event_from_text(str(kind), str(body)) for kind, body in entries))


def _take(connection: sa.Connection, claim: Claim) -> tuple[LockTakenOver, ...]:
    """Take the locks that the claim wants, and write down from whom, in the run that loses them and in the one that gets them."""
    if connection.dialect.name == "postgresql":
        # Whoever wants to write locks queues here (SQLite queued when the transaction began), and each statement after this one
        # sees what the one before has committed. Clients of older versions, which know no other lock, queue as well.
        connection.exec_driver_sql(f"LOCK TABLE {LOCKS.name} IN SHARE ROW EXCLUSIVE MODE")
    wanted = sa.and_(LOCKS.c.deployment == claim.deployment, LOCKS.c.pool.in_(sorted(set(claim.pools))))
    mine = LOCKS.c.run_id == claim.run_id  # also of pools that an older version locked and this one does not
    takings = taken_by(claim, _locks(connection, sa.or_(wanted, mine)))
    connection.execute(sa.delete(LOCKS).where(sa.or_(wanted, mine)))
    for lock in claim.locks():
        connection.execute(sa.insert(LOCKS).values(**_row(lock), beat_at=_now(connection)))
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
    values = {"heartbeat": _text(at), "beats": LOCKS.c.beats + 1, "beat_at": _now(connection)}
    found = connection.execute(sa.update(LOCKS).where(_mine(run_id, token)).values(values)).rowcount
    return bool(found) and found == _expected(connection, run_id)


def _is_held(connection: sa.Connection, run_id: str, token: str) -> bool:
    found = connection.execute(sa.select(sa.func.count()).select_from(LOCKS).where(_mine(run_id, token))).scalar_one()
    return bool(found) and found == _expected(connection, run_id)


def _expected(connection: sa.Connection, run_id: str) -> int:
    return int(connection.execute(sa.select(RUNS.c.pools).where(RUNS.c.run_id == run_id)).scalar() or 0)


def _now(connection: sa.Connection) -> sa.ColumnElement[Any]:
    """The time of a database that is a server. SQLite has no clock but that of whoever opens the file."""
    return sa.func.clock_timestamp() if connection.dialect.name == "postgresql" else sa.null()


def _locks(connection: sa.Connection, which: sa.ColumnElement[bool]) -> tuple[Lock, ...]:
    silence = sa.null() if connection.dialect.name != "postgresql" else sa.func.clock_timestamp() - LOCKS.c.beat_at
    wanted = sa.select(LOCKS, silence.label("silence")).where(which).order_by(LOCKS.c.deployment, LOCKS.c.pool)
    return tuple(map(_lock, connection.execute(wanted).mappings().all()))


def _mine(run_id: str, token: str) -> sa.ColumnElement[bool]:
    return sa.and_(LOCKS.c.run_id == run_id, LOCKS.c.token == token)


def _add(connection: sa.Connection, event: JournalEvent) -> None:
    last = connection.execute(sa.select(sa.func.max(EVENTS.c.number)).where(EVENTS.c.run_id == event.run_id)).scalar()
    row = {"number": (last or 0) + 1, "at": _text(event.at), "kind": kind_of(event), "body": event_to_text(event)}
    connection.execute(sa.insert(EVENTS).values(run_id=event.run_id, **row))
    if isinstance(event, RunChanged):
        values = {"state": event.state.value, "changed_at": _text(event.at)}
        connection.execute(sa.update(RUNS).where(RUNS.c.run_id == event.run_id).values(values))


def _is_last(connection: sa.Connection, event: JournalEvent) -> bool:
    """Whether the event is the run's newest one: it was committed, and only the word of it was lost."""
    newest = sa.select(EVENTS.c.kind, EVENTS.c.body).where(EVENTS.c.run_id == event.run_id).order_by(EVENTS.c.number.desc())
    row = connection.execute(newest.limit(1)).one_or_none()
    return row is not None and tuple(row) == (kind_of(event), event_to_text(event))


def _run_row(run: Run) -> dict[str, object]:
    return {
        "run_id": run.run_id,
        "format": FORMAT,
        "created_at": _text(run.created_at),
        "operator": run.operator,
        "reason": run.reason,
        "content_id": run.plan.content_id,
        "plan": plan_to_json(run.plan),
        "deployment": run.plan.deployment,
        "procedure": run.plan.procedure.NAME,
        "target": str(run.plan.target or ""),
        "mode": run.plan.mode.value if run.plan.mode else "",
        "state": run.state.value,
    }


def _run(row: sa.RowMapping) -> Run:
    """The run of a row, as it was before its first event."""
    run_id = str(row["run_id"])
    if row["format"] != FORMAT:
        raise JournalError(f"Run {run_id} was written by another version of lyncops.", remedy="Read it with that version.")
    plan = plan_from_json(str(row["plan"]))
    if saved_id(str(row["plan"])) != row["content_id"]:
        raise JournalError(
            f"The plan of run {run_id} was altered in the journal.",
            remedy="Do not resume it: make a new plan from what the servers show.",
        )
    operator, reason = str(row["operator"]), str(row["reason"])
    return Run.of(plan, run_id=run_id, operator=operator, reason=reason, created_at=_time(str(row["created_at"])))


_SUMMARY: Final = ("run_id", "deployment", "procedure", "target", "mode", "state", "operator", "reason", "created_at", "changed_at")


def _summary(row: sa.RowMapping) -> RunSummary:
    states: Iterable[RunState] = (state for state in RunState if state.value == row["state"])
    return RunSummary(
        run_id=str(row["run_id"]),
        deployment=str(row["deployment"]),
        procedure=str(row["procedure"]),
        target=str(row["target"]),
        mode=str(row["mode"]),
        state=next(iter(states), None),
        operator=str(row["operator"]),
        reason=str(row["reason"]),
        created_at=_moment(str(row["created_at"])),
        changed_at=_moment(str(row["changed_at"])),
    )


def _row(lock: Lock) -> dict[str, object]:
    return {
        "deployment": lock.deployment,
        "pool": lock.pool,
        "run_id": lock.run_id,
        "token": lock.token,
        "owner": lock.owner,
        "host": lock.process.host,
        "pid": lock.process.pid,
        "reason": lock.reason,
        "taken_at": _text(lock.taken_at),
        "heartbeat": _text(lock.heartbeat) if lock.heartbeat else None,
        "machine_id": lock.process.machine_id,
        "boot_id": lock.process.boot_id,
        "pid_namespace": lock.process.pid_namespace,
        "started": lock.process.started,
        "beats": lock.beats,
    }


def _lock(row: sa.RowMapping) -> Lock:
    heartbeat, silence = row["heartbeat"], row["silence"]
    known = {name: str(row[name]) for name in ("machine_id", "boot_id", "pid_namespace", "started")}
    return Lock(
        deployment=str(row["deployment"]),
        pool=Fqdn(str(row["pool"])),
        run_id=str(row["run_id"]),
        token=str(row["token"]),
        owner=str(row["owner"]),
        process=Process(host=str(row["host"]), pid=int(str(row["pid"])), **known),
        reason=str(row["reason"]),
        taken_at=_time(str(row["taken_at"])),
        heartbeat=_time(str(heartbeat)) if heartbeat else None,
        beats=int(str(row["beats"])),
        silence=silence if isinstance(silence, timedelta) else None,
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment(text: str) -> datetime | None:
    """A time that a list shows; None where it cannot be read."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
