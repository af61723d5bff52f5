"""Conditions of what partners outside see: a host's address, the SRV record of a service, an open
port.
"""

from __future__ import annotations

import attrs

from lyncops.checks.words import listed
from lyncops.deployment.model import Deployment
from lyncops.deployment.network import AddressesOf, PortOf, PortSeen, PortState, ServersOf
from lyncops.deployment.scope import Scope
from lyncops.plan.conditions.base import Evaluation, Judged, known
from lyncops.values import Fqdn


@attrs.frozen(slots=True)
class HostLeadsTo(Judged):
    """A host's name resolves to addresses of another name (the external name of an Edge pool), and
    to no others.
    """

    host: Fqdn
    target: Fqdn

    @property
    def scope(self) -> Scope:
        """The addresses of both names."""
        return Scope.asking(AddressesOf(self.host), AddressesOf(self.target))

    def judge(self, deployment: Deployment) -> Evaluation:
        """False if either name has no address: no connection is possible."""
        found, wanted = (
            known(deployment.network.addresses(self.host)),
            known(deployment.network.addresses(self.target)),
        )
        good = bool(found) and set(found) <= set(wanted)
        return Evaluation(
            good, f"{self.host} is {listed(found)}, {self.target} is {listed(wanted)}"
        )

    def __str__(self) -> str:
        return f"{self.host} resolves to the addresses of {self.target}"


@attrs.frozen(slots=True)
class ServiceNames(Judged):
    """The SRV record of a service names this host with this port.

    There may be others with another priority.
    """

    name: Fqdn  # _xmpp-server._tcp.contoso.com
    host: Fqdn
    port: int

    @property
    def scope(self) -> Scope:
        """The SRV records of the name."""
        return Scope.asking(ServersOf(self.name))

    def judge(self, deployment: Deployment) -> Evaluation:
        """Compare host and port."""
        records = known(deployment.network.servers(self.name))
        good = any((record.host, record.port) == (self.host, self.port) for record in records)
        return Evaluation(good, f"{self.name} names {listed(records)}")

    def __str__(self) -> str:
        return f"{self.name} names {self.host}:{self.port}"


@attrs.frozen(slots=True)
class PortIsOpen(Judged):
    """The host accepts TCP connections on the port, at every one of its addresses."""

    host: Fqdn
    port: int

    @property
    def scope(self) -> Scope:
        """The port of that host."""
        return Scope.asking(PortOf(self.host, self.port))

    def judge(self, deployment: Deployment) -> Evaluation:
        """A refused connection is a closed port; silence may be a firewall on the way from here,
        and leaves it unknown.
        """
        seen = known(deployment.network.port(self.host, self.port))
        if not seen:
            return Evaluation(holds=False, evidence=f"{self.host} has no address")
        told = (
            f"port {self.port} of {self.host}:"
            f" {listed(f'{one.address} {_words(one)}' for one in seen)}"
        )
        states = {one.state for one in seen}
        if PortState.REFUSED in states:
            return Evaluation(holds=False, evidence=told)
        return Evaluation(None if PortState.SILENT in states else True, told)

    def __str__(self) -> str:
        return f"{self.host} answers on TCP port {self.port}"


def _words(seen: PortSeen) -> str:
    return {
        PortState.OPEN: "is open",
        PortState.REFUSED: "refuses",
        PortState.SILENT: "did not answer from here",
    }[seen.state]
