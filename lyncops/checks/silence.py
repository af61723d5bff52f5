"""The machines whose replicas of the configuration cannot follow, so that nobody waits for them."""

from __future__ import annotations

from typing import Final

from lyncops.deployment.model import Deployment, Machine, Pool
from lyncops.deployment.witnesses import Says, Vantage
from lyncops.values import Fqdn, Unread

_WITHOUT_REPLICA: Final = ("Database", "Store")  # the ends of the roles, in both their spellings


def silent_machines(deployment: Deployment) -> tuple[Fqdn, ...]:
    """The machines whose replicas cannot follow: Front Ends and Directors that are down, Edge
    servers of a dead site.

    Most Edge servers cannot be asked from inside (fact: edge-replication), and a dead pool does not
    make its site silent: an Edge server counts only where no machine of its site gives a sign of
    life, or where it is dead from here. What a witness sees alive never counts.
    """
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    stricken = {
        pool.site
        for pool in deployment.front_end_pools
        if not pool.is_alive and not isinstance(pool.site, Unread)
    }
    living = {pool.site for pool in pools if any(map(_gives_a_sign, pool.machines))}
    return tuple(
        machine.fqdn
        for pool in pools
        if len(pool.machines_up) < len(pool.machines)
        for machine in pool.machines
        if not machine.vouched(Says.ALIVE)
        and _has_replicas(pool)
        and (
            not machine.is_up
            if pool.kind.takes_next_hop
            else isinstance(machine.services, Unread)
            and pool.site in stricken
            and (pool.site not in living or machine.is_dead_from(Vantage.HERE))
        )
    )


def _has_replicas(pool: Pool) -> bool:
    """Whether its machines have a replica of the configuration: SQL Servers, file stores and
    gateways, which the topology lists as pools too, have none (fact: pool-objects).
    """
    roles = {service.role for service in pool.services}
    return not roles or any(
        not role.endswith(_WITHOUT_REPLICA) and role != "PstnGateway" for role in roles
    )


def _gives_a_sign(machine: Machine) -> bool:
    return not isinstance(machine.services, Unread) or bool(machine.vouched(Says.ALIVE))
