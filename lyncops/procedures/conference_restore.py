"""Restoring conference contents using the Backup Service."""

from __future__ import annotations

import attrs

from lyncops.checks.catalogue import CHECKS, run_checks
from lyncops.checks.check import Finding, check, failed, passed, unknown
from lyncops.checks.context import CheckContext, Direction
from lyncops.checks.order import failback_command
from lyncops.deployment.model import Deployment, Pool, PoolState
from lyncops.plan.conditions import BackupModuleIs
from lyncops.plan.conditions.pools import CONFERENCE_CONTENT
from lyncops.plan.procedures import ConferenceRestore
from lyncops.procedures.conference import content_steps
from lyncops.procedures.drafting import Draft
from lyncops.procedures.store_checks import store_writable
from lyncops.sources import fact, guide
from lyncops.values import Mode

_IDS = (
    "pool-exists",
    "pool-is-front-end",
    "pool-is-paired",
    "home-pool-healthy",
    "partner-healthy",
    "backup-service-running",
)


def draft(deployment: Deployment, request: ConferenceRestore) -> Draft:
    """Draft that the conference content of `request.pool` comes home from its backup pool.

    Refused when the pool is failed over (then pool-failback does it), when one pool of the pair is
    dead, and when the store does not work: the cmdlet has no -LocalStore and finds its pool in the
    store's topology (fact: local-store).
    """
    situation = CheckContext(deployment, request.pool, Mode.PLANNED, Direction.FAILBACK)
    checks = run_checks([CHECKS[check_id] for check_id in _IDS], situation)
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return Draft(checks=checks)
    return Draft(
        lock=(pool.fqdn, partner.fqdn),
        checks=(*checks, _is_home(pool), store_writable(deployment)),
        steps=content_steps(pool, partner),
        goal=(BackupModuleIs(partner.fqdn, CONFERENCE_CONTENT),),
        expected_loss="Nothing.",
        notes=(
            f"The sync is requested from {partner.fqdn}, the backup pool, which holds the content.",
        ),
    )


@check(
    "pool-is-home",
    question="Does the pool serve its own users?",
    sources=(
        guide("Restoring conference contents using the Backup Service"),
        fact("conference-content"),
    ),
)
def _is_home(pool: Pool) -> Finding:
    # Its backup pool holds the content, so it must be up: a planned failback
    command = failback_command(pool.fqdn)
    remedy = f"Fail it back first: {command}. That also restores the conference content."
    if not isinstance(pool.state, PoolState):
        return attrs.evolve(unknown(str(pool.state), remedy, blocking=True), first=(command,))
    evidence = f"{pool.fqdn} is {pool.state.value}."
    if pool.state.is_home:
        return passed(evidence)
    # Nothing comes home to a pool that does not serve
    return failed(evidence, remedy, overridable=False, first=(command,))
