"""What people do to a deployment by hand, by name: Topology Builder, setup, DNS and firewalls, for
`lyncops lab inject`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs

from lyncops.errors import InvalidValueError
from lyncops.lab.model.outside import Outside, ServerName
from lyncops.values import Fqdn


@attrs.frozen(slots=True, kw_only=True)
class Act:
    """Something that people do by hand.

    `do` answers what was done; `forms` are the ways to write it, each with its meaning.
    """

    do: Callable[[Outside, Sequence[str]], str]
    forms: Mapping[str, str]


def _topology(outside: Outside, words: Sequence[str]) -> str:
    match words:
        case ["federation", edge, ("on" | "off") as state]:
            outside.set_federation(edge, enabled=state == "on")
            return f"federation of {edge} is {state}, and published"
        case _:
            raise _misread("topology", words)


def _setup(outside: Outside, words: Sequence[str]) -> str:
    match words:
        case [edge]:
            outside.run_setup(edge)
            return f"setup was run on every machine of {edge}"
        case _:
            raise _misread("setup", words)


def _store(outside: Outside, words: Sequence[str]) -> str:
    match words:
        case ["reinstall", pool]:
            outside.reinstall_store(pool)
            return f"the Central Management database of {pool} is reinstalled, as a standby copy"
        case ["move", pool]:
            outside.move_store(pool)
            return f"the Central Management store is installed on {pool}, and moved there"
        case _:
            raise _misread("store", words)


def _mirroring(outside: Outside, words: Sequence[str]) -> str:
    match words:
        case ["resume", pool]:
            outside.resume_mirroring(pool)
            return f"the mirroring of the databases of {pool} is resumed"
        case _:
            raise _misread("mirroring", words)


def _firewall(outside: Outside, words: Sequence[str]) -> str:
    match words:
        case [edge, port, ("open" | "closed") as state] if port.isdecimal():
            outside.set_firewall(edge, int(port), is_open=state == "open")
            return f"port {port} of {edge} is {state}"
        case _:
            raise _misread("firewall", words)


def _dns(outside: Outside, words: Sequence[str]) -> str:
    match words:
        case ["a", host, target]:
            outside.set_address(Fqdn(host), target)
            return f"{host} resolves to {', '.join(outside.zone.addresses[Fqdn(host)])}"
        case ["srv", name, server, *priority] if len(priority) <= 1:
            return _server(outside, Fqdn(name), server, *priority)
        case ["remove", name]:
            outside.remove_name(Fqdn(name))
            return f"{name} is removed"
        case ["silence", ("on" | "off") as state]:
            outside.zone.silent = state == "on"
            return f"the DNS server {'answers nothing' if state == 'on' else 'answers'}"
        case _:
            raise _misread("dns", words)


def _server(outside: Outside, name: Fqdn, server: str, priority: str = "0") -> str:
    host, _, port = server.rpartition(":")
    if not port.isdecimal() or not priority.isdecimal():
        raise _misread("dns", ("srv", name, server, priority))
    outside.add_server(name, ServerName(host=Fqdn(host), port=int(port), priority=int(priority)))
    return f"{name} names {server}"


def _misread(act: str, words: Sequence[str]) -> InvalidValueError:
    forms = ", ".join(ACTS[act].forms)
    return InvalidValueError(
        f"{' '.join((act, *words))!r} is not known here.", remedy=f"Write: {forms}."
    )


ACTS: Final[Mapping[str, Act]] = {
    "topology": Act(
        do=_topology,
        forms={
            "topology federation EDGE_POOL on|off": (
                "in Topology Builder, enable or clear federation of an Edge pool"
            )
        },
    ),
    "setup": Act(
        do=_setup, forms={"setup EDGE_POOL": "run setup on every machine of an Edge pool"}
    ),
    "store": Act(
        do=_store,
        forms={
            "store reinstall POOL": (
                "reinstall the Central Management database of a pool: it is then a standby copy,"
                " whatever it was"
            ),
            "store move POOL": (
                "install the store on a pool by hand and move it there from saved copies, for when"
                " no standby copy can take over"
            ),
        },
    ),
    "mirroring": Act(
        do=_mirroring,
        forms={
            "mirroring resume POOL": (
                "resume the mirroring of a pool's databases, which a forced failover suspends"
            )
        },
    ),
    "dns": Act(
        do=_dns,
        forms={
            "dns a HOST EDGE_POOL": (
                "make an external DNS name resolve to an Edge pool (or to addresses, separated by"
                " commas)"
            ),
            "dns srv NAME HOST:PORT [PRIORITY]": (
                "add an SRV record, or change the one of that host"
            ),
            "dns remove NAME": "take a name out of DNS",
            "dns silence on|off": "the external DNS server answers nothing, or answers again",
        },
    ),
    "firewall": Act(
        do=_firewall,
        forms={
            "firewall EDGE_POOL PORT open|closed": "open or close port 5061 or 5269 to the world"
        },
    ),
}
"""Each act by the word that asks for it."""
