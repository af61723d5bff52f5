"""How a table fits a terminal: no name breaks, whatever the width.

A column is at least as wide as its longest word. Where the columns do not fit side by side, each
row becomes a paragraph: its first cell as the title, and the other cells behind the names of their
columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text as RichText

from lyncops.views.blocks import Table, Text

_GAP: Final = 2
_INDENT: Final = 2
Cells = Sequence[Text | str]


@attrs.frozen(slots=True)
class FittingTable:
    """A table that rich can print: it takes its form when the width of the terminal is known."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Side by side where that fits, else a paragraph for each row."""
        widths = column_widths(self.table, options.max_width)
        if widths is None:
            yield from _stacked(self.table, options.max_width)
        else:
            yield _side_by_side(self.table, widths)


def column_widths(table: Table, width: int) -> tuple[int, ...] | None:
    """How wide each column is; None where they do not fit side by side.

    What is left after the longest words goes to the columns that need least, so that short columns
    stay on one line and long sentences wrap.
    """
    columns = tuple(zip(table.columns, *(map(_text, row) for row in table.rows), strict=True))
    least = [max(_longest_word(cell) for cell in column) for column in columns]
    wanted = [max(_longest_line(cell) for cell in column) for column in columns]
    left = width - sum(least) - _GAP * (len(columns) - 1)
    if left < 0:
        return None
    found = list(least)
    by_need = sorted(range(len(columns)), key=lambda index: wanted[index] - least[index])
    for position, index in enumerate(by_need):
        more = min(wanted[index] - least[index], left // (len(by_need) - position))
        found[index] += more
        left -= more
    return tuple(found)


def _side_by_side(table: Table, widths: Sequence[int]) -> RichTable:
    drawn = RichTable(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    for name, width in zip(table.columns, widths, strict=True):
        drawn.add_column(name, width=width, overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(_rich, row))
    return drawn


def _stacked(table: Table, width: int) -> Iterator[RichText | Padding]:
    for row in table.rows:
        named = zip(table.columns, row, strict=True)
        filled = [(name, cell) for name, cell in named if _text(cell) not in ("", "-")]
        titles = 2 if filled and not filled[0][0] else 1  # a number stands before what it numbers
        yield RichText(" ").join(_rich(cell) for _, cell in filled[:titles])
        lines = _flowing(filled[titles:], width - _INDENT)
        yield from (Padding(line, (0, 0, 0, _INDENT)) for line in lines)


def _flowing(cells: Sequence[tuple[str, Text | str]], width: int) -> Iterator[RichText]:
    """The cells behind their names, as many on a line as fit; a cell that is longer than a line
    wraps.
    """
    line = RichText()
    for name, cell in cells:
        piece = RichText.assemble((f"{name} ", "dim"), _rich(cell))
        if line and line.cell_len + _GAP + piece.cell_len > width:
            yield line
            line = RichText()
        line = line + " " * _GAP + piece if line else piece
    if line:
        yield line


def _rich(cell: Text | str) -> RichText:
    return RichText(cell) if isinstance(cell, str) else RichText(cell.text, style=cell.tone.value)


def _text(cell: Text | str) -> str:
    return cell if isinstance(cell, str) else cell.text


def _longest_word(cell: str) -> int:
    return max(map(cell_len, cell.split()), default=0)


def _longest_line(cell: str) -> int:
    return max(map(cell_len, cell.splitlines()), default=0)
