"""All checks by id, the groups that a procedure asks, and overrides with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import attrs

from lyncops.checks import backup, edge, health, order, pools, quorum, replicas, rights, store
from lyncops.checks.check import Check
from lyncops.checks.context import CheckContext, Direction
from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.words import listed
from lyncops.deployment.model import Deployment
from lyncops.errors import InvalidValueError
from lyncops.values import Fqdn, Mode

# Without these no other question has a meaning: the first that fails is the whole answer.
_GROUND: Final = (pools.pool_exists, pools.pool_is_front_end, pools.pool_is_paired)

FAILOVER: Final[tuple[Check[CheckContext], ...]] = (
    *_GROUND,
    order.not_failed_over,
    order.partner_not_failed_over,
    health.mode_fits,
    health.partner_healthy,
    quorum.partner_quorum,
    store.store_single_master,
    store.store_not_on_failed_pool,
    store.store_agents,
    store.standby_store_installed,
    replicas.replicas_up_to_date,
    edge.edge_next_hop,
    edge.next_hops_alive,
    backup.backup_service,
    backup.backup_service_running,
    pools.versions_agree,
    pools.version_supports,
    pools.pair_in_different_sites,
    rights.rights,
)

FAILBACK: Final[tuple[Check[CheckContext], ...]] = (
    *_GROUND,
    order.is_failed_over,
    health.mode_fits,
    health.home_pool_healthy,
    health.partner_healthy,
    quorum.partner_quorum,
    store.store_single_master,
    store.store_agents,
    replicas.replicas_up_to_date,
    backup.backup_service,
    backup.backup_service_running,
    pools.versions_agree,
    pools.version_supports,
    rights.rights,
)

CHECKS: Final[Mapping[str, Check[CheckContext]]] = MappingProxyType(
    {check.check_id: check for check in (*FAILOVER, *FAILBACK)}
)


def run_checks(
    checks: Sequence[Check[CheckContext]], situation: CheckContext
) -> tuple[CheckResult, ...]:
    """Ask `checks` in order; where the pair itself is not there, its answer is the last one."""
    results: list[CheckResult] = []
    for check in checks:
        results.append(check(situation))
        if check in _GROUND and results[-1].verdict in (Verdict.FAILED, Verdict.UNKNOWN):
            break
    return tuple(results)


def fitting_mode(deployment: Deployment, pool: Fqdn) -> Mode:
    """Planned as long as a machine of the pool is seen to be up, else disaster."""
    found = deployment.pool(pool)
    return Mode.PLANNED if found is None or found.is_alive else Mode.DISASTER


def checks_for_failover(
    deployment: Deployment, pool: Fqdn, mode: Mode, *, next_hop: Fqdn | None = None
) -> tuple[CheckResult, ...]:
    """What must be asked before `pool` is failed over to its partner, and `next_hop`, if named,
    becomes the next hop of its Edge pools.
    """
    return run_checks(FAILOVER, CheckContext(deployment, pool, mode, Direction.FAILOVER, next_hop))


def checks_for_failback(deployment: Deployment, pool: Fqdn, mode: Mode) -> tuple[CheckResult, ...]:
    """What must be asked before the users of `pool` are brought home from its partner."""
    checks = FAILBACK
    # The pool that is left is gone, and the store with it if it was there
    if mode is Mode.DISASTER:
        checks = (*checks, store.store_not_on_failed_pool)
    return run_checks(checks, CheckContext(deployment, pool, mode, Direction.FAILBACK))


def apply_overrides(
    results: Sequence[CheckResult], overrides: Mapping[str, str]
) -> tuple[CheckResult, ...]:
    """The results with the operator's reasons written into those that are overridden.

    Raises:
        InvalidValueError: an id that is not among the results, one that is law, or no reason.
    """
    by_id = {result.check_id: result for result in results}
    for check_id, reason in overrides.items():
        result = by_id.get(check_id)
        if result is None:
            raise InvalidValueError(
                f"This plan has no check {check_id!r}.",
                remedy=f"Its checks: {listed(sorted(by_id))}.",
            )
        if not result.overridable and result.refuses:
            raise InvalidValueError(
                f"The check {check_id} cannot be overridden: {result.evidence}",
                remedy=result.remedy,
            )
        if not reason.strip():
            raise InvalidValueError(
                f"The override of {check_id} has no reason.",
                remedy="Say why it is safe; the report will show it.",
            )
    return tuple(
        (
            attrs.evolve(result, overridden_because=overrides[result.check_id].strip())
            if result.check_id in overrides and result.refuses
            else result
        )
        for result in results
    )
