"""Where a drill is played: in memory, or against the lab behind WinRM on this computer."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

import attrs

from lyncops.client import Client
from lyncops.lab.lab import Lab
from lyncops.lab.scenarios.scenario import Scenario
from lyncops.lab.simulation import Simulation
from lyncops.runs.connection import Connection
from lyncops.testing.model import ModelClock

_POLL: Final = timedelta(seconds=30)


class Stage(Protocol):
    """A copy, with a client that reads and changes it."""

    @property
    def world(self) -> Simulation:
        """The copy."""
        ...

    @property
    def client(self) -> Client:
        """Its client."""
        ...

    def crash(self, name: str) -> None:
        """Switch off a machine, a pool or `site:NAME`.

        Raises:
            ScenarioError: there is nothing of that name.
        """
        ...

    def recover(self, name: str) -> None:
        """Bring back what `crash` took."""
        ...

    def wait(self, duration: timedelta) -> None:
        """Let time pass."""
        ...


@attrs.frozen(slots=True, kw_only=True)
class ServedStage:
    """A copy behind WinRM on loopback. Implements `Stage`."""

    lab: Lab
    client: Client

    @property
    def world(self) -> Simulation:
        """The copy."""
        return self.lab.world

    def crash(self, name: str) -> None:
        """See `Stage.crash`."""
        self.lab.crash(name)

    def recover(self, name: str) -> None:
        """See `Stage.recover`."""
        self.lab.recover(name)

    def wait(self, duration: timedelta) -> None:
        """See `Stage.wait`."""
        self.world.clock.sleep(duration)


@contextmanager
def over_winrm(scenario: Scenario) -> Generator[ServedStage]:
    """A copy behind WinRM on this computer while the block lasts, with an empty journal.

    Its clock jumps, as in memory: only what the wire costs takes real time.
    """
    from lyncops.configuration.passwords import Given, Secret
    from lyncops.configuration.settings import load_configuration

    world = Simulation(scenario)
    with (
        tempfile.TemporaryDirectory(prefix="lyncops-drill-") as folder,
        Lab.start(world) as lab,
    ):
        read = load_configuration(lab.write_config(Path(folder)))
        journal = f"sqlite:///{Path(folder, 'lyncops.db').as_posix()}"
        known = attrs.evolve(read, journal_url=journal)
        if known.sign_in is not None:
            own = attrs.evolve(known.sign_in, source=Given(Secret(lab.password)))
            known = attrs.evolve(known, sign_in=own)
        connection = attrs.evolve(
            Connection.of(known),
            clock=ModelClock(world),
            poll_interval=_POLL,
            knocker=None,  # as in memory, where no ports can be tried
        )
        with Client(connection) as client:
            yield ServedStage(lab=lab, client=client)
