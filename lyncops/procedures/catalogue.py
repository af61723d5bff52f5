"""Makes the plan of a procedure: which module drafts which."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from lyncops.deployment.model import Deployment
from lyncops.errors import InvalidValueError
from lyncops.plan.model import Plan
from lyncops.plan.procedures import (
    BackupServiceSet,
    BackupServiceSync,
    ConferenceRestore,
    DatabaseFailover,
    EdgeAssociation,
    EdgeFederationFailback,
    EdgeFederationFailover,
    EdgeNextHop,
    Evacuate,
    ManagementStoreFailover,
    PoolFailback,
    PoolFailover,
    Procedure,
    SiteFailback,
    SiteFailover,
    XmppFailback,
    XmppFailover,
)
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
    sites,
    xmpp,
)
from lyncops.procedures.drafting import Draft, finished
from lyncops.procedures.overriding import changes_between


def make_plan(procedure: Procedure, deployment: Deployment) -> Plan:
    """Plan a procedure for a deployment. What prevents it is in the plan's `refusals`.

    An override counts where its check refuses; what it changes in the plan is told beside it.

    Raises:
        InvalidValueError: an override names a check that the plan does not have or that is law, or
            what was asked for is impossible.
        EndpointError: nothing is known that the procedure could work on.
    """
    bare = attrs.evolve(procedure, overrides={})
    plan = finished(draft(bare, deployment), procedure=procedure, deployment=deployment)
    needed = {each.check_id: each.overridden_because for each in plan.checks if each.overridden_because}
    if not needed:
        return plan

    def drafted(overrides: Mapping[str, str]) -> Draft:
        return draft(attrs.evolve(bare, overrides=overrides), deployment)

    overridden = drafted(needed)
    changes = {
        check_id: changes_between(drafted({k: v for k, v in needed.items() if k != check_id}), overridden) for check_id in needed
    }
    plan = finished(overridden, procedure=procedure, deployment=deployment)
    checks = (attrs.evolve(each, override_changes=changes.get(each.check_id, ())) for each in plan.checks)
    return attrs.evolve(plan, checks=tuple(checks))


def draft(procedure: Procedure, deployment: Deployment) -> Draft:  # noqa: C901, PLR0912
    """The parts of the plan, before the operator's overrides.

    Raises:
        InvalidValueError: no module drafts this procedure.
    """
    match procedure:
        case PoolFailover():
            return pool_failover.draft(deployment, procedure)
        case PoolFailback():
            return pool_failback.draft(deployment, procedure)
        case Evacuate():
            return evacuate.draft(deployment, procedure)
        case SiteFailover():
            return sites.draft_failover(deployment, procedure)
        case SiteFailback():
            return sites.draft_failback(deployment, procedure)
        case ManagementStoreFailover():
            return management_store_failover.draft(deployment, procedure)
        case ConferenceRestore():
            return conference_restore.draft(deployment, procedure)
        case EdgeNextHop():
            return edge_next_hop.draft(deployment, procedure)
        case EdgeAssociation():
            return edge_association.draft(deployment, procedure)
        case EdgeFederationFailover():
            return edge_federation.draft_failover(deployment, procedure)
        case EdgeFederationFailback():
            return edge_federation.draft_failback(deployment, procedure)
        case XmppFailover():
            return xmpp.draft_failover(deployment, procedure)
        case XmppFailback():
            return xmpp.draft_failback(deployment, procedure)
        case BackupServiceSet():
            return backup_service_set.draft(deployment, procedure)
        case BackupServiceSync():
            return backup_service_sync.draft(deployment, procedure)
        case DatabaseFailover():
            return database_failover.draft(deployment, procedure)
        case _:
            raise InvalidValueError(f"No module plans {procedure}.", remedy="Use a procedure of lyncops.plan.procedures.")
