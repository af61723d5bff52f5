"""A store that no cmdlet fails over: people install it again elsewhere, from saved copies, as the
recovery guide says.

That is a store on Lync Server 2010, and one without a standby copy.
"""

from __future__ import annotations

from typing import Final

from lyncops.checks.context import CheckContext
from lyncops.checks.store import installed_by_hand
from lyncops.deployment.model import Deployment, Pool, PoolKind
from lyncops.plan.conditions import PoolIsAlive, StoreIsActiveOn
from lyncops.plan.steps import ManualStep, Step
from lyncops.procedures import figures
from lyncops.procedures.replica_waits import own_replicas, rest_of_replicas
from lyncops.procedures.store import STANDARD_EDITION_INSTANCE, store_works
from lyncops.sources import fact
from lyncops.values import Fqdn

_SOURCES: Final = (
    fact("store-without-standby"),
    fact("store-2010"),
    fact("move-management-server-local"),
)
_CONFIGURATION: Final = r"C:\CsConfigurationFile.zip"
_LOCATIONS: Final = r"C:\CsLisConfigurationFile.zip"


def store_comes_by_hand(situation: CheckContext) -> bool:
    """Whether the plan asks people to install the store on the receiving pool: it does not work,
    and no cmdlet moves it.
    """
    goes_along = situation.leaving is not None and situation.store_pool == situation.leaving.fqdn
    return installed_by_hand(situation) and (goes_along or not store_works(situation.deployment))


def hand_steps(deployment: Deployment, receiver: Pool) -> tuple[Step, ...]:
    """Install the store on `receiver` by the documented cmdlets.

    The move must be called locally, so people do it.

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


def rest_after_hand_steps(deployment: Deployment, receiver: Pool) -> tuple[Step, ...]:
    """What the users need not wait for."""
    return (rest_of_replicas(deployment, receiver.fqdn, sources=_SOURCES),)


def _install(receiver: Pool) -> ManualStep:
    standard = receiver.kind is PoolKind.STANDARD
    server = receiver.fqdn if standard else receiver.sql_server or receiver.fqdn
    instance = (
        STANDARD_EDITION_INSTANCE
        if standard
        else receiver.sql_instance or STANDARD_EDITION_INSTANCE
    )
    where = f"-SqlServerFqdn {server} -SqlInstanceName {instance}"
    return ManualStep(
        step_id="store-install",
        title=f"Install the Central Management database for {receiver.fqdn}",
        why=(
            "There is no standby copy that can take over, and no pool can be failed over without a"
            " store."
        ),
        sources=_SOURCES,
        instructions=(
            f"Install-CsDatabase -CentralManagementDatabase -Clean {where}",
            (
                "-Clean empties an existing Central Management database: first make sure that none"
                " is in use there."
            ),
            *(
                (
                    (
                        'First "Prepare Standard Edition server" in the Deployment Wizard, where'
                        " that was not done."
                    ),
                )
                if standard
                else ()
            ),
            *(
                (
                    (
                        "If the mirror is the principal of that pool's databases, give the"
                        " mirror's server."
                    ),
                )
                if not standard
                else ()
            ),
        ),
        where=f"the Management Shell of a Front End of {receiver.fqdn}",
        how_to_see=f"The databases xds and lis are on {server}\\{instance}.",
        before=(PoolIsAlive(receiver.fqdn),),
        estimate=figures.STORE_FAILOVER,
        undo=f"Uninstall-CsDatabase -CentralManagementDatabase {where}",
    )


def _move(receiver: Pool, machine: Fqdn) -> ManualStep:
    files = f"-ConfigurationFileName {_CONFIGURATION} -LisConfigurationFileName {_LOCATIONS}"
    return ManualStep(
        step_id="store-move",
        title=f"Move the Central Management store to {receiver.fqdn}",
        why="The old master is lost, so the new store is built from saved copies.",
        sources=_SOURCES,
        instructions=(
            f"Copy the last export of the configuration to {_CONFIGURATION}. If there is none:",
            f"Export-CsConfiguration -FileName {_CONFIGURATION} -LocalStore",
            (
                f"Copy the last output of Export-CsLisConfiguration to {_LOCATIONS}: no other copy"
                " is left. If E9-1-1 is not used, leave out -LisConfigurationFileName."
            ),
            (
                "Check that the Front End service is running here, that the disk has free space,"
                " and that Enable-CsTopology works here: if it fails, no working store is left."
            ),
            f"Move-CsManagementServer {files} -Force",
            "Run setup on every computer that the output lists.",
        ),
        where=(
            f"the Management Shell on {machine} itself; the cmdlet does not work in a remote"
            " session"
        ),
        how_to_see=(
            "Get-CsManagementStoreReplicationStatus -CentralManagementStoreStatus shows it as"
            " master and file transfer agent."
        ),
        after=(StoreIsActiveOn(receiver.fqdn),),
        estimate=figures.STORE_FAILOVER,
    )


def _setup(receiver: Pool, machines: list[Fqdn]) -> ManualStep:
    return ManualStep(
        step_id="store-setup",
        title=f"Install the Central Management services on the other Front Ends of {receiver.fqdn}",
        why="Then any Front End of the pool can become master.",
        sources=_SOURCES,
        instructions=tuple(f"On {machine}: Bootstrapper.exe /Setup" for machine in machines),
        where=", ".join(machines),
        how_to_see="Get-CsWindowsService shows MASTER and FTA there.",
        estimate=figures.STORE_FAILOVER,
    )
