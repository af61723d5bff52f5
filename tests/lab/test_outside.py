"""The lab's outside by its rules: what people do by hand, and what partners then see.

INVENTED rules are marked in the module.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from lyncops.errors import InvalidValueError, LyncOpsError, ScenarioError
from lyncops.lab.control.operator_actions import ACTS
from lyncops.lab.model.outside import ServerName
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn

EDGE1, EDGE2 = "edge1.contoso.com", "edge2.contoso.com"
EDGE1A, EDGE2A = Fqdn("edge1a.contoso.com"), Fqdn("edge2a.contoso.com")
XMPP, SERVICE = Fqdn("xmpp.contoso.com"), Fqdn("_xmpp-server._tcp.contoso.com")
REPLICATED = timedelta(minutes=4)


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites")


def pass_time(world: Simulation, duration: timedelta = REPLICATED) -> None:
    world.clock.advance(duration)
    world.settle()


def federated(world: Simulation) -> set[str]:
    return set(world.summary().federated_edges)


def test_at_first_partners_find_the_edge_pool_of_the_routes(world: Simulation) -> None:
    zone = world.outside.zone
    assert (
        zone.addresses[XMPP]
        == zone.addresses[Fqdn("sip-edge1.contoso.com")]
        == ("192.0.2.1", "192.0.2.2")
    )
    assert zone.servers[SERVICE] == (ServerName(host=XMPP, port=5269),)
    assert world.outside.addresses_of(EDGE2) == ("192.0.2.3", "192.0.2.4")
    open_ports = {
        (machine, port)
        for machine in (EDGE1A, EDGE2A)
        for port in (5061, 5269)
        if world.outside.answers(machine, port)
    }
    assert open_ports == {(EDGE1A, 5061), (EDGE1A, 5269)}


def test_2019_has_nothing_to_do_with_xmpp() -> None:
    outside = Simulation.load("sfb2019").outside
    assert not outside.zone.servers
    assert not any(outside.answers(machine, 5269) for machine in outside.addresses)


def test_federation_reaches_partners_after_publishing_replication_and_setup(
    world: Simulation,
) -> None:
    world.outside.set_federation(EDGE2, enabled=True)
    assert federated(world) == {
        EDGE1,
        EDGE2,
    }, "nothing but a check keeps two Edge pools from having it"
    world.outside.run_setup(EDGE2)
    assert not world.outside.answers(EDGE2A, 5061), "its replica does not know yet"
    pass_time(world)
    assert not world.outside.answers(EDGE2A, 5061), "setup was run too early"
    world.outside.run_setup(EDGE2)
    assert world.outside.answers(EDGE2A, 5061)
    world.outside.set_federation(EDGE1, enabled=False)
    assert federated(world) == {EDGE2}


def test_publishing_leaves_replicas_behind_until_they_have_it(world: Simulation) -> None:
    world.outside.set_federation(EDGE2, enabled=True)
    assert world.machine_states[EDGE2A].replica.applied < world.store.changed
    pass_time(world)
    assert world.machine_states[EDGE2A].replica.applied >= world.store.changed


def test_nothing_is_published_without_a_store(world: Simulation) -> None:
    world.crash("pool1.contoso.com")
    with pytest.raises(ScenarioError, match="cannot publish"):
        world.outside.set_federation(EDGE2, enabled=True)


def test_setup_wants_the_server_to_be_up(world: Simulation) -> None:
    world.crash(EDGE2)
    with pytest.raises(ScenarioError, match="edge2a"):
        world.outside.run_setup(EDGE2)


def test_a_server_that_is_down_or_stopped_answers_on_no_port(world: Simulation) -> None:
    world.machine_states[EDGE1A].services["RTCSRV"].status = "Stopped"
    assert not world.outside.answers(EDGE1A, 5269)
    assert world.outside.answers(Fqdn("edge1b.contoso.com"), 5269)
    world.crash(EDGE1)
    assert not world.outside.answers(Fqdn("edge1b.contoso.com"), 5269)


def test_a_firewall_opens_and_closes_a_port(world: Simulation) -> None:
    world.outside.set_firewall(EDGE2, 5269, is_open=True)
    assert world.outside.answers(EDGE2A, 5269)
    world.outside.set_firewall(EDGE2, 5269, is_open=False)
    assert not world.outside.answers(EDGE2A, 5269)


def test_the_records_of_dns_change(world: Simulation) -> None:
    zone = world.outside.zone
    world.outside.set_address(XMPP, EDGE2)
    assert zone.addresses[XMPP] == ("192.0.2.3", "192.0.2.4")
    world.outside.set_address(XMPP, "198.51.100.7, 2001:db8::1")
    assert zone.addresses[XMPP] == ("198.51.100.7", "2001:db8::1")
    world.outside.add_server(SERVICE, ServerName(host=Fqdn("b.contoso.com"), port=5269, priority=5))
    world.outside.add_server(SERVICE, ServerName(host=XMPP, port=5222))
    assert [str(one.host) for one in zone.servers[SERVICE]] == ["b.contoso.com", "xmpp.contoso.com"]
    world.outside.remove_name(SERVICE)
    assert SERVICE not in zone.servers


@pytest.mark.parametrize(
    "words",
    [
        "topology federation edge9.contoso.com on",
        "topology federation edge1.contoso.com maybe",
        "topology",
        "setup",
        "setup pool1.contoso.com",
        "dns a xmpp.contoso.com",
        "dns a xmpp.contoso.com nowhere.contoso.com",
        "dns srv _xmpp-server._tcp.contoso.com xmpp.contoso.com",
        "dns srv _xmpp-server._tcp.contoso.com xmpp.contoso.com:5269 high",
        "dns silence perhaps",
        "firewall edge1.contoso.com 25 open",
        "firewall edge1.contoso.com https open",
        "store reinstall",
        "store reinstall edge1.contoso.com",
        "store move edge1.contoso.com",
    ],
)
def test_an_act_that_means_nothing_is_refused_with_what_to_write(
    world: Simulation, words: str
) -> None:
    before = world.summary()
    act, *rest = words.split()
    with pytest.raises(LyncOpsError) as caught:
        ACTS[act].do(world.outside, rest)
    assert caught.value.remedy
    assert isinstance(caught.value, InvalidValueError | ScenarioError)
    assert not before.difference(world.summary())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("topology federation edge1.contoso.com off", "federation of edge1.contoso.com is off"),
        ("setup edge1.contoso.com", "setup was run on every machine of edge1.contoso.com"),
        ("dns a xmpp.contoso.com edge2.contoso.com", "resolves to 192.0.2.3, 192.0.2.4"),
        (
            "dns srv _xmpp-server._tcp.contoso.com xmpp2.contoso.com:5269 9",
            "names xmpp2.contoso.com:5269",
        ),
        ("dns remove xmpp.contoso.com", "xmpp.contoso.com is removed"),
        ("dns silence on", "answers nothing"),
        ("dns silence off", "the DNS server answers"),
        ("firewall edge2.contoso.com 5269 open", "port 5269 of edge2.contoso.com is open"),
        ("firewall edge1.contoso.com 5061 closed", "is closed"),
        ("store reinstall pool1.contoso.com", "as a standby copy"),
        ("store move pool2.contoso.com", "is installed on pool2.contoso.com, and moved there"),
    ],
)
def test_an_act_says_what_was_done(world: Simulation, words: str, told: str) -> None:
    act, *rest = words.split()
    assert told in ACTS[act].do(world.outside, rest)
