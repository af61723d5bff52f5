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
from lyncops.procedures.accepting import accepted
from lyncops.procedures.drafting import Draft, finished
from lyncops.procedures.homeward import NOTHING_ON_RECORD, LedAway
from lyncops.procedures.overriding import changes_between


def make_plan(
    procedure: Procedure, deployment: Deployment, *, led_away: LedAway = NOTHING_ON_RECORD
) -> Plan:
    """Plan a procedure for a deployment. What prevents it is in the plan's `refusals`.

    `led_away` lists the Edge pools that a failback moves back, for each pool whose failover is on
    record. An override counts where its check refuses; what it changes in the plan is told beside
    it.

    Raises:
        InvalidValueError: an override names a check that the plan does not have or that is law, or
            what was asked for is impossible.
        EndpointError: nothing is known that the procedure could work on.
    """

    def overriding(overrides: Mapping[str, str]) -> Plan:
        """The plan whose steps know these overrides; what the operator asked for stays beside it as
        it is.
        """
        drafted = draft(attrs.evolve(procedure, overrides=overrides), deployment, led_away)
        return finished(drafted, procedure=procedure, deployment=deployment)

    plan = overriding({})
    needed = {
        each.check_id: each.overridden_because for each in plan.checks if each.overridden_because
    }
    if not needed:
        return accepted(plan, deployment)
    shown = accepted(overriding(needed), deployment)
    changes = {
        check_id: changes_between(overriding(_but(needed, check_id)), shown) for check_id in needed
    }
    checks = (
        attrs.evolve(each, override_changes=changes.get(each.check_id, ())) for each in shown.checks
    )
    return attrs.evolve(shown, checks=tuple(checks))


def _but(overrides: Mapping[str, str], check_id: str) -> Mapping[str, str]:
    return {name: reason for name, reason in overrides.items() if name != check_id}


def draft(  # noqa: C901, PLR0912
    procedure: Procedure, deployment: Deployment, led_away: LedAway = NOTHING_ON_RECORD
) -> Draft:
    """The parts of the plan, before the operator's overrides.

    Raises:
        InvalidValueError: no module drafts this procedure.
    """
    match procedure:
        case PoolFailover():
            return pool_failover.draft(deployment, procedure)
        case PoolFailback():
            return pool_failback.draft(deployment, procedure, led_away.get(procedure.pool))
        case Evacuate():
            return evacuate.draft(deployment, procedure)
        case SiteFailover():
            return sites.draft_failover(deployment, procedure)
        case SiteFailback():
            return sites.draft_failback(deployment, procedure, led_away)
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
            raise InvalidValueError(
                f"No module plans {procedure}.",
                remedy="Use a procedure of lyncops.plan.procedures.",
            )
