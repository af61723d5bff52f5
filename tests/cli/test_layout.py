"""Tables on narrow terminals: whatever the width, no word breaks and no cell is lost."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lyncops.checks.catalogue import checks_for_failover
from lyncops.cli.layout import column_widths
from lyncops.cli.screen import drawn
from lyncops.procedures.readiness import readiness
from lyncops.values import Mode
from lyncops.views.blocks import Block, Table, Text
from lyncops.views.plan import check_blocks
from lyncops.views.readiness import readiness_blocks
from lyncops.views.status import status_blocks
from tests.deployments import P1, P2, two_sites, with_dead

WORD = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)
SENTENCE = st.lists(WORD, min_size=1, max_size=6).map(" ".join)
NAMES = ("pool", "", "state", "backup pool", "evidence")


def printed(*blocks: Block, width: int) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width)
    for block in blocks:
        console.print(drawn(block), soft_wrap=isinstance(block, Text) and block.verbatim)
    return [line.rstrip() for line in out.getvalue().splitlines()]


@given(st.integers(34, 120), st.integers(1, 5), st.data())
def test_no_word_breaks_and_no_line_is_too_long(
    width: int, columns: int, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.tuples(*([SENTENCE] * columns)), min_size=1, max_size=4))
    lines = printed(Table(NAMES[:columns], tuple(rows)), width=width)
    shown = " ".join(lines).split()
    words = [word for row in rows for cell in row for word in cell.split() if cell != "-"]
    assert not [word for word in words if word not in shown]
    assert max(map(len, lines)) <= width


def test_columns_that_fit_have_their_longest_lines() -> None:
    table = Table(("pool", "seen"), (("p1", "one two"), ("p2", "three")))
    assert column_widths(table, 40) == (4, 7)
    assert column_widths(table, 12) == (4, 6)
    assert column_widths(table, 10) is None


def test_a_row_that_does_not_fit_becomes_a_paragraph() -> None:
    table = Table(("", "step", "state", "took"), (("1", "Fail over pool1", "done", "-"),))
    assert printed(table, width=14) == ["1 Fail over", "pool1", "  state done"]


@pytest.mark.parametrize("width", [60, 80, 100, 132])
def test_names_are_whole_on_every_width(width: int) -> None:
    deployment = with_dead(two_sites(), P1)
    lines = printed(
        *status_blocks(deployment),
        *check_blocks("Checks", checks_for_failover(deployment, P1, Mode.DISASTER)),
        *readiness_blocks(readiness(deployment)),
        width=width,
    )
    text = "\n".join(lines)
    for name in (P1, P2, "pool2-fe1.contoso.com", "store-not-on-failed-pool"):
        assert text.count(name) > 0
        assert name[: len(name) // 2] + "\n" not in text
    joined = text.replace("\n", "")
    assert all(joined.count(name) == text.count(name) for name in (P1, P2))
