"""The outcome of a command, judged from how following it ended: pure, and the only place where an
outcome is decided.
"""

from __future__ import annotations

import enum
from datetime import timedelta

import attrs

from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.records import PipelineState
from lyncops.remoting.psrp.streams import ErrorRecord
from lyncops.values import Effect, Outcome


class EndReason(enum.Enum):
    """How sending and following one command ended."""

    ENDED = "the server reported how it ended"
    UNTOLD = "the command ended on the server, but the message with its result was lost"
    NOT_SENT = "the server could not be reached; nothing was sent"
    LOGON_REFUSED = "the server refused the credentials before the command was sent"
    HELD_BACK = "it was held back at the last moment; nothing was sent"
    REFUSED = "the server refused the command, because this session no longer exists there"
    FULL = "the server refused the command in this session"
    NOT_STARTED = "the server has no record of the command, so it never started"
    UNPROVEN = (
        "the answer to the command was lost, and the server could not be asked what became of it"
    )
    CONTACT_LOST = "the server became unreachable while the command ran"
    NOT_LET_IN = "lyncops could not log on again while the command ran"
    UNREADABLE = "the server's answer is larger or stranger than any that is read"
    LOST = "part of what it wrote was lost on the way"
    GONE = (
        "the server does not know the command any more: it was restarted, or the session was closed"
    )
    COLLECTED = (
        "the server has no output of it: its output was collected before, or it never arrived there"
    )
    TAKEN_OVER = "another client took the session over"
    DEADLINE = "the deadline passed"
    INTERRUPTED = "interrupted by the operator"


@attrs.frozen(slots=True, kw_only=True)
class Evidence:
    """All that is known when a command is judged.

    `proof` is the one that it never started, `output_lost` means that a reply never arrived, `seen`
    what came in place of an answer to the command.
    """

    ending: EndReason
    proof: Proof | None = None
    state: PipelineState | None = None
    errors: tuple[ErrorRecord, ...] = ()
    output_lost: bool = False
    deadline: timedelta | None = None
    seen: str = ""


@attrs.frozen(slots=True, kw_only=True)
class Judgement:
    """The outcome, its reason, the proof that it never started where there is one, and whether
    another attempt can do no harm.
    """

    outcome: Outcome
    reason: str = ""
    proof: Proof | None = None
    again: bool = False


_SEEN = frozenset({EndReason.NOT_LET_IN, EndReason.UNREADABLE})
"""What asking again does not cure, and whose cause people have to see."""
_COME_BACK = (
    "It may still be running: reattach to it by its address, or read the state back, before"
    " anything else."
)
_ONCE = frozenset({EndReason.LOGON_REFUSED, EndReason.HELD_BACK})
"""Endings after which another attempt would lock an account, or send what must not be sent."""

_PART_LOST = "It ended, but part of what it wrote was lost on the way."


def _ended(effect: Effect, evidence: Evidence) -> Judgement:
    state, errors = evidence.state, evidence.errors
    if evidence.output_lost and effect is Effect.READ:  # cheap to ask again, whatever did arrive
        return Judgement(outcome=Outcome.UNKNOWN, reason=_PART_LOST, again=True)
    if state is PipelineState.STOPPED:
        if effect is Effect.READ:
            return Judgement(outcome=Outcome.FAILED, reason="It was stopped before its end.")
        return Judgement(
            outcome=Outcome.UNKNOWN,
            reason="It was stopped before its end; what it had done by then is not known.",
        )
    if state is PipelineState.FAILED or errors:
        why = str(errors[-1 if state is PipelineState.FAILED else 0]) if errors else ""
        return Judgement(
            outcome=Outcome.FAILED, reason=why or "It failed, and the server gave no reason."
        )
    if evidence.output_lost:
        return Judgement(outcome=Outcome.UNKNOWN, reason=_PART_LOST)
    return Judgement(outcome=Outcome.SUCCEEDED)


def judge(effect: Effect, evidence: Evidence) -> Judgement:
    """The outcome rules.

    Completed without an error record is SUCCEEDED, with one FAILED; Failed is FAILED; Stopped is
    FAILED for a READ. With a proof that it never started it is FAILED, and may be tried again.
    Anything else is UNKNOWN, which a READ may try again.
    """
    ending = evidence.ending
    if ending is EndReason.ENDED and evidence.state is not None:
        return _ended(effect, evidence)
    if evidence.proof is not None:
        seen = f" ({evidence.seen.rstrip('.')})" if evidence.seen else ""
        reason = f"{ending.value.capitalize()}{seen}."
        return Judgement(
            outcome=Outcome.FAILED, reason=reason, proof=evidence.proof, again=ending not in _ONCE
        )
    if ending is EndReason.DEADLINE:
        limit = "" if evidence.deadline is None else f" of {evidence.deadline.total_seconds():g} s"
        if effect is Effect.READ:
            return Judgement(
                outcome=Outcome.FAILED, reason=f"The deadline{limit} passed; it was stopped."
            )
        return Judgement(
            outcome=Outcome.UNKNOWN, reason=f"The deadline{limit} passed. {_COME_BACK}"
        )
    if ending is EndReason.INTERRUPTED:
        return Judgement(
            outcome=Outcome.UNKNOWN,
            reason=f"It was {ending.value}, and was not stopped on the server. {_COME_BACK}",
        )
    seen = f": {evidence.seen.rstrip('.')}" if evidence.seen and ending in _SEEN else ""
    reason = f"{ending.value[0].upper()}{ending.value[1:]}{seen}."
    return Judgement(
        outcome=Outcome.UNKNOWN, reason=reason, again=effect is Effect.READ and ending not in _SEEN
    )
