"""What partners see: a name server, and the ports of the Edge pools' external addresses, all on
loopback.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from types import TracebackType
from typing import Final, Self

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset

ADDRESSES: Final = {"sip1.contoso.com": "192.0.2.1", "sip2.contoso.com": "192.0.2.2"}
PORTS: Final = (5061, 5269)


class Outside:
    """The zone, and which external address is open on which port."""

    def __init__(self) -> None:
        self.hosts = dict(ADDRESSES) | {"xmpp.contoso.com": ADDRESSES["sip1.contoso.com"]}
        self.services = {"_xmpp-server._tcp.contoso.com": "0 0 5269 xmpp.contoso.com."}
        self._sockets: dict[tuple[str, int], socket.socket] = {}
        for address in ADDRESSES.values():
            for port in PORTS:
                held = self._sockets[address, port] = socket.socket()
                held.bind(("127.0.0.1", 0))  # and not listening yet: connections are refused
        self._server = _Names(("127.0.0.1", 0), _Question)
        self._server.outside = self

    @property
    def configuration(self) -> str:
        """The part of lyncops.toml that leads here."""
        lines = [
            "[network]\n",
            f'resolver = "127.0.0.1:{self._server.server_address[1]}"\n',
            "[network.connect_to]\n",
        ]
        for (address, port), held in self._sockets.items():
            lines.append(f'"{address}:{port}" = "127.0.0.1:{held.getsockname()[1]}"\n')
        return "".join(lines)

    def open(self, host: str, port: int) -> None:
        """Let the firewall pass."""
        self._sockets[self.hosts[host], port].listen(16)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        for held in self._sockets.values():
            held.close()


class _Names(socketserver.ThreadingUDPServer):
    daemon_threads = True
    block_on_close = False
    outside: Outside


class _Question(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Names)
        asked, line = self.request
        query = dns.message.from_wire(asked)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        name, kind = query.question[0].name, query.question[0].rdtype
        text = name.to_text(omit_final_dot=True).lower()
        zones = {
            dns.rdatatype.A: self.server.outside.hosts,
            dns.rdatatype.SRV: self.server.outside.services,
        }
        found = zones.get(kind, {}).get(text)
        if found is not None:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, found))
        line.sendto(answer.to_wire(), self.client_address)
