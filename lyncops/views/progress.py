"""The progress of a run as lines: one for each event that brings something new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from lyncops.plan.model import Plan
from lyncops.remoting.psrp.streams import StreamKind, StreamRecord
from lyncops.runs.events import (
    AttemptEnded,
    AttemptPrepared,
    AttemptReleased,
    Event,
    GoalRead,
    LockTakenOver,
    Noted,
    Polled,
    RunChanged,
    StepChanged,
    Streamed,
)
from lyncops.text.harmless import harmless
from lyncops.text.sentences import each_once
from lyncops.values import Outcome

TOLD_STREAMS: Final = frozenset(StreamKind) - {StreamKind.OUTPUT, StreamKind.DEBUG}
"""What a cmdlet writes for people."""
_PERCENTS: Final = 10
_PAUSE: Final = timedelta(seconds=30)


@attrs.define(slots=True)
class Narration:
    """The words for the events of one run, in their order."""

    _plan: Plan
    _evidence: str = attrs.field(default="", init=False)
    _words_before: str = attrs.field(default="", init=False)

    def line(self, event: Event) -> str:
        """The words with the time before them; "" where nothing new was seen."""
        words = self.words(event)
        return f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}  {words}" if words else ""

    def words(self, event: Event) -> str:
        """What happened, on one harmless line; "" where nothing new was seen."""
        words = harmless(self._of(event))
        if words == self._words_before:
            return ""
        self._words_before = words or self._words_before
        return words

    def _of(self, event: Event) -> str:
        match event:
            case RunChanged():
                return with_why(f"run {event.run_id} is {event.state.value}", event.why)
            case StepChanged():
                return with_why(
                    f"{self._step(event.step_id)}: {event.state.value}",
                    event.why or self._news(event.evidence),
                )
            case AttemptPrepared() | AttemptEnded() | AttemptReleased():
                return f"{self._step(event.step_id)}: {_of_attempt(event)}"
            case GoalRead():
                return f"read back: {event.evidence}"
            case Noted():
                return f"note: {event.text}"
            case LockTakenOver():
                return f"note: {event}"
            case Streamed():
                told = event.record.kind in TOLD_STREAMS
                return (
                    f"{self._step(event.step_id)}: {record_line(event.record)}"
                    if told and event.record.text
                    else ""
                )
            case Polled():
                news = self._news(event.evidence)
                return f"{self._step(event.step_id)}: {news}" if news else ""

    def _news(self, evidence: str) -> str:
        """The evidence, where it is not the same as the last time."""
        known, self._evidence = self._evidence, evidence or self._evidence
        return "" if evidence == known else evidence

    def _step(self, step_id: str) -> str:
        for number, step in enumerate(self._plan.steps, start=1):
            if step.step_id == step_id:
                return f"step {number}/{len(self._plan.steps)} {step_id}"
        return "goal"


@attrs.define(slots=True)
class Pace:
    """Which records of a cmdlet's progress are worth a line that stays.

    Another activity is, the end is, and of one activity each tenth and what comes 30 seconds later.
    """

    _told: tuple[str, int] | None = attrs.field(default=None, init=False)
    _at: datetime | None = attrs.field(default=None, init=False)

    def is_worth_a_line(self, event: Event) -> bool:
        """Whether to tell it; what is not the progress of a cmdlet always is."""
        if not isinstance(event, Streamed) or event.record.percent is None:
            return True
        now = (event.record.text, event.record.percent // _PERCENTS)
        waited = self._at is None or event.at - self._at >= _PAUSE
        if now == self._told and not waited:
            return False
        self._told, self._at = now, event.at
        return True


def _of_attempt(event: AttemptPrepared | AttemptEnded | AttemptReleased) -> str:
    match event:
        case AttemptPrepared():
            return f"sending to {event.address.endpoint}"
        case AttemptEnded():
            return with_why(f"the cmdlet {ending(event.outcome)}", reasons(event))
        case AttemptReleased():
            return f"sent again at the request of {event.operator}: {event.reason}"


def record_line(record: StreamRecord) -> str:
    """What a cmdlet wrote, with the stream's name before it."""
    percent = f" ({record.percent} %)" if record.percent is not None else ""
    return f"{record.kind.value}: {record.text}{percent}"


def ending(outcome: Outcome) -> str:
    """How a cmdlet ended, in words behind its name."""
    return "may or may not have run" if outcome is Outcome.UNKNOWN else outcome.value


def reasons(event: AttemptEnded) -> str:
    """Why it ended so, each sentence once."""
    return each_once((*map(str, event.errors), *event.warnings, event.reason), between="; ")


def with_why(words: str, why: str) -> str:
    """The words, and the reason in brackets where there is one."""
    return f"{words} ({why})" if why else words
