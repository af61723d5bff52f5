"""What those who watch a play with -v read of the progress of a cmdlet."""

from __future__ import annotations

from datetime import timedelta

from lyncops.ansible.carrying_out import Narrator
from lyncops.remoting.psrp.streams import StreamKind, StreamRecord
from lyncops.runs.events import Streamed
from lyncops.views.progress import Narration
from tests.deployments import NOW
from tests.plan.plans import full_plan


def _told(*records: tuple[float, str, int | None]) -> list[str]:
    """The ends of the lines for these records: the second, the text, the percent."""
    lines: list[str] = []
    narrator = Narrator(Narration(full_plan()), lines.append)
    for second, text, percent in records:
        kind = StreamKind.VERBOSE if percent is None else StreamKind.PROGRESS
        narrator.observe(
            Streamed(
                run_id="one",
                at=NOW + timedelta(seconds=second),
                step_id="one",
                record=StreamRecord(kind=kind, text=text, percent=percent),
            )
        )
    return [line.split(" one: ")[1] for line in lines]


def test_each_tenth_is_told_and_not_each_percent() -> None:
    told = _told(*((number / 10, "Moving users", number) for number in range(101)))
    assert told == [f"progress: Moving users ({number} %)" for number in range(0, 101, 10)]


def test_slow_progress_is_told_every_30_seconds() -> None:
    told = _told(*((number * 10.0, "Moving users", number) for number in range(8)))
    assert told == [f"progress: Moving users ({number} %)" for number in (0, 3, 6)]


def test_another_activity_and_what_is_no_progress_are_told_at_once() -> None:
    told = _told((0, "Reading", 1), (1, "Moving", 2), (2, "Pool 1", None), (3, "Pool 2", None))
    assert told == [
        "progress: Reading (1 %)",
        "progress: Moving (2 %)",
        "verbose: Pool 1",
        "verbose: Pool 2",
    ]
