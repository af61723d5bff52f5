"""HTML and SVG as values. Text is made harmless and escaped where it comes in."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

import attrs

from lyncops.text.harmless import harmless

_WEB = ("https://", "http://")
_TYPED = re.compile(r"`([^`]+)`")


@attrs.frozen(slots=True)
class Markup:
    """Finished HTML or SVG. `element`, `text` and `joined` make it from what may be anything."""

    html: str

    def __str__(self) -> str:
        return self.html


NOTHING = Markup("")
Content = Markup | str
Attribute = str | float | bool | None


def text(words: str) -> Markup:
    """The words, harmless and escaped."""
    return Markup(html.escape(harmless(words)))


def joined(parts: Iterable[Content]) -> Markup:
    """One after the other; a string is text."""
    return Markup("".join(str(text(one) if isinstance(one, str) else one) for one in parts))


def element(name: str, *content: Content, **attributes: Attribute) -> Markup:
    """An element. `class_` is class, `stroke_width` stroke-width; None and False leave one out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{name}{written}>{joined(content)}</{name}>")


def prose(words: str) -> Markup:
    """A sentence; text between `grave accents` is what the reader types."""
    pieces = enumerate(_TYPED.split(words))
    return joined(element("code", piece) if at % 2 else piece for at, piece in pieces)


def link(address: str, words: str) -> Markup:
    """A link to the web; an address of any other kind is not a link."""
    if not address.startswith(_WEB):
        return text(words)
    return element("a", words, href=address, rel="noopener noreferrer", target="_blank")


def unfolding(
    summary: Content, *content: Content, is_open: bool = False, **more: Attribute
) -> Markup:
    """Something to unfold."""
    return element("details", element("summary", summary), *content, open=is_open, **more)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    words = value if isinstance(value, str) else f"{value:g}"
    return f' {name}="{html.escape(harmless(words))}"'
