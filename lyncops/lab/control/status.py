"""The state of a lab: its time, machines, pools, what ran, and what it does wrong on purpose."""

from __future__ import annotations

from datetime import timedelta

import attrs

from lyncops.lab.model import switches
from lyncops.lab.model.progress import settle
from lyncops.lab.model.summary import summarize
from lyncops.lab.model.world import World
from lyncops.lab.served import ServedSimulation
from lyncops.lab.wire.faults import Profile
from lyncops.lab.wire.host import WireHost
from lyncops.values import JsonValue


def show(served: ServedSimulation) -> dict[str, JsonValue]:
    """The state of a lab, for people and programs; faults are written as `lyncops lab inject` takes
    them.
    """
    world, host = served.simulation, served.host
    with world.lock:
        settle(world)
        pools, store = _pools(world), [str(pool) for pool in sorted(summarize(world).store_active)]
    return {
        "now": world.now().isoformat(timespec="seconds"),
        "machines": _machines(served),
        "pools": pools,
        "store_active_on": list[JsonValue](store),
        "executions": dict[str, JsonValue](world.executions),
        "requests": host.requests.total,
        "sessions": host.requests.of(action="Create"),
        "failed_logons": host.failed_logons,
        "faults": [str(fault) for fault in host.faults.waiting],
        "model_faults": dict[str, JsonValue](switches.changed(world.faults)),
        "switches": dict[str, JsonValue](switches.changed(world.switches)),
        "profiles": _profiles(host),
    }


def _machines(served: ServedSimulation) -> list[JsonValue]:
    addresses = served.host.addresses()
    return [
        {
            "name": str(name),
            "state": "down" if machine.is_down else "hung" if machine.is_hung else "up",
            "pool": str(machine.pool),
            "addresses": {
                scheme: address
                for (one, scheme), address in addresses.items()
                if one == name.casefold()
            },
        }
        for name, machine in served.simulation.machines.items()
    ]


def _pools(world: World) -> list[JsonValue]:
    return [
        {
            "name": str(name),
            "state": world.configuration.pool_states[name],
            "users": pool.homed,
            "served_by": str(pool.served_by or "nobody"),
        }
        for name, pool in summarize(world).pools.items()
    ]


def _profiles(host: WireHost) -> dict[str, JsonValue]:
    """What the profiles of machines have that an ordinary one has not."""
    plain, told = Profile(), dict[str, JsonValue]()
    for server in host.servers():
        fields = [field.name for field in attrs.fields(Profile)]
        changed = {
            name: getattr(server.profile, name)
            for name in fields
            if getattr(server.profile, name) != getattr(plain, name)
        }
        if changed:
            told[server.name] = {name: _plainly(value) for name, value in changed.items()}
    return told


def _plainly(value: object) -> str:
    return (
        f"{value.total_seconds():g}s"
        if isinstance(value, timedelta)
        else switches.as_written(value)
    )
