from __future__ import annotations

import socket
from collections.abc import Generator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from pytest_mock import MockerFixture

from lyncops.deployment.lookups import Lookups, SocketAddress
from lyncops.deployment.network import AddressesOf, PortOf, PortState, ServerRecord, ServersOf
from lyncops.errors import InvalidValueError
from lyncops.lab.model.outside import ServerName, Zone
from lyncops.lab.wire.outside import DnsServer
from lyncops.values import Fqdn, Unread

HOST, NOBODY = Fqdn("xmpp.contoso.com"), Fqdn("nobody.contoso.com")
SERVICE = Fqdn("_xmpp-server._tcp.contoso.com")


@pytest.fixture
def zone() -> Zone:
    servers = (
        ServerName(host=HOST, port=5269, priority=9),
        ServerName(host=NOBODY, port=5269, priority=1),
    )
    return Zone(
        addresses={HOST: ("192.0.2.9", "192.0.2.1", "2001:db8::1")}, servers={SERVICE: servers}
    )


@pytest.fixture
def lookups(zone: Zone) -> Generator[Lookups]:
    server = DnsServer(zone)
    yield Lookups(resolver=SocketAddress.parse(server.address), timeout=timedelta(seconds=1))
    server.close()


@pytest.fixture
def listener() -> Generator[SocketAddress]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield SocketAddress("127.0.0.1", int(server.getsockname()[1]))


def test_addresses_of_both_families_are_found_and_a_name_that_is_not_there_has_none(
    lookups: Lookups,
) -> None:
    network = lookups.answer(
        frozenset({AddressesOf(HOST), AddressesOf(NOBODY), AddressesOf(SERVICE)})
    )
    assert network.addresses(HOST) == ("192.0.2.1", "192.0.2.9", "2001:db8::1")
    assert network.addresses(NOBODY) == ()
    assert network.addresses(SERVICE) == ()


def test_the_servers_of_a_service_come_in_the_order_in_which_partners_try_them(
    lookups: Lookups,
) -> None:
    network = lookups.answer(frozenset({ServersOf(SERVICE), ServersOf(HOST)}))
    assert network.servers(SERVICE) == (
        ServerRecord(priority=1, host=NOBODY, port=5269),
        ServerRecord(priority=9, host=HOST, port=5269),
    )
    assert network.servers(HOST) == ()
    assert isinstance(network.servers(NOBODY), Unread)


def test_a_service_that_is_said_not_to_be_offered_has_no_servers(
    lookups: Lookups, mocker: MockerFixture
) -> None:
    record = SimpleNamespace(to_text=lambda: "0 0 0 .")
    mocker.patch("dns.resolver.Resolver.resolve", return_value=SimpleNamespace(rrset=[record]))
    assert lookups.answer(frozenset({ServersOf(SERVICE)})).servers(SERVICE) == ()


def test_a_resolver_that_is_silent_leaves_everything_unread(zone: Zone, lookups: Lookups) -> None:
    zone.silent = True
    network = lookups.answer(frozenset({ServersOf(SERVICE), PortOf(HOST, 5269)}))
    assert isinstance(network.servers(SERVICE), Unread)
    port = network.port(HOST, 5269)
    assert isinstance(port, Unread)
    assert "xmpp.contoso.com" in str(port)


def test_a_port_is_tried_at_each_address_where_that_really_is(
    zone: Zone, lookups: Lookups, listener: SocketAddress
) -> None:
    zone.addresses[HOST] = ("192.0.2.1", "192.0.2.2", "192.0.2.3")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: a connection is refused
        refusing = SocketAddress("127.0.0.1", int(closed.getsockname()[1]))
        connect_to = {
            SocketAddress("192.0.2.1", 5269): listener,
            SocketAddress("192.0.2.2", 5269): refusing,
        }
        unreachable = (
            SocketAddress("::1", 9) if not socket.has_ipv6 else SocketAddress("255.255.255.255", 9)
        )
        reaching = Lookups(
            resolver=lookups.resolver,
            connect_to={**connect_to, SocketAddress("192.0.2.3", 5269): unreachable},
        )
        network = reaching.answer(frozenset({PortOf(HOST, 5269), PortOf(NOBODY, 5269)}))
    seen = network.port(HOST, 5269)
    assert not isinstance(seen, Unread)
    assert [one.state for one in seen] == [PortState.OPEN, PortState.REFUSED, PortState.SILENT]
    assert network.port(NOBODY, 5269) == ()


def test_the_systems_resolver_is_asked_where_none_is_named(mocker: MockerFixture) -> None:
    resolve = mocker.patch("dns.resolver.Resolver.resolve", side_effect=OSError("no network"))
    answer = Lookups().answer(frozenset({AddressesOf(HOST)})).addresses(HOST)
    assert isinstance(answer, Unread)
    assert "no network" in answer.reason
    assert resolve.call_args.args == ("xmpp.contoso.com.", "A")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("192.0.2.53", "192.0.2.53:53"),
        ("192.0.2.53:5353", "192.0.2.53:5353"),
        ("[2001:db8::1]:5353", "[2001:db8::1]:5353"),
        ("2001:db8::1", "[2001:db8::1]:53"),
        (" 127.0.0.1:1 ", "127.0.0.1:1"),
    ],
)
def test_an_address_is_read_with_and_without_a_port(text: str, meant: str) -> None:
    assert str(SocketAddress.resolver(text)) == meant


@pytest.mark.parametrize(
    "text",
    ["", "dns.contoso.com", "192.0.2.53:0", "192.0.2.53:65536", "192.0.2.53:", "[::1]x", "::1]:5"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="not an IP address"):
        SocketAddress.resolver(text)


def test_a_port_is_wanted_where_there_is_no_default() -> None:
    with pytest.raises(InvalidValueError):
        SocketAddress.parse("192.0.2.1")
