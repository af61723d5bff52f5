"""Sessions on machines that answer only for themselves are opened before the first question."""

from __future__ import annotations

import time
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest

from lyncops.errors import AuthenticationFailedError, EndpointError
from lyncops.remoting.endpoint import Endpoint, TcpAddress
from lyncops.values import Fqdn, OnMachine
from tests.remoting.machines import EDGE, FE1, READ, Ground, ground
from tests.remoting.test_scouting import silent
from tests.waiting import until

EDGES = tuple(f"edge{number}.contoso.com" for number in range(1, 6))
CREATED = "Create"


@pytest.fixture
def served(tmp_path: Path) -> Generator[Ground]:
    with ground(tmp_path, FE1, *EDGES) as machines:
        yield machines


def everything(_machine: Fqdn) -> bool:
    return True


def edges(served: Ground) -> list[Endpoint]:
    return [served.endpoint(edge, dedicated=True) for edge in EDGES]


def test_the_question_finds_the_session_open(served: Ground) -> None:
    with served.sessions(served.endpoint(), *edges(served)) as sessions:
        sessions.open_ahead(everything)
        until(lambda: served.requests(CREATED) == len(EDGES), within=20)
        for edge in EDGES:
            assert sessions.run(READ, place=OnMachine(Fqdn(edge))).output
        assert served.requests(CREATED) == len(EDGES)


def test_only_what_is_needed_is_opened_and_only_once(served: Ground) -> None:
    with served.sessions(served.endpoint(), *edges(served)) as sessions:
        for _ in range(2):
            sessions.open_ahead(lambda machine: machine == EDGE)
            assert sessions.run(READ, place=OnMachine(Fqdn(EDGE))).output
        assert served.requests(CREATED) == 1


def test_a_wrong_password_is_tried_once(served: Ground) -> None:
    with served.sessions(served.endpoint(), *edges(served), password="wrong") as sessions:
        sessions.open_ahead(everything)
        with pytest.raises(AuthenticationFailedError):
            sessions.run(READ)
    assert served.lab.failed_logons == 1


def test_what_cannot_be_opened_is_found_out_together_with_the_question(served: Ground) -> None:
    with silent() as port:
        dead = Endpoint(
            url=f"http://{EDGE}/wsman", dedicated=True, connect_to=TcpAddress("127.0.0.1", port)
        )
        with served.sessions(served.endpoint(), dead) as sessions:
            begun = time.monotonic()
            sessions.open_ahead(everything)
            answer = sessions.submit(READ)
            with pytest.raises(EndpointError):
                sessions.submit(READ, place=OnMachine(Fqdn(EDGE))).result()
            assert answer.result().output
            alone = timedelta(seconds=time.monotonic() - begun)
        with served.sessions(served.endpoint(), dead) as sessions:
            begun = time.monotonic()
            with pytest.raises(EndpointError):
                sessions.submit(READ, place=OnMachine(Fqdn(EDGE))).result()
            usual = timedelta(seconds=time.monotonic() - begun)
    assert alone < 1.5 * usual
