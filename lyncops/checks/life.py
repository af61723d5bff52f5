"""Is a pool up? What its machines, and the witnesses of their silence, say."""

from __future__ import annotations

import enum

from lyncops.checks.quorum import serves
from lyncops.checks.words import listed, running, sentence
from lyncops.cmdlets.enums import ServiceStatus
from lyncops.deployment.gaps import FRONT_END
from lyncops.deployment.model import Deployment, Machine, Pool
from lyncops.deployment.witnesses import Says, Vantage
from lyncops.values import Fqdn, Unread


class Life(enum.Enum):
    """How alive a pool is, as far as its machines show."""

    ALIVE = "alive"  # every machine runs
    PARTLY = "partly up"  # some run, and they are enough to serve
    FAILING = "failing"  # some run, but too few: the pool stops, or has stopped, by itself
    DOWN = "down"  # machines answer, none runs its Front-End service
    SILENT = "silent"  # no machine answers
    VOUCHED = "silent to the servers, but up according to another witness"
    SILENT_BUT_BACKED_UP = "silent, but its Backup Service answers"
    UNCLEAR = "a machine answered, but it could not be read whether it serves users"
    NOT_ASKED = "not asked"


def life(pool: Pool) -> Life:
    """How alive `pool` is.

    A machine that did not answer counts as not running, but silence alone is not taken for death.
    """
    if not pool.machines or any(_is_unasked(machine.services) for machine in pool.machines):
        return Life.NOT_ASKED
    if len(pool.machines_up) == len(pool.machines):
        return Life.ALIVE
    if not pool.machines_up and any(_is_unclear(machine) for machine in pool.machines):
        return Life.UNCLEAR
    if pool.machines_up:
        return Life.FAILING if serves(pool) is False else Life.PARTLY
    if any(machine.is_down for machine in pool.machines) and all(
        m.is_down or _has_died(m) for m in pool.machines
    ):
        return Life.DOWN
    if vouching(pool):
        return Life.VOUCHED
    return (
        Life.SILENT_BUT_BACKED_UP
        if pool.backup_modules and not isinstance(pool.backup_modules, Unread)
        else Life.SILENT
    )


def seems_dead(pool: Pool) -> bool:
    """Whether its machines answer and none serves, or a witness says that all of them are dead.

    Silence alone is not enough.
    """
    state = life(pool)
    return state is Life.DOWN or (state is Life.SILENT and bool(dead_from(pool)))


def _has_died(machine: Machine) -> bool:
    return bool(machine.vouched(Says.DEAD)) and not machine.vouched(Says.ALIVE)


def _silent(pool: Pool) -> tuple[Machine, ...]:
    return tuple(machine for machine in pool.machines if isinstance(machine.services, Unread))


def vouching(pool: Pool) -> tuple[str, ...]:
    """The evidence that machines are up whose services no server reported."""
    return tuple(
        f"{machine.fqdn} is up ({witness.vantage.value}: {witness.evidence})"
        for machine in _silent(pool)
        for witness in machine.vouched(Says.ALIVE)
    )


def dead_from(pool: Pool) -> tuple[Vantage, ...]:
    """From where every machine of the pool that does not answer is seen to be dead.

    Its silence by itself proves nothing.
    """
    silent = _silent(pool)
    return tuple(
        place
        for place in (Vantage.SERVER, Vantage.HERE)
        if silent and all(m.is_dead_from(place) for m in silent)
    )


def heard(pool: Pool) -> str:
    """What the witnesses of the silent machines say, in one sentence each; "" where there
    is none.
    """
    said = [
        f"{machine.fqdn}, {witness}" for machine in _silent(pool) for witness in machine.witnesses
    ]
    return "".join(f" {sentence(one)}" for one in said)


def nobody_answers(deployment: Deployment) -> bool:
    """Whether no Front End at all let itself be asked: then the operator's rights are missing
    rather than every machine dead.
    """
    return deployment.signs.nobody_answers


def _answering(pool: Pool) -> dict[str, tuple[Fqdn, ...]]:
    """The machines that answer without serving, by the status of their Front-End service."""
    found: dict[str, tuple[Fqdn, ...]] = {}
    for machine in pool.machines:
        if machine.is_down and not isinstance(machine.services, Unread):
            status = next(
                service.status for service in machine.services if service.name.upper() == FRONT_END
            )
            found[status] = (*found.get(status, ()), machine.fqdn)
    return found


def stopped(pool: Pool) -> str:
    """What the machines that answer without serving say, in a sentence; "" where none does."""
    told = "; ".join(
        f"{FRONT_END} is {status} on {listed(machines)}"
        for status, machines in _answering(pool).items()
    )
    return f"They answer: {told}." if told else ""


def how_to_start(pool: Pool) -> str:
    """How such machines are brought to serve again.

    One that goes on starting lacks a quorum (fact: windows-service-states).
    """
    answering = _answering(pool)
    names = listed(machine for machines in answering.values() for machine in machines)
    starting = any(
        status.casefold() == ServiceStatus.START_PENDING.casefold() for status in answering
    )
    quorum = (
        " What stays in StartPending has lost its quorum: start more Front Ends, or run"
        f" Reset-CsPoolRegistrarState -PoolFqdn {pool.fqdn} -ResetType QuorumLossRecovery, which"
        " can lose data that was not written yet."
    )
    return (
        f"Start the services first: Start-CsWindowsService on {names}.{quorum if starting else ''}"
    )


def _is_unclear(machine: Machine) -> bool:
    return not isinstance(machine.services, Unread) and not machine.is_up and not machine.is_down


def _is_unasked(services: object) -> bool:
    return isinstance(services, Unread) and not services.asked


def described(pool: Pool) -> str:
    """The evidence in a sentence: how many machines run, and what was said instead of an answer by
    the first silent one.
    """
    asked = (
        f" {machine.fqdn} was asked: {sentence(machine.services.reason)}"
        for machine in pool.machines
        if isinstance(machine.services, Unread)
    )
    silent = next(asked, "")
    extra = " But its Backup Service answers." if life(pool) is Life.SILENT_BUT_BACKED_UP else ""
    return f"{running(pool)}.{silent}{extra}{heard(pool)}"
