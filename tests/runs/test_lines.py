"""What a running cmdlet says: into the journal in batches, under the running step, and into the
report.
"""

from __future__ import annotations

import io
import json
import threading
import time
from datetime import UTC, datetime

import attrs
import pytest
import sqlalchemy as sa
from rich.console import Console

from lyncops.cli.progress import LiveTable
from lyncops.errors import JournalError
from lyncops.remoting.psrp.streams import StreamKind, StreamRecord
from lyncops.runs import ledger as ledger_module
from lyncops.runs.events import JournalEvent, LinesHeard, StepChanged, Streamed
from lyncops.runs.lines import MAX_LINES, MAX_TAIL, MAX_TEXT, PAUSE, Line, Lines
from lyncops.runs.model import RunState, StepState
from lyncops.runs.report import Report
from lyncops.views.live import LiveRun
from tests.runs.scene import A, DyingJournal, Fuse, Killed, Office, failing_over, plan_of

AT = datetime(2013, 11, 21, 3, tzinfo=UTC)


def said(
    text: str, kind: StreamKind = StreamKind.VERBOSE, percent: int | None = None
) -> StreamRecord:
    return StreamRecord(kind=kind, text=text, percent=percent)


def line(text: str, kind: StreamKind = StreamKind.VERBOSE, percent: int | None = None) -> Line:
    return Line.of(said(text, kind, percent), AT)


@attrs.define
class Watch:
    """A clock that stands still until it is moved."""

    time: float = 0.0

    def __call__(self) -> float:
        return self.time


def test_a_batch_is_due_at_once_and_then_after_a_pause() -> None:
    watch = Watch()
    lines = Lines(watch)
    lines.add(line("one"))
    batch = lines.due()
    assert [each.text for each in batch] == ["one"]
    lines.wrote(batch)
    lines.add(line("two"))
    lines.add(line("three"))
    watch.time = PAUSE / 2
    assert lines.due() == ()
    watch.time = PAUSE
    assert [each.text for each in lines.due()] == ["two", "three"]


def test_progress_that_only_counts_up_is_one_line() -> None:
    lines = Lines(Watch())
    for percent in range(100):
        lines.add(line("Copying", StreamKind.PROGRESS, percent))
    lines.add(line("Moving", StreamKind.PROGRESS, 1))
    assert [(each.text, each.percent) for each in lines.due()] == [("Copying", 99), ("Moving", 1)]


def test_what_is_kept_is_bounded_and_the_last_lines_are_among_it() -> None:
    lines = Lines(Watch())
    for number in range(3 * MAX_LINES):
        lines.add(line(f"{number} " + "x" * 2 * MAX_TEXT))
    rest, left_out = lines.rest()
    assert (len(rest), left_out) == (MAX_LINES + MAX_TAIL, 2 * MAX_LINES - MAX_TAIL)
    assert rest[-1].text.startswith(f"{3 * MAX_LINES - 1} ")
    assert max(len(each.text) for each in rest) <= MAX_TEXT + 3


def _count(office: Office, kind: str) -> int:
    engine = sa.create_engine(office.url)
    with engine.connect() as connection:
        found = connection.execute(
            sa.text("SELECT COUNT(*) FROM lyncops_events WHERE kind = :kind"), {"kind": kind}
        )
        return int(found.scalar_one())


def test_every_stream_of_a_change_is_journalled_with_few_commits(office: Office) -> None:
    office.scene.says = [
        said(f"{kind.value} {number}", kind) for number in range(50) for kind in StreamKind
    ]
    began = time.monotonic()
    run = office.start(plan_of(failing_over(A)))
    assert _count(office, "LinesHeard") <= 1 + (time.monotonic() - began) / PAUSE
    (attempt,) = office.journal().load(run.run_id).steps[0].attempts
    assert {each.stream for each in attempt.lines} == set(StreamKind) - {StreamKind.OUTPUT}
    assert sum(each.stream is StreamKind.VERBOSE for each in attempt.lines) == 50
    assert run.steps[0].attempts[0].lines == attempt.lines


def test_lines_outlive_the_process(office: Office) -> None:
    office.scene.says = [said("Stage 1"), said("Stage 2")]
    fuse = Fuse()

    def die(record: StreamRecord) -> None:
        if record.text == "Stage 2":
            raise Killed

    class Dying:
        def observe(self, event: object) -> None:
            if isinstance(event, Streamed):
                die(event.record)

    with pytest.raises(Killed):
        office.runner(fuse, Dying()).start(
            plan_of(failing_over(A)), operator="anna", reason="site 1 burns"
        )
    (run,) = office.runs()
    assert [each.text for each in run.steps[0].attempts[0].lines] == ["Stage 1"]


@attrs.define
class Deaf(DyingJournal):
    """A journal that takes no lines by themselves."""

    def append(self, event: JournalEvent, *, token: str) -> None:
        if isinstance(event, LinesHeard):
            raise JournalError("The disk is full.")
        super().append(event, token=token)


def test_lines_that_cannot_be_written_do_not_stop_the_run(office: Office) -> None:
    office.scene.says = [said("Stage 1"), said("Stage 2")]
    runner = attrs.evolve(office.runner(), journal=Deaf(office.journal(), Fuse()))
    run = runner.start(plan_of(failing_over(A)), operator="anna", reason="site 1 burns")
    assert run.state is RunState.COMPLETED
    assert [each.text for each in run.steps[0].attempts[0].lines] == ["Stage 1", "Stage 2"]


@attrs.define
class Listening(DyingJournal):
    """A journal that tells when two lines have been written."""

    written: int = 0
    two: threading.Event = attrs.field(factory=threading.Event)

    def append(self, event: JournalEvent, *, token: str) -> None:
        super().append(event, token=token)
        if isinstance(event, LinesHeard):
            self.written += len(event.lines)
            if self.written == 2:
                self.two.set()


def test_last_line_of_a_silent_cmdlet_is_written_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "PAUSE", 0.01)
    seen: list[tuple[str, ...]] = []

    class Slow:
        def observe(self, event: object) -> None:
            if (
                isinstance(event, StepChanged)
                or not isinstance(event, Streamed)
                or event.record.text != "Stage 3"
            ):
                return
            assert journal.two.wait(30)
            seen.append(tuple(each.text for each in office.runs()[0].steps[0].attempts[0].lines))

    office.scene.says = [said("Stage 1"), said("Stage 2"), said("Stage 3")]
    journal = Listening(office.journal(), Fuse())
    runner = attrs.evolve(office.runner(None, Slow()), journal=journal)
    runner.start(plan_of(failing_over(A)), operator="anna", reason="site 1 burns")
    assert seen == [("Stage 1", "Stage 2")]


def test_the_report_lists_the_lines(office: Office) -> None:
    office.scene.says = [
        said("Stage 1"),
        said("Copying", StreamKind.PROGRESS, 40),
        said("Slow.", StreamKind.WARNING),
    ]
    report = Report.of(office.start(plan_of(failing_over(A))))
    text = report.text()
    assert "verbose: Stage 1" in text
    assert "progress: Copying (40 %)" in text
    steps = json.loads(report.json())["steps"]
    assert [each["stream"] for each in steps[0]["attempts"][0]["lines"]] == [
        "verbose",
        "progress",
        "warning",
    ]


def test_the_terminal_shows_the_last_line_under_the_running_step() -> None:
    plan = plan_of(failing_over(A))
    step_id = plan.steps[0].step_id
    table = LiveTable(LiveRun(plan), Console(width=200, height=50))

    def shown() -> str:
        out = io.StringIO()
        Console(file=out, width=200).print(table.render())
        return out.getvalue()

    table.observe(StepChanged(run_id="r", at=AT, step_id=step_id, state=StepState.RUNNING))
    for text in ("Stage 1", "Stage 2"):
        table.observe(Streamed(run_id="r", at=AT, step_id=step_id, record=said(text)))
    rows = shown().splitlines()
    at = next(number for number, row in enumerate(rows) if "running" in row)
    assert "verbose: Stage 2" in rows[at + 1]
    table.observe(StepChanged(run_id="r", at=AT, step_id=step_id, state=StepState.DONE))
    assert "Stage 2" not in shown()
