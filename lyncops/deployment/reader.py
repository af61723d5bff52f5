"""Reads a deployment: the global questions side by side, then those of all pools side by side, and
no more.

A snapshot takes ten cmdlets and per Front End pool some two plus one per machine, so that it grows
as the pools do. What a server fails to say does not make the reading fail: it stands in the
snapshot as `Unread`, in the server's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from lyncops.deployment.care_reading import CareReading
from lyncops.deployment.gaps import GROUPS, NAMELESS, Gaps, Part, why_open
from lyncops.deployment.knocking import KnocksAtDoors
from lyncops.deployment.model import (
    BackupServiceSettings,
    CentralManagement,
    Deployment,
    Machine,
    Pool,
    Replica,
    Site,
    StoreCopy,
)
from lyncops.deployment.pool_reading import ALWAYS_COPIED, STORE_MODULE, PoolReading
from lyncops.deployment.rights_reading import RightsReading
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.deployment.state_reading import StateReading
from lyncops.deployment.topology import (
    UNASKED,
    build_copies,
    build_edges,
    build_pools,
    build_sites,
    note_nameless,
)
from lyncops.deployment.topology_document import Topology, parse_topology
from lyncops.deployment.trial_reading import TrialReading
from lyncops.deployment.witnesses import PORTS, Door, Hearing
from lyncops.errors import InvalidValueError, LyncOpsError
from lyncops.remoting.clock import Clock
from lyncops.remoting.interface import CmdletRunner
from lyncops.values import Fqdn, LyncVersion, RemoteObject, Unread

T = TypeVar("T")
_DEADLINE: Final = timedelta(seconds=60)
_STATUS: Final = "the status of the Central Management store"
_REPLICAS: Final = "the replicas"
_SETTINGS: Final = "the configuration of the Backup Service"


def read_deployment(  # noqa: PLR0913 - who to ask, and what of
    sessions: CmdletRunner,
    *,
    name: str,
    clock: Clock,
    version: LyncVersion | None = None,
    scope: Scope = EVERYTHING,
    knocker: KnocksAtDoors | None = None,
) -> Deployment:
    """What the servers say now, as far as `scope` asks.

    When the Central Management store does not answer, what can be read from a server's local copy
    (`-LocalStore`) is read there, and `from_local_store` says that the topology was; the rest stays
    Unread.

    Raises:
        EndpointError: no endpoint could be reached at all.
    """
    read_at, gaps = clock.now(), Gaps()
    reading = _GlobalReading(sessions, scope, version, gaps)
    topology, missing = reading.topology()
    local = reading.from_local_store
    rights = RightsReading(sessions, reading.endpoint, scope)
    trials = TrialReading(sessions, scope)
    note_nameless(topology, gaps)
    found = build_pools(topology, gaps)
    care = CareReading(
        sessions,
        {m.fqdn: pool.version for pool in found if pool.kind.is_front_end for m in pool.machines},
        scope,
    )
    states = StateReading(
        sessions, tuple(pool.fqdn for pool in found if pool.kind.is_front_end), scope, local=local
    )
    knocking = (
        knocker.begin(doors(found, scope))
        if knocker is not None and Facet.WITNESSES in scope.facets
        else None
    )
    readings = [PoolReading(sessions, pool, scope, gaps, local=local) for pool in found]
    for one in readings:
        one.ask_state(states)
    settle_all([*reading.answers, *(answer for one in readings for answer in one.answers)])
    for one in readings:
        one.ask_deeper()
    pools = _with_relations(tuple(one.filled() for one in readings))
    statements = [statement for one in readings for statement in one.statements()]
    pools = with_witnesses(pools, Hearing(statements, knocking.answers() if knocking else None))
    copies = build_copies(topology, pools, gaps)
    deployment = Deployment(
        name=name,
        version=reading.version(pools),
        read_at=read_at,
        read_through=reading.endpoint,
        sites=missing or reading.sites(topology, gaps),
        pools=missing or pools,
        edges=missing or build_edges(topology.services, gaps),
        central_management=reading.central_management(missing or copies),
        backup_service=reading.settings(),
        rights=rights.names(),
        offered=rights.offered(),
        own_product=reading.own_product(),
        from_local_store=local,
        store_silence=reading.store_silence,
        test_users=trials.test_users(),
        tried=trials.tried(),
        care=care.answers(),
    )
    note_missing_modules(deployment, gaps)
    return attrs.evolve(deployment, gaps=gaps.found)


class _GlobalReading:
    """The questions about the deployment as a whole: asked when it is made."""

    def __init__(
        self, sessions: CmdletRunner, scope: Scope, version: LyncVersion | None, gaps: Gaps
    ) -> None:
        self._sessions, self._version, self._gaps, facets = sessions, version, gaps, scope.facets
        self._sites = self._ask("the sites", GetCsSite())
        self._pools = self._ask("the pools", GetCsPool())
        self._computers = self._ask("the computers", GetCsComputer())
        self._services = self._ask("the services", GetCsService())
        self._server = None if version else self._ask("the version", GetCsServerVersion())
        self._status = (
            self._ask(_STATUS, GetCsCentralManagementStoreStatus())
            if Facet.STORE in facets
            else None
        )
        self._replicas = (
            self._ask(_REPLICAS, GetCsManagementStoreReplicationStatus())
            if Facet.REPLICAS in facets
            else None
        )
        local = GetCsBackupServiceConfiguration(local_store=True)
        self._settings = (
            self._ask(_SETTINGS, GetCsBackupServiceConfiguration(), local)
            if Facet.SETTINGS in facets
            else None
        )
        self.from_local_store, self.store_silence = False, ""

    def _ask(self, what: str, cmdlet: Cmdlet[T], local: Cmdlet[T] | None = None) -> Answer[T]:
        told = isinstance(cmdlet, GetCsComputer)  # in the topology's order (fact: front-end-quorum)
        return Answer(
            self._sessions,
            Question(what=what, cmdlet=cmdlet, local=local, deadline=_DEADLINE, as_told=told),
        )

    @property
    def answers(self) -> list[Answer[object]]:
        """The answers, perhaps still on their way: those that make up the topology first."""
        found = (*self._topology, self._server, self._status, self._replicas, self._settings)
        return [cast("Answer[object]", answer) for answer in found if answer is not None]

    @property
    def _topology(self) -> list[Answer[object]]:
        found = (self._sites, self._pools, self._computers, self._services)
        return [cast("Answer[object]", answer) for answer in found]

    @property
    def endpoint(self) -> str:
        """The endpoint that served, the first that is known."""
        return next((answer.endpoint for answer in self.answers if answer.endpoint), "")

    def topology(self) -> tuple[Topology, Unread | None]:
        """The topology, from the store or from a local copy of it; an empty one and the reason
        where neither could be read.

        The other answers are not waited for: what they take, the pools' questions can use.
        """
        settle_all(self._topology)
        self._raise_when_nobody_answers()
        self._ask_again_what_no_server_heard()
        sites, pools, computers, services = (
            self._sites.get(),
            self._pools.get(),
            self._computers.get(),
            self._services.get(),
        )
        if not isinstance(services, Unread) and not isinstance(pools, Unread):
            return (
                Topology(
                    sites=_or_none(sites),
                    pools=pools,
                    computers=_or_none(computers),
                    services=services,
                ),
                None,
            )
        local = self._local_topology()
        unread = next(answer for answer in (services, pools) if isinstance(answer, Unread))
        if isinstance(local, Topology):
            self.from_local_store, self.store_silence = True, unread.reason
            return local, None
        reasons = "; ".join(dict.fromkeys((unread.reason, local.reason)))
        return Topology(sites=(), pools=(), computers=(), services=()), Unread(
            "the topology", reasons
        )

    def _ask_again_what_no_server_heard(self) -> None:
        """A connection that was lost says nothing of the store: it must not make a local copy the
        truth.
        """
        if self._pools.error is not None:
            self._pools = self._ask("the pools", GetCsPool())
        if self._services.error is not None:
            self._services = self._ask("the services", GetCsService())

    def _raise_when_nobody_answers(self) -> None:
        if not all(answer.error for answer in self._topology):
            return
        settle_all(self.answers)
        errors = [answer.error for answer in self.answers]
        if all(errors):
            raise cast("LyncOpsError", errors[0])

    def _local_topology(self) -> Topology | Unread:
        what = "the local copy of the topology"
        found = self._ask(what, GetCsTopology(as_xml=True, local_store=True)).get()
        if isinstance(found, Unread):
            return found
        texts = [_document(item) for item in found]
        wrong = "the answer has no document in it"
        # In one piece or in lines, with other words before it or not
        for text in (
            "\n".join(texts),
            *texts,
        ):
            try:
                return parse_topology(text)
            except InvalidValueError as error:
                wrong = error.what if "<" in text else wrong
        return Unread(what, wrong)

    def version(self, pools: tuple[Pool, ...]) -> LyncVersion | Unread:
        """The version that the caller knows, that the server tells, or that all Front End pools
        agree on.
        """
        if self._version is not None:
            return self._version
        told = self._server.first() if self._server else None
        if isinstance(told, ServerVersion) and told.version is not None:
            return told.version
        found = {pool.version for pool in pools if pool.kind.is_front_end}
        if len(found) > 1:
            found -= {LyncVersion.V2010}  # such pools are left alone
        only = next(iter(found)) if len(found) == 1 else None
        if isinstance(only, LyncVersion):
            return only
        return (
            told
            if isinstance(told, Unread)
            else Unread("the version", "the server's answer names none, and the pools differ")
        )

    def own_product(self) -> str:
        """The product's name where the server says another than the version's."""
        told = self._server.first() if self._server else None
        return told.own_name if isinstance(told, ServerVersion) else ""

    def sites(self, topology: Topology, gaps: Gaps) -> tuple[Site, ...] | Unread:
        """The sites, or why they could not be read though the pools could."""
        told = self._sites.get()
        return (
            told
            if isinstance(told, Unread) and not topology.sites
            else build_sites(topology.sites, gaps)
        )

    def central_management(self, copies: tuple[StoreCopy, ...] | Unread) -> CentralManagement:
        """The store, by its copies in the topology, its status and its replicas."""
        status = self._status.first() if self._status else _not_asked(_STATUS)
        replicas = self._replicas.get() if self._replicas else _not_asked(_REPLICAS)
        master, agents = (
            (status, status) if isinstance(status, Unread) else self._master_and_agents(status)
        )
        return CentralManagement(
            copies=copies,
            active_master=master,
            file_transfer_agents=agents,
            replicas=(
                replicas if isinstance(replicas, Unread) else build_replicas(replicas, self._gaps)
            ),
        )

    def _master_and_agents(
        self, status: CentralManagementStoreStatus | None
    ) -> tuple[Fqdn | Unread | None, tuple[Fqdn, ...] | Unread]:
        """Both are empty where the store is unavailable (fact: store-status).

        An answer without them is another thing.
        """
        if status is None:
            return None, ()  # it answered, with nothing: as unavailable as one that names nobody
        why = status.gap("active_master_fqdn")
        if why is not None:
            self._gaps.note(Part.STORE, "the master of the store", why)
            return Unread("the master of the store", why), self._agents(status)
        return status.active_master_fqdn, self._agents(status)

    def _agents(self, status: CentralManagementStoreStatus) -> tuple[Fqdn, ...] | Unread:
        """The File Transfer Agents; asked for by themselves where they arrived as names of their
        type.
        """
        why = status.gap("active_file_transfer_agents")
        if why is None:
            return status.active_file_transfer_agents
        what = "the active File Transfer Agents"
        found = (
            ()
            if "active_file_transfer_agents" not in status.seen
            else self._ask(what, GetCsFileTransferAgents()).get()
        )
        names = (
            ()
            if isinstance(found, Unread)
            else tuple(agent.fqdn for agent in found if agent.fqdn is not None)
        )
        if not isinstance(found, Unread) and names and len(names) == len(found):
            return names
        asked = (
            f", and reading them separately failed: {found.reason}"
            if isinstance(found, Unread)
            else ""
        )
        self._gaps.note(Part.STORE, what, why + asked)
        return status.active_file_transfer_agents or Unread(what, why + asked)

    def settings(self) -> BackupServiceSettings | Unread:
        """The global configuration of the Backup Service."""
        found = self._settings.get() if self._settings else _not_asked(_SETTINGS)
        if isinstance(found, Unread):
            return found
        chosen = sorted(found, key=lambda one: (one.identity or "").casefold() != "global")
        best: BackupServiceConfiguration | None = next(
            (one for one in chosen if one.sync_interval is not None), None
        )
        if best is None or best.sync_interval is None:
            return Unread(_SETTINGS, "the answer has no SyncInterval that can be read")
        why = why_open(best, "authorized_universal_groups", required=False)
        if why is not None:
            self._gaps.note(
                Part.SETTINGS, "the authorised groups of the Backup Service", why, item=GROUPS
            )
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


def doors(pools: Iterable[Pool], scope: Scope) -> Iterator[Door]:
    """The ports of all machines whose life matters."""
    for pool in pools:
        if pool.kind.is_asked:
            names = [
                machine.fqdn for machine in pool.machines if scope.covers(pool.fqdn, machine.fqdn)
            ]
            yield from (Door(name, port) for name in names for port in PORTS)


def with_witnesses(pools: tuple[Pool, ...], hearing: Hearing) -> tuple[Pool, ...]:
    """The pools, with the witnesses of each machine whose Front-End service is not known to run."""
    return tuple(
        attrs.evolve(
            pool, machines=tuple(_witnessed(machine, hearing) for machine in pool.machines)
        )
        for pool in pools
    )


def _witnessed(machine: Machine, hearing: Hearing) -> Machine:
    unasked = isinstance(machine.services, Unread) and not machine.services.asked
    return (
        machine
        if machine.is_up or unasked
        else attrs.evolve(machine, witnesses=hearing.of(machine.fqdn))
    )


def _with_relations(pools: tuple[Pool, ...]) -> tuple[Pool, ...]:
    """Where a relation could not be read, the other side's: a pair is symmetrical (fact:
    backup-relation).
    """
    claimed = {pool.backup_pool: pool.fqdn for pool in pools if isinstance(pool.backup_pool, Fqdn)}
    return tuple(
        (
            attrs.evolve(pool, backup_pool=claimed[pool.fqdn])
            if isinstance(pool.backup_pool, Unread)
            and pool.backup_pool.asked
            and pool.fqdn in claimed
            else pool
        )
        for pool in pools
    )


def build_replicas(states: tuple[ReplicaState, ...], gaps: Gaps) -> tuple[Replica, ...]:
    """The replicas, each computer's once: of two answers for one that differ, the worse."""
    found: dict[Fqdn, Replica] = {}
    for state in states:
        name = state.replica_fqdn
        if name is None:
            gaps.note(
                Part.REPLICAS,
                "a replica",
                state.gap("replica_fqdn") or "the answer does not name a computer",
                item=NAMELESS,
            )
            continue
        if state.up_to_date is None:
            gaps.note(
                Part.REPLICAS,
                f"the replica of {name}",
                why_open(state, "up_to_date") or "",
                item=name,
            )
        replica = Replica(
            computer=name,
            up_to_date=state.up_to_date is True and (name not in found or found[name].up_to_date),
            last_status_report=state.last_status_report,
            last_update_creation=state.last_update_creation,
            product_version=state.product_version or "",
            never_reported=state.last_status_report is None
            and state.gap("last_status_report") is None,
        )
        found[name] = found[name] if name in found and not found[name].up_to_date else replica
    return tuple(found.values())


def note_missing_modules(deployment: Deployment, gaps: Gaps) -> None:
    """Note the modules of the Backup Service that a pool must have and does not report: what is not
    told is not steady.
    """
    store = deployment.central_management.copies
    holders = (
        frozenset[Fqdn]() if isinstance(store, Unread) else frozenset(copy.pool for copy in store)
    )
    for pool in deployment.front_end_pools:
        if isinstance(pool.backup_modules, Unread) or not pool.backup_modules:
            continue
        told = {module.name.casefold() for module in pool.backup_modules}
        if any(module.is_overall for module in pool.backup_modules):
            continue  # its state is that of all of them
        expected = (*ALWAYS_COPIED, *((STORE_MODULE,) if pool.fqdn in holders else ()))
        for name in expected:
            if name.casefold() not in told:
                what = f"the module {name} of the Backup Service of {pool.fqdn}"
                gaps.note(
                    Part.BACKUP_STATUS,
                    what,
                    "the answer does not name it",
                    pool=pool.fqdn,
                    item=name,
                )


def _document(item: RemoteObject) -> str:
    """The text of a document, which comes as a string, or as an object with the markup in a
    property.
    """
    markup = item.get("OuterXml", "InnerXml", "Xml")
    return markup if isinstance(markup, str) else str(item)


def _or_none(answer: tuple[T, ...] | Unread) -> tuple[T, ...]:
    return () if isinstance(answer, Unread) else answer


def _not_asked(what: str) -> Unread:
    return Unread(what, UNASKED, asked=False)
