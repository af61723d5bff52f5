"""The order rule: who serves whom now, and what must therefore come first."""

from __future__ import annotations

from lyncops.checks.check import Finding, check, failed, pair_unknown, passed, unknown
from lyncops.checks.context import CheckContext
from lyncops.checks.life import Life, dead_from, life
from lyncops.deployment.model import Pool, PoolState
from lyncops.sources import fact, page, reference
from lyncops.values import Fqdn, Unread

_GUIDE = (page("Managing disaster recovery"), fact("failback-order"))


def failback_command(pool: Fqdn, *, server_is_gone: bool = False) -> str:
    """The command line that brings `pool`'s users home; disaster mode where the pool that serves
    them is gone.
    """
    return f"lyncops run pool-failback {pool} --mode {_mode(gone=server_is_gone)}"


def _mode(*, gone: bool) -> str:
    return "disaster --accept-data-loss" if gone else "planned"


def is_gone(pool: Pool | None) -> bool:
    """Whether nothing of the pool answers, by any witness."""
    return pool is not None and life(pool) is Life.SILENT and bool(dead_from(pool))


def _name(partner: Pool | None) -> str:
    return "its backup pool" if partner is None else str(partner.fqdn)


def _unread_state(pool: Pool, state: Unread, *, blocking: bool = True) -> Finding:
    return unknown(
        f"Whether {pool.fqdn} is failed over could not be read: {state.reason}",
        f"Check Get-CsRegistrarConfiguration -Identity Service:Registrar:{pool.fqdn} -LocalStore.",
        if_known="If it shows the state, override this check with that reason.",
        blocking=blocking,
    )


def _under_way(pool: Pool) -> Finding:
    return failed(
        f"A failover of {pool.fqdn} was started and has not finished (state"
        f" {PoolState.FAILING_OVER.value}).",
        "Wait for it, or resume the run that started it. If nobody is running it any more, override"
        " this check and run it again.",
    )


@check(
    "not-failed-over",
    question="Are the pool's users still served by the pool itself?",
    sources=(fact("pool-state"), *_GUIDE),
)
def not_failed_over(situation: CheckContext) -> Finding:
    """A pool that is failed over already is law; a half-done failover may be repeated (fact:
    failback-order).

    A state that cannot be read does not stop a rescue: at worst the server refuses the second
    failover.
    """
    pool = situation.pool
    if pool is None:
        return pair_unknown(situation)
    if isinstance(pool.state, Unread):
        return _unread_state(pool, pool.state, blocking=not situation.disaster)
    if pool.state is PoolState.FAILING_OVER:
        return _under_way(pool)
    if pool.state is PoolState.FAILED_OVER:
        return failed(
            f"{pool.fqdn} is failed over already: its users are served by {pool.backup_pool}.",
            "Nothing to do. To bring them home:"
            f" {failback_command(pool.fqdn, server_is_gone=is_gone(situation.partner))}.",
            overridable=False,
        )
    return passed(f"{pool.fqdn} serves its own users (state {pool.state.value}).")


@check(
    "partner-not-failed-over",
    question="Does the partner still serve its own users?",
    sources=_GUIDE,
)
def partner_not_failed_over(situation: CheckContext) -> Finding:
    """The order rule.

    Law when the partner is failed over: its users are here, they must go home first.

    Where its state cannot be read a rescue goes on: the server itself refuses what would break the
    rule.
    """
    partner = situation.partner
    if partner is None:
        return pair_unknown(situation)
    if isinstance(partner.state, Unread):
        return _unread_state(partner, partner.state, blocking=not situation.disaster)
    if not partner.state.is_home:
        gone = situation.disaster or is_gone(situation.pool)
        command = failback_command(partner.fqdn, server_is_gone=gone)
        both = f"lyncops run evacuate {partner.fqdn} --mode {_mode(gone=gone)}"
        return failed(
            f"{partner.fqdn} is itself failed over to {situation.target} (state"
            f" {partner.state.value}): it cannot take users.",
            f"Bring its users home first: {command}. Or do both at once: {both}. If {partner.fqdn}"
            f" is lost for good, recover {situation.target} instead.",
            overridable=False,
            first=(command,),
        )
    return passed(f"{partner.fqdn} serves its own users (state {partner.state.value}).")


@check(
    "is-failed-over",
    question="Are the pool's users served by its partner?",
    sources=(reference("Invoke-CsPoolFailBack"), *_GUIDE),
)
def is_failed_over(situation: CheckContext) -> Finding:
    """A pool whose users are at home has nothing to bring back: law, and most often the other pool
    was meant.

    A server's local copy may be older than the failover, if that server was down then; so may the
    store that came home from a pool that was down (fact: store-needed). The evidence says so.
    """
    pool = situation.pool
    if pool is None:
        return pair_unknown(situation)
    if isinstance(pool.state, Unread):
        return _unread_state(pool, pool.state)
    if pool.state is PoolState.FAILING_OVER:
        return _under_way(pool)
    if pool.state is PoolState.FAILED_OVER:
        return passed(f"{pool.fqdn} is failed over: its users are served by {pool.backup_pool}.")
    partner = situation.partner
    other = partner is not None and partner.state is PoolState.FAILED_OVER
    local = situation.deployment.from_local_store
    if (situation.disaster or local) and not other:
        source = "a local copy" if local else "the store"
        command = f"{failback_command(pool.fqdn, server_is_gone=True)} --store-is-older"
        return failed(
            f"{pool.fqdn} is not failed over (state {pool.state.value}), according to {source},"
            " which may be older than a failover.",
            f"If {pool.fqdn} was failed over while it was down, {_name(partner)} died later, and"
            f" its users cannot sign in now: {command}. Otherwise there is nothing to do.",
            overridable=False,
        )
    meant = (
        f" {partner.fqdn} is failed over: name that pool." if partner is not None and other else ""
    )
    return failed(
        f"{pool.fqdn} is not failed over (state {pool.state.value}): its users are served at home.",
        "Nothing to do; name the pool that first homed the users, the one given to the"
        f" failover.{meant}",
        overridable=False,
    )
