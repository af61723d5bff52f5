"""A Central Management store of Lync Server 2010: it cannot be failed over, only installed again elsewhere, by hand."""

from __future__ import annotations

from typing import Final

from lyncops.checks.context import CheckContext
from lyncops.deployment.model import Deployment, Pool, StoreCopy
from lyncops.plan.conditions import PoolIsAlive, StoreIsActiveOn
from lyncops.plan.steps import ManualStep, Step
from lyncops.procedures import figures
from lyncops.procedures.replica_waits import own_replicas, rest_of_replicas
from lyncops.procedures.store import STANDARD_EDITION_INSTANCE, store_works
from lyncops.sources import fact
from lyncops.values import Fqdn

_SOURCES: Final = (fact("store-2010"), fact("move-management-server-local"))
_CONFIGURATION: Final = r"C:\CsConfigurationFile.zip"
_LOCATIONS: Final = r"C:\CsLisConfigurationFile.zip"


def lost_old_store(situation: CheckContext) -> StoreCopy | None:
    """The active store, where it is of Lync Server 2010 and does not work: nothing can be failed over until it is elsewhere."""
    return None if store_works(situation.deployment) else situation.old_store


def old_store_steps(deployment: Deployment, receiver: Pool) -> tuple[Step, ...]:
    """Install the store on `receiver` by the documented cmdlets. The move must be called locally, so people do it.

    Its old place is lost: users wait for the Front Ends of `receiver` alone, as in a disaster.
    """
    machines = [machine.fqdn for machine in receiver.machines if machine.is_up] or [receiver.fqdn]
    first, *others = machines
    return (
        _install(receiver),
        _move(receiver, first),
        *((_setup(receiver, others),) if others else ()),
        own_replicas(deployment, receiver.fqdn, sources=_SOURCES),
    )


def rest_of_old_store(deployment: Deployment, receiver: Pool) -> tuple[Step, ...]:
    """What the users need not wait for."""
    return (rest_of_replicas(deployment, receiver.fqdn, sources=_SOURCES),)


def _install(receiver: Pool) -> ManualStep:
    server, instance = receiver.sql_server or receiver.fqdn, receiver.sql_instance or STANDARD_EDITION_INSTANCE
    return ManualStep(
        step_id="store-2010-install",
        title=f"Install the Central Management database for {receiver.fqdn}",
        why="The store on Lync Server 2010 cannot be failed over, and nothing can be failed over without a store.",
        sources=_SOURCES,
        instructions=(
            f"Install-CsDatabase -CentralManagementDatabase -Clean -SqlServerFqdn {server} -SqlInstanceName {instance}",
            "-Clean empties a Central Management database that is there already: see first that there is none in use.",
        ),
        where=f"the Management Shell of a Front End of {receiver.fqdn}",
        how_to_see=f"The databases xds and lis are on {server}\\{instance}.",
        before=(PoolIsAlive(receiver.fqdn),),
        estimate=figures.STORE_FAILOVER,
        undo=f"Uninstall-CsDatabase -CentralManagementDatabase -SqlServerFqdn {server} -SqlInstanceName {instance}",
    )


def _move(receiver: Pool, machine: Fqdn) -> ManualStep:
    return ManualStep(
        step_id="store-2010-move",
        title=f"Move the Central Management store to {receiver.fqdn}",
        why="Without its old master it is built from saved copies.",
        sources=_SOURCES,
        instructions=(
            f"Have the last export of the configuration as {_CONFIGURATION}. Without one:",
            f"Export-CsConfiguration -FileName {_CONFIGURATION} -LocalStore",
            f"Have the last Export-CsLisConfiguration as {_LOCATIONS}: a lost store leaves no other copy of it.",
            f"Move-CsManagementServer -ConfigurationFileName {_CONFIGURATION} -LisConfigurationFileName {_LOCATIONS} -Force",
        ),
        where=f"the Management Shell on {machine} itself; a remote session cannot call it",
        how_to_see="Get-CsManagementStoreReplicationStatus -CentralManagementStoreStatus names it as master and agent.",
        after=(StoreIsActiveOn(receiver.fqdn),),
        estimate=figures.STORE_FAILOVER,
    )


def _setup(receiver: Pool, machines: list[Fqdn]) -> ManualStep:
    return ManualStep(
        step_id="store-2010-setup",
        title=f"Install the Central Management services on the other Front Ends of {receiver.fqdn}",
        why="Any Front End of the pool can then be master.",
        sources=_SOURCES,
        instructions=tuple(f"On {machine}: Bootstrapper.exe /Setup" for machine in machines),
        where=", ".join(machines),
        how_to_see="Get-CsWindowsService shows MASTER and FTA there.",
        estimate=figures.STORE_FAILOVER,
    )
