"""Does the Backup Service keep the two pools in step: its status per module and direction, and does
it run at all?
"""

from __future__ import annotations

from collections.abc import Iterator

from lyncops.checks.check import (
    Finding,
    Weight,
    check,
    failed,
    of_pair,
    pair_unknown,
    passed,
    unknown,
    warning,
)
from lyncops.checks.context import STORE_FIRST, CheckContext
from lyncops.checks.mirrors import rescue
from lyncops.checks.words import listed, sentence
from lyncops.cmdlets.enums import DatabaseNameType
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.gaps import BACKUP, Need, Part
from lyncops.deployment.model import Deployment, Pool
from lyncops.sources import fact, guide, page
from lyncops.values import Mode, Unread

_RESTART = (
    "Restart it on the Front Ends of the pool (Stop- and Start-CsWindowsService -Name LYNCBACKUP),"
    " then Invoke-CsBackupServiceSync; if it has never started, run setup on every Front End of"
    " both pools first."
)


def copies_response_groups(situation: CheckContext) -> bool | None:
    """Whether the Backup Service is to copy response groups (EnableRgsBackupService, of 2019); None
    where that could not be read.
    """
    settings = situation.deployment.backup_service
    return None if isinstance(settings, Unread) else settings.response_groups_copied is True


def idle_is_normal(situation: CheckContext, pool: Pool, module: BackupModule) -> bool:
    """Whether a module copies nothing because it is not to: the store's on the other pool, or those
    of response groups where copying them is switched off.
    """
    off = module.is_idle_response_groups and copies_response_groups(situation) is False
    return off or standby_is_normal(situation, pool, module)


def standby_is_normal(situation: CheckContext, pool: Pool, module: BackupModule) -> bool:
    """Whether a module copies nothing because it is the store's and the active store is on another
    pool.
    """
    return module.is_idle_store and situation.store_pool not in (None, pool.fqdn)


def not_steady(deployment: Deployment, pool: Pool) -> tuple[BackupModule, ...]:
    """The modules of a pool that have something to copy or to take in, or are in error; none where
    they could not be read.
    """
    context = CheckContext(deployment, pool.fqdn, Mode.PLANNED)
    modules = () if isinstance(pool.backup_modules, Unread) else pool.backup_modules
    return tuple(
        module
        for module in modules
        if not module.is_steady(on_standby=False)
        and not (idle_is_normal(context, pool, module) and module.import_ is ImportState.NORMAL)
    )


def faults(situation: CheckContext, pool: Pool) -> Iterator[str]:
    """What is wrong with the direction that leaves `pool`, and with what it takes in."""
    for module in () if isinstance(pool.backup_modules, Unread) else pool.backup_modules:
        export = module.export
        bad = export is ExportState.ERROR or (
            export is ExportState.NOT_INITIALIZED and not module.is_overall
        )
        undecided = (module.is_idle_store and situation.store_pool is None) or (
            module.is_idle_response_groups and copies_response_groups(situation) is None
        )
        if bad and not undecided and not idle_is_normal(situation, pool, module):
            yield f"{module.name} of {pool.fqdn} exports with {export}"
        if module.import_ is ImportState.ERROR:
            yield f"{module.name} of {pool.fqdn} imports with {module.import_}"


def oddities(situation: CheckContext, pool: Pool) -> Iterator[str]:
    """States from which neither health nor fault is concluded: they are none of the documented
    ones, or hang on the store.
    """
    for module in () if isinstance(pool.backup_modules, Unread) else pool.backup_modules:
        if module.is_idle_store and situation.store_pool is None:
            yield (
                f"{module.name} of {pool.fqdn} copies nothing, which is correct only where the"
                " active"
                " store is on another pool"
            )
        if module.is_idle_response_groups and copies_response_groups(situation) is None:
            yield (
                f"{module.name} of {pool.fqdn} copies nothing, which is correct only where"
                " EnableRgsBackupService is off"
            )
        for verb, state in (("exports", module.export), ("imports", module.import_)):
            if not isinstance(state, ExportState | ImportState):
                yield (
                    f"{module.name} of {pool.fqdn} {verb} with {state or 'no state'}, which is not"
                    " a known state"
                )
        if module.is_overall and module.export is ExportState.NOT_INITIALIZED:
            yield (
                f"{pool.fqdn} reports only that not all of its modules were copied; for the store's"
                " module alone that would be normal"
            )


def _is_merged(pool: Pool) -> bool:
    modules = () if isinstance(pool.backup_modules, Unread) else pool.backup_modules
    return any(module.is_overall for module in modules)


def backlogs(pool: Pool) -> tuple[str, ...]:
    """The modules of `pool` whose changes come faster than they can be copied."""
    modules = () if isinstance(pool.backup_modules, Unread) else pool.backup_modules
    return tuple(
        f"{module.name} of {pool.fqdn}"
        for module in modules
        if module.export is ExportState.NON_STEADY
    )


@check(
    "backup-service",
    question="Has the Backup Service copied everything, in both directions?",
    sources=(fact("backup-module-states"), guide("Configuring and monitoring the Backup Service")),
    needs=lambda situation: (*of_pair(Part.BACKUP_STATUS)(situation), Need(Part.STORE)),
)
def backup_service(situation: CheckContext) -> Finding:
    """In disaster mode nothing here blocks the plan: what is missing is reported as the expected
    loss.
    """
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return pair_unknown(situation)
    pair = (pool, partner)
    wrong = [fault for side in pair for fault in faults(situation, side)]
    if wrong:
        evidence, remedy = f"{listed(wrong)}.", _true_reason(pair) or _RESTART
        return warning(evidence, remedy) if situation.disaster else failed(evidence, remedy)
    silent = [
        sentence(side.backup_modules) for side in pair if isinstance(side.backup_modules, Unread)
    ]
    odd = [sentence(odd) for side in pair for odd in oddities(situation, side)]
    if silent or odd:
        remedy = (
            _to_read(situation, pair)
            if silent
            else "Look at Get-CsBackupServiceStatus of both pools."
        )
        return unknown(" ".join((*silent, *odd)), remedy, blocking=not situation.disaster)
    empty = [side.fqdn for side in pair if not side.backup_modules]
    if empty:
        evidence = (
            f"The Backup Service of {listed(empty)} reports no modules: it has never copied"
            " anything."
        )
        return warning(evidence, _RESTART) if situation.disaster else failed(evidence, _RESTART)
    behind = [backlog for side in pair for backlog in backlogs(side)]
    if behind:
        return warning(
            f"A backlog: {listed(behind)}.",
            "This makes a planned move take longer; wait for SteadyState if there is time.",
        )
    merged = [side.fqdn for side in pair if _is_merged(side)]
    if merged:
        return warning(
            f"Together, the modules of {listed(merged)} are in a steady or final state; they could "
            f"not be distinguished.",
            "An endpoint without a restricted configuration, which allows Select-Object"
            " -ExpandProperty, shows each of them.",
        )
    return passed(f"Every module of {pool.fqdn} and {partner.fqdn} is in a steady or final state.")


def _to_read(situation: CheckContext, pair: tuple[Pool, ...]) -> str:
    """What lets the status be read, by what is known of why it could not be."""
    if situation.deployment.from_local_store:
        return STORE_FIRST
    return _true_reason(pair) or (
        "Check that LYNCBACKUP runs there. Where access is denied, ask as a member of"
        " RTCUniversalServerAdmins (or of another of AuthorizedUniversalGroups)."
    )


def _true_reason(pair: tuple[Pool, ...]) -> str:
    """What to do where the user databases of a pool are out of service, or its Backup Service runs
    on no machine: then the other pool has errors too.
    """
    dead = [
        side.fqdn
        for side in pair
        if side.back_end_online is False or rescue(side, DatabaseNameType.USER)
    ]
    if dead:
        return f"Bring the user databases of {listed(dead)} up first: see `lyncops status`."
    stopped = [side.fqdn for side in pair if _runs(side) is False]
    return f"Start LYNCBACKUP on {listed(stopped)}: see backup-service-running." if stopped else ""


@check(
    "backup-service-running",
    question="Is the Backup Service running on both pools?",
    sources=(page("Deploying paired pools"), fact("windows-services")),
    needs=of_pair(Part.MACHINES, BACKUP),
    weight=Weight.NEVER,
)
def backup_service_running(situation: CheckContext) -> Finding:
    """A planned move cannot end without it; a disaster failover needs none on the pool that is
    gone.
    """
    pair = [pool for pool in (situation.pool, situation.partner) if pool is not None]
    if len(pair) < 2:
        return pair_unknown(situation)
    gone = situation.leaving.fqdn if situation.disaster and situation.leaving else None
    asked = [pool for pool in pair if pool.fqdn != gone]
    answers = {pool.fqdn: _runs(pool) for pool in asked}
    stopped = [fqdn for fqdn, runs in answers.items() if runs is False]
    if stopped:
        evidence = f"LYNCBACKUP is not running on any machine of {listed(stopped)}."
        remedy = (
            "Start-CsWindowsService -Name LYNCBACKUP on its Front Ends; where the service does not"
            " exist, run setup there again."
        )
        return warning(evidence, remedy) if situation.disaster else failed(evidence, remedy)
    silent = [fqdn for fqdn, runs in answers.items() if runs is None]
    if silent:
        remedy = (
            "Look at Get-CsWindowsService -Name LYNCBACKUP -ComputerName for the machines of"
            f" {listed(silent)}."
        )
        return unknown(f"No machine of {listed(silent)} could be asked.", remedy, blocking=False)
    rest = f" {gone} is assumed to be gone." if gone else ""
    return passed(f"LYNCBACKUP is running on {listed(answers)}.{rest}")


def _runs(pool: Pool) -> bool | None:
    """Whether LYNCBACKUP runs on a machine of the pool (one at a time does the work); None where no
    machine answered.
    """
    answered = [
        machine.services for machine in pool.machines if not isinstance(machine.services, Unread)
    ]
    if not answered:
        return None
    return any(
        service.name.upper() == "LYNCBACKUP" and service.is_running
        for services in answered
        for service in services
    )
