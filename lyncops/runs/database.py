"""The database under the journal: how it is reached, bounded in time, and come back to after it was
away.
"""

from __future__ import annotations

import math
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Final, Protocol, Self, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.event import listen
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from lyncops.configuration.journal_url import TIMEOUT, JournalUrl
from lyncops.runs import schema
from lyncops.runs.database_errors import failure, is_disconnect, unusable
from lyncops.runs.database_file import DatabaseFile

T = TypeVar("T")
PRAGMAS: tuple[str, ...] = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
"""How SQLite keeps the journal: what is committed survives a power cut."""

_WRITES: Final = "lyncops_writes"
_PAUSE: Final = 0.2
# Seconds that an attempt is given even when time is nearly up, and that the server may be late
_LEAST: Final = 1.0


class _HasSocket(Protocol):
    def fileno(self) -> int: ...


class Database:
    """Transactions on one database, each within `timeout`. Safe to use from several threads."""

    def __init__(self, engine: sa.Engine, url: JournalUrl, timeout: timedelta) -> None:
        self._engine = engine
        self._timeout = timeout.total_seconds()
        self._file = DatabaseFile(url.path, url.place) if url.path else None
        self.place = url.place

    @classmethod
    def open(cls, url: JournalUrl, timeout: timedelta = TIMEOUT) -> Self:
        """Open the database, and bring its tables up to date.

        Raises:
            JournalError: its driver is not installed, or it cannot be opened, read or brought up to
                date.
        """
        try:
            engine = _engine(url, timeout)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise unusable(url.place, error) from error
        database = cls(engine, url, timeout)
        try:
            database._prepare()
        except BaseException:
            database.close()
            raise
        return database

    def _prepare(self) -> None:
        if self._file is not None:
            self._file.require_no_other()
        if not self.read(schema.is_current):
            self.write(schema.bring_up_to_date)
        if self._file is not None:
            self._file.remember()

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """What `work` answers within one transaction; again when the connection was lost.

        Raises:
            JournalError: the database does not answer within the timeout, or cannot do it.
        """
        return self._within(lambda remaining: self._once(work, remaining, writes=False))

    def write(
        self,
        work: Callable[[sa.Connection], T],
        written: Callable[[sa.Connection], bool] | None = None,
    ) -> T:
        """The same for a transaction that writes.

        It is durable when this returns, and was done once.

        A connection that is lost while it commits leaves open whether it did: `written` then finds
        out whether it is there.

        Raises:
            JournalError: see `read`.
        """
        done: list[T] = []

        def again(connection: sa.Connection) -> T:
            if done and written is not None and written(connection):
                return done[-1]
            done.append(work(connection))
            return done[-1]

        return self._within(lambda remaining: self._once(again, remaining, writes=True))

    def close(self) -> None:
        """Let all connections go."""
        self._engine.dispose()
        if self._file is not None:
            self._file.close()

    def _within(self, attempt: Callable[[float], T]) -> T:
        until = time.monotonic() + self._timeout
        while True:
            try:
                return attempt(max(until - time.monotonic(), _LEAST))
            except SQLAlchemyError as error:
                if not is_disconnect(error) or time.monotonic() + _PAUSE >= until:
                    raise failure(self.place, error, self._timeout) from error
                time.sleep(_PAUSE)

    def _once(self, work: Callable[[sa.Connection], T], remaining: float, *, writes: bool) -> T:
        with self._engine.connect() as plain:
            connection = plain.execution_options(**{_WRITES: writes})
            with _cut_after(remaining + _LEAST, connection), connection.begin():
                if writes and self._file is not None:
                    self._file.require_unmoved()
                return work(connection)


def _engine(url: JournalUrl, timeout: timedelta) -> sa.Engine:
    if url.path:
        parsed = sa.URL.create("sqlite", database=url.path)
        engine = sa.create_engine(parsed, connect_args={"timeout": timeout.total_seconds()})
        listen(engine, "connect", partial(_make_durable, seconds=timeout.total_seconds()))
        listen(engine, "begin", _begin_sqlite)
        return engine
    engine = sa.create_engine(sa.make_url(url.text), connect_args=_bounded(timeout))
    milliseconds = round(timeout.total_seconds() * 1000)
    settings = {
        "synchronous_commit": "on",
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds,
        "idle_in_transaction_session_timeout": 6 * milliseconds,
    }

    def begin(connection: sa.Connection) -> None:
        # For this transaction only: behind a pooler the session belongs to others too. A commit
        # that the server may lose when it crashes is not a journal, whatever the database's own
        # setting.
        connection.exec_driver_sql(
            "; ".join(f"SET LOCAL {name} = {value}" for name, value in settings.items())
        )

    listen(engine, "begin", begin)
    return engine


def _bounded(timeout: timedelta) -> dict[str, object]:
    """How libpq notices that the server is gone.

    https://www.postgresql.org/docs/current/libpq-connect.html.
    """
    seconds = max(math.ceil(timeout.total_seconds()), 2)  # libpq takes whole seconds, two at least
    return {
        "application_name": "lyncops",
        "connect_timeout": seconds,
        "keepalives": 1,
        "keepalives_idle": seconds,
        "keepalives_interval": max(seconds // 3, 1),
        "keepalives_count": 3,
        "tcp_user_timeout": seconds * 1000,
        "prepare_threshold": None,  # a pooler hands each transaction to another connection
    }


def _make_durable(
    connection: DBAPIConnection, _entry: ConnectionPoolEntry, *, seconds: float
) -> None:
    # sqlite3 would begin transactions by itself, and late; lyncops begins them, see below.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        _patiently(partial(cursor.execute, f"PRAGMA {pragma}"), seconds)
    cursor.close()


def _patiently(act: Callable[[], object], seconds: float) -> None:
    """SQLite does not wait when two processes make a new file a WAL file at once:
    https://www.sqlite.org/wal.html section 8.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            act()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(_PAUSE / 10)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    # Immediate: two processes queue here, and neither finds itself unable to write after it has
    # read.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _cut_after(seconds: float, connection: sa.Connection) -> Generator[None]:
    """Hang up when the server has not answered until then: its own timeouts are no help when it
    hangs, or the network does.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    driver = cast("_HasSocket", connection.connection.driver_connection)
    # A second handle: the number of the first may be given out again
    line = socket.socket(fileno=os.dup(driver.fileno()))
    alarm = threading.Timer(seconds, _hang_up, [line])
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()
        line.close()


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
