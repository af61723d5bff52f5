"""What the journal knows of the way from outside: which Edge pools a pool's failover moved away
from it, and to where.
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

_AWAY: Final = frozenset({"pool-failover", "evacuate", "site-failover"})
_HOME: Final = frozenset({"pool-failback", "evacuate", "site-failover", "site-failback"})
_FORMER: Final = re.compile(r"-Registrar 'Registrar:([^']+)'")


@attrs.frozen(slots=True, kw_only=True)
class LedAway:
    """An Edge pool whose next hop a failover moved from `former`, a pool or one of its machines, to
    `to`.
    """

    edge: Fqdn
    former: Fqdn
    to: Fqdn


def led_away(journal: Journal, deployment: Deployment) -> dict[Fqdn, tuple[Fqdn, ...]]:
    """The same for each Front End pool whose failover the journal has: what `make_plan` is told for
    a failback.
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
    moves, came_home = dict[Fqdn, LedAway](), set[Fqdn]()
    is_known = False
    for run in _runs(journal, deployment.name):
        if any(
            record.state is StepState.DONE for record in _records(run, InvokeCsPoolFailBack, pool)
        ):
            break  # what is older was brought home then
        is_known = is_known or any(
            record.attempts for record in _records(run, InvokeCsPoolFailOver, pool)
        )
        for move in _moves(run):
            later = moves.get(move.edge)
            if later is None and leads_to(deployment, move.former, pool):
                moves[move.edge] = move
            elif (
                later is not None
                and leads_to(deployment, move.to, pool)
                and leads_to(deployment, move.former, later.to)
            ):
                came_home.add(move.edge)  # the other pool's failover had moved it here
    away = (
        move.edge
        for move in moves.values()
        if move.edge not in came_home and _is_there(deployment, move)
    )
    return tuple(sorted(away)) if is_known else None


def _runs(journal: Journal, deployment: str) -> Iterator[Run]:
    """The runs that may have moved the users of a pool, newest first; one that cannot be read tells
    nothing.
    """
    for summary in journal.runs():
        if summary.deployment == deployment and summary.procedure in _AWAY | _HOME:
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


def _moves(run: Run) -> Iterator[LedAway]:
    """The next hops that it moved: each step's undo has the former one, as PowerShell."""
    if run.plan.procedure.NAME not in _AWAY:
        return
    for record, cmdlet in _cmdlets(run):
        former = _FORMER.search(record.step.undo)
        if isinstance(cmdlet, SetCsEdgeServer) and record.attempts and former is not None:
            edge, to = (
                str(cmdlet.identity).rpartition(":")[2],
                str(cmdlet.registrar).rpartition(":")[2],
            )
            yield LedAway(edge=Fqdn(edge), former=Fqdn(former[1]), to=Fqdn(to))


def _cmdlets(run: Run) -> Iterator[tuple[StepRecord, Cmdlet[object]]]:
    return (
        (record, record.step.cmdlet) for record in run.steps if isinstance(record.step, CmdletStep)
    )


def _is_there(deployment: Deployment, move: LedAway) -> bool:
    """Whether the Edge pool's next hop is still the one that the failover set: what somebody
    changed since is theirs.
    """
    edges = () if isinstance(deployment.edges, Unread) else deployment.edges
    hop = next((edge.next_hop for edge in edges if edge.fqdn == move.edge), None)
    return hop is not None and leads_to(deployment, hop, move.to)
