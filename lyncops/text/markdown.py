"""What servers and files say, as Markdown that means nothing but the words."""

from __future__ import annotations

import re
from typing import Final

from lyncops.text.harmless import harmless

_MARKUP: Final = frozenset("\\`*_<>[]#|&~")


def markdown(text: str) -> str:
    """The words, harmless and escaped, on one line."""
    return "".join(f"\\{letter}" if letter in _MARKUP else letter for letter in harmless(text))


def markdown_code(text: str) -> str:
    """The words as a piece of code in a line."""
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"
