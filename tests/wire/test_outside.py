from __future__ import annotations

import socket
import threading
import tomllib
from collections.abc import Callable, Generator
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest

from lyncops.lab.lab import Lab
from lyncops.lab.model.outside import ServerName, Zone
from lyncops.lab.wire.outside import DnsServer, answer_query
from lyncops.values import Fqdn
from tests.waiting import until

XMPP, SERVICE = Fqdn("xmpp.contoso.com"), Fqdn("_xmpp-server._tcp.contoso.com")
ZONE = Zone(
    addresses={XMPP: ("192.0.2.1", "2001:db8::1")},
    servers={SERVICE: (ServerName(host=XMPP, port=5269, priority=3),)},
)


def ask(name: str, kind: str) -> dns.message.Message:
    wire = answer_query(ZONE, dns.message.make_query(name, kind).to_wire())
    assert wire is not None
    return dns.message.from_wire(wire)


@pytest.mark.parametrize(
    ("name", "kind", "records"),
    [
        ("xmpp.contoso.com", "A", ["192.0.2.1"]),
        ("XMPP.contoso.com", "AAAA", ["2001:db8::1"]),
        ("_xmpp-server._tcp.contoso.com", "SRV", ["3 0 5269 xmpp.contoso.com."]),
        ("xmpp.contoso.com", "SRV", []),
        ("xmpp.contoso.com", "MX", []),
    ],
)
def test_a_name_that_is_there_is_answered_with_its_records_of_that_kind(
    name: str, kind: str, records: list[str]
) -> None:
    reply = ask(name, kind)
    assert reply.rcode() is dns.rcode.NOERROR
    assert [
        line.partition(f" IN {kind} ")[2]
        for rrset in reply.answer
        for line in rrset.to_text().splitlines()
    ] == records


def test_a_name_that_is_not_there_is_denied_and_nonsense_is_not_answered() -> None:
    assert ask("nobody.contoso.com", "A").rcode() is dns.rcode.NXDOMAIN
    assert answer_query(ZONE, b"nonsense") is None
    assert (
        answer_query(Zone(silent=True), dns.message.make_query("xmpp.contoso.com", "A").to_wire())
        is None
    )


@pytest.mark.parametrize("over", [dns.query.udp, dns.query.tcp])
def test_the_zone_is_served_over_udp_and_tcp(over: Callable[..., dns.message.Message]) -> None:
    server = DnsServer(ZONE)
    try:
        host, _, port = server.address.rpartition(":")
        reply = over(
            dns.message.make_query("xmpp.contoso.com", "A"), host, port=int(port), timeout=5
        )
    finally:
        server.close()
    assert "192.0.2.1" in reply.answer[0].to_text()


@pytest.fixture
def lab() -> Generator[Lab]:
    with Lab.start("two-sites", rate=3000.0) as started:
        yield started


def accepts(lab: Lab, external: str) -> bool:
    host, _, port = dict(lab.outside.connections())[external].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=5):
            return True
    except ConnectionRefusedError:
        return False


def test_ports_open_and_close_with_the_world_and_keep_their_numbers(lab: Lab) -> None:
    numbers = dict(lab.outside.connections())
    assert accepts(lab, "192.0.2.1:5269")
    assert not accepts(lab, "192.0.2.3:5269")
    lab.inject("firewall", "edge2.contoso.com", "5269", "open")
    until(lambda: accepts(lab, "192.0.2.3:5269"), within=10)
    lab.crash("edge2.contoso.com")
    until(lambda: not accepts(lab, "192.0.2.3:5269"), within=10)
    lab.recover("edge2.contoso.com")
    until(lambda: accepts(lab, "192.0.2.3:5269"), within=10)
    assert dict(lab.outside.connections()) == numbers


def test_the_configuration_says_where_the_outside_is(lab: Lab, tmp_path: Path) -> None:
    network = tomllib.loads(lab.write_config(tmp_path).read_text("utf-8"))["network"]
    assert network["resolver"] == lab.outside.resolver
    assert network["connect_to"] == dict(lab.outside.connections())
    assert len(network["connect_to"]) == 8


def test_a_lab_that_ends_leaves_nothing_behind() -> None:
    with Lab.start("two-sites") as lab:
        resolver = lab.outside.resolver
    assert not [one for one in threading.enumerate() if one.name in {"lab-dns", "lab-ports"}]
    with socket.create_server(("127.0.0.1", int(resolver.rpartition(":")[2]))) as free:
        assert free.fileno() >= 0
