"""The Central Management store: replication status, forced replication, failover with its known bad
ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.registry import Opens, Store, changes, reads
from lyncops.lab.model.progress import settle
from lyncops.lab.model.state import STORE_MODULE, Loss, MachineState, PoolRuntime, StoreCopy
from lyncops.lab.model.switches import StoreBug
from lyncops.values import Fqdn, RemoteObject

_REPLICA: Final = "Microsoft.Rtc.Management.Xds.ReplicaState"
_STATUS: Final = "Microsoft.Rtc.Management.Xds.CentralManagementStoreStatusResult"
_FAILOVER: Final = timedelta(minutes=5)  # RTO of the store (fact: recovery-figures)
# How long a planned failover waits for replicas: a guess
_REPLICATION_PATIENCE: Final = timedelta(minutes=10)
_REPLICATION_LOOK: Final = timedelta(seconds=30)


@reads("Get-CsManagementStoreReplicationStatus", store=Store.NONE, opens=Opens.STORE)
def get_cs_management_store_replication_status(call: Call) -> Iterator[RemoteObject]:
    """Replica states, one per computer; or the store's own status.

    Without a store: nothing, and empty names.

    (fact: store-status)
    """
    if call.flag("CentralManagementStoreStatus"):
        yield _store_status(call)
        return
    if call.world.faults.no_replication_status or not call.world.store_readable:
        return
    machines = call.world.machine_states
    if call.given("ReplicaFqdn"):
        wanted = call.text("ReplicaFqdn").casefold()
        machines = {fqdn: machine for fqdn, machine in machines.items() if fqdn == wanted}
        if not machines:  # a computer, not a pool (fact: replica-status)
            call.fail(
                placeholders.UNKNOWN_COMPUTER.format(call.text("ReplicaFqdn")),
                category="ObjectNotFound",
            )
    for machine in machines.values():
        replica = machine.replica
        values = {
            "UpToDate": is_up_to_date(call, machine),
            "ReplicaFqdn": machine.fqdn,
            "LastStatusReport": replica.last_report,
            "LastUpdateCreation": max(replica.last_creation, call.world.store.changed),
            "ProductVersion": call.world.version_of(machine.fqdn).build,
        }
        yield call.make(_REPLICA, values, text=_REPLICA)


def is_up_to_date(call: Call, machine: MachineState) -> bool:
    """Whether a replica has the store's content.

    A machine that is down is not (fact: replica-age).
    """
    return machine.is_up and machine.replica.applied >= call.world.store.changed


def _store_status(call: Call) -> RemoteObject:
    world = call.world
    master = world.master_machine(world.store.copies[world.store.point])
    name = (
        "" if master is None else str(master.pool if world.switches.master_is_pool else master.fqdn)
    )
    agent = master is not None and master.runs("FTA")
    values: dict[str, object] = {
        "ActiveMasterFQDN": name,
        "ActiveFileTransferAgents": [name] if agent else [],
    }
    if world.switches.heartbeats:
        beat = world.now().replace(microsecond=0)
        values |= {
            "ActiveMasterLastHeartbeat": beat if name else None,
            "ActiveFileTransferAgentLastHeartbeats": [beat] if agent else [],
            "ActiveReplicas": list(world.machine_states) if name else [],
            "DeletedReplicas": [],
        }
    return call.make(_STATUS, values, text=_STATUS)


@changes("Invoke-CsManagementStoreReplication")
def invoke_cs_management_store_replication(call: Call) -> None:
    """Replicates now: replicas turn False, and True after two to three minutes.

    What is under way already is not put off.
    """
    world = call.world
    with world.lock:
        machines = list(world.machine_states.values())
        if call.given("ReplicaFqdn"):
            machines = [
                machine
                for machine in machines
                if machine.fqdn == call.text("ReplicaFqdn").casefold()
            ]
            if not machines:
                call.fail(
                    placeholders.UNKNOWN_COMPUTER.format(call.text("ReplicaFqdn")),
                    category="ObjectNotFound",
                )
        if not call.start():
            return
        for machine in machines:
            if machine.replica.applied >= world.store.changed:
                machine.replica.applied = world.store.changed - timedelta(microseconds=1)
                machine.replica.requested = world.now()


@changes("Invoke-CsManagementServerFailover", store=Store.NONE)
def invoke_cs_management_server_failover(call: Call) -> None:
    """Moves the active role to the pool of the machine that runs it. Ends without output.

    Refuses: caller not in RTCUniversalServerAdmins; a machine outside the pools that hold a copy;
    the role is here already; two active copies; without -BackupSqlServerFqdn: the active copy
    cannot be reached; with it: a database or a mirror that the topology does not define for this
    pool, a mirror that is not named, a principal that is down (fact: store-forms).
    """
    world = call.world
    with world.lock:
        target = world.store.copies.get(call.machine.pool)
        if target is None:
            call.fail(placeholders.STORE_WRONG_SERVER.format(machine=call.machine.fqdn))
        if call.flag("Restore"):
            _refuse_restore(call)
        else:
            _refuse_failover(call, target)
        source = _source(call, target)
    names = {"source": source.pool, "target": target.pool}
    if (
        not call.should_process(placeholders.STORE_WHAT_IF.format(**names), high_impact=True)
        or not call.start()
    ):
        return
    disaster = call.set_name == "DisasterRecovery"
    steps = [step.format(**names) for step in placeholders.STORE_STEPS]
    call.verbose(steps[0])
    if not call.flag("Force") and not call.flag("Restore"):
        _await_replication(call)
    call.verbose(steps[1])
    call.wait(_FAILOVER * 0.5, call.name, steps[1], span=(0, 50))
    call.verbose(steps[2])
    call.wait(_FAILOVER * 0.5, call.name, steps[2], span=(50, 100))
    with world.lock:
        settle(world)
        _move(call, source, target, planned=not disaster or not call.flag("Force"))


def _refuse_restore(call: Call) -> None:
    """What -Restore does is not documented beyond its name: here it takes the role where a failover
    left none active.
    """
    if call.world.store.claimants:
        call.fail(placeholders.STORE_NOTHING_TO_RESTORE)


def _refuse_failover(call: Call, target: StoreCopy) -> None:
    world, claimants = call.world, call.world.store.claimants
    if len(claimants) > 1:
        call.fail(placeholders.STORE_NOT_AVAILABLE, category="ResourceUnavailable")
    if target.active:
        call.fail(placeholders.STORE_ALREADY_HERE.format(pool=target.pool))
    if call.set_name == "DisasterRecovery":
        _refuse_database(call, world.pools[target.pool])
        if world.switches.store_force_required and not call.flag("Force") and not world.store_works:
            call.fail(placeholders.STORE_FORCE_REQUIRED)
    elif not world.store_works:
        call.fail(
            placeholders.STORE_SOURCE_DOWN.format(pool=world.store.point),
            category="ConnectionError",
        )


def _refuse_database(call: Call, pool: PoolRuntime) -> None:
    """Only the database that the topology defines, and its mirror where it has one, whichever half
    is principal.

    (fact: store-forms)
    """
    world, spec = call.world, pool.spec
    _refuse_server(call, pool, "Backup", (pool.sql_server, spec.sql_instance))
    if call.given("BackupMirrorSqlServerFqdn"):
        mirror = (spec.mirror_server, spec.mirror_instance) if spec.mirror_server else None
        _refuse_server(call, pool, "BackupMirror", mirror)
    elif spec.mirror_server is not None and world.switches.store_mirror_required:
        call.fail(
            placeholders.STORE_MIRROR_MISSING.format(pool=pool.fqdn),
            category="InvalidArgument",
            target=pool.fqdn,
        )
    principal = world.principal(pool, "CentralMgmt")
    if not world.sql_is_up(principal):
        call.fail(
            placeholders.STORE_SQL_DOWN.format(server=principal),
            category="ConnectionError",
            target=principal,
        )


def _refuse_server(
    call: Call, pool: PoolRuntime, prefix: str, defined: tuple[Fqdn, str] | None
) -> None:
    server, instance = call.fqdn(f"{prefix}SqlServerFqdn"), call.text(f"{prefix}SqlInstanceName")
    if defined is None or (server, instance.casefold()) != (defined[0], defined[1].casefold()):
        message = placeholders.STORE_WRONG_SQL.format(
            server=server, instance=instance or "(default)", pool=pool.fqdn
        )
        call.fail(message, category="InvalidArgument", target=server)


def _source(call: Call, target: StoreCopy) -> StoreCopy:
    store = call.world.store
    active = [copy for copy in store.claimants if copy is not target]
    others = [copy for copy in store.copies.values() if copy is not target]
    return (active or others or [target])[0]


def _await_replication(call: Call) -> None:
    """Without -Force: first all replication must be done (fact: store-forms), as far as the store
    works and the machines are up.
    """
    world = call.world
    deadline = world.now() + _REPLICATION_PATIENCE
    while True:
        with world.lock:
            settle(world)
            behind = [
                m for m in world.machine_states.values() if m.is_up and not is_up_to_date(call, m)
            ]
            if not behind or not world.store_works:
                return
        if world.now() >= deadline:
            call.fail(
                placeholders.STORE_REPLICAS_BEHIND.format(machine=behind[0].fqdn),
                target=behind[0].fqdn,
            )
        call.wait(_REPLICATION_LOOK, span=(0, 0))


def _move(call: Call, source: StoreCopy, target: StoreCopy, *, planned: bool) -> None:
    """The role moves, or ends as one of the known bugs (fact: store-bad-ends).

    LIS data does not move.

    (fact: lis-not-replicated)
    """
    world, store = call.world, call.world.store
    bug = world.faults.store_failover
    if bug is not StoreBug.NONE_ACTIVE:
        if planned and world.store_readable:
            target.configuration = source.configuration
        elif store.written:
            age = world.now() - store.written[0][0]
            loss = Loss(
                at=world.now(),
                cmdlet=call.name,
                pool=source.pool,
                unsynced={STORE_MODULE: age},
                items=len(store.written),
            )
            world.losses.append(loss)
        store.written.clear()
        store.point, target.active = target.pool, True
        for machine in world.members(world.pools[target.pool]):
            if machine.is_up and machine.services["MASTER"].wanted:
                machine.services["MASTER"].status = "Running"
    if bug is not StoreBug.BOTH_ACTIVE and source is not target:
        source.active = False
    store.changed = world.now()


@changes("Move-CsManagementServer", store=Store.NONE)
def move_cs_management_server(call: Call) -> None:
    """Must be run locally; cannot be called from a remote management session, and every session
    here is one.

    (fact: move-management-server-local)
    """
    call.fail(placeholders.REMOTE_NOT_ALLOWED.format(cmdlet=call.name))
