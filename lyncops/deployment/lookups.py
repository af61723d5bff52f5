"""Asks DNS and tries ports.

DNS is asked through dnspython, which is imported when the first question comes.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

import attrs

from lyncops.deployment.network import (
    AddressesOf,
    HostAddresses,
    HostPort,
    Network,
    PortOf,
    PortSeen,
    PortState,
    Question,
    ServerRecord,
    ServerRecords,
    ServersOf,
)
from lyncops.errors import InvalidValueError
from lyncops.values import Fqdn, Unread

if TYPE_CHECKING:
    from dns.rdata import Rdata
    from dns.resolver import Resolver

_ADDRESS: Final = re.compile(
    r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[^:\[\]]+)|(?P<bare>[^\[\]]+))(?::(?P<port>\d{1,5}))?",
    re.ASCII,
)
_DNS: Final = 53
_NOT_OFFERED: Final = (
    " ."  # the host of an SRV record that says: there is no such service here (RFC 2782)
)
_MAX_PORT: Final = 65535


@attrs.frozen(slots=True)
class SocketAddress:
    """An IP address and a port."""

    address: str
    port: int

    @classmethod
    def parse(cls, text: str, *, default_port: int | None = None) -> SocketAddress:
        """Read `192.0.2.1:5269` or `[2001:db8::1]:5269`; the port may be left out where there is a
        default.

        Raises:
            InvalidValueError: it is neither.
        """
        match = _ADDRESS.fullmatch(text.strip())
        address = (match["six"] or match["four"] or match["bare"]) if match else ""
        port = int(match["port"]) if match and match["port"] else default_port
        try:
            known = str(ipaddress.ip_address(address))
        except ValueError:
            known = ""
        if not known or port is None or not 0 < port <= _MAX_PORT:
            raise InvalidValueError(
                f"{text!r} is not an IP address with a port.",
                remedy="Write it as 192.0.2.53:53 or [2001:db8::1]:53.",
            )
        return cls(known, port)

    @classmethod
    def resolver(cls, text: str) -> SocketAddress:
        """Read the address of a DNS server; its port is 53 where none is given.

        Raises:
            InvalidValueError: it is not an address.
        """
        return cls.parse(text, default_port=_DNS)

    def __str__(self) -> str:
        return (
            f"[{self.address}]:{self.port}"
            if ":" in self.address
            else f"{self.address}:{self.port}"
        )


@attrs.frozen(slots=True, kw_only=True)
class Lookups:
    """Look-ups as partners make them. Implements `AnswersLookups`.

    `resolver` is the DNS server to ask (None: the system's, which inside a company may answer other
    than the world's does). `connect_to` maps an address with port to the one that is really
    connected to, as a tunnel or a laboratory needs.
    """

    resolver: SocketAddress | None = None
    connect_to: Mapping[SocketAddress, SocketAddress] = attrs.field(
        factory=dict[SocketAddress, SocketAddress]
    )
    timeout: timedelta = timedelta(seconds=3)

    def answer(self, questions: frozenset[Question]) -> Network:
        """Answer all questions; what cannot be answered is Unread, never an error."""
        ordered = sorted(questions, key=repr)
        return Network(
            hosts=tuple(
                HostAddresses(host=q.host, addresses=self._addresses(q.host))
                for q in ordered
                if isinstance(q, AddressesOf)
            ),
            services=tuple(
                ServerRecords(name=q.name, records=self._servers(q.name))
                for q in ordered
                if isinstance(q, ServersOf)
            ),
            ports=tuple(
                HostPort(host=q.host, port=q.port, seen=self._port(q))
                for q in ordered
                if isinstance(q, PortOf)
            ),
        )

    def _addresses(self, host: Fqdn) -> tuple[str, ...] | Unread:
        found: list[str] = []
        for kind in ("A", "AAAA"):
            records = self._records(host, kind)
            if isinstance(records, Unread):
                return records
            found += records
        return tuple(sorted(found))  # DNS gives them in any order

    def _servers(self, name: Fqdn) -> tuple[ServerRecord, ...] | Unread:
        records = self._records(name, "SRV")
        if isinstance(records, Unread):
            return records
        servers = (_server(text) for text in records if not text.endswith(_NOT_OFFERED))
        return tuple(sorted(servers, key=lambda one: one.priority))

    def _records(self, name: Fqdn, kind: str) -> tuple[str, ...] | Unread:
        """The records in DNS's own text form; none where there is no such name or none of that
        kind.
        """
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN

        try:
            answer = self._resolver().resolve(f"{name}.", kind, raise_on_no_answer=False)
        except NXDOMAIN:
            return ()
        except (DNSException, OSError) as error:
            return Unread(f"the DNS {kind} record of {name}", f"{error}".rstrip("."))
        # Its iterator has no type
        return tuple(record.to_text() for record in cast("Iterable[Rdata]", answer.rrset or ()))

    def _resolver(self) -> Resolver:
        from dns.resolver import Resolver

        made = Resolver(configure=self.resolver is None)
        if self.resolver is not None:
            made.nameservers = [self.resolver.address]
            made.port = self.resolver.port
        made.lifetime = self.timeout.total_seconds()
        return made

    def _port(self, question: PortOf) -> tuple[PortSeen, ...] | Unread:
        addresses = self._addresses(question.host)
        if isinstance(addresses, Unread):
            return addresses
        return tuple(
            PortSeen(address=one, state=self._try(SocketAddress(one, question.port)))
            for one in addresses
        )

    def _try(self, wanted: SocketAddress) -> PortState:
        real = self.connect_to.get(wanted, wanted)
        try:
            with socket.create_connection((real.address, real.port), self.timeout.total_seconds()):
                return PortState.OPEN
        except ConnectionRefusedError:
            return PortState.REFUSED
        except OSError:  # no answer, no route, or a network that says that it lets nothing through
            return PortState.SILENT


def _server(text: str) -> ServerRecord:
    priority, _weight, port, host = text.split()
    return ServerRecord(priority=int(priority), port=int(port), host=Fqdn(host))
