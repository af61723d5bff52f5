"""Conditions of pools: their state, their machines, their Backup Service and their database
mirrors.
"""

from __future__ import annotations

import attrs

from lyncops.checks.life import described, seems_dead
from lyncops.checks.words import counted, listed
from lyncops.cmdlets.enums import MirrorRole
from lyncops.deployment.backup_module import SETTLED, BackupModule, ExportState, ImportState
from lyncops.deployment.gaps import FRONT_END, Need, Part
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import Deployment, Machine, PoolState
from lyncops.deployment.scope import Facet, Scope
from lyncops.plan.conditions.base import Evaluation, Judged, known, known_pool
from lyncops.values import Fqdn

CONFERENCE_CONTENT = "ConfServices.DataConf"


@attrs.frozen(slots=True)
class PoolStateIs(Judged):
    """The pool has exactly this state (`PoolState` of its registrar configuration, fact:
    pool-state).
    """

    pool: Fqdn
    state: PoolState

    @property
    def scope(self) -> Scope:
        """The state of this pool."""
        return Scope.of(Facet.POOL_STATE, pools=[self.pool])

    def judge(self, deployment: Deployment) -> Evaluation:
        """Compare with what was read."""
        state = known(known_pool(deployment, self.pool).state)
        return Evaluation(state is self.state, f"{self.pool} is {state.value}")

    def __str__(self) -> str:
        return f"{self.pool} is {self.state.value}"


@attrs.frozen(slots=True)
class PoolIsHome(Judged):
    """The users homed on the pool are served by the pool itself: it is Active or FailedBack."""

    pool: Fqdn

    @property
    def scope(self) -> Scope:
        """The state of this pool."""
        return Scope.of(Facet.POOL_STATE, pools=[self.pool])

    def judge(self, deployment: Deployment) -> Evaluation:
        """Compare with what was read."""
        state = known(known_pool(deployment, self.pool).state)
        return Evaluation(state.is_home, f"{self.pool} is {state.value}")

    def __str__(self) -> str:
        return f"{self.pool} serves its own users"


@attrs.frozen(slots=True)
class PoolIsAlive(Judged):
    """At least one machine of the pool answers with a running Front-End service."""

    pool: Fqdn

    @property
    def scope(self) -> Scope:
        """The services of this pool's machines."""
        return Scope.of(Facet.MACHINES, pools=[self.pool])

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.MACHINES, (self.pool,), (FRONT_END,)),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """As the checks judge it: silence is not death, unless a witness says so."""
        pool = known_pool(deployment, self.pool)
        holds = True if pool.is_alive else False if seems_dead(pool) else None
        return Evaluation(holds, described(pool))

    def __str__(self) -> str:
        return f"{self.pool} is alive"


def _modules_of(deployment: Deployment, fqdn: Fqdn) -> tuple[BackupModule, ...]:
    modules = known(known_pool(deployment, fqdn).backup_modules)
    return known(modules or None, f"{fqdn} reported no module of the Backup Service")


def _in_words(module: BackupModule) -> str:
    return f"{module.name} {module.export}/{module.import_}"


@attrs.frozen(slots=True)
class BackupModuleIs(Judged):
    """A Backup Service module of the pool's direction exports in one of these states and imports
    normally.
    """

    pool: Fqdn
    module: str
    exports: tuple[ExportState, ...] = SETTLED

    @property
    def scope(self) -> Scope:
        """The Backup Service status of this pool."""
        return Scope.of(Facet.BACKUP_STATUS, pools=[self.pool])

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.BACKUP_STATUS, (self.pool,), (self.module,)),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """A module that the pool does not report is unknown, not steady."""
        modules = _modules_of(deployment, self.pool)
        found = next(
            (module for module in modules if module.name.casefold() == self.module.casefold()), None
        )
        if (
            found is None
            and (overall := next((module for module in modules if module.is_overall), None))
            is not None
        ):
            return self._judge_overall(overall)
        found = known(found, f"{self.pool} did not report {self.module}")
        good = found.export in self.exports and found.import_ is ImportState.NORMAL
        return Evaluation(
            good, f"{self.pool}: {_in_words(found)}", at_work=not good and found.is_behind
        )

    def _judge_overall(self, overall: BackupModule) -> Evaluation:
        """What holds for all modules holds for this one; what is wrong with one of them may be
        wrong with another.
        """
        good = overall.export in self.exports and overall.import_ is ImportState.NORMAL
        return Evaluation(
            good or None,
            f"{self.pool}: {_in_words(overall)}; {self.module} could not be distinguished",
            at_work=not good and overall.is_behind,
        )

    def __str__(self) -> str:
        return (
            f"{self.module} of {self.pool} is in"
            f" {' or '.join(state.value for state in self.exports)}"
        )


def _is_switched_off(deployment: Deployment, module: BackupModule) -> bool:
    """Whether it is a module of response groups, which are not to be copied."""
    if not module.is_idle_response_groups:
        return False
    return known(deployment.backup_service).response_groups_copied is not True


@attrs.frozen(slots=True)
class BackupServiceSteady(Judged):
    """Every module of the pool's direction is in FinalState or SteadyState and imports normally.

    `CentralMgmt.CMSMaster` may be NotInitialized: that is normal on the pool that is not the active
    master (fact: backup-module-states). So may those of response groups, where copying is off.
    """

    pool: Fqdn

    @property
    def scope(self) -> Scope:
        """The Backup Service status of this pool, and whether response groups are to be copied."""
        return Scope.of(Facet.BACKUP_STATUS, Facet.SETTINGS, pools=[self.pool])

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.BACKUP_STATUS, (self.pool,)),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """Name the modules that are not steady."""
        # Which pool has the store is not in this scope: its module may be idle on either.
        modules = _modules_of(deployment, self.pool)
        idle = [
            module
            for module in modules
            if module.is_overall and module.export is ExportState.NOT_INITIALIZED
        ]
        if idle:
            return Evaluation(
                None,
                f"{self.pool}: {listed(map(_in_words, idle))}; for the store's module alone that"
                " would be normal",
            )
        unsteady = [
            module
            for module in modules
            if not module.is_steady(on_standby=True) and not _is_switched_off(deployment, module)
        ]
        told = listed(map(_in_words, unsteady)) if unsteady else "every module is steady"
        return Evaluation(
            not unsteady,
            f"{self.pool}: {told}",
            at_work=bool(unsteady) and all(module.is_behind for module in unsteady),
        )

    def __str__(self) -> str:
        return f"the Backup Service of {self.pool} is steady"


@attrs.frozen(slots=True)
class MirrorPrincipalIs(Judged):
    """The named databases of the pool have their principal on the configured primary (or,
    `on_mirror`, on the mirror).

    The other half may be out of reach, as it is after a forced failover.
    """

    pool: Fqdn
    databases: tuple[str, ...]
    on_mirror: bool = attrs.field(kw_only=True)

    @property
    def scope(self) -> Scope:
        """The mirrors of this pool."""
        return Scope.of(Facet.MIRRORS, pools=[self.pool])

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.MIRRORS, (self.pool,), self.databases),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """Each database counts by itself: one type holds several, and they can be on different
        sides (fact: mirror-databases).
        """
        found = _mirrors_of(deployment, self.pool, self.databases)
        side = MirrorRole.MIRROR if self.on_mirror else MirrorRole.PRIMARY
        return Evaluation(
            all(mirror.is_principal_on(side) for mirror in found), "; ".join(map(_side, found))
        )

    def __str__(self) -> str:
        return (
            f"the principal of {listed(self.databases)} of {self.pool} is the"
            f" {'mirror' if self.on_mirror else 'primary'}"
        )


def _mirrors_of(
    deployment: Deployment, pool: Fqdn, databases: tuple[str, ...]
) -> tuple[DatabaseMirror, ...]:
    """The mirrors of these databases; NotKnownError where one was not reported."""
    wanted = {name.casefold() for name in databases}
    mirrors = known(known_pool(deployment, pool).mirrors)
    found = tuple(mirror for mirror in mirrors if mirror.database.casefold() in wanted)
    missing = wanted - {mirror.database.casefold() for mirror in found}
    return known(
        None if missing else found, f"{pool} did not report the mirror of {listed(sorted(missing))}"
    )


def _side(mirror: DatabaseMirror) -> str:
    return (
        f"{mirror.database} is {mirror.state_on_primary} on the primary and"
        f" {mirror.state_on_mirror} on the mirror"
    )


@attrs.frozen(slots=True)
class MirrorsAreSynchronized(Judged):
    """Both halves of the named databases answer, and each has what the other has."""

    pool: Fqdn
    databases: tuple[str, ...]

    @property
    def scope(self) -> Scope:
        """The mirrors of this pool."""
        return Scope.of(Facet.MIRRORS, pools=[self.pool])

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.MIRRORS, (self.pool,), self.databases),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """Name the status of each half of those that are not."""
        found = _mirrors_of(deployment, self.pool, self.databases)
        behind = [mirror for mirror in found if not (mirror.is_mirrored and mirror.is_synchronized)]
        return Evaluation(
            not behind,
            "; ".join(map(_status, behind)) or f"{counted(len(found), 'database')} synchronised",
        )

    def __str__(self) -> str:
        return f"the mirrors of {listed(self.databases)} of {self.pool} are synchronised"


def _status(mirror: DatabaseMirror) -> str:
    primary, other = (
        status or "silent" for status in (mirror.status_on_primary, mirror.status_on_mirror)
    )
    return f"{mirror.database} is {primary} on the primary and {other} on the mirror"


def _machine_of(deployment: Deployment, fqdn: Fqdn) -> Machine:
    found = (
        machine
        for pool in known(deployment.pools)
        for machine in pool.machines
        if machine.fqdn == fqdn
    )
    return known(next(found, None), f"the topology has no computer {fqdn}")


@attrs.frozen(slots=True)
class ServicesAre(Judged):
    """The named Windows services of a machine (all that it reported, where none is named) run, or
    none of them does.
    """

    machine: Fqdn
    services: tuple[str, ...] = ()
    running: bool = attrs.field(default=True, kw_only=True)

    @property
    def scope(self) -> Scope:
        """The services on this machine, whichever pool it belongs to."""
        return Scope.of(Facet.MACHINES, pools=[self.machine])

    def judge(self, deployment: Deployment) -> Evaluation:
        """A machine that did not answer leaves it unknown: from outside it cannot be seen that
        services are stopped.
        """
        services = known(_machine_of(deployment, self.machine).services)
        wanted = {name.casefold() for name in self.services}
        named = [service for service in services if not wanted or service.name.casefold() in wanted]
        if not named or len(named) < len(wanted):
            return Evaluation(
                None, f"{self.machine} did not report {listed(self.services or ['its services'])}"
            )
        odd = [
            f"{service.name} is {service.status!r}"
            for service in named
            if not service.is_understood
        ]
        if odd:
            return Evaluation(None, f"{self.machine}: {listed(odd)}, which is not a known status")
        wrong = [
            f"{service.name} is {service.status}"
            for service in named
            if service.is_running is not self.running
        ]
        seen = (
            listed(wrong)
            if wrong
            else f"{counted(len(named), 'service')} {'running' if self.running else 'stopped'}"
        )
        return Evaluation(not wrong, f"{self.machine}: {seen}")

    def __str__(self) -> str:
        one = len(self.services) == 1
        state = (
            ("runs" if one else "run") if self.running else ("is stopped" if one else "are stopped")
        )
        return f"{listed(self.services or ['the services'])} on {self.machine} {state}"
