"""Machines, SQL Servers and whole sites that crash, hang and come back, and what quorum makes of it
(fact: front-end-quorum).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from lyncops.errors import ScenarioError
from lyncops.lab.model import quorum
from lyncops.lab.model.progress import settle
from lyncops.lab.model.services import POOL_SERVICES
from lyncops.lab.model.state import MachineState, PoolRuntime, Power, ServiceState
from lyncops.lab.model.world import World
from lyncops.lab.scenarios.scenario import Kind, PoolSpec
from lyncops.values import Fqdn

SERVICE_START: Final = timedelta(seconds=20)  # how long a service takes to start or stop: a guess


def start_as_described(world: World, spec: PoolSpec) -> None:
    """Bring a pool into the power state that its scenario says."""
    for fqdn in spec.down:
        _set_machine(world, world.machine_states[fqdn], Power.DOWN)
        replica = world.machine_states[fqdn].replica
        replica.applied -= timedelta(hours=3)
        replica.last_report = world.scenario.start - timedelta(hours=3)
    reconsider(world, world.pools[spec.fqdn])


def set_power(world: World, name: str, power: Power) -> None:
    """See `Simulation.crash`, `hang` and `recover`."""
    with world.lock:
        settle(world)
        machines, servers = _members(world, name)
        for server in servers:
            world.sql_up[server] = power is not Power.DOWN
        for fqdn in machines:
            _set_machine(world, world.machine_states[fqdn], power)
        _fail_over_mirrors(world)
        for pool in world.pools.values():
            reconsider(world, pool)


def _members(world: World, name: str) -> tuple[list[Fqdn], list[Fqdn]]:
    """The machines and SQL Servers that a name refers to; a SQL Server on a machine of Lync is
    that machine.
    """
    prefix, _, rest = name.partition(":")
    if prefix.casefold() == "site" and rest:
        specs = [p.spec for p in world.pools.values() if p.spec.site.casefold() == rest.casefold()]
        if not specs:
            raise ScenarioError(
                f"The lab has no site {rest}.", remedy="Name a site of the scenario."
            )
        return [m for s in specs for m in s.machines], [
            server for s in specs for server in _servers(s)
        ]
    fqdn = Fqdn(name)
    if fqdn in world.machine_states and fqdn not in world.pools:
        return [fqdn], []
    if fqdn in world.pools:
        spec = world.pools[fqdn].spec
        return list(spec.machines), _servers(spec)
    if fqdn in world.sql_up:
        return [], [fqdn]
    raise ScenarioError(
        f"The lab has no machine, SQL Server or pool {name}.",
        remedy="Name one of the scenario, or site:NAME.",
    )


def _servers(spec: PoolSpec) -> list[Fqdn]:
    if spec.kind is not Kind.ENTERPRISE:
        return []
    return [server for server in (spec.sql_server, spec.mirror_server) if server is not None]


def _set_machine(world: World, machine: MachineState, power: Power) -> None:
    was, machine.power = machine.power, power
    if power is Power.UP and was is not Power.UP:
        machine.since = world.now()
        for name, service in machine.services.items():
            if was is Power.DOWN and service.wanted:
                # MASTER does not start on a half-moved store (fact: store-bad-ends).
                half_moved = name == "MASTER" and not world.store.claimants
                machine.services[name] = ServiceState("Stopped" if half_moved else "Running")
    if power is Power.DOWN:
        for service in machine.services.values():
            service.status, service.due = "Stopped", None


def reconsider(world: World, pool: PoolRuntime) -> None:
    """Decide whether the pool's services run with the machines it has now.

    The caller holds the lock.
    """
    members = world.members(pool)
    up = tuple(
        m.is_up
        and ("FabricHostSvc" not in m.services or m.services["FabricHostSvc"].status == "Running")
        for m in members
    )
    if pool.kind is not Kind.ENTERPRISE:
        pool.running = any(up)
        return
    witness = world.sql_is_up(pool.sql_server)
    if pool.running:
        pool.running = quorum.keeps_running(up, witness_up=witness)
    else:
        pool.running = sum(up) >= quorum.needed_to_start(len(members))
    for machine in members:
        _apply_quorum(machine, has_quorum=pool.running)


def _apply_quorum(machine: MachineState, *, has_quorum: bool) -> None:
    for name in POOL_SERVICES:
        service = machine.services.get(name)
        if service is None or not machine.is_up or not service.wanted:
            continue
        if has_quorum and (
            service.status == "Stopped"
            or (service.status == "StartPending" and service.due is None)
        ):
            service.status, service.due = "Running", None
        elif not has_quorum:
            # RTCSRV hangs in Start Pending on quorum loss (fact: windows-service-states); the
            # others stop.
            service.status, service.due = ("StartPending" if name == "RTCSRV" else "Stopped"), None


def _fail_over_mirrors(world: World) -> None:
    """With a witness, a synchronised mirror takes over by itself (fact: recovery-figures)."""
    for pool in world.pools.values():
        spec = pool.spec
        if spec.mirror_server is None:
            continue
        sides = (world.sql_is_up(pool.sql_server), world.sql_is_up(spec.mirror_server))
        for database in pool.databases:
            principal_up, other_up = sides if not database.principal_on_mirror else sides[::-1]
            if (
                spec.witness is not None
                and not principal_up
                and other_up
                and database.synchronized
                and world.sql_is_up(spec.witness)
            ):
                database.principal_on_mirror = not database.principal_on_mirror
