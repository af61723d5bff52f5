"""Failing over a pool: its users are served by the backup pool."""

from __future__ import annotations

import attrs

from lyncops.checks.catalogue import checks_for_failover
from lyncops.checks.context import CheckContext
from lyncops.checks.replicas import none_follows
from lyncops.checks.silence import is_silent
from lyncops.cmdlets import InvokeCsPoolFailOver
from lyncops.deployment.model import Deployment, PoolState
from lyncops.plan.conditions import (
    Condition,
    NoEdgeLeadsTo,
    PoolIsHome,
    PoolStateIs,
    StoreHasSingleMaster,
    StoreIsActiveOn,
    UnlessRefuted,
)
from lyncops.plan.procedures import PoolFailover
from lyncops.plan.steps import CmdletStep, Step
from lyncops.procedures import figures
from lyncops.procedures.aftermath import of_lost_pool
from lyncops.procedures.drafting import Draft
from lyncops.procedures.edges import (
    NextHopMove,
    edge_replica_steps,
    edges_leading_to,
    next_hop_steps,
    preferring,
)
from lyncops.procedures.pool_move import PoolMove
from lyncops.procedures.response_groups import ResponseGroups
from lyncops.procedures.store import (
    BAD_ENDS,
    export_steps,
    rest_steps,
    store_move,
    store_steps,
    store_works,
)
from lyncops.procedures.store_by_hand import hand_steps, rest_after_hand_steps, store_comes_by_hand
from lyncops.procedures.verification import verification_note, verification_steps
from lyncops.sources import fact, guide, reference
from lyncops.values import Fqdn

_WHY_NEXT_HOP = (
    "While the failed pool is its next hop, outside access is down and the failover is refused."
)


def draft(deployment: Deployment, request: PoolFailover) -> Draft:
    """Draft that the users of `pool` are served by its backup pool.

    The plan is refused (its `refusals` say why and what to do) when the pool does not exist, is no
    Front End pool, is not paired, is failed over already, or its partner is dead or itself failed
    over (then `first` names the failback that must come first); when the mode does not fit reality;
    when the store has no single master; in disaster mode without `accept_data_loss`; and for what
    else the checks find.
    """
    situation = CheckContext(deployment, request.pool, request.mode)
    checks = checks_for_failover(
        deployment, request.pool, situation.mode, next_hop=request.next_hop
    )
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return Draft(checks=checks)
    move = PoolMove(
        situation=situation,
        request=request,
        pool=pool,
        partner=partner,
        place=preferring(partner.fqdn, avoid=pool.fqdn),
        store=store_move(situation, pool.fqdn, request),
        next_hops=NextHopMove(
            edges=edges_leading_to(deployment, pool.fqdn), to=request.next_hop or partner.fqdn
        ),
    )
    drafted = move.drafted(checks, steps=_steps(move), goal=_goal(move), notes=_notes(move))
    return attrs.evolve(
        drafted, left_broken=of_lost_pool(deployment, pool) if situation.disaster else ()
    )


def _steps(move: PoolMove) -> tuple[Step, ...]:
    """Next hop, store, pool: the documented order, with the next hop after the store where the
    store does not work.

    Set-CsEdgeServer writes to the store, so that it can only succeed on a store that works (fact:
    store-needed); the guide's first step must then wait for its fifth. Either way both come before
    the pool, which is refused otherwise. Whether the Edge servers have heard of it is waited for
    before a planned failover; in a disaster the users come first.
    """
    deployment, request = move.deployment, move.request
    works = store_works(deployment)
    moved = _store_steps(move)
    hops = attrs.evolve(
        move.next_hops, needs=(StoreIsActiveOn(move.partner.fqdn),) if moved and not works else ()
    )
    next_hops = next_hop_steps(
        deployment,
        hops,
        place=move.place,
        why=_WHY_NEXT_HOP,
        enable_topology=request.enable_topology,
    )
    edge_waits = edge_replica_steps(deployment, hops)
    now, later = ((), (*edge_waits, *_rest(move))) if move.disaster else (edge_waits, _rest(move))
    before = (*next_hops, *now, *moved) if works else (*moved, *next_hops, *now)
    groups = ResponseGroups(move=move).to_backup()
    return (
        *export_steps(deployment, move.place, request),
        *groups.before,
        *before,
        _failover(move),
        *groups.after,
        *later,
        *verification_steps(deployment, request, home=move.pool, serving=move.partner),
    )


def _store_steps(move: PoolMove) -> tuple[Step, ...]:
    """The store goes first, where it has to go: by its cmdlet, or by hand where none can
    move it.
    """
    if move.store:
        return store_steps(move.deployment, move.store)
    return hand_steps(move.deployment, move.partner) if store_comes_by_hand(move.situation) else ()


def _rest(move: PoolMove) -> tuple[Step, ...]:
    """What was left of the store's move for the time after the users."""
    if move.store:
        return rest_steps(move.deployment, move.store)
    return (
        rest_after_hand_steps(move.deployment, move.partner)
        if store_comes_by_hand(move.situation)
        else ()
    )


def _failover(move: PoolMove) -> CmdletStep:
    pool, partner, disaster = move.pool.fqdn, move.partner.fqdn, move.disaster
    before: tuple[tuple[str, Condition], ...] = (
        ("partner-not-failed-over", PoolIsHome(partner)),
        ("edge-next-hop", NoEdgeLeadsTo(pool)),
        ("store-single-master", StoreHasSingleMaster()),
    )
    return CmdletStep(
        step_id="pool-failover",
        title=f"Fail over {pool} to {partner}",
        why=f"The users of {pool} are served by {partner} from then on.",
        sources=(guide("Failing over a pool", step=6), reference("Invoke-CsPoolFailOver")),
        cmdlet=InvokeCsPoolFailOver(pool_fqdn=pool, disaster_mode=disaster, verbose=True),
        place=move.place,
        before=tuple(
            UnlessRefuted(condition) if disaster else condition
            for check_id, condition in before
            if check_id not in move.request.overrides
        ),
        after=(PoolStateIs(pool, PoolState.FAILED_OVER),),
        settle=figures.POOL_FAILOVER,
        deadline=figures.ONE_HOUR * 4,
        estimate=figures.POOL_FAILOVER,
        undo=(
            f"{'Once it is up again: ' if disaster else ''}lyncops run pool-failback {pool} --mode"
            " planned"
        ),
    )


def _goal(move: PoolMove) -> tuple[Condition, ...]:
    partner = move.partner.fqdn
    store = (
        StoreIsActiveOn(partner)
        if move.store or store_comes_by_hand(move.situation)
        else StoreHasSingleMaster()
    )
    return (PoolStateIs(move.pool.fqdn, PoolState.FAILED_OVER), PoolIsHome(partner), store)


def _lost_for_good(pool: Fqdn, partner: Fqdn) -> str:
    """What comes in place of the failback where there will be none (fact: pool-lost-for-good)."""
    source = fact("pool-lost-for-good")
    return (
        f"If {pool} is lost for good, it cannot be failed back. Build a new pool and, while its"
        " services are stopped, move to it: the users (Move-CsUser -Force), the conference"
        " directories (Move-CsConferenceDirectory -Force), conference content and user data from"
        f" {partner}, call park and response groups. Start it, unpair {pool} and {partner}, pair"
        f" {partner} with the new pool, and delete {pool}. All 29 steps: {source.url}."
    )


def _notes(move: PoolMove) -> tuple[str, ...]:
    pool = move.pool
    owners = (move.deployment.pool(edge.fqdn) for edge in move.next_hops.edges)
    silent = [
        machine.fqdn
        for owner in owners
        if owner
        for machine in owner.machines
        if is_silent(move.deployment, machine.fqdn)
    ]
    return (
        *((BAD_ENDS, none_follows(move.partner.fqdn)) if move.store else ()),
        *(
            (f"Not waited for, because nothing in its site answers: {', '.join(silent)}.",)
            if silent
            else ()
        ),
        f"Users stay homed on {pool.fqdn}: their RegistrarPool does not change.",
        "Users are signed out and sign in again automatically; their running conferences end.",
        ResponseGroups(move=move).note_away,
        (
            "Location information (LIS), announcements, unassigned numbers and call park are not"
            " replicated."
        ),
        *((_lost_for_good(pool.fqdn, move.partner.fqdn),) if move.disaster else ()),
        (
            f"Conference directories stay with {pool.fqdn}: move them only when the pool is lost"
            " for good."
        ),
        f"The failback names {pool.fqdn} again: the pool that first homed the users.",
        *verification_note(move.deployment, move.request, pool.fqdn),
    )
