"""Everybody of a pair is served by one pool: the example of the recovery guide's IMPORTANT box, in
its order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import attrs

from lyncops.checks.catalogue import CHECKS, run_checks
from lyncops.checks.context import CheckContext
from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.model import Deployment, Pool, PoolState
from lyncops.plan.conditions import PoolIsHome, StoreIsActiveOn
from lyncops.plan.procedures import Evacuate, MovesUsers, PoolFailback, PoolFailover
from lyncops.procedures import pool_failback, pool_failover
from lyncops.procedures.drafting import Draft
from lyncops.procedures.edges import edges_leading_to, same_site
from lyncops.procedures.foresight import once_reached
from lyncops.procedures.replica_waits import users_first

_GROUND: Final = tuple(
    CHECKS[check_id]
    for check_id in ("pool-exists", "pool-is-front-end", "pool-is-paired", "home-pool-healthy")
)
_AWAY: Final = (PoolState.FAILED_OVER, PoolState.FAILING_OVER)
_SEVERITY: Final = (Verdict.PASSED, Verdict.WARNING, Verdict.UNKNOWN, Verdict.FAILED)


def draft(deployment: Deployment, request: Evacuate) -> Draft:
    """Draft that `to_pool` serves its own users and those of its partner.

    When `to_pool` is itself failed over, its users are failed back first: the other way round the
    second cmdlet fails (the guide's IMPORTANT box). Disaster mode says that the partner is gone,
    for both halves. Refused for what refuses either half.
    """
    situation = CheckContext(deployment, request.to_pool, request.mode)
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return Draft(checks=run_checks(_GROUND, situation))
    parts = _parts(deployment, request, pool, partner)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Draft(
        lock=(pool.fqdn, partner.fqdn),
        checks=merged(
            [*run_checks(_GROUND, situation), *(check for part in parts for check in part.checks)]
        ),
        steps=users_first(step for part in parts for step in part.steps),
        goal=tuple(
            dict.fromkeys(
                (PoolIsHome(pool.fqdn), *(condition for part in parts for condition in part.goal))
            )
        ),
        expected_loss=" ".join(dict.fromkeys(part.expected_loss for part in parts)),
        notes=notes or (f"Nothing to do: {pool.fqdn} already serves everybody.",),
        left_broken=tuple(each for part in parts for each in part.left_broken),
    )


def _parts(deployment: Deployment, request: Evacuate, pool: Pool, partner: Pool) -> list[Draft]:
    """The failback of `pool` where it is not home, then the failover of its partner, planned for
    the time after the first.
    """
    parts: list[Draft] = []
    if pool.state in _AWAY:
        # The second half makes `pool` the next hop of the Edge pools that are at home with the
        # partner, and a failback of the partner moves those away again: what is at home here goes
        # home first.
        own = tuple(
            edge.fqdn
            for edge in edges_leading_to(deployment, partner.fqdn)
            if same_site(deployment, edge.fqdn, pool.fqdn)
        )
        parts.append(
            pool_failback.draft(
                deployment, PoolFailback(pool=pool.fqdn, edges=own, **_shared(request))
            )
        )
        deployment = once_reached(deployment, parts[0].goal)
        if StoreIsActiveOn(pool.fqdn) in parts[0].goal:
            request = attrs.evolve(request, export=False)  # it was exported then
    if partner.state is not PoolState.FAILED_OVER:
        away = pool_failover.draft(
            deployment,
            PoolFailover(pool=partner.fqdn, next_hop=request.next_hop, **_shared(request)),
        )
        parts = [*(_renamed(part, away) for part in parts), away]
    return parts


def _renamed(part: Draft, other: Draft) -> Draft:
    """The part, without a step that is called as one of the other: both wait for replicas of Edge
    servers.
    """
    taken = {step.step_id for step in other.steps}
    steps = (
        attrs.evolve(s, step_id=f"{s.step_id}-home") if s.step_id in taken else s
        for s in part.steps
    )
    return attrs.evolve(part, steps=tuple(steps))


def _shared(request: Evacuate) -> dict[str, Any]:
    """What was said about the whole, for each half."""
    return {field.name: getattr(request, field.name) for field in attrs.fields(MovesUsers)}


def merged(checks: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """One answer for each check: the worst one, and of equals what both have seen."""
    answers: dict[str, CheckResult] = {}
    for check in checks:
        known = answers.get(check.check_id)
        answers[check.check_id] = check if known is None else _worse(known, check)
    return tuple(answers.values())


def _worse(known: CheckResult, other: CheckResult) -> CheckResult:
    ranks = [
        (check.refuses and not check.overridable, check.refuses, _SEVERITY.index(check.verdict))
        for check in (known, other)
    ]
    if ranks[0] != ranks[1]:
        return known if ranks[0] > ranks[1] else other
    if other.evidence in known.evidence:
        return known
    return attrs.evolve(
        known,
        evidence=f"{known.evidence} {other.evidence}",
        first=tuple(dict.fromkeys((*known.first, *other.first))),
    )
