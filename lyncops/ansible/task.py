"""A task of a play, as Ansible hands it over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import attrs


def _unheard(line: str) -> None:
    del line


@attrs.frozen(slots=True, kw_only=True)
class Task:
    """What is given, whether anything may change, and who sees the progress."""

    given: Mapping[str, object]
    check: bool = False  # only say what would be done
    diff: bool = False  # show the deployment before and after
    tell: Callable[[str], None] = _unheard  # shows a line to those who watch with -v

    def text(self, name: str) -> str:
        """A parameter that is a text; "" where it is not given."""
        return str(self.given.get(name) or "")

    def texts(self, name: str) -> tuple[str, ...]:
        """A parameter that is a list of texts."""
        return tuple(map(str, cast("list[object]", self.given.get(name) or [])))

    def flag(self, name: str) -> bool:
        """A parameter that is yes or no."""
        return bool(self.given.get(name))

    def number(self, name: str) -> int | None:
        """A parameter that is a whole number; None where it is not given."""
        value = self.given.get(name)
        return value if isinstance(value, int) else None
