"""Windows Fabric: upgrade readiness, upgrade domains, fabric state, and the reset of a pool's
registrar state.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.registry import Store, changes, reads
from lyncops.lab.cmdlets.shapes import EnumValue
from lyncops.lab.model import quorum
from lyncops.lab.model.progress import settle
from lyncops.lab.model.state import PoolRuntime
from lyncops.lab.scenarios.scenario import Kind
from lyncops.values import RemoteObject

_UPGRADE: Final = "Microsoft.Rtc.Management.Hadr.PoolUpgradeState"
_DOMAIN: Final = "Microsoft.Rtc.Management.Hadr.UpgradeDomain"
# How long replicas are built after a server came up: a guess after the 10-minute retry
_BUILDING: Final = timedelta(minutes=10)
_RESET: Final = timedelta(minutes=5)  # a guess


@reads("Get-CsPoolUpgradeReadinessState", store=Store.NONE, locally=True)
def get_cs_pool_upgrade_readiness_state(call: Call) -> Iterator[RemoteObject]:
    """The pool of the machine that runs it; it has no pool parameter (fact: upgrade-readiness)."""
    yield _upgrade_state(call)


@reads("Get-CsUpgradeDomainInfo", store=Store.NONE, locally=True)
def get_cs_upgrade_domain_info(call: Call) -> Iterator[RemoteObject]:
    """What replaces the readiness state in 2019."""
    yield _upgrade_state(call)


def _upgrade_state(call: Call) -> RemoteObject:
    """Only `PoolUpgradeState` and `ReadyforUpgrade` are documented names (fact:
    upgrade-readiness).
    """
    world = call.world
    pool = world.pools[call.machine.pool]
    if pool.kind is not Kind.ENTERPRISE:
        call.fail(placeholders.NOT_A_MEMBER.format(machine=call.machine.fqdn))
    members = world.members(pool)
    active = [machine for machine in members if machine.runs("RTCSRV")]
    state = "Ready"
    if len(active) < quorum.needed_to_start(len(members)):
        state = "InsufficientActiveFrontEnds"
    elif any(world.now() - machine.since < _BUILDING for machine in active):
        state = "Busy"
    domains = [
        call.make(
            _DOMAIN,
            {
                "Name": f"UpgradeDomain{number}",
                "Frontends": [machine.fqdn],
                "ReadyforUpgrade": state == "Ready" and machine in active,
            },
        )
        for number, machine in enumerate(members, 1)
    ]
    values = {
        "PoolUpgradeState": EnumValue("PoolUpgradeState", state),
        "TotalFrontends": len(members),
        "TotalActiveFrontends": len(active),
        "UpgradeDomains": domains,
    }
    return call.make(_UPGRADE, values, text=_UPGRADE)


@reads("Get-CsPoolFabricState")
def get_cs_pool_fabric_state(call: Call) -> Iterator[str]:
    """Text about replicas; what the real one looks like is not established (fact: fabric-state), so
    the text is invented.
    """
    if not call.given("PoolFqdn"):
        call.fail(
            placeholders.NOT_SIMULATED.format(cmdlet=f"{call.name} without -PoolFqdn"),
            category="NotImplemented",
        )
    pool = call.front_end_pool()
    wanted = call.text("Type") or "All"
    for kind in ("MCUFactory", "ConferenceDirectory", "Routing", "LYSS"):
        if wanted in ("All", kind):
            yield f"{kind}: {_replicas(call, pool)}"


def _replicas(call: Call, pool: PoolRuntime) -> str:
    running = [str(machine.fqdn) for machine in call.world.members(pool) if machine.runs("RTCSRV")]
    return (
        f"Primary: {running[0]}; Secondary: {', '.join(running[1:3])}" if running else "no replica"
    )


@changes("Reset-CsPoolRegistrarState", store=Store.NONE)
def reset_cs_pool_registrar_state(call: Call) -> None:
    """Prompts unless -Confirm:$false (fact: prompts).

    QuorumLossRecovery lets the servers that are left go on without quorum.
    """
    world = call.world
    with world.lock:
        pool = call.front_end_pool()
    if not call.should_process(str(pool.fqdn), high_impact=True) or not call.start():
        return
    call.wait(_RESET, call.name, str(pool.fqdn))
    with world.lock:
        settle(world)
        if call.text("ResetType") == "QuorumLossRecovery":
            pool.running = any(machine.is_up for machine in world.members(pool))
            for machine in world.members(pool):
                for service in machine.services.values() if machine.is_up else ():
                    if service.wanted:
                        service.status, service.due = "Running", None
