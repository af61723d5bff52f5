from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import pytest

import lyncops
import lyncops.testing
from lyncops.deployment.network import AddressesOf, PortOf, ServersOf
from lyncops.lab.simulation import Simulation
from lyncops.testing import InMemory, in_memory
from lyncops.values import Fqdn

T = TypeVar("T")
P1 = "pool1.contoso.com"


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    """A deployment in memory, where whoever opens a socket fails."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a socket was opened")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with in_memory() as made:
        yield made


def test_a_pool_is_failed_over_and_back_without_a_socket(deployment: InMemory) -> None:
    client = deployment.client
    deployment.crash(P1)
    plan = client.plan(lyncops.PoolFailover(pool=P1, mode="disaster", accept_data_loss=True))
    assert client.run(plan).state is lyncops.RunState.COMPLETED
    assert deployment.executions("invoke-cspoolfailover") == 1
    deployment.recover(P1)
    deployment.wait(timedelta(minutes=30))
    plan = client.plan(lyncops.PoolFailback(pool=P1, mode="planned"))
    assert client.run(plan).state is lyncops.RunState.COMPLETED
    assert [run.procedure for run in client.runs()] == ["pool-failback", "pool-failover"]


def test_what_partners_see_is_answered_without_a_socket(deployment: InMemory) -> None:
    name, host = Fqdn("_xmpp-server._tcp.contoso.com"), Fqdn("xmpp.contoso.com")
    questions = ServersOf(name), AddressesOf(host), PortOf(host, 5269)
    network = deployment.client.status(lyncops.Scope.asking(*questions)).network
    assert [str(one) for one in told(network.servers(name))] == ["xmpp.contoso.com:5269"]
    ports = told(network.port(host, 5269))
    assert [one.address for one in ports] == list(told(network.addresses(host)))
    assert {one.state for one in ports} == {"open"}
    deployment.world.outside.zone.silent = True
    network = deployment.client.status(lyncops.Scope.asking(*questions)).network
    assert isinstance(network.port(host, 5269), lyncops.Unread)


def told(answer: tuple[T, ...] | lyncops.Unread) -> tuple[T, ...]:
    assert not isinstance(answer, lyncops.Unread), answer
    return answer


def test_a_world_can_be_prepared_before() -> None:
    world = Simulation.load("standard-pair")
    pool = next(iter(world.pools))
    world.crash(pool)
    with in_memory(world) as deployment:
        found = deployment.client.status().pool(pool)
        assert found is not None
        assert not found.is_alive


@pytest.mark.parametrize("name", lyncops.testing.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(lyncops.testing, name).__doc__
    assert name in dir(lyncops.testing)


def test_no_other_name_is_there() -> None:
    assert lyncops.testing.__all__ == sorted(lyncops.testing.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        getattr(lyncops.testing, "nonsense")  # noqa: B009 - a type checker knows that it is not there


def test_pytest_does_not_load_what_no_test_asked_for() -> None:
    program = "import sys, lyncops.testing.plugin; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    ours = {name for name in found.stdout.split() if name.startswith("lyncops")}
    assert ours == {"lyncops", "lyncops.testing", "lyncops.testing.plugin"}
