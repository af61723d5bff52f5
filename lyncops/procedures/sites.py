"""Everybody of a site is served by the backup pools of its pools, and home again: one plan of the
procedures of its pairs.

The guide gives the parts and not the whole. The order is: the pool that holds the store first,
since without a store no pool fails over; in each pair what `evacuate` does, whose next hops come
before the users, since the server refuses them otherwise. Federation, XMPP and media come after all
users: they need people at Topology Builder and DNS, and a run that waits for people would keep
users out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import attrs

from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.words import listed
from lyncops.deployment.model import Deployment, Pool, PoolState
from lyncops.plan.procedures import (
    Evacuate,
    MovesSite,
    MovesUsers,
    PoolFailback,
    SiteFailback,
    SiteFailover,
)
from lyncops.plan.steps import ManualStep, Step
from lyncops.procedures import evacuate, pool_failback
from lyncops.procedures.aftermath import of_lost_site
from lyncops.procedures.drafting import Draft
from lyncops.procedures.edges import edges_leading_to
from lyncops.procedures.evacuate import merged
from lyncops.procedures.foresight import once_reached
from lyncops.procedures.homeward import NOTHING_ON_RECORD, LedAway
from lyncops.procedures.replica_waits import users_first
from lyncops.sources import fact, guide, reference
from lyncops.values import Fqdn, LyncVersion, Unread

P = TypeVar("P", bound=MovesSite)
_SOURCES: Final = (guide("Failing over a pool"), fact("store-before-pool"))
_ORDER: Final = (
    "The order of this plan: the Central Management store first, since no pool fails over without"
    " it; then pair by pair the next hops of the Edge pools, since the failover is refused before,"
    " and the users. Federation, XMPP and media come after all users: they need people at Topology"
    " Builder and DNS, and waiting for them would keep the users out."
)
_ORDER_HOME: Final = (
    "The order of this plan is that of the failover reversed: Edge servers that are down, then pair"
    " by pair the users, their conference content and the next hops of the Edge pools; the pool"
    " with a copy of the store comes last."
)
_MENDED: Final = (
    "What was changed after the failover, beside it, is brought home beside the failback:"
    " edge-federation-failback, xmpp-failback, edge-association, next hops in Topology Builder, DNS"
    " and the reverse proxy."
)
_LEAVE_OUT: Final = (
    "A pool that stands in the way of the others can be left out of the plan: --without POOL."
)


def draft_failover(deployment: Deployment, request: SiteFailover) -> Draft:
    """Draft that the users of every pool of the site are served by its backup pool.

    Refused for an unknown site, for one without a pool that has a backup pool in another site, and
    for what refuses the evacuation of any of its pairs. A pool without such a backup pool is named
    and left as it is.
    """
    site = _Site.of(deployment, request, wanted=_can_leave)
    parts = _parts(
        site, request, lambda now, pool, asked: evacuate.draft(now, _evacuation(pool, asked))
    )
    lost = [
        pool
        for pool in deployment.front_end_pools
        if pool.site == request.site and pool.fqdn not in request.without
    ]
    broken = of_lost_site(deployment, lost, request.site) if parts else ()
    return attrs.evolve(_whole(site, parts, order=_ORDER), left_broken=broken)


def draft_failback(
    deployment: Deployment, request: SiteFailback, led_away: LedAway = NOTHING_ON_RECORD
) -> Draft:
    """Draft that the users of every pool of the site that is failed over are served at home again.

    Refused for an unknown site, for one none of whose pools is failed over, and for what refuses
    the failback of any of them.
    """
    site = _Site.of(deployment, request, wanted=_is_away)
    site = attrs.evolve(site, pools=site.pools[::-1])
    parts = _parts(
        site,
        request,
        lambda now, pool, asked: pool_failback.draft(
            now, _failback(now, pool, asked), led_away.get(pool.fqdn)
        ),
    )
    whole = _whole(site, parts, order=_ORDER_HOME)
    return attrs.evolve(whole, notes=(*whole.notes, _MENDED))


@attrs.frozen(slots=True, kw_only=True)
class _Site:
    """The pools of the site whose users move, in the order of a failover; and what was found out
    about the site.
    """

    deployment: Deployment
    pools: tuple[Pool, ...]
    checks: tuple[CheckResult, ...]

    @classmethod
    def of(
        cls,
        deployment: Deployment,
        request: MovesSite,
        *,
        wanted: Callable[[Deployment, Pool], str],
    ) -> _Site:
        """`wanted` says why a pool does not move, or "" where it does."""
        own = tuple(pool for pool in deployment.front_end_pools if pool.site == request.site)
        asked = tuple(pool for pool in own if pool.fqdn not in request.without)
        why = {pool.fqdn: wanted(deployment, pool) for pool in asked}
        holders = _of_the_store(deployment)
        moving = sorted(
            (p for p in asked if not why[p.fqdn]), key=lambda p: (p.fqdn not in holders, p.fqdn)
        )
        checks = (_site_exists(deployment, request), _site_pools(request, own, tuple(moving), why))
        return cls(deployment=deployment, pools=tuple(moving), checks=checks)


def _of_the_store(deployment: Deployment) -> frozenset[Fqdn]:
    """The pools with a copy of the store; where the copies could not be read, the one that its
    master names.
    """
    store = deployment.central_management
    copies = () if isinstance(store.copies, Unread) else store.copies
    master = (
        deployment.pool_of(store.active_master) if isinstance(store.active_master, Fqdn) else None
    )
    return frozenset((*(copy.pool for copy in copies), *((master.fqdn,) if master else ())))


def _can_leave(deployment: Deployment, pool: Pool) -> str:
    """Why the users of a pool cannot leave its site; "" where they can, or where other
    checks tell.
    """
    if pool.version is LyncVersion.V2010:
        return "is of Lync Server 2010, which has no pool pairs"
    if isinstance(pool.backup_pool, Unread):
        return ""
    partner = None if pool.backup_pool is None else deployment.pool(pool.backup_pool)
    if partner is None:
        return "has no backup pool"
    return (
        f"has its backup pool {partner.fqdn} in the same site" if partner.site == pool.site else ""
    )


def _is_away(deployment: Deployment, pool: Pool) -> str:
    del deployment
    is_home = isinstance(pool.state, PoolState) and pool.state.is_home
    return "" if not is_home else "serves its own users"


def _parts(
    site: _Site, request: P, draft: Callable[[Deployment, Pool, P], Draft]
) -> tuple[tuple[Pool, Draft], ...]:
    """The part of each pool, planned for the time after the parts before it.

    The configuration is saved once.
    """
    deployment, parts = site.deployment, list[tuple[Pool, Draft]]()
    for pool in site.pools:
        part = draft(deployment, pool, request)
        parts.append((pool, part))
        deployment = once_reached(deployment, part.goal)
        if part.steps:
            request = attrs.evolve(request, export=False)
    return tuple(parts)


def _evacuation(pool: Pool, request: SiteFailover) -> Evacuate:
    """The pool's partner serves both, whoever of the two is away now."""
    to = pool.backup_pool if isinstance(pool.backup_pool, Fqdn) else pool.fqdn
    return Evacuate(to_pool=to, **_shared(request))


def _failback(now: Deployment, pool: Pool, request: SiteFailback) -> PoolFailback:
    """Of the Edge pools that were named, those that lead to this pool's partner are its own."""
    edges, partner = request.edges, pool.backup_pool
    if edges is not None and isinstance(partner, Fqdn):
        edges = tuple(edge.fqdn for edge in edges_leading_to(now, partner) if edge.fqdn in edges)
    return PoolFailback(pool=pool.fqdn, edges=edges, **_shared(request))


def _shared(request: MovesSite) -> dict[str, Any]:
    """What was said about the whole, for each part."""
    return {field.name: getattr(request, field.name) for field in attrs.fields(MovesUsers)}


def _whole(site: _Site, parts: tuple[tuple[Pool, Draft], ...], *, order: str) -> Draft:
    drafts = tuple(part for _, part in parts)
    notes = dict.fromkeys((order, *(note for part in drafts for note in part.notes), _LEAVE_OUT))
    return Draft(
        lock=tuple(dict.fromkeys(fqdn for part in drafts for fqdn in part.lock)),
        checks=merged((*site.checks, *(check for part in drafts for check in part.checks))),
        steps=_steps(parts),
        goal=tuple(dict.fromkeys(condition for part in drafts for condition in part.goal)),
        expected_loss=" ".join(dict.fromkeys(part.expected_loss for part in drafts)),
        notes=tuple(notes),
    )


def _steps(parts: tuple[tuple[Pool, Draft], ...]) -> tuple[Step, ...]:
    """The steps of all parts, each with its pool in its id; what a person has done for one part is
    not asked for again.
    """
    steps, by_hand = list[Step](), list[ManualStep]()
    for pool, part in parts:
        for step in part.steps:
            if isinstance(step, ManualStep):
                if step in by_hand:
                    continue
                by_hand.append(step)
            steps.append(attrs.evolve(step, step_id=f"{pool.fqdn}/{step.step_id}"))
    return users_first(steps)


def _site_exists(deployment: Deployment, request: MovesSite) -> CheckResult:
    sites = deployment.sites
    names = [] if isinstance(sites, Unread) else [site.name for site in sites]
    verdict, remedy = Verdict.PASSED, ""
    if isinstance(sites, Unread):
        verdict, evidence = Verdict.UNKNOWN, str(sites)
        remedy = (
            "Give an endpoint of a Front End that still answers, or move its pools one by one with"
            " pool-failover."
        )
    elif request.site in names:
        evidence = f"The topology has the site {request.site}."
    else:
        verdict = Verdict.FAILED
        evidence = f"The topology has no site {request.site}; its sites are {listed(names)}."
        remedy = "Name one of these sites; display names and addresses are not accepted."
    return CheckResult(
        check_id="site-exists",
        question="Does the topology have this site?",
        verdict=verdict,
        evidence=evidence,
        remedy=remedy,
        sources=(reference("Get-CsSite"),),
        overridable=False,
    )


def _is_open(request: MovesSite, pool: Pool) -> bool:
    """Whether what decides on the pool could not be read."""
    return isinstance(pool.state if isinstance(request, SiteFailback) else pool.backup_pool, Unread)


def _site_pools(
    request: MovesSite, own: tuple[Pool, ...], moving: tuple[Pool, ...], why: dict[Fqdn, str]
) -> CheckResult:
    strange = [name for name in request.without if name not in {pool.fqdn for pool in own}]
    left = [f"{fqdn} {reason}" for fqdn, reason in sorted(why.items()) if reason]
    left += [f"{name} is left out as asked for" for name in request.without if name not in strange]
    told = (
        f"Of {request.site} the users of {listed(p.fqdn for p in moving)} move."
        if moving
        else "Nobody's users can move."
    )
    rest = f" Left as they are: {'; '.join(left)}." if left else ""
    verdict, remedy = Verdict.PASSED, ""
    if strange:
        verdict, remedy = (
            Verdict.FAILED,
            f"Name Front End pools of the site with --without: {listed(p.fqdn for p in own)}.",
        )
        rest += f" {listed(strange)} is not one of its Front End pools."
    elif moving and all(_is_open(request, pool) for pool in moving):
        verdict, remedy = (
            Verdict.UNKNOWN,
            "See what the other checks say of these pools, or leave them out with --without.",
        )
        told = f"Whether the users of {listed(p.fqdn for p in moving)} can move could not be read."
    elif not moving:
        verdict = Verdict.FAILED
        remedy = (
            "Name the site whose pools first homed the users; its users move only where a backup"
            " pool is in another site."
        )
    elif left and isinstance(request, SiteFailover):
        verdict = Verdict.WARNING
        remedy = (
            "Their users stay without service while the site is lost: move them by hand"
            " (Move-CsUser -Force)."
        )
    return CheckResult(
        check_id="site-pools",
        question="Which pools of the site move?",
        verdict=verdict,
        evidence=told + rest,
        remedy=remedy,
        sources=_SOURCES,
        overridable=False,
    )
