"""What partners see of a deployment from outside: DNS names, external addresses, open ports; and
what people do by hand to it.

Documented: an Edge pool is federated by its external SIP port 5061, XMPP comes in on 5269, which
`_xmpp-server._tcp` names, and setup has to be run on the Edge servers after federation was enabled
(fact: edge-federation). INVENTED: all names and addresses (those of 192.0.2.0/24 and the like are
set aside for examples, RFC 5737), which firewall is open at the start, and that an Access Edge
listens on 5061 only once setup was run with a replica that knows of it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final

import attrs

from lyncops.errors import ScenarioError
from lyncops.lab.model import store_by_hand
from lyncops.lab.model.configuration import FEDERATION_PORT, Configuration, ServiceRecord
from lyncops.lab.model.progress import settle
from lyncops.lab.model.state import MachineState
from lyncops.lab.model.world import World
from lyncops.lab.scenarios.scenario import Kind, PoolSpec
from lyncops.values import Fqdn

XMPP_PORT: Final = 5269
PORTS: Final = (FEDERATION_PORT, XMPP_PORT)
_EXAMPLES: Final = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
_PORT: Final = "AccessEdgeExternalSipPort"


@attrs.frozen(slots=True, kw_only=True)
class ServerName:
    """What an SRV record says."""

    host: Fqdn
    port: int
    priority: int = 0


@attrs.define(slots=True)
class Zone:
    """The records of the external DNS server. While it is `silent` it answers nothing at all."""

    addresses: dict[Fqdn, tuple[str, ...]] = attrs.field(factory=dict[Fqdn, tuple[str, ...]])
    servers: dict[Fqdn, tuple[ServerName, ...]] = attrs.field(
        factory=dict[Fqdn, tuple[ServerName, ...]]
    )
    silent: bool = False


class Outside:
    """The outside of a world. Every method is safe to use from several threads."""

    def __init__(self, world: World) -> None:
        self._world = world
        edges = [spec for spec in world.scenario.pools if spec.kind is Kind.EDGE]
        numbers = chain.from_iterable(
            ipaddress.ip_network(network).hosts() for network in _EXAMPLES
        )
        machines = (machine for spec in edges for machine in spec.machines)
        self.addresses: Mapping[Fqdn, str] = {
            machine: str(number) for machine, number in zip(machines, numbers, strict=False)
        }
        self.zone = Zone()
        self.closed: set[tuple[Fqdn, int]] = set()
        self._installed = {
            machine: _port_of(world.configuration, spec.fqdn)
            for spec in edges
            for machine in spec.machines
        }
        self._name_what_is_there(edges)

    def _name_what_is_there(self, edges: Iterable[PoolSpec]) -> None:
        configuration = self._world.configuration
        xmpp = [
            site.xmpp_federation_route
            for site in configuration.sites.values()
            if site.xmpp_federation_route
        ]
        domain = self._world.scenario.domain
        for spec in edges:
            record = _edge(configuration, spec.fqdn)
            self.zone.addresses[Fqdn(str(record.properties["AccessEdgeExternalFqdn"]))] = (
                self.addresses_of(spec.fqdn)
            )
            if record.identity not in xmpp:
                self.closed.add((spec.fqdn, XMPP_PORT))
            elif record.identity == xmpp[0]:
                host = Fqdn(f"xmpp.{domain}")
                self.zone.addresses[host] = self.addresses_of(spec.fqdn)
                self.zone.servers[Fqdn(f"_xmpp-server._tcp.{domain}")] = (
                    ServerName(host=host, port=XMPP_PORT),
                )

    def addresses_of(self, edge: str) -> tuple[str, ...]:
        """The external addresses of an Edge pool's machines.

        Raises:
            ScenarioError: there is no such Edge pool.
        """
        return tuple(
            self.addresses[machine.fqdn]
            for machine in self._machines(edge)
            if machine.fqdn in self.addresses
        )

    def answers(self, machine: Fqdn, port: int) -> bool:
        """Whether a partner's connection to that machine's external address is accepted now."""
        return (machine, port) in self.open_ports()

    def open_ports(self) -> frozenset[tuple[Fqdn, int]]:
        """Every machine and port where a partner's connection is accepted now."""
        with self._world.lock:
            settle(self._world)
            return frozenset(
                (machine, port)
                for machine in self.addresses
                for port in PORTS
                if self._is_open(machine, port)
            )

    def _is_open(self, machine: Fqdn, port: int) -> bool:
        state = self._world.machine_states[machine]
        if (state.pool, port) in self.closed or not state.runs("RTCSRV"):
            return False
        return (
            self._installed[machine] == port
            if port == FEDERATION_PORT
            else self._world.version_of(machine).has_xmpp
        )

    # What operators do by hand.

    def set_federation(self, edge: str, *, enabled: bool) -> None:
        """Enable or clear federation of an Edge pool in Topology Builder, and publish (fact:
        edge-federation). Site routes stay.

        Raises:
            ScenarioError: there is no such Edge pool, or no store to publish to.
        """
        world = self._world
        with world.lock:
            settle(world)
            if not world.store_writable:
                raise ScenarioError(
                    "Topology Builder cannot publish: no Central Management store can be written."
                )
            record = _edge(world.configuration, self._spec(edge).fqdn)
            properties = {**record.properties, _PORT: FEDERATION_PORT if enabled else None}
            world.change(
                world.configuration.with_service(attrs.evolve(record, properties=properties))
            )

    def run_setup(self, edge: str) -> None:
        """Run Setup or Remove Components on every machine of an Edge pool: it installs what the
        machine's own replica says.

        Raises:
            ScenarioError: there is no such Edge pool, or one of its machines is down.
        """
        with self._world.lock:
            settle(self._world)
            machines = self._machines(edge)
            for machine in machines:
                if not machine.is_up:
                    raise ScenarioError(
                        f"Setup cannot be run on {machine.fqdn}: it is {machine.power.value}."
                    )
            for machine in machines:
                self._installed[machine.fqdn] = _port_of(
                    machine.replica.configuration, machine.pool
                )

    def reinstall_store(self, pool: str) -> None:
        """Uninstall a pool's Central Management database and reinstall it: what is there then is
        a standby copy.

        It is how two active copies were repaired (fact: store-bad-ends). The service connection
        point names the copy that stays active.

        Raises:
            ScenarioError: the pool has no copy of the store.
        """
        with self._world.lock:
            settle(self._world)
            store = self._world.store
            copy = store.copies.get(Fqdn(pool))
            if copy is None:
                raise ScenarioError(
                    f"{pool} has no Central Management database.",
                    remedy=f"Name one of: {', '.join(store.copies)}.",
                )
            copy.active = False
            for other in store.claimants:
                store.point, copy.configuration = other.pool, other.configuration
            store.changed = self._world.now()

    def move_store(self, pool: str) -> None:
        """Install the Central Management database on a pool and move the store there from saved
        copies, setup on its Front Ends included: Install-CsDatabase -CentralManagementDatabase
        -Clean, Move-CsManagementServer, Bootstrapper (fact: store-without-standby).

        The content is that of the pool's own replica, as `Export-CsConfiguration -LocalStore` saves
        it, and the locations are those of the old copy.

        Raises:
            ScenarioError: it is no Front End pool, or none of its machines runs.
        """
        with self._world.lock:
            settle(self._world)
            runtime = self._world.pools.get(Fqdn(pool))
            if runtime is None or not runtime.kind.homes_users:
                raise ScenarioError(
                    f"The lab has no Front End pool {pool}.",
                    remedy="Name one; a store is not moved to another kind of pool.",
                )
            if not self._world.is_alive(runtime) or not self._world.has_sql(runtime):
                raise ScenarioError(
                    f"The store cannot be moved to {pool}: it does not run.",
                    remedy=f"Bring it up first: recover {pool}.",
                )
            store_by_hand.move(self._world, runtime)

    def resume_mirroring(self, pool: str) -> None:
        """Resume the mirroring of every database of a pool in SQL Server: what a failover by force
        suspended (fact: mirror-forced).

        Raises:
            ScenarioError: the pool has no mirror, or one of its two SQL Servers is down.
        """
        with self._world.lock:
            settle(self._world)
            runtime = self._world.pools.get(Fqdn(pool))
            mirror = runtime.spec.mirror_server if runtime else None
            if runtime is None or mirror is None:
                raise ScenarioError(
                    f"{pool} has no mirror.", remedy="Name a pool whose databases are mirrored."
                )
            for server in (runtime.sql_server, mirror):
                if not self._world.sql_is_up(server):
                    raise ScenarioError(
                        f"The mirroring of {pool} cannot be resumed: {server} is down."
                    )
            for database in runtime.databases:
                database.synchronized = True

    def set_firewall(self, edge: str, port: int, *, is_open: bool) -> None:
        """Open or close a port of an Edge pool to the world.

        Raises:
            ScenarioError: there is no such Edge pool, or the port is none that the lab knows.
        """
        if port not in PORTS:
            raise ScenarioError(
                f"The lab knows no port {port} of an Edge server.", remedy=f"Name one of: {PORTS}."
            )
        pool = self._spec(edge).fqdn
        with self._world.lock:
            (self.closed.discard if is_open else self.closed.add)((pool, port))

    def set_address(self, host: Fqdn, target: str) -> None:
        """Make a DNS name resolve to an Edge pool, or to addresses separated by commas.

        Raises:
            ScenarioError: the target is neither.
        """
        words = [word.strip() for word in target.split(",")]
        try:
            addresses = tuple(str(ipaddress.ip_address(word)) for word in words)
        except ValueError:
            addresses = self.addresses_of(target)
        with self._world.lock:
            self.zone.addresses[host] = addresses

    def add_server(self, name: Fqdn, server: ServerName) -> None:
        """Add an SRV record, or change the one that names the same host."""
        with self._world.lock:
            others = tuple(
                one for one in self.zone.servers.get(name, ()) if one.host != server.host
            )
            self.zone.servers[name] = (*others, server)

    def remove_name(self, name: Fqdn) -> None:
        """Take a name out of DNS."""
        with self._world.lock:
            self.zone.addresses.pop(name, None)
            self.zone.servers.pop(name, None)

    def _spec(self, edge: str) -> PoolSpec:
        known = {spec.fqdn: spec for spec in self._world.scenario.pools if spec.kind is Kind.EDGE}
        found = known.get(Fqdn(edge))
        if found is None:
            raise ScenarioError(
                f"The lab has no Edge pool {edge}.",
                remedy=f"Name one of: {', '.join(known) or 'none'}.",
            )
        return found

    def _machines(self, edge: str) -> tuple[MachineState, ...]:
        return tuple(self._world.machine_states[machine] for machine in self._spec(edge).machines)


def _edge(configuration: Configuration, fqdn: Fqdn) -> ServiceRecord:
    return configuration.services[f"edgeserver:{fqdn}"]


def _port_of(configuration: Configuration, edge: Fqdn) -> object:
    return _edge(configuration, edge).properties[_PORT]
