"""Failing over a pool: its users are served by the backup pool."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from lyncops.checks.catalogue import checks_for_failover
from lyncops.checks.health import silent_machines
from lyncops.checks.loss import expected_loss
from lyncops.checks.result import CheckResult
from lyncops.checks.situation import Situation
from lyncops.cmdlets import InvokeCsPoolFailOver
from lyncops.deployment.model import Deployment, Pool, PoolState
from lyncops.plan.conditions import (
    Condition,
    EdgeNextHopIs,
    NoEdgeLeadsTo,
    PoolIsHome,
    PoolStateIs,
    StoreHasSingleMaster,
    StoreIsActiveOn,
)
from lyncops.plan.model import Plan
from lyncops.plan.steps import CmdletStep, Step
from lyncops.procedures import figures
from lyncops.procedures.drafting import Draft, data_loss_accepted, finished
from lyncops.procedures.edges import NextHopMove, edge_replica_steps, edges_leading_to, next_hop_fits, next_hop_steps, preferring
from lyncops.procedures.request import ProcedureRequest
from lyncops.procedures.response_groups import ResponseGroups
from lyncops.procedures.store import BAD_ENDS, StoreMove, export_steps, sql_server_known, store_move, store_steps, store_works
from lyncops.procedures.store_2010 import lost_old_store, old_store_steps
from lyncops.values import Fqdn, Mode

_WHY_NEXT_HOP = "An Edge pool that leads to the failed pool cuts outside access off, and the failover is refused."


def plan_pool_failover(
    deployment: Deployment,
    pool: Fqdn,
    mode: Mode,
    *,
    overrides: Mapping[str, str] | None = None,
    accept_data_loss: bool = False,
) -> Plan:
    """Plan that the users of `pool` are served by its backup pool.

    The plan is refused (its `refusals` say why and what to do) when the pool does not exist, is no Front End pool, is not
    paired, is failed over already, or its partner is dead or itself failed over (then `first` names the failback that must
    come first); when the mode does not fit reality; when the store has no single master; in disaster mode without
    `accept_data_loss`; and for what else the checks find.
    """
    request = ProcedureRequest(target=pool, mode=mode, overrides=overrides or {}, accept_data_loss=accept_data_loss)
    return finished(draft(deployment, request), procedure="pool-failover", deployment=deployment, request=request)


@attrs.frozen(slots=True, kw_only=True)
class _Course:
    """What the failover of one pool of a pair involves."""

    situation: Situation
    request: ProcedureRequest
    pool: Pool
    partner: Pool
    store: StoreMove | None
    old_store: bool  # the store is lost and of Lync Server 2010: people install it anew
    next_hops: NextHopMove
    response_groups: ResponseGroups
    loss: str


def draft(deployment: Deployment, request: ProcedureRequest) -> Draft:
    """Draft it for a request."""
    mode = request.mode or Mode.PLANNED
    situation = Situation(deployment, request.target, mode)
    checks = checks_for_failover(deployment, request.target, mode)
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return Draft(checks=checks)
    course = _Course(
        situation=situation,
        request=request,
        pool=pool,
        partner=partner,
        store=store_move(situation, pool.fqdn, request),
        old_store=lost_old_store(situation) is not None,
        next_hops=NextHopMove(edges=edges_leading_to(deployment, pool.fqdn), to=request.next_hop or partner.fqdn),
        response_groups=ResponseGroups(
            deployment=deployment,
            request=request,
            pool=pool,
            partner=partner,
            place=preferring(partner.fqdn, avoid=pool.fqdn),
        ),
        loss=expected_loss(deployment, pool.fqdn, mode),
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
    """The questions that only this request raises."""
    situation, accepted = course.situation, course.request.accept_data_loss
    asked = (
        data_loss_accepted(accepted=accepted, loss=course.loss) if situation.disaster else None,
        sql_server_known(course.store),
        next_hop_fits(situation.deployment, course.next_hops, leaving=situation.target),
    )
    return tuple(check for check in asked if check is not None)


def _steps(course: _Course) -> tuple[Step, ...]:
    """Next hop, store, pool: the documented order, with the next hop after the store where the store does not work.

    Set-CsEdgeServer writes to the store, so that it can only succeed on a store that works (facts page 6.2); the guide's
    first step must then wait for its fifth. Either way both come before the pool, which is refused otherwise. Whether the
    Edge servers have heard of it is waited for before a planned failover; in a disaster the users come first.
    """
    deployment, request = course.situation.deployment, course.request
    place = preferring(course.partner.fqdn, avoid=course.pool.fqdn)
    works = store_works(deployment)
    moved = _store_steps(course)
    needs = (StoreIsActiveOn(course.partner.fqdn),) if moved and not works else ()
    move = attrs.evolve(course.next_hops, needs=needs)
    next_hops = next_hop_steps(deployment, move, place=place, why=_WHY_NEXT_HOP, enable_topology=request.enable_topology)
    edge_waits = edge_replica_steps(deployment, move)
    now, later = ((), edge_waits) if course.situation.disaster else (edge_waits, ())
    before = (*next_hops, *now, *moved) if works else (*moved, *next_hops, *now)
    exports = export_steps(deployment, place, request.export_folder) if request.export else ()
    groups = course.response_groups.to_backup(disaster=course.situation.disaster)
    return (*exports, *groups.before, *before, _failover(course), *groups.after, *later)


def _store_steps(course: _Course) -> tuple[Step, ...]:
    """The store goes first, where it has to go: by its cmdlet, or by hand from Lync Server 2010."""
    if course.store is not None:
        return store_steps(course.store, dead=silent_machines(course.situation.deployment))
    return old_store_steps(course.situation.deployment, course.partner) if course.old_store else ()


def _failover(course: _Course) -> CmdletStep:
    pool, partner, disaster = course.pool.fqdn, course.partner.fqdn, course.situation.disaster
    before: tuple[tuple[str, Condition], ...] = (
        ("partner-not-failed-over", PoolIsHome(partner)),
        ("edge-next-hop", NoEdgeLeadsTo(pool)),
        ("store-single-master", StoreHasSingleMaster()),
    )
    return CmdletStep(
        step_id="pool-failover",
        title=f"Fail over {pool} to {partner}",
        why=f"The users of {pool} are served by {partner} from then on.",
        source="Failing over a pool, step 6; Invoke-CsPoolFailOver reference page; facts page 4.1 and 5",
        cmdlet=InvokeCsPoolFailOver(pool_fqdn=pool, disaster_mode=disaster, verbose=True),
        place=preferring(partner, avoid=pool),
        before=tuple(condition for check_id, condition in before if check_id not in course.request.overrides),
        after=(PoolStateIs(pool, PoolState.FAILED_OVER),),
        settle=figures.POOL_FAILOVER,
        deadline=figures.ONE_HOUR * 4,
        estimate=figures.POOL_FAILOVER,
        undo=f"{'Once it is up again: ' if disaster else ''}lyncops run pool-failback {pool} --mode planned",
    )


def _goal(course: _Course) -> tuple[Condition, ...]:
    return (
        PoolStateIs(course.pool.fqdn, PoolState.FAILED_OVER),
        PoolIsHome(course.partner.fqdn),
        _store_goal(course),
        *(EdgeNextHopIs(edge.fqdn, course.next_hops.to) for edge in course.next_hops.edges),
    )


def _store_goal(course: _Course) -> Condition:
    if course.old_store:
        return StoreIsActiveOn(course.partner.fqdn)
    return StoreIsActiveOn(course.store.to) if course.store else StoreHasSingleMaster()


def _notes(course: _Course) -> tuple[str, ...]:
    pool = course.pool
    gone = set(silent_machines(course.situation.deployment))
    owners = (course.situation.deployment.pool(edge.fqdn) for edge in course.next_hops.edges)
    silent = [machine.fqdn for owner in owners if owner for machine in owner.machines if machine.fqdn in gone]
    return (
        *((BAD_ENDS,) if course.store else ()),
        *((f"Not waited for, since it is silent like its site: {', '.join(silent)}.",) if silent else ()),
        f"Users stay homed on {pool.fqdn}: their RegistrarPool does not change (facts page 5).",
        "Users are signed out and sign in again by themselves; their running conferences end (facts page 5).",
        course.response_groups.note_away,
        "Location information (LIS), announcements, unassigned numbers and call park are not replicated (facts page 6.4 and 9).",
        f"Conference directories stay with {pool.fqdn} (facts page 9): move them only when the pool is lost for good.",
        f"The failback names {pool.fqdn} again: the pool that first homed the users.",
    )
