"""Run states told to people: by real HTTP to a server on loopback, through Apprise itself."""

from __future__ import annotations

import importlib.util
import json
import socket
import threading
from collections.abc import Generator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import attrs
import pytest

import lyncops
from lyncops.configuration.notices import Notify
from lyncops.plan.model import Plan
from lyncops.runs import notices
from lyncops.runs.model import RunState
from lyncops.runs.notices import problem_of
from lyncops.testing import InMemory, in_memory
from tests.deployments import EDGE1, P1

SECRET: Final = "hunter2hunter2"


@attrs.define
class Desk:
    """Somebody who gets notices over HTTP, and the word that they log on with."""

    url: str
    got: list[dict[str, Any]] = attrs.field(factory=list[dict[str, Any]])
    log_ons: list[str] = attrs.field(factory=list[str])
    answer: int = 200


@pytest.fixture
def desk() -> Generator[Desk]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.got.append(json.loads(body))
            here.log_ons.append(self.headers.get("Authorization", ""))
            self.send_response(here.answer)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Desk(f"127.0.0.1:{server.server_address[1]}")
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield here
    server.shutdown()
    server.server_close()
    serving.join()


@pytest.fixture
def deployment() -> Generator[InMemory]:
    with in_memory() as made:
        made.wait(timedelta(minutes=10))
        yield made


def _plan(deployment: InMemory, notify: Notify) -> Plan:
    pytest.importorskip("apprise")
    deployment.client.connection.notify = notify
    return deployment.client.plan(lyncops.PoolFailover(pool=P1, mode="planned"))


def test_the_states_of_a_run_are_told(
    deployment: InMemory, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_PASSWORD", SECRET)
    plan = _plan(deployment, Notify(targets=(f"json://lync:${{DESK_PASSWORD}}@{desk.url}/runs",)))
    run = deployment.client.run(plan)
    titles = [notice["title"] for notice in desk.got]
    assert titles == [
        f"pool-failover of {P1} (planned): running",
        f"pool-failover of {P1} (planned): completed",
    ]
    assert all(f"Run {run.run_id} in two-sites" in notice["message"] for notice in desk.got)
    assert all(word.startswith("Basic ") for word in desk.log_ons), "the secret was used"
    assert SECRET not in json.dumps(desk.got)
    assert not [each for each in threading.enumerate() if each.name == "lyncops-notify"]


def test_a_run_that_waits_for_a_person_says_how_it_goes_on(
    deployment: InMemory, desk: Desk
) -> None:
    pytest.importorskip("apprise")
    client = deployment.client
    client.connection.notify = Notify(
        targets=(f"json://{desk.url}",), states=("pending_manual_step",)
    )
    run = client.run(client.plan(lyncops.EdgeFederationFailover(edge_pool=EDGE1)))
    (notice,) = desk.got
    assert notice["title"] == f"edge-federation-failover of {EDGE1}: pending manual step"
    assert f"lyncops resume {run.run_id}" in notice["message"]


def test_targets_that_fail_or_never_answer_stop_no_run(
    deployment: InMemory,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(notices, "PATIENCE", timedelta(seconds=0.2))
    desk.answer = 500
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection, says nothing
        port = silent.getsockname()[1]
        targets = (f"json://u:{SECRET}@{desk.url}", f"json://127.0.0.1:{port}")
        run = deployment.client.run(_plan(deployment, Notify(targets=targets)))
        assert run.state is RunState.COMPLETED
    assert "The notification to json://u:****@" in caplog.text
    assert "A target of [notify] does not answer" in caplog.text
    assert SECRET not in caplog.text


def test_what_is_missing_is_said_before_and_stops_no_run(
    deployment: InMemory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("DESK_PASSWORD", raising=False)
    unset = Notify(targets=("json://lync:${DESK_PASSWORD}@127.0.0.1",))
    plan = _plan(deployment, unset)
    assert "the variable DESK_PASSWORD, which is not set" in problem_of(unset)
    strange = problem_of(Notify(targets=(f"nosuch://{SECRET}",)))
    assert ("target 1 (nosuch://...)" in strange, SECRET in strange) == (True, False)
    assert problem_of(Notify()) == ""
    assert deployment.client.run(plan).state is RunState.COMPLETED
    assert "DESK_PASSWORD" in caplog.text


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> None:
        return None

    monkeypatch.setattr(importlib.util, "find_spec", nothing)
    told = problem_of(Notify(targets=("json://127.0.0.1",)))
    assert 'pip install "lyncops[notify]"' in told
