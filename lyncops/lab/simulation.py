"""A world with its machines, and what may happen to it: crashes, recovery, what people do to it by
hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Self

from lyncops.errors import ScenarioError
from lyncops.lab.machine import Machine
from lyncops.lab.model import power, progress
from lyncops.lab.model.outside import Outside
from lyncops.lab.model.state import Power
from lyncops.lab.model.summary import Summary, summarize
from lyncops.lab.model.world import World
from lyncops.lab.scenarios.reader import load_scenario
from lyncops.lab.scenarios.scenario import Scenario
from lyncops.values import Fqdn


class Simulation(World):
    """A world that can be used: its machines run cmdlets, and `outside` is what partners see of it.

    What this class adds is safe to use from several threads.
    """

    def __init__(self, scenario: Scenario, *, rate: float | None = None) -> None:
        super().__init__(scenario, rate=rate)
        self.machines: Mapping[Fqdn, Machine] = {
            fqdn: Machine(self, state) for fqdn, state in self.machine_states.items()
        }
        self.outside = Outside(self)
        for spec in scenario.pools:
            power.start_as_described(self, spec)

    @classmethod
    def load(cls, source: str | Path, *, rate: float | None = None) -> Self:
        """A simulation of a scenario that comes with lyncops, or of a TOML file.

        Raises:
            ScenarioError: see `load_scenario`.
        """
        return cls(load_scenario(source), rate=rate)

    def machine(self, fqdn: str) -> Machine:
        """The machine of that name.

        Raises:
            ScenarioError: there is none.
        """
        try:
            return self.machines[Fqdn(fqdn)]
        except KeyError:
            known = ", ".join(self.machines)
            raise ScenarioError(
                f"The lab has no machine {fqdn}.", remedy=f"Name one of: {known}."
            ) from None

    def crash(self, name: str) -> None:
        """Switch off a machine, a SQL Server, a pool with its SQL Servers (the guide's disaster),
        or `site:NAME` with all in it.
        """
        power.set_power(self, name, Power.DOWN)

    def hang(self, name: str) -> None:
        """Let a machine, or every machine of a pool or site, accept connections and answer
        nothing.
        """
        power.set_power(self, name, Power.HUNG)

    def recover(self, name: str) -> None:
        """Bring back what `crash` or `hang` took; services start where the pool has the servers it
        needs.
        """
        power.set_power(self, name, Power.UP)

    def settle(self) -> None:
        """Bring the state up to now; every cmdlet does so by itself."""
        with self.lock:
            progress.settle(self)

    def unsynced(self, pool: str) -> Mapping[str, timedelta]:
        """Per module: how much of the data of this pool's users would be lost if the pool that
        serves them were lost now.
        """
        with self.lock:
            progress.settle(self)
            return {name: track.unsynced for name, track in self.pools[Fqdn(pool)].tracks.items()}

    def summary(self) -> Summary:
        """The state as a value; two of them say what differs."""
        with self.lock:
            progress.settle(self)
            return summarize(self)
