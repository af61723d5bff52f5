"""Where the journal is, as its url says it: a file of SQLite, or a database of PostgreSQL.

Imports nothing heavy.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import attrs

from lyncops.configuration.passwords import refuse_password
from lyncops.errors import InvalidValueError

DEFAULT: Final = "sqlite:///lyncops.db"
TIMEOUT: Final = timedelta(seconds=10)
"""How long a journal may not answer before lyncops stops waiting for it."""

EXAMPLE: Final = f'Write "{DEFAULT}" or "postgresql://user@host/database".'

_SQLITE: Final = re.compile(r"sqlite(?:\+pysqlite)?:///(?P<path>.+)", re.DOTALL)
_POSTGRESQL: Final = re.compile(r"(?:postgresql|postgres)(?:\+psycopg)?://(?P<rest>.*)", re.DOTALL)
_IN_MEMORY: Final = re.compile(r"sqlite(\+\w+)?:(//)?(/?|/:memory:.*|/file:.*)")


@attrs.frozen(slots=True, kw_only=True)
class JournalUrl:
    """Where the journal is. `path` is SQLite's file, and empty for PostgreSQL.

    It never has a password in it.
    """

    text: str
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> JournalUrl:
        """Read a url.

        What follows `sqlite:///` is the file's name as it is: `?` and `%` mean nothing there.

        Raises:
            InvalidValueError: it is none, a database in memory, one of another kind, or it has a
                password in it.
        """
        text = text.strip()
        if _IN_MEMORY.fullmatch(text):
            raise InvalidValueError(
                "A journal in memory is lost with its process, and nobody else sees its locks.",
                remedy=f"Name a file. {EXAMPLE}",
            )
        if sqlite := _SQLITE.fullmatch(text):
            return cls(text=text, path=sqlite["path"])
        if postgresql := _POSTGRESQL.fullmatch(text):
            return cls(text=_without_password(f"postgresql+psycopg://{postgresql['rest']}"))
        # The text is not repeated: any part of it may be a password.
        scheme = re.match(r"[\w+]{1,30}(?=://)", text)
        kind = f"a url of the kind {scheme[0]!r}" if scheme else "no database url"
        raise InvalidValueError(
            f"The journal is kept in SQLite or PostgreSQL; this is {kind}.", remedy=EXAMPLE
        )

    def seen_from(self, folder: Path) -> JournalUrl:
        """The same with a file's path that does not depend on where lyncops is started."""
        if not self.path:
            return self
        path = str(folder / self.path)
        return JournalUrl(text=f"sqlite:///{path}", path=path)

    @property
    def place(self) -> str:
        """How messages call it: without the options, which may be anything."""
        if self.path:
            return self.path
        parts = urlsplit(self.text)
        return urlunsplit(("postgresql", parts.netloc, parts.path, "", ""))


def _without_password(text: str) -> str:
    try:
        parts = urlsplit(text)
        password = parts.password
    except ValueError as error:
        raise InvalidValueError(
            f"The journal's url cannot be read: {type(error).__name__}.", remedy=EXAMPLE
        ) from None
    secret = next(
        (key for key, _value in parse_qsl(parts.query, keep_blank_values=True) if _is_secret(key)),
        None,
    )
    if password is not None or secret is not None:
        where = "url" if password is not None else f"option {secret} of its url"
        raise InvalidValueError(
            f"The journal's {where} has a password in it: it would be copied, mailed, logged and"
            " backed up with the url.",
            remedy=(
                "Remove it, and change that password. Use what the database itself offers:"
                " PGPASSFILE, ~/.pgpass or PGPASSWORD."
            ),
        )
    return text


def _is_secret(key: str) -> bool:
    lowered = key.lower()
    return (
        "passw" in lowered
        or "secret" in lowered
        or "pwd" in lowered
        or refuse_password(lowered) is not None
    )
