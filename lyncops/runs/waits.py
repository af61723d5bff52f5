"""How long a wait lasts, and the message about one that takes long or ends without success."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import attrs

from lyncops.plan.conditions import BackupModuleIs, BackupServiceSteady, Evaluation
from lyncops.plan.steps import WaitStep
from lyncops.text.durations import duration_in_words

AT_WORK: Final = timedelta(hours=24)
"""How long a wait goes on at most while the servers report that they work on what it waits for.

No figure is documented: the Backup Service tells that it has a backlog, and neither how much of it
is left nor whether it shrinks (fact: backup-module-states). A day leaves time for the content of a
long disaster, and a service that is stuck comes to light within it.
"""

Tell = Callable[[Evaluation, datetime], None]


def patient(tell: Tell, step: WaitStep, *, now: Callable[[], datetime]) -> Tell:
    """The same, which says why the wait goes on once it takes longer than its deadline."""
    deadline = now() + step.deadline

    def told(truth: Evaluation, until: datetime) -> None:
        if truth.at_work and now() >= deadline:
            why = (
                f"This takes longer than {duration_in_words(step.deadline)}: the wait goes on while"
                f" the servers report a backlog, for {duration_in_words(AT_WORK)} at most."
            )
            truth = attrs.evolve(truth, evidence=f"{truth.evidence}. {why}")
        tell(truth, until)

    return told


def in_vain(step: WaitStep, truth: Evaluation, waited: timedelta) -> str:
    """Why a wait ended without what it waited for."""
    if truth.at_work:
        return (
            f"After {duration_in_words(waited)} the servers still report a backlog. They do not"
            " tell how much of it is left: if they report it again and again, copying is stuck."
        )
    if truth.holds is None:
        return f"Whether the condition was met within {minutes(waited)} could not be read."
    if waited > step.deadline:
        return (
            f"The condition was not met within {duration_in_words(waited)}; for"
            f" {duration_in_words(step.deadline)} no answer has said that the servers work on it."
        )
    if truth.stalled:
        return (
            f"The condition was not met within {duration_in_words(waited)}, and nothing suggests"
            " that waiting longer would help."
        )
    return f"The condition was not met within {minutes(step.deadline)}."


def waiting(step: WaitStep) -> str:
    """What is waited for, and how long at most."""
    until = "; ".join(map(str, step.until))
    copies = any(isinstance(one, BackupModuleIs | BackupServiceSteady) for one in step.until)
    more = f" (while a backlog is reported: up to {duration_in_words(AT_WORK)})" if copies else ""
    return f"waits up to {duration_in_words(step.deadline)}{more} until: {until}"


def minutes(duration: timedelta) -> str:
    """`10 minutes`, `30 seconds`."""
    seconds = duration.total_seconds()
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"
