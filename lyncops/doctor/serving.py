"""What the machines, the store and the Backup Service mean, read through the endpoints that let
somebody in. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from lyncops.checks.backup import not_steady
from lyncops.checks.check import Finding, failed, passed, unknown, warning
from lyncops.checks.words import counted, listed, sentence
from lyncops.deployment.model import Deployment, Machine, Pool, PoolKind
from lyncops.deployment.witnesses import Door, Knock, Says
from lyncops.values import Unread

_SERVICES: Final = "Get-CsWindowsService -ComputerName {0}"
_MACHINE_RIGHTS: Final = (
    "See second-hop of the endpoints first. Where that works: Add-LocalGroupMember -Group"
    " Administrators -Member ACCOUNT on {0}, then log on again."
)


def name_and_ports(
    machine: Machine, knocks: Mapping[Door, Knock] | None
) -> Iterator[tuple[str, Finding]]:
    """Does its name resolve, and does one of its ports answer from here?"""
    found = {
        door.port: knock for door, knock in (knocks or {}).items() if door.host == machine.fqdn
    }
    if not found:
        yield (
            "ports",
            unknown(
                "No port was tried from here.",
                f"Test-NetConnection {machine.fqdn} -Port 5061",
                blocking=False,
            ),
        )
        return
    tried = {port: knock for port, knock in sorted(found.items()) if knock is not Knock.NO_NAME}
    if not tried:
        yield (
            "name-resolution",
            warning(
                f"No route from here to {machine.fqdn} is known: only the servers can see whether"
                " it is up.",
                f"Resolve-DnsName {machine.fqdn} on a server; then let this computer ask the same"
                " DNS server, or map its ports under [network] connect_to.",
            ),
        )
        return
    yield "name-resolution", passed(f"A route to {machine.fqdn} is known.")
    answering = [f"{port} ({knock.value})" for port, knock in tried.items() if knock.answered]
    ports = listed(tried)
    if answering:
        yield "ports", passed(f"Of the ports {ports}, {listed(answering)} answered.")
        return
    yield (
        "ports",
        failed(
            f"None of the ports {ports} answers from here: the machine is off, or a firewall drops"
            " connections.",
            f"Test-NetConnection {machine.fqdn} -Port 5061 from another server;"
            f" Get-NetFirewallProfile on {machine.fqdn}.",
        ),
    )


def services(machine: Machine, pool: Pool) -> Finding:
    """Can the account read its services?"""
    found, ask = machine.services, _SERVICES.format(machine.fqdn)
    if not isinstance(found, Unread):
        running = sum(service.is_running for service in found)
        told = f"{counted(len(found), 'service')} could be read, {running} of them running."
        stopped = [service.name for service in found if not service.is_running]
        return (
            passed(told)
            if found and not stopped
            else warning(told, f"{ask}; not running: {listed(stopped)}")
        )
    said = sentence(found.reason)
    if pool.kind is PoolKind.EDGE and not found.asked:
        remedy = f'Add to lyncops.toml a [[machine]] with name = "{machine.fqdn}" and its url.'
        return unknown(
            f"An Edge server answers only for itself, and no endpoint of it is configured. {said}",
            remedy,
            blocking=False,
        )
    if machine.vouched(Says.DENIED):
        return failed(
            f"The account may not read its services: {said}",
            _MACHINE_RIGHTS.format(machine.fqdn),
        )
    if machine.vouched(Says.ALIVE):
        remedy = f"{ask} on the server that was asked; see second-hop of the endpoints."
        return failed(f"The machine is up, but its services could not be read: {said}", remedy)
    if machine.vouched(Says.DEAD):
        return failed(f"The machine does not answer: {said}", f"{ask} on a server next to it.")
    return unknown(
        f"Its services could not be read: {said}",
        f"{ask}; see second-hop of the endpoints.",
        blocking=True,
    )


def topology(deployment: Deployment) -> Finding:
    """Could the topology be read?"""
    if isinstance(deployment.pools, Unread):
        return failed(
            f"The topology could not be read: {sentence(deployment.pools.reason)}",
            "Get-CsTopology; Get-CsPool",
        )
    told = f"{counted(len(deployment.pools), 'pool')}, read through {deployment.read_through}."
    if deployment.from_local_store:
        return warning(
            f"{told} Only a server's local copy could be read.",
            "Get-CsManagementConnection; see second-hop.",
        )
    if deployment.gaps:
        return warning(
            f"{told} Not understood: {listed(map(str, deployment.gaps))}.", "lyncops status"
        )
    return passed(told)


def store(deployment: Deployment) -> Finding:
    """Could the Central Management store be read?"""
    told, ask = (
        deployment.central_management,
        "Get-CsManagementStoreReplicationStatus -CentralManagementStoreStatus",
    )
    if isinstance(told.active_master, Unread):
        return failed(
            f"The store's status could not be read: {sentence(told.active_master.reason)}", ask
        )
    if told.active_master is None:
        return failed("The store has no active master.", ask)
    if isinstance(told.replicas, Unread):
        reason = sentence(told.replicas.reason)
        return warning(
            f"Active master: {told.active_master}. The replicas could not be read: {reason}", ask
        )
    late = [replica.computer for replica in told.replicas if not replica.up_to_date]
    if late:
        remedy = f"Invoke-CsManagementStoreReplication -ReplicaFqdn {late[0]}"
        return warning(
            f"Active master: {told.active_master}. Not up to date: {listed(late)}.", remedy
        )
    return passed(
        f"Active master: {told.active_master}; {counted(len(told.replicas), 'replica')}, all up to"
        " date."
    )


def user_database(pool: Pool) -> Finding | None:
    """Is the user database of a pool online?

    None: it was not asked (Standard Edition can be asked only on the server itself).
    """
    ask = f"Get-CsUserDatabaseState -RegistrarPool {pool.fqdn}"
    match pool.back_end_online:
        case None:
            return None
        case Unread(reason=reason):
            return failed(
                f"Whether it is online could not be read: {sentence(reason)}",
                f"{ask}; see second-hop.",
            )
        case online:
            return (
                passed("It is online.")
                if online
                else failed("It is not online.", f"{ask}; look at the SQL Server.")
            )


def backup_service(deployment: Deployment, pool: Pool) -> Finding | None:
    """Could the state of the Backup Service of a pool be read?

    None: the pool has no backup pool.
    """
    ask = f"Get-CsBackupServiceStatus -PoolFqdn {pool.fqdn}"
    if pool.backup_pool is None:
        return None
    if isinstance(pool.backup_pool, Unread):
        return unknown(
            sentence(pool.backup_pool.reason),
            f"Get-CsPoolBackupRelationship -PoolFqdn {pool.fqdn}",
            blocking=True,
        )
    if isinstance(pool.backup_modules, Unread):
        return failed(
            f"Its state could not be read: {sentence(pool.backup_modules.reason)}",
            f"{ask}; see second-hop.",
        )
    unsteady = [module.name for module in not_steady(deployment, pool)]
    if unsteady or not pool.backup_modules:
        return warning(
            f"Backs up to {pool.backup_pool}; not steady: {listed(unsteady)}.",
            f"{ask}; Invoke-CsBackupServiceSync",
        )
    return passed(f"Backs up to {pool.backup_pool}; every module is steady.")
