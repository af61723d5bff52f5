"""Sentences for people: each said once, however many sources brought it; long ones at a glance."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

GLANCE: Final = 200
"""How many letters a glance takes in: two lines of a table."""


def each_once(texts: Iterable[str], *, between: str = " ") -> str:
    """The texts in their order, without those that another one says already."""
    told: list[str] = []
    for text in filter(None, map(_tidy, texts)):
        if any(_says(earlier, text) for earlier in told):
            continue
        told = [earlier for earlier in told if not _says(text, earlier)]
        told.append(text)
    return between.join(told)


def at_a_glance(text: str) -> str:
    """Its first sentences, as many as a glance takes in; of a long one the beginning."""
    if len(text) <= GLANCE:
        return text
    end = text.rfind(". ", 0, GLANCE) + 1
    if end:
        return text[:end]
    end = text.rfind(" ", 0, GLANCE)
    return f"{text[: end if end > 0 else GLANCE]} ..."


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _says(text: str, part: str) -> bool:
    whole = rf"(?<!\w){re.escape(part.rstrip('.').casefold())}(?!\w)"
    return re.search(whole, text.casefold()) is not None
