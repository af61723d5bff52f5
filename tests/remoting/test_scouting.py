"""Dead endpoints before the one that lives: they cost one wait together, whatever they do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from lyncops.errors import EndpointError
from lyncops.remoting.clock import SystemClock
from lyncops.remoting.endpoint import Endpoint, TcpAddress
from lyncops.remoting.health import Health
from lyncops.remoting.scouting import Scouts
from lyncops.remoting.sessions import Sessions
from lyncops.values import OnMachine
from tests.deployment.test_witnesses import swallowing
from tests.remoting.machines import FE1, FE2, POLICY, READ, Ground, ground

WAIT = timedelta(seconds=1)
PATIENT = attrs.evolve(POLICY, connect_timeout=WAIT, open_timeout=timedelta(seconds=8))


@contextmanager
def silent() -> Generator[int]:
    """A port that takes connections, and never answers."""
    taken: list[socket.socket] = []

    def take() -> None:
        with suppress(OSError):
            while True:
                taken.append(listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
    for each in taken:
        each.close()
    thread.join(10)


def dead(port: int, count: int) -> list[Endpoint]:
    at = TcpAddress("127.0.0.1", port)
    return [
        Endpoint(url=f"http://dead{number}.contoso.com/wsman", connect_to=at)
        for number in range(count)
    ]


@pytest.fixture
def served(tmp_path: Path) -> Generator[Ground]:
    with ground(tmp_path, FE1, FE2) as both:
        yield both


def test_those_before_the_first_that_answers_are_tried_last(served: Ground) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = int(listener.getsockname()[1])
    before, after = dead(closed, 2)
    health = Health(SystemClock())
    scouts = Scouts(SystemClock(), WAIT, health)
    scouts.look([before, served.endpoint(FE1), after])
    assert health.resting() == {before}


@pytest.mark.parametrize("kind", [swallowing, silent])
@pytest.mark.parametrize("count", [10, 30])
def test_the_dead_before_the_living_one_do_not_hold_it_up(
    served: Ground, kind: Callable[[], AbstractContextManager[int]], count: int
) -> None:
    living = served.endpoint(FE1)
    with ExitStack() as held:
        port = held.enter_context(kind())
        each = held.enter_context(served.sessions(*dead(port, count), living, policy=PATIENT))
        begun = time.monotonic()
        answers = [one.result() for one in [each.submit(READ) for _ in range(8)]]
        took = time.monotonic() - begun
    assert {answer.endpoint for answer in answers} == {living.url}
    assert took < count * WAIT.total_seconds() / 2  # one wait for all, and what a busy machine adds


def test_of_those_that_answer_the_first_is_used(served: Ground) -> None:
    first, second = served.endpoint(FE2), served.endpoint(FE1)
    with (
        swallowing() as port,
        served.sessions(*dead(port, 2), first, second, policy=PATIENT) as each,
    ):
        assert each.run(READ).endpoint == first.url


def test_where_one_dies_the_next_is_found_behind_the_dead(served: Ground) -> None:
    first, last = served.endpoint(FE1), served.endpoint(FE2)
    with (
        swallowing() as port,
        served.sessions(first, *dead(port, 30), last, policy=PATIENT) as each,
    ):
        assert each.run(READ).endpoint == first.url
        served.fe1.is_down = True
        served.lab.host.synchronise()
        begun = time.monotonic()
        assert each.run(READ).endpoint == last.url
        assert time.monotonic() - begun < 10 * WAIT.total_seconds()


def test_where_all_are_dead_it_is_said_after_one_wait(served: Ground) -> None:
    with swallowing() as port, served.sessions(*dead(port, 20), policy=PATIENT) as each:
        begun = time.monotonic()
        with pytest.raises(EndpointError) as caught:
            each.run(READ)
        took = time.monotonic() - begun
    assert "dead0.contoso.com" in str(caught.value)
    assert took < 10 * WAIT.total_seconds()


def alone(port: int, count: int) -> list[Endpoint]:
    return [attrs.evolve(each, dedicated=True) for each in dead(port, count)]


@pytest.mark.parametrize("kind", [swallowing, silent])
@pytest.mark.parametrize("ahead", [True, False])
def test_machines_that_answer_for_themselves_alone_cost_one_wait_and_are_remembered(
    served: Ground, kind: Callable[[], AbstractContextManager[int]], *, ahead: bool
) -> None:
    count = 100 if ahead else 20

    def silent_ones(sessions: Sessions) -> int:
        """How many are known to be silent, beside a server that answers."""
        if ahead:
            sessions.open_ahead(lambda _machine: True)
        asked = [
            sessions.submit(READ, place=OnMachine(machine.machine))
            for machine in machines
            if machine.machine is not None
        ]
        assert sessions.run(READ).endpoint == living.url
        return len([one for one in asked if "no answer in time" in str(one.exception())])

    living = served.endpoint(FE1)
    with ExitStack() as held:
        with kind() as port:
            machines = alone(port, count)
            sessions = held.enter_context(served.sessions(living, *machines, policy=PATIENT))
            begun = time.monotonic()
            assert silent_ones(sessions) == count
            assert time.monotonic() - begun < 10 * WAIT.total_seconds()
        assert silent_ones(sessions) == count, "they refuse now, so none was asked again"


def test_silence_is_remembered_for_a_while(served: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    scouts = Scouts(SystemClock(), timedelta(milliseconds=200), Health(SystemClock()))
    with silent() as port:
        (machine,) = alone(port, 1)
        with pytest.raises(EndpointError, match="no answer in time"):
            scouts.require(machine)
    with pytest.raises(EndpointError, match="no answer in time"):
        scouts.require(machine)
    monkeypatch.setattr("lyncops.remoting.scouting._REST", 0.0)
    scouts.require(machine)  # refused by now: whoever opens a session sees that
    scouts.require(served.endpoint(FE1, dedicated=True))
