"""What partners outside see of a deployment: names, addresses and ports.

Questions to the network, and its answers, as values.
"""

from __future__ import annotations

import enum
from typing import Protocol

import attrs

from lyncops.values import Fqdn, Unread


@attrs.frozen(slots=True)
class AddressesOf:
    """To which addresses does a host's name resolve (DNS A and AAAA)?"""

    host: Fqdn


@attrs.frozen(slots=True)
class ServersOf:
    """Which servers does a DNS SRV record name? `name` is `_xmpp-server._tcp.contoso.com`."""

    name: Fqdn


@attrs.frozen(slots=True)
class PortOf:
    """Does a host accept TCP connections on a port, at each of its addresses?"""

    host: Fqdn
    port: int


Question = AddressesOf | ServersOf | PortOf


class PortState(enum.StrEnum):
    """The result of a TCP connection.

    SILENT: nothing answered, which a firewall on the way can also cause.
    """

    OPEN = "open"
    REFUSED = "refused"
    SILENT = "silent"


@attrs.frozen(slots=True, kw_only=True)
class HostAddresses:
    """The addresses of a host; none where DNS has no such name."""

    host: Fqdn
    addresses: tuple[str, ...] | Unread


@attrs.frozen(slots=True, kw_only=True)
class ServerRecord:
    """One SRV record. The lowest `priority` is tried first."""

    priority: int
    host: Fqdn
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@attrs.frozen(slots=True, kw_only=True)
class ServerRecords:
    """The SRV records of a name; none where DNS has no such name."""

    name: Fqdn
    records: tuple[ServerRecord, ...] | Unread


@attrs.frozen(slots=True, kw_only=True)
class PortSeen:
    """A port at one address."""

    address: str
    state: PortState


@attrs.frozen(slots=True, kw_only=True)
class HostPort:
    """A port of a host, at each of its addresses."""

    host: Fqdn
    port: int
    seen: tuple[PortSeen, ...] | Unread


@attrs.frozen(slots=True, kw_only=True)
class Network:
    """The answers to what was asked of the network; what was not asked is Unread."""

    hosts: tuple[HostAddresses, ...] = ()
    services: tuple[ServerRecords, ...] = ()
    ports: tuple[HostPort, ...] = ()

    def addresses(self, host: Fqdn) -> tuple[str, ...] | Unread:
        """The addresses of a host."""
        return next(
            (one.addresses for one in self.hosts if one.host == host),
            _not_asked(f"the addresses of {host}"),
        )

    def servers(self, name: Fqdn) -> tuple[ServerRecord, ...] | Unread:
        """The SRV records of a name."""
        return next(
            (one.records for one in self.services if one.name == name),
            _not_asked(f"the SRV records of {name}"),
        )

    def port(self, host: Fqdn, port: int) -> tuple[PortSeen, ...] | Unread:
        """A port of a host, at each of its addresses."""
        found = (one.seen for one in self.ports if (one.host, one.port) == (host, port))
        return next(found, _not_asked(f"port {port} of {host}"))


class AnswersLookups(Protocol):
    """Asks the network."""

    def answer(self, questions: frozenset[Question]) -> Network:
        """Answer all questions; what cannot be answered is Unread, never an error."""
        ...


def _not_asked(what: str) -> Unread:
    return Unread(what, "it was not asked for", asked=False)
