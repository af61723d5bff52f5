from __future__ import annotations

import attrs
import pytest

from lyncops.deployment.codec import deployment_from_json, deployment_to_json
from lyncops.deployment.network import (
    AddressesOf,
    HostAddresses,
    HostPort,
    Network,
    PortOf,
    PortSeen,
    PortState,
    ServerRecord,
    ServerRecords,
    ServersOf,
)
from lyncops.plan.conditions import (
    Condition,
    HostLeadsTo,
    PoolIsHome,
    PortIsOpen,
    ServiceNames,
    scope_of,
)
from lyncops.values import Fqdn, Unread
from tests.deployments import P1, two_sites

XMPP, SIP = Fqdn("xmpp.contoso.com"), Fqdn("sip.contoso.com")
SERVICE = Fqdn("_xmpp-server._tcp.contoso.com")
GAP = Unread("the DNS A record of it", "no answer")
LEADS, NAMES, OPEN = (
    HostLeadsTo(XMPP, SIP),
    ServiceNames(SERVICE, XMPP, 5269),
    PortIsOpen(XMPP, 5269),
)


def truth(condition: Condition, network: Network) -> bool | None:
    return condition.evaluate(attrs.evolve(two_sites(), network=network)).holds


def hosts(
    xmpp: tuple[str, ...] | Unread, sip: tuple[str, ...] | Unread = ("192.0.2.1", "192.0.2.2")
) -> Network:
    return Network(
        hosts=(HostAddresses(host=XMPP, addresses=xmpp), HostAddresses(host=SIP, addresses=sip))
    )


def services(*records: ServerRecord) -> Network:
    return Network(services=(ServerRecords(name=SERVICE, records=records),))


def ports(*states: PortState) -> Network:
    seen = tuple(
        PortSeen(address=f"192.0.2.{number}", state=state) for number, state in enumerate(states, 1)
    )
    return Network(ports=(HostPort(host=XMPP, port=5269, seen=seen),))


def record(host: Fqdn = XMPP, port: int = 5269, priority: int = 0) -> ServerRecord:
    return ServerRecord(priority=priority, host=host, port=port)


@pytest.mark.parametrize(
    ("network", "holds"),
    [
        (hosts(("192.0.2.1",)), True),
        (hosts(("192.0.2.1", "192.0.2.2")), True),
        (hosts(("192.0.2.1", "192.0.2.9")), False),
        (hosts(()), False),
        (hosts((), ()), False),
        (hosts(GAP), None),
        (hosts(("192.0.2.1",), GAP), None),
        (Network(), None),
    ],
)
def test_a_host_leads_to_an_edge_pool_when_all_its_addresses_are_that_pools(
    network: Network, *, holds: bool | None
) -> None:
    assert truth(LEADS, network) is holds


@pytest.mark.parametrize(
    ("network", "holds"),
    [
        (services(record()), True),
        (services(record(SIP, priority=1), record(priority=9)), True),
        (services(record(port=5222)), False),
        (services(record(SIP)), False),
        (services(), False),
        (Network(services=(ServerRecords(name=SERVICE, records=GAP),)), None),
        (Network(), None),
    ],
)
def test_a_service_is_named_with_host_and_port_whatever_stands_beside_it(
    network: Network, *, holds: bool | None
) -> None:
    assert truth(NAMES, network) is holds


@pytest.mark.parametrize(
    ("network", "holds"),
    [
        (ports(PortState.OPEN, PortState.OPEN), True),
        (ports(PortState.OPEN, PortState.REFUSED), False),
        (ports(PortState.SILENT, PortState.REFUSED), False),
        (ports(PortState.OPEN, PortState.SILENT), None),
        (ports(), False),
        (Network(ports=(HostPort(host=XMPP, port=5269, seen=GAP),)), None),
        (Network(), None),
    ],
)
def test_a_port_is_open_at_every_address_and_silence_proves_nothing(
    network: Network, *, holds: bool | None
) -> None:
    assert truth(OPEN, network) is holds


def test_the_evidence_names_what_was_seen() -> None:
    deployment = attrs.evolve(two_sites(), network=ports(PortState.OPEN, PortState.REFUSED))
    assert (
        OPEN.evaluate(deployment).evidence
        == "port 5269 of xmpp.contoso.com: 192.0.2.1 is open and 192.0.2.2 refuses"
    )
    named = NAMES.evaluate(attrs.evolve(two_sites(), network=services(record(port=5222))))
    assert named.evidence == "_xmpp-server._tcp.contoso.com names xmpp.contoso.com:5222"


def test_only_what_conditions_need_is_asked_and_pools_stay_limited() -> None:
    scope = scope_of((LEADS, NAMES, OPEN, PoolIsHome(P1)))
    assert scope.lookups == {
        AddressesOf(XMPP),
        AddressesOf(SIP),
        ServersOf(SERVICE),
        PortOf(XMPP, 5269),
    }
    assert scope.pools == {P1}
    assert (LEADS.scope | NAMES.scope).lookups == {
        AddressesOf(XMPP),
        AddressesOf(SIP),
        ServersOf(SERVICE),
    }


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (LEADS, "xmpp.contoso.com resolves to the addresses of sip.contoso.com"),
        (NAMES, "_xmpp-server._tcp.contoso.com names xmpp.contoso.com:5269"),
        (OPEN, "xmpp.contoso.com answers on TCP port 5269"),
    ],
)
def test_a_condition_reads_as_a_sentence(condition: Condition, words: str) -> None:
    assert str(condition) == words


@pytest.mark.parametrize(
    "network", [hosts(GAP), services(record()), ports(PortState.SILENT), Network()]
)
def test_a_deployment_keeps_what_was_asked_of_the_network(network: Network) -> None:
    deployment = attrs.evolve(two_sites(), network=network)
    assert deployment_from_json(deployment_to_json(deployment)) == deployment
