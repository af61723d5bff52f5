"""A simulation and the servers on loopback through which it is reached: what happens to one shows
at the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from lyncops.lab.places import places
from lyncops.lab.simulation import Simulation
from lyncops.lab.wire.doors import Doors
from lyncops.lab.wire.host import WireHost

if TYPE_CHECKING:
    from lyncops.lab.wire.outside import OutsideHost

_LIFE_PORTS: Final = (5061, 443, 5985, 5986, 135)


class ServedSimulation:
    """A simulation that is served. `doors` and `outside` begin to listen at their first use."""

    def __init__(self, simulation: Simulation, host: WireHost) -> None:
        self.simulation = simulation
        self.host = host
        self._doors: Doors | None = None
        self._outside: OutsideHost | None = None

    @property
    def doors(self) -> Doors:
        """The ports that show from here whether a machine is up."""
        if self._doors is None:
            machines = [place.machine for place in places(self.simulation)]
            self._doors = Doors(
                machines, _LIFE_PORTS, is_down=lambda machine: self.host.server(machine).is_down
            )
        return self._doors

    @property
    def outside(self) -> OutsideHost:
        """The DNS server and the ports that partners see."""
        if self._outside is None:
            from lyncops.lab.wire.outside import OutsideHost

            self._outside = OutsideHost(self.simulation.outside)
        return self._outside

    def connections(self) -> Mapping[str, str]:
        """Where to connect to instead of a name and port: what partners see, and the doors once
        they are in use.
        """
        return {
            **dict(self.outside.connections()),
            **(self._doors.addresses() if self._doors is not None else {}),
        }

    def crash(self, name: str) -> None:
        """Switch off a machine, a pool, a SQL Server or `site:NAME`; its ports are closed when this
        returns.
        """
        self.simulation.crash(name)
        self._synchronise()

    def hang(self, name: str) -> None:
        """Let a machine, a pool or a site accept connections and answer nothing."""
        self.simulation.hang(name)

    def recover(self, name: str) -> None:
        """Bring it back, on the same ports."""
        self.simulation.recover(name)
        self._synchronise()

    def _synchronise(self) -> None:
        self.host.synchronise()
        if self._doors is not None:
            self._doors.synchronise()

    def close(self) -> None:
        """Stop listening for doors and partners; the host is closed by its creator."""
        if self._outside is not None:
            self._outside.close()
        if self._doors is not None:
            self._doors.close()
