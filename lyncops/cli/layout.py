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

from lyncops.text.wrapping import wrapped
from lyncops.views.blocks import Table, Text, Tone, is_across

_GAP: Final = 2
_INDENT: Final = 2
_LINES: Final = 2
"""How many lines a title may take."""
Cells = Sequence[Text | str]


@attrs.frozen(slots=True)
class FittingTable:
    """A table that rich can print: it takes its form when the width of the terminal is known."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Side by side where that fits, else a paragraph for each row."""
        table = self.table
        widths = column_widths(table, options.max_width)
        if table.remarks and _is_tall(table, widths):
            table = _with_remarks_below(table)
            widths = column_widths(table, options.max_width)
        if widths is None:
            yield from _stacked(table, options.max_width)
        else:
            yield from _side_by_side(table, widths)


@attrs.frozen(slots=True)
class FittingText:
    """A text that rich can print: it breaks between words, and never inside a command."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Each line behind its indent; what is to be copied stays on one line."""
        text, margin = self.text, " " * self.text.indent
        width = options.max_width - text.indent
        lines = [text.text] if text.verbatim else wrapped(text.text, width)
        yield RichText("\n".join(f"{margin}{line}" for line in lines), style=text.tone.value)


def column_widths(table: Table, width: int) -> tuple[int, ...] | None:
    """How wide each column is; None where they do not fit side by side.

    What is left after the longest words goes to the columns that need least, so that short columns
    stay on one line and long sentences wrap.
    """
    rows = (map(_text, row) for row in table.rows if not is_across(row, table))
    columns = tuple(zip(table.columns, *rows, strict=True))
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


def _is_tall(table: Table, widths: Sequence[int] | None) -> bool:
    """Whether a cell beside the remarks needs more than two lines."""
    rows = (row for row in table.rows if not is_across(row, table))
    return widths is None or any(
        len(wrapped(_text(cell), width)) > _LINES
        for row in rows
        for cell, width in zip(row[:-1], widths, strict=False)
    )


def _with_remarks_below(table: Table) -> Table:
    rows: list[tuple[Text | str, ...]] = []
    for row in table.rows:
        if is_across(row, table):
            rows.append(row)
            continue
        *cells, remark = row
        rows.append(tuple(cells))
        if _text(remark):
            rows.append((Text(remark, Tone.FAINT) if isinstance(remark, str) else remark,))
    return Table(table.columns[:-1], tuple(rows))


def _side_by_side(table: Table, widths: Sequence[int]) -> Iterator[RichTable | FittingText]:
    """One table, or several with the same columns where rows go across."""
    drawn = _columns(table, widths, header=True)
    for row in table.rows:
        if is_across(row, table):
            yield drawn
            drawn = _columns(table, widths, header=False)
            yield _across(row[0], widths[0] + _GAP if not table.columns[0] else _INDENT)
        else:
            drawn.add_row(*map(_rich, row))
    if drawn.row_count or drawn.show_header:
        yield drawn


def _columns(table: Table, widths: Sequence[int], *, header: bool) -> RichTable:
    drawn = RichTable(
        box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim", show_header=header
    )
    for name, width in zip(table.columns, widths, strict=True):
        drawn.add_column(name, width=width, overflow="fold")
    return drawn


def _across(cell: Text | str, indent: int) -> FittingText:
    text = Text(cell) if isinstance(cell, str) else cell
    return FittingText(attrs.evolve(text, indent=text.indent + indent))


def _stacked(table: Table, width: int) -> Iterator[RichText | Padding | FittingText]:
    for row in table.rows:
        if is_across(row, table):
            yield _across(row[0], 2 * _INDENT)
            continue
        named = zip(table.columns, row, strict=True)
        filled = [(name, cell) for name, cell in named if _text(cell) not in ("", "-")]
        titles = 2 if filled and not filled[0][0] else 1  # a number comes before what it numbers
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
