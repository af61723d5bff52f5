"""Could every pool be failed over right now: in which mode, what would be lost, what prevents it?

A pure function of one reading. The planned failover of a pool that is up is asked as it is; its
disaster failover is asked of the same reading with the pool taken to be gone, since nobody knows
before a disaster how it will look but the servers of today.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from lyncops.checks.care import care_of_pair
from lyncops.checks.life import Life, life
from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.words import listed
from lyncops.deployment.central_management import CentralManagement
from lyncops.deployment.gaps import FRONT_END, Part
from lyncops.deployment.model import Deployment, Machine, Pool, PoolState, WindowsService
from lyncops.plan.model import Plan
from lyncops.plan.procedures import PoolFailover
from lyncops.plan.steps import ManualStep
from lyncops.procedures.catalogue import make_plan
from lyncops.procedures.saved import SavedExport, exports_outside
from lyncops.procedures.store import place_by_hand
from lyncops.text.brief import brief, first_of
from lyncops.values import Fqdn, LyncVersion, Mode, SiteName, Unread

# A WinRM endpoint never shows the operator's rights (fact: ocs-powershell): an answer that cannot
# come is not a warning.
_NEVER_KNOWN: Final = frozenset({"rights"})
# Of a pool that is taken to be gone these are known.
_SETTLED: Final = (Part.MACHINES, Part.BACKUP_STATUS)
# These say what the plan itself will do about it.
_DONE_BY_THE_PLAN: Final = frozenset({"store-not-on-failed-pool", "edge-next-hop"})


class ReadinessVerdict(enum.StrEnum):
    """Whether a pool could be failed over, from good to bad."""

    READY = "ready"
    READY_WITH_WARNINGS = "ready, with warnings"
    NOT_READY = "not ready"


_SEVERITY: Final = tuple(ReadinessVerdict)


@attrs.frozen(slots=True, kw_only=True)
class ModeReadiness:
    """One mode.

    `hypothetical`: the disaster has not happened, the pool is taken to be gone for the question.

    `obstacles` refuse the failover, each with its check's id and remedy; `warnings` do not. What
    the hypothesis itself makes silent or late is not a warning. `by_hand` is what people would have
    to do meanwhile.
    """

    mode: Mode
    hypothetical: bool
    obstacles: tuple[CheckResult, ...]
    warnings: tuple[CheckResult, ...]
    expected_loss: str
    estimate: timedelta
    command: str
    by_hand: tuple[str, ...] = ()

    def __repr__(self) -> str:
        why = first_of(check.check_id for check in (*self.obstacles, *self.warnings))
        return brief(self, f"{self.mode}: {self.verdict}{f', {why}' if why else ''}")

    @property
    def verdict(self) -> ReadinessVerdict:
        """Whether it could be done."""
        if self.obstacles:
            return ReadinessVerdict.NOT_READY
        return (
            ReadinessVerdict.READY_WITH_WARNINGS
            if self.warnings or self.by_hand
            else ReadinessVerdict.READY
        )


@attrs.frozen(slots=True, kw_only=True)
class PoolReadiness:
    """One pool. A living one is asked for both modes, a dead one for disaster alone."""

    pool: Fqdn
    backup_pool: Fqdn | None
    life: str  # alive, partly up, down, silent, ...
    modes: tuple[ModeReadiness, ...]
    care: tuple[CheckResult, ...] = ()
    """Checks for the days before a disaster: certificates, updates, exports, capacity, service.
    Unknown does not count as a warning.
    """

    def __repr__(self) -> str:
        return brief(self, f"{self.pool}: {self.verdict}")

    @property
    def verdict(self) -> ReadinessVerdict:
        """The worst of its modes: ready is what can be moved for maintenance, and rescued when it
        burns.
        """
        neglected = any(check.verdict in (Verdict.WARNING, Verdict.FAILED) for check in self.care)
        own = ReadinessVerdict.READY_WITH_WARNINGS if neglected else ReadinessVerdict.READY
        return max((own, *(mode.verdict for mode in self.modes)), key=_SEVERITY.index)

    @property
    def possible(self) -> tuple[Mode, ...]:
        """The modes in which it could be failed over."""
        return tuple(mode.mode for mode in self.modes if not mode.obstacles)


@attrs.frozen(slots=True, kw_only=True)
class SiteReadiness:
    """The loss of a whole site: could the users of each pool that serves there be rescued?

    `store` says what happens to the store.

    It is empty where the store is elsewhere, and `store_command` where it goes to its standby copy
    with the users.
    """

    site: SiteName
    pools: tuple[PoolReadiness, ...]
    store: str = ""
    store_command: str = ""

    def __repr__(self) -> str:
        return brief(self, f"{self.site}: {self.verdict}")

    @property
    def verdict(self) -> ReadinessVerdict:
        """The worst of its pools; a store that only people can bring back is a warning."""
        own = ReadinessVerdict.READY_WITH_WARNINGS if self.store_command else ReadinessVerdict.READY
        return max((own, *(pool.verdict for pool in self.pools)), key=_SEVERITY.index)


@attrs.frozen(slots=True, kw_only=True)
class Readiness:
    """All pools that were asked for, and the loss of each site where no pool was named.

    `unread` says why there is none, where the topology could not be read.
    """

    deployment: str
    read_at: datetime
    pools: tuple[PoolReadiness, ...]
    sites: tuple[SiteReadiness, ...] = ()
    unread: Unread | None = None

    def __repr__(self) -> str:
        pools = first_of(f"{one.pool} {one.verdict}" for one in self.pools)
        why = pools if self.unread is None else str(self.unread)
        return brief(self, f"of {self.deployment}: {self.verdict or 'not known'}; {why}")

    @property
    def verdict(self) -> ReadinessVerdict | None:
        """The worst of all pools and sites; None where it is not known; a deployment without a
        Front End pool is not ready.
        """
        if self.unread is not None:
            return None
        if not self.pools:
            return ReadinessVerdict.NOT_READY
        verdicts = (*(pool.verdict for pool in self.pools), *(site.verdict for site in self.sites))
        return max(verdicts, key=_SEVERITY.index)


def readiness(
    deployment: Deployment,
    pools: Iterable[Fqdn] = (),
    *,
    saved: Sequence[SavedExport] | None = None,
) -> Readiness:
    """Answer for `pools`, or for every Front End pool and the loss of every site.

    A name that is not a pool is answered too: it cannot be failed over. `saved` are the exports
    that the journal knows.
    """
    missing = deployment.pools if isinstance(deployment.pools, Unread) else None
    named = tuple(dict.fromkeys(pools))
    wanted = () if missing else named or tuple(pool.fqdn for pool in _pairable(deployment))
    return Readiness(
        deployment=deployment.name,
        read_at=deployment.read_at,
        pools=tuple(_cared_for(_of_pool(deployment, fqdn), deployment, saved) for fqdn in wanted),
        sites=() if missing or named else losses_of_sites(deployment),
        unread=missing,
    )


def _pairable(deployment: Deployment) -> tuple[Pool, ...]:
    """The Front End pools; those of Lync Server 2010, which has no pairs, are left alone."""
    return tuple(filter(_has_pairs, deployment.front_end_pools))


def _has_pairs(pool: Pool) -> bool:
    return pool.version is not LyncVersion.V2010


def _cared_for(
    found: PoolReadiness, deployment: Deployment, saved: Sequence[SavedExport] | None
) -> PoolReadiness:
    pool = deployment.pool(found.pool)
    if pool is None or not pool.kind.is_front_end:
        return found
    exports = () if saved is None else (exports_outside(pool, saved, deployment.read_at),)
    return attrs.evolve(found, care=(*care_of_pair(deployment, pool), *exports))


def _of_pool(deployment: Deployment, fqdn: Fqdn) -> PoolReadiness:
    pool = deployment.pool(fqdn)
    state = Life.NOT_ASKED if pool is None or not pool.kind.is_front_end else life(pool)
    backup = pool.backup_pool if pool else None
    return PoolReadiness(
        pool=fqdn,
        backup_pool=backup if isinstance(backup, Fqdn) else None,
        life="unknown" if pool is None else state.value,
        modes=_modes(deployment, fqdn, pool, state),
    )


def _modes(
    deployment: Deployment, fqdn: Fqdn, pool: Pool | None, state: Life
) -> tuple[ModeReadiness, ...]:
    if pool is not None and state in (Life.DOWN, Life.SILENT):
        return (_of_mode(deployment, fqdn, Mode.DISASTER),)
    planned = _of_mode(deployment, fqdn, Mode.PLANNED)
    if pool is None or not pool.kind.is_front_end:
        return (planned,)
    return planned, _of_mode(without_pool(deployment, pool), fqdn, Mode.DISASTER, hypothetical=True)


def _of_mode(
    deployment: Deployment, fqdn: Fqdn, mode: Mode, *, hypothetical: bool = False
) -> ModeReadiness:
    plan = make_plan(PoolFailover(pool=fqdn, mode=mode, accept_data_loss=True), deployment)
    accept = " --accept-data-loss" if mode is Mode.DISASTER else ""
    return ModeReadiness(
        mode=mode,
        hypothetical=hypothetical,
        obstacles=plan.refusals,
        warnings=() if hypothetical else _warnings(plan),
        expected_loss=plan.expected_loss,
        estimate=plan.estimate,
        command=f"lyncops run pool-failover {fqdn} --mode {mode.value}{accept}",
        by_hand=tuple(step.title for step in plan.steps if isinstance(step, ManualStep)),
    )


def losses_of_sites(deployment: Deployment) -> tuple[SiteReadiness, ...]:
    """What the loss of each site with Front End pools would mean."""
    sites = dict.fromkeys(
        pool.site for pool in _pairable(deployment) if not isinstance(pool.site, Unread)
    )
    return tuple(_of_site(deployment, site) for site in sites)


def _of_site(deployment: Deployment, site: SiteName) -> SiteReadiness:
    """The users of its pools, but for those that are served elsewhere already, and the store."""
    gone = without_site(deployment, site)
    here = deployment.pools_at(deployment.relations.in_site.get(site, ()))
    lost = [pool for pool in here if pool.kind.is_front_end and _has_pairs(pool)]
    names = {pool.fqdn for pool in lost}
    served = [
        pool
        for pool in lost
        if pool.state is not PoolState.FAILED_OVER or pool.backup_pool in names
    ]
    store, command = _store_of(deployment, names)
    return SiteReadiness(
        site=site,
        pools=tuple(_lost(deployment, gone, pool) for pool in served),
        store=store,
        store_command=command,
    )


def _lost(deployment: Deployment, gone: Deployment, pool: Pool) -> PoolReadiness:
    mode = _of_mode(gone, pool.fqdn, Mode.DISASTER, hypothetical=pool.is_alive)
    return attrs.evolve(_of_pool(deployment, pool.fqdn), modes=(mode,))


def _store_of(deployment: Deployment, lost: set[Fqdn]) -> tuple[str, str]:
    """What happens to the store if these pools are lost, and the command if it can be restored only
    by hand.
    """
    store = deployment.central_management
    holder = next((copy.pool for copy in store.active_copies if copy.pool in lost), None)
    if holder is None:
        return "", ""
    if len(store.active_copies) > 1:
        return (
            (
                f"The store is active on {listed(copy.pool for copy in store.active_copies)}:"
                " which copy is current must be decided first (store-single-master)."
            ),
            "",
        )
    if store.lone_copy is None:
        return f"The store on {holder} goes to its standby copy before the users.", ""
    command = (
        f"lyncops run management-store-failover {holder} --mode disaster --accept-data-loss --to"
        f" {place_by_hand(deployment, lost)}"
    )
    return (
        (
            f"The store on {holder} has no standby copy: it must be installed again by hand from"
            " saved copies."
        ),
        command,
    )


def without_site(deployment: Deployment, site: SiteName) -> Deployment:
    """The same reading with every pool of the site gone."""
    here = tuple(deployment.pools_at(deployment.relations.in_site.get(site, ())))
    gone = [_stopped(pool) for pool in here if pool.kind.is_front_end]
    silent = [
        attrs.evolve(pool, machines=tuple(map(_silenced, pool.machines)))
        for pool in here
        if not pool.kind.is_front_end
    ]
    store = _without_master(deployment.central_management, gone)
    return deployment.with_pools(silent, store=store).with_pools(gone, settled=_SETTLED)


def _silenced(machine: Machine) -> Machine:
    services = Unread(
        f"the services of {machine.fqdn}", "its site is assumed to be gone", asked=False
    )
    return attrs.evolve(machine, services=services, witnesses=())


def _warnings(plan: Plan) -> tuple[CheckResult, ...]:
    return tuple(
        check
        for check in plan.checks
        if check.check_id not in _DONE_BY_THE_PLAN
        and not check.refuses
        and (
            check.verdict in (Verdict.WARNING, Verdict.FAILED)
            or (check.verdict is Verdict.UNKNOWN and _could_be_known(check))
        )
    )


def _could_be_known(check: CheckResult) -> bool:
    return check.check_id not in _NEVER_KNOWN


def without_pool(deployment: Deployment, pool: Pool) -> Deployment:
    """The same reading with no service running on the machines of `pool`, and the store without a
    master where the pool holds it.

    The states of its Backup Service stay as they were read: they say what it had not copied when it
    went.
    """
    store = _without_master(deployment.central_management, (pool,))
    return deployment.with_pools((_stopped(pool),), store=store, settled=_SETTLED)


def _stopped(pool: Pool) -> Pool:
    stopped = (WindowsService(name=FRONT_END, status="Stopped"),)
    return attrs.evolve(
        pool, machines=tuple(attrs.evolve(machine, services=stopped) for machine in pool.machines)
    )


def _without_master(store: CentralManagement, gone: Iterable[Pool]) -> CentralManagement:
    """The store, without a master where one of the pools has it."""
    names = {name for pool in gone for name in (pool.fqdn, *(one.fqdn for one in pool.machines))}
    if store.active_master not in names:
        return store
    return attrs.evolve(store, active_master=None, file_transfer_agents=())
