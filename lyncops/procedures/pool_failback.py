"""Failing back a pool: its users are served at home again."""

from __future__ import annotations

from lyncops.checks.catalogue import checks_for_failback
from lyncops.checks.context import CheckContext, Direction
from lyncops.checks.replicas import has_fallen_silent, none_follows
from lyncops.cmdlets import InvokeCsPoolFailBack
from lyncops.deployment.model import Deployment, Machine
from lyncops.deployment.witnesses import Says
from lyncops.plan.conditions import (
    Condition,
    PoolIsAlive,
    PoolIsHome,
    ReplicasUpToDate,
    ServicesAre,
    StoreHasSingleMaster,
    StoreIsActiveOn,
)
from lyncops.plan.procedures import PoolFailback
from lyncops.plan.steps import CmdletStep, ManualStep, Step
from lyncops.procedures import figures
from lyncops.procedures.conference import content_steps
from lyncops.procedures.drafting import Draft, those_asked
from lyncops.procedures.edges import (
    NextHopMove,
    edge_replica_steps,
    known_edges,
    next_hop_steps,
    preferring,
    same_site,
)
from lyncops.procedures.homeward import Homeward
from lyncops.procedures.pool_move import PoolMove
from lyncops.procedures.replica_waits import content_last
from lyncops.procedures.response_groups import ResponseGroups
from lyncops.procedures.stale_state import is_stale, state_steps, taken_at_its_word
from lyncops.procedures.store import BAD_ENDS, export_steps, rest_steps, store_move, store_steps
from lyncops.procedures.store_by_hand import hand_steps, rest_after_hand_steps, store_comes_by_hand
from lyncops.procedures.verification import verification_note, verification_steps
from lyncops.sources import fact, guide, reference
from lyncops.values import Fqdn, Unread


def draft(
    deployment: Deployment, request: PoolFailback, led_away: tuple[Fqdn, ...] | None = None
) -> Draft:
    """Draft that the users of `pool`, the pool given to the failover, are served at home again.

    The pool becomes the next hop again of the Edge pools that the failover moved: those that
    `request.edges` names, else `led_away`, which is what the failover's record tells; where it is
    None too, the plan asks. The store stays where it is, unless it is on the backup pool that
    disaster mode takes to be gone: then it goes first, to `pool`, since nothing can be failed back
    without it.

    The plan is refused when the pool does not exist or is not failed over; when it, or in planned
    mode its backup pool, is dead; when in disaster mode the backup pool lives; in disaster mode
    without `accept_data_loss`; and for what else the checks find. With `store_is_older` a store
    that calls the pool's users at home does not refuse it: their state is written down again.
    """
    situation = CheckContext(deployment, request.pool, request.mode, Direction.FAILBACK)
    checks = checks_for_failback(deployment, request.pool, situation.mode)
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return Draft(checks=checks)
    homeward = Homeward(
        deployment=deployment, pool=pool, partner=partner, named=request.edges, recorded=led_away
    )
    known = homeward.check(disaster=situation.disaster)
    if is_stale(request, pool):
        checks = taken_at_its_word(checks, pool, on_record=led_away is not None)
    move = PoolMove(
        situation=situation,
        request=request,
        pool=pool,
        partner=partner,
        place=(
            preferring(pool.fqdn, avoid=partner.fqdn)
            if situation.disaster
            else preferring(partner.fqdn)
        ),
        store=store_move(situation, partner.fqdn, request) if situation.disaster else None,
        next_hops=NextHopMove(edges=homeward.edges, to=pool.fqdn),
    )
    return move.drafted(
        (*checks, *those_asked(known)),
        steps=_steps(move, request.edges),
        goal=_goal(move),
        notes=(*_notes(move), *homeward.notes),
    )


def _steps(move: PoolMove, named: tuple[Fqdn, ...] | None) -> tuple[Step, ...]:
    """A stopped Edge of the site and a lost store first, then the pool, the way in from outside,
    and at last its conference content.
    """
    steps: tuple[Step, ...] = (
        *_edge_gates(move, named),
        *_store_steps(move),
        *state_steps(move),
        _failback(move),
        *(() if move.disaster else content_steps(move.pool, move.partner)),
        *next_hop_steps(
            move.deployment,
            move.next_hops,
            place=move.place,
            why=f"The failover moved it away from {move.pool.fqdn}, which serves its users again.",
            enable_topology=move.request.enable_topology,
        ),
        *edge_replica_steps(move.deployment, move.next_hops),
        *ResponseGroups(move=move).home(),
        *_rest(move),
        *verification_steps(move.deployment, move.request, home=move.pool, serving=move.pool),
    )
    return content_last(steps)


def _store_steps(move: PoolMove) -> tuple[Step, ...]:
    """The store follows the users home when the pool that held it is gone: the failback fails
    without it.
    """
    if store_comes_by_hand(move.situation):
        return hand_steps(move.deployment, move.pool)
    if move.store is None:
        return ()
    return (
        *export_steps(move.deployment, move.place, move.request),
        *store_steps(move.deployment, move.store),
    )


def _rest(move: PoolMove) -> tuple[Step, ...]:
    """What was left of the store's move for the time after the users."""
    by_hand = store_comes_by_hand(move.situation)
    return (
        rest_after_hand_steps(move.deployment, move.pool)
        if by_hand
        else rest_steps(move.deployment, move.store)
    )


def _store_comes(move: PoolMove) -> bool:
    return move.store is not None or store_comes_by_hand(move.situation)


def _failback(move: PoolMove) -> CmdletStep:
    pool, partner, disaster = move.pool, move.partner, move.disaster
    store: tuple[Condition, ...] = (StoreHasSingleMaster(),) if _store_comes(move) else ()
    alive: tuple[Condition, ...] = () if disaster else (PoolIsAlive(partner.fqdn),)
    return CmdletStep(
        step_id="pool-failback",
        title=f"Fail back {pool.fqdn} from {partner.fqdn}",
        why=f"The users of {pool.fqdn} are served at home again.",
        sources=(
            guide("Failing back a pool"),
            reference("Invoke-CsPoolFailBack"),
            fact("failback"),
        ),
        cmdlet=InvokeCsPoolFailBack(pool_fqdn=pool.fqdn, disaster_mode=disaster, verbose=True),
        place=move.place,
        before=(PoolIsAlive(pool.fqdn), *store, *alive),
        after=(PoolIsHome(pool.fqdn),),
        settle=figures.POOL_FAILOVER,
        deadline=figures.ONE_HOUR * 6,
        estimate=figures.failback(pool.users),
        undo=f"lyncops run pool-failover {pool.fqdn} --mode planned",
    )


def _edge_gates(move: PoolMove, named: tuple[Fqdn, ...] | None) -> tuple[Step, ...]:
    """A gate for each Edge server of the pool's site that is seen to be down: it must be back
    before the pool is.

    One that answers reports it itself. One that cannot be asked from inside, as most cannot (fact:
    edge-replication), is taken to be down when its replica has not reported for an hour, while
    others did. Where Edge pools are named, only those are waited for.
    """
    deployment = move.deployment
    return tuple(
        _edge_gate(machine)
        for edge in known_edges(deployment)
        if same_site(deployment, edge.fqdn, move.pool.fqdn) and (not named or edge.fqdn in named)
        if (owner := deployment.pool(edge.fqdn)) is not None
        for machine in owner.machines
        if (
            _is_missed(deployment, machine)
            if isinstance(machine.services, Unread)
            else not machine.is_up
        )
    )


def _is_missed(deployment: Deployment, machine: Machine) -> bool:
    return not machine.vouched(Says.ALIVE) and has_fallen_silent(deployment, machine.fqdn)


def _edge_gate(machine: Machine) -> ManualStep:
    silent = isinstance(machine.services, Unread)
    fqdn = machine.fqdn
    return ManualStep(
        step_id=f"edge-back-{fqdn}",
        title=f"Bring Edge server {fqdn} back",
        why=(
            "If the Edge server of the site failed too, it must be running before the pool is"
            " failed back."
        ),
        sources=(guide("Failing back a pool"), fact("failback")),
        instructions=(
            f"Start the services on {fqdn}: Start-CsWindowsService.",
            (
                "If it does not start, make the plan again and list with --edge the Edge pools to"
                " wait for."
            ),
        ),
        where=fqdn,
        how_to_see=(
            "Its replica is up to date again (Get-CsManagementStoreReplicationStatus)."
            if silent
            else "Get-CsWindowsService shows RTCSRV (Access Edge) as Running."
        ),
        after=(ReplicasUpToDate(only=(fqdn,)) if silent else ServicesAre(fqdn, ("RTCSRV",)),),
        estimate=figures.POOL_FAILBACK,
    )


def _goal(move: PoolMove) -> tuple[Condition, ...]:
    return (
        PoolIsHome(move.pool.fqdn),
        *((StoreIsActiveOn(move.pool.fqdn),) if _store_comes(move) else ()),
    )


def _notes(move: PoolMove) -> tuple[str, ...]:
    situation, pool, partner = move.situation, move.pool, move.partner
    rest = (
        (
            f"Conference content from the time of the failover is on {partner.fqdn}: when that is"
            f" up again, run conference-restore {pool.fqdn}."
        ),
        (
            f"What the users of {pool.fqdn} changed on {partner.fqdn} is lost: -DisasterMode does"
            " not copy it back."
        ),
    )
    stays = (
        f"The Central Management store stays on {situation.store_pool or 'its pool'}: it does not"
        " have to move back."
    )
    return (
        *((BAD_ENDS, none_follows(move.pool.fqdn)) if move.store else (stays,)),
        "Users stay signed in, in resiliency mode for a while.",
        ResponseGroups(move=move).note_home,
        f"If the Edge pool of the site failed too, start it before you fail back {pool.fqdn}.",
        *(rest if situation.disaster else ()),
        *verification_note(move.deployment, move.request, pool.fqdn),
    )
