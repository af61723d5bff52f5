"""The questions about the deployment as a whole, and what their answers say."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypeVar, cast

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
from lyncops.deployment.central_management import CentralManagement, Replica, StoreCopy
from lyncops.deployment.gaps import GROUPS, NAMELESS, Gaps, Part, why_open
from lyncops.deployment.model import BackupServiceSettings, Pool, Site
from lyncops.deployment.scope import Facet, Scope
from lyncops.deployment.topology import (
    UNASKED,
    build_sites,
)
from lyncops.deployment.topology_document import Topology, parse_topology
from lyncops.errors import InvalidValueError, LyncOpsError
from lyncops.remoting.interface import CmdletRunner
from lyncops.values import Fqdn, LyncVersion, RemoteObject, Unread

T = TypeVar("T")
_DEADLINE: Final = timedelta(seconds=60)
_STATUS: Final = "the status of the Central Management store"
_REPLICAS: Final = "the replicas"
_SETTINGS: Final = "the configuration of the Backup Service"


class GlobalReading:
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
        """The version that the caller knows, that the server reports, or that all Front End pools
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
            return None, ()  # it answered, with nothing: as unavailable as one that names no master
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
