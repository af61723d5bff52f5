"""Values on one line, as a REPL shows them: some would fill pages otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lyncops.text.harmless import harmless
from lyncops.values import Unread

_MOST: Final = 4
_LONGEST: Final = 240


def brief(value: object, text: str) -> str:
    """`<Pool pool1.contoso.com: Active>`: the class of a value, and what matters of it."""
    shown = harmless(text)
    cut = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
    return f"<{type(value).__name__} {cut}>"


def first_of(texts: Iterable[object]) -> str:
    """The first of them, and how many more there are."""
    told = [str(text) for text in texts]
    more = len(told) - _MOST
    return ", ".join(told) if more <= 1 else f"{', '.join(told[:_MOST])} and {more} more"


def told(value: object) -> str:
    """A value in a word or two, also where it could not be read."""
    return "not read" if isinstance(value, Unread) else str(value)
