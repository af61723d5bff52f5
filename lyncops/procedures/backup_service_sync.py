"""Forcing the Backup Service to copy now, and waiting until it is steady."""

from __future__ import annotations

from collections.abc import Iterator

from lyncops.checks.catalogue import CHECKS, run_checks
from lyncops.checks.check import Finding, failed, passed, result_of, unknown
from lyncops.checks.context import CheckContext, Direction
from lyncops.checks.result import CheckResult
from lyncops.checks.words import listed
from lyncops.cmdlets import BackupModule, InvokeCsBackupServiceSync
from lyncops.deployment.model import Deployment, Pool
from lyncops.plan.conditions import BackupModuleIs, BackupServiceSteady, Condition, PoolIsAlive
from lyncops.plan.procedures import BackupServiceSync
from lyncops.plan.steps import CmdletStep, Step, WaitStep
from lyncops.procedures import figures
from lyncops.procedures.drafting import Draft
from lyncops.procedures.edges import preferring
from lyncops.sources import guide, reference
from lyncops.values import LyncVersion, Mode, Unread

_IDS = (
    "pool-exists",
    "pool-is-front-end",
    "pool-is-paired",
    "home-pool-healthy",
    "partner-healthy",
    "backup-service-running",
)
_SOURCES = (
    guide("Configuring and monitoring the Backup Service"),
    reference("Invoke-CsBackupServiceSync"),
)
_OF_2019 = (BackupModule.RGS_DATA_STORE, BackupModule.RGS_FILE_STORE)


def draft(deployment: Deployment, request: BackupServiceSync) -> Draft:
    """Draft that what `request.pool` has changed is copied to its backup pool now.

    One step for each of `request.modules`, or one for all modules. Refused when a pool of the pair
    is dead or runs no Backup Service, for CentralMgmt.CMSMaster on a pool without the active store,
    and for response groups before 2019.
    """
    situation = CheckContext(deployment, request.pool, Mode.PLANNED, Direction.FAILBACK)
    checks = run_checks([CHECKS[check_id] for check_id in _IDS], situation)
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return Draft(checks=checks)
    modules = tuple(dict.fromkeys(request.modules))
    until: tuple[Condition, ...] = tuple(
        BackupModuleIs(pool.fqdn, module.value) for module in modules
    )
    return Draft(
        lock=(pool.fqdn, partner.fqdn),
        checks=(*checks, *_own_checks(situation, pool, modules)),
        steps=tuple(_steps(pool, partner, modules, until or (BackupServiceSteady(pool.fqdn),))),
        goal=until or (BackupServiceSteady(pool.fqdn),),
        expected_loss="Nothing.",
        notes=(f"One direction only: for changes made on {partner.fqdn}, sync {partner.fqdn}.",),
    )


def _own_checks(
    situation: CheckContext, pool: Pool, modules: tuple[BackupModule, ...]
) -> tuple[CheckResult, ...]:
    return (
        result_of(
            "modules-fit",
            "Does the pool have these modules?",
            _SOURCES,
            _modules_fit(situation, pool, modules),
        ),
    )


def _modules_fit(situation: CheckContext, pool: Pool, modules: tuple[BackupModule, ...]) -> Finding:
    later = [module.value for module in modules if module in _OF_2019]
    if later and isinstance(pool.version, Unread):
        return unknown(
            f"{listed(later)}: {pool.version}.",
            "Set version in [deployment] of lyncops.toml.",
            blocking=True,
        )
    if later and pool.version is not LyncVersion.V2019:
        return failed(
            f"{listed(later)}: the Backup Service copies response groups in 2019 only.",
            "Export and import them (Export- and Import-CsRgsConfiguration).",
            overridable=False,
        )
    settings = situation.deployment.backup_service
    if later and not isinstance(settings, Unread) and settings.response_groups_copied is False:
        return failed(
            f"{listed(later)}: the Backup Service does not copy response groups, since"
            " EnableRgsBackupService is off.",
            "Switch it on first: Set-CsBackupServiceConfiguration -EnableRgsBackupService $true.",
        )
    holder = situation.store_pool
    if BackupModule.CMS_MASTER in modules and holder != pool.fqdn:
        where = f"on {holder}" if holder else "on no pool that is known"
        remedy = (
            f"Sync it there: lyncops backup-service sync {holder} --module CentralMgmt.CMSMaster."
            if holder
            else ""
        )
        return failed(
            f"{BackupModule.CMS_MASTER.value} is copied by the pool with the active store, which is"
            f" {where}.",
            remedy or "Find the active store first: lyncops status.",
            overridable=False,
        )
    silent = _not_reported(pool, modules)
    if silent:
        return failed(
            f"{pool.fqdn} does not report {listed(silent)}: so lyncops cannot see when it has been"
            " copied.",
            f"See what it reports: lyncops backup-service show {pool.fqdn}.",
        )
    return passed(
        f"{pool.fqdn} copies"
        f" {listed(module.value for module in modules) if modules else 'all its modules'}."
    )


def _not_reported(pool: Pool, modules: tuple[BackupModule, ...]) -> list[str]:
    """The modules that a pool does not report, although it reports others."""
    if isinstance(pool.backup_modules, Unread) or not pool.backup_modules:
        return []
    told = {module.name.casefold() for module in pool.backup_modules}
    return [module.value for module in modules if module.value.casefold() not in told]


def _steps(
    pool: Pool, partner: Pool, modules: tuple[BackupModule, ...], until: tuple[Condition, ...]
) -> Iterator[Step]:
    takes = figures.content_sync(pool.users)
    for module in modules or (None,):
        name = module.value if module else "every module"
        yield CmdletStep(
            step_id=f"sync-{module.value.casefold()}" if module else "sync",
            title=f"Copy {name} of {pool.fqdn} to {partner.fqdn} now",
            why="Otherwise the Backup Service copies only when its interval has passed.",
            sources=_SOURCES,
            cmdlet=InvokeCsBackupServiceSync(pool_fqdn=pool.fqdn, backup_module=module),
            place=preferring(pool.fqdn),
            before=(PoolIsAlive(pool.fqdn), PoolIsAlive(partner.fqdn)),
            deadline=figures.ONE_HOUR,
            estimate=figures.SETTING,
        )
    yield WaitStep(
        step_id="steady",
        title=(
            "Wait until"
            f" {listed(module.value for module in modules) if modules else 'every module'} is"
            " steady"
        ),
        why="The cmdlet returns before the data has arrived.",
        sources=_SOURCES,
        until=until,
        deadline=max(figures.ONE_HOUR, takes * 6),
        estimate=takes,
    )
