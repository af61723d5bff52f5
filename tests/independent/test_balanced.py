"""A balanced address: whichever way it balances, a CHANGE runs at most once, and a proof is believed only of the right server."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import attrs
import pytest

from lyncops.clock import SystemClock
from lyncops.cmdlets import InvokeCsPoolFailOver
from lyncops.errors import EndpointError
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint, TcpAddress
from lyncops.remoting.execution import Execution
from lyncops.remoting.retry import RetryPolicy
from lyncops.remoting.sessions import Sessions
from lyncops.values import Outcome
from tests.independent.balancer import Balancer
from tests.independent.http import DropError, Page
from tests.independent.psrp import Handler
from tests.independent.server import PASSWORD, USER, Asked, Server
from tests.relay import Relay

CHANGE = InvokeCsPoolFailOver(pool_fqdn="pool1.contoso.com", disaster_mode=True)
NAME = CHANGE.NAME.lower()
SCRIPTS: dict[str, Handler] = {CHANGE.NAME: lambda _name, _arguments: []}
POLICY = RetryPolicy(
    backoff_first=timedelta(milliseconds=5),
    backoff_limit=timedelta(milliseconds=10),
    jitter=timedelta(),
    probe_delay=timedelta(milliseconds=10),
    open_timeout=timedelta(seconds=1),
    open_attempts=2,
    lost_contact=timedelta(milliseconds=300),
)


@attrs.frozen
class Loss:
    """What becomes of the answer to a Command, and whether the server has run it by then."""

    name: str
    has_run: bool
    status: int = 0  # 0: the connection is cut

    def strike(self, servers: tuple[Server, ...]) -> None:
        """Let it happen to the next Command, wherever it arrives."""
        waiting = [True]

        def hook(asked: Asked) -> Page | None:
            if asked.verb != "Command" or not waiting:
                return None
            waiting.clear()
            if self.status:
                return Page(status=self.status)
            raise DropError

        for server in servers:
            if self.has_run:
                server.after = hook
            else:
                server.before = hook


LOSSES = [
    Loss("cut before", has_run=False),
    Loss("cut after", has_run=True),
    Loss("502 before", has_run=False, status=502),
    Loss("502 after", has_run=True, status=502),
]
BY_LOSS = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
TURNS = {
    "in turn": (0, 1),
    "two and one": (0, 0, 1),
    "one and two": (0, 1, 1),
    "four and one": (0, 0, 0, 0, 1),
    "mean": (0, 1, 0, 1, 0, 0),
}
MEANEST = (0, 1, *(0, 0, 0, 0), 1, *(0, 0, 0, 0), 0)
"""A Command that is lost, two questions for it to the server that has never heard of it, and all else to the one that runs it."""


@contextmanager
def two_servers(folder: Path) -> Generator[tuple[Server, Server]]:
    folders = folder / "one", folder / "two"
    for each in folders:
        each.mkdir()
    with Server(folders[0], SCRIPTS, tls=False) as first, Server(folders[1], SCRIPTS, tls=False) as second:
        yield first, second


def sessions_at(address: str, ca: Path | None = None) -> Sessions:
    """Basic over the device's TLS, or NTLM, which a connection has of its own."""
    endpoint = Endpoint(
        url=f"http{'s' if ca else ''}://fe1.contoso.com/OcsPowershell",
        auth=Auth.BASIC if ca else Auth.NTLM,
        connect_to=TcpAddress.parse(address),
        ca=ca,
        operation_timeout=timedelta(seconds=1),
        read_timeout=timedelta(seconds=2),
    )
    return Sessions([endpoint], credentials=Credentials(username=USER, password=PASSWORD), policy=POLICY, clock=SystemClock())


def attempt(sessions: Sessions) -> Execution[object] | None:
    """None: no server could be reached, so that nothing was sent."""
    try:
        return sessions.run(CHANGE)
    except EndpointError:
        return None


def ran(servers: tuple[Server, ...]) -> int:
    return sum(server.executions[NAME] for server in servers)


def lose_a_command(sessions: Sessions, servers: tuple[Server, ...], loss: Loss, begin: Callable[[], None]) -> None:
    """A CHANGE whose answer is lost just when the address begins to balance."""
    assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
    before = ran(servers)
    loss.strike(servers)
    begin()
    execution = attempt(sessions)
    runs = ran(servers) - before
    assert runs <= 1
    if execution is None:
        return
    assert execution.proof is None or runs == 0
    assert execution.outcome is not Outcome.SUCCEEDED or runs == 1
    if execution.address is not None and execution.outcome is Outcome.UNKNOWN:
        assert sessions.collect(execution.address, CHANGE).proof is None or runs == 0


@BY_LOSS
@pytest.mark.parametrize("turns", TURNS.values(), ids=TURNS)
def test_an_address_that_begins_to_balance_requests_runs_nothing_twice(tmp_path: Path, turns: tuple[int, ...], loss: Loss) -> None:
    ca = tmp_path / "device.pem"
    with two_servers(tmp_path) as servers, Balancer([server.port for server in servers], servers[0].logon.tls(ca)) as balancer:
        for first in range(len(turns)):
            balancer.balance([0])
            begin = partial(balancer.balance, (*turns[first:], *turns[:first]))
            with sessions_at(balancer.address, ca) as sessions:
                lose_a_command(sessions, servers, loss, begin)
                balancer.balance([0])


@BY_LOSS
def test_questions_over_several_connections_prove_nothing(tmp_path: Path, loss: Loss) -> None:
    ca = tmp_path / "device.pem"
    with two_servers(tmp_path) as servers, Balancer([server.port for server in servers], servers[0].logon.tls(ca)) as balancer:
        balancer.closes = True
        with sessions_at(balancer.address, ca) as sessions:
            lose_a_command(sessions, servers, loss, partial(balancer.balance, MEANEST))
            balancer.balance([0])


@BY_LOSS
def test_an_address_that_balances_connections_runs_nothing_twice(tmp_path: Path, loss: Loss) -> None:
    with two_servers(tmp_path) as servers, Relay([("127.0.0.1", server.port) for server in servers]) as relay:
        with sessions_at(relay.address) as sessions:
            assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
            loss.strike(servers)
            execution = sessions.run(CHANGE)
            assert (execution.outcome, execution.proof) == (Outcome.UNKNOWN, None)
            assert execution.address is not None
            found = [sessions.collect(execution.address, CHANGE) for _ in range(4)]
        assert ran(servers) == 1 + loss.has_run
        if loss.has_run:
            assert all(each.proof is None for each in found)
