"""What the procedures of federation and XMPP share: from which Edge pool to which, for which sites,
and may it be.
"""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import Final

import attrs

from lyncops.checks.check import Finding, check, failed, passed, result_of, unknown, warning
from lyncops.checks.context import CheckContext, store_pool
from lyncops.checks.replicas import is_fresh, newest_time
from lyncops.checks.result import CheckResult
from lyncops.checks.words import counted, listed
from lyncops.deployment.central_management import Replica
from lyncops.deployment.model import Deployment, EdgePool, Machine
from lyncops.deployment.witnesses import Says
from lyncops.plan.conditions import RouteKind
from lyncops.plan.procedures import MovesRoutes
from lyncops.procedures.edges import edge_pool_exists, find_edge, known_edges
from lyncops.procedures.store_checks import store_writable
from lyncops.sources import fact, guide, reference
from lyncops.values import Anywhere, Fqdn, Mode, ServiceId, SiteName, Unread

_FAULT_AGE: Final = timedelta(hours=1)  # fact: replica-age: investigate reports older than an hour
_SOURCES: Final = (
    guide("Failing over the Edge pool used for federation"),
    guide("Failing back the Edge pool used for federation"),
)
_REPLICA: Final = "Check that REPLICA runs there and that the store reaches it (TCP 4443)."
_LOOK: Final = (
    "Check that Get-CsWindowsService on them shows RTCSRV as Running. Steps on them are done by"
    " hand."
)
_ENDPOINT: Final = "Add a [[machine]] for each of its servers to lyncops.toml."
_IF_THEY_RUN: Final = "Or, if you know that they run, override this check."


@attrs.frozen(slots=True, kw_only=True)
class EdgeMove:
    """Federation (`RouteKind.SIP`) or XMPP leaves one Edge pool for another, and with it the routes
    of some sites.

    `back`: it comes home, to an Edge pool that was down until now.
    """

    deployment: Deployment
    kind: RouteKind
    leaving: EdgePool
    to: EdgePool
    sites: tuple[SiteName, ...]
    back: bool

    @property
    def route(self) -> ServiceId:
        """The Edge service that the routes use afterwards."""
        return ServiceId("EdgeServer", self.to.fqdn)

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The servers of the Edge pool that takes over."""
        pool = self.deployment.pool(self.to.fqdn)
        return pool.machines if pool else ()

    @property
    def place(self) -> Anywhere:
        """Where routes are set: at the pool that holds the Central Management store, which takes
        the change.
        """
        return Anywhere(prefer=store_pool(self.deployment))

    @property
    def lock(self) -> tuple[Fqdn, ...]:
        """The two Edge pools, which no other run may work on during this one."""
        return (self.leaving.fqdn, self.to.fqdn)


def plan_move(
    deployment: Deployment, request: MovesRoutes, kind: RouteKind, *, back: bool
) -> tuple[EdgeMove | None, tuple[CheckResult, ...]]:
    """The move that a request asks for, with the checks that all such moves have; None where an
    Edge pool is not known.

    `request.edge_pool` is the Edge pool that had it first, in both directions, as the guide names
    pools. `request.other_edge` is the other one; where there is only one that it can be, it need
    not be named.
    """
    edges = known_edges(deployment)
    home = find_edge(deployment, request.edge_pool)
    exists = edge_pool_exists(deployment, request.edge_pool)
    if home is None:
        return None, (exists,)
    candidates = tuple(
        edge for edge in edges if edge is not home and (not back or _has(deployment, edge, kind))
    )
    named = tuple(edge for edge in edges if edge is not home and edge.fqdn == request.other_edge)
    chosen = named if request.other_edge else candidates
    other = _other_known(home, request.other_edge, chosen, back=back)
    if len(chosen) != 1:
        return None, (exists, other)
    leaving, to = (chosen[0], home) if back else (home, chosen[0])
    sites = (
        sites_leading_to(deployment, leaving.fqdn, kind) if request.sites is None else request.sites
    )
    move = EdgeMove(
        deployment=deployment, kind=kind, leaving=leaving, to=to, sites=sites, back=back
    )
    return move, (
        exists,
        other,
        _sites_known(move),
        _alive(move),
        _replicas(move),
        store_writable(deployment),
    )


def sites_leading_to(deployment: Deployment, edge: Fqdn, kind: RouteKind) -> tuple[SiteName, ...]:
    """The sites whose route of that kind uses an Edge pool (by its own name or by a machine's)."""
    relations = deployment.relations
    routes = relations.federation_routes if kind is RouteKind.SIP else relations.xmpp_routes
    return routes.get(edge, ())


def media_notes(move: EdgeMove) -> tuple[str, ...]:
    """Front End pools whose media goes by the wrong Edge pool after the move, each with the command
    that changes it.
    """
    pools = move.deployment.front_end_pools
    if move.back:
        home = move.deployment.pool(move.to.fqdn)
        stray = [
            p
            for p in pools
            if home and p.site == home.site and set(p.edges_for_media) - {move.to.fqdn}
        ]
        why = (
            "is in the site of {to} and uses another Edge pool for Web Conferencing and A/V; set it"
            " to {to}"
        )
    else:
        stray = [p for p in pools if move.leaving.fqdn in p.edges_for_media and p.is_alive]
        why = "still uses {leaving} for Web Conferencing and A/V; if that is down, set another"
    told = why.format(to=move.to.fqdn, leaving=move.leaving.fqdn)
    return tuple(
        f"{p.fqdn} {told}: lyncops run edge-association {p.fqdn} --edge {move.to.fqdn}."
        for p in stray
    )


def undo_command(move: EdgeMove, procedure: str, *options: str) -> str:
    """The command line that brings everything back, and the same sites only."""
    sites = (f"--site {shlex.quote(site)}" for site in move.sites)
    return " ".join(
        ("lyncops run", procedure, move.leaving.fqdn, "--edge", move.to.fqdn, *options, *sites)
    )


def _has(deployment: Deployment, edge: EdgePool, kind: RouteKind) -> bool:
    return (kind is RouteKind.SIP and edge.has_federation) or bool(
        sites_leading_to(deployment, edge.fqdn, kind)
    )


def _other_known(
    home: EdgePool, named: Fqdn | None, found: tuple[EdgePool, ...], *, back: bool
) -> CheckResult:
    task = "has it now" if back else "takes over"
    if len(found) == 1:
        evidence = f"{found[0].fqdn} {task}."
    elif named is not None:
        evidence = f"{named} is not another Edge pool of the topology."
    else:
        evidence = f"Besides {home.fqdn}: {listed(edge.fqdn for edge in found)}."
    good = len(found) == 1
    nothing = back and not found and named is None
    remedy = (
        "There is nothing to fail back."
        if nothing
        else f"Name with --edge the Edge pool that {task}."
    )
    finding = passed(evidence) if good else failed(evidence, remedy, overridable=False)
    return result_of("other-edge", f"Is it clear which Edge pool {task}?", _SOURCES, finding)


@check(
    "site-routes",
    question="Is it known which sites' routes change?",
    sources=(reference("Set-CsSite"),),
)
def _sites_known(move: EdgeMove) -> Finding:
    sites = move.deployment.sites
    if isinstance(sites, Unread):
        return unknown(str(sites), "Look at Get-CsSite.", blocking=True, overridable=False)
    known = tuple(site.name for site in sites)
    strange = [name for name in move.sites if name not in known]
    if strange:
        return failed(
            f"The topology has no site {listed(strange)}; its sites are {listed(known)}.",
            "Name existing sites with --site.",
            overridable=False,
        )
    if move.sites:
        return passed(f"{move.kind.value} of {listed(move.sites)} will use {move.to.fqdn}.")
    evidence = f"No site uses {move.leaving.fqdn} for its {move.kind.value}."
    remedy = "Name with --site the sites whose route changes."
    return (
        warning(evidence, remedy)
        if move.kind is RouteKind.SIP
        else failed(evidence, remedy, overridable=False)
    )


@check(
    "edge-alive",
    question="Is the Edge pool that takes over running?",
    sources=(fact("edge-federation"), fact("edge-replication")),
)
def _alive(move: EdgeMove) -> Finding:
    """Whether the Edge pool that takes over runs.

    One that comes home is started by the plan: it only has to answer.
    """
    machines = move.machines
    answering = [machine for machine in machines if not isinstance(machine.services, Unread)]
    running = [machine for machine in machines if machine.is_up]
    evidence = (
        f"{len(running)} of {counted(len(machines), 'server')} of {move.to.fqdn} run;"
        f" {len(answering)} answered."
    )
    if machines and len(running) == len(machines):
        return passed(evidence)
    if running or (move.back and answering):
        return warning(evidence, f"Check {listed(m.fqdn for m in machines if not m.is_up)}.")
    if answering:
        return failed(
            evidence,
            "Start the services: run Start-CsWindowsService on"
            f" {listed(m.fqdn for m in machines)}.",
        )
    return _unasked(move)


def _unasked(move: EdgeMove) -> Finding:
    """Most Edge servers cannot be asked from inside (fact: edge-replication): that their replicas
    report shows that they live.
    """
    names = {machine.fqdn for machine in move.machines}
    replicas = move.deployment.central_management.replicas
    own = (
        ()
        if isinstance(replicas, Unread)
        else tuple(one for one in replicas if one.computer in names)
    )
    now = newest_time(CheckContext(move.deployment, move.to.fqdn, Mode.PLANNED))
    fresh = {one.computer for one in own if is_fresh(one, now)}
    asked = f"None of {counted(len(names), 'server')} of {move.to.fqdn} could be asked"
    dead = any(machine.vouched(Says.DEAD) for machine in move.machines)
    if names and fresh == names and not dead:
        return warning(f"{asked}; their replicas have reported within the hour.", _LOOK)
    return unknown(f"{asked}.", _ENDPOINT, if_known=_IF_THEY_RUN, blocking=not move.back)


@check(
    "edge-replicas",
    question="Do changes reach the Edge pool that takes over?",
    sources=(fact("edge-replication"),),
)
def _replicas(move: EdgeMove) -> Finding:
    """Whether changes reach the Edge pool that takes over.

    One that comes home was silent until now: the plan waits for it.
    """
    replicas = move.deployment.central_management.replicas
    if isinstance(replicas, Unread):
        return unknown(str(replicas), _REPLICA, blocking=True)
    names = {machine.fqdn for machine in move.machines}
    own = tuple(one for one in replicas if one.computer in names)
    now = newest_time(CheckContext(move.deployment, move.to.fqdn, Mode.PLANNED))
    behind = [one for one in own if not one.up_to_date]
    silent = [
        one
        for one in behind
        if _silent(one) or (one.last_status_report and now - one.last_status_report > _FAULT_AGE)
    ]
    if silent and not move.back:
        return failed(
            f"Not up to date, and no report for an hour: {listed(one.computer for one in silent)}.",
            _REPLICA,
        )
    if behind or len(own) < len(names):
        missing = sorted(names - {one.computer for one in own if one.up_to_date})
        return warning(f"Not up to date, or no report yet: {listed(missing)}.", _REPLICA)
    return passed(f"{counted(len(own), 'replica')} of {move.to.fqdn} up to date.")


def _silent(replica: Replica) -> bool:
    return replica.last_status_report is None
