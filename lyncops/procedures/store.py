"""Where the Central Management store is, whether it works, and the steps that move it."""

from __future__ import annotations

import enum
from collections.abc import Collection
from typing import Final

import attrs

from lyncops.checks.context import CheckContext
from lyncops.checks.store import installed_by_hand
from lyncops.cmdlets import (
    ExportCsConfiguration,
    ExportCsLisConfiguration,
    InvokeCsManagementServerFailover,
)
from lyncops.deployment.central_management import StoreCopy
from lyncops.deployment.model import Deployment, Pool, PoolKind
from lyncops.deployment.order import natural
from lyncops.plan.conditions import PoolIsAlive, StoreHasSingleMaster, StoreIsActiveOn
from lyncops.plan.file_names import RUN
from lyncops.plan.procedures import MovesStore
from lyncops.plan.steps import CmdletStep, Step
from lyncops.procedures import figures
from lyncops.procedures.replica_waits import all_replicas, own_replicas, rest_of_replicas
from lyncops.sources import fact, guide, reference
from lyncops.values import Fqdn, LyncVersion, Mode, OnPool, Place, Unread

STANDARD_EDITION_INSTANCE: Final = "rtc"
_STORE_DATABASES: Final = frozenset({"xds", "lis"})
_SOURCES: Final = (
    guide("Failing over a pool", step="2 to 5"),
    reference("Invoke-CsManagementServerFailover"),
)
_FOLLOWING: Final = (guide("Failing over a pool", step=5), fact("store-bad-ends"))
_BEFORE_THE_POOL: Final = (
    "The store must be active there before the pool is failed over: without it, the pool's failover"
    " fails."
)
_WHICH_HALF: Final = (
    " -BackupSqlServerFqdn names the primary that the topology defines and"
    " -BackupMirrorSqlServerFqdn its mirror, also while the mirror is principal: this is what the"
    " reference page and the A-B-C procedure say. The guide's page then names only the mirror, with"
    " parameters that do not exist."
)
BAD_ENDS: Final = (
    "A failover of the store can end without an error and leave it active on both pools, or on"
    " neither; the plan then stops. Repair: install the Central Management database again, on the"
    " pool that should not hold it (both) or should (neither), with Uninstall- and"
    " Install-CsDatabase, and"
    " import the saved configuration."
)


class StoreForm(enum.Enum):
    """The two forms of Invoke-CsManagementServerFailover: without arguments, or with the place of
    the standby copy.
    """

    PLANNED = "planned"
    DISASTER = "disaster"


@attrs.frozen(slots=True, kw_only=True)
class Standby:
    """The SQL Servers of a standby copy, as the topology defines them. None: not known.

    Both go with the cmdlet where it has a mirror, whichever of them holds the principal (fact:
    store-forms): the names that the procedure page prints for a principal on the mirror do not
    exist (fact: wrong-parameter-names).
    """

    server: Fqdn | None
    instance: str = ""
    has_mirror: bool = False
    mirror: Fqdn | None = None
    mirror_instance: str = ""

    @property
    def is_known(self) -> bool:
        """Whether all parameters that the cmdlet needs are known."""
        return self.server is not None and (self.mirror is not None or not self.has_mirror)

    def __str__(self) -> str:
        """Server and instance of each half."""
        halves = [
            (self.server, self.instance),
            *([(self.mirror, self.mirror_instance)] if self.has_mirror else []),
        ]
        return ", mirrored on ".join(
            f"{server}\\{instance}" if instance else str(server) for server, instance in halves
        )


@attrs.frozen(slots=True, kw_only=True)
class StoreMove:
    """The store has to go to another pool. `standby` is where its standby copy is.

    It is None in the planned form, which does not need it.
    """

    form: StoreForm
    leaving: Fqdn
    to: Fqdn
    standby: Standby | None = None
    from_single_master: bool = False
    """Whether exactly one copy must be active when the cmdlet is sent; else a run that goes on
    could worsen a known bad end."""


def place_by_hand(deployment: Deployment, lost: Collection[Fqdn]) -> str:
    """The first by name of the living pools outside of `lost` on which people can install the
    store; `POOL` where none is known.
    """
    fit = [
        pool.fqdn
        for pool in deployment.front_end_pools
        if pool.is_alive and pool.fqdn not in lost and pool.version is not LyncVersion.V2010
    ]
    return min(fit, key=natural, default="POOL")


def store_works(deployment: Deployment) -> bool:
    """Whether the store can be written: master and file transfer agents are both empty when it
    cannot (fact: store-status).
    """
    store = deployment.central_management
    known = not isinstance(store.active_master, Unread) and not isinstance(
        store.file_transfer_agents, Unread
    )
    return (
        known
        and bool(store.active_master)
        and bool(store.file_transfer_agents)
        and _holder_lives(deployment)
    )


def _holder_lives(deployment: Deployment) -> bool:
    """A master that is reported while no machine of its pool answers is yesterday's news."""
    master = deployment.central_management.active_master
    holder = deployment.pool_of(master) if isinstance(master, Fqdn) else None
    return holder is None or holder.is_alive


def store_move(situation: CheckContext, leaving: Fqdn, request: MovesStore) -> StoreMove | None:
    """The move of the store that must come before users leave the pool `leaving`; None if it stays,
    or is moved by hand.

    When the copies cannot be read and the store has no master, the pool that failed is taken to
    have held it. A store that is down on a third pool is a check's business: it is refused with the
    command that must come first.
    """
    deployment = situation.deployment
    works = store_works(deployment)
    holder = situation.store_pool
    if holder is None and not works and isinstance(deployment.central_management.copies, Unread):
        holder = leaving
    receiver = situation.receiving
    if holder != leaving or receiver is None or installed_by_hand(situation):
        return None
    return move_to(deployment, receiver, leaving=leaving, works=works, request=request)


def move_to(
    deployment: Deployment, receiver: Pool, *, leaving: Fqdn, works: bool, request: MovesStore
) -> StoreMove:
    """The move of the store to `receiver`: in planned mode the form that waits for replication,
    whatever is overridden.

    In disaster mode too, while the store works; else the form with the place of the standby copy,
    and loses what was not replicated.
    """
    if works or request.mode is Mode.PLANNED:
        insisted = "store-single-master" not in request.overrides
        return StoreMove(
            form=StoreForm.PLANNED, leaving=leaving, to=receiver.fqdn, from_single_master=insisted
        )
    standby = _standby(receiver, _copy_on(deployment, receiver.fqdn))
    told = attrs.evolve(
        standby,
        server=request.store_sql_server or standby.server,
        instance=request.store_sql_instance or standby.instance,
        has_mirror=standby.has_mirror or request.store_mirror_sql_server is not None,
        mirror=request.store_mirror_sql_server or standby.mirror,
        mirror_instance=request.store_mirror_sql_instance or standby.mirror_instance,
    )
    return StoreMove(form=StoreForm.DISASTER, leaving=leaving, to=receiver.fqdn, standby=told)


def _copy_on(deployment: Deployment, pool: Fqdn) -> StoreCopy | None:
    copies = deployment.central_management.copies
    return (
        None
        if isinstance(copies, Unread)
        else next((copy for copy in copies if copy.pool == pool), None)
    )


def _standby(receiver: Pool, copy: StoreCopy | None) -> Standby:
    """Where the standby copy is, as far as it is known.

    Standard Edition keeps it beside itself, in `rtc`, and has no mirror (fact:
    standard-edition-instance).
    """
    if receiver.kind is PoolKind.STANDARD:
        return Standby(server=receiver.fqdn, instance=STANDARD_EDITION_INSTANCE)
    known = copy is not None and isinstance(copy.sql_server, Fqdn)
    server, instance = (
        (copy.sql_server, copy.sql_instance)
        if copy and known
        else (receiver.sql_server, receiver.sql_instance)
    )
    mirror = (
        copy.mirror_sql_server
        if copy is not None and isinstance(copy.mirror_sql_server, Fqdn)
        else None
    )
    has_mirror = _has_mirror(receiver, named=mirror is not None)
    return Standby(
        server=server if isinstance(server, Fqdn) else None,
        instance=instance,
        has_mirror=has_mirror,
        mirror=mirror if has_mirror else None,
        mirror_instance=copy.mirror_sql_instance if copy and has_mirror else "",
    )


def _has_mirror(receiver: Pool, *, named: bool) -> bool:
    """Whether the copy has a mirror: by what its databases say, else by what the topology names.

    A database without one is neither principal nor mirror (fact: mirror-state). All of them are
    silent where both SQL Servers are.
    """
    if receiver.version is LyncVersion.V2019:
        return False
    mirrors = () if isinstance(receiver.mirrors, Unread) else receiver.mirrors
    own = [mirror for mirror in mirrors if mirror.database.casefold() in _STORE_DATABASES]
    return any(mirror.has_role for mirror in own) if own else named


def store_steps(
    deployment: Deployment, move: StoreMove, *, why: str = _BEFORE_THE_POOL
) -> tuple[Step, ...]:
    """The failover of the store on a Front End of the receiving pool, its verification, and the
    wait for the replicas.

    The disaster form waits for the receiving Front Ends alone; `rest_steps` waits for the others.
    """
    first = all_replicas if move.form is StoreForm.PLANNED else own_replicas
    return (
        CmdletStep(
            step_id="store-failover",
            title=f"Fail over the Central Management store to {move.to}",
            why=f"{why}{_WHICH_HALF if move.standby and move.standby.mirror else ''}",
            sources=_SOURCES,
            cmdlet=_failover_cmdlet(move),
            place=OnPool(move.to),
            before=(
                PoolIsAlive(move.to),
                *((StoreHasSingleMaster(),) if move.from_single_master else ()),
            ),
            after=(StoreIsActiveOn(move.to),),
            settle=figures.STORE_FAILOVER * 2,
            deadline=figures.ONE_HOUR,
            estimate=figures.STORE_FAILOVER,
            undo=_undo(move),
        ),
        first(deployment, move.to, sources=_FOLLOWING),
    )


def rest_steps(deployment: Deployment, move: StoreMove | None) -> tuple[Step, ...]:
    """What the users of a disaster need not wait for, to be done after them; nothing where all was
    waited for before.
    """
    if move is None or move.form is StoreForm.PLANNED:
        return ()
    return (rest_of_replicas(deployment, move.to, sources=_FOLLOWING),)


def _failover_cmdlet(move: StoreMove) -> InvokeCsManagementServerFailover:
    standby = move.standby
    if standby is None or standby.server is None:
        return InvokeCsManagementServerFailover()
    # -Force: mandatory in the disaster form of the Lync 2013 reference, and in the documented A-B-C
    # procedure (fact: store-forms).
    return InvokeCsManagementServerFailover(
        backup_sql_server_fqdn=standby.server,
        backup_sql_instance_name=standby.instance or None,
        backup_mirror_sql_server_fqdn=standby.mirror,
        backup_mirror_sql_instance_name=(
            (standby.mirror_instance or None) if standby.mirror else None
        ),
        force=True,
    )


def _undo(move: StoreMove) -> str:
    back = f"With both pools up: lyncops run management-store-failover {move.to} --mode planned"
    return f"{back}. The store may also stay on {move.to}."


def export_steps(deployment: Deployment, place: Place, request: MovesStore) -> tuple[Step, ...]:
    """Configuration and LIS are saved first, if asked for.

    A half-moved store is repaired from a saved copy only (fact: store-bad-ends).

    The files stay on the server that runs the export. Without a working store the local copy is
    exported; LIS has none.
    """
    if not request.export:
        return ()
    works = store_works(deployment)
    stem = rf"{request.export_folder}\lyncops-{deployment.name}-{RUN}"
    configuration = CmdletStep(
        step_id="export-configuration",
        title="Save the configuration",
        why="If the store ends up on both pools or on neither, it is repaired from a saved copy.",
        sources=(fact("store-bad-ends"), reference("Export-CsConfiguration")),
        cmdlet=ExportCsConfiguration(file_name=f"{stem}-configuration.zip", local_store=not works),
        place=place,
        deadline=figures.ONE_HOUR / 4,
        estimate=figures.EXPORT,
        undo="Delete the file.",
        optional=True,
    )
    if not works:
        return (configuration,)
    lis = CmdletStep(
        step_id="export-lis",
        title="Save the location information (LIS)",
        why="LIS data is not replicated to the backup pool.",
        sources=(fact("lis-not-replicated"), reference("Export-CsLisConfiguration")),
        cmdlet=ExportCsLisConfiguration(file_name=f"{stem}-lis.zip"),
        place=place,
        deadline=figures.ONE_HOUR / 4,
        estimate=figures.EXPORT,
        undo="Delete the file.",
        optional=True,
    )
    return (configuration, lis)
