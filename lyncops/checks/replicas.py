"""Is the configuration on every computer that matters the newest one?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from lyncops.checks.check import Finding, check, failed, passed, unknown, warning
from lyncops.checks.context import STORE_FIRST, CheckContext
from lyncops.checks.words import age, counted, listed, sentence
from lyncops.deployment.central_management import CentralManagement, Replica
from lyncops.deployment.gaps import Need, Part
from lyncops.deployment.model import Deployment
from lyncops.sources import fact
from lyncops.values import Fqdn, Unread

_FAULT_AGE: Final = timedelta(hours=1)
_REPLICATE = "Run Invoke-CsManagementStoreReplication, allow two to three minutes, and look again."


def newest_time(situation: CheckContext) -> datetime:
    """Now, as the servers see it: the newest time in their answers counts too, so that a wrong
    client clock does no harm.
    """
    read_at = situation.deployment.read_at
    times = (_aware(time, read_at) for time in situation.store.newest_times)
    return max(times, default=read_at)


def _aware(time: datetime, like: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=like.tzinfo)


def _needs(situation: CheckContext) -> tuple[Need, ...]:
    del situation
    return (Need(Part.REPLICAS),)


def none_follows(holder: Fqdn | None) -> str:
    """What to look at where no replica at all follows a store (fact: replication-group)."""
    pool = holder or "the pool that holds it"
    return (
        "If no replica is up to date at all, check that the computer accounts of the Front"
        f" Ends of {pool} are members of RTCUniversalConfigReplicator."
    )


@check(
    "replicas-up-to-date",
    question="Is the configuration replicated to every computer?",
    sources=(fact("replica-age"), fact("replication-group")),
    needs=_needs,
)
def replicas_up_to_date(situation: CheckContext) -> Finding:
    """A replica is False for a while after each change; it is a fault when it last reported more
    than an hour ago, or never.

    Only the running Front Ends of the pair block the plan: they carry the move. A server of any
    other kind, or one that does not run, may be the reason of the move, or have been off for weeks.
    In disaster mode nothing here blocks the plan.
    """
    replicas = situation.store.replicas
    if isinstance(replicas, Unread):
        if situation.store_goes_down:
            return warning(
                f"{sentence(replicas)} That is expected: the store was on the pool that is gone."
            )
        return unknown(
            sentence(replicas),
            STORE_FIRST
            if situation.deployment.from_local_store
            else "Look at Get-CsManagementStoreReplicationStatus.",
            blocking=not situation.disaster,
        )
    if not replicas:
        evidence = "Get-CsManagementStoreReplicationStatus returned nothing at all."
        if situation.disaster:
            return warning(evidence, "Look at it again once the store has a master.")
        return failed(
            evidence,
            STORE_FIRST
            if situation.deployment.from_local_store
            else "Check that MASTER runs on the pool that holds the store and REPLICA on every"
            " server.",
        )
    return _judge(situation)


def _judge(situation: CheckContext) -> Finding:
    store, gone = situation.store, _not_expected(situation)
    behind = store.replicas_behind_but(gone)
    ignored = (
        f" {counted(len(gone), 'machine')} that cannot be updated not counted." if gone else ""
    )
    if not behind:
        following = store.count_but(gone)
        return passed(f"{counted(following, 'replica')} up to date.{ignored}")
    now = newest_time(situation)
    faulty = [replica for replica in behind if is_faulty(replica, now)]
    if not faulty:
        names = _named(behind, now)
        return warning(
            f"Not up to date yet: {names}. That is normal for some minutes after a"
            f" change.{ignored}",
            _REPLICATE,
        )
    remedy = (
        "Check that REPLICA runs there and that the store can reach it (TCP 445, Edge 4443)."
        f" {_REPLICATE}"
    )
    if len(faulty) == store.count_but(gone):
        remedy = f"{none_follows(situation.store_pool)} {remedy}"
    needed = _needed(situation)
    first = [replica for replica in faulty if replica.computer in needed]
    others = [replica for replica in faulty if replica.computer not in needed]
    rest = f"Not up to date, and not needed for this move: {_named(others, now)}." if others else ""
    seen = f"Not up to date: {_named(first, now)}." if first else ""
    evidence = f"{' '.join(filter(None, (seen, rest)))}{ignored}"
    return (
        failed(evidence, remedy) if first and not situation.disaster else warning(evidence, remedy)
    )


def _named(replicas: list[Replica], now: datetime) -> str:
    return listed(f"{replica.computer} ({_reported(replica, now)})" for replica in replicas)


def _needed(situation: CheckContext) -> set[Fqdn]:
    """The machines that carry the move: the Front Ends of the pair that run."""
    pair = (situation.pool, situation.partner)
    return {machine.fqdn for pool in pair if pool for machine in pool.machines_up}


def _not_expected(situation: CheckContext) -> set[Fqdn]:
    """The machines of the pool that is gone, and outside of the pair whatever does not run: its
    replica is old because of that.
    """
    leaving = situation.leaving.machines if situation.disaster and situation.leaving else ()
    pair = {
        machine.fqdn
        for pool in (situation.pool, situation.partner)
        if pool
        for machine in pool.machines
    }
    return {machine.fqdn for machine in leaving} | (
        situation.deployment.signs.silent_machines - pair
    )


def age_of_report(replica: Replica, now: datetime) -> timedelta | None:
    """How long ago it last reported; None where it never did."""
    return now - _aware(replica.last_status_report, now) if replica.last_status_report else None


def is_fresh(replica: Replica, now: datetime) -> bool:
    """Whether a replica has the store's content, and said so within the last hour."""
    silence = age_of_report(replica, now)
    return replica.up_to_date and silence is not None and silence <= _FAULT_AGE


def youngest_follower(store: CentralManagement, now: datetime) -> timedelta | None:
    """How long ago the last replica reported that it has the store's content; None where none did
    within the hour.
    """
    reports = (_aware(time, now) for time in store.newest_good_reports)
    silence = min((now - report for report in reports), default=None)
    return None if silence is None or silence > _FAULT_AGE else silence


def never_reported(deployment: Deployment) -> tuple[Fqdn, ...]:
    """The computers of which the store never had a report: nothing can be waited for there."""
    return deployment.central_management.computers_never_heard


def has_fallen_silent(deployment: Deployment, computer: Fqdn) -> bool:
    """Whether a computer has not reported for an hour, while replication reaches others: then it is
    taken to be down.

    A computer that never reported proves nothing. Reports of other computers that could not be
    read may be recent.
    """
    replicas = deployment.central_management.replicas
    known = () if isinstance(replicas, Unread) else replicas
    reports = [
        _aware(one.last_status_report, deployment.read_at)
        for one in known
        if one.last_status_report
    ]
    now = max(reports, default=deployment.read_at)
    others = [one for one in known if one.computer != computer]
    reaches_nobody = bool(others) and not any(is_fresh(one, now) or _is_open(one) for one in others)
    return not reaches_nobody and any(
        is_faulty(one, now) for one in known if one.computer == computer and not one.never_reported
    )


def _is_open(replica: Replica) -> bool:
    return replica.last_status_report is None and not replica.never_reported


def is_faulty(replica: Replica, now: datetime) -> bool:
    """Whether a replica is behind for longer than replication takes: its last report is over an
    hour old, or there is none.
    """
    silence = age_of_report(replica, now)
    return not replica.up_to_date and (silence is None or silence > _FAULT_AGE)


def _reported(replica: Replica, now: datetime) -> str:
    silence = age_of_report(replica, now)
    return "never reported" if silence is None else f"last report {age(silence)} ago"
