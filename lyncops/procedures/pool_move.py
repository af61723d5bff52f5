"""The move of a pool's users within its pair, away or home: what goes along with them, and what
must be asked for it.
"""

from __future__ import annotations

import attrs

from lyncops.checks.context import CheckContext, Direction
from lyncops.checks.loss import expected_loss
from lyncops.checks.result import CheckResult
from lyncops.deployment.model import Deployment, Pool
from lyncops.plan.conditions import Condition
from lyncops.plan.procedures import MovesPool
from lyncops.plan.steps import Step
from lyncops.procedures.drafting import Draft, data_loss_accepted, those_asked
from lyncops.procedures.edges import NextHopMove, next_hop_fits
from lyncops.procedures.store import StoreMove
from lyncops.procedures.store_checks import planned_form_possible, sql_server_known
from lyncops.values import Anywhere


@attrs.frozen(slots=True, kw_only=True)
class PoolMove:
    """The users of `pool` go to its backup pool `partner`, or come home from there, as the
    situation's direction says.

    `place` is where cmdlets run that may run anywhere; `store` is None where the store can stay.
    """

    situation: CheckContext
    request: MovesPool
    pool: Pool
    partner: Pool
    place: Anywhere
    store: StoreMove | None
    next_hops: NextHopMove

    @property
    def deployment(self) -> Deployment:
        """The deployment in which they move."""
        return self.situation.deployment

    @property
    def disaster(self) -> bool:
        """Whether the pool that they leave is taken to be gone."""
        return self.situation.disaster

    def drafted(
        self,
        checks: tuple[CheckResult, ...],
        *,
        steps: tuple[Step, ...],
        goal: tuple[Condition, ...],
        notes: tuple[str, ...],
    ) -> Draft:
        """The draft of these parts.

        It asks besides `checks` what only this request raises, and wants the next hops moved.
        """
        situation = self.situation
        loss = expected_loss(
            self.deployment, self.pool.fqdn, situation.mode, direction=situation.direction
        )
        leaving = self.pool if situation.direction is Direction.FAILOVER else self.partner
        own = those_asked(
            data_loss_accepted(self.request, loss=loss),
            planned_form_possible(situation, self.store),
            sql_server_known(self.store),
            next_hop_fits(self.deployment, self.next_hops, leaving=leaving.fqdn),
        )
        return Draft(
            lock=(self.pool.fqdn, self.partner.fqdn),
            checks=(*checks, *own),
            steps=steps,
            goal=(*goal, *self.next_hops.goal),
            expected_loss=loss,
            notes=notes,
        )
