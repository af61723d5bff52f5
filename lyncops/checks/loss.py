"""What a move would cost: the data that was not copied, per module, in words and with the
documented figures.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from lyncops.checks.backup import copies_response_groups, idle_is_normal
from lyncops.checks.context import CheckContext, Direction
from lyncops.checks.words import age, exactly
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.model import Deployment, Pool
from lyncops.values import Fqdn, Mode, Unread

# Of a pool and of the store: an engineering target (fact: recovery-figures)
RPO: Final = timedelta(minutes=5)
_CONTENT: Final = {
    "userservices.presencefocus": "contacts, presence and conference settings",
    "confservices.dataconf": "conference content",
    "centralmgmt.cmsmaster": "topology and policies",
    "applicationserver.rgsdatastore": "response groups",
    "applicationserver.rgsfilestore": "files of response groups",
}


def expected_loss(
    deployment: Deployment, pool: Fqdn, mode: Mode, *, direction: Direction = Direction.FAILOVER
) -> str:
    """What the users would lose, as sentences: nothing in planned mode, else per module what its
    last known state allows to say.
    """
    situation = CheckContext(deployment, pool, mode, direction)
    leaving, receiving = situation.leaving, situation.receiving
    if not situation.disaster and direction is Direction.FAILBACK:
        return (
            f"Nothing: {leaving.fqdn if leaving else 'the backup pool'} copies home the last"
            " changes of these users first."
        )
    if not situation.disaster:
        return (
            f"Nothing: {leaving.fqdn if leaving else pool} goes read-only and copies its last"
            " changes before the users move."
        )
    if leaving is None or receiving is None:
        return "Not known: the pair could not be read."
    if isinstance(leaving.backup_modules, Unread) or not leaving.backup_modules:
        head = (
            f"Everything that {leaving.fqdn} had not copied to {receiving.fqdn}: without a"
            f" backlog, the last {age(RPO)} (the documented target; data is copied every"
            f" {_interval(deployment)}). Its Backup Service could not be asked, so it is not known"
            " whether there is a backlog."
        )
    else:
        parts = [loss_of_module(situation, leaving, module) for module in leaving.backup_modules]
        head = " ".join(
            [f"What {leaving.fqdn} had not copied to {receiving.fqdn}.", *filter(None, parts)]
        )
    return " ".join(filter(None, [head, _import_faults(receiving), _never_copied(situation)]))


def _never_copied(situation: CheckContext) -> str:
    left = "call park and location data are not copied by the Backup Service."
    if copies_response_groups(situation):
        return left.capitalize()
    return f"Response groups, {left}"


def loss_of_module(situation: CheckContext, leaving: Pool, module: BackupModule) -> str:
    """What would be lost of one module if the pool that exports it were gone now; "" where it is
    healthy to copy nothing.
    """
    what = _CONTENT.get(module.name.casefold(), module.name or "a module without a readable name")
    if idle_is_normal(situation, leaving, module):
        return ""
    match module.export:
        case ExportState.FINAL:
            loss = "nothing, all of it was copied"
        case ExportState.STEADY:
            loss = (
                f"at most the changes since the last copy ({_interval(situation.deployment)};"
                f" documented target {age(RPO)})"
            )
        case ExportState.NON_STEADY:
            loss = f"more than {age(RPO)}: there is a backlog of unknown length"
        case ExportState.NOT_INITIALIZED:
            loss = "all of it: it was never copied"
        case _:
            loss = f"not known: its export is in {module.export}, everything since that began"
    return f"{what[0].upper()}{what[1:]}: {loss}."


def _import_faults(receiving: Pool) -> str:
    modules = () if isinstance(receiving.backup_modules, Unread) else receiving.backup_modules
    faulty = [m.name for m in modules if m.import_ is ImportState.ERROR]
    return (
        f"{receiving.fqdn} reports import errors for {', '.join(faulty)}: its copy may be older"
        " than that."
        if faulty
        else ""
    )


def _interval(deployment: Deployment) -> str:
    settings = deployment.backup_service
    return exactly(timedelta(minutes=2) if isinstance(settings, Unread) else settings.sync_interval)
