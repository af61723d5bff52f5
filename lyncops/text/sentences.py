"""Sentences put together so that each is said once, however many sources brought it."""

from __future__ import annotations

import re
from collections.abc import Iterable


def each_once(texts: Iterable[str], *, between: str = " ") -> str:
    """The texts in their order, without those that another one says already."""
    told: list[str] = []
    for text in filter(None, map(_tidy, texts)):
        if any(_says(earlier, text) for earlier in told):
            continue
        told = [earlier for earlier in told if not _says(text, earlier)]
        told.append(text)
    return between.join(told)


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _says(text: str, part: str) -> bool:
    whole = rf"(?<!\w){re.escape(part.rstrip('.').casefold())}(?!\w)"
    return re.search(whole, text.casefold()) is not None
