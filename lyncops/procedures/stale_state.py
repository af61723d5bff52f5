"""A store that is older than the failover: it says that the pool serves its own users, and nobody does.

So it is where both pools of a pair died one after the other: the failover was written to a store that is gone,
and the copy that comes home is from before it. A failback is then refused by the server.
"""

from __future__ import annotations

from lyncops.cmdlets import SetCsRegistrarConfiguration
from lyncops.cmdlets.enums import PoolState as StateOfPool
from lyncops.deployment.model import PoolState
from lyncops.plan.conditions import PoolStateIs, StoreHasSingleMaster
from lyncops.plan.steps import CmdletStep, Step
from lyncops.procedures import figures
from lyncops.procedures.pool_move import PoolMove
from lyncops.sources import fact, reference

CHECK = "is-failed-over"


def state_steps(move: PoolMove) -> tuple[Step, ...]:
    """What the failover wrote is written again, where the operator says against the store that it happened."""
    pool, state = move.pool, move.pool.state
    stale = isinstance(state, PoolState) and state.is_home
    if not (move.disaster and stale and CHECK in move.request.overrides):
        return ()
    step = CmdletStep(
        step_id="pool-state",
        title=f"Write down again that {pool.fqdn} is failed over",
        why="The store is older than the failover. The server fails back only a pool that the store calls failed over. That the "
        "state may be written by hand is concluded from its parameter, and not from a page.",
        sources=(reference("Set-CsRegistrarConfiguration"), fact("pool-state")),
        cmdlet=SetCsRegistrarConfiguration(
            identity=f"Service:Registrar:{pool.fqdn}", pool_state=StateOfPool.FAILED_OVER, confirm=False
        ),
        place=move.place,
        before=(StoreHasSingleMaster(),),
        after=(PoolStateIs(pool.fqdn, PoolState.FAILED_OVER),),
        deadline=figures.ONE_HOUR / 4,
        estimate=figures.SETTING,
        undo=SetCsRegistrarConfiguration(
            identity=f"Service:Registrar:{pool.fqdn}", pool_state=StateOfPool.ACTIVE, confirm=False
        ).to_powershell(),
    )
    return (step,)
