"""A lab's outside on loopback: a DNS server for its names, and a listener for each port of each
external address.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from typing import Final

import attrs
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from dns.exception import DNSException

from lyncops.lab.model.outside import PORTS, Outside, Zone
from lyncops.lab.wire.ports import LOOPBACK, HeldPort
from lyncops.values import Fqdn

_TTL: Final = 0
_LOOK_EVERY: Final = 0.1  # seconds
_ATTEMPTS: Final = 20


def answer_query(zone: Zone, wire: bytes) -> bytes | None:
    """The answer to one DNS query; None where nothing is answered."""
    try:
        query = dns.message.from_wire(wire)
    except DNSException:
        return None
    if zone.silent or not query.question:
        return None
    reply = dns.message.make_response(query, recursion_available=True)
    reply.flags |= dns.flags.AA
    question = query.question[0]
    name = Fqdn(question.name.to_text())
    texts = _records(zone, name, question.rdtype)
    if texts:
        reply.answer.append(
            dns.rrset.from_text_list(question.name, _TTL, "IN", question.rdtype, texts)
        )
    elif name not in zone.addresses and name not in zone.servers:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


def _records(zone: Zone, name: Fqdn, kind: dns.rdatatype.RdataType) -> list[str]:
    addresses = zone.addresses.get(name, ())
    if kind is dns.rdatatype.A:
        return [address for address in addresses if ":" not in address]
    if kind is dns.rdatatype.AAAA:
        return [address for address in addresses if ":" in address]
    if kind is dns.rdatatype.SRV:
        return [f"{one.priority} 0 {one.port} {one.host}." for one in zone.servers.get(name, ())]
    return []


class _UdpHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire, sock = self.request
        answer = (
            answer_query(self.server.zone, wire) if isinstance(self.server, _UdpServer) else None
        )
        if answer is not None:
            sock.sendto(answer, self.client_address)


class _TcpHandler(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self) -> None:
        try:
            size = int.from_bytes(self.rfile.read(2), "big")
            wire = self.rfile.read(size)
        except OSError:
            return
        answer = (
            answer_query(self.server.zone, wire) if isinstance(self.server, _TcpServer) else None
        )
        if answer is not None:
            self.wfile.write(len(answer).to_bytes(2, "big") + answer)


class _UdpServer(socketserver.UDPServer):
    def __init__(self, zone: Zone) -> None:
        super().__init__((LOOPBACK, 0), _UdpHandler)
        self.zone = zone


class _TcpServer(socketserver.TCPServer):
    def __init__(self, zone: Zone, port: int) -> None:
        super().__init__((LOOPBACK, port), _TcpHandler)
        self.zone = zone


class DnsServer:
    """Answers for a zone over UDP and TCP, on one free port of loopback."""

    def __init__(self, zone: Zone) -> None:
        self._udp, self._tcp = _both(zone)
        self.address = f"{LOOPBACK}:{self._udp.server_address[1]}"
        self._threads = [
            threading.Thread(
                target=server.serve_forever, args=(_LOOK_EVERY,), name="lab-dns", daemon=True
            )
            for server in (self._udp, self._tcp)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop answering."""
        for server in (self._udp, self._tcp):
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join(5)


def _both(zone: Zone) -> tuple[_UdpServer, _TcpServer]:
    """A UDP port that is free, and the TCP port of the same number: where that is taken,
    another.
    """
    problem: OSError | None = None
    for _ in range(_ATTEMPTS):
        udp = _UdpServer(zone)
        try:
            return udp, _TcpServer(zone, int(udp.server_address[1]))
        except OSError as error:
            udp.server_close()
            problem = error
    raise problem or OSError("no free port")


@attrs.frozen(slots=True, kw_only=True)
class _Port:
    """A port of a machine's external address, and where on loopback it is."""

    machine: Fqdn
    port: int
    local: HeldPort = attrs.field(factory=HeldPort)

    def set_open(self, *, is_open: bool) -> None:
        if is_open:
            self.local.open()
        else:
            self.local.close()

    def hang_up(self) -> None:
        """Take what connections came and end them: a partner's server has nothing to say to the
        lab.
        """
        while self.local.listener is not None:
            try:
                self.local.listener.accept()[0].close()
            except BlockingIOError:
                return


class OutsideHost:
    """Serves the outside of a world on loopback until it is closed."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._ports = [
            _Port(machine=machine, port=port) for machine in outside.addresses for port in PORTS
        ]
        self._dns = DnsServer(outside.zone)
        self._lock = threading.Lock()  # the watching thread and callers that cannot wait for it
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lab-ports", daemon=True)
        self.synchronise()
        self._thread.start()

    @property
    def resolver(self) -> str:
        """Where the DNS server answers, `127.0.0.1:40001`."""
        return self._dns.address

    def connections(self) -> Iterator[tuple[str, str]]:
        """For each port of each external address where on loopback it is."""
        for one in self._ports:
            host, number = one.local.address
            yield f"{self._outside.addresses[one.machine]}:{one.port}", f"{host}:{number}"

    def synchronise(self) -> None:
        """Open and close the ports according to the world's present state."""
        with self._lock:
            accepting = self._outside.open_ports()
            for one in self._ports:
                one.set_open(is_open=(one.machine, one.port) in accepting)
                one.hang_up()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_EVERY):
            self.synchronise()

    def close(self) -> None:
        """Stop answering and close every port."""
        self._ended.set()
        self._thread.join(5)
        self._dns.close()
        for one in self._ports:
            one.local.release()
