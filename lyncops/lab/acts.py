"""What people do to a deployment by hand, by name: Topology Builder, setup, DNS and firewalls, for `lyncops lab inject`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from lyncops.errors import InvalidValueError
from lyncops.lab.outside import Outside, ServerName
from lyncops.values import Fqdn

Act = Callable[[Outside, Sequence[str]], str]

_DNS: Final = "dns a HOST EDGE_POOL, dns srv NAME HOST:PORT [PRIORITY], dns remove NAME, dns silence on|off"


def _topology(outside: Outside, words: Sequence[str]) -> str:
    match words:
        case ["federation", edge, ("on" | "off") as state]:
            outside.set_federation(edge, enabled=state == "on")
            return f"federation of {edge} is {state}, and published"
        case _:
            raise _misread("topology", words, "topology federation EDGE_POOL on|off")


def _setup(outside: Outside, words: Sequence[str]) -> str:
    match words:
        case [edge]:
            outside.run_setup(edge)
            return f"setup was run on every machine of {edge}"
        case _:
            raise _misread("setup", words, "setup EDGE_POOL")


def _firewall(outside: Outside, words: Sequence[str]) -> str:
    match words:
        case [edge, port, ("open" | "closed") as state] if port.isdecimal():
            outside.set_firewall(edge, int(port), is_open=state == "open")
            return f"port {port} of {edge} is {state}"
        case _:
            raise _misread("firewall", words, "firewall EDGE_POOL PORT open|closed")


def _dns(outside: Outside, words: Sequence[str]) -> str:
    match words:
        case ["a", host, target]:
            outside.set_address(Fqdn(host), target)
            return f"{host} leads to {', '.join(outside.zone.addresses[Fqdn(host)])}"
        case ["srv", name, server, *priority] if len(priority) <= 1:
            return _server(outside, Fqdn(name), server, *priority)
        case ["remove", name]:
            outside.remove_name(Fqdn(name))
            return f"{name} is removed"
        case ["silence", ("on" | "off") as state]:
            outside.zone.silent = state == "on"
            return f"the DNS server {'answers nothing' if state == 'on' else 'answers'}"
        case _:
            raise _misread("dns", words, _DNS)


def _server(outside: Outside, name: Fqdn, server: str, priority: str = "0") -> str:
    host, _, port = server.rpartition(":")
    if not port.isdecimal() or not priority.isdecimal():
        raise _misread("dns", ("srv", name, server, priority), _DNS)
    outside.add_server(name, ServerName(host=Fqdn(host), port=int(port), priority=int(priority)))
    return f"{name} names {server}"


def _misread(act: str, words: Sequence[str], form: str) -> InvalidValueError:
    return InvalidValueError(f"{' '.join((act, *words))!r} means nothing here.", remedy=f"Write: {form}.")


ACTS: Final[Mapping[str, Act]] = {"topology": _topology, "setup": _setup, "dns": _dns, "firewall": _firewall}
"""Each act with what it takes: it answers what was done."""
