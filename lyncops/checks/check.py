"""A check as a value: its id, its question, its source, and the pure function that answers."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final, Generic, TypeVar, overload

import attrs

from lyncops.checks.context import CheckContext
from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.words import sentence
from lyncops.deployment.gaps import FRONT_END, NEXT_HOP, Gap, Need, Part
from lyncops.deployment.model import Pool
from lyncops.sources import Sources

S = TypeVar("S")
_LOOK: Final = "Check it on the server."
_IF_KNOWN: Final = "If you know the answer, override this check with a reason."


@attrs.frozen(slots=True, kw_only=True)
class Finding:
    """What a check found out; the check adds its name, question and source."""

    verdict: Verdict
    evidence: str
    remedy: str = ""
    # The rest of the remedy, about an override: shown only where the check can be overridden
    if_known: str = ""
    blocking: bool = True
    overridable: bool = True
    first: tuple[str, ...] = ()


def passed(evidence: str) -> Finding:
    """All is well."""
    return Finding(verdict=Verdict.PASSED, evidence=evidence, blocking=False)


def warning(evidence: str, remedy: str = "", *, first: tuple[str, ...] = ()) -> Finding:
    """Worth knowing; it never blocks the plan."""
    return Finding(
        verdict=Verdict.WARNING, evidence=evidence, remedy=remedy, blocking=False, first=first
    )


def failed(
    evidence: str,
    remedy: str,
    *,
    if_known: str = "",
    overridable: bool = True,
    first: tuple[str, ...] = (),
) -> Finding:
    """It must not go on like this."""
    return Finding(
        verdict=Verdict.FAILED,
        evidence=evidence,
        remedy=remedy,
        if_known=if_known,
        overridable=overridable,
        first=first,
    )


def unknown(
    evidence: str, remedy: str, *, if_known: str = "", blocking: bool, overridable: bool = True
) -> Finding:
    """What the answer needs could not be read."""
    return Finding(
        verdict=Verdict.UNKNOWN,
        evidence=evidence,
        remedy=remedy,
        if_known=if_known,
        blocking=blocking,
        overridable=overridable,
    )


def pair_unknown(situation: CheckContext) -> Finding:
    """The pair itself is not known: other checks say so, and block the plan where they must."""
    return unknown(
        f"{situation.target} or its backup pool is not known.",
        "See pool-exists and pool-is-paired.",
        blocking=False,
    )


def result_of(check_id: str, question: str, sources: Sources, finding: Finding) -> CheckResult:
    """A finding with its name, question and sources, told in whole sentences."""
    result = CheckResult(
        check_id=check_id,
        question=question,
        verdict=finding.verdict,
        evidence=sentence(finding.evidence),
        remedy=sentence(finding.remedy) if finding.remedy else "",
        sources=sources,
        blocking=finding.blocking,
        overridable=finding.overridable,
        first=finding.first,
    )
    if finding.if_known and result.refuses and result.overridable:
        return attrs.evolve(result, remedy=f"{result.remedy} {finding.if_known}".strip())
    return result


Needs = Callable[[CheckContext], tuple[Need, ...]]


class Weight(enum.Enum):
    """When a check blocks a plan because part of what it is based on was not understood."""

    ALWAYS = "always"
    PLANNED = "in planned mode"
    NEVER = "never"

    def blocks(self, situation: CheckContext) -> bool:
        """Whether it does so here."""
        return self is Weight.ALWAYS or (self is Weight.PLANNED and not situation.disaster)


def weakened(finding: Finding, gaps: tuple[Gap, ...], *, blocking: bool) -> Finding:
    """The finding where part of what it rests on was not understood: what is good or bearable
    becomes unknown.
    """
    if not gaps or finding.verdict is Verdict.UNKNOWN:
        return finding
    evidence = " ".join((finding.evidence, *(sentence(gap) for gap in gaps)))
    if finding.verdict is Verdict.FAILED:
        return attrs.evolve(finding, evidence=evidence)
    return unknown(evidence, _LOOK, if_known=_IF_KNOWN, blocking=blocking)


def nothing_needed(situation: CheckContext) -> tuple[Need, ...]:
    """Of a check that rests only on values that say themselves that they could not be read."""
    del situation
    return ()


@attrs.frozen(slots=True, kw_only=True)
class Check(Generic[S]):
    """A named question to a situation, or to a value of the procedure's own. Calling it answers.

    `needs` is what the answer to a situation rests on: it is unknown where the servers' answers
    left something of that open.
    """

    check_id: str
    question: str
    sources: Sources
    answer: Callable[[S], Finding]
    needs: Needs = nothing_needed
    weight: Weight = Weight.PLANNED

    def __call__(self, subject: S) -> CheckResult:
        """Answer from the deployment alone: the same deployment gets the same answer."""
        finding = self.answer(subject)
        if isinstance(subject, CheckContext):
            gaps = subject.deployment.open_questions(*self.needs(subject))
            finding = weakened(finding, gaps, blocking=self.weight.blocks(subject))
        return result_of(self.check_id, self.question, self.sources, finding)


@overload
def check(
    check_id: str, *, question: str, sources: Sources
) -> Callable[[Callable[[S], Finding]], Check[S]]: ...


@overload
def check(
    check_id: str, *, question: str, sources: Sources, needs: Needs, weight: Weight = ...
) -> Callable[[Callable[[CheckContext], Finding]], Check[CheckContext]]: ...


def check(
    check_id: str,
    *,
    question: str,
    sources: Sources,
    needs: Needs = nothing_needed,
    weight: Weight = Weight.PLANNED,
) -> Callable[[Callable[[S], Finding]], Check[S]]:
    """Make a check of the function below."""

    def decorate(answer: Callable[[S], Finding]) -> Check[S]:
        return Check(
            check_id=check_id,
            question=question,
            sources=sources,
            answer=answer,
            needs=needs,
            weight=weight,
        )

    return decorate


def of_store(situation: CheckContext) -> tuple[Need, ...]:
    """The Central Management store."""
    del situation
    return (Need(Part.STORE),)


def of_next_hops(situation: CheckContext) -> tuple[Need, ...]:
    """The next hops of the Edge pools."""
    del situation
    return (Need(Part.EDGES, items=(NEXT_HOP,)),)


def of_pair(part: Part, *items: str) -> Needs:
    """A part of both pools of the pair."""

    def needs(situation: CheckContext) -> tuple[Need, ...]:
        return (
            Need(
                part,
                tuple(pool.fqdn for pool in (situation.pool, situation.partner) if pool),
                items,
            ),
        )

    return needs


def of_machines(pool: Pool | None) -> tuple[Need, ...]:
    """Which machines a pool has, and whether their Front-End services run."""
    return (Need(Part.MACHINES, (pool.fqdn,), (FRONT_END,)),) if pool else ()
