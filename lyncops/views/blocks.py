"""What a verb has to say, as values: told once, drawn by rich on a terminal and as plain lines in a
pipe.

Whatever comes into a block is harmless from then on: much of it was written by servers.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

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
    """Rows under named columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Text | str, ...], ...] = attrs.field(converter=_harmless_rows)


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
            rows = [block.columns, *(tuple(text_of(cell) for cell in row) for row in block.rows)]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            yield from (
                "  ".join(
                    cell.ljust(width) for cell, width in zip(row, widths, strict=True)
                ).rstrip()
                for row in rows
            )


def text_of(cell: Text | str) -> str:
    """The words of a cell, on one line."""
    return " ".join((cell if isinstance(cell, str) else cell.text).split())
