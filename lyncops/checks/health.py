"""Does the mode match the state of the pools? Is the pool up that is to serve the users?"""

from __future__ import annotations

import enum

from lyncops.checks.check import (
    Finding,
    Weight,
    check,
    failed,
    of_machines,
    pair_unknown,
    passed,
    unknown,
    warning,
)
from lyncops.checks.context import STORE_FIRST, CheckContext, Direction
from lyncops.checks.life import (
    Life,
    dead_from,
    described,
    how_to_start,
    life,
    nobody_answers,
    stopped,
)
from lyncops.checks.mirrors import rescue
from lyncops.checks.quorum import serves
from lyncops.cmdlets.enums import DatabaseNameType
from lyncops.deployment.backup_module import ExportState
from lyncops.deployment.central_management import CentralManagement
from lyncops.deployment.gaps import Need, Part
from lyncops.deployment.model import Deployment, Pool
from lyncops.deployment.witnesses import Vantage
from lyncops.sources import fact, guide, reference
from lyncops.values import Unread

_MODES = (reference("Invoke-CsPoolFailOver"), fact("disaster-failover"))


_MORE_WITNESSES = (
    "For more witnesses: an account with rights on all Front Ends; Kerberos delegation or CredSSP"
    " for questions to others; a network route from here to the ports 5061, 443, 5985, 5986 or 135"
    " of the"
    " machines ([network] connect_to)."
)
_NOBODY = (
    "No Front End of any pool could be asked: rights or a route are probably missing; it is"
    " unlikely that every machine is dead."
)
_ASK_BY_HAND = (
    "Look at Get-CsWindowsService on the machines of {pool}; reading it remotely needs a local"
    " administrator of that machine."
)
_LOOK = "Get-CsUserDatabaseState -RegistrarPool {pool}; look at the SQL Server."


def _how_to_look(deployment: Deployment, pool: Pool) -> str:
    return STORE_FIRST if deployment.from_local_store else _LOOK.format(pool=pool.fqdn)


def _cannot_export(pool: Pool) -> bool:
    """Whether the Backup Service says that it cannot read the user store: the Front Ends may run
    without their Back End.
    """
    modules = () if isinstance(pool.backup_modules, Unread) else pool.backup_modules
    return any(
        module.name.startswith("UserServices.") and module.export is ExportState.ERROR
        for module in modules
    )


class BackEnd(enum.Enum):
    """What SQL Server (Get-CsUserDatabaseState), its mirrors, and the Backup Service that reads
    from it say of a Back End.
    """

    ORPHANED = "The principal of its user databases is unreachable; their mirror answers."
    DEAD = (
        "Its user database is not online, and its Backup Service cannot export the user store: the"
        " Back End is down."
    )
    NOT_ONLINE = (
        "Its user database is not online: the Back End may be down, or an administrator took the"
        " database offline."
    )
    NOT_READ = "Its Backup Service cannot export the user store: the Back End may be down."
    SILENT_WITH_STORE = (
        "Its user databases and its Backup Service could not be read, and the store on the same SQL"
        " Server is unavailable: the Back End is probably down."
    )
    SILENT = (
        "Neither its user databases nor its Backup Service could be read: the Back End may be down."
    )
    ALIVE = ""


def back_end(pool: Pool, store: CentralManagement) -> BackEnd:
    """The Back End of a pool whose Front Ends run.

    Where its database is online, an export fails for another reason. A store that names no master
    or no agents is unavailable (fact: store-status), which lacking rights do not explain: on the
    same SQL Server it is a witness.
    """
    if rescue(pool, DatabaseNameType.USER):
        return BackEnd.ORPHANED
    if pool.back_end_online is False:
        return BackEnd.DEAD if _cannot_export(pool) else BackEnd.NOT_ONLINE
    if pool.machines_up and _back_end_is_silent(pool):
        return BackEnd.SILENT_WITH_STORE if _took_along(pool, store) else BackEnd.SILENT
    return (
        BackEnd.NOT_READ
        if _cannot_export(pool) and pool.back_end_online is not True
        else BackEnd.ALIVE
    )


def _back_end_is_silent(pool: Pool) -> bool:
    """Whether all that could tell of the Back End was asked, and nothing could be read."""
    told = (pool.back_end_online, pool.backup_modules)
    return all(isinstance(one, Unread) and one.asked for one in told)


def _took_along(pool: Pool, store: CentralManagement) -> bool:
    """Whether the store is on the SQL Server of the pool, and unavailable."""
    unavailable = store.active_master is None or store.file_transfer_agents == ()
    return (
        unavailable
        and pool.sql_server is not None
        and [copy.sql_server for copy in store.active_copies] == [pool.sql_server]
    )


def _mirror_first(pool: Pool) -> str:
    command = rescue(pool, DatabaseNameType.USER)[0]
    return (
        f"Make the mirror principal first, which loses less than a failover of the pool: {command}."
    )


@check(
    "mode-fits",
    question="Does the mode match what the servers say?",
    sources=_MODES,
    needs=lambda situation: _of_life(situation.leaving),
    weight=Weight.ALWAYS,
)
def mode_fits(situation: CheckContext) -> Finding:
    """Disaster mode on a pool that is up throws data away; planned mode on a dead pool hangs
    and fails.
    """
    pool = situation.leaving
    if pool is None:
        return pair_unknown(situation)
    state = life(pool)
    if state is Life.NOT_ASKED:
        return unknown(
            f"The machines of {pool.fqdn} were not asked.",
            "Read the deployment again.",
            blocking=True,
        )
    if situation.disaster:
        return _disaster_fits(situation, pool, state)
    if nobody_answers(situation.deployment):
        return unknown(
            f"{described(pool)} {_NOBODY}", _ASK_BY_HAND.format(pool=pool.fqdn), blocking=True
        )
    return _planned_fits(situation, pool, state)


def _of_life(pool: Pool | None) -> tuple[Need, ...]:
    """A Backup Service that answers counts as a sign of life, whatever its answer says."""
    return (*of_machines(pool), Need(Part.BACKUP_STATUS, (pool.fqdn,))) if pool else ()


def _disaster_fits(situation: CheckContext, pool: Pool, state: Life) -> Finding:
    seen = described(pool)
    answering = stopped(pool)
    if answering and state in (Life.DOWN, Life.FAILING):
        return warning(
            f"{seen} {answering}",
            f"{how_to_start(pool)} Use disaster mode for what does not start.",
        )
    if state is Life.SILENT:
        return _silence_means_death(pool, seen)
    if state is Life.FAILING:
        return warning(
            f"{seen} Too few to serve: disaster mode is right unless they can be started."
        )
    if state is Life.UNCLEAR:
        return unknown(
            f"{seen} Machines of it answer.", _ASK_BY_HAND.format(pool=pool.fqdn), blocking=True
        )
    behind = (
        back_end(pool, situation.store)
        if situation.direction is Direction.FAILOVER
        else BackEnd.ALIVE
    )
    if behind is BackEnd.ORPHANED:
        return warning(
            f"{seen} {behind.value}", _mirror_first(pool), first=rescue(pool, DatabaseNameType.USER)
        )
    if behind is BackEnd.DEAD:
        return passed(f"{seen} {behind.value} Disaster mode is right.")
    if behind is BackEnd.SILENT:
        return unknown(
            f"{seen} {behind.value}",
            "Look at its SQL Server. Where that is down, override this check with that reason;"
            " where it is up, a planned failover loses nothing.",
            blocking=True,
        )
    if behind is BackEnd.SILENT_WITH_STORE:
        return warning(
            f"{seen} But: {behind.value}",
            "Look at its SQL Server. Where that is down, disaster mode is right; where it is up,"
            " repair the store first (see `lyncops status`).",
        )
    if behind is not BackEnd.ALIVE:
        return warning(
            f"{seen} But: {behind.value}",
            "Disaster mode is right if the Back End SQL Server is down while Front Ends run; check"
            " that first.",
        )
    hint = (
        ""
        if situation.direction is Direction.FAILBACK
        else "If its Back End SQL Server is down, override this check with that reason."
    )
    return failed(
        f"{seen} Disaster mode would discard changes that were not copied yet.",
        "Use --mode planned, which loses nothing.",
        if_known=hint,
    )


def _silence_means_death(pool: Pool, seen: str) -> Finding:
    """Two places must say so; one alone is a warning with what the other lacks, none leaves it
    open.
    """
    places = dead_from(pool)
    if len(places) == len((Vantage.SERVER, Vantage.HERE)):
        return passed(
            f"{seen} Both a living server and the network here say that it is dead: disaster mode"
            " is right."
        )
    remedy = f"Make sure that {pool.fqdn} is gone, not just unreachable. {_MORE_WITNESSES}"
    if places:
        return warning(f"{seen} Only {places[0].value} says that it is dead.", remedy)
    unproven = f"{seen} Nothing here proves that it is dead."
    answering = stopped(pool)
    if answering:
        unproven, remedy = f"{unproven} {answering}", f"{how_to_start(pool)} {remedy}"
    return unknown(unproven, remedy, blocking=True)


def _planned_fits(situation: CheckContext, pool: Pool, state: Life) -> Finding:
    seen = described(pool)
    behind = (
        back_end(pool, situation.store)
        if situation.direction is Direction.FAILOVER and pool.machines_up
        else BackEnd.ALIVE
    )
    if behind is BackEnd.ORPHANED:
        return failed(
            f"{seen} {behind.value} A planned failover needs the databases, to copy its last"
            " changes.",
            _mirror_first(pool),
            first=rescue(pool, DatabaseNameType.USER),
        )
    if behind in (BackEnd.DEAD, BackEnd.SILENT_WITH_STORE):
        return failed(
            f"{seen} {behind.value} A planned failover needs it, to copy its last changes.",
            "Bring the Back End up, or use --mode disaster: changes that were not copied yet are"
            " lost.",
        )
    if behind is BackEnd.SILENT:
        return unknown(
            f"{seen} {behind.value}", _how_to_look(situation.deployment, pool), blocking=False
        )
    if behind is not BackEnd.ALIVE:
        return warning(f"{seen} But: {behind.value}", _LOOK.format(pool=pool.fqdn))
    if state is Life.ALIVE:
        return passed(f"{seen} Planned mode is right.")
    if state is Life.PARTLY:
        if serves(pool) is None:
            return warning(
                f"{seen} It is not known whether that is enough to serve.",
                _ASK_BY_HAND.format(pool=pool.fqdn),
            )
        return warning(f"{seen} Enough to serve: planned mode is right as long as no more go down.")
    undecided = state is Life.SILENT and len(dead_from(pool)) < len((Vantage.SERVER, Vantage.HERE))
    if undecided or state in (Life.SILENT_BUT_BACKED_UP, Life.UNCLEAR, Life.VOUCHED):
        look = _ASK_BY_HAND.format(pool=pool.fqdn)
        answering = stopped(pool)
        if answering:
            seen, look = f"{seen} {answering}", f"{how_to_start(pool)} {look}"
        return unknown(seen, look, blocking=True)
    lost = (
        "changes that it had not copied yet are lost"
        if situation.direction is Direction.FAILOVER
        else "what the users have done there since is lost"
    )
    start = (
        f"{how_to_start(pool)} If it does not start"
        if stopped(pool)
        else "Bring it up. If it is gone"
    )
    return failed(
        f"{seen} {stopped(pool)} A planned {situation.direction.value} needs {pool.fqdn} up, to"
        " copy its last changes.".replace("  ", " "),
        f"{start}, use --mode disaster: {lost}.",
    )


def _healthy(situation: CheckContext, pool: Pool) -> Finding:
    state, seen = life(pool), described(pool)
    if nobody_answers(situation.deployment):
        return unknown(
            f"{seen} {_NOBODY}",
            _ASK_BY_HAND.format(pool=pool.fqdn),
            blocking=not situation.disaster,
        )
    behind = back_end(pool, situation.store) if pool.machines_up else BackEnd.ALIVE
    if behind is BackEnd.ORPHANED:
        return failed(
            f"{seen} {behind.value} It cannot take users.",
            _mirror_first(pool),
            first=rescue(pool, DatabaseNameType.USER),
        )
    if behind is BackEnd.DEAD:
        return failed(
            f"{seen} {behind.value} It cannot take users.",
            f"Bring the SQL Server of {pool.fqdn} up first.",
        )
    if behind is BackEnd.SILENT:
        return unknown(
            f"{seen} {behind.value}", _how_to_look(situation.deployment, pool), blocking=False
        )
    if behind is not BackEnd.ALIVE:
        return warning(f"{seen} But: {behind.value}", _LOOK.format(pool=pool.fqdn))
    if state is Life.ALIVE:
        return passed(seen)
    if state in (Life.PARTLY, Life.FAILING):
        return warning(
            seen,
            "Start the other machines; the quorum check shows whether that must be done first.",
        )
    if state is Life.DOWN or (state is Life.SILENT and dead_from(pool)):
        return failed(
            f"{seen} It cannot take users.",
            f"Bring {pool.fqdn} up first (Start-CsWindowsService on its Front Ends).",
        )
    return unknown(
        seen if state is not Life.NOT_ASKED else f"The machines of {pool.fqdn} were not asked.",
        _ASK_BY_HAND.format(pool=pool.fqdn),
        blocking=not situation.disaster,
    )


@check(
    "partner-healthy",
    question="Is the backup pool up?",
    sources=(guide("Failing over a pool"), fact("store-before-pool")),
    needs=lambda situation: of_machines(situation.partner),
)
def partner_healthy(situation: CheckContext) -> Finding:
    """In a disaster failback the partner is the one that is gone: that is mode-fits' question."""
    partner = situation.partner
    if partner is None:
        return pair_unknown(situation)
    if situation.direction is Direction.FAILBACK and situation.disaster:
        return passed(
            f"A disaster failback does not need {partner.fqdn}: it is assumed to be gone."
        )
    return _healthy(situation, partner)


@check(
    "home-pool-healthy",
    question="Is the users' home pool up?",
    sources=(guide("Failing back a pool"), fact("failback")),
    needs=lambda situation: of_machines(situation.pool),
)
def home_pool_healthy(situation: CheckContext) -> Finding:
    """The users' own pool must be up before they can come home, in either mode."""
    pool = situation.pool
    return pair_unknown(situation) if pool is None else _healthy(situation, pool)
