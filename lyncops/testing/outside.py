"""What partners outside see of a simulated deployment, answered without a socket."""

from __future__ import annotations

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
from lyncops.lab.model.outside import Outside
from lyncops.values import Fqdn, Unread


@attrs.frozen(slots=True)
class ModelLookups:
    """Answers look-ups from the lab's own state."""

    outside: Outside

    def answer(self, questions: frozenset[Question]) -> Network:
        """Answer all questions; while the zone is silent, nothing is read."""
        hosts = (
            HostAddresses(host=each.host, addresses=self._addresses(each.host))
            for each in questions
            if isinstance(each, AddressesOf)
        )
        services = (
            ServerRecords(name=each.name, records=self._servers(each.name))
            for each in questions
            if isinstance(each, ServersOf)
        )
        ports = (
            HostPort(host=each.host, port=each.port, seen=self._port(each))
            for each in questions
            if isinstance(each, PortOf)
        )
        return Network(hosts=tuple(hosts), services=tuple(services), ports=tuple(ports))

    def _addresses(self, host: Fqdn) -> tuple[str, ...] | Unread:
        zone = self.outside.zone
        return (
            Unread(f"the addresses of {host}", "silence")
            if zone.silent
            else zone.addresses.get(host, ())
        )

    def _servers(self, name: Fqdn) -> tuple[ServerRecord, ...] | Unread:
        if self.outside.zone.silent:
            return Unread(f"the SRV records of {name}", "silence")
        found = self.outside.zone.servers.get(name, ())
        return tuple(
            ServerRecord(priority=one.priority, host=one.host, port=one.port) for one in found
        )

    def _port(self, question: PortOf) -> tuple[PortSeen, ...] | Unread:
        addresses = self._addresses(question.host)
        if isinstance(addresses, Unread):
            return addresses
        machines = {address: machine for machine, address in self.outside.addresses.items()}
        return tuple(
            PortSeen(address=one, state=self._state(machines[one], question.port))
            for one in addresses
        )

    def _state(self, machine: Fqdn, port: int) -> PortState:
        return PortState.OPEN if self.outside.answers(machine, port) else PortState.REFUSED
