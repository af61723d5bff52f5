"""What is read where the identity of the operator goes no further than the server that is asked:
machines are asked themselves where they have an endpoint, and the local copy in place of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import TypeVar

import attrs
import pytest

from lyncops.checks.catalogue import checks_for_failover
from lyncops.checks.result import CheckResult, Verdict
from lyncops.cmdlets import GetCsWindowsService
from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.model import Deployment, Machine
from lyncops.deployment.reader import read_deployment
from lyncops.deployment.witnesses import Says, Vantage
from lyncops.errors import EndpointError
from lyncops.lab.interface import Caller, Session
from lyncops.lab.simulation import Simulation
from lyncops.remoting.execution import BeforeSend, Execution
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.values import ANYWHERE, Fqdn, Mode, OnMachine, Place, Unread

R = TypeVar("R")
P1, P2 = Fqdn("pool1.contoso.com"), Fqdn("pool2.contoso.com")
FRONT_ENDS = tuple(Fqdn(f"fe{number}.contoso.com") for number in range(1, 7))


@attrs.define
class Sessions(ModelSessions):
    """Sessions whose identity goes no further, unless `delegated`; of the Front Ends only those of
    `own` can be asked by their own names.
    """

    own: Collection[Fqdn] = FRONT_ENDS
    delegated: bool = False
    numbers: bool = True
    """Whether errors carry the numbers of the exceptions beneath them."""
    asked_themselves: list[Fqdn] = attrs.field(factory=list[Fqdn])

    def session(self, caller: Caller) -> Session:
        return super().session(attrs.evolve(caller, delegated=self.delegated))

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        if isinstance(place, OnMachine) and place.machine in FRONT_ENDS:
            if place.machine not in self.own:
                raise EndpointError(f"No endpoint is configured for {place}.")
            asked: object = cmdlet
            if isinstance(asked, GetCsWindowsService):
                assert asked.computer_name is None, "it is asked for its own services"
                self.asked_themselves.append(place.machine)
        done = super().run(
            cmdlet, place=place, deadline=deadline, on_record=on_record, before_send=before_send
        )
        if isinstance(place, OnMachine):
            done = attrs.evolve(done, endpoint="https://192.0.2.1:5986/wsman")  # by its address
        if self.numbers:
            return done
        return attrs.evolve(
            done, errors=tuple(attrs.evolve(error, causes=()) for error in done.errors)
        )


def read(sessions: Sessions) -> Deployment:
    return read_deployment(sessions, name="contoso", clock=ModelClock(sessions.world))


def machines(deployment: Deployment, pool: Fqdn = P2) -> tuple[Machine, ...]:
    found = deployment.pool(pool)
    assert found is not None
    return found.machines


def answer(deployment: Deployment, check_id: str, mode: Mode = Mode.PLANNED) -> CheckResult:
    return next(
        one for one in checks_for_failover(deployment, P1, mode) if one.check_id == check_id
    )


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites")


@pytest.mark.parametrize("numbers", [True, False])
def test_a_front_end_that_no_server_may_ask_is_asked_itself(
    world: Simulation, *, numbers: bool
) -> None:
    sessions = Sessions(world, numbers=numbers)
    found = read(sessions)
    assert all(machine.is_up for pool in (P1, P2) for machine in machines(found, pool))
    assert sorted(sessions.asked_themselves) == sorted(FRONT_ENDS[1:]), "once, and not the first"
    told = answer(found, "mode-fits")
    assert "3 of 3 machines" in told.evidence
    assert told.verdict is Verdict.UNKNOWN, "nothing tells of the Back End"


def test_where_a_server_may_ask_nobody_is_asked_a_second_time(world: Simulation) -> None:
    sessions = Sessions(world, delegated=True)
    world.crash(P2)
    read(sessions)
    assert sessions.asked_themselves == []


def test_a_front_end_without_an_endpoint_stays_unread_in_the_words_of_the_server(
    world: Simulation,
) -> None:
    found = read(Sessions(world, own=FRONT_ENDS[:4]))
    told, *untold = machines(found)
    assert told.is_up
    for machine in untold:
        assert isinstance(machine.services, Unread)
        assert "Cannot open Service Control Manager" in machine.services.reason
        assert machine.vouched(Says.DENIED)


def test_what_a_machine_says_of_itself_proves_no_second_hop(world: Simulation) -> None:
    """Else the silence of the others would count as their death."""
    found = read(Sessions(world, own=FRONT_ENDS[:4], numbers=False))
    for machine in machines(found)[1:]:
        assert not machine.vouched(Says.DEAD)
        assert machine.vouched(Says.SILENT)


def test_a_machine_that_tells_that_it_is_stopped_is_heard(world: Simulation) -> None:
    world.machine_states[FRONT_ENDS[3]].services["RTCSRV"].status = "Stopped"
    told = machines(read(Sessions(world)))[0]
    assert told.is_down
    assert told.witnesses[0].vantage is Vantage.ITSELF


def test_the_topology_comes_from_a_local_copy_and_the_rights_say_why_changes_will_fail(
    world: Simulation,
) -> None:
    found = read(Sessions(world))
    assert found.from_local_store
    assert "ANONYMOUS LOGON" in found.store_silence
    rights = answer(found, "rights")
    assert rights.verdict is Verdict.UNKNOWN
    assert "its identity goes no further" in rights.evidence
    assert "lyncops doctor" in rights.remedy
    for check_id in ("store-agents", "replicas-up-to-date", "backup-service"):
        assert answer(found, check_id).verdict is Verdict.UNKNOWN
    whole = read(Sessions(world, delegated=True))
    assert not whole.from_local_store
    assert "goes no further" not in answer(whole, "rights").evidence
