"""Sentences on a narrow terminal."""

from __future__ import annotations

import io
import itertools
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lyncops.cli.progress import LiveTable
from lyncops.cli.screen import drawn
from lyncops.plan.model import CmdletStep
from lyncops.remoting.psrp.streams import StreamKind, StreamRecord
from lyncops.runs.events import StepChanged, Streamed
from lyncops.runs.history import replay
from lyncops.runs.model import Run, StepState
from lyncops.text.wrapping import wrapped
from lyncops.views.blocks import Table, Text, Tone, plain_lines
from lyncops.views.html.blocks import html_of
from lyncops.views.live import LiveRun
from lyncops.views.run import run_blocks
from tests.cli.runs import RUN_ID, failover
from tests.cli.terminals import POOL1, POOL2, broken_names
from tests.deployments import NOW

WORDS = st.lists(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), min_size=1
)
COMMANDS = (
    "lyncops resume 20131121-030000-ab12",
    "lyncops run pool-failback pool1.contoso.com --mode planned",
    "lyncops runs report latest",
    "`lyncops status`",
)


@given(WORDS, st.integers(10, 120))
def test_no_word_is_lost_and_only_a_long_one_makes_a_long_line(
    words: list[str], width: int
) -> None:
    lines = wrapped(" ".join(words), width)
    assert " ".join(lines).split() == " ".join(words).split()
    held = " ".join(words).count("`") > 1
    assert held or all(len(line) <= width or " " not in line for line in lines)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("before", range(0, 80, 7))
def test_a_command_stays_on_one_line(command: str, before: int) -> None:
    text = f"{'word ' * (before // 5)}Then: {command}; and more words until the line is over."
    assert any(command in line for line in wrapped(text, 80))


def test_what_a_cmdlet_writes_goes_across_all_columns() -> None:
    plan = failover()
    at, step = next((n, s) for n, s in enumerate(plan.steps) if isinstance(s, CmdletStep))
    run = LiveRun(plan, began_at=NOW)
    changed = StepChanged(run_id=RUN_ID, at=NOW, step_id=step.step_id, state=StepState.RUNNING)
    run.observe(changed)
    said = "Moving the users of pool1.contoso.com to pool2.contoso.com, which takes a while"
    record = StreamRecord(kind=StreamKind.PROGRESS, text=said, percent=43)
    run.observe(Streamed(run_id=RUN_ID, at=NOW, step_id=step.step_id, record=record))
    console = Console(file=io.StringIO(), width=80, height=60, force_terminal=True)
    table = LiveTable(run, console)
    lines = console.render_lines(table.render(), console.options)
    rows = ["".join(piece.text for piece in line).rstrip() for line in lines]
    first = next(row for row in rows if "progress:" in row)
    assert "Moving the users of pool1.contoso.com to pool2.contoso.com" in first
    assert run.table(NOW + timedelta(seconds=1)).rows[at + 1] == (
        Text(f"progress: {said} (43 %)", Tone.FAINT),
    )


@pytest.mark.parametrize("done", [0, 3, 6])
def test_a_title_has_two_rows_at_most_and_its_names_are_whole(done: int) -> None:
    plan = failover()
    run = LiveRun(plan, began_at=NOW)
    for number, step in enumerate(plan.steps[: done + 1]):
        for state in (StepState.RUNNING, StepState.DONE)[: 1 + (number < done)]:
            event = StepChanged(run_id=RUN_ID, at=NOW, step_id=step.step_id, state=state)
            run.observe(event)
    console = Console(file=io.StringIO(), width=80, height=100, force_terminal=True)
    lines = console.render_lines(LiveTable(run, console).render(), console.options)
    rows = ["".join(piece.text for piece in line).rstrip() for line in lines]
    starts = [n for n, row in enumerate(rows) if re.match(r"\d+ ", row)]
    assert len(starts) == len(plan.steps)
    titles = [
        len(list(itertools.takewhile(lambda row: row[:3] == "   ", rows[start + 1 :])))
        for start in starts
    ]
    assert max(titles[:done] + titles[done + 1 :]) <= 1, rows
    assert broken_names("\n".join(rows), POOL1, POOL2, "edge1.contoso.com") == []


@pytest.mark.parametrize(("width", "below"), [(80, 1), (200, 0)])
def test_at_the_end_a_title_has_two_rows_at_most_and_what_was_seen_goes_below(
    width: int, below: int
) -> None:
    plan = failover()
    seen = f"the users of {POOL1} are served by {POOL2} and its replicas are up to date"
    ended = [
        StepChanged(run_id=RUN_ID, at=NOW, step_id=step.step_id, state=state, evidence=seen)
        for step in plan.steps
        for state in (StepState.RUNNING, StepState.DONE)
    ]
    made = Run.of(plan, run_id=RUN_ID, operator="anna", reason="drill", created_at=NOW)
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as captured:
        console.print(*map(drawn, run_blocks(replay(made, ended))))
    rows = captured.get().splitlines()
    starts = [n for n, row in enumerate(rows) if re.match(r"\d+ ", row)]
    assert len(starts) == len(plan.steps)
    for start, step in zip(starts, plan.steps, strict=True):
        words = step.title.split()
        assert words[-1] in " ".join(rows[start : start + 2]).split(), rows
    under = [row for row in rows if row.strip().startswith("the users of")]
    assert len(under) == below * len(plan.steps)
    assert broken_names("\n".join(rows), POOL1, POOL2, "edge1.contoso.com") == []


def test_a_row_across_is_one_in_a_pipe_and_on_a_page() -> None:
    table = Table(("", "step"), (("1", "one"), (Text("what it says"),), ("2", "two")))
    assert list(plain_lines(table)) == ["   step", "1  one", "    what it says", "2  two"]
    assert '<td colspan="2">what it says</td>' in html_of((table,)).html
