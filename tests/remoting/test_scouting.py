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
from lyncops.remoting.endpoint import Endpoint, TcpAddress
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


@pytest.mark.parametrize("kind", [swallowing, silent])
@pytest.mark.parametrize("count", [3, 30])
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
    assert took < 2 * WAIT.total_seconds()


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
    assert took < 3 * WAIT.total_seconds()
