"""The journal in a database: SQLite beside the configuration, or PostgreSQL where a team shares it."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, Self

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.event import listen
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from lyncops.errors import JournalError
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.runs.event_codec import event_from_text, event_to_text, kind_of
from lyncops.runs.events import JournalEvent, Noted, RunChanged
from lyncops.runs.history import replay
from lyncops.runs.lock import Claim, Lock, Process, displaced, lost
from lyncops.runs.model import Run
from lyncops.values import Fqdn

FORMAT: Final = 1
PRAGMAS: tuple[str, ...] = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
"""How SQLite keeps the journal: what is committed survives a power cut."""

_metadata: Final = sa.MetaData()
_runs: Final = sa.Table(
    "lyncops_runs",
    _metadata,
    sa.Column("run_id", sa.String(64), primary_key=True),
    sa.Column("format", sa.Integer, nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("content_id", sa.Text, nullable=False),
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("pools", sa.Integer, nullable=False),  # how many locks the run has while it is worked on
)
_events: Final = sa.Table(
    "lyncops_events",
    _metadata,
    sa.Column("run_id", sa.String(64), sa.ForeignKey("lyncops_runs.run_id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
_locks: Final = sa.Table(
    "lyncops_locks",
    _metadata,
    sa.Column("deployment", sa.String(200), primary_key=True),
    sa.Column("pool", sa.String(255), primary_key=True),
    sa.Column("run_id", sa.String(64), nullable=False),
    sa.Column("token", sa.String(64), nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("taken_at", sa.String(40), nullable=False),
    sa.Column("heartbeat", sa.String(40), nullable=True),
)


class SqlJournal:
    """A `Journal` in a database that SQLAlchemy knows. Safe to use from several threads and several processes."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._one_at_a_time = threading.RLock()  # an in-memory database has one connection for all threads
        self._place = engine.url.render_as_string(hide_password=True)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database and create the tables that are missing.

        Raises:
            JournalError: the url is none, its driver is not installed, or the database cannot be opened or written.
        """
        try:
            journal = cls(_engine(url))
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise JournalError(
                f"The journal's url cannot be used: {error}.",
                remedy='Write [journal] url = "sqlite:///lyncops.db", or install the driver of the database that it names.',
            ) from error
        with journal._transaction() as connection:
            _metadata.create_all(connection)
            # Creating what exists writes nothing: show now, and not in the middle of a run, that the journal can be written.
            connection.execute(sa.update(_locks).where(sa.false()).values(token=""))
        return journal

    def begin(self, run: Run, claim: Claim) -> tuple[Lock, ...]:
        """See `Journal.begin`."""
        with self._transaction() as connection:
            stolen = self._take(connection, claim)
            connection.execute(
                sa.insert(_runs).values(
                    run_id=run.run_id,
                    format=FORMAT,
                    created_at=_text(run.created_at),
                    operator=run.operator,
                    reason=run.reason,
                    content_id=run.plan.content_id,
                    plan=plan_to_json(run.plan),
                    pools=len(claim.locks()),
                )
            )
        return stolen

    def take_up(self, claim: Claim) -> tuple[Lock, ...]:
        """See `Journal.take_up`."""
        with self._transaction() as connection:
            return self._take(connection, claim)

    def append(self, event: JournalEvent, *, token: str) -> None:
        """See `Journal.append`."""
        with self._transaction() as connection:
            if not self._beat(connection, event.run_id, token, event.at):
                raise lost(event.run_id)
            _add(connection, event)
            if isinstance(event, RunChanged) and event.state.is_final:  # at once: a process may die before it does anything more
                connection.execute(sa.delete(_locks).where(_mine(event.run_id, token)))

    def beat(self, run_id: str, token: str, at: datetime) -> bool:
        """See `Journal.beat`."""
        with self._transaction() as connection:
            return self._beat(connection, run_id, token, at)

    def let_go(self, run_id: str, token: str) -> None:
        """See `Journal.let_go`."""
        with self._transaction() as connection:
            connection.execute(sa.update(_locks).where(_mine(run_id, token)).values(heartbeat=None))

    def load(self, run_id: str) -> Run:
        """See `Journal.load`."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(_runs).where(_runs.c.run_id == run_id)).mappings().one_or_none()
            if row is None:
                raise JournalError(
                    f"The journal {self._place} knows no run {run_id!r}.",
                    remedy="See `lyncops runs list` for the runs that it has.",
                )
            return self._run(connection, row)

    def runs(self) -> tuple[Run, ...]:
        """See `Journal.runs`."""
        with self._transaction() as connection:
            rows = connection.execute(sa.select(_runs).order_by(_runs.c.created_at.desc(), _runs.c.run_id.desc())).mappings().all()
            return tuple(self._run(connection, row) for row in rows)

    def locks(self) -> tuple[Lock, ...]:
        """See `Journal.locks`."""
        with self._transaction() as connection:
            rows = connection.execute(sa.select(_locks).order_by(_locks.c.deployment, _locks.c.pool)).mappings().all()
            return tuple(_lock(row) for row in rows)

    def close(self) -> None:
        """See `Journal.close`."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Generator[sa.Connection]:
        with self._one_at_a_time:
            try:
                with self._engine.begin() as connection:
                    yield connection
            except SQLAlchemyError as error:
                cause = getattr(error, "orig", None) or error
                raise JournalError(
                    f"The journal {self._place} does not work: {cause}.",
                    remedy="Nothing is sent while it cannot be written: see that its folder exists, is writable and has room.",
                ) from error

    def _take(self, connection: sa.Connection, claim: Claim) -> tuple[Lock, ...]:
        wanted = sa.and_(_locks.c.deployment == claim.deployment, _locks.c.pool.in_(claim.pools))
        held = tuple(_lock(row) for row in connection.execute(sa.select(_locks).where(wanted)).mappings().all())
        stolen = displaced(held, claim)
        for run_id in {lock.run_id for lock in stolen}:
            reason = claim.reason or "no reason given"
            text = f"{claim.owner} took the lock of its pools away, for run {claim.run_id}: {reason}"
            _add(connection, Noted(run_id=run_id, at=claim.at, text=text))
        connection.execute(sa.delete(_locks).where(wanted))
        try:
            for lock in claim.locks():
                connection.execute(sa.insert(_locks).values(**_row(lock)))
        except IntegrityError as error:  # another process was faster, on a database that does not make writers queue
            raise lost(claim.run_id) from error
        return stolen

    def _beat(self, connection: sa.Connection, run_id: str, token: str, at: datetime) -> bool:
        found = connection.execute(sa.update(_locks).where(_mine(run_id, token)).values(heartbeat=_text(at))).rowcount
        expected = connection.execute(sa.select(_runs.c.pools).where(_runs.c.run_id == run_id)).scalar_one()
        return bool(found == expected)

    def _run(self, connection: sa.Connection, row: sa.RowMapping) -> Run:
        run_id = str(row["run_id"])
        if row["format"] != FORMAT:
            raise JournalError(f"Run {run_id} was written by another version of lyncops.", remedy="Read it with that version.")
        plan = plan_from_json(str(row["plan"]))
        if plan.content_id != row["content_id"]:
            raise JournalError(
                f"The plan of run {run_id} was altered in the journal.",
                remedy="Do not resume it: make a new plan from what the servers show.",
            )
        run = Run.of(
            plan,
            run_id=run_id,
            operator=str(row["operator"]),
            reason=str(row["reason"]),
            created_at=_time(str(row["created_at"])),
        )
        entries = connection.execute(
            sa.select(_events.c.kind, _events.c.body).where(_events.c.run_id == run_id).order_by(_events.c.number)
        ).all()
        return replay(run, (event_from_text(str(kind), str(body)) for kind, body in entries))


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed)
    in_memory = parsed.database in (None, "", ":memory:")
    if in_memory:
        engine = sa.create_engine(parsed, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        engine = sa.create_engine(parsed, connect_args={"timeout": 30.0})
    listen(engine, "connect", _make_durable)
    listen(engine, "begin", _begin_writing)
    return engine


def _make_durable(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # sqlite3 would begin transactions by itself, and late; lyncops begins them, see below.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_writing(connection: sa.Connection) -> None:
    # Immediate: two processes queue here, and neither finds itself unable to write after it has read.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _mine(run_id: str, token: str) -> sa.ColumnElement[bool]:
    return sa.and_(_locks.c.run_id == run_id, _locks.c.token == token)


def _add(connection: sa.Connection, event: JournalEvent) -> None:
    last = connection.execute(sa.select(sa.func.max(_events.c.number)).where(_events.c.run_id == event.run_id)).scalar()
    connection.execute(
        sa.insert(_events).values(
            run_id=event.run_id, number=(last or 0) + 1, at=_text(event.at), kind=kind_of(event), body=event_to_text(event)
        )
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
    }


def _lock(row: sa.RowMapping) -> Lock:
    heartbeat = row["heartbeat"]
    return Lock(
        deployment=str(row["deployment"]),
        pool=Fqdn(str(row["pool"])),
        run_id=str(row["run_id"]),
        token=str(row["token"]),
        owner=str(row["owner"]),
        process=Process(host=str(row["host"]), pid=int(str(row["pid"]))),
        reason=str(row["reason"]),
        taken_at=_time(str(row["taken_at"])),
        heartbeat=_time(str(heartbeat)) if heartbeat else None,
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
