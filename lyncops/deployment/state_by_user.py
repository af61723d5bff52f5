"""Where a pool's users are served, read from one of them: for servers whose registrar configuration
has no PoolState.

Get-CsUserPoolInfo documents where a user registers "by default" and where "if the primary pool has
been failed over"; it does not say which of the two is now. So only what could not be otherwise
counts: a name in the backup pool, or a living server at home.
"""

from __future__ import annotations

import attrs

from lyncops.cmdlets import UserPoolInfo
from lyncops.deployment.model import PoolState
from lyncops.values import Fqdn


@attrs.frozen(slots=True, kw_only=True)
class HomePool:
    """The pool that is asked about: its names, and whether a machine of it is known to run."""

    names: frozenset[Fqdn]
    is_alive: bool


def state_by_user(info: UserPoolInfo, home: HomePool) -> PoolState | str:
    """The state of the user's home pool, or why it cannot be known.

    A dead pool may go on being named, or not be named any more, without having been failed over:
    what is documented are assignments, and no page says how they change then.
    """
    away = {
        info.backup_pool_fqdn,
        info.backup_pool_primary_registrar,
        *info.backup_pool_machines_in_preferred_order,
    } - {None}
    registrar, services = info.primary_pool_primary_registrar, info.user_services_pool_fqdn
    if away & {registrar, services}:
        return PoolState.FAILED_OVER
    if registrar in home.names:
        return (
            PoolState.ACTIVE
            if home.is_alive
            else f"Get-CsUserPoolInfo names {registrar}, although its pool is not running"
        )
    why = info.gap("primary_pool_primary_registrar")
    if why is not None:
        return f"Get-CsUserPoolInfo was not understood: {why}"
    if registrar is None and info.backup_pool_primary_registrar is not None:
        return (
            PoolState.FAILED_OVER
            if home.is_alive
            else (
                "Get-CsUserPoolInfo names no server of the pool, which may be because it does"
                " not run"
            )
        )
    return "Get-CsUserPoolInfo does not say which pool serves them"
