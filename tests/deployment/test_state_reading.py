from __future__ import annotations

from collections import Counter
from typing import cast

import pytest

from lyncops.cmdlets import GetCsRegistrarConfiguration, RegistrarConfiguration
from lyncops.cmdlets.base import Cmdlet
from lyncops.cmdlets.enums import PoolState as Written
from lyncops.deployment.model import PoolState
from lyncops.deployment.reader import read_deployment
from lyncops.deployment.scope import Facet, Scope
from lyncops.deployment.state_reading import StateReading, by_default
from lyncops.values import Fqdn, RemoteObject
from tests.deployment.scripted import FixedClock, Refusal, ScriptedSessions
from tests.deployment.test_reader_of_odd_shapes import BASIC

POOLS = tuple(Fqdn(f"pool{number}.contoso.com") for number in (1, 2))
STATES = Scope.of(Facet.POOL_STATE)


def registrar(identity: str, state: str = "Active") -> RemoteObject:
    return RemoteObject({"Identity": identity, "PoolState": state})


def asked(sessions: ScriptedSessions) -> Counter[bool]:
    """How often the local copy was asked, and how often not."""
    return Counter(
        cast("GetCsRegistrarConfiguration", each).local_store for each in sessions.requests
    )


def test_one_cmdlet_tells_all_states_and_what_it_does_not_tell_is_none() -> None:
    written = (registrar("Global"), registrar("Service:Registrar:POOL1.contoso.com", "FailedOver"))
    sessions = ScriptedSessions({"GetCsRegistrarConfiguration": written})
    states = StateReading(sessions, POOLS, STATES, local=False)
    (found,) = states.of(POOLS[0])
    assert found.pool_state is not None
    assert PoolState(found.pool_state.value) is PoolState.FAILED_OVER
    assert states.of(POOLS[1]) == ()
    assert asked(sessions) == {False: 1}


def test_for_a_single_pool_nothing_is_asked() -> None:
    sessions = ScriptedSessions({})
    assert (
        StateReading(sessions, POOLS, Scope.of(Facet.POOL_STATE, pools=POOLS[:1]), local=False).of(
            POOLS[0]
        )
        == ()
    )
    assert StateReading(sessions, POOLS, Scope.of(Facet.STORE), local=False).of(POOLS[0]) == ()
    assert not sessions.requests


def test_the_local_copy_is_asked_where_the_store_does_not_answer() -> None:
    def answer(cmdlet: Cmdlet[object]) -> Refusal | tuple[RemoteObject, ...]:
        local = cast("GetCsRegistrarConfiguration", cmdlet).local_store
        return (
            (registrar(f"Service:Registrar:{POOLS[0]}"),)
            if local
            else Refusal("The store is away.")
        )

    sessions = ScriptedSessions({"GetCsRegistrarConfiguration": answer})
    assert StateReading(sessions, POOLS, STATES, local=False).of(POOLS[0]) != ()
    assert asked(sessions) == {False: 1, True: 1}
    known = ScriptedSessions({"GetCsRegistrarConfiguration": answer})
    assert StateReading(known, POOLS, STATES, local=True).of(POOLS[0]) != ()
    assert asked(known) == {True: 1}


@pytest.mark.parametrize(
    ("scopes", "state"),
    [
        (("Global", "Site:Redmond", "Service:Registrar:pool2.contoso.com"), "Active"),
        (("Global", ""), None),
        (("Global", "Service:Registrar:POOL1.contoso.com"), None),
        (("Global", "Microsoft.Rtc.Management.Xds.Anchor"), None),
        (("Service:Registrar:pool2.contoso.com",), None),
    ],
    ids=[
        "all others are known",
        "one has no name",
        "it has its own",
        "one is not understood",
        "no global one",
    ],
)
def test_the_global_configuration_holds_for_a_pool_without_its_own(
    scopes: tuple[str, ...], state: str | None
) -> None:
    listed = tuple(
        RegistrarConfiguration(identity=scope or None, pool_state=Written.ACTIVE)
        for scope in scopes
    )
    found = by_default(listed, POOLS[0])
    assert [one.pool_state.value for one in found if one.pool_state] == ([state] if state else [])


def states_of(sessions: ScriptedSessions) -> list[PoolState | str]:
    deployment = read_deployment(sessions, name="x", clock=FixedClock(), scope=STATES)
    return [
        pool.state if isinstance(pool.state, PoolState) else str(pool.state)
        for pool in deployment.front_end_pools
    ]


def test_a_cmdlet_that_hangs_is_not_asked_in_yet_other_ways() -> None:
    hung = Refusal("The deadline of 2 s passed; it was stopped.", unknown=True)
    sessions = ScriptedSessions({**BASIC, "GetCsRegistrarConfiguration": hung})
    found = states_of(sessions)
    asked = [each for each in sessions.requests if isinstance(each, GetCsRegistrarConfiguration)]
    assert [(each.identity, each.local_store) for each in asked] == [(None, False), (None, True)]
    assert len(found) == 2
    assert all("deadline of 2 s" in str(state) for state in found)


def test_the_list_of_all_is_asked_once_for_all_pools() -> None:
    sessions = ScriptedSessions({**BASIC, "GetCsRegistrarConfiguration": Refusal("Not found.")})
    states_of(sessions)
    whole = [
        each
        for each in sessions.requests
        if isinstance(each, GetCsRegistrarConfiguration) and each.identity is None
    ]
    assert [each.local_store for each in whole] == [False, True]
