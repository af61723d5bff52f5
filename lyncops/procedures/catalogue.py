"""All procedures by their name on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from lyncops.deployment.model import Deployment
from lyncops.errors import InvalidValueError
from lyncops.plan.model import Plan
from lyncops.procedures import (
    backup_service_set,
    backup_service_sync,
    conference_restore,
    database_failover,
    edge_association,
    edge_federation,
    edge_next_hop,
    evacuate,
    management_store_failover,
    pool_failback,
    pool_failover,
    xmpp,
)
from lyncops.procedures.drafting import Draft, finished
from lyncops.procedures.request import ProcedureRequest, option_of
from lyncops.values import Mode

_BOTH: Final = (Mode.PLANNED, Mode.DISASTER)

_STORE: Final = ("export", "export_folder", "store_sql_server", "store_sql_instance")
_RESPONSE_GROUPS: Final = ("response_groups", "response_groups_file")
_FEDERATION: Final = ("edge", "sites", "enable_topology")
_XMPP: Final = ("edge", "sites", "domains", "xmpp_host", "enable_topology")


@attrs.frozen(slots=True, kw_only=True)
class Procedure:
    """A section of the recovery guide as a procedure: what it does, what it asks for, and how it is planned.

    `modes` is empty where there is only one way. `options` names the fields of `ProcedureRequest` that it has a use for,
    beyond target, mode, overrides and accept_data_loss; `required` those of them that must be given. `counts_users` asks for a
    reading with the users of the target pool counted, which takes a while: how long the procedure waits depends on their number.
    """

    name: str
    summary: str
    source: str
    target: str  # what the target is, in words
    modes: tuple[Mode, ...] = ()
    options: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    counts_users: bool = False
    draft: Callable[[Deployment, ProcedureRequest], Draft] = attrs.field(repr=False)

    def plan(self, deployment: Deployment, request: ProcedureRequest) -> Plan:
        """Plan it. What stands in the way is in the plan's `refusals`.

        Raises:
            InvalidValueError: the mode or a required option is missing, or an override is wrong.
        """
        self.require(request)
        return finished(self.draft(deployment, request), procedure=self.name, deployment=deployment, request=request)

    def require(self, request: ProcedureRequest) -> None:
        """Raise InvalidValueError when the mode or a required option is missing: needs no server to be asked."""
        if self.modes and request.mode not in self.modes:
            names = " or ".join(mode.value for mode in self.modes)
            raise InvalidValueError(f"{self.name} needs a mode.", remedy=f"Add --mode {names}.")
        if not self.modes and request.mode is not None:
            raise InvalidValueError(f"{self.name} has no modes.", remedy="Leave --mode out.")
        for field in self.required:
            if not getattr(request, field):
                raise InvalidValueError(f"{self.name} needs {field}.", remedy=f"Add {option_of(field)}.")


_ALL: Final = (
    Procedure(
        name="pool-failover",
        summary="Serve the users of a pool by its backup pool.",
        source="Failing over a pool",
        target="the pool that first homed the users",
        modes=_BOTH,
        options=("next_hop", "enable_topology", *_STORE, *_RESPONSE_GROUPS),
        draft=pool_failover.draft,
    ),
    Procedure(
        name="pool-failback",
        summary="Serve the users of a failed-over pool at home again, and restore their conference content.",
        source="Failing back a pool",
        target="the pool that first homed the users",
        modes=_BOTH,
        options=("edges", "enable_topology", *_STORE, *_RESPONSE_GROUPS),
        draft=pool_failback.draft,
    ),
    Procedure(
        name="evacuate",
        summary="Serve everybody of a pair of pools by one of them.",
        source="Managing disaster recovery, IMPORTANT box",
        target="the pool that shall serve everybody",
        modes=_BOTH,
        options=("next_hop", "enable_topology", *_STORE),
        draft=evacuate.draft,
    ),
    Procedure(
        name="management-store-failover",
        summary="Move the Central Management store to the backup pool of the pool that holds it.",
        source="Failing over a pool, steps 2 to 5",
        target="the pool that the store leaves",
        modes=_BOTH,
        options=_STORE,
        draft=management_store_failover.draft,
    ),
    Procedure(
        name="conference-restore",
        summary="Bring the conference content of a pool home from its backup pool.",
        source="Restoring conference contents using the Backup Service",
        target="the pool that first homed the users",
        counts_users=True,
        draft=conference_restore.draft,
    ),
    Procedure(
        name="edge-next-hop",
        summary="Lead an Edge pool to another Front End pool.",
        source="Failing over a pool, step 1",
        target="the Edge pool",
        options=("next_hop", "enable_topology"),
        required=("next_hop",),
        draft=edge_next_hop.draft,
    ),
    Procedure(
        name="edge-association",
        summary="Change the Edge pool that a Front End pool uses for media.",
        source="Changing the Edge pool associated with a Front End pool",
        target="the Front End pool",
        options=("edge", "enable_topology"),
        required=("edge",),
        draft=edge_association.draft,
    ),
    Procedure(
        name="edge-federation-failover",
        summary="Let another Edge pool have federation.",
        source="Failing over the Edge pool used for Lync Server federation",
        target="the Edge pool that has federation",
        options=_FEDERATION,
        draft=edge_federation.draft_failover,
    ),
    Procedure(
        name="edge-federation-failback",
        summary="Give federation back to the Edge pool that first had it.",
        source="Failing back the Edge pool used for Lync Server federation or XMPP federation",
        target="the Edge pool that first had federation",
        options=_FEDERATION,
        draft=edge_federation.draft_failback,
    ),
    Procedure(
        name="xmpp-failover",
        summary="Let another Edge pool have XMPP federation.",
        source="Failing over the Edge pool used for XMPP federation",
        target="the Edge pool that has XMPP federation",
        options=_XMPP,
        required=("domains",),
        draft=xmpp.draft_failover,
    ),
    Procedure(
        name="xmpp-failback",
        summary="Give XMPP federation back to the Edge pool that first had it.",
        source="Failing back the Edge pool used for Lync Server federation or XMPP federation",
        target="the Edge pool that first had XMPP federation",
        options=_XMPP,
        required=("domains",),
        draft=xmpp.draft_failback,
    ),
    Procedure(
        name="backup-service-set",
        summary="Set how often the Backup Service copies, and who may ask it.",
        source="Configuring and monitoring the Backup Service",
        target="any Front End pool; the configuration is that of the whole deployment",
        options=("sync_interval", "authorized_groups"),
        draft=backup_service_set.draft,
    ),
    Procedure(
        name="backup-service-sync",
        summary="Copy what a pool has changed to its backup pool now.",
        source="Configuring and monitoring the Backup Service",
        target="the pool whose changes are copied",
        options=("modules",),
        draft=backup_service_sync.draft,
    ),
    Procedure(
        name="database-failover",
        summary="Move the principal of mirrored databases to the other SQL Server.",
        source="Failing over a mirrored database",
        target="the pool of the databases",
        options=("database_type", "to_mirror"),
        draft=database_failover.draft,
    ),
)

PROCEDURES: Final[Mapping[str, Procedure]] = MappingProxyType({procedure.name: procedure for procedure in _ALL})


def procedure_named(name: str) -> Procedure:
    """The procedure of that name.

    Raises:
        InvalidValueError: there is none; the message lists them.
    """
    if name not in PROCEDURES:
        raise InvalidValueError(f"There is no procedure {name!r}.", remedy=f"The procedures are: {', '.join(PROCEDURES)}.")
    return PROCEDURES[name]
