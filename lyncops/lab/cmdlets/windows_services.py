"""Get-, Start- and Stop-CsWindowsService, and Invoke-CsComputerFailOver/FailBack, which stop and
start a machine's services.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.causes import ACCESS_DENIED, RPC_UNAVAILABLE, windows_error
from lyncops.lab.cmdlets.registry import Store, changes, reads
from lyncops.lab.cmdlets.shapes import EnumValue
from lyncops.lab.model.power import SERVICE_START, reconsider
from lyncops.lab.model.progress import settle
from lyncops.lab.model.services import POOL_SERVICES, display_name, roles_of
from lyncops.lab.model.state import MachineState
from lyncops.lab.scenarios.scenario import Kind
from lyncops.values import RemoteObject

_SERVICE: Final = "Microsoft.Rtc.Management.Deployment.Core.NTService"
_DRAIN: Final = timedelta(minutes=5)  # how long a computer failover takes: a guess


def _target(call: Call) -> MachineState:
    """The machine of -ComputerName.

    An Edge server is not in the domain and cannot be reached from inside.

    (fact: edge-replication)
    """
    name = call.text("ComputerName")
    if not name or name.casefold() in (
        call.machine.fqdn,
        "localhost",
        call.machine.fqdn.partition(".")[0],
    ):
        return call.machine
    found = next(
        (m for fqdn, m in call.world.machine_states.items() if fqdn == name.casefold()), None
    )
    is_edge = found is not None and call.world.pools[found.pool].kind is Kind.EDGE
    no_hop = call.world.switches.double_hop_to_machines and not call.session.caller.may_hop
    if found is None or not found.is_up or is_edge or no_hop:
        # The text of System.ServiceProcess.ServiceController: the same for a machine that is off
        # and for one that refuses every log-on.
        message = (
            f"Cannot open Service Control Manager on computer '{name}'. This operation might"
            " require other privileges."
        )
        inner = windows_error(ACCESS_DENIED if no_hop else RPC_UNAVAILABLE)
        call.fail(message, category="ConnectionError", target=name, inner=inner)
    return found


def _names(call: Call, machine: MachineState) -> list[str]:
    """The service of -Name, one exact name of a Lync service, or all of them; the wrapper of the
    text is real.

    (fact: report-files)
    """
    if not call.given("Name"):
        return list(machine.services)
    wanted = call.text("Name")
    found = [name for name in machine.services if name.casefold() == wanted.casefold()]
    if not found:
        text = (
            f'An error occurred: "System.InvalidOperationException" "Service {wanted} was not found'
            f' on computer {machine.fqdn}"'
        )
        call.fail(text, category="ObjectNotFound", target=wanted)
    return found


@reads("Get-CsWindowsService", store=Store.NONE, on_edge=True)
def get_cs_windows_service(call: Call) -> Iterator[RemoteObject]:
    """The services of a machine with their state."""
    machine = _target(call)
    kind, version = call.world.pools[machine.pool].kind, call.world.version_of(machine.fqdn)
    for name in _names(call, machine):
        values: dict[str, object] = {
            "Name": name,
            "DisplayName": display_name(name, kind, version),
            "Status": EnumValue("ServiceStatus", machine.services[name].status),
            "RoleName": roles_of(name, kind),
        }
        if not call.flag("ExcludeActivityLevel"):
            values["ActivityLevel"] = ""
        yield call.make(_SERVICE, values, text=name)


@changes("Start-CsWindowsService", store=Store.NONE, on_edge=True, admins=False)
def start_cs_windows_service(call: Call) -> None:
    """Starts one service or all; returns nothing. A service already running is left alone."""
    _control(call, start=True)


@changes("Stop-CsWindowsService", store=Store.NONE, on_edge=True, admins=False)
def stop_cs_windows_service(call: Call) -> None:
    """Stops one service or all; returns nothing."""
    _control(call, start=False)


def _control(call: Call, *, start: bool) -> None:
    world = call.world
    with world.lock:
        if call.given("InputObject"):
            call.fail(
                placeholders.NOT_SIMULATED.format(cmdlet=f"{call.name} -InputObject"),
                category="NotImplemented",
            )
        machine = _target(call)
        names = _names(call, machine)
    kept = {
        "RTCCLSAGT": call.flag("LeaveClsAgentRunning"),
        "W3SVC": call.flag("LeaveWebServerRunning"),
    }
    names = [name for name in names if start or not kept.get(name, False)]
    if not call.should_process(str(machine.fqdn)) or not call.start():
        return
    switch_services(call, machine, names, start=start)


def switch_services(call: Call, machine: MachineState, names: list[str], *, start: bool) -> None:
    """Start or stop services of a machine, waiting for them unless -NoWait was given."""
    world = call.world
    status = "Running" if start else "Stopped"
    with world.lock:
        settle(world)
        changing = [name for name in names if machine.services[name].status != status]
        if start and "MASTER" in changing and not world.store.claimants:
            changing.remove("MASTER")
            _report_start_failure(call, machine, "MASTER")
        due = world.now() + SERVICE_START
        world.pending.add(machine.fqdn)
        for name in changing:
            service = machine.services[name]
            service.status, service.due, service.wanted = (
                "StartPending" if start else "StopPending",
                due,
                start,
            )
        _let_quorum_decide(call, machine)
    if changing and not call.flag("NoWait"):
        call.wait(SERVICE_START, call.name, "Waiting for service operation to complete.")
        with world.lock:
            settle(world)
            _let_quorum_decide(call, machine)


def _let_quorum_decide(call: Call, machine: MachineState) -> None:
    """A pool without quorum keeps RTCSRV in Start Pending; a stopped fabric host counts as a
    missing server.
    """
    pool = call.world.pools[machine.pool]
    pending = {name: (s.status, s.due) for name, s in machine.services.items() if s.due is not None}
    reconsider(call.world, pool)
    if pool.running:
        for name, (status, due) in pending.items():
            machine.services[name].status, machine.services[name].due = status, due


def _report_start_failure(call: Call, machine: MachineState, service: str) -> None:
    """Non-terminating; the words are real (fact: report-files)."""
    call.warn(
        f"Service {service} failed to start. Check to make sure the service is not disabled."
        " Failure to start could also be because this front end was previously failed over(using"
        " computer fail over), in which case please invoke fail back(using computer failback)."
        " Consult event logs for further details."
    )
    call.error(
        f"Cannot start service {service} on computer '{machine.fqdn}'.",
        category="OpenError",
        target=service,
    )


@changes("Invoke-CsComputerFailOver")
def invoke_cs_computer_failover(call: Call) -> None:
    """Drains and stops a Front End.

    With -Force, -WhatIf is ignored and the failover really starts (fact: whatif-force).
    """
    _computer(call, start=False)


@changes("Invoke-CsComputerFailBack")
def invoke_cs_computer_failback(call: Call) -> None:
    """Starts the services of a Front End again."""
    _computer(call, start=True)


def _computer(call: Call, *, start: bool) -> None:
    with call.world.lock:
        machine = _target(call)
        if not call.world.pools[machine.pool].kind.homes_users:
            call.fail(placeholders.NOT_A_MEMBER.format(machine=machine.fqdn))
    forced = call.flag("Force") and call.flag("WhatIf")
    if (not forced and not call.should_process(str(machine.fqdn))) or not call.start():
        return
    call.wait(_DRAIN, call.name, str(machine.fqdn))
    switch_services(
        call, machine, [name for name in POOL_SERVICES if name in machine.services], start=start
    )
