"""Service, not only state: after a move a server tries what users do, at the pool that serves them
then.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from lyncops.deployment.model import Deployment, Pool
from lyncops.deployment.trials import Deed
from lyncops.plan.conditions import UserCan
from lyncops.plan.procedures import MovesUsers
from lyncops.plan.steps import Step, WaitStep
from lyncops.sources import fact, reference
from lyncops.values import Fqdn, Unread

_WITHIN: Final = timedelta(minutes=10)  # presence was seen to take five minutes after a failover
_VERIFIES: Final = "verify-service-"


def verification_steps(
    deployment: Deployment, request: MovesUsers, *, home: Pool, serving: Pool
) -> tuple[Step, ...]:
    """One wait until users of `home` are served by `serving`; none if there are no users to test
    as.
    """
    users = _users(deployment, request, home.fqdn)
    if not users:
        return ()
    wait = WaitStep(
        step_id=f"{_VERIFIES}{home.fqdn}",
        title=f"Test whether users of {home.fqdn} are served by {serving.fqdn}",
        why="The state of the pool does not prove that users can sign in.",
        sources=(
            fact("test-users"),
            *(reference(name) for name in ("Test-CsRegistration", "Test-CsIM", "Test-CsPresence")),
        ),
        until=trials_of(users, serving.fqdn),
        deadline=_WITHIN,
        poll=timedelta(seconds=30),
        estimate=timedelta(minutes=1),
        optional=True,
    )
    return (wait,)


def is_verification(step: Step) -> bool:
    """Whether a step tests service as a user."""
    return step.step_id.rpartition("/")[2].startswith(_VERIFIES)  # in a site, after the pool


def trials_of(users: tuple[str, ...], pool: Fqdn) -> tuple[UserCan, ...]:
    """What these users can try at a pool: to sign in, and where there are two, to talk and to see
    each other.
    """
    deeds = (deed for deed in Deed if deed.users <= len(users))
    return tuple(UserCan(deed, pool, users[: deed.users]) for deed in deeds)


def configured_users(deployment: Deployment, pool: Fqdn) -> tuple[str, ...]:
    """The test users that are configured for a pool."""
    known = () if isinstance(deployment.test_users, Unread) else deployment.test_users
    return next((one.users for one in known if one.pool == pool), ())


def verification_note(deployment: Deployment, request: MovesUsers, home: Fqdn) -> tuple[str, ...]:
    """What is missing to try it; nothing where it is tried."""
    if _users(deployment, request, home):
        return ()
    if not request.verify:
        return (
            (
                "It is not tested whether users can sign in afterwards: add --verify for the pool's"
                " test users, or --verify-user."
            ),
        )
    return (missing_users(deployment, home),)


def missing_users(deployment: Deployment, home: Fqdn) -> str:
    """Why there are no users to test a pool as, and what to do."""
    if isinstance(deployment.test_users, Unread):
        return (
            f"No test is made as a user of {home}: {deployment.test_users}. Name users with"
            " --verify-user."
        )
    return (
        f"No test is made as a user of {home}: it has no test users."
        f" New-CsHealthMonitoringConfiguration -Identity {home} configures two; or name users with"
        " --verify-user."
    )


def _users(deployment: Deployment, request: MovesUsers, home: Fqdn) -> tuple[str, ...]:
    return request.verify_users or (configured_users(deployment, home) if request.verify else ())
