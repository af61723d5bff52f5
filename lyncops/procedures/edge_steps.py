"""Steps that the procedures of federation and XMPP share: site routes, services of Edge servers,
replication to them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from lyncops.cmdlets import SetCsSite, StartCsWindowsService, StopCsWindowsService
from lyncops.deployment.model import Machine, WindowsService
from lyncops.plan.conditions import Condition, ReplicasUpToDate, RouteKind, ServicesAre, SiteRouteIs
from lyncops.plan.steps import CmdletStep, ManualStep, Step, WaitStep
from lyncops.procedures import figures
from lyncops.procedures.edge_moves import EdgeMove
from lyncops.procedures.edges import reporting_machines, topology_steps
from lyncops.sources import fact, reference
from lyncops.values import Fqdn, OnMachine, SiteName, Unread

ACCESS_EDGE: Final = "RTCSRV"  # fact: windows-services: on an Edge server it is the Access Edge
BY_HAND: Final = timedelta(minutes=10)  # what a person takes; no figure is documented
_SERVICES: Final = (reference("Start-CsWindowsService"), fact("windows-services"))


def route_goal(move: EdgeMove) -> tuple[Condition, ...]:
    """Every site's route uses the Edge pool that takes over."""
    return tuple(SiteRouteIs(site, move.kind, move.route) for site in move.sites)


def route_steps(
    move: EdgeMove, *, before: tuple[Condition, ...] = (), enable_topology: bool
) -> tuple[Step, ...]:
    """One Set-CsSite for each site, and Enable-CsTopology after them where the operator asks for
    it.
    """
    routes = tuple(_route(move, site, before) for site in move.sites)
    return (*routes, *(topology_steps(move.place) if routes and enable_topology else ()))


def _route(move: EdgeMove, site: SiteName, before: tuple[Condition, ...]) -> CmdletStep:
    return CmdletStep(
        step_id=f"{'federation' if move.kind is RouteKind.SIP else 'xmpp'}-route-{site}",
        title=f"Route {move.kind.value} of site {site} through {move.to.fqdn}",
        why=f"Until then, what site {site} sends to partners goes through {move.leaving.fqdn}.",
        sources=(reference("Set-CsSite"), fact("wrong-parameter-names")),
        cmdlet=_set_route(site, move.kind, move.to.fqdn),
        place=move.place,
        before=before,
        after=(SiteRouteIs(site, move.kind, move.route),),
        deadline=figures.ONE_HOUR / 4,
        estimate=figures.SETTING,
        undo=_set_route(site, move.kind, move.leaving.fqdn).to_powershell(),
    )


def _set_route(site: SiteName, kind: RouteKind, edge: Fqdn) -> SetCsSite:
    service = f"EdgeServer:{edge}"
    if kind is RouteKind.SIP:
        return SetCsSite(identity=str(site), federation_route=service)
    return SetCsSite(identity=str(site), xmpp_federation_route=service)


def replica_steps(
    move: EdgeMove, step_id: str, *, why: str, optional: bool = False
) -> tuple[Step, ...]:
    """A wait until the servers of the Edge pool that takes over have the changes."""
    machines = reporting_machines(move.deployment, move.to.fqdn)
    if not machines:
        return ()
    wait = WaitStep(
        step_id=step_id,
        title=f"Wait until the servers of {move.to.fqdn} have the change",
        why=why,
        sources=(fact("edge-replication"),),
        until=(ReplicasUpToDate(only=machines),),
        deadline=figures.REPLICATION_DEADLINE,
        estimate=figures.REPLICATION,
        optional=optional,
    )
    return (wait,)


def stop_steps(move: EdgeMove) -> tuple[Step, ...]:
    """Stop the services on each server of the Edge pool that takes over: by its own endpoint, or by
    hand where it has none.
    """
    return tuple(_stop(move, machine) for machine in move.machines)


def _stop(move: EdgeMove, machine: Machine) -> Step:
    why = (
        f"{move.to.fqdn} takes over XMPP while its services are stopped; everything else that uses"
        " this Edge pool is down during that time."
    )
    if isinstance(machine.services, Unread):
        return _by_hand(machine, why, start=False)
    return CmdletStep(
        step_id=f"edge-stop-{machine.fqdn}",
        title=f"Stop the services on {machine.fqdn}",
        why=why,
        sources=_SERVICES,
        cmdlet=StopCsWindowsService(),
        place=OnMachine(machine.fqdn),
        after=(ServicesAre(machine.fqdn, (ACCESS_EDGE,), running=False),),
        deadline=figures.ONE_HOUR / 2,
        estimate=figures.SERVICES,
        undo=StartCsWindowsService().to_powershell(),
    )


def start_steps(move: EdgeMove, *, why: str) -> tuple[Step, ...]:
    """Start the services on each server of the Edge pool that takes over: by its own endpoint, or
    by hand where it has none.
    """
    return tuple(_start(machine, why) for machine in move.machines)


def _start(machine: Machine, why: str) -> Step:
    if isinstance(machine.services, Unread):
        return _by_hand(machine, why, start=True)
    return CmdletStep(
        step_id=f"edge-start-{machine.fqdn}",
        title=f"Start the services on {machine.fqdn}",
        why=why,
        sources=_SERVICES,
        cmdlet=StartCsWindowsService(),
        place=OnMachine(machine.fqdn),
        after=(ServicesAre(machine.fqdn, _expected(machine.services)),),
        settle=figures.ONE_HOUR / 4,
        deadline=figures.ONE_HOUR / 2,
        estimate=figures.SERVICES,
    )


def _expected(services: tuple[WindowsService, ...]) -> tuple[str, ...]:
    """The services that ran when it was planned, so that a disabled one is not waited for; all
    where none ran.
    """
    running = tuple(service.name for service in services if service.is_running)
    return running or tuple(service.name for service in services)


def _by_hand(machine: Machine, why: str, *, start: bool) -> ManualStep:
    """The same where lyncops does not reach the server: most Edge servers cannot be asked from
    inside (fact: edge-replication).
    """
    verb = "Start" if start else "Stop"
    return ManualStep(
        step_id=f"edge-{verb.lower()}-{machine.fqdn}",
        title=f"{verb} the services on {machine.fqdn}",
        why=why,
        sources=_SERVICES,
        instructions=(
            (
                f"Sign in to {machine.fqdn}, which lyncops cannot reach, and run"
                f" {verb}-CsWindowsService in its shell."
            ),
        ),
        where=f"server {machine.fqdn}",
        how_to_see=(
            f"Get-CsWindowsService on {machine.fqdn}; lyncops looks too, if the server has a"
            " [[machine]] by then."
        ),
        after=(ServicesAre(machine.fqdn, (ACCESS_EDGE,), running=start),),
        estimate=BY_HAND,
        undo="" if start else "Run Start-CsWindowsService there.",
    )
