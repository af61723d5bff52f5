"""How a lab stands: its time, machines, pools, what ran, and what it does wrong on purpose."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from lyncops.lab import switches
from lyncops.lab.summary import summarize
from lyncops.lab.wire.faults import Profile

if TYPE_CHECKING:
    from lyncops.lab.lab import Lab
    from lyncops.lab.world import World

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]


def show(lab: Lab) -> dict[str, JsonValue]:
    """How a lab stands, for people and programs; faults are told as `lyncops lab inject` takes them."""
    world = lab.world
    with world.lock:
        world.settle()
        pools, store = _pools(world), [str(pool) for pool in sorted(summarize(world).store_active)]
    return {
        "now": world.now().isoformat(timespec="seconds"),
        "machines": _machines(lab),
        "pools": pools,
        "store_active_on": list[JsonValue](store),
        "executions": dict[str, JsonValue](world.executions),
        "requests": lab.requests.total,
        "sessions": lab.requests.of(action="Create"),
        "failed_logons": lab.failed_logons,
        "faults": [str(fault) for fault in lab.faults.waiting],
        "model_faults": dict[str, JsonValue](switches.changed(world.faults)),
        "switches": dict[str, JsonValue](switches.changed(world.switches)),
        "profiles": _profiles(lab),
    }


def _machines(lab: Lab) -> list[JsonValue]:
    addresses = lab.host.addresses()
    return [
        {
            "name": str(name),
            "state": "down" if machine.is_down else "hung" if machine.is_hung else "up",
            "pool": str(machine.pool),
            "addresses": {scheme: address for (one, scheme), address in addresses.items() if one == name.casefold()},
        }
        for name, machine in lab.world.machines.items()
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


def _profiles(lab: Lab) -> dict[str, JsonValue]:
    """What the profiles of machines have that an ordinary one has not."""
    plain, told = Profile(), dict[str, JsonValue]()
    for server in lab.host.servers():
        fields = [field.name for field in attrs.fields(Profile)]
        changed = {name: getattr(server.profile, name) for name in fields if getattr(server.profile, name) != getattr(plain, name)}
        if changed:
            told[server.name] = {name: _plainly(value) for name, value in changed.items()}
    return told


def _plainly(value: object) -> str:
    return f"{value.total_seconds():g}s" if isinstance(value, timedelta) else switches.as_written(value)
