"""Failing back a pool: its users are served at home again."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from lyncops.checks.catalogue import checks_for_failback
from lyncops.checks.health import silent_machines
from lyncops.checks.loss import expected_loss
from lyncops.checks.replicas import is_faulty, newest_time
from lyncops.checks.result import CheckResult
from lyncops.checks.situation import Direction, Situation
from lyncops.cmdlets import InvokeCsPoolFailBack
from lyncops.deployment.model import Deployment, EdgePool, Machine, Pool
from lyncops.plan.conditions import (
    Condition,
    EdgeNextHopIs,
    PoolIsAlive,
    PoolIsHome,
    ReplicasUpToDate,
    ServicesAre,
    StoreHasSingleMaster,
    StoreIsActiveOn,
)
from lyncops.plan.model import Plan
from lyncops.plan.steps import CmdletStep, ManualStep, Step
from lyncops.procedures import figures
from lyncops.procedures.conference import content_steps
from lyncops.procedures.drafting import Draft, data_loss_accepted, finished
from lyncops.procedures.edges import (
    NextHopMove,
    edge_replica_steps,
    edges_leading_to,
    next_hop_fits,
    next_hop_steps,
    preferring,
    same_site,
)
from lyncops.procedures.request import ProcedureRequest
from lyncops.procedures.response_groups import ResponseGroups
from lyncops.procedures.store import BAD_ENDS, StoreMove, export_steps, sql_server_known, store_move, store_steps
from lyncops.values import Anywhere, Fqdn, Mode, Unread


def plan_pool_failback(
    deployment: Deployment,
    pool: Fqdn,
    mode: Mode,
    *,
    overrides: Mapping[str, str] | None = None,
    accept_data_loss: bool = False,
) -> Plan:
    """Plan that the users of `pool`, the pool given to the failover, are served at home again.

    Edge pools of the pool's own site that lead to its backup pool now are led home (a ProcedureRequest can name others in
    `edges`). The store stays where it is, unless it is on the backup pool that disaster mode takes to be gone: then it goes
    first, to `pool`, since nothing can be failed back without it.

    The plan is refused when the pool does not exist or is not failed over; when it, or in planned mode its backup pool,
    is dead; when in disaster mode the backup pool lives; in disaster mode without `accept_data_loss`; and for what else
    the checks find.
    """
    request = ProcedureRequest(target=pool, mode=mode, overrides=overrides or {}, accept_data_loss=accept_data_loss)
    return finished(draft(deployment, request), procedure="pool-failback", deployment=deployment, request=request)


@attrs.frozen(slots=True, kw_only=True)
class _Course:
    """What the failback of one pool of a pair involves."""

    situation: Situation
    request: ProcedureRequest
    pool: Pool
    partner: Pool
    store: StoreMove | None
    next_hops: NextHopMove
    loss: str


def draft(deployment: Deployment, request: ProcedureRequest) -> Draft:
    """Draft it for a request."""
    mode = request.mode or Mode.PLANNED
    situation = Situation(deployment, request.target, mode, Direction.FAILBACK)
    checks = checks_for_failback(deployment, request.target, mode)
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return Draft(checks=checks)
    course = _Course(
        situation=situation,
        request=request,
        pool=pool,
        partner=partner,
        store=store_move(situation, partner.fqdn, request) if situation.disaster else None,
        next_hops=NextHopMove(edges=edges_to_lead_home(deployment, pool, partner, request.edges), to=pool.fqdn),
        loss=expected_loss(deployment, pool.fqdn, mode, direction=Direction.FAILBACK),
    )
    return Draft(
        lock=(pool.fqdn, partner.fqdn),
        checks=(*checks, *_own_checks(course)),
        steps=_steps(course),
        goal=_goal(course),
        expected_loss=course.loss,
        notes=_notes(course),
    )


def _own_checks(course: _Course) -> tuple[CheckResult, ...]:
    situation, accepted = course.situation, course.request.accept_data_loss
    asked = (
        data_loss_accepted(accepted=accepted, loss=course.loss) if situation.disaster else None,
        sql_server_known(course.store),
        next_hop_fits(situation.deployment, course.next_hops, leaving=course.partner.fqdn),
    )
    return tuple(check for check in asked if check is not None)


def edges_to_lead_home(deployment: Deployment, pool: Pool, partner: Pool, named: tuple[Fqdn, ...] | None) -> tuple[EdgePool, ...]:
    """The Edge pools that shall lead to `pool` again: the named ones, or those of its own site that lead to the partner."""
    behind = edges_leading_to(deployment, partner.fqdn)
    if named is not None:
        return tuple(edge for edge in behind if edge.fqdn in named)
    return tuple(edge for edge in behind if same_site(deployment, edge.fqdn, pool.fqdn))


def _steps(course: _Course) -> tuple[Step, ...]:
    """A stopped Edge of the site and a lost store first, then the pool, its conference content, and the way in from outside."""
    situation, pool, partner = course.situation, course.pool, course.partner
    why = f"The failover led it to {partner.fqdn}; its own pool serves its users again."
    return (
        *_edge_gates(course),
        *_store(course),
        _failback(course),
        *(() if situation.disaster else content_steps(pool, partner)),
        *next_hop_steps(
            situation.deployment,
            course.next_hops,
            place=_place(course),
            why=why,
            enable_topology=course.request.enable_topology,
        ),
        *edge_replica_steps(situation.deployment, course.next_hops),
        *_response_groups(course).home(disaster=situation.disaster).after,
    )


def _response_groups(course: _Course) -> ResponseGroups:
    return ResponseGroups(
        deployment=course.situation.deployment,
        request=course.request,
        pool=course.pool,
        partner=course.partner,
        place=_place(course),
    )


def _place(course: _Course) -> Anywhere:
    pool, partner = course.pool.fqdn, course.partner.fqdn
    return preferring(pool, avoid=partner) if course.situation.disaster else preferring(partner)


def _store(course: _Course) -> tuple[Step, ...]:
    """The store follows the users home when the pool that held it is gone: the failback fails without it."""
    if course.store is None:
        return ()
    deployment, request = course.situation.deployment, course.request
    exports = export_steps(deployment, _place(course), request.export_folder) if request.export else ()
    return (*exports, *store_steps(course.store, dead=silent_machines(deployment)))


def _failback(course: _Course) -> CmdletStep:
    pool, partner, disaster = course.pool, course.partner, course.situation.disaster
    users = pool.users if isinstance(pool.users, int) and pool.users else None
    needed: tuple[Condition, ...] = (StoreHasSingleMaster(),) if course.store else () if disaster else (PoolIsAlive(partner.fqdn),)
    return CmdletStep(
        step_id="pool-failback",
        title=f"Fail back {pool.fqdn} from {partner.fqdn}",
        why=f"The users of {pool.fqdn} are served at home again.",
        source="Failing back a pool; Invoke-CsPoolFailBack reference page; facts page 4.2 and 5",
        cmdlet=InvokeCsPoolFailBack(pool_fqdn=pool.fqdn, disaster_mode=disaster, verbose=True),
        place=_place(course),
        before=(PoolIsAlive(pool.fqdn), *needed),
        after=(PoolIsHome(pool.fqdn),),
        settle=figures.POOL_FAILOVER,
        deadline=figures.ONE_HOUR * 6,
        estimate=figures.failback(users),
        undo=f"lyncops run pool-failover {pool.fqdn} --mode planned",
    )


def _edge_gates(course: _Course) -> tuple[Step, ...]:
    """A gate for each Edge server of the pool's site that is seen to be down: it must be back before the pool is.

    One that answers tells it itself. One that cannot be asked from inside, as most cannot (facts page 8), is taken to be down when
    its replica has not reported for an hour. Where `edges` names Edge pools, only those are waited for.
    """
    deployment, named = course.situation.deployment, course.request.edges
    edges = () if isinstance(deployment.edges, Unread) else deployment.edges
    return tuple(
        _edge_gate(machine)
        for edge in edges
        if same_site(deployment, edge.fqdn, course.pool.fqdn) and (not named or edge.fqdn in named)
        if (owner := deployment.pool(edge.fqdn)) is not None
        for machine in owner.machines
        if (_is_overdue(course.situation, machine) if isinstance(machine.services, Unread) else not machine.is_up)
    )


def _is_overdue(situation: Situation, machine: Machine) -> bool:
    replicas = () if isinstance(situation.store.replicas, Unread) else situation.store.replicas
    now = newest_time(situation)
    return any(replica.computer == machine.fqdn and is_faulty(replica, now) for replica in replicas)


def _edge_gate(machine: Machine) -> ManualStep:
    silent = isinstance(machine.services, Unread)
    fqdn = machine.fqdn
    return ManualStep(
        step_id=f"edge-back-{fqdn}",
        title=f"Bring Edge server {fqdn} back",
        why="When the Edge server of the site failed too, it comes back before the pool.",
        source="Failing back a pool; facts page 4.2",
        instructions=(
            f"Start the services on {fqdn}: Start-CsWindowsService.",
            "Where it stays down, plan again and name the Edge pools that are to be waited for with --edge.",
        ),
        where=fqdn,
        how_to_see="Its replica is up to date again (Get-CsManagementStoreReplicationStatus)."
        if silent
        else "Get-CsWindowsService shows RTCSRV (Access Edge) as Running.",
        after=(ReplicasUpToDate(only=(fqdn,)) if silent else ServicesAre(fqdn, ("RTCSRV",)),),
        estimate=figures.POOL_FAILBACK,
    )


def _goal(course: _Course) -> tuple[Condition, ...]:
    pool, store = course.pool.fqdn, course.store
    return (
        PoolIsHome(pool),
        *((StoreIsActiveOn(store.to),) if store else ()),
        *(EdgeNextHopIs(edge.fqdn, pool) for edge in course.next_hops.edges),
    )


def _notes(course: _Course) -> tuple[str, ...]:
    situation, pool, partner = course.situation, course.pool, course.partner
    rest = (
        f"Conference content of these days is on {partner.fqdn}: when it is up again, run conference-restore {pool.fqdn}.",
        f"What the users of {pool.fqdn} did on {partner.fqdn} is lost: -DisasterMode does not fetch it (facts page 5).",
    )
    stays = f"The Central Management store stays on {situation.store_pool or 'its pool'}: it need not come back (facts page 4.2)."
    return (
        BAD_ENDS if course.store else stays,
        "Users stay signed in, and are in resiliency mode for a while (facts page 5).",
        _response_groups(course).note_home,
        f"When the Edge pool of the site failed too, bring it back before {pool.fqdn} (facts page 4.2).",
        *(rest if situation.disaster else ()),
    )
