"""A deployment in this process, with a client that reads it and changes it without a socket."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs

from lyncops.client import Client
from lyncops.lab.simulation import Simulation
from lyncops.runs.connection import Connection
from lyncops.runs.journal import open_journal
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.testing.outside import ModelLookups

_POLL: Final = timedelta(seconds=30)


@attrs.frozen(slots=True, kw_only=True)
class InMemory:
    """A simulated deployment and its client, whose clock it shares: waiting takes no time."""

    world: Simulation
    sessions: ModelSessions
    client: Client

    def crash(self, name: str) -> None:
        """Switch off a machine, a pool or `site:NAME`.

        Raises:
            ScenarioError: there is nothing of that name.
        """
        self.world.crash(name)

    def recover(self, name: str) -> None:
        """Bring back what `crash` took; its services need some minutes (`wait`).

        Raises:
            ScenarioError: there is nothing of that name.
        """
        self.world.recover(name)

    def wait(self, duration: timedelta) -> None:
        """Let time pass for the deployment."""
        self.world.clock.sleep(duration)

    def executions(self, name: str) -> int:
        """How often a cmdlet that changes something really started; its name in any letter case."""
        wanted = name.casefold()
        return sum(
            number
            for cmdlet, number in self.world.executions.items()
            if cmdlet.casefold() == wanted
        )


@contextmanager
def in_memory(
    scenario: str | Path | Simulation = "two-sites",
    *,
    sessions: Callable[[Simulation], ModelSessions] = ModelSessions,
) -> Generator[InMemory]:
    """A deployment of a scenario (by name or path), with an empty journal, while the block lasts.

    `sessions` makes what the client asks in place of servers.

    Raises:
        ScenarioError: there is no such scenario, or it contradicts itself.
    """
    world = scenario if isinstance(scenario, Simulation) else Simulation.load(scenario)
    asked = sessions(world)
    with tempfile.TemporaryDirectory(prefix="lyncops-in-memory-") as folder:
        journal = f"sqlite:///{Path(folder, 'lyncops.db').as_posix()}"
        connection = Connection(
            name=world.scenario.name,
            open_sessions=lambda: asked,
            open_journal=lambda: open_journal(journal),
            clock=ModelClock(world),
            poll_interval=_POLL,
            lookups=ModelLookups(world.outside),
        )
        with Client(connection) as client:
            yield InMemory(world=world, sessions=asked, client=client)
