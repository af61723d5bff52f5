"""The model of a deployment: its state, and the questions that cmdlets ask of it.

What happens to it is in `power` and `progress`.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from lyncops.lab.interface import Caller
from lyncops.lab.model.clock import LabClock
from lyncops.lab.model.configuration import Configuration, initial_configuration
from lyncops.lab.model.services import service_names
from lyncops.lab.model.state import (
    CONFERENCE,
    PRESENCE,
    Database,
    HistoryEntry,
    Loss,
    MachineState,
    PoolRuntime,
    Power,
    Replica,
    ServiceState,
    Store,
    StoreCopy,
    Track,
)
from lyncops.lab.model.switches import Faults, Switches, assign
from lyncops.lab.scenarios.scenario import Kind, PoolSpec, Product, Scenario
from lyncops.values import Fqdn

ADMINISTRATOR: Final = Caller(
    user="CONTOSO\\admin",
    groups=frozenset({"RTCUniversalServerAdmins", "CsAdministrator", "Domain Admins"}),
)
_DATABASES: Final[Mapping[str, tuple[str, ...]]] = {  # fact: mirror-databases
    "User": ("rtcab", "rtcshared", "rtcxds"),
    "Application": ("rgsconfig", "rgsdyn", "cpsdyn"),
    "CentralMgmt": ("xds", "lis"),
}
_LAST_STATUS_BEFORE_START: Final = timedelta(minutes=4)


class World:
    """A deployment as `scenario` describes it; `rate` as `LabClock` takes it.

    Readers and writers hold `lock`. `faults` and `switches` may be changed at any time.
    Each callable of `watchers` gets (cmdlet, percent) while a cmdlet that takes time goes on,
    without the lock held.
    """

    def __init__(self, scenario: Scenario, *, rate: float | None = None) -> None:
        self.scenario = scenario
        self.clock = LabClock(scenario.start, rate)
        self.lock = threading.RLock()
        self.faults = Faults()
        self.switches = Switches()
        assign(self.faults, scenario.faults, f"{scenario.name}: faults")
        assign(self.switches, scenario.shapes, f"{scenario.name}: shapes")
        self.caller = ADMINISTRATOR
        self.executions: Counter[str] = Counter()
        self.history: list[HistoryEntry] = []
        self.losses: list[Loss] = []
        self.watchers: list[Callable[[str, int], None]] = []
        self.latency = 0.0  # seconds of real time that every cmdlet takes on the server
        self.settled = scenario.start
        self.pending: set[Fqdn] = set()  # machines on which a service starts or stops
        self.store = self._new_store()
        self.sql_up: dict[Fqdn, bool] = {}
        self.pools: dict[Fqdn, PoolRuntime] = {
            spec.fqdn: self._new_pool(spec) for spec in scenario.pools
        }
        self.machine_states: dict[Fqdn, MachineState] = {
            fqdn: self._new_machine(fqdn, spec) for spec in scenario.pools for fqdn in spec.machines
        }

    def now(self) -> datetime:
        """The lab's time."""
        return self.clock.now()

    # Questions that the cmdlets ask; the caller holds the lock.

    @property
    def configuration(self) -> Configuration:
        """The store's content at the service connection point."""
        return self.store.configuration

    def version_of(self, machine: Fqdn) -> Product:
        """The product on a machine."""
        return self.pools[self.machine_states[machine].pool].version

    def members(self, pool: PoolRuntime) -> tuple[MachineState, ...]:
        """The pool's machines in the order of the topology."""
        return tuple(self.machine_states[fqdn] for fqdn in pool.spec.machines)

    def is_alive(self, pool: PoolRuntime) -> bool:
        """Whether the pool can serve users: quorum, and a running RTCSRV."""
        return pool.running and any(machine.runs("RTCSRV") for machine in self.members(pool))

    def has_sql(self, pool: PoolRuntime) -> bool:
        """Whether the SQL Server that holds the principal of the user store is up."""
        return self.sql_is_up(self.principal(pool, "User"))

    def sql_is_up(self, server: Fqdn) -> bool:
        """Whether a SQL Server answers; SQL Express lives and dies with its machine."""
        machine = self.machine_states.get(server)
        return machine.is_up if machine is not None else self.sql_up[server]

    def principal(self, pool: PoolRuntime, kind: str) -> Fqdn:
        """The SQL Server that holds the principal of the first database of that type."""
        on_mirror = next((d.principal_on_mirror for d in pool.databases if d.type == kind), False)
        return pool.spec.mirror_server if on_mirror and pool.spec.mirror_server else pool.sql_server

    def serving_pool(self, pool: PoolRuntime) -> PoolRuntime | None:
        """The living pool that serves the users of `pool`, or None."""
        server = self.pools[pool.serving] if pool.serving is not None else None
        return server if server is not None and self.is_alive(server) else None

    def backup_runs(self, source: PoolRuntime) -> bool:
        """Whether the Backup Service can copy from `source` to its backup pool."""
        target = (
            self.pools.get(source.spec.backup_pool) if source.spec.backup_pool is not None else None
        )
        return (
            target is not None
            and source.fqdn not in self.faults.sync_stuck
            and all(
                self.has_sql(p) and any(m.runs("LYNCBACKUP") for m in self.members(p))
                for p in (source, target)
            )
        )

    def master_machine(self, copy: StoreCopy) -> MachineState | None:
        """The machine that runs the master of this copy, or None."""
        pool = self.pools[copy.pool]
        if not copy.active or not self.sql_is_up(self.principal(pool, "CentralMgmt")):
            return None
        return next((machine for machine in self.members(pool) if machine.runs("MASTER")), None)

    @property
    def store_readable(self) -> bool:
        """Whether the database at the service connection point answers."""
        return self.sql_is_up(self.principal(self.pools[self.store.point], "CentralMgmt"))

    @property
    def store_writable(self) -> bool:
        """Whether the configuration can be changed."""
        return self.store_readable and self.store.copies[self.store.point].active

    @property
    def store_works(self) -> bool:
        """Whether exactly one copy claims to be active and its master runs: a pool can be failed
        over.
        """
        claimants = self.store.claimants
        return len(claimants) == 1 and self.master_machine(claimants[0]) is not None

    @property
    def replication_works(self) -> bool:
        """Whether changes reach the replicas."""
        return self.store_works and not self.faults.no_replication and self.store.published

    def change(self, configuration: Configuration, *, needs_enabling: bool = False) -> None:
        """Write the store; every replica is out of date until it has the change."""
        now = self.now()
        copy = self.store.copies[self.store.point]
        copy.configuration = configuration
        self.store.changed = now
        self.store.written.append((now, configuration))
        if needs_enabling and self.switches.enable_topology_needed:
            self.store.published = False

    # How the state begins.

    def _new_store(self) -> Store:
        spec = self.scenario.central_management
        configuration = initial_configuration(self.scenario)
        copies = {
            fqdn: StoreCopy(
                pool=fqdn,
                active=fqdn in spec.active,
                configuration=configuration,
                lis_entries=spec.lis_entries if fqdn == (spec.active or spec.copies)[0] else 0,
            )
            for fqdn in spec.copies
        }
        point = spec.active[0] if spec.active else spec.copies[0]
        return Store(
            copies=copies, point=point, changed=self.scenario.start - timedelta(hours=1), written=[]
        )

    def _new_pool(self, spec: PoolSpec) -> PoolRuntime:
        version = spec.version or self.scenario.version
        pool = PoolRuntime(spec=spec, version=version, running=True, serving=None)
        if spec.kind.homes_users:
            pool.serving = spec.backup_pool if spec.failed_over else spec.fqdn
            pool.failed_over_at = self.scenario.start if spec.failed_over else None
            pool.tracks = _new_tracks(pool, self.scenario.start)
            pool.databases = [
                Database(
                    name=name,
                    type=kind,
                    is_mirrored=spec.mirror_server is not None,
                    principal_on_mirror=name in spec.principal_on_mirror,
                    synchronized=name not in spec.unsynchronized,
                )
                for kind, names in _DATABASES.items()
                for name in names
                if kind != "CentralMgmt" or spec.fqdn in self.store.copies
            ]
            pool.response_groups = dict.fromkeys(spec.response_groups, spec.fqdn)
        if spec.kind is Kind.ENTERPRISE:
            self.sql_up |= {
                server: True
                for server in (spec.sql_server, spec.mirror_server, spec.witness)
                if server is not None
            }
        return pool

    def _new_machine(self, fqdn: Fqdn, spec: PoolSpec) -> MachineState:
        start, changed = self.scenario.start, self.store.changed
        installed = service_names(
            spec, spec.version or self.scenario.version, holds_store=spec.fqdn in self.store.copies
        )
        replica = Replica(self.configuration, changed, start - _LAST_STATUS_BEFORE_START, changed)
        if not self.store.claimants or len(self.store.claimants) > 1:
            replica.applied = changed - timedelta(hours=1)
        return MachineState(
            fqdn=fqdn,
            pool=spec.fqdn,
            power=Power.UP,
            since=start - timedelta(days=1),
            services={name: ServiceState("Running") for name in installed},
            replica=replica,
            certificate_until=start + timedelta(days=365),
            patch=(spec.version or self.scenario.version).build,
        )

    def record(
        self, cmdlet: str, machine: Fqdn, user: str, arguments: Mapping[str, object]
    ) -> None:
        """Count an execution whose effect really starts."""
        with self.lock:
            self.executions[cmdlet] += 1
            self.history.append(
                HistoryEntry(
                    at=self.now(),
                    cmdlet=cmdlet,
                    machine=machine,
                    user=user,
                    arguments=dict(arguments),
                )
            )


def _new_tracks(pool: PoolRuntime, start: datetime) -> dict[str, Track]:
    """The tracks of a paired pool at the start."""
    if pool.spec.backup_pool is None:
        return {}
    spec = pool.spec
    copied = start - spec.backup_backlog
    return {
        name: Track(written=start, copied=copied, initialized=spec.backup_initialized)
        for name in (PRESENCE, CONFERENCE)
    }
