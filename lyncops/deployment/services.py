"""What a service of the topology says of itself: its role, its pool, and what it needs of other
pools.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lyncops.cmdlets import Service
from lyncops.deployment.model import Link
from lyncops.values import Fqdn


def role_of(service: Service) -> str:
    """The role of a service, by its identity where that has it: it is the name that other services
    use.
    """
    return (service.identity.role if service.identity else None) or service.role or ""


def pool_of(service: Service) -> Fqdn | None:
    """The pool of a service, from whichever property has it."""
    return service.pool_fqdn or (service.identity.pool if service.identity else None)


def links_of(fqdn: Fqdn, own: Iterable[Service]) -> tuple[Link, ...]:
    """What the services of a pool need of other pools, by the properties that their Set-Cs cmdlets
    change.
    """
    return tuple(dict.fromkeys(_links(fqdn, own)))


def web_names_of(own: Iterable[Service]) -> tuple[Fqdn, ...]:
    """The external names of web services."""
    return tuple(
        dict.fromkeys(service.external_fqdn for service in own if service.external_fqdn is not None)
    )


def _links(fqdn: Fqdn, own: Iterable[Service]) -> Iterator[Link]:
    for service in own:
        for needed in (service.registrar, service.mediation_server, service.user_server):
            if needed is not None and needed.pool != fqdn:
                yield Link(role=role_of(service), to=needed)
