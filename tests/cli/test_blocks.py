from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lyncops.cli.screen import drawn
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.views.blocks import Heading, Table, Text, Tone, plain_lines, text_of
from lyncops.views.status import status_blocks, topology_blocks
from tests.deployments import EDGE1, EDGE2, P1, P2, changed, two_sites

WORDS = st.text(
    st.characters(
        min_codepoint=32,
        max_codepoint=0x2FFF,
        exclude_categories=("Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Cn"),
    ),
    min_size=1,
)


def test_a_table_in_a_pipe_lines_up_its_columns_and_cuts_nothing() -> None:
    long = "p" * 300
    lines = list(
        plain_lines(Table(("pool", "state"), ((long, Text("Active", Tone.GOOD)), ("p2", "-"))))
    )
    assert lines[0].index("state") == lines[1].index("Active") == lines[2].index("-")
    assert long in lines[1]


def test_plain_lines_carry_no_escape_sequences() -> None:
    blocks = (
        Heading("Checks"),
        Text("broken", Tone.BAD, indent=2),
        Table(("a",), ((Text("x", Tone.BAD),),)),
    )
    text = "\n".join(line for block in blocks for line in plain_lines(block))
    assert "\x1b" not in text
    assert "  broken" in text


def test_an_empty_text_is_an_empty_line() -> None:
    assert list(plain_lines(Text(""))) == [""]


def test_a_text_is_one_line_whatever_is_in_it() -> None:
    assert list(plain_lines(Text("a\nb", indent=2))) == ["  a b"]


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1))
def test_no_cell_is_lost_in_a_pipe(rows: list[tuple[str, str]]) -> None:
    lines = list(plain_lines(Table(("left", "right"), tuple(rows))))
    assert len(lines) == len(rows) + 1
    assert all(
        left in line and right in line for (left, right), line in zip(rows, lines[1:], strict=True)
    )


def test_a_cell_never_breaks_its_row() -> None:
    assert text_of(Text("two\nlines")) == "two lines"


def test_markup_in_a_servers_answer_is_shown_and_not_obeyed() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system="truecolor")
    for block in (
        Heading("[red]h[/red]"),
        Text("[bold]t[/bold]"),
        Table(("[c]",), (("[i]cell[/i]",),)),
    ):
        console.print(drawn(block))
    assert "[red]h[/red]" in out.getvalue()
    assert "[bold]t[/bold]" in out.getvalue()
    assert "[i]cell[/i]" in out.getvalue()


def test_the_topology_shows_what_the_pools_concern_and_no_more() -> None:
    around = "\n".join(
        line for block in topology_blocks(two_sites(), [P1]) for line in plain_lines(block)
    )
    assert f"{P1}  Redmond" in around
    assert f"{P2}  Dublin" not in around
    assert EDGE1 in around
    assert EDGE2 not in around
    assert "XMPP federation route" not in around
    by_edge = "\n".join(
        line for block in topology_blocks(two_sites(), [EDGE2]) for line in plain_lines(block)
    )
    assert EDGE2 in by_edge
    assert EDGE1 not in by_edge.partition("Edge pools")[2]
    assert "XMPP federation route" in by_edge
    assert "Front End pools" not in by_edge


def test_what_is_not_steady_is_one_line_in_the_table_and_named_below() -> None:
    """A cell of nineteen lines hid everything else in a disaster."""
    names = ("ConfServices.DataConf", "UserServices.PresenceFocus")
    modules = tuple(
        BackupModule(name=name, export=ExportState.ERROR, import_=ImportState.NORMAL)
        for name in names
    )
    blocks = tuple(status_blocks(changed(two_sites(), P1, backup_modules=modules)))
    cells = [
        cell if isinstance(cell, str) else cell.text
        for block in blocks
        if isinstance(block, Table)
        for row in block.rows
        for cell in row
    ]
    assert "2 of 2 not steady" in cells
    assert not any("\n" in cell for cell in cells)
    told = [block.text for block in blocks if isinstance(block, Text)]
    assert all(any(name in line for line in told) for name in names)
