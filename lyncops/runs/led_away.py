"""What the journal knows about the next hops of Edge pools: which Edge pools a pool's failover
moved away from it, and to where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs

from lyncops.cmdlets import InvokeCsPoolFailBack, InvokeCsPoolFailOver, SetCsEdgeServer
from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.model import Deployment
from lyncops.errors import JournalError
from lyncops.plan.conditions.routes import leads_to
from lyncops.plan.steps import CmdletStep
from lyncops.runs.journal import Journal
from lyncops.runs.model import Run, RunSummary, StepRecord, StepState
from lyncops.values import Fqdn, Unread

_MOVING: Final = frozenset(
    {
        "pool-failover",
        "evacuate",
        "site-failover",
        "pool-failback",
        "site-failback",
        "edge-next-hop",
    }
)
_FORMER: Final = re.compile(r"-Registrar 'Registrar:([^']+)'")


@attrs.frozen(slots=True, kw_only=True)
class LedAway:
    """An Edge pool whose next hop a run moved from `former`, a pool or one of its machines, to
    `to`: away, where the run fails `former` over.
    """

    edge: Fqdn
    former: Fqdn
    to: Fqdn
    is_away: bool


def led_away(journal: Journal, deployment: Deployment) -> dict[Fqdn, tuple[Fqdn, ...]]:
    """The same for each Front End pool whose failover the journal has: what `make_plan` gets for a
    failback.
    """
    found = {
        pool.fqdn: edges_led_away(journal, deployment, pool.fqdn)
        for pool in deployment.front_end_pools
    }
    return {pool: edges for pool, edges in found.items() if edges is not None}


def edges_led_away(journal: Journal, deployment: Deployment, pool: Fqdn) -> tuple[Fqdn, ...] | None:
    """The Edge pools that the latest failover of `pool` moved and whose next hop is still the one
    it set them.

    None where the journal has no failover of it since its latest failback: then another tool did
    it.
    """
    moves, before = dict[Fqdn, LedAway](), dict[Fqdn, LedAway]()
    is_known = False
    for run in _runs(journal, deployment.name):
        if any(
            record.state is StepState.DONE for record in _records(run, InvokeCsPoolFailBack, pool)
        ):
            break  # what is older was brought home then
        is_known = is_known or any(
            record.attempts for record in _records(run, InvokeCsPoolFailOver, pool)
        )
        for move in _moves(run, deployment):
            if move.edge not in moves:
                if move.is_away and leads_to(deployment, move.former, pool):
                    moves[move.edge] = move
            elif leads_to(deployment, move.to, pool):
                before.setdefault(move.edge, move)  # what brought it to this pool
    away = (
        move.edge
        for move in moves.values()
        if _is_there(deployment, move) and not _came_home(deployment, move, before.get(move.edge))
    )
    return tuple(sorted(away)) if is_known else None


def _runs(journal: Journal, deployment: str) -> Iterator[Run]:
    """The runs that may have moved the users of a pool or a next hop, newest first; one that cannot
    be read is ignored.
    """
    for summary in journal.runs():
        if summary.deployment == deployment and summary.procedure in _MOVING:
            run = _read(journal, summary)
            if run is not None:
                yield run


def _read(journal: Journal, summary: RunSummary) -> Run | None:
    try:
        return journal.load(summary.run_id)
    except JournalError:
        return None


def _records(run: Run, kind: type[Cmdlet[object]], pool: Fqdn) -> Iterator[StepRecord]:
    """The steps that move the users of the pool with this cmdlet."""
    for record, cmdlet in _cmdlets(run):
        if isinstance(cmdlet, kind) and cmdlet.arguments().get("PoolFqdn") == pool:
            yield record


def _moves(run: Run, deployment: Deployment) -> Iterator[LedAway]:
    """The next hops that it moved: each step's undo has the former one, as PowerShell."""
    left = {
        Fqdn(cmdlet.pool_fqdn)
        for _, cmdlet in _cmdlets(run)
        if isinstance(cmdlet, InvokeCsPoolFailOver)
    }
    for record, cmdlet in _cmdlets(run):
        undo = _FORMER.search(record.step.undo)
        if isinstance(cmdlet, SetCsEdgeServer) and record.attempts and undo is not None:
            former = Fqdn(undo[1])
            yield LedAway(
                edge=Fqdn(str(cmdlet.identity).rpartition(":")[2]),
                former=former,
                to=Fqdn(str(cmdlet.registrar).rpartition(":")[2]),
                # An evacuation also leads Edge pools home, to the pool that it fails back first
                is_away=any(leads_to(deployment, former, pool) for pool in left),
            )


def _cmdlets(run: Run) -> Iterator[tuple[StepRecord, Cmdlet[object]]]:
    return (
        (record, record.step.cmdlet) for record in run.steps if isinstance(record.step, CmdletStep)
    )


def _came_home(deployment: Deployment, move: LedAway, before: LedAway | None) -> bool:
    """Whether it only went back: the other pool's failover, and nobody since, had moved it here."""
    return before is not None and before.is_away and leads_to(deployment, before.former, move.to)


def _is_there(deployment: Deployment, move: LedAway) -> bool:
    """Whether the Edge pool's next hop is still the one that the failover set: what somebody
    changed since is theirs.
    """
    edges = () if isinstance(deployment.edges, Unread) else deployment.edges
    hop = next((edge.next_hop for edge in edges if edge.fqdn == move.edge), None)
    return hop is not None and leads_to(deployment, hop, move.to)
