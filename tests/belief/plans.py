"""All plans that can be asked for in a deployment, and what makes one of them believe more than
another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

import attrs

from lyncops.checks.result import Verdict
from lyncops.deployment.model import Deployment
from lyncops.plan.model import Plan
from lyncops.plan.procedures import PROCEDURES, MovesSite, Procedure
from lyncops.procedures import make_plan
from lyncops.values import Fqdn, Mode, Unread
from tests.procedures.asking import asked

OPEN = (Verdict.FAILED, Verdict.UNKNOWN)


@attrs.frozen
class Belief:
    """What a plan says: the verdict of each check, its steps, and whether it may be run."""

    verdicts: Mapping[str, Verdict]
    steps: frozenset[str]
    refused: bool

    @classmethod
    def of(cls, plan: Plan) -> Belief:
        return cls(
            {check.check_id: check.verdict for check in plan.checks},
            frozenset(step.step_id for step in plan.steps),
            plan.is_refused,
        )

    def stronger_than(self, base: Belief) -> Iterator[str]:
        """Where it believes more: what was open has passed, a step is lost, or what was refused may
        be run.
        """
        for check_id, verdict in base.verdicts.items():
            if verdict in OPEN and self.verdicts.get(check_id) is Verdict.PASSED:
                yield f"{check_id} was {verdict.value} and passed"
        if self.refused:
            return
        if base.refused:
            yield "the plan was refused and is not"
        lost = base.steps - self.steps
        if lost:
            yield f"the plan lost {sorted(lost)}"


def requests(deployment: Deployment) -> list[Procedure]:
    """Each procedure, in each of its modes, for each pool or site that it could be asked for."""
    pools = tuple(pool.fqdn for pool in deployment.front_end_pools)
    edges = (
        ()
        if isinstance(deployment.edges, Unread)
        else tuple(edge.fqdn for edge in deployment.edges)
    )
    sites = (
        ()
        if isinstance(deployment.sites, Unread)
        else tuple(site.name for site in deployment.sites)
    )
    found: list[Procedure] = []
    for kind in PROCEDURES.values():
        on_edge = kind.NAME.startswith(("edge-next-hop", "edge-federation", "xmpp"))
        for target in sites if issubclass(kind, MovesSite) else edges if on_edge else pools:
            other = next((edge for edge in edges if edge != target), None)
            if kind.NAME == "edge-association" and other is None:
                continue
            modes = kind.MODES or (None,)
            found += [
                asked(kind.NAME, target, **_fields(kind, mode, pools[-1], other)) for mode in modes
            ]
    return found


def _fields(
    kind: type[Procedure], mode: Mode | None, pool: Fqdn, edge: Fqdn | None
) -> dict[str, object]:
    wanted: dict[str, object] = {
        "mode": mode,
        "accept_data_loss": mode is Mode.DISASTER,
        "next_hop": pool if kind.NAME == "edge-next-hop" else None,
        "edge_pool": edge if kind.NAME == "edge-association" else None,
        "domains": (Fqdn("contoso.com"),),
        "sync_interval": timedelta(minutes=3),
    }
    named = {option.field for option in kind.options() if not option.asked.is_target}
    return {field: value for field, value in wanted.items() if field in named and value is not None}


def beliefs(deployment: Deployment, procedures: list[Procedure]) -> list[Belief]:
    """The beliefs of their plans."""
    return [Belief.of(make_plan(procedure, deployment)) for procedure in procedures]
