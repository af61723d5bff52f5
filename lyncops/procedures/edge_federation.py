"""Failing over the Edge pool used for federation to another one, and back."""

from __future__ import annotations

from typing import Final

from lyncops.checks.check import Finding, check, failed, passed, warning
from lyncops.checks.words import listed
from lyncops.deployment.model import Deployment
from lyncops.plan.conditions import Condition, FederatedEdgeIs, PortIsOpen, RouteKind
from lyncops.plan.procedures import MovesRoutes
from lyncops.plan.steps import ManualStep, Step
from lyncops.procedures.drafting import Draft
from lyncops.procedures.edge_moves import EdgeMove, media_notes, plan_move, undo_command
from lyncops.procedures.edge_steps import (
    BY_HAND,
    replica_steps,
    route_goal,
    route_steps,
    start_steps,
)
from lyncops.procedures.edges import known_edges
from lyncops.sources import fact, guide

# Fact: federated-edge-port: the external SIP port that marks a federated Edge pool, and that
# partners connect to
PORT: Final = 5061
_SOURCES: Final = (guide("Failing over the Edge pool used for federation"), fact("federation-port"))
_NO_CMDLET: Final = (
    "No cmdlet is documented for this; whether Set-CsEdgeServer -AccessEdgeExternalSipPort works"
    " is not established."
)


def draft_failover(deployment: Deployment, request: MovesRoutes) -> Draft:
    """Draft that federation leaves the Edge pool `request.edge_pool` for `request.other_edge`.

    Refused when either Edge pool is not known, when the one that takes over does not run or is not
    reached by replication, when the store cannot be written, and when federation is on neither of
    the two.
    """
    return _draft(deployment, request, back=False)


def draft_failback(deployment: Deployment, request: MovesRoutes) -> Draft:
    """Draft that federation comes back to the Edge pool `request.edge_pool`, which first had it;
    refused as the failover is.
    """
    return _draft(deployment, request, back=True)


def _draft(deployment: Deployment, request: MovesRoutes, *, back: bool) -> Draft:
    move, checks = plan_move(deployment, request, RouteKind.SIP, back=back)
    if move is None:
        return Draft(checks=checks)
    home = (
        start_steps(
            move,
            why=(
                "The restored Edge pool comes first: federation can move only to an Edge"
                " pool that is running."
            ),
        )
        if back
        else ()
    )
    return Draft(
        lock=move.lock,
        checks=(*checks, _has_federation(move)),
        steps=(*home, *_steps(move, enable_topology=request.enable_topology)),
        goal=(FederatedEdgeIs(move.to.fqdn), *route_goal(move)),
        expected_loss="Nothing is lost; federation is down until this is done.",
        notes=(*_notes(move), *media_notes(move)),
    )


def _steps(move: EdgeMove, *, enable_topology: bool) -> tuple[Step, ...]:
    """As documented; the replicas are waited for where the next step rests on them."""
    return (
        _topology_gate(move),
        *replica_steps(
            move,
            "edge-replicas-topology",
            why="Setup installs what the Edge server's own replica defines.",
        ),
        _setup_gate(move),
        *route_steps(
            move, before=(FederatedEdgeIs(move.to.fqdn),), enable_topology=enable_topology
        ),
        *replica_steps(
            move,
            "edge-replicas-route",
            why="The Edge servers receive the routes last.",
            optional=True,
        ),
    )


def _topology_gate(move: EdgeMove) -> ManualStep:
    box = "Enable federation for this Edge pool (Port 5061)"
    return ManualStep(
        step_id="topology-federation",
        title=f"Move federation from {move.leaving.fqdn} to {move.to.fqdn} in Topology Builder",
        why=f"Federation can be enabled on one Edge pool only. {_NO_CMDLET}",
        sources=_SOURCES,
        instructions=(
            (
                "Open Topology Builder on a Front End server, download the topology, and expand"
                " Edge pools."
            ),
            f"{move.leaving.fqdn}: Edit Properties, General: clear `{box}`.",
            f"{move.to.fqdn}: Edit Properties, General: select `{box}`.",
            "Action, Topology, Publish; wait until it has finished and check the log.",
        ),
        where="Topology Builder, on a Front End server",
        how_to_see=(
            f"Get-CsService -EdgeServer: AccessEdgeExternalSipPort is {PORT} for {move.to.fqdn} and"
            " for no other Edge pool. lyncops reads the same value."
        ),
        after=(FederatedEdgeIs(move.to.fqdn),),
        estimate=BY_HAND,
        undo=f"The same, with {move.leaving.fqdn} and {move.to.fqdn} swapped.",
    )


def _setup_gate(move: EdgeMove) -> ManualStep:
    servers = listed(machine.fqdn for machine in move.machines)
    name = move.to.external_fqdn
    after: tuple[Condition, ...] = () if name is None else (PortIsOpen(name, PORT),)
    seen = (
        f"Partners can connect to {name}, port {PORT}; lyncops tries it, as far as that can be seen"
        " from where it runs."
    )
    return ManualStep(
        step_id="edge-setup",
        title=f"Run setup on the servers of {move.to.fqdn}",
        why="Until then they do not listen on the added port.",
        sources=_SOURCES,
        instructions=(
            f"On each of {servers}: open the Deployment Wizard, Install or Update Server System.",
            "Setup or Remove Server Components: Run Again, Next; look at the log, Finish.",
        ),
        where=f"the Deployment Wizard, on {servers}",
        how_to_see=(
            seen
            if name
            else (
                f"The log of setup on {servers}; the Edge pool's external name is not known to"
                " lyncops."
            )
        ),
        after=after,
        estimate=BY_HAND,
        undo="Setup is run again when federation is moved back.",
    )


@check(
    "has-federation",
    question="Is federation enabled only on the Edge pool that it leaves?",
    sources=(fact("federated-edge-port"),),
)
def _has_federation(move: EdgeMove) -> Finding:
    federated = [edge.fqdn for edge in known_edges(move.deployment) if edge.has_federation]
    evidence = f"Federation ({PORT}) is enabled on {listed(federated)}."
    if federated == [move.leaving.fqdn]:
        return passed(evidence)
    if move.leaving.fqdn in federated or move.to.fqdn in federated:
        return warning(
            evidence,
            (
                "Federation can be enabled on one Edge pool only. After the plan it is"
                f" enabled on {move.to.fqdn} only."
            ),
        )
    return failed(
        evidence,
        "Give the Edge pool on which federation is enabled; if there is none, enable it in"
        " Topology Builder first.",
    )


def _notes(move: EdgeMove) -> tuple[str, ...]:
    host = move.to.external_fqdn or f"the external name of {move.to.fqdn}"
    dns = (
        "Partners find you through DNS: check that _sipfederationtls._tcp of your domains points to"
        f" {host} too."
    )
    if not move.back:
        return (dns, f"Undone by: {undo_command(move, 'edge-federation-failback')}")
    return (
        dns,
        (
            f"XMPP has its own failback procedure: lyncops run xmpp-failback {move.to.fqdn}"
            " --domain DOMAIN."
        ),
        (
            "A Front End pool of the same site that failed too is failed back last: lyncops run"
            " pool-failback POOL --mode planned."
        ),
    )
