"""Failing over mirrored databases of a pool between primary and mirror."""

from __future__ import annotations

from typing import Final

from lyncops.checks.catalogue import CHECKS, run_checks
from lyncops.checks.context import CheckContext
from lyncops.checks.result import CheckResult, Verdict
from lyncops.cmdlets import DatabaseNameType, InvokeCsDatabaseFailover, MirrorRole
from lyncops.deployment.model import DatabaseMirror, Deployment, Pool, PoolKind
from lyncops.plan.conditions import MirrorPrincipalIs
from lyncops.plan.procedures import DatabaseFailover
from lyncops.plan.steps import CmdletStep
from lyncops.procedures import figures
from lyncops.procedures.drafting import Draft
from lyncops.procedures.edges import preferring
from lyncops.procedures.store import store_works
from lyncops.sources import fact, guide, reference
from lyncops.values import LyncVersion, Mode, Unread

_IDS = ("pool-exists", "pool-is-front-end")
_SOURCES = (guide("Failing over a mirrored database"), reference("Invoke-CsDatabaseFailover"))
_DATABASES: Final = {
    "user": ("rtcab", "rtcshared", "rtcxds"),
    "application": ("rgsconfig", "rgsdyn", "cpsdyn"),
    "centralmgmt": ("xds", "lis"),
    "monitoring": ("lcscdr", "qoemetrics"),
}


def draft(deployment: Deployment, request: DatabaseFailover) -> Draft:
    """Draft that the databases of `request.database_type` have their principal on the other side (or on the side named).

    Refused when the version has no mirroring, when a database of that type has no mirror or is not synchronised, and when
    the databases are on different sides and no side is named.
    """
    situation = CheckContext(deployment, request.pool, Mode.PLANNED)
    checks = run_checks([CHECKS[check_id] for check_id in _IDS], situation)
    pool = situation.pool
    if pool is None:
        return Draft(checks=checks)
    version = _version_has_mirroring(pool)
    if version.refuses:
        return Draft(checks=(*checks, version))
    mirrors = mirrors_of(pool, request.database_type)
    to_mirror = _side(mirrors, request)
    own = (
        version,
        _synchronised(pool, mirrors, request.database_type),
        *((_side_known(mirrors, to_mirror=to_mirror),) if mirrors else ()),
    )
    steps = () if to_mirror is None or not mirrors else (_step(deployment, pool, request.database_type, to_mirror=to_mirror),)
    return Draft(
        lock=(pool.fqdn, pool.backup_pool) if pool.backup_pool and not isinstance(pool.backup_pool, Unread) else (pool.fqdn,),
        checks=(*checks, *own),
        steps=steps,
        goal=tuple(condition for step in steps for condition in step.after),
        expected_loss="Nothing: synchronised databases only.",
        notes=("With an even number of Front Ends the primary SQL Server is the witness: shutting it down can stop the pool.",),
    )


def mirrors_of(pool: Pool, database_type: DatabaseNameType) -> tuple[DatabaseMirror, ...]:
    """The databases of a type: by the type that the server gave, else by the documented names of that type."""
    wanted = database_type.casefold()
    named = _DATABASES.get(wanted, ())
    mirrors = () if isinstance(pool.mirrors, Unread) else pool.mirrors
    return tuple(
        mirror
        for mirror in mirrors
        if (mirror.database_type.casefold() == wanted if mirror.database_type else mirror.database.casefold() in named)
    )


def _side(mirrors: tuple[DatabaseMirror, ...], request: DatabaseFailover) -> bool | None:
    """Whether the mirror becomes principal: as named, else the side where none is now; None where they are mixed."""
    if request.principal is not None:
        return request.principal is MirrorRole.MIRROR
    sides = {mirror.mirror_is_principal for mirror in mirrors}
    return not sides.pop() if len(sides) == 1 else None


def _step(deployment: Deployment, pool: Pool, database_type: DatabaseNameType, *, to_mirror: bool) -> CmdletStep:
    """Without a working store the cmdlet finds the databases in the server's local copy of the topology (fact: local-store)."""
    side, other = (MirrorRole.MIRROR, MirrorRole.PRIMARY) if to_mirror else (MirrorRole.PRIMARY, MirrorRole.MIRROR)
    names = tuple(mirror.database for mirror in mirrors_of(pool, database_type))
    local = not store_works(deployment)
    return CmdletStep(
        step_id=f"database-failover-{database_type.casefold()}",
        title=f"Make the {side.value.lower()} of {pool.fqdn} principal for {', '.join(names)}",
        why="The databases are served from that SQL Server from then on.",
        sources=_SOURCES,
        cmdlet=InvokeCsDatabaseFailover(pool_fqdn=pool.fqdn, database_type=database_type, new_principal=side, local_store=local),
        place=preferring(pool.fqdn),
        after=(MirrorPrincipalIs(pool.fqdn, names, on_mirror=to_mirror),),
        deadline=figures.ONE_HOUR,
        estimate=figures.MIRROR_FAILOVER,
        undo=InvokeCsDatabaseFailover(pool_fqdn=pool.fqdn, database_type=database_type, new_principal=other).to_powershell(),
    )


def _version_has_mirroring(pool: Pool) -> CheckResult:
    lacks = pool.version is LyncVersion.V2019
    return CheckResult(
        check_id="version-has-mirroring",
        question="Does the version support SQL mirroring?",
        verdict=Verdict.FAILED if lacks else Verdict.PASSED if isinstance(pool.version, LyncVersion) else Verdict.UNKNOWN,
        evidence=f"{pool.fqdn} is {pool.version.product}." if isinstance(pool.version, LyncVersion) else str(pool.version),
        remedy="Skype for Business Server 2019 has no SQL mirroring; use its Always On availability groups." if lacks else "",
        sources=(fact("version-differences"),),
        blocking=lacks,
        overridable=False,
    )


def _synchronised(pool: Pool, mirrors: tuple[DatabaseMirror, ...], database_type: DatabaseNameType) -> CheckResult:
    wrong = [mirror.database for mirror in mirrors if not (mirror.is_mirrored and mirror.is_synchronized)]
    remedy = "Look at Get-CsDatabaseMirrorState; set up the mirror or wait until it is synchronised."
    if isinstance(pool.mirrors, Unread):
        verdict, evidence = Verdict.UNKNOWN, str(pool.mirrors)
    elif pool.kind is PoolKind.STANDARD and not mirrors:
        verdict, evidence = Verdict.FAILED, f"{pool.fqdn} is a Standard Edition server: its databases have no mirror."
        remedy = f"Fail the pool over instead: lyncops plan pool-failover {pool.fqdn} --mode planned."
    elif not mirrors:
        verdict, evidence = Verdict.FAILED, f"{pool.fqdn} has no {database_type.value} database with a mirror."
    elif wrong:
        verdict, evidence = Verdict.FAILED, f"Not mirrored or not synchronised: {', '.join(wrong)}."
    else:
        verdict, evidence = Verdict.PASSED, f"Synchronised: {', '.join(mirror.database for mirror in mirrors)}."
    return CheckResult(
        check_id="mirrors-synchronized",
        question="Does every database of that type have a synchronised mirror?",
        verdict=verdict,
        evidence=evidence,
        remedy="" if verdict is Verdict.PASSED else remedy,
        sources=_SOURCES,
        overridable=bool(mirrors),
    )


def _side_known(mirrors: tuple[DatabaseMirror, ...], *, to_mirror: bool | None) -> CheckResult:
    on_mirror = [mirror.database for mirror in mirrors if mirror.mirror_is_principal]
    unclear = to_mirror is None
    return CheckResult(
        check_id="mirror-side",
        question="Is it clear which side becomes principal?",
        verdict=Verdict.FAILED if unclear else Verdict.PASSED,
        evidence=f"The mirror is principal for {', '.join(on_mirror) or 'none'} of {', '.join(m.database for m in mirrors)}.",
        remedy="Name the side with --principal primary or --principal mirror." if unclear else "",
        sources=_SOURCES,
        overridable=False,
    )
