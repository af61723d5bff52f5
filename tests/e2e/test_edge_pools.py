"""Federation and XMPP on another Edge pool and back: by the command line, with the acts that people
do by hand in between.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

from lyncops.cli.main import main
from lyncops.lab.control.server import ControlServer
from lyncops.values import Fqdn
from tests.e2e.conftest import Answer, Hire, Operator, assert_as_before, until

EDGE1, EDGE2 = "edge1.contoso.com", "edge2.contoso.com"
XMPP = ("--domain", "contoso.com")
PAUSED = 5


@pytest.fixture
def person(operator: Operator) -> Generator[Operator]:
    """An operator who can also reach Topology Builder, the Edge servers, DNS and the firewall of
    the lab.
    """
    with ControlServer(operator.lab.served, operator.config.parent):
        yield operator


def by_hand(person: Operator, *act: str) -> None:
    """`lyncops lab inject ACT`, in this process: a person's work takes long enough without
    another.
    """
    assert main(["lab", "inject", "--out", str(person.config.parent), *act]) == 0


def resume(person: Operator, *, expect: int) -> Answer:
    return person("resume", person.latest_run(), expect=expect)


def at_gate(answer: Answer) -> str:
    """What the last line but one of a paused run says: the gate that it waits at."""
    assert "pending manual step" in answer.out
    return next(line for line in answer.out.splitlines() if line.startswith("pending manual step"))


def until_port(person: Operator, edge: str, port: int) -> None:
    outside = person.lab.world.outside
    machines = person.lab.world.pools[Fqdn(edge)].spec.machines
    until(person, lambda: all(outside.answers(machine, port) for machine in machines))
    person.lab.outside.synchronise()


def federated(person: Operator) -> frozenset[str]:
    return frozenset(map(str, person.lab.world.summary().federated_edges))


@pytest.mark.slow
def test_federation_moves_to_the_living_edge_pool_and_back(person: Operator) -> None:
    first = person.look()
    person.lab.crash(EDGE1)
    paused = person.run("edge-federation-failover", EDGE1, expect=PAUSED)
    assert "in Topology Builder" in at_gate(paused)
    by_hand(person, "topology", "federation", EDGE2, "on")
    assert "It is not done yet" in at_gate(resume(person, expect=PAUSED)), (
        "two Edge pools have federation"
    )
    by_hand(person, "topology", "federation", EDGE1, "off")
    assert f"Run setup on the servers of {EDGE2}" in at_gate(resume(person, expect=PAUSED))
    assert "refuses" in resume(person, expect=PAUSED).out
    by_hand(person, "setup", EDGE2)
    until_port(person, EDGE2, 5061)
    resume(person, expect=0)
    assert federated(person) == {EDGE2}
    assert set(person.lab.world.summary().federation_routes.values()) == {f"EdgeServer:{EDGE2}"}
    person.lab.recover(EDGE1)
    person.run("edge-federation-failback", EDGE1, expect=PAUSED)
    by_hand(person, "topology", "federation", EDGE2, "off")
    by_hand(person, "topology", "federation", EDGE1, "on")
    resume(person, expect=0)  # setup is still as it was there: the gate finds its port open
    until(person, lambda: is_quiet(person))
    assert_as_before(first, person.look())
    assert person.lab.executions("Set-CsSite") == 4


def is_quiet(person: Operator) -> bool:
    """Services have started and every replica has caught up."""
    world = person.lab.world
    world.settle()
    machines = world.machine_states.values()
    return not world.summary().services_stopped and all(
        m.replica.applied >= world.store.changed for m in machines
    )


@pytest.mark.slow
def test_xmpp_moves_to_the_living_edge_pool_and_back(person: Operator) -> None:
    first = person.look()
    person.lab.crash(EDGE1)
    paused = person.run("xmpp-failover", EDGE1, *XMPP, expect=PAUSED)
    assert "Point xmpp.contoso.com to edge2.contoso.com" in at_gate(paused)
    assert ("edge2a.contoso.com", "RTCSRV") in person.lab.world.summary().services_stopped
    assert "It is not done yet" in at_gate(resume(person, expect=PAUSED))
    by_hand(person, "dns", "a", "xmpp.contoso.com", EDGE2)
    assert f"Check that port 5269 of {EDGE2}" in at_gate(resume(person, expect=PAUSED))
    assert "refuses" in resume(person, expect=PAUSED).out
    by_hand(person, "firewall", EDGE2, "5269", "open")
    until_port(person, EDGE2, 5269)
    resume(person, expect=0)
    assert set(person.lab.world.summary().xmpp_routes.values()) == {f"EdgeServer:{EDGE2}"}
    person.lab.recover(EDGE1)
    paused = person.run("xmpp-failback", EDGE1, *XMPP, expect=PAUSED)
    assert "Point xmpp.contoso.com to edge1.contoso.com" in at_gate(paused)
    by_hand(person, "dns", "a", "xmpp.contoso.com", EDGE1)
    until_port(person, EDGE1, 5269)
    resume(person, expect=0)
    until(person, lambda: is_quiet(person))
    assert_as_before(first, person.look())
    assert [person.lab.executions(name) for name in ("Stop-CsWindowsService", "Set-CsSite")] == [
        2,
        4,
    ]


def test_a_missing_service_record_keeps_the_run_at_its_gate(person: Operator) -> None:
    by_hand(person, "dns", "remove", "_xmpp-server._tcp.contoso.com")
    by_hand(person, "dns", "a", "xmpp.contoso.com", EDGE2)
    by_hand(person, "firewall", EDGE2, "5269", "open")
    paused = person.run("xmpp-failover", EDGE1, *XMPP, expect=PAUSED)
    assert "Check the external DNS record for XMPP of contoso.com" in at_gate(paused)
    by_hand(person, "dns", "srv", "_xmpp-server._tcp.contoso.com", "xmpp.contoso.com:5222")
    assert "names xmpp.contoso.com:5222" in resume(person, expect=PAUSED).out
    by_hand(person, "dns", "srv", "_xmpp-server._tcp.contoso.com", "xmpp.contoso.com:5269")
    resume(person, expect=0)


def test_2019_has_no_xmpp_gateway(hire: Hire) -> None:
    operator = hire("sfb2019")
    refused = operator.run("xmpp-failover", EDGE1, *XMPP, expect=2)
    assert "has no XMPP gateway" in refused.out
    assert not operator.lab.world.executions


def test_without_another_edge_pool_nothing_moves(hire: Hire) -> None:
    operator = hire("standard-pair")
    refused = operator.run("edge-federation-failover", EDGE1, expect=2)
    assert "other-edge" in refused.err
    assert not operator.lab.world.executions
