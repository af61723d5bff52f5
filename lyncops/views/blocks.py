"""What a verb has to say, as values: written once, drawn by rich on a terminal and as plain lines
in a pipe.

Whatever comes into a block is harmless from then on: much of it was written by servers.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence

import attrs

from lyncops.text.harmless import harmless


class Tone(enum.Enum):
    """How a text is meant; a terminal shows it as a style, plain lines do not show it at all."""

    PLAIN = ""
    STRONG = "bold"
    FAINT = "dim"
    GOOD = "green"
    CAREFUL = "yellow"
    BAD = "bold red"


@attrs.frozen(slots=True)
class Text:
    """One line, or one cell of a table.

    A `verbatim` one is there to be copied: a terminal does not break it at its words.
    """

    text: str = attrs.field(converter=harmless)
    tone: Tone = Tone.PLAIN
    indent: int = 0
    verbatim: bool = False


@attrs.frozen(slots=True)
class Heading:
    """The title of what follows."""

    text: str = attrs.field(converter=harmless)


def _harmless_rows(rows: tuple[tuple[Text | str, ...], ...]) -> tuple[tuple[Text | str, ...], ...]:
    return tuple(
        tuple(harmless(cell) if isinstance(cell, str) else cell for cell in row) for row in rows
    )


@attrs.frozen(slots=True)
class Table:
    """Rows under named columns. A row of one cell goes across all of them.

    `remarks`: the last column says something about the row, and goes under it where it would leave
    the others too little of a terminal.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Text | str, ...], ...] = attrs.field(converter=_harmless_rows)
    remarks: bool = False


Block = Heading | Text | Table


def plain_lines(block: Block) -> Iterator[str]:
    """The block as lines without any control character, however long they get."""
    match block:
        case Heading():
            yield ""
            yield f"== {block.text}"
        case Text():
            yield f"{' ' * block.indent}{block.text}".rstrip()
        case Table():
            yield from _lined_up(block)


def _lined_up(table: Table) -> Iterator[str]:
    rows = [table.columns, *(tuple(text_of(cell) for cell in row) for row in table.rows)]
    whole = [row for row in rows if not is_across(row, table)]
    widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
    for row in rows:
        if is_across(row, table):
            yield f"    {row[0]}"
        else:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            yield "  ".join(cells).rstrip()


def is_across(row: Sequence[object], table: Table) -> bool:
    """Whether a row goes across all columns."""
    return len(row) == 1 < len(table.columns)


def text_of(cell: Text | str) -> str:
    """The words of a cell, on one line."""
    return " ".join((cell if isinstance(cell, str) else cell.text).split())
