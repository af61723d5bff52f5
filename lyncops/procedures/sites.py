"""Moves the users of all pools of a site to their backup pools, and back: one plan, made of the
plans of its pairs.

The guide describes the parts, not the whole. The order: first the pool that holds the Central
Management store, because no pool fails over without it. In each pair, next hops come before users,
because the server refuses the failover otherwise. Federation, XMPP and media come after all users:
they need manual work in Topology Builder and DNS, and users should not wait for that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import attrs

from lyncops.checks.check import Finding, check, failed, passed, unknown, warning
from lyncops.checks.result import CheckResult
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
from lyncops.procedures.replica_waits import content_last, users_first
from lyncops.sources import fact, guide, reference
from lyncops.values import Fqdn, LyncVersion, Unread

P = TypeVar("P", bound=MovesSite)
_SOURCES: Final = (guide("Failing over a pool"), fact("store-before-pool"))
_ORDER: Final = (
    "The order of this plan: first the Central Management store, because no pool can fail over"
    " without it. Then, pair by pair, the next hops of the Edge pools, because the server refuses"
    " the failover until they are changed, and the users. Federation, XMPP and media come after all"
    " users: they need manual work in Topology Builder and DNS, and users should not wait for that."
)
_ORDER_HOME: Final = (
    "The order of this plan is that of the failover, reversed: first Edge servers that are down;"
    " then, pair by pair, the users, their conference content and the next hops of the Edge pools;"
    " the pool with a copy of the store comes last."
)
_SEPARATELY: Final = (
    "The failback does not undo what was changed separately after the failover. Undo it too:"
    " edge-federation-failback, xmpp-failback, edge-association, next hops in Topology Builder, DNS"
    " and the reverse proxy."
)
_LEAVE_OUT: Final = "If one pool blocks the plan for the others, leave it out: --without POOL."


def draft_failover(deployment: Deployment, request: SiteFailover) -> Draft:
    """Draft the failover of every pool of the site to its backup pool.

    Refused for an unknown site, for a site in which no pool has a backup pool in another site, and
    if the evacuation of one of its pairs is refused. A pool without such a backup pool is named and
    not moved.
    """
    site = _Site.of(deployment, request, obstacle=_cannot_leave)
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
    """Draft the failback of every pool of the site that is failed over.

    Refused for an unknown site, for a site without such a pool, and if the failback of one of them
    is refused.
    """
    site = _Site.of(deployment, request, obstacle=_is_away)
    parts = _parts(
        attrs.evolve(site, pools=site.pools[::-1]),
        request,
        lambda now, pool, asked: pool_failback.draft(
            now, _failback(now, pool, asked), led_away.get(pool.fqdn)
        ),
    )
    whole = _whole(site, parts, order=_ORDER_HOME)
    return attrs.evolve(whole, notes=(*whole.notes, _SEPARATELY))


@attrs.frozen(slots=True, kw_only=True)
class _Site:
    """What was asked for, and the Front End pools of the site.

    `pools` are those whose users move, in the order of a failover; `why` says of each other one why
    it does not.
    """

    deployment: Deployment
    request: MovesSite
    own: tuple[Pool, ...]
    pools: tuple[Pool, ...]
    why: dict[Fqdn, str]

    @classmethod
    def of(
        cls,
        deployment: Deployment,
        request: MovesSite,
        *,
        obstacle: Callable[[Deployment, Pool], str],
    ) -> _Site:
        """`obstacle` says why a pool does not move, or "" where it does."""
        own = tuple(pool for pool in deployment.front_end_pools if pool.site == request.site)
        asked = tuple(pool for pool in own if pool.fqdn not in request.without)
        why = {pool.fqdn: obstacle(deployment, pool) for pool in asked}
        holders = _of_the_store(deployment)
        moving = sorted(
            (p for p in asked if not why[p.fqdn]), key=lambda p: (p.fqdn not in holders, p.fqdn)
        )
        return cls(deployment=deployment, request=request, own=own, pools=tuple(moving), why=why)

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """Is there such a site, and which of its pools move?"""
        return (_site_exists(self), _site_pools(self))


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


def _cannot_leave(deployment: Deployment, pool: Pool) -> str:
    """Why the users of a pool cannot leave its site; "" where they can, or where other checks
    say so.
    """
    if pool.version is LyncVersion.V2010:
        return "runs Lync Server 2010, which has no pool pairing"
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
    """The plan of each pool, made for the state that the plans before it reach.

    The configuration is exported once.
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
    """The pool's partner serves both, whichever of the two is failed over now."""
    to = pool.backup_pool if isinstance(pool.backup_pool, Fqdn) else pool.fqdn
    return Evacuate(to_pool=to, **_shared(request))


def _failback(now: Deployment, pool: Pool, request: SiteFailback) -> PoolFailback:
    """Of the Edge pools given, it moves those whose next hop is this pool's partner."""
    edges, partner = request.edges, pool.backup_pool
    if edges is not None and isinstance(partner, Fqdn):
        edges = tuple(edge.fqdn for edge in edges_leading_to(now, partner) if edge.fqdn in edges)
    return PoolFailback(pool=pool.fqdn, edges=edges, **_shared(request))


def _shared(request: MovesSite) -> dict[str, Any]:
    """The options that each part takes from the whole."""
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
    """The steps of all parts, each with its pool in its id. The same manual step is asked for
    once.
    """
    steps, by_hand = list[Step](), list[ManualStep]()
    for pool, part in parts:
        for step in part.steps:
            if isinstance(step, ManualStep):
                if step in by_hand:
                    continue
                by_hand.append(step)
            steps.append(attrs.evolve(step, step_id=f"{pool.fqdn}/{step.step_id}"))
    return content_last(users_first(steps))


@check(
    "site-exists",
    question="Does the site exist in the topology?",
    sources=(reference("Get-CsSite"),),
)
def _site_exists(site: _Site) -> Finding:
    sites, wanted = site.deployment.sites, site.request.site
    if isinstance(sites, Unread):
        return unknown(
            str(sites),
            "Add the endpoint of a Front End that still answers, or move the pools one at a time"
            " with pool-failover.",
            blocking=True,
            overridable=False,
        )
    names = [known.name for known in sites]
    if wanted in names:
        return passed(f"Site {wanted} exists.")
    return failed(
        f"Site {wanted} does not exist. The sites are {listed(names)}.",
        "Use one of these names, not a display name or an address.",
        overridable=False,
    )


@check("site-pools", question="Which pools of the site will be moved?", sources=_SOURCES)
def _site_pools(site: _Site) -> Finding:
    request, moving = site.request, listed(pool.fqdn for pool in site.pools)
    own = [pool.fqdn for pool in site.own]
    strange = [name for name in request.without if name not in own]
    left = [f"{fqdn} {reason}" for fqdn, reason in sorted(site.why.items()) if reason]
    left += [f"{name} is excluded by --without" for name in request.without if name in own]
    rest = f" Not moved: {'; '.join(left)}." if left else ""
    if strange:
        return failed(
            f"{listed(strange)}: not a Front End pool of site {request.site}.",
            f"With --without, give Front End pools of the site: {listed(own)}.",
            overridable=False,
        )
    if not site.pools:
        return failed(
            f"No users can be moved.{rest}",
            "Give the site where the users are homed. Only users whose backup pool is in another"
            " site can be moved.",
            overridable=False,
        )
    if all(_is_open(request, pool) for pool in site.pools):
        return unknown(
            f"It could not be read whether the users of {moving} can be moved.{rest}",
            "See the other checks of these pools, or leave the pools out with --without.",
            blocking=True,
            overridable=False,
        )
    evidence = f"The users of {moving} will be moved.{rest}"
    if left and isinstance(request, SiteFailover):
        return warning(
            evidence,
            "The users of the other pools have no service while the site is down: move them by hand"
            " (Move-CsUser -Force).",
        )
    return passed(evidence)


def _is_open(request: MovesSite, pool: Pool) -> bool:
    """Whether what decides on the pool could not be read."""
    return isinstance(pool.state if isinstance(request, SiteFailback) else pool.backup_pool, Unread)
