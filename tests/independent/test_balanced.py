"""A balanced address: whichever way it balances, a CHANGE runs at most once, and a proof is
believed only of the right server.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import attrs
import pytest

from lyncops.cmdlets import GetCsServerVersion, InvokeCsPoolFailOver
from lyncops.errors import EndpointError
from lyncops.remoting.clock import SystemClock
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint, TcpAddress
from lyncops.remoting.execution import CommandAddress, Execution, Sending
from lyncops.remoting.retry import RetryPolicy
from lyncops.remoting.sessions import Sessions
from lyncops.remoting.symptoms import MAX_SHELLS
from lyncops.runs.event_codec import event_from_text, event_to_text, kind_of
from lyncops.runs.events import AttemptPrepared
from lyncops.values import Outcome
from tests.independent.balancer import Balancer
from tests.independent.http import DropError, Page
from tests.independent.psrp import Handler
from tests.independent.server import PASSWORD, USER, Asked, FaultError, Server
from tests.relay import Relay

CHANGE = InvokeCsPoolFailOver(pool_fqdn="pool1.contoso.com", disaster_mode=True)
NAME = CHANGE.NAME.lower()
READ = GetCsServerVersion()
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
"""A Command that is lost, two questions for it to the server that has never heard of it, and all
else to the one that runs it."""


@contextmanager
def two_servers(folder: Path) -> Generator[tuple[Server, Server]]:
    folders = folder / "one", folder / "two"
    for each in folders:
        each.mkdir()
    with (
        Server(folders[0], SCRIPTS, tls=False) as first,
        Server(folders[1], SCRIPTS, tls=False) as second,
    ):
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
    return Sessions(
        [endpoint],
        credentials=Credentials(username=USER, password=PASSWORD),
        policy=POLICY,
        clock=SystemClock(),
    )


def attempt(sessions: Sessions) -> Execution[object] | None:
    """None: no server could be reached, so that nothing was sent."""
    try:
        return sessions.run(CHANGE)
    except EndpointError:
        return None


def ran(servers: tuple[Server, ...]) -> int:
    return sum(server.executions[NAME] for server in servers)


def lose_a_command(
    sessions: Sessions, servers: tuple[Server, ...], loss: Loss, begin: Callable[[], None]
) -> None:
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
def test_an_address_that_begins_to_balance_requests_runs_nothing_twice(
    tmp_path: Path, turns: tuple[int, ...], loss: Loss
) -> None:
    ca = tmp_path / "device.pem"
    with (
        two_servers(tmp_path) as servers,
        Balancer([server.port for server in servers], servers[0].logon.tls(ca)) as balancer,
    ):
        for first in range(len(turns)):
            balancer.balance([0])
            begin = partial(balancer.balance, (*turns[first:], *turns[:first]))
            with sessions_at(balancer.address, ca) as sessions:
                lose_a_command(sessions, servers, loss, begin)
                balancer.balance([0])


@BY_LOSS
def test_questions_over_several_connections_prove_nothing(tmp_path: Path, loss: Loss) -> None:
    ca = tmp_path / "device.pem"
    with (
        two_servers(tmp_path) as servers,
        Balancer([server.port for server in servers], servers[0].logon.tls(ca)) as balancer,
    ):
        balancer.closes = True
        with sessions_at(balancer.address, ca) as sessions:
            lose_a_command(sessions, servers, loss, partial(balancer.balance, MEANEST))
            balancer.balance([0])


@BY_LOSS
def test_an_address_that_balances_connections_runs_nothing_twice(
    tmp_path: Path, loss: Loss
) -> None:
    with (
        two_servers(tmp_path) as servers,
        Relay([("127.0.0.1", server.port) for server in servers]) as relay,
    ):
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


@contextmanager
def with_cookies(
    folder: Path, name: str
) -> Generator[tuple[tuple[Server, Server], Balancer, Path]]:
    """A device that leads whoever comes back with its cookie to the server where he was, and others
    in turn.
    """
    ca = folder / "device.pem"
    with two_servers(folder) as servers, device(servers, ca) as balancer:
        balancer.cookie = name
        balancer.balance((0, 1))
        yield servers, balancer, ca


def device(servers: tuple[Server, Server], ca: Path) -> Balancer:
    return Balancer([server.port for server in servers], servers[0].logon.tls(ca))


BY_COOKIE = pytest.mark.parametrize("cookie", ["MS-WSMAN", "BIGipServerpool"])


@BY_COOKIE
def test_every_connection_into_a_session_carries_its_cookies(tmp_path: Path, cookie: str) -> None:
    def slow(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        """Long enough for another connection to pay."""
        assert balancer.several.wait(10)
        return ["Microsoft Lync Server 2013 (5.0.8308.0)"]

    with with_cookies(tmp_path, cookie) as (servers, balancer, ca):
        for server in servers:
            server.scripts[READ.NAME.lower()] = slow
        with sessions_at(balancer.address, ca) as sessions:
            readings = [sessions.submit(READ) for _ in range(12)]
            assert {each.result().outcome for each in readings} == {Outcome.SUCCEEDED}
        assert servers[0].executions[READ.NAME.lower()] == 12
        assert balancer.led[1] == 0
        assert sum(server.requests["Create"] for server in servers) == 1


@pytest.mark.parametrize("turns", [(0, 1), (1, 0)])
def test_another_process_comes_back_to_the_same_server(
    tmp_path: Path, turns: tuple[int, ...]
) -> None:
    may_end = threading.Event()

    def works(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        assert may_end.wait(20)
        return []

    with with_cookies(tmp_path, "MS-WSMAN") as (servers, balancer, ca):
        for server in servers:
            server.scripts[NAME] = works
        sent: list[Sending] = []
        with sessions_at(balancer.address, ca) as sessions:
            sessions.run(CHANGE, before_send=sent.append, deadline=timedelta(seconds=1))
        may_end.set()
        (address,) = (structured(each.address) for each in sent)
        balancer.balance(turns)
        with sessions_at(balancer.address, ca) as later:
            assert later.collect(address, CHANGE).outcome is Outcome.SUCCEEDED
            later.forget(address)
        assert ran(servers) == 1
        assert not any(server.pools for server in servers)


def structured(address: CommandAddress) -> CommandAddress:
    """The address as another process reads it from the journal."""
    event = AttemptPrepared(
        run_id="r", at=datetime.now(UTC), step_id="s", number=1, address=address
    )
    read = event_from_text(kind_of(event), event_to_text(event))
    assert isinstance(read, AttemptPrepared)
    return read.address


@BY_COOKIE
def test_another_session_goes_wherever_the_address_leads(tmp_path: Path, cookie: str) -> None:
    """A cookie that leads to a server that is dead would keep every later session from the one that
    lives.
    """
    with with_cookies(tmp_path, cookie) as (servers, balancer, ca):
        with sessions_at(balancer.address, ca) as sessions:
            assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
            servers[0].die()
            balancer.balance((1,))
            assert attempt(sessions) is None or ran(servers[:1]) == 1
            assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
        assert [ran((server,)) for server in servers] == [1, 1]


def test_a_server_that_takes_no_further_session_does_not_bind_the_next_try(tmp_path: Path) -> None:
    def full(asked: Asked) -> Page | None:
        if asked.verb == "Create":
            raise FaultError(MAX_SHELLS, subcode="w:QuotaLimit")
        return None

    with with_cookies(tmp_path, "MS-WSMAN") as (servers, balancer, ca):
        servers[0].before = full
        balancer.balance((0, 0, 1))
        with sessions_at(balancer.address, ca) as sessions:
            assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
        assert [ran((server,)) for server in servers] == [0, 1]
        assert servers[0].requests["Create"] == 2
