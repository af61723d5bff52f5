"""Which Edge pools a failback moves back: those that the failover moved, according to its record or
the operator.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from lyncops.checks.check import Finding, check, passed, unknown, warning
from lyncops.checks.result import CheckResult
from lyncops.checks.words import listed
from lyncops.deployment.model import Deployment, EdgePool, Pool, PoolState
from lyncops.plan.conditions.routes import leads_to
from lyncops.procedures.edges import edges_leading_to, known_edges, same_site
from lyncops.sources import fact, guide
from lyncops.values import Fqdn

LedAway = Mapping[Fqdn, tuple[Fqdn, ...]]
"""The Edge pools that the failover of each pool moved. A pool whose failover is not on record is
absent."""
NOTHING_ON_RECORD: Final[LedAway] = MappingProxyType({})


@attrs.frozen(slots=True, kw_only=True)
class Homeward:
    """The Edge pools that get `pool` as their next hop again.

    `named` are those that the operator names, `recorded` those of the failover's record; both are
    None if that is not known. Then those of the pool's own site that lead to its partner are taken,
    and a check asks.
    """

    deployment: Deployment
    pool: Pool
    partner: Pool
    named: tuple[Fqdn, ...] | None
    recorded: tuple[Fqdn, ...] | None

    @property
    def edges(self) -> tuple[EdgePool, ...]:
        """Those that move; one that already uses the pool does not."""
        told = self.named if self.named is not None else self.recorded
        if told is not None:
            return tuple(
                e
                for e in known_edges(self.deployment)
                if e.fqdn in told and not self._leads_home(e)
            )
        return tuple(e for e in self._behind if same_site(self.deployment, e.fqdn, self.pool.fqdn))

    @property
    def _behind(self) -> tuple[EdgePool, ...]:
        return edges_leading_to(self.deployment, self.partner.fqdn)

    def _leads_home(self, edge: EdgePool) -> bool:
        return edge.next_hop is not None and leads_to(
            self.deployment, edge.next_hop, self.pool.fqdn
        )

    @property
    def _left(self) -> tuple[EdgePool, ...]:
        """Those that use the partner, or are of the pool's site and use another pool, and stay as
        they are.
        """
        moved = {edge.fqdn for edge in self.edges}
        return tuple(
            edge
            for edge in known_edges(self.deployment)
            if edge.fqdn not in moved
            and not self._leads_home(edge)
            and (edge in self._behind or same_site(self.deployment, edge.fqdn, self.pool.fqdn))
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What is left as it is, with the command that would change it."""
        return tuple(
            f"Edge pool {edge.fqdn} keeps {edge.next_hop or 'no pool'} as its next hop; to change"
            f" that to {self.pool.fqdn}: lyncops run edge-next-hop {edge.fqdn} --next-hop"
            f" {self.pool.fqdn}."
            for edge in self._left
        )

    def check(self, *, disaster: bool) -> CheckResult | None:
        """Whether it is known which Edge pools to move back; None where none could be meant, or
        nobody is away.

        In a disaster it does not block the plan: users come first, and next hops can be moved
        later.
        """
        is_home = isinstance(self.pool.state, PoolState) and self.pool.state.is_home
        if is_home or not (self._behind or self.edges):
            return None
        return _edges_known((self, disaster))

    def known(self, *, disaster: bool) -> Finding:
        """What the check answers."""
        moving = f"{listed(edge.fqdn for edge in self.edges)}" if self.edges else "no Edge pool"
        if self.named is not None:
            return passed(f"By the operator: {moving}.")
        if self.recorded is not None:
            return passed(f"According to the journal of the failover: {moving}.")
        evidence = (
            f"The journal has no failover of {self.pool.fqdn}, so it does not show which Edge"
            f" pools had it as their next hop before. {self.partner.fqdn} is now the next hop of"
            f" {listed(edge.fqdn for edge in self._behind)}."
        )
        remedy = (
            f"Name with --edge those that had {self.pool.fqdn} as their next hop (or none). If"
            f" this is overridden, those of its own site move: {moving}."
        )
        if disaster:
            return warning(evidence, remedy)
        return unknown(evidence, remedy, blocking=True)


@check(
    "edges-known",
    question="Is it known which Edge pools the failover moved?",
    sources=(guide("Failing back a pool"), fact("next-hop-refusal")),
)
def _edges_known(asked: tuple[Homeward, bool]) -> Finding:
    edges, disaster = asked
    return edges.known(disaster=disaster)
