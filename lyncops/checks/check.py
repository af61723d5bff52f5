"""A check as a value: its id, its question, its source, and the pure function that answers."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.situation import Situation


@attrs.frozen(slots=True, kw_only=True)
class Finding:
    """What a check found out; the check adds its name, question and source."""

    verdict: Verdict
    evidence: str
    remedy: str = ""
    blocking: bool = True
    overridable: bool = True
    first: tuple[str, ...] = ()


def passed(evidence: str) -> Finding:
    """All is well."""
    return Finding(verdict=Verdict.PASSED, evidence=evidence, blocking=False)


def warning(evidence: str, remedy: str = "", *, first: tuple[str, ...] = ()) -> Finding:
    """Worth knowing; it never stands in the way."""
    return Finding(verdict=Verdict.WARNING, evidence=evidence, remedy=remedy, blocking=False, first=first)


def failed(evidence: str, remedy: str, *, overridable: bool = True, first: tuple[str, ...] = ()) -> Finding:
    """It must not go on like this."""
    return Finding(verdict=Verdict.FAILED, evidence=evidence, remedy=remedy, overridable=overridable, first=first)


def unknown(evidence: str, remedy: str, *, blocking: bool, overridable: bool = True) -> Finding:
    """What the answer needs could not be read."""
    return Finding(verdict=Verdict.UNKNOWN, evidence=evidence, remedy=remedy, blocking=blocking, overridable=overridable)


def pair_unknown(situation: Situation) -> Finding:
    """The pair itself is not known: other checks say so, and stand in the way where they must."""
    return unknown(f"{situation.target} or its backup pool is not known.", "See pool-exists and pool-is-paired.", blocking=False)


def result_of(check_id: str, question: str, source: str, finding: Finding) -> CheckResult:
    """A finding with its name, question and source."""
    return CheckResult(
        check_id=check_id,
        question=question,
        verdict=finding.verdict,
        evidence=finding.evidence,
        remedy=finding.remedy,
        source=source,
        blocking=finding.blocking,
        overridable=finding.overridable,
        first=finding.first,
    )


@attrs.frozen(slots=True, kw_only=True)
class Check:
    """A named question to a situation. Calling it answers."""

    check_id: str
    question: str
    source: str
    answer: Callable[[Situation], Finding]

    def __call__(self, situation: Situation) -> CheckResult:
        """Answer from the deployment alone: the same deployment gets the same answer."""
        return result_of(self.check_id, self.question, self.source, self.answer(situation))


def check(check_id: str, *, question: str, source: str) -> Callable[[Callable[[Situation], Finding]], Check]:
    """Make a check of the function below."""

    def decorate(answer: Callable[[Situation], Finding]) -> Check:
        return Check(check_id=check_id, question=question, source=source, answer=answer)

    return decorate
