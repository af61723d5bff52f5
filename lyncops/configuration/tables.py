"""Reading a TOML file strictly: whatever is not understood is an error that names the file, the
field and the cure.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypeVar, cast

import attrs

from lyncops.errors import ConfigurationError, InvalidValueError
from lyncops.text.durations import parse_duration

T = TypeVar("T")

_KINDS: Mapping[type[object], str] = {
    str: "a text in quotes",
    bool: "true or false",
    int: "a whole number",
}


def suggestion(word: str, known: Iterable[str]) -> str:
    """`Did you mean X?` and what else there is."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    return f"{hint}Known here: {', '.join(names)}."


@attrs.frozen(slots=True, kw_only=True)
class Table:
    """A table of the file.

    `name` is how a person would find it: `[credentials]`, `[[endpoint]] 2`, or "" for the file
    itself.
    """

    file: Path
    name: str
    values: Mapping[str, object]
    told: str = ""  # what to call the place in errors, where it is not a file

    @classmethod
    def read(cls, file: Path) -> Table:
        """The whole file.

        Raises:
            ConfigurationError: it is not there, cannot be read, or is not valid TOML (with line and
                column).
        """
        try:
            return cls(file=file, name="", values=tomllib.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise ConfigurationError(
                f"{file} does not exist.",
                remedy=(
                    "`lyncops init` writes one from questions; or name another one with --config."
                ),
            ) from error
        except OSError as error:
            raise ConfigurationError(
                f"{file} cannot be read: {error.strerror}.",
                remedy="Name a file that this account may read.",
            ) from error
        except UnicodeDecodeError as error:
            raise ConfigurationError(
                f"{file} is not UTF-8 text.", remedy="Save it as UTF-8."
            ) from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(
                f"{file} is not valid TOML: {error}.",
                remedy="Fix that line; put texts in double quotes.",
            ) from error

    @property
    def place(self) -> str:
        """Where a person finds the tables: the file, or what `told` says in its place."""
        return self.told or str(self.file)

    def error(self, field: str, what: str, remedy: str) -> ConfigurationError:
        """The error about a field of this table."""
        place = ", ".join(part for part in (self.place, self.name, field) if part)
        return ConfigurationError(f"{place}: {what}", remedy=remedy)

    def allow(self, *known: str) -> None:
        """Refuse every key that is not one of these."""
        for key in self.values:
            if key not in known:
                raise self.error(key, "this field does not exist.", suggestion(key, known))

    def table(self, key: str) -> Table:
        """A table inside, empty when it is missing."""
        return self._inside(key, f"[{key}]", self.values.get(key, {}))

    def tables(self, key: str) -> tuple[Table, ...]:
        """A list of tables, `[[key]]`."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self.error(
                key,
                "is a list: one table for each entry.",
                f"Write [[{key}]] with double brackets.",
            )
        return tuple(
            self._inside(key, f"[[{key}]] {number}", item)
            for number, item in enumerate(cast("list[object]", value), start=1)
        )

    def text(self, key: str) -> str | None:
        """A text that is not empty, None when it is missing."""
        value = self._value(key, str)
        if value is not None and not value.strip():
            raise self.error(key, "is empty.", "Write a value, or leave the field out.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty when it is missing."""
        value = self.values.get(key, [])
        items = cast("list[object]", value) if isinstance(value, list) else [None]
        if not all(isinstance(item, str) and item.strip() for item in items):
            raise self.error(key, "is not a list of texts.", f'Write {key} = ["one", "another"].')
        return tuple(map(str, items))

    def required(self, key: str, example: str) -> str:
        """A text that must be there."""
        value = self.text(key)
        if value is None:
            raise self.error(key, "is missing.", f'Write {key} = "{example}".')
        return value

    def flag(self, key: str) -> bool:
        """True or false, False when it is missing."""
        return self._value(key, bool) or False

    def number(self, key: str) -> int | None:
        """A whole number, None when it is missing."""
        return self._value(key, int)

    def duration(self, key: str) -> timedelta | None:
        """A duration such as "30s", None when it is missing."""
        return self.parsed(key, parse_duration)

    def path(self, key: str) -> Path | None:
        """A file that is there, relative to the configuration's folder; None when it is missing."""
        text = self.text(key)
        if text is None:
            return None
        path = self.file.parent / text
        if not path.is_file():
            raise self.error(
                key,
                f"the file {path} does not exist.",
                "Write the path relative to the folder of the configuration.",
            )
        return path

    def parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        """A text that `parse` understands, None when it is missing."""
        text = self.text(key)
        try:
            return None if text is None else parse(text)
        except InvalidValueError as error:
            raise self.error(key, error.what, error.remedy) from error

    def _value(self, key: str, kind: type[T]) -> T | None:
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.error(key, f"{value!r} is not {_KINDS[kind]}.", f"Write {_KINDS[kind]}.")
        return value

    def _inside(self, key: str, name: str, value: object) -> Table:
        if not isinstance(value, dict):
            raise self.error(
                key,
                "is a table.",
                f"Write {name.split(' ', maxsplit=1)[0]} on a line of its own, and its fields"
                " below.",
            )
        values = cast("dict[str, object]", value)
        return Table(file=self.file, name=name, values=values, told=self.told)
