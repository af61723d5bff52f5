"""How far the Backup Service is: both directions of every pair, per module, with the loss that each
state means now.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime

import attrs

from lyncops.checks.backup import idle_is_normal, standby_is_normal
from lyncops.checks.context import CheckContext
from lyncops.checks.loss import expected_loss, loss_of_module
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.model import BackupServiceSettings, Deployment, Pool
from lyncops.text.brief import brief, first_of
from lyncops.values import Fqdn, Mode, Unread


class SyncState(enum.StrEnum):
    """What the two states of a module come to, from good to bad."""

    STEADY = "steady"  # everything is copied, or will be by the next copy
    COPYING = "copying"  # a backlog, or nothing copied yet
    UNKNOWN = "unknown"  # not readable, or a state that is none of the documented ones
    ERROR = "error"


_SEVERITY = tuple(SyncState)


def worst(states: Iterable[SyncState]) -> SyncState:
    """The worst of them; UNKNOWN of none, since nothing is known then."""
    return max(states, key=_SEVERITY.index, default=SyncState.UNKNOWN)


@attrs.frozen(slots=True, kw_only=True)
class ModuleSync:
    """One module of one direction.

    `loss` is what would be lost of it if the exporting pool died now.
    """

    name: str
    export: ExportState | str
    import_: ImportState | str
    state: SyncState
    loss: str


@attrs.frozen(slots=True, kw_only=True)
class DirectionSync:
    """What one pool copies to its backup pool.

    `modules` is Unread where the pool could not be asked.
    """

    source: Fqdn
    target: Fqdn
    modules: tuple[ModuleSync, ...] | Unread
    loss: str  # of the whole direction, in disaster mode

    def __repr__(self) -> str:
        return brief(self, f"{self.source} to {self.target}: {self.state}")

    @property
    def state(self) -> SyncState:
        """The worst of its modules; a direction that names no module never copied anything."""
        if isinstance(self.modules, Unread):
            return SyncState.UNKNOWN
        return worst(module.state for module in self.modules) if self.modules else SyncState.COPYING


@attrs.frozen(slots=True, kw_only=True)
class BackupServiceReport:
    """The Backup Service of a deployment: its configuration, and both directions of every pair that
    was asked for.
    """

    read_at: datetime
    settings: BackupServiceSettings | Unread
    directions: tuple[DirectionSync, ...]
    unpaired: tuple[Fqdn, ...] = ()
    unread: tuple[Unread, ...] = ()  # pools of which not even the pair is known

    def __repr__(self) -> str:
        told = first_of(f"{one.source} to {one.target} {one.state}" for one in self.directions)
        return brief(self, f"{self.state}: {told or 'no pair'}")

    @property
    def state(self) -> SyncState:
        """The worst of all directions; UNKNOWN where there is none."""
        return worst(
            (
                *(direction.state for direction in self.directions),
                *(SyncState.UNKNOWN for _ in self.unread),
            )
        )


def backup_service_report(
    deployment: Deployment, pools: Iterable[Fqdn] = ()
) -> BackupServiceReport:
    """Both directions of the pairs that `pools` belong to (of every pair, where none is named),
    each direction once.
    """
    if isinstance(deployment.pools, Unread):
        return BackupServiceReport(
            read_at=deployment.read_at,
            settings=deployment.backup_service,
            directions=(),
            unread=(deployment.pools,),
        )
    wanted = tuple(pools) or tuple(pool.fqdn for pool in deployment.front_end_pools)
    directions: dict[tuple[Fqdn, Fqdn], DirectionSync] = {}
    unpaired: list[Fqdn] = []
    unread: list[Unread] = []
    for fqdn in wanted:
        partner = _partner_of(deployment, fqdn)
        match partner:
            case None:
                unpaired.append(fqdn)
            case Unread():
                unread.append(partner)
            case _:
                for source, target in ((fqdn, partner), (partner, fqdn)):
                    directions.setdefault((source, target), _direction(deployment, source, target))
    return BackupServiceReport(
        read_at=deployment.read_at,
        settings=deployment.backup_service,
        directions=tuple(directions.values()),
        unpaired=tuple(unpaired),
        unread=tuple(unread),
    )


def silent_report(error: object, at: datetime) -> BackupServiceReport:
    """What is known when no server answers: nothing, and why."""
    nothing = Unread("the Backup Service", str(error))
    return BackupServiceReport(read_at=at, settings=nothing, directions=(), unread=(nothing,))


def _partner_of(deployment: Deployment, fqdn: Fqdn) -> Fqdn | Unread | None:
    pool = deployment.pool(fqdn)
    if pool is None or not pool.kind.is_front_end:
        return Unread(f"the Backup Service of {fqdn}", "the topology has no such Front End pool")
    return pool.backup_pool


def _direction(deployment: Deployment, source: Fqdn, target: Fqdn) -> DirectionSync:
    situation = CheckContext(deployment, source, Mode.DISASTER)
    return DirectionSync(
        source=source,
        target=target,
        modules=_modules(situation),
        loss=expected_loss(deployment, source, Mode.DISASTER),
    )


def _modules(situation: CheckContext) -> tuple[ModuleSync, ...] | Unread:
    pool = situation.pool
    if pool is None:
        return Unread(
            f"the Backup Service status of {situation.target}", "the topology has no such pool"
        )
    if isinstance(pool.backup_modules, Unread):
        return pool.backup_modules
    return tuple(_module(situation, pool, module) for module in pool.backup_modules)


def _module(situation: CheckContext, pool: Pool, module: BackupModule) -> ModuleSync:
    standby = standby_is_normal(situation, pool, module)
    idle = idle_is_normal(situation, pool, module)
    return ModuleSync(
        name=module.name,
        export=module.export,
        import_=module.import_,
        state=worst((_of_import(module), SyncState.STEADY if idle else _of_export(module))),
        loss=(
            "Nothing: the active store is not here."
            if standby
            else "Nothing: response groups are not configured to be copied."
            if idle
            else loss_of_module(situation, pool, module)
        ),
    )


def _of_export(module: BackupModule) -> SyncState:
    match module.export:
        case ExportState.FINAL | ExportState.STEADY:
            return SyncState.STEADY
        case ExportState.NON_STEADY | ExportState.NOT_INITIALIZED:
            return SyncState.COPYING
        case ExportState.ERROR:
            return SyncState.ERROR
        case _:
            return SyncState.UNKNOWN


def _of_import(module: BackupModule) -> SyncState:
    states = {ImportState.NORMAL: SyncState.STEADY, ImportState.ERROR: SyncState.ERROR}
    return (
        states.get(module.import_, SyncState.UNKNOWN)
        if isinstance(module.import_, ImportState)
        else SyncState.UNKNOWN
    )
