"""Reads a deployment: the global questions side by side, then those of all pools side by side, and no more.

A snapshot takes ten cmdlets and per Front End pool some two plus one per machine, so that it grows as the pools do. What a
server fails to say does not make the reading fail: it stands in the snapshot as `Unread`, in the server's own words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypeVar, cast

import attrs

from lyncops.cmdlets import (
    BackupServiceConfiguration,
    CentralManagementStoreStatus,
    GetCsBackupServiceConfiguration,
    GetCsCentralManagementStoreStatus,
    GetCsComputer,
    GetCsFileTransferAgents,
    GetCsManagementStoreReplicationStatus,
    GetCsPool,
    GetCsServerVersion,
    GetCsService,
    GetCsSite,
    GetCsTopology,
    ReplicaState,
    ServerVersion,
)
from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.asking import Answer, Question, settle_all
from lyncops.deployment.model import BackupServiceSettings, CentralManagement, Deployment, Pool, Replica, StoreCopy
from lyncops.deployment.pool_reading import PoolReading
from lyncops.deployment.rights_reading import RightsReading
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.deployment.state_reading import StateReading
from lyncops.deployment.topology import UNASKED, build_copies, build_edges, build_pools, build_sites
from lyncops.deployment.topology_document import Topology, parse_topology
from lyncops.errors import InvalidValueError, LyncOpsError
from lyncops.remoting.interface import Clock, RunsCmdlets
from lyncops.values import Fqdn, LyncVersion, RemoteObject, Unread

T = TypeVar("T")
_DEADLINE: Final = timedelta(seconds=60)
_STATUS: Final = "the status of the Central Management store"
_REPLICAS: Final = "the replicas"
_SETTINGS: Final = "the configuration of the Backup Service"


def read_deployment(
    sessions: RunsCmdlets, *, name: str, clock: Clock, version: LyncVersion | None = None, scope: Scope = EVERYTHING
) -> Deployment:
    """What the servers say now, as far as `scope` asks.

    When the Central Management store does not answer, what can be read from a server's local copy (`-LocalStore`) is read there,
    and `from_local_store` says that the topology was; the rest stays Unread.

    Raises:
        EndpointError: no endpoint could be reached at all.
    """
    read_at = clock.now()
    reading = _GlobalReading(sessions, scope, version)
    topology, missing = reading.topology()
    local = reading.from_local_store
    rights = RightsReading(sessions, reading.endpoint, scope)
    found = build_pools(topology)
    states = StateReading(sessions, tuple(pool.fqdn for pool in found if pool.kind.is_front_end), scope, local=local)
    readings = [PoolReading(sessions, pool, scope, local=local) for pool in found]
    for one in readings:
        one.ask_state(states)
    settle_all([answer for one in readings for answer in one.answers])
    for one in readings:
        one.ask_deeper()
    pools = _with_relations(tuple(one.filled() for one in readings))
    copies = build_copies(topology, pools)
    return Deployment(
        name=name,
        version=reading.version(pools),
        read_at=read_at,
        read_through=reading.endpoint,
        sites=missing or build_sites(topology.sites),
        pools=missing or pools,
        edges=missing or build_edges(topology.services),
        central_management=reading.central_management(missing or copies),
        backup_service=reading.settings(),
        rights=rights.names(),
        from_local_store=local,
    )


class _GlobalReading:
    """The questions about the deployment as a whole: asked when it is made."""

    def __init__(self, sessions: RunsCmdlets, scope: Scope, version: LyncVersion | None) -> None:
        self._sessions, self._version, facets = sessions, version, scope.facets
        self._sites = self._ask("the sites", GetCsSite())
        self._pools = self._ask("the pools", GetCsPool())
        self._computers = self._ask("the computers", GetCsComputer())
        self._services = self._ask("the services", GetCsService())
        self._server = None if version else self._ask("the version", GetCsServerVersion())
        self._status = self._ask(_STATUS, GetCsCentralManagementStoreStatus()) if Facet.STORE in facets else None
        self._replicas = self._ask(_REPLICAS, GetCsManagementStoreReplicationStatus()) if Facet.REPLICAS in facets else None
        local = GetCsBackupServiceConfiguration(local_store=True)
        self._settings = self._ask(_SETTINGS, GetCsBackupServiceConfiguration(), local) if Facet.SETTINGS in facets else None
        self.from_local_store = False

    def _ask(self, what: str, cmdlet: Cmdlet[T], local: Cmdlet[T] | None = None) -> Answer[T]:
        return Answer(self._sessions, Question(what=what, cmdlet=cmdlet, local=local, deadline=_DEADLINE))

    @property
    def _asked(self) -> list[Answer[object]]:
        topology = (self._sites, self._pools, self._computers, self._services)
        found = (*topology, self._server, self._status, self._replicas, self._settings)
        return [cast("Answer[object]", answer) for answer in found if answer is not None]

    @property
    def endpoint(self) -> str:
        """The endpoint that served, the first that is known."""
        return next((answer.endpoint for answer in self._asked if answer.endpoint), "")

    def topology(self) -> tuple[Topology, Unread | None]:
        """The topology, from the store or from a local copy of it; an empty one and the reason where neither could be read."""
        settle_all(self._asked)
        self._raise_when_nobody_answers()
        sites, pools, computers, services = self._sites.get(), self._pools.get(), self._computers.get(), self._services.get()
        if not isinstance(services, Unread) and not isinstance(pools, Unread):
            return Topology(sites=_or_none(sites), pools=pools, computers=_or_none(computers), services=services), None
        local = self._local_topology()
        if isinstance(local, Topology):
            self.from_local_store = True
            return local, None
        unread = next(answer for answer in (services, pools) if isinstance(answer, Unread))
        reasons = "; ".join(dict.fromkeys((unread.reason, local.reason)))
        return Topology(sites=(), pools=(), computers=(), services=()), Unread("the topology", reasons)

    def _raise_when_nobody_answers(self) -> None:
        errors = [answer.error for answer in self._asked]
        if all(errors):
            raise cast("LyncOpsError", errors[0])

    def _local_topology(self) -> Topology | Unread:
        what = "the local copy of the topology"
        found = self._ask(what, GetCsTopology(as_xml=True, local_store=True)).get()
        if isinstance(found, Unread):
            return found
        try:
            return parse_topology("\n".join(_document(item) for item in found))
        except InvalidValueError as error:
            return Unread(what, error.what)

    def version(self, pools: tuple[Pool, ...]) -> LyncVersion | Unread:
        """The version that the caller knows, that the server tells, or that all Front End pools agree on."""
        if self._version is not None:
            return self._version
        told = self._server.first() if self._server else None
        if isinstance(told, ServerVersion) and told.version is not None:
            return told.version
        found = {pool.version for pool in pools if pool.kind.is_front_end}
        only = next(iter(found)) if len(found) == 1 else None
        if isinstance(only, LyncVersion):
            return only
        return told if isinstance(told, Unread) else Unread("the version", "the server's answer names none, and the pools differ")

    def central_management(self, copies: tuple[StoreCopy, ...] | Unread) -> CentralManagement:
        """The store, by its copies in the topology, its status and its replicas."""
        status = self._status.first() if self._status else _not_asked(_STATUS)
        replicas = self._replicas.get() if self._replicas else _not_asked(_REPLICAS)
        if status is None:
            status = CentralManagementStoreStatus()  # it answered, with nothing: as unavailable as one that names nobody
        return CentralManagement(
            copies=copies,
            active_master=status if isinstance(status, Unread) else status.active_master_fqdn,
            file_transfer_agents=status if isinstance(status, Unread) else self._agents(status),
            replicas=replicas if isinstance(replicas, Unread) else tuple(map(_replica, filter(_has_name, replicas))),
        )

    def _agents(self, status: CentralManagementStoreStatus) -> tuple[Fqdn, ...] | Unread:
        """The File Transfer Agents; asked for by themselves where they arrived as names of their type."""
        if status.tells("active_file_transfer_agents"):
            return status.active_file_transfer_agents
        what = "the active File Transfer Agents"
        found = self._ask(what, GetCsFileTransferAgents()).get()
        if isinstance(found, Unread):
            return Unread(what, f"they arrived as names of their type, and by themselves they could not be read: {found.reason}")
        names = tuple(agent.fqdn for agent in found if agent.fqdn is not None)
        return names if len(names) == len(found) else Unread(what, "they arrived without their names")

    def settings(self) -> BackupServiceSettings | Unread:
        """The global configuration of the Backup Service."""
        found = self._settings.get() if self._settings else _not_asked(_SETTINGS)
        if isinstance(found, Unread):
            return found
        chosen = sorted(found, key=lambda one: (one.identity or "").casefold() != "global")
        best: BackupServiceConfiguration | None = next((one for one in chosen if one.sync_interval is not None), None)
        if best is None or best.sync_interval is None:
            return Unread(_SETTINGS, "the answer has no SyncInterval")
        return BackupServiceSettings(
            sync_interval=best.sync_interval,
            authorized_universal_groups=best.authorized_universal_groups,
            authorized_local_accounts=best.authorized_local_accounts,
            max_concurrent_calls=best.max_concurrent_calls,
            max_batches_per_cms_sync=best.max_batches_per_cms_sync,
            max_batches_per_user_store_sync=best.max_batches_per_user_store_sync,
            max_data_conf_package_size_kb=best.max_data_conf_package_size_kb,
            max_high_priority_percentage=best.max_high_pri_queue_percentage_per_user_store_sync,
            response_groups_copied=best.enable_rgs_backup_service,
        )


def _with_relations(pools: tuple[Pool, ...]) -> tuple[Pool, ...]:
    """Where a relation could not be read, the other side's: a pair is symmetrical (fact: backup-relation)."""
    claimed = {pool.backup_pool: pool.fqdn for pool in pools if isinstance(pool.backup_pool, Fqdn)}
    return tuple(
        attrs.evolve(pool, backup_pool=claimed[pool.fqdn])
        if isinstance(pool.backup_pool, Unread) and pool.backup_pool.asked and pool.fqdn in claimed
        else pool
        for pool in pools
    )


def _replica(state: ReplicaState) -> Replica:
    return Replica(
        computer=cast("Fqdn", state.replica_fqdn),
        up_to_date=state.up_to_date is True,
        last_status_report=state.last_status_report,
        last_update_creation=state.last_update_creation,
        product_version=state.product_version or "",
    )


def _has_name(state: ReplicaState) -> bool:
    return state.replica_fqdn is not None


def _document(item: RemoteObject) -> str:
    """The text of a document, which comes as a string, or as an object with the markup in a property."""
    markup = item.get("OuterXml", "InnerXml", "Xml")
    return markup if isinstance(markup, str) else str(item)


def _or_none(answer: tuple[T, ...] | Unread) -> tuple[T, ...]:
    return () if isinstance(answer, Unread) else answer


def _not_asked(what: str) -> Unread:
    return Unread(what, UNASKED, asked=False)
