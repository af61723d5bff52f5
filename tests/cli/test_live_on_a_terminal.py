"""The view of a run that goes on, drawn by the command line's own code on a pseudo-terminal of 24
rows.
"""

from __future__ import annotations

import re
import sys

from tests.cli.terminals import POOL1, POOL2, ROWS, broken_names, converse

PROGRAM = """
import attrs
from datetime import UTC, datetime, timedelta
from lyncops.cli.progress import progress
from lyncops.cli.screen import Screen
from lyncops.plan.model import CmdletStep
from lyncops.remoting.psrp.streams import StreamKind, StreamRecord
from lyncops.runs.events import StepChanged, Streamed
from lyncops.runs.model import StepState
from tests.cli.runs import RUN_ID, failover

plan = failover()
steps = [
    attrs.evolve(step, step_id=f"{step.step_id}-{n}") for n in range(3) for step in plan.steps
]
plan = attrs.evolve(plan, steps=tuple(steps))
last = next(step for step in plan.steps[8:] if isinstance(step, CmdletStep))
begun = datetime.now(UTC) - timedelta(seconds=90)
with progress(Screen(), plan) as observer:
    for step in plan.steps[: plan.steps.index(last)]:
        for state in (StepState.RUNNING, StepState.DONE):
            observer.observe(
                StepChanged(run_id=RUN_ID, at=begun, step_id=step.step_id, state=state)
            )
    observer.observe(
        StepChanged(run_id=RUN_ID, at=begun, step_id=last.step_id, state=StepState.RUNNING)
    )
    record = StreamRecord(kind=StreamKind.PROGRESS, text="Moving users", percent=43)
    observer.observe(Streamed(run_id=RUN_ID, at=begun, step_id=last.step_id, record=record))
print("over")
"""


def test_the_view_fits_and_says_what_goes_on_since_when_and_how_long_it_may_take() -> None:
    rows = converse([sys.executable, "-c", PROGRAM], (b"", "over"), columns=80)
    text = "\n".join(rows)
    assert re.search(r"^1-\d+ +\d+ steps finished +done", text, re.MULTILINE), text
    assert "progress: Moving users (43 %)" in text
    assert "expected to take about" in text
    assert re.search(r"running +9\d s", text), text
    assert re.search(r"step \d+ of 21, .+ so far, about .+ left", " ".join(text.split())), text
    assert rows[0].split() == ["step", "state", "took"], "the head has scrolled away"
    assert len([row for row in rows if row]) < ROWS
    assert broken_names(text, POOL1, POOL2) == []
