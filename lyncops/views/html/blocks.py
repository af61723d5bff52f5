"""The blocks of a verb as HTML: everything that a terminal shows, a page can show too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lyncops.views.blocks import Block, Heading, Table, Text, Tone, is_across
from lyncops.views.html.markup import Content, Markup, element, joined, prose

CLASSES: Final = {
    Tone.PLAIN: None,
    Tone.STRONG: "lo-strong",
    Tone.FAINT: "lo-faint",
    Tone.GOOD: "lo-good",
    Tone.CAREFUL: "lo-careful",
    Tone.BAD: "lo-bad",
}
_SHORT: Final = 28
"""Characters up to which the words of a cell stay on one line."""


def html_of(blocks: Iterable[Block]) -> Markup:
    """All blocks, one after the other."""
    return joined(_block(block) for block in blocks)


def toned(words: str, tone: Tone) -> Markup:
    """Words with their tone."""
    short = "lo-short" if len(words) <= _SHORT else None
    return element("span", words, class_=" ".join(filter(None, (CLASSES[tone], short))) or None)


def table(columns: Iterable[str], rows: Iterable[Iterable[Content]]) -> Markup:
    """Rows under named columns."""
    head = element("tr", *(element("th", name, scope="col") for name in columns))
    body = (element("tr", *map(_cell, row)) for row in rows)
    return element("table", element("thead", head), element("tbody", *body))


def _cell(content: Content) -> Markup:
    is_short = isinstance(content, str) and len(content) <= _SHORT
    return element("td", content, class_="lo-short" if is_short else None)


def _block(block: Block) -> Content:
    match block:
        case Heading():
            return element("h3", block.text)
        case Text():
            return _line(block)
        case Table():
            return _table(block)


def _table(block: Table) -> Markup:
    head = element("tr", *(element("th", name, scope="col") for name in block.columns))
    wide = str(len(block.columns))
    body = (
        element("tr", element("td", _content(row[0]), colspan=wide))
        if is_across(row, block)
        else element("tr", *(_cell(_content(cell)) for cell in row))
        for row in block.rows
    )
    return element("table", element("thead", head), element("tbody", *body))


def _line(line: Text) -> Content:
    if not line.text:
        return ""
    words = element("code", line.text) if line.verbatim else prose(line.text)
    indent = f"margin-left:{line.indent / 2:g}em" if line.indent else None
    return element("p", words, class_=CLASSES[line.tone], style=indent)


def _content(cell: Text | str) -> Content:
    if isinstance(cell, str) or cell.tone is Tone.PLAIN:
        return cell if isinstance(cell, str) else cell.text
    return toned(cell.text, cell.tone)
