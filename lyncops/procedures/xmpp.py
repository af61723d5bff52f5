"""Failing over the Edge pool used for XMPP federation to another one, and back."""

from __future__ import annotations

from typing import Final

from lyncops.checks.check import Finding, check, failed, passed, unknown, warning
from lyncops.deployment.model import Deployment
from lyncops.plan.conditions import Condition, HostLeadsTo, PortIsOpen, RouteKind, ServiceNames
from lyncops.plan.procedures import MovesXmpp
from lyncops.plan.steps import ManualStep, Step
from lyncops.procedures.drafting import Draft
from lyncops.procedures.edge_moves import EdgeMove, media_notes, plan_move, undo_command
from lyncops.procedures.edge_steps import (
    BY_HAND,
    replica_steps,
    route_goal,
    route_steps,
    start_steps,
    stop_steps,
)
from lyncops.sources import fact, guide, reference
from lyncops.values import Fqdn, LyncVersion, Unread

PORT: Final = 5269  # fact: xmpp
_SOURCES: Final = (guide("Failing over the Edge pool used for XMPP federation"),)
_OUTSIDE: Final = (
    "lyncops uses the resolver of [network] in lyncops.toml, which should be a public one."
)


def draft_failover(deployment: Deployment, request: MovesXmpp) -> Draft:
    """Draft that XMPP federation leaves the Edge pool `request.edge_pool` for `request.other_edge`.

    Refused on 2019, which has no XMPP gateway; when either Edge pool is not known, when the one
    that takes over does not run or is not reached by replication, when no site's route uses the
    target, and when the store cannot be written.
    """
    return _draft(deployment, request, back=False)


def draft_failback(deployment: Deployment, request: MovesXmpp) -> Draft:
    """Draft that XMPP federation comes back to the Edge pool `request.edge_pool`, which first had
    it.

    Refused as the failover is.
    """
    return _draft(deployment, request, back=True)


def _draft(deployment: Deployment, request: MovesXmpp, *, back: bool) -> Draft:
    version = _version_has_xmpp(deployment)
    if version.refuses:
        return Draft(checks=(version,))
    move, checks = plan_move(deployment, request, RouteKind.XMPP, back=back)
    if move is None:
        return Draft(checks=(version, *checks))
    return Draft(
        lock=move.lock,
        checks=(version, *checks, _external_name(move)),
        steps=_failback(move, request) if back else _failover(move, request),
        goal=route_goal(move),
        expected_loss="Nothing is lost; XMPP partners are cut off until this is done.",
        notes=(*_notes(move, request), *media_notes(move)),
    )


def _failover(move: EdgeMove, request: MovesXmpp) -> tuple[Step, ...]:
    """The documented order, but for the port: it is tried after the start, as a stopped server
    answers on none.
    """
    return (
        *stop_steps(move),
        *route_steps(move, enable_topology=request.enable_topology),
        _address_gate(move, request),
        *_service_gates(move, request),
        *start_steps(move, why="With route and DNS in place, it can take XMPP traffic."),
        _port_gate(
            move,
            request,
            why=(
                "This is tested only now: while the services are stopped, no port answers,"
                " whatever the firewall allows."
            ),
        ),
        *_replicas(move),
    )


def _failback(move: EdgeMove, request: MovesXmpp) -> tuple[Step, ...]:
    """The documented order: services of the restored Edge pool, route, SRV record, A
    record, port.
    """
    return (
        *start_steps(move, why="The restored Edge pool comes first."),
        *route_steps(move, enable_topology=request.enable_topology),
        *_service_gates(move, request),
        _address_gate(move, request),
        _port_gate(move, request, why="Partners connect to it."),
        *_replicas(move),
    )


def _replicas(move: EdgeMove) -> tuple[Step, ...]:
    return replica_steps(
        move, "edge-replicas-route", why="The Edge servers receive the route last.", optional=True
    )


def _host(request: MovesXmpp) -> Fqdn:
    """The name by which partners know the XMPP gateway: what the planning pages call
    xmpp.contoso.com, unless it is named.
    """
    return request.xmpp_host or Fqdn(f"xmpp.{request.domains[0]}")


def _address_gate(move: EdgeMove, request: MovesXmpp) -> ManualStep:
    host, name = _host(request), move.to.external_fqdn
    after: tuple[Condition, ...] = () if name is None else (HostLeadsTo(host, name),)
    where = name or f"the external Access Edge addresses of {move.to.fqdn}"
    return ManualStep(
        step_id="dns-address",
        title=f"Point {host} to {move.to.fqdn} in the external DNS",
        why="Partners connect to that address.",
        sources=_SOURCES,
        instructions=(
            f"Change the A record of {host} to the addresses of {where}.",
            "Resolvers keep the old address until its time to live has expired.",
        ),
        where="the external DNS server",
        how_to_see=f"nslookup {host} returns the addresses of {where}. {_OUTSIDE}",
        after=after,
        estimate=BY_HAND,
        undo=(
            f"Change the A record of {host} back to the addresses of"
            f" {move.leaving.external_fqdn or move.leaving.fqdn}."
        ),
    )


def _service_gates(move: EdgeMove, request: MovesXmpp) -> tuple[Step, ...]:
    return tuple(_service_gate(move, domain, _host(request)) for domain in request.domains)


def _service_gate(move: EdgeMove, domain: Fqdn, host: Fqdn) -> ManualStep:
    name = Fqdn(f"_xmpp-server._tcp.{domain}")
    return ManualStep(
        step_id=f"dns-service-{domain}",
        title=f"Check the external DNS record for XMPP of {domain}, which must point to {host}",
        why=f"Partners look for the servers of {domain} there.",
        sources=_SOURCES,
        instructions=(
            f"If there is none, add an SRV record {name} with port {PORT} and host {host}.",
            (
                "If a record for each Edge pool, with different priorities, exists already, this"
                " step is not needed."
            ),
        ),
        where="the external DNS server",
        how_to_see=f"nslookup -type=SRV {name} returns {host} with port {PORT}. {_OUTSIDE}",
        after=(ServiceNames(name, host, PORT),),
        estimate=BY_HAND,
        undo=(f"Not needed: the record points to {host}; the one of {move.leaving.fqdn} may stay."),
    )


def _port_gate(move: EdgeMove, request: MovesXmpp, *, why: str) -> ManualStep:
    host = _host(request)
    return ManualStep(
        step_id="firewall-xmpp",
        title=f"Check that port {PORT} of {move.to.fqdn} is open to the internet",
        why=why,
        sources=_SOURCES,
        instructions=(
            (
                f"Allow TCP {PORT} to and from the Access Edge addresses of {move.to.fqdn} in the"
                " external firewall."
            ),
        ),
        where="the external firewall",
        how_to_see=(
            f"A connection to {host}:{PORT} from outside. lyncops tries one, as far as that can be"
            " seen from where it runs."
        ),
        after=(PortIsOpen(host, PORT),),
        estimate=BY_HAND,
        undo=f"Close TCP {PORT} to {move.to.fqdn} again, unless it should stay open.",
    )


@check(
    "version-has-xmpp",
    question="Does the version have an XMPP gateway?",
    sources=(fact("version-differences"),),
)
def _version_has_xmpp(deployment: Deployment) -> Finding:
    version = deployment.version
    if isinstance(version, Unread):
        return unknown(
            str(version),
            "Set version in [deployment] of lyncops.toml.",
            blocking=False,
            overridable=False,
        )
    if version is LyncVersion.V2019:
        return failed(
            f"{deployment.product_of(version)} has no XMPP gateway: it was removed.",
            "There is nothing to fail over; XMPP partners need another gateway.",
            overridable=False,
        )
    return passed(f"{deployment.product_of(version)} has an XMPP gateway.")


@check(
    "edge-external-name",
    question="Is the external name of the Edge pool that takes over known?",
    sources=(reference("Get-CsService"),),
)
def _external_name(move: EdgeMove) -> Finding:
    """Whether lyncops can see that DNS points to the right Edge pool; without it the operator's
    word is taken.
    """
    name = move.to.external_fqdn
    if name is not None:
        return passed(f"The external name of {move.to.fqdn} is {name}.")
    return warning(
        f"{move.to.fqdn} has no external name that could be read.",
        "Look at AccessEdgeExternalFqdn of Get-CsService -EdgeServer. The A record will not be"
        " checked.",
    )


def _notes(move: EdgeMove, request: MovesXmpp) -> tuple[str, ...]:
    if not move.back:
        domains = (f"--domain {domain}" for domain in request.domains)
        return (
            (
                f"Until the services of {move.to.fqdn} start again, everything that uses it is cut"
                " off: have the DNS changes ready."
            ),
            f"Undone by: {undo_command(move, 'xmpp-failback', *domains)}",
        )
    return (
        (
            "A Front End pool of the same site that failed too is failed back last: lyncops run"
            " pool-failback POOL --mode planned."
        ),
    )
