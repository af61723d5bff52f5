"""Is a pool alive? And does the mode fit what the answer is?"""

from __future__ import annotations

import enum

from lyncops.checks.check import Finding, Weight, check, failed, of_machines, pair_unknown, passed, unknown, warning
from lyncops.checks.quorum import serves
from lyncops.checks.situation import Direction, Situation
from lyncops.checks.words import running, sentence
from lyncops.deployment.gaps import Need, Part
from lyncops.deployment.model import Deployment, ExportState, Machine, Pool
from lyncops.sources import fact, guide, reference
from lyncops.values import Fqdn, Unread

_MODES = (reference("Invoke-CsPoolFailOver"), fact("disaster-failover"))


_NOBODY = "No Front End of any pool could be asked, so that it is the rights that are missing."
_ASK_BY_HAND = "Look at Get-CsWindowsService on the machines of {pool}; asking from elsewhere needs a local administrator there."


class Life(enum.Enum):
    """How alive a pool is, as far as its machines tell."""

    ALIVE = "alive"  # every machine runs
    PARTLY = "partly alive"  # some run, and they are enough to serve
    FAILING = "failing"  # some run, but too few: the pool stops, or has stopped, by itself
    DOWN = "down"  # machines answer, none runs its Front-End service
    SILENT = "silent"  # no machine answers
    SILENT_BUT_BACKED_UP = "silent, but its Backup Service answers"
    UNCLEAR = "a machine answered, but whether it serves could not be read"
    NOT_ASKED = "not asked"


def life(pool: Pool) -> Life:
    """How alive `pool` is. A machine that did not answer counts as not running, but silence alone is not taken for death."""
    if not pool.machines or any(_is_unasked(machine.services) for machine in pool.machines):
        return Life.NOT_ASKED
    if len(pool.machines_up) == len(pool.machines):
        return Life.ALIVE
    if not pool.machines_up and any(_is_unclear(machine) for machine in pool.machines):
        return Life.UNCLEAR
    if pool.machines_up:
        return Life.FAILING if serves(pool) is False else Life.PARTLY
    if any(not isinstance(machine.services, Unread) for machine in pool.machines):
        return Life.DOWN
    return Life.SILENT_BUT_BACKED_UP if pool.backup_modules and not isinstance(pool.backup_modules, Unread) else Life.SILENT


def nobody_answers(deployment: Deployment) -> bool:
    """Whether no Front End at all let itself be asked: then the operator's rights are missing rather than every machine dead."""
    asked = [m.services for pool in deployment.front_end_pools for m in pool.machines if not _is_unasked(m.services)]
    return len(asked) > 1 and all(isinstance(services, Unread) for services in asked)


def silent_machines(deployment: Deployment) -> tuple[Fqdn, ...]:
    """The machines whose replicas cannot be expected to follow: Front Ends that are down, and what is silent in a dead pool's site.

    A silent Edge server elsewhere is no such machine: most of them cannot be asked from inside (fact: edge-replication).
    """
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    dead_sites = {pool.site for pool in deployment.front_end_pools if not pool.is_alive and not isinstance(pool.site, Unread)}
    return tuple(
        machine.fqdn
        for pool in pools
        for machine in pool.machines
        if (not machine.is_up if pool.kind.is_front_end else pool.site in dead_sites and isinstance(machine.services, Unread))
    )


def _is_unclear(machine: Machine) -> bool:
    return not isinstance(machine.services, Unread) and not machine.is_up and not machine.is_down


def _is_unasked(services: object) -> bool:
    return isinstance(services, Unread) and not services.asked


def described(pool: Pool) -> str:
    """The evidence in a sentence: how many machines run, and what was said instead of an answer by the first silent one."""
    reasons = [machine.services.reason for machine in pool.machines if isinstance(machine.services, Unread)]
    silent = f" No answer: {sentence(reasons[0])}" if reasons else ""
    extra = " Its Backup Service answers, though." if life(pool) is Life.SILENT_BUT_BACKED_UP else ""
    return f"{running(pool)}.{silent}{extra}"


def _back_end_is_failing(pool: Pool) -> bool:
    """Whether the Backup Service says that it cannot read the user store: the Front Ends may run without their Back End."""
    modules = () if isinstance(pool.backup_modules, Unread) else pool.backup_modules
    return any(module.name.startswith("UserServices.") and module.export is ExportState.ERROR for module in modules)


@check(
    "mode-fits",
    question="Does the mode fit what the servers say?",
    sources=_MODES,
    needs=lambda situation: _of_life(situation.leaving),
    weight=Weight.ALWAYS,
)
def mode_fits(situation: Situation) -> Finding:
    """Disaster mode on a living pool throws data away; planned mode on a dead pool hangs and fails."""
    pool = situation.leaving
    if pool is None:
        return pair_unknown(situation)
    state = life(pool)
    if state is Life.NOT_ASKED:
        return unknown(f"The machines of {pool.fqdn} were not asked.", "Read the deployment again.", blocking=True)
    if nobody_answers(situation.deployment):
        return unknown(f"{described(pool)} {_NOBODY}", _ASK_BY_HAND.format(pool=pool.fqdn), blocking=not situation.disaster)
    return _disaster_fits(situation, pool, state) if situation.disaster else _planned_fits(situation, pool, state)


def _of_life(pool: Pool | None) -> tuple[Need, ...]:
    """A Backup Service that answers counts as a sign of life, whatever its answer says."""
    return (*of_machines(pool), Need(Part.BACKUP_STATUS, (pool.fqdn,))) if pool else ()


def _disaster_fits(situation: Situation, pool: Pool, state: Life) -> Finding:
    seen = described(pool)
    if state in (Life.DOWN, Life.SILENT):
        return passed(f"{seen} Disaster mode is right.")
    if state is Life.FAILING:
        return warning(f"{seen} Too few to serve: disaster mode is right unless they can be started.")
    if state is Life.UNCLEAR:
        return unknown(f"{seen} Machines of it answer.", _ASK_BY_HAND.format(pool=pool.fqdn), blocking=True)
    if state is Life.SILENT_BUT_BACKED_UP:
        return warning(
            f"{seen} Disaster mode loses what was not copied yet.",
            f"Make sure that {pool.fqdn} is gone, not only out of reach from here.",
        )
    if situation.direction is Direction.FAILOVER and _back_end_is_failing(pool):
        return warning(
            f"{seen} But its Backup Service cannot export the user store: the Back End may be down.",
            "Disaster mode is right when the Back End SQL Server is down while Front Ends run; look at it first.",
        )
    hint = (
        "" if situation.direction is Direction.FAILBACK else " If its Back End SQL Server is down, override this check and say so."
    )
    return failed(
        f"{seen} Disaster mode would throw away what was not copied yet.",
        f"Use --mode planned, which loses nothing.{hint}",
    )


def _planned_fits(situation: Situation, pool: Pool, state: Life) -> Finding:
    seen = described(pool)
    if state is Life.ALIVE:
        return passed(f"{seen} Planned mode is right.")
    if state is Life.PARTLY:
        return warning(f"{seen} Enough to serve: planned mode is right as long as no more go down.")
    if state in (Life.SILENT_BUT_BACKED_UP, Life.UNCLEAR):
        return unknown(seen, _ASK_BY_HAND.format(pool=pool.fqdn), blocking=True)
    lost = (
        "what it had not copied yet is lost"
        if situation.direction is Direction.FAILOVER
        else "what the users did there since is lost"
    )
    return failed(
        f"{seen} A planned {situation.direction.value} needs {pool.fqdn} up, to copy its last changes.",
        f"Bring it up, or use --mode disaster: {lost}.",
    )


def _healthy(situation: Situation, pool: Pool) -> Finding:
    state, seen = life(pool), described(pool)
    if nobody_answers(situation.deployment):
        return unknown(f"{seen} {_NOBODY}", _ASK_BY_HAND.format(pool=pool.fqdn), blocking=not situation.disaster)
    if state is Life.ALIVE:
        return passed(seen)
    if state in (Life.PARTLY, Life.FAILING):
        return warning(seen, "Start the other machines; the check of the quorum tells whether it must be done first.")
    if state in (Life.DOWN, Life.SILENT):
        return failed(f"{seen} It cannot take users.", f"Bring {pool.fqdn} up first (Start-CsWindowsService on its Front Ends).")
    return unknown(
        seen if state in (Life.SILENT_BUT_BACKED_UP, Life.UNCLEAR) else f"The machines of {pool.fqdn} were not asked.",
        _ASK_BY_HAND.format(pool=pool.fqdn),
        blocking=not situation.disaster,
    )


@check(
    "partner-healthy",
    question="Does the backup pool run?",
    sources=(guide("Failing over a pool"), fact("store-before-pool")),
    needs=lambda situation: of_machines(situation.partner),
)
def partner_healthy(situation: Situation) -> Finding:
    """In a disaster failback the partner is the one that is gone: that is mode-fits' question."""
    partner = situation.partner
    if partner is None:
        return pair_unknown(situation)
    if situation.direction is Direction.FAILBACK and situation.disaster:
        return passed(f"A disaster failback does not need {partner.fqdn}: it is taken to be gone.")
    return _healthy(situation, partner)


@check(
    "home-pool-healthy",
    question="Does the pool run that the users go home to?",
    sources=(guide("Failing back a pool"), fact("failback")),
    needs=lambda situation: of_machines(situation.pool),
)
def home_pool_healthy(situation: Situation) -> Finding:
    """The users' own pool must be up before they can come home, in either mode."""
    pool = situation.pool
    return pair_unknown(situation) if pool is None else _healthy(situation, pool)
