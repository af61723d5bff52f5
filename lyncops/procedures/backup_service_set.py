"""Configuring the Backup Service: how often it copies, and groups that may query its status."""

from __future__ import annotations

from datetime import timedelta

import attrs

from lyncops.checks.catalogue import CHECKS
from lyncops.checks.check import Finding, failed, passed, result_of, unknown, warning
from lyncops.checks.context import CheckContext, store_pool
from lyncops.checks.loss import RPO
from lyncops.checks.result import CheckResult
from lyncops.checks.words import exactly, listed
from lyncops.cmdlets import SetCsBackupServiceConfiguration
from lyncops.deployment.model import BackupServiceSettings, Deployment
from lyncops.deployment.order import natural
from lyncops.errors import EndpointError
from lyncops.plan.conditions import (
    AuthorizedGroupsAre,
    Condition,
    StoreHasSingleMaster,
    SyncIntervalIs,
)
from lyncops.plan.conditions.settings import same_groups
from lyncops.plan.procedures import BackupServiceSet
from lyncops.plan.steps import CmdletStep
from lyncops.procedures import figures
from lyncops.procedures.drafting import Draft
from lyncops.procedures.edges import preferring
from lyncops.procedures.store_checks import store_writable
from lyncops.sources import fact, guide, reference
from lyncops.values import Mode, Unread

_SOURCES = (
    guide("Configuring and monitoring the Backup Service"),
    reference("Set-CsBackupServiceConfiguration"),
)
_SERVER_ADMINS = "RTCUniversalServerAdmins"


@attrs.frozen(slots=True, kw_only=True)
class _Wish:
    """The new values; None (and no group) means: as it is."""

    interval: timedelta | None
    groups: tuple[str, ...]


def draft(deployment: Deployment, request: BackupServiceSet) -> Draft:
    """Draft that the Backup Service copies every `request.sync_interval` and listens to
    `request.authorized_groups`.

    Refused when the store cannot be written; overridable when the old values cannot be read (then
    nothing undoes it) and when nobody of RTCUniversalServerAdmins could ask for the status any
    more.

    Raises:
        EndpointError: no Front End pool is known.
    """
    wish = _Wish(interval=request.sync_interval, groups=request.authorized_groups)
    pools = deployment.front_end_pools
    if not pools:
        raise EndpointError("No Front End pool is known.", remedy="Look at `lyncops status`.")
    old = deployment.backup_service
    pool = request.pool or min((one.fqdn for one in pools), key=natural)
    holder = store_pool(deployment) or pool
    after = _after(wish)
    single = () if "store-single-master" in request.overrides else (StoreHasSingleMaster(),)
    step = CmdletStep(
        step_id="backup-service-set",
        title="Change the configuration of the Backup Service",
        why="It applies to all pools of the deployment and reaches them by replication.",
        sources=_SOURCES,
        cmdlet=SetCsBackupServiceConfiguration(
            sync_interval=wish.interval, authorized_universal_groups=wish.groups or None
        ),
        place=preferring(holder),
        before=(*single, *_as_before(old, wish)),
        after=after,
        deadline=figures.ONE_HOUR / 4,
        estimate=figures.SETTING,
        undo=_undo(old, wish),
    )
    return Draft(
        lock=(holder,),
        checks=(
            CHECKS["store-single-master"](CheckContext(deployment, pool, Mode.PLANNED)),
            *_checks(deployment, wish),
        ),
        steps=(step,),
        goal=after,
        expected_loss="Nothing now.",
        notes=(
            (
                "Each server uses the new values once its replica has them, after two to three"
                " minutes."
            ),
        ),
    )


def _after(wish: _Wish) -> tuple[Condition, ...]:
    interval = () if wish.interval is None else (SyncIntervalIs(wish.interval),)
    return (*interval, *((AuthorizedGroupsAre(wish.groups),) if wish.groups else ()))


def _as_before(old: BackupServiceSettings | Unread, wish: _Wish) -> tuple[Condition, ...]:
    """The values that the plan says it would bring back: changed by somebody else meanwhile, they
    stop the step.
    """
    if isinstance(old, Unread):
        return ()
    was = _Wish(
        interval=None if wish.interval is None else old.sync_interval,
        groups=old.authorized_universal_groups if wish.groups else (),
    )
    return _after(was)


def _undo(old: BackupServiceSettings | Unread, wish: _Wish) -> str:
    """The call that brings the old values back; in words if there was no group, which the cmdlet
    cannot set.
    """
    if isinstance(old, Unread):
        return ""
    interval = None if wish.interval is None else old.sync_interval
    groups = old.authorized_universal_groups if wish.groups else ()
    call = SetCsBackupServiceConfiguration(
        sync_interval=interval, authorized_universal_groups=groups or None
    )
    said = call.to_powershell() if interval is not None or groups else ""
    return (
        f"{said} (before this, no group was authorised)".strip()
        if wish.groups and not groups
        else said
    )


def _checks(deployment: Deployment, wish: _Wish) -> tuple[CheckResult, ...]:
    old = deployment.backup_service
    found = [
        result_of(
            "settings-readable", "Can the current configuration be read?", _SOURCES, _readable(old)
        ),
        store_writable(deployment),
    ]
    if wish.interval is not None:
        question = "How much data can be lost with this interval?"
        found.append(
            result_of(
                "sync-interval-cost",
                question,
                (fact("recovery-figures"),),
                _cost(old, wish.interval),
            )
        )
    if wish.groups:
        question = "Who loses the right to query the Backup Service?"
        found.append(
            result_of("authorized-groups", question, _SOURCES, _who_loses(old, wish.groups))
        )
    return tuple(found)


def _readable(old: BackupServiceSettings | Unread) -> Finding:
    if isinstance(old, Unread):
        return unknown(
            f"{old}. The change could not be undone.",
            "Look at Get-CsBackupServiceConfiguration and note its values.",
            blocking=True,
        )
    groups = listed(old.authorized_universal_groups)
    return passed(
        f"It copies every {exactly(old.sync_interval)}; the authorised groups are {groups}."
    )


def _cost(old: BackupServiceSettings | Unread, new: timedelta) -> Finding:
    before = None if isinstance(old, Unread) else old.sync_interval
    costs = f"If a pool is lost, the changes of up to {exactly(new)} are lost with it"
    if before is not None and new <= before:
        return passed(f"{costs}, no more than now ({exactly(before)}).")
    rather = f" instead of {exactly(before)}" if before is not None else ""
    more = f", more than the documented target of {exactly(RPO)}" if new > RPO else ""
    return warning(
        f"{costs}{rather}{more}.",
        "Keep it as short as the link between the sites allows; the default is 2 minutes.",
    )


def _who_loses(old: BackupServiceSettings | Unread, new: tuple[str, ...]) -> Finding:
    had = () if isinstance(old, Unread) else old.authorized_universal_groups
    gone = [group for group in had if not any(same_groups((group,), (one,)) for one in new)]
    if not any(same_groups((_SERVER_ADMINS,), (one,)) for one in new):
        return failed(
            f"{_SERVER_ADMINS} is not among {listed(new)}: its members, perhaps including lyncops,"
            " could no longer query the status.",
            f"Add --authorized-group {_SERVER_ADMINS}.",
        )
    if gone:
        return warning(
            f"{listed(gone)} can no longer query the status or request a synchronisation.",
            "To keep their right, add these groups to the list.",
        )
    return passed(f"No group loses it: {listed(new)} can query the Backup Service.")
