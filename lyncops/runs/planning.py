"""A plan from a fresh reading of the servers."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.errors import JournalError
from lyncops.plan.model import Plan
from lyncops.plan.procedures import PoolFailback, Procedure, SiteFailback
from lyncops.procedures.catalogue import make_plan
from lyncops.procedures.homeward import NOTHING_ON_RECORD, LedAway
from lyncops.runs.journal import Journal
from lyncops.runs.led_away import led_away
from lyncops.values import Fqdn, Unread


def plan_afresh(
    procedure: Procedure, read: Callable[[Scope], Deployment], journal: Callable[[], Journal]
) -> tuple[Plan, Deployment]:
    """Read the deployment and make the plan; both are given back.

    Users are counted where the procedure's duration depends on their number. The journal is opened
    for a failback alone: it shows which Edge pools to move back. One that does not work is ignored,
    and the plan asks.
    """
    deployment = read(
        EVERYTHING | Scope.of(Facet.TEST_USERS) if procedure.takes_test_users else EVERYTHING
    )
    if procedure.COUNTS_USERS and procedure.target_pool is not None:
        deployment = _counted(deployment, procedure.target_pool, read)
    return (
        make_plan(procedure, deployment, led_away=_on_record(procedure, deployment, journal)),
        deployment,
    )


def _on_record(
    procedure: Procedure, deployment: Deployment, journal: Callable[[], Journal]
) -> LedAway:
    if not isinstance(procedure, PoolFailback | SiteFailback) or procedure.edges is not None:
        return NOTHING_ON_RECORD
    try:
        return led_away(journal(), deployment)
    except JournalError:
        return NOTHING_ON_RECORD


def _counted(deployment: Deployment, fqdn: Fqdn, read: Callable[[Scope], Deployment]) -> Deployment:
    """The same reading with the users of one Front End pool counted; of no other pool, since each
    user is transferred.
    """
    pool = deployment.pool(fqdn)
    if pool is None or not pool.kind.is_front_end:
        return deployment
    seen = read(Scope.of(Facet.USERS, pools=[fqdn])).pool(fqdn)
    users = (
        seen.users
        if seen is not None
        else Unread(f"the users of {fqdn}", "the pool is no longer in the topology")
    )
    return deployment.with_pool(attrs.evolve(pool, users=users))
