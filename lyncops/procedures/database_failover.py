"""Failing over mirrored databases of a pool between primary and mirror."""

from __future__ import annotations

from typing import Final

import attrs

from lyncops.checks.catalogue import CHECKS, run_checks
from lyncops.checks.check import (
    Finding,
    check,
    failed,
    pair_unknown,
    passed,
    result_of,
    unknown,
    warning,
)
from lyncops.checks.context import CheckContext
from lyncops.checks.mirrors import mirrors_of, orphaned
from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.words import listed
from lyncops.cmdlets import DatabaseNameType, InvokeCsDatabaseFailover, MirrorRole
from lyncops.deployment.gaps import Need, Part
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import Deployment, Pool, PoolKind
from lyncops.plan.conditions import MirrorPrincipalIs, MirrorsAreSynchronized
from lyncops.plan.procedures import DatabaseFailover
from lyncops.plan.steps import CmdletStep, ManualStep, Step
from lyncops.procedures import figures
from lyncops.procedures.drafting import Draft, consent
from lyncops.procedures.edges import preferring
from lyncops.procedures.store import store_works
from lyncops.sources import fact, guide, reference
from lyncops.values import LyncVersion, Mode, Unread

_IDS = ("pool-exists", "pool-is-front-end")
_SOURCES = (guide("Failing over a mirrored database"), reference("Invoke-CsDatabaseFailover"))
_FORCED: Final = (fact("mirror-forced"), reference("Invoke-CsDatabaseFailover"))
_LOSS: Final = (
    "Changes that the principal had not yet sent to its mirror when it was lost: usually none while"
    " they were synchronised. They are lost for good when mirroring is resumed."
)


@attrs.frozen(slots=True, kw_only=True)
class _Move:
    """The databases of one type go to one side, or are there already."""

    deployment: Deployment
    pool: Pool
    database_type: DatabaseNameType
    to: MirrorRole
    mirrors: tuple[DatabaseMirror, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All databases of the type."""
        return tuple(mirror.database for mirror in self.mirrors)

    @property
    def moving(self) -> tuple[DatabaseMirror, ...]:
        """Those that are not there."""
        return tuple(mirror for mirror in self.mirrors if not mirror.is_principal_on(self.to))

    @property
    def forced(self) -> tuple[DatabaseMirror, ...]:
        """Those whose principal is out of reach, so that nothing but force makes the other half
        principal.
        """
        return tuple(mirror for mirror in self.moving if mirror.survivor is self.to)

    @property
    def suspended(self) -> tuple[DatabaseMirror, ...]:
        """Those between whose halves nothing is copied until somebody resumes it."""
        return tuple(mirror for mirror in self.moving if mirror.is_suspended)


def draft(deployment: Deployment, request: DatabaseFailover) -> Draft:
    """Draft that the databases of `request.database_type` have their principal on the other side
    (or on the side named).

    Where the principal is out of reach and the mirror answers, the mirror is made principal by
    force, with `accept_data_loss`. Where the mirroring is suspended, as it is after that, people
    resume it first.

    Refused when the version has no mirroring, when a database of that type has no mirror or is not
    synchronised, when the half that should be principal is out of reach, and when the databases are
    on different sides and no side is named.
    """
    situation = CheckContext(deployment, request.pool, Mode.PLANNED)
    checks = run_checks([CHECKS[check_id] for check_id in _IDS], situation)
    pool = situation.pool
    if pool is None:
        return Draft(checks=checks)
    version = _version_has_mirroring(situation)
    mirrors = mirrors_of(pool, request.database_type)
    if version.refuses or not mirrors:
        rest = (
            ()
            if version.refuses
            else (_synchronised(deployment, pool, None, request.database_type),)
        )
        return Draft(checks=(*checks, version, *rest))
    to = _side(mirrors, request)
    kind = request.database_type
    move = (
        None
        if to is None
        else _Move(deployment=deployment, pool=pool, database_type=kind, to=to, mirrors=mirrors)
    )
    own = (
        version,
        _synchronised(deployment, pool, move, kind),
        _side_known(_Side(mirrors, to)),
        *_of_force(move, request),
    )
    return Draft(
        lock=(
            (pool.fqdn, pool.backup_pool)
            if pool.backup_pool and not isinstance(pool.backup_pool, Unread)
            else (pool.fqdn,)
        ),
        checks=(*checks, *own),
        steps=_steps(move, request) if move else (),
        goal=(_is_there(move),) if move else (),
        expected_loss=_LOSS
        if move and move.forced
        else "Nothing: only synchronised databases move.",
        notes=_notes(move),
    )


def _side(mirrors: tuple[DatabaseMirror, ...], request: DatabaseFailover) -> MirrorRole | None:
    """The side that becomes principal: as named, else the one that is left, else where none is now;
    None where that differs.
    """
    if request.principal is not None:
        return request.principal
    left = {mirror.survivor for mirror in orphaned(mirrors)}
    sides = left or {
        MirrorRole.PRIMARY if mirror.mirror_is_principal else MirrorRole.MIRROR
        for mirror in mirrors
    }
    return sides.pop() if len(sides) == 1 else None


def _is_there(move: _Move) -> MirrorPrincipalIs:
    return MirrorPrincipalIs(move.pool.fqdn, move.names, on_mirror=move.to is MirrorRole.MIRROR)


def _steps(move: _Move, request: DatabaseFailover) -> tuple[Step, ...]:
    """Without consent to the loss there is no step that forces anything."""
    if move.forced and not request.accept_data_loss:
        return ()
    return (*((_resume_step(move),) if move.suspended else ()), _step(move))


def _step(move: _Move) -> CmdletStep:
    """Without a working store the cmdlet finds the databases in the server's local copy of the
    topology (fact: local-store).
    """
    pool, to, kind = move.pool, move.to, move.database_type
    other = MirrorRole.PRIMARY if to is MirrorRole.MIRROR else MirrorRole.MIRROR
    local = not store_works(move.deployment)
    back = InvokeCsDatabaseFailover(
        pool_fqdn=pool.fqdn, database_type=kind, new_principal=other
    ).to_powershell()
    return CmdletStep(
        step_id=f"database-failover-{kind.casefold()}",
        title=f"Make the {to.value.lower()} of {pool.fqdn} principal for {', '.join(move.names)}",
        why="The databases are served from that SQL Server from then on.",
        sources=_FORCED if move.forced else _SOURCES,
        cmdlet=InvokeCsDatabaseFailover(
            pool_fqdn=pool.fqdn,
            database_type=kind,
            new_principal=to,
            force=bool(move.forced),
            local_store=local,
        ),
        place=preferring(pool.fqdn),
        after=(_is_there(move),),
        deadline=figures.ONE_HOUR,
        estimate=figures.MIRROR_FAILOVER,
        undo=(
            f"Once the {other.value.lower()} is back and the mirroring resumed: {back}"
            if move.forced
            else back
        ),
    )


def _resume_step(move: _Move) -> ManualStep:
    """No cmdlet of Lync resumes a mirroring (fact: mirror-forced)."""
    names = tuple(mirror.database for mirror in move.suspended)
    primary = all(mirror.is_principal_on(MirrorRole.PRIMARY) for mirror in move.suspended)
    where = "primary" if primary else "mirror"
    statements = "; ".join(f"ALTER DATABASE [{name}] SET PARTNER RESUME" for name in names)
    return ManualStep(
        step_id=f"resume-mirroring-{move.database_type.casefold()}",
        title=f"Resume the mirroring of {listed(names)}",
        why=(
            "A forced failover suspends it. Until it is resumed and synchronised, the other half is"
            " out of date."
        ),
        sources=(fact("mirror-forced"),),
        instructions=(
            (
                f"On the SQL Server that holds the principal now (the {where} of {move.pool.fqdn})"
                f" run: {statements}."
            ),
            (
                "Changes that the former principal had not sent before it was lost are then"
                " discarded. Save them first if you need them."
            ),
        ),
        where=f"SQL Server, the {where} of {move.pool.fqdn}",
        how_to_see=(
            f"Get-CsDatabaseMirrorState -PoolFqdn {move.pool.fqdn} says synchronized on both sides."
        ),
        after=(MirrorsAreSynchronized(move.pool.fqdn, names),),
        estimate=figures.MIRROR_FAILOVER,
    )


def _notes(move: _Move | None) -> tuple[str, ...]:
    witness = (
        "With an even number of Front Ends the primary SQL Server is the witness: shutting it down"
        " can stop the pool."
    )
    if move is None or not move.forced:
        return (witness,)
    back = (
        f"lyncops run database-failover {move.pool.fqdn} --database-type {move.database_type.value}"
    )
    return (
        witness,
        (
            "The databases run without a mirror from then on. When the other SQL Server is back:"
            f" {back}. It includes the manual step that resumes mirroring."
        ),
        (
            "The other types of databases on the same SQL Server need the same: look at `lyncops"
            " status`."
        ),
    )


def _of_force(move: _Move | None, request: DatabaseFailover) -> tuple[CheckResult, ...]:
    """What is asked where a principal is out of reach, or where it was."""
    if move is None or not (move.forced or move.suspended):
        return ()
    question = "What does a forced failover do to the mirroring?"
    if not move.forced:
        seen = (
            f"The mirroring of {_named(move.suspended)} is suspended, as a forced failover leaves"
            " it."
        )
        remedy = "The plan waits until it is resumed by hand, before anything moves."
        return (result_of("mirror-forced", question, _FORCED, warning(seen, remedy)),)
    seen = f"The mirroring of {_named(move.forced)} is suspended by it until somebody resumes it."
    remedy = "Until then there is only one copy: back up the databases once they are online again."
    return (
        result_of("mirror-forced", question, _FORCED, warning(seen, remedy)),
        consent(accepted=request.accept_data_loss, loss=_LOSS),
    )


def _named(mirrors: tuple[DatabaseMirror, ...]) -> str:
    return listed(mirror.database for mirror in mirrors)


@check(
    "version-has-mirroring",
    question="Does the version support SQL mirroring?",
    sources=(fact("version-differences"),),
)
def _version_has_mirroring(situation: CheckContext) -> Finding:
    pool = situation.pool
    if pool is None:
        return pair_unknown(situation)
    if not isinstance(pool.version, LyncVersion):
        return unknown(str(pool.version), "", blocking=False, overridable=False)
    evidence = f"{pool.fqdn} is {situation.deployment.product_of(pool.version)}."
    if pool.version is LyncVersion.V2019:
        remedy = "It has no SQL mirroring; use its Always On availability groups."
        return failed(evidence, remedy, overridable=False)
    return passed(evidence)


def _synchronised(
    deployment: Deployment, pool: Pool, move: _Move | None, database_type: DatabaseNameType
) -> CheckResult:
    mirrors = mirrors_of(pool, database_type)
    gaps = deployment.open_questions(
        Need(Part.MIRRORS, (pool.fqdn,), tuple(mirror.database for mirror in mirrors))
    )
    finding = _how_synchronised(move) if move else _of_no_move(pool, mirrors, database_type)
    # What is not known to be synchronised is not known to lag behind
    if gaps and finding.verdict is not Verdict.PASSED:
        finding = unknown(
            " ".join(str(gap.unread) for gap in gaps),
            "Look at Get-CsDatabaseMirrorState.",
            blocking=True,
        )
    question = "Has every database of that type a mirror that can take over?"
    result = result_of("mirrors-synchronized", question, _SOURCES, finding)
    return attrs.evolve(result, overridable=bool(mirrors))


def _of_no_move(
    pool: Pool, mirrors: tuple[DatabaseMirror, ...], database_type: DatabaseNameType
) -> Finding:
    look = "Look at Get-CsDatabaseMirrorState."
    if isinstance(pool.mirrors, Unread):
        return unknown(str(pool.mirrors), look, blocking=True)
    if mirrors:
        return passed(
            f"It has {_named(mirrors)}; the check mirror-side covers which side becomes principal."
        )
    if pool.kind is PoolKind.STANDARD:
        return failed(
            f"{pool.fqdn} is a Standard Edition server: its databases have no mirror.",
            f"Fail the pool over instead: lyncops plan pool-failover {pool.fqdn} --mode planned.",
        )
    return failed(f"{pool.fqdn} has no {database_type.value} database with a mirror.", look)


def _how_synchronised(move: _Move) -> Finding:
    side = move.to.value.lower()
    gone = [m.database for m in move.moving if not m.is_mirrored and m.survivor is not move.to]
    behind = [
        m.database
        for m in move.moving
        if m.is_mirrored and not m.is_synchronized and not m.is_suspended
    ]
    if gone:
        return failed(
            f"The {side} of {listed(gone)} is unreachable, or was never set up: it cannot become"
            " principal.",
            "Check that SQL Server and Get-CsDatabaseMirrorState. Do not set up the mirror"
            " again while the other half is the only copy.",
        )
    if behind:
        return failed(
            f"Not synchronised: {listed(behind)}.",
            "Look at Get-CsDatabaseMirrorState, and wait until both sides say synchronized.",
        )
    if move.forced:
        return warning(
            f"The principal of {_named(move.forced)} is unreachable; the {side} answers and is made"
            " principal by force.",
            "If that SQL Server can be brought back, nothing is lost. Do not set up the mirror"
            " again: it is the"
            " only copy.",
        )
    if move.suspended:
        return warning(
            f"The mirroring of {_named(move.suspended)} is suspended.", "See mirror-forced."
        )
    if not move.moving:
        return passed(f"The {side} holds the principal of {listed(move.names)} already.")
    return passed(f"Synchronised: {listed(move.names)}.")


@attrs.frozen(slots=True)
class _Side:
    """The databases, and the side that is to be their principal; None: it was not named."""

    mirrors: tuple[DatabaseMirror, ...]
    to: MirrorRole | None


@check("mirror-side", question="Is it clear which side becomes principal?", sources=_SOURCES)
def _side_known(side: _Side) -> Finding:
    on_mirror = [mirror.database for mirror in side.mirrors if mirror.mirror_is_principal]
    evidence = (
        f"The mirror is principal for {', '.join(on_mirror) or 'none'} of"
        f" {', '.join(mirror.database for mirror in side.mirrors)}."
    )
    if side.to is not None:
        return passed(evidence)
    remedy = "Name the side with --principal primary or --principal mirror."
    return failed(evidence, remedy, overridable=False)
