"""A plan from a fresh reading of the servers."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.plan.model import Plan
from lyncops.plan.procedures import Procedure
from lyncops.procedures.catalogue import make_plan
from lyncops.values import Fqdn, Unread


def plan_afresh(procedure: Procedure, read: Callable[[Scope], Deployment]) -> Plan:
    """Read the deployment and make the plan; users are counted where the procedure's duration depends on their number."""
    deployment = read(EVERYTHING)
    if procedure.COUNTS_USERS and procedure.target_pool is not None:
        deployment = _counted(deployment, procedure.target_pool, read)
    return make_plan(procedure, deployment)


def _counted(deployment: Deployment, fqdn: Fqdn, read: Callable[[Scope], Deployment]) -> Deployment:
    """The same reading with the users of one Front End pool counted; nobody else's, since each one comes over the wire."""
    pool = deployment.pool(fqdn)
    if pool is None or not pool.kind.is_front_end:
        return deployment
    seen = read(Scope.of(Facet.USERS, pools=[fqdn])).pool(fqdn)
    users = seen.users if seen is not None else Unread(f"the users of {fqdn}", "the pool is gone from the topology")
    return deployment.with_pool(attrs.evolve(pool, users=users))
