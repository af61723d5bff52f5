"""Synthetic transactions: Test-CsRegistration, Test-CsIM and Test-CsPresence, and the test users
that they take by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.registry import Opens, Store, reads
from lyncops.lab.cmdlets.selection import chosen
from lyncops.lab.cmdlets.users import all_users, front_ends
from lyncops.lab.model.state import PoolRuntime
from lyncops.values import RemoteObject

_SETTINGS: Final = (
    "Microsoft.Rtc.Management.WritableConfig.Settings.HealthMonitoring.HealthMonitoringSettings"
)
_TASK: Final = "Microsoft.Rtc.SyntheticTransactions.TaskOutput"


def _test_users(call: Call, pool: PoolRuntime) -> tuple[str, ...]:
    return tuple(f"sip:{name}@{call.world.scenario.domain}" for name in pool.spec.test_users)


@reads("Get-CsHealthMonitoringConfiguration")
def get_cs_health_monitoring_configuration(call: Call) -> Iterator[RemoteObject]:
    """The test users of the pools that have some (fact: test-users)."""
    having = {str(pool.fqdn): pool for pool in front_ends(call) if pool.spec.test_users}
    for fqdn in chosen(call, having, lambda name: (name,), placeholders.UNKNOWN_ITEM):
        first, second = _test_users(call, having[fqdn])
        values = {
            "Identity": fqdn,
            "TargetFqdn": fqdn,
            "FirstTestUserSipUri": first,
            "SecondTestUserSipUri": second,
        }
        yield call.make(_SETTINGS, values, text=fqdn)


@reads("Test-CsRegistration", store=Store.NONE, opens=Opens.DIRECTORY)
def test_cs_registration(call: Call) -> Iterator[RemoteObject]:
    """Whether a user, or the pool's first test user, can sign in there."""
    yield _transaction(call, ("UserSipAddress",))


@reads("Test-CsIM", store=Store.NONE, opens=Opens.DIRECTORY)
def test_cs_im(call: Call) -> Iterator[RemoteObject]:
    """Whether one user's message reaches another there."""
    yield _transaction(call, ("SenderSipAddress", "ReceiverSipAddress"))


@reads("Test-CsPresence", store=Store.NONE, opens=Opens.DIRECTORY)
def test_cs_presence(call: Call) -> Iterator[RemoteObject]:
    """Whether one user sees another's presence there."""
    yield _transaction(call, ("PublisherSipAddress", "SubscriberSipAddress"))


def _transaction(call: Call, roles: tuple[str, ...]) -> RemoteObject:
    """The result is an object, not an error, as of every synthetic transaction.

    Without users named and without test users of the pool it does not know whom to take, and is an
    error (fact: test-users). That a pool signs in only those whom it serves is what a failover is
    for; with which words it refuses others is a guess.
    """
    fqdn = call.text("TargetFqdn").casefold()
    pool = next((p for p in front_ends(call) if p.fqdn == fqdn or fqdn in p.spec.machines), None)
    if pool is None:
        call.fail(placeholders.UNKNOWN_POOL.format(fqdn), category="ObjectNotFound")
    configured = _test_users(call, pool)[: len(roles)] or ("",) * len(roles)
    users = [call.text(role) or own for role, own in zip(roles, configured, strict=True)]
    if not all(users):
        call.fail(placeholders.NO_TEST_USERS.format(fqdn), category="InvalidArgument")
    wrong = next((words for user in users if (words := _refused(call, pool, user))), "")
    values = {
        "TargetFqdn": fqdn,
        "Result": "Failure" if wrong else "Success",
        "Latency": "00:00:00" if wrong else "00:00:00.1200000",
        "Error": wrong,
        "Diagnosis": "",
    }
    return call.make(_TASK, values)


def _refused(call: Call, pool: PoolRuntime, address: str) -> str:
    """Why that user cannot sign in at the pool; "" where it can."""
    wanted = address.casefold().removeprefix("sip:")
    home = next(
        (
            user.pool
            for user in all_users(call, front_ends(call))
            if user.address == f"sip:{wanted}"
        ),
        None,
    )
    if not call.world.is_alive(pool):
        return placeholders.NO_ANSWER_TO_SIP
    if home is None:
        return placeholders.UNKNOWN_USER.format(address)
    return (
        ""
        if call.world.serving_pool(call.world.pools[home]) is pool
        else placeholders.SERVED_ELSEWHERE.format(address)
    )
