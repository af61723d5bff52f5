"""What is looked at on the days before a disaster: certificates, updates, capacity, and whether
users are served.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from lyncops.checks.check import Finding, passed, result_of, unknown, warning
from lyncops.checks.context import CheckContext
from lyncops.checks.mirrors import only_copies
from lyncops.checks.replicas import newest_time
from lyncops.checks.result import CheckResult
from lyncops.checks.words import counted, listed, sentence
from lyncops.deployment.care import MachineCare
from lyncops.deployment.model import Deployment, Pool, PoolState
from lyncops.sources import fact, reference
from lyncops.values import Fqdn, Mode, Unread

SOON: Final = timedelta(days=30)
_MEASURED_USERS: Final = 200_000  # fact: recovery-figures
_REACH: Final = (
    "Only the server itself reports this: it must answer, at an [[endpoint]] or a [[machine]] of"
    " its own in lyncops.toml."
)


def care_of_pair(deployment: Deployment, pool: Pool) -> tuple[CheckResult, ...]:
    """The questions about a pool and its backup pool.

    An answer is never in the way of a failover.
    """
    partner = deployment.pool(pool.backup_pool) if isinstance(pool.backup_pool, Fqdn) else None
    pair = tuple(one for one in (pool, partner) if one is not None)
    seen = deployment.care_of(machine.fqdn for one in pair for machine in one.machines)
    now = newest_time(CheckContext(deployment, pool.fqdn, Mode.PLANNED))
    return (
        *((_certificates(seen, now), _updates(seen)) if seen else ()),
        *(
            (_capacity(pair),)
            if all(isinstance(one.users, int) and one.users for one in pair) and partner
            else ()
        ),
        *_served(deployment, pool),
        *_copies(pool),
    )


def _certificates(seen: Sequence[MachineCare], now: datetime) -> CheckResult:
    ending = [
        f"{care.machine}: {one.use} {_ends(one.until, now)}"
        for care in seen
        if not isinstance(care.certificates, Unread)
        for one in care.certificates
        if one.until is not None and _aware(one.until, now) - now < SOON
    ]
    silent = [care.certificates for care in seen if isinstance(care.certificates, Unread)]
    untold = [
        care.machine
        for care in seen
        if not isinstance(care.certificates, Unread) and not _all_tell(care)
    ]
    if ending:
        finding = warning(
            f"{listed(ending)}.",
            "Renew them: Request-CsCertificate, Set-CsCertificate, on each of these servers.",
        )
    elif silent or untold:
        said = [sentence(unread) for unread in silent] or [
            f"The expiry of certificates is not known for {listed(untold)}."
        ]
        finding = unknown(" ".join(said[:2]), _REACH, blocking=False)
    else:
        finding = passed(
            f"No certificate of {counted(len(seen), 'server')} expires within {SOON.days} days."
        )
    return result_of(
        "certificates",
        "Are the certificates of the pair valid for 30 more days?",
        (reference("Get-CsCertificate"),),
        finding,
    )


def _all_tell(care: MachineCare) -> bool:
    certificates = () if isinstance(care.certificates, Unread) else care.certificates
    return bool(certificates) and all(one.until is not None for one in certificates)


def _ends(until: datetime | None, now: datetime) -> str:
    return (
        ""
        if until is None
        else f"{'ended' if _aware(until, now) < now else 'ends'} on {until:%Y-%m-%d}"
    )


def _aware(time: datetime, like: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=like.tzinfo)


def _updates(seen: Sequence[MachineCare]) -> CheckResult:
    told = {care.machine: care.builds for care in seen if not isinstance(care.builds, Unread)}
    untold = [care.builds for care in seen if isinstance(care.builds, Unread)]
    levels = {builds: machine for machine, builds in told.items()}
    finding: Finding
    if len(levels) > 1:
        differing = [
            f"{machine}: {', '.join(_own(builds, levels))}" for builds, machine in levels.items()
        ]
        finding = warning(
            f"{'; '.join(differing)}.",
            "Install the same cumulative update on every Front End of both pools.",
        )
    elif untold:
        asked = next((unread for unread in untold if unread.asked), None)
        compare = "Compare what Programs and Features shows on each server."
        finding = unknown(
            sentence(asked or untold[0]),
            f"{compare} {_REACH}" if asked else compare,
            blocking=False,
        )
    else:
        finding = passed(f"{counted(len(seen), 'server')} on the same level.")
    return result_of(
        "updates",
        "Is the pair on the same patch level?",
        (reference("Get-CsServerPatchVersion"),),
        finding,
    )


def _own(builds: tuple[str, ...], levels: dict[tuple[str, ...], Fqdn]) -> list[str]:
    """What distinguishes a level from the others."""
    common = set(builds).intersection(*levels)
    return [build for build in builds if build not in common] or ["fewer components"]


def _capacity(pair: tuple[Pool, ...]) -> CheckResult:
    users = sum(pool.users for pool in pair if isinstance(pool.users, int))
    told = f"{listed(pool.fqdn for pool in pair)} home {counted(users, 'user')} together."
    if users > _MEASURED_USERS:
        finding = warning(
            f"{told} The documented recovery times were measured for {_MEASURED_USERS:,}.",
            "Expect a failover to take longer, and make sure that one pool can carry both.",
        )
    else:
        finding = passed(f"{told} One pool must be able to carry them all.")
    return result_of(
        "capacity",
        "Can the backup pool carry the users of both?",
        (fact("recovery-figures"), fact("pairing-rules")),
        finding,
    )


def serving(pool: Pool) -> Fqdn:
    """The pool that serves the users of `pool` now."""
    if pool.state is PoolState.FAILED_OVER and isinstance(pool.backup_pool, Fqdn):
        return pool.backup_pool
    return pool.fqdn


def _served(deployment: Deployment, pool: Pool) -> tuple[CheckResult, ...]:
    """What servers tried at the pool that serves its users; nothing where it was not wanted."""
    mine = deployment.test_users_of(pool.fqdn)
    tried = [one for one in deployment.tried_at(serving(pool)) if set(one.trial.users) <= set(mine)]
    if isinstance(deployment.test_users, Unread) and not deployment.test_users.asked:
        return ()
    wrong = [
        f"{one.trial}{f' ({one.words})' if one.words else ''}"
        for one in tried
        if one.works is False
    ]
    unread = [one.works for one in tried if isinstance(one.works, Unread)]
    if wrong:
        finding = warning(
            f"Not working: {'; '.join(wrong)}.",
            "Check the registrar and its certificate, and try the test by hand.",
        )
    elif unread or not tried:
        why = sentence(unread[0]) if unread else f"{pool.fqdn} has no test users that can be read."
        finding = unknown(
            why,
            f"New-CsHealthMonitoringConfiguration -Identity {pool.fqdn} configures two.",
            blocking=False,
        )
    else:
        finding = passed(f"{'; '.join(str(one.trial) for one in tried)}.")
    return (
        result_of(
            "service",
            "Can users of the pool sign in, exchange messages and see each other's presence now?",
            (fact("test-users"),),
            finding,
        ),
    )


def _copies(pool: Pool) -> tuple[CheckResult, ...]:
    """Nothing where each database that is mirrored has its two copies."""
    found = " ".join(only_copies(pool))
    if not found:
        return ()
    return (
        result_of(
            "database-copies",
            "Do the mirrored databases of the pool have two current copies?",
            (reference("Get-CsDatabaseMirrorState"),),
            warning(
                found,
                "Bring the other SQL Server back, and look that the mirroring goes on (SQL Server"
                " Management Studio, or ALTER DATABASE NAME SET PARTNER RESUME).",
            ),
        ),
    )
