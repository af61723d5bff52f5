"""A store that is older than the failover: it shows the pool's users as served at home, although no
pool serves them.

So it is where both pools of a pair died one after the other: the failover was written to a store
that is gone, and the copy that comes home is from before it. The server refuses a failback then.
"""

from __future__ import annotations

from typing import Final

from lyncops.checks.check import result_of, warning
from lyncops.checks.order import is_failed_over
from lyncops.checks.result import CheckResult
from lyncops.cmdlets import SetCsRegistrarConfiguration
from lyncops.cmdlets.enums import PoolState as StateOfPool
from lyncops.deployment.model import Pool, PoolState
from lyncops.plan.conditions import PoolStateIs, StoreHasSingleMaster
from lyncops.plan.procedures import PoolFailback
from lyncops.plan.steps import CmdletStep, Step
from lyncops.procedures import figures
from lyncops.procedures.pool_move import PoolMove
from lyncops.sources import fact, reference
from lyncops.values import Fqdn

_SOURCES: Final = (reference("Set-CsRegistrarConfiguration"), fact("pool-state"))


def is_stale(request: PoolFailback, pool: Pool) -> bool:
    """Whether the operator says, against a store that calls the pool's users at home, that they are
    away.
    """
    is_home = isinstance(pool.state, PoolState) and pool.state.is_home
    return request.store_is_older and is_home


def taken_at_its_word(
    checks: tuple[CheckResult, ...], pool: Pool, *, on_record: bool
) -> tuple[CheckResult, ...]:
    """The checks, with the operator's word in place of what the old store says of the failover."""
    state = pool.state.value if isinstance(pool.state, PoolState) else "unknown"
    journal = "The journal has its failover." if on_record else "The journal has no failover of it."
    finding = warning(
        f"The store says that {pool.fqdn} serves its own users (state {state}); you state that it"
        f" is older than the failover. {journal}",
        f"Make sure that users of {pool.fqdn} cannot sign in now; otherwise there is nothing to"
        " do.",
    )
    told = result_of(is_failed_over.check_id, is_failed_over.question, _SOURCES, finding)
    return tuple(told if check.check_id == told.check_id else check for check in checks)


def state_steps(move: PoolMove) -> tuple[Step, ...]:
    """What the failover wrote is written again, where the operator says that the store is older."""
    request = move.request
    if not isinstance(request, PoolFailback) or not is_stale(request, move.pool):
        return ()
    pool = move.pool.fqdn
    step = CmdletStep(
        step_id="pool-state",
        title=f"Record again that {pool} is failed over",
        why=(
            "The store is older than the failover, and the server fails back only a pool that the"
            " store shows as failed over. Setting the state by hand is inferred from the"
            " parameter; no page describes it."
        ),
        sources=_SOURCES,
        cmdlet=_set_state(pool, StateOfPool.FAILED_OVER),
        place=move.place,
        before=(StoreHasSingleMaster(),),
        after=(PoolStateIs(pool, PoolState.FAILED_OVER),),
        deadline=figures.ONE_HOUR / 4,
        estimate=figures.SETTING,
        undo=_set_state(pool, StateOfPool.ACTIVE).to_powershell(),
    )
    return (step,)


def _set_state(pool: Fqdn, state: StateOfPool) -> SetCsRegistrarConfiguration:
    return SetCsRegistrarConfiguration(
        identity=f"Service:Registrar:{pool}", pool_state=state, confirm=False
    )
