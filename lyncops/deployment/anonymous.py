"""A deployment under other names: the same shape, and nobody's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast

import attrs

from lyncops.deployment.codec import deployment_from_dict, deployment_to_dict
from lyncops.deployment.model import Deployment, PoolKind
from lyncops.values import Fqdn, SiteName, Unread

_DOMAIN: Final = "example.com"
_KINDS: Final = {
    PoolKind.ENTERPRISE: "pool",
    PoolKind.STANDARD: "pool",
    PoolKind.DIRECTOR: "director",
    PoolKind.EDGE: "edgepool",
    PoolKind.MEDIATION: "mediation",
}
_ACCOUNT: Final = re.compile(r"[^\\\s]+\\[^\\]+")
_ADDRESS: Final = re.compile(r"[\w.+-]+@")
_PRIVATE: Final = ("authorized_universal_groups", "authorized_local_accounts")
"""Lists of accounts and groups, which may be anybody's."""


def anonymised(deployment: Deployment) -> Deployment:
    """The deployment with invented names, each the same everywhere.

    Kinds, numbers, versions, states and times stay. Names of servers, pools, sites, groups and
    users go, also from what servers said.
    """
    names = _names(deployment)
    pattern = re.compile(
        "|".join(rf"(?<![\w.-]){re.escape(name)}(?![\w-])" for name in _longest(names)),
        re.IGNORECASE,
    )
    folded = {name.casefold(): new for name, new in names.items()}

    def renamed(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            items = cast("dict[str, object]", value).items()
            return {name: renamed(inner, name) for name, inner in items}
        if isinstance(value, list):
            inside = cast("list[object]", value)
            if key in _PRIVATE:
                return [
                    name if _is_everybodys(str(name)) else f"group{number}"
                    for number, name in enumerate(inside, 1)
                ]
            return [renamed(inner, key) for inner in inside]
        if isinstance(value, str) and key != "format":
            text = pattern.sub(lambda found: folded[found[0].casefold()], value)
            return _ADDRESS.sub("user@", _ACCOUNT.sub("EXAMPLE\\\\user", text))
        return value

    return deployment_from_dict(renamed(deployment_to_dict(deployment)))


def _is_everybodys(name: str) -> bool:
    """Whether every deployment has an account or group of this name."""
    return name.casefold().startswith(("rtc", "cs", "network service"))


def _longest(names: Iterable[str]) -> list[str]:
    return sorted(names, key=len, reverse=True)


def _names(deployment: Deployment) -> Mapping[str, str]:
    """What each name becomes."""
    numbers = Counter[str]()
    names: dict[str, str] = {}

    def invent(old: str, kind: str, domain: str = "") -> None:
        if old and old not in names:
            numbers[kind] += 1
            names[old] = f"{kind}{numbers[kind]}{domain}"

    for pool in () if isinstance(deployment.pools, Unread) else deployment.pools:
        invent(pool.fqdn, _KINDS.get(pool.kind, "server"), f".{_DOMAIN}")
        for machine in pool.machines:
            invent(machine.fqdn, "edge" if pool.kind is PoolKind.EDGE else "fe", f".{_DOMAIN}")
    for kind, old in _found(deployment):
        invent(old, kind, f".{_DOMAIN}" if kind == "host" else "")
    invent(deployment.name, "deployment")
    for old in [name for name in names if "." in name]:
        names.setdefault(old.partition(".")[2], _DOMAIN)
    return names


def _found(value: object) -> Iterator[tuple[str, str]]:
    """Every other name in a value, with its kind."""
    if isinstance(value, Fqdn):
        yield "host", value
    elif isinstance(value, SiteName):
        yield "Site", value
    elif attrs.has(type(value)):
        for field in attrs.fields_dict(cast("type[attrs.AttrsInstance]", type(value))):
            inner: object = getattr(value, field)
            if field in ("display_name", "user") and isinstance(inner, str):
                yield ("Site" if field == "display_name" else "user"), inner
            else:
                yield from _found(inner)
    elif isinstance(value, (tuple, list, frozenset)):
        for inner in cast("Iterable[object]", value):
            yield from _found(inner)
    elif isinstance(value, Mapping):
        for inner in cast("Mapping[object, object]", value).values():
            yield from _found(inner)
