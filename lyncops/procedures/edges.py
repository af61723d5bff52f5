"""Steps that move the next hop of Edge pools."""

from __future__ import annotations

import attrs

from lyncops.checks.check import Finding, check, failed, passed, unknown
from lyncops.checks.edge import nearest_next_hops
from lyncops.checks.life import heard
from lyncops.checks.result import CheckResult
from lyncops.checks.silence import is_silent
from lyncops.checks.words import is_told, listed, running
from lyncops.cmdlets import EnableCsTopology, SetCsEdgeServer
from lyncops.deployment.gaps import Need, Part
from lyncops.deployment.model import Deployment, EdgePool
from lyncops.plan.conditions import Condition, EdgeNextHopIs, ReplicasUpToDate
from lyncops.plan.steps import CmdletStep, Step, WaitStep
from lyncops.procedures import figures
from lyncops.sources import fact, guide, reference
from lyncops.values import Anywhere, Fqdn, Place, Unread

_SOURCES = (
    guide("Failing over a pool", step=1),
    reference("Set-CsEdgeServer"),
    fact("edge-cmdlets"),
)
_IF_IT_RUNS = "If it runs, override this check with a reason."


@attrs.frozen(slots=True, kw_only=True)
class NextHopMove:
    """Edge pools whose next hop changes, the pool that it changes to, and what must hold before it
    can.
    """

    edges: tuple[EdgePool, ...]
    to: Fqdn
    needs: tuple[Condition, ...] = ()

    @property
    def goal(self) -> tuple[Condition, ...]:
        """Its next hop is that pool, for each of them."""
        return tuple(EdgeNextHopIs(edge.fqdn, self.to) for edge in self.edges)


def known_edges(deployment: Deployment) -> tuple[EdgePool, ...]:
    """The Edge pools; none where they could not be read."""
    return () if isinstance(deployment.edges, Unread) else deployment.edges


def find_edge(deployment: Deployment, name: Fqdn) -> EdgePool | None:
    """The Edge pool of that name; None where the topology is not seen to have it."""
    return deployment.relations.edge_named.get(name)


def edges_leading_to(deployment: Deployment, pool: Fqdn) -> tuple[EdgePool, ...]:
    """The Edge pools whose next hop is `pool`, alive or not: the failover's own check makes no
    difference.

    (fact: next-hop-refusal)
    """
    return deployment.relations.edges_behind(pool)


def same_site(deployment: Deployment, edge: Fqdn, pool: Fqdn) -> bool:
    """Whether an Edge pool and a pool are known to be in the same site."""
    first, second = deployment.pool(edge), deployment.pool(pool)
    return (
        first is not None
        and second is not None
        and not isinstance(first.site, Unread)
        and first.site == second.site
    )


def next_hop_steps(
    deployment: Deployment,
    move: NextHopMove,
    *,
    place: Place,
    why: str,
    enable_topology: bool = False,
) -> tuple[Step, ...]:
    """One Set-CsEdgeServer for each Edge pool, and Enable-CsTopology after them where the operator
    asks for it.

    Set-CsEdgeServer is used within a site too: Microsoft's page uses Topology Builder there and
    gives no reason, and the cmdlet knows no sites (fact: edge-cmdlets). The read-back shows whether
    it worked.
    """
    moves = tuple(_move(deployment, edge, move, place=place, why=why) for edge in move.edges)
    return (*moves, *(topology_steps(place) if moves and enable_topology else ()))


def topology_steps(place: Place) -> tuple[Step, ...]:
    """Enable-CsTopology: whether settings of services need it is not established, so that it is
    only offered.

    (fact: enable-topology)
    """
    step = CmdletStep(
        step_id="enable-topology",
        title="Enable the changed topology",
        why=(
            "Some deployments replicate the change only then. It needs setup permissions, so it may"
            " be refused."
        ),
        sources=(reference("Enable-CsTopology"), fact("enable-topology")),
        cmdlet=EnableCsTopology(),
        place=place,
        deadline=figures.ONE_HOUR,
        estimate=figures.REPLICATION,
        optional=True,
    )
    return (step,)


def edge_replica_steps(deployment: Deployment, move: NextHopMove) -> tuple[Step, ...]:
    """A wait until the Edge servers have heard of it.

    A pool's failover does not need it: it asks the store, not the Edge.
    """
    reporting = (
        machine for edge in move.edges for machine in reporting_machines(deployment, edge.fqdn)
    )
    machines = tuple(machine for machine in reporting if not is_silent(deployment, machine))
    if not machines:
        return ()
    wait = WaitStep(
        step_id=f"edge-replicas-{move.to}",
        title="Wait until the Edge servers have the new next hop",
        why=(
            "An Edge server receives the change only through its replica; if that never happens,"
            " plan again with --enable-topology."
        ),
        sources=(fact("edge-replication"),),
        until=(ReplicasUpToDate(only=machines),),
        deadline=figures.REPLICATION_DEADLINE,
        estimate=figures.REPLICATION,
        optional=True,
    )
    return (wait,)


def next_hop_fits(
    deployment: Deployment, move: NextHopMove, *, leaving: Fqdn
) -> CheckResult | None:
    """Whether the pool can be the next hop of Edge pools; None where no Edge pool moves."""
    return _next_hop_fits(_Proposal(deployment, move, leaving)) if move.edges else None


@attrs.frozen(slots=True)
class _Proposal:
    """A next hop for Edge pools, in place of the pool that is left."""

    deployment: Deployment
    move: NextHopMove
    leaving: Fqdn


@check(
    "next-hop-target",
    question="Can the pool be the next hop of the Edge pools?",
    sources=_SOURCES,
)
def _next_hop_fits(proposal: _Proposal) -> Finding:
    deployment, move, leaving = proposal.deployment, proposal.move, proposal.leaving
    target = deployment.pool(move.to)
    fits = target is not None and target.kind.takes_next_hop and move.to != leaving
    if target is not None and fits and (target.is_alive or not target.machines):
        names = ", ".join(edge.fqdn for edge in move.edges)
        return passed(f"{move.to} is up and becomes the next hop of {names}.")
    remedy = _how_to_name_one(deployment, move.edges[0], leaving)
    if target is None or not target.kind.takes_next_hop:
        problem = f"The topology has no Front End or Director pool {move.to}."
        return failed(problem, remedy, overridable=isinstance(deployment.pools, Unread))
    if move.to == leaving:
        return failed(f"{move.to} is the pool that users leave.", remedy)
    if not all(map(is_told, target.machines)):
        problem = f"{running(target)}.{heard(target)}"
        return unknown(problem, remedy, if_known=_IF_IT_RUNS, blocking=True)
    return failed(f"No machine of {move.to} is known to be up.", remedy)


def _how_to_name_one(deployment: Deployment, edge: EdgePool, leaving: Fqdn) -> str:
    """Which pools are up and can be the next hop; where none is known to be, of which that could
    not be read.
    """
    near = tuple(nearest_next_hops(deployment, edge, leaving))
    if near:
        return (
            "Name a Front End or Director pool that is up, with --next-hop. The nearest:"
            f" {listed(near)}."
        )
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    untold = [
        pool.fqdn
        for pool in pools
        if pool.kind.takes_next_hop
        and pool.fqdn != leaving
        and not all(map(is_told, pool.machines))
    ]
    if untold:
        return (
            f"Whether {listed(untold)} can be the next hop could not be read: log on with an"
            " account and in a way with which a Front End can ask other machines (`lyncops doctor`"
            " says how), or look there: Get-CsWindowsService -Name RTCSRV."
        )
    return "No other Front End or Director pool is known to be up: start one first."


def edge_pool_exists(deployment: Deployment, name: Fqdn) -> CheckResult:
    """Whether the topology has an Edge pool of this name; else what it is, and which there are."""
    return _edge_pool_exists((deployment, name))


@check(
    "edge-exists",
    question="Does the topology have this Edge pool?",
    sources=(reference("Get-CsService"), fact("federated-edge-port")),
)
def _edge_pool_exists(asked: tuple[Deployment, Fqdn]) -> Finding:
    deployment, name = asked
    edges = deployment.edges
    if isinstance(edges, Unread):
        remedy = "Give an endpoint of a Front End that still answers."
        return unknown(str(edges), remedy, blocking=True, overridable=False)
    if find_edge(deployment, name) is not None:
        return passed(f"The topology has {name}.")
    evidence = (
        f"{name} is {_what_it_is(deployment, name)}; the Edge pools are"
        f" {listed(edge.fqdn for edge in edges)}."
    )
    remedy = "Name an Edge pool, not a Front End pool or a machine."
    return failed(evidence, remedy, overridable=False)


def _what_it_is(deployment: Deployment, name: Fqdn) -> str:
    pool, owner = deployment.pool(name), deployment.pool_of(name)
    if pool is not None:
        return f"a pool of kind {pool.kind.value}"
    return f"a machine of {owner.fqdn}" if owner else "unknown"


def takes_next_hop(deployment: Deployment, pool: Fqdn) -> bool:
    """Whether the topology knows `pool` as one with a registrar, which can be a next hop."""
    known = deployment.pool(pool)
    return known is not None and known.kind.takes_next_hop


def _move(
    deployment: Deployment, edge: EdgePool, move: NextHopMove, *, place: Place, why: str
) -> CmdletStep:
    to = move.to
    within = same_site(deployment, edge.fqdn, to)
    by_hand = (
        " Within one site, Microsoft's page does the same in Topology Builder." if within else ""
    )
    back = SetCsEdgeServer(
        identity=f"EdgeServer:{edge.fqdn}", registrar=f"Registrar:{edge.next_hop}"
    ).to_powershell()
    return CmdletStep(
        step_id=f"edge-next-hop-{edge.fqdn}",
        title=f"Set {to} as the next hop of Edge pool {edge.fqdn}",
        why=why + by_hand,
        sources=_SOURCES,
        cmdlet=SetCsEdgeServer(identity=f"EdgeServer:{edge.fqdn}", registrar=f"Registrar:{to}"),
        place=place,
        before=move.needs,
        after=(EdgeNextHopIs(edge.fqdn, to),),
        deadline=figures.ONE_HOUR / 4,
        estimate=figures.SETTING,
        undo=back if edge.next_hop else "",
    )


def reporting_machines(deployment: Deployment, edge: Fqdn) -> tuple[Fqdn, ...]:
    """The machines of an Edge pool that had reported a replica: one that never did cannot be waited
    for.
    """
    pool = deployment.pool(edge)
    replicas = deployment.central_management.replicas
    if pool is None:
        return ()
    if isinstance(replicas, Unread) or not replicas:
        return tuple(machine.fqdn for machine in pool.machines)
    is_clear = (
        not deployment.open_questions(Need(Part.REPLICAS))
        and deployment.relations.knows_all_replicas
    )
    # A replica of a computer that nobody knows may be that of any machine.
    return tuple(
        machine.fqdn
        for machine in pool.machines
        if not is_clear
        or any(
            not one.never_reported
            for one in deployment.central_management.replicas_of(machine.fqdn)
        )
    )


def preferring(pool: Fqdn, *, avoid: Fqdn | None = None) -> Anywhere:
    """Run on a Front End of `pool` if one answers, on one of `avoid` last."""
    return Anywhere(prefer=pool, avoid=avoid)
