"""What went wrong with the journal's database, in one sentence, and the remedy that fits
the cause.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from lyncops.errors import JournalError

_NOTHING_SENT: Final = "Nothing is sent while the journal cannot be written."
_RIGHTS: Final = "docs/journal.md lists the rights that lyncops needs."

# https://www.sqlite.org/rescode.html
_LOCKED: Final = (
    "another program has its file locked",
    "Close what has the file open: a copy, a backup, a database browser.",
)
_SQLITE: Final[Mapping[int, tuple[str, str]]] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: (
        "its file cannot be written",
        "Give this account the right to write the file and its folder.",
    ),
    sqlite3.SQLITE_PERM: (
        "its file may not be opened",
        "Give this account the right to read and write the file and its folder.",
    ),
    sqlite3.SQLITE_FULL: (
        "the disk is full",
        "Free space on that disk; what was journalled so far is safe.",
    ),
    sqlite3.SQLITE_IOERR: (
        "its file cannot be read or written",
        "Check whether its disk is full, read-only, or gone.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "its file is damaged",
        "Make a copy of it, then restore a backup, or try `sqlite3 FILE .recover`.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "its file is not a database",
        "Check whether [journal] url names the right file, or restore a backup.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "its file cannot be opened",
        "Check that its folder exists and that this account may write there.",
    ),
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html; the longest beginning that fits
# decides.
_POSTGRESQL: Final[Mapping[str, tuple[str, str]]] = {
    "42501": ("its database denies this account a right that it needs", _RIGHTS),
    "25006": (
        "its database is read-only",
        "Check whether [journal] url names a standby; name the primary server.",
    ),
    "28": (
        "its database refuses the log-on",
        "Check the user in [journal] url, and PGPASSFILE or PGPASSWORD.",
    ),
    "3D000": (
        "its database does not exist",
        "Create it, see docs/journal.md, or correct [journal] url.",
    ),
    "3F000": ("its schema does not exist", _RIGHTS),
    "53100": (
        "the database server's disk is full",
        "Free space there; what was journalled so far is safe.",
    ),
    "53": (
        "the database server accepts no more connections",
        "Try again; check its max_connections.",
    ),
    "55P03": ("another client has its tables locked", "pg_stat_activity shows who."),
    "57014": (
        "its database did not answer in time",
        "Check whether the database server is overloaded or hangs.",
    ),
}
# Connection lost, shut down, crashed, starting, idle for too long
_AWAY: Final = (
    "08",
    "57P01",
    "57P02",
    "57P03",
    "25P03",
)
_UNREACHABLE: Final = (
    "Check whether the database server runs and can be reached from here. If it is lost with its"
    " site, use another journal: --journal sqlite:///rescue.db (docs/journal.md)."
)


def is_disconnect(error: SQLAlchemyError) -> bool:
    """Whether the database was away, so that trying again may help."""
    if not isinstance(error, DBAPIError) or isinstance(error.orig, sqlite3.Error):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # libpq's own words: there was no server to give a code
        return error.connection_invalidated or isinstance(error, OperationalError)
    return error.connection_invalidated or str(state).startswith(_AWAY)


def failure(place: str, error: SQLAlchemyError, seconds: float) -> JournalError:
    """The error of a database that does not work."""
    cause = getattr(error, "orig", None) or error
    if is_disconnect(error):
        what, remedy = f"its database could not be reached within {seconds:g} seconds", _UNREACHABLE
    else:
        what, remedy = _known(cause) or (
            "it does not work",
            "Check that its folder exists, is writable and has room.",
        )
    words = " ".join(str(cause).split()).rstrip(".")
    return JournalError(
        f"The journal {place} cannot be used: {what} ({words}).", remedy=f"{remedy} {_NOTHING_SENT}"
    )


def _known(cause: object) -> tuple[str, str] | None:
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    state = str(getattr(cause, "sqlstate", None) or "")
    fitting = sorted(
        (beginning for beginning in _POSTGRESQL if state.startswith(beginning)), key=len
    )
    return _POSTGRESQL[fitting[-1]] if fitting else None


def unusable(place: str, error: Exception) -> JournalError:
    """The error of a database whose driver is missing."""
    return JournalError(
        f"The journal {place} cannot be used: {error}.",
        remedy='Install the driver of PostgreSQL: pip install "lyncops[postgres]".',
    )


def orphaned(place: str, companions: Sequence[str]) -> JournalError:
    """The error of a file that was deleted while a process had it open."""
    return JournalError(
        f"The journal {place} was deleted while it was in use: {' and '.join(companions)} are still"
        " there.",
        remedy=(
            "Check whether a lyncops is still running. Then restore the file, or remove what is "
            "left of it to start a new one."
        ),
    )


def moved_away(place: str) -> JournalError:
    """The error of a run whose file was deleted, or replaced by another one."""
    return JournalError(
        f"The journal {place} was deleted or replaced while it was in use: other operators can no"
        " longer see the lock of this run.",
        remedy=(
            f"Restore the file, and make sure that nobody else is working on these pools. "
            f"{_NOTHING_SENT}"
        ),
    )


def still_in_use(place: str) -> JournalError:
    """The error of a file that took the place of one with which a process of this computer still
    works.
    """
    return JournalError(
        f"The journal {place} was deleted or replaced while it was in use: a lyncops on this "
        f"computer is still using the old file, and its locks cannot be seen.",
        remedy=(
            "Find that process; wait until it ends, or end it. Its run is in the old file: restore "
            "that one."
        ),
    )
