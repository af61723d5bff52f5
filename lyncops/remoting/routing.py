"""Which endpoints may serve a cmdlet, and in which order: pure, given which pool each machine
belongs to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from lyncops.errors import EndpointError
from lyncops.remoting.endpoint import Endpoint
from lyncops.values import Anywhere, Fqdn, OnMachine, OnPool, Place


class NoEndpointError(EndpointError):
    """No endpoint is configured for a place."""


def pool_of(endpoint: Endpoint, members: Mapping[Fqdn, Fqdn]) -> Fqdn | None:
    """The pool of an endpoint: as configured, else as the topology says.

    `members` is the pool of each machine.
    """
    if endpoint.pool is not None or endpoint.machine is None:
        return endpoint.pool
    return members.get(endpoint.machine)


def needs_members(endpoints: Sequence[Endpoint], place: Place) -> bool:
    """Whether the pools of the machines must be known to find the endpoints of `place`."""
    wants_pool = isinstance(place, OnPool) or (
        isinstance(place, Anywhere) and (place.prefer or place.avoid)
    )
    return bool(wants_pool) and any(
        endpoint.pool is None and not endpoint.dedicated for endpoint in endpoints
    )


def candidates(
    endpoints: Sequence[Endpoint], place: Place, members: Mapping[Fqdn, Fqdn]
) -> tuple[Endpoint, ...]:
    """The endpoints that may serve `place`, in the order to try.

    Raises:
        NoEndpointError: there is none; the remedy names the entry that `lyncops.toml` lacks.
    """
    match place:
        case OnMachine(machine):
            found = [each for each in endpoints if each.machine == machine]
            found.sort(key=lambda each: not each.dedicated)
        case OnPool(pool):
            found = [
                each
                for each in endpoints
                if not each.dedicated and pool in {pool_of(each, members), each.machine}
            ]
        case Anywhere(prefer, avoid):
            found = [each for each in endpoints if not each.dedicated]
            found.sort(key=lambda each: _liking(pool_of(each, members), prefer, avoid))
    if found:
        return tuple(found)
    raise _missing(place)


def _liking(pool: Fqdn | None, prefer: Fqdn | None, avoid: Fqdn | None) -> int:
    if pool is None:
        return 1
    return 0 if pool == prefer else 2 if pool == avoid else 1


def _missing(place: Place) -> NoEndpointError:
    match place:
        case OnMachine(machine):
            entry = f'[[machine]] with name = "{machine}" and its url'
        case OnPool(pool):
            entry = f'[[endpoint]] with the url of a Front End of {pool} and pool = "{pool}"'
        case Anywhere():
            entry = "[[endpoint]] with the url of a Front End"
    return NoEndpointError(
        f"No endpoint is configured for {place}.", remedy=f"Add to lyncops.toml a {entry}."
    )


def reorder(
    endpoints: Sequence[Endpoint], good: Endpoint | None, failed: Collection[Endpoint]
) -> tuple[Endpoint, ...]:
    """The one that served last before those that are liked no better, and those that have just
    failed at the end.
    """
    return tuple(sorted(endpoints, key=lambda each: (each in failed, each != good)))
