"""What a plan touches, read from its steps: the pools that no other run may work on, and the
cmdlets that it sends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, cast

import attrs

from lyncops.checks.context import CheckContext
from lyncops.checks.result import CheckResult
from lyncops.checks.rights import rights_for
from lyncops.deployment.model import Deployment, Pool, PoolKind
from lyncops.errors import InvalidValueError
from lyncops.plan.conditions import FederatedEdgeIs, StoreIsActiveOn
from lyncops.plan.steps import CmdletStep, ManualStep, Step, WaitStep
from lyncops.values import Effect, Fqdn, Mode, OnMachine, OnPool, ServiceId, Unread

_LOCKED: Final = (PoolKind.ENTERPRISE, PoolKind.STANDARD, PoolKind.DIRECTOR, PoolKind.EDGE)
_WRITES: Final = ("Set-Cs", "Enable-CsTopology", "Invoke-CsManagementServerFailover")
"""What the cmdlets are called that write to the Central Management store."""


def pools_touched(steps: Iterable[Step], deployment: Deployment) -> tuple[Fqdn, ...]:
    """The pools that the steps change: Front End, Director and Edge pools, and the store's pair
    where they write to it.
    """
    changing = [step for step in steps if _changes(step)]
    named = (name for step in changing for name in _named(step))
    found = {
        pool.fqdn
        for pool in map(deployment.pool_of, named)
        if pool is not None and pool.kind in _LOCKED
    }
    if any(map(_writes_to_store, changing)):
        found.update(_store_pair(deployment))
    return tuple(sorted(found))


def rights_of(steps: Iterable[Step], deployment: Deployment) -> CheckResult:
    """Whether the session offers what the steps send.

    What an Edge server runs for itself is not the session's to offer.
    """
    sent = [
        step
        for step in steps
        if isinstance(step, CmdletStep) and not isinstance(step.place, OnMachine)
    ]
    needed = dict.fromkeys(step.cmdlet.NAME for step in sent if not step.optional)
    optional = dict.fromkeys(step.cmdlet.NAME for step in sent if step.optional)
    return rights_for(
        deployment, *needed, optional=tuple(name for name in optional if name not in needed)
    )


def _changes(step: Step) -> bool:
    if isinstance(step, WaitStep):
        return False
    return isinstance(step, ManualStep) or step.cmdlet.effect is Effect.CHANGE


def _writes_to_store(step: Step) -> bool:
    if isinstance(step, CmdletStep):
        return step.cmdlet.NAME.startswith(_WRITES)
    return isinstance(step, ManualStep) and any(
        isinstance(c, FederatedEdgeIs | StoreIsActiveOn) for c in step.after
    )


def _store_pair(deployment: Deployment) -> Iterator[Fqdn]:
    holder = CheckContext(deployment, Fqdn("any.pool"), Mode.PLANNED).store_pool
    pool = deployment.pool(holder) if holder else None
    if pool is not None:
        yield pool.fqdn
        yield from _partner(pool)


def _partner(pool: Pool) -> tuple[Fqdn, ...]:
    return (
        ()
        if pool.backup_pool is None or isinstance(pool.backup_pool, Unread)
        else (pool.backup_pool,)
    )


def _named(step: Step) -> Iterator[Fqdn]:
    """Every pool and machine that a changing step names: in its command, its place and its
    effect.
    """
    if isinstance(step, CmdletStep):
        for value in step.cmdlet.arguments().values():
            yield from _names_in(value)
        if isinstance(step.place, OnPool):
            yield step.place.pool
        if isinstance(step.place, OnMachine):
            yield step.place.machine
    for condition in () if isinstance(step, WaitStep) else step.after:
        for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(condition))):
            yield from _names_in(getattr(condition, field.name))


def _names_in(value: object) -> Iterator[Fqdn]:
    """The names in a value: `pool1.contoso.com`, `EdgeServer:edge1.contoso.com`, or several of
    them.
    """
    if isinstance(value, tuple):
        for each in cast("tuple[object, ...]", value):
            yield from _names_in(each)
    elif isinstance(value, ServiceId):
        yield value.pool
    elif isinstance(value, str):
        try:
            yield Fqdn(value.rpartition(":")[2])
        except InvalidValueError:
            return  # the path of a file, the name of a site: no pool is called so
