"""The machines of a simulated deployment that a client reaches, and the least that a lab
can serve.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import attrs

from lyncops.lab.interface import SimulatedMachine
from lyncops.lab.scenarios.scenario import Kind
from lyncops.lab.simulation import Simulation


class SimulatedWorld(Protocol):
    """The least that a lab can serve."""

    @property
    def machines(self) -> Mapping[str, SimulatedMachine]:
        """The machines by name."""
        ...


@attrs.frozen(slots=True, kw_only=True)
class Place:
    """A machine to reach."""

    machine: str
    pool: str
    edge: bool = False


def places(world: Simulation | SimulatedWorld) -> tuple[Place, ...]:
    """The machines to reach: Front Ends in the order of the topology, then Edge servers."""
    if not isinstance(world, Simulation):
        return tuple(Place(machine=name, pool=name) for name in world.machines)
    pools = world.scenario.pools
    front_ends = [
        Place(machine=one, pool=pool.fqdn)
        for pool in pools
        if pool.kind.homes_users
        for one in pool.machines
    ]
    edges = [
        Place(machine=one, pool=pool.fqdn, edge=True)
        for pool in pools
        if pool.kind is Kind.EDGE
        for one in pool.machines
    ]
    return (*front_ends, *edges)
