"""A store that people install elsewhere, from saved copies: what Move-CsManagementServer leaves."""

from __future__ import annotations

import attrs

from lyncops.lab.model.configuration import Configuration, ServiceRecord, store_role
from lyncops.lab.model.state import Database, PoolRuntime, ServiceState, StoreCopy
from lyncops.lab.model.world import World
from lyncops.values import Fqdn

_ROLES = ("CentralManagement", "CentralManagementDatabase")


def move(world: World, to: PoolRuntime) -> None:
    """The store is on `to` alone, active, with the content of that pool's own replica."""
    store, up = world.store, [machine for machine in world.members(to) if machine.is_up]
    content = up[0].replica.configuration
    locations = store.copies[store.point].lis_entries
    store.copies.clear()
    store.copies[to.fqdn] = StoreCopy(
        pool=to.fqdn, active=True, configuration=content, lis_entries=locations
    )
    store.point = to.fqdn
    store.written.clear()
    to.databases += [
        Database(name=name, type="CentralMgmt", is_mirrored=False)
        for name in ("xds", "lis")
        if all(database.name != name for database in to.databases)
    ]
    for machine in world.members(to):
        for service in ("MASTER", "FTA"):
            running = "Running" if machine.is_up else "Stopped"
            machine.services.setdefault(service, ServiceState(running))
    world.change(_with_role(content, to))


def _with_role(content: Configuration, to: PoolRuntime) -> Configuration:
    """The configuration with the store's services on this pool and nowhere else."""
    others = {
        identity: record
        for identity, record in content.services.items()
        if record.role not in _ROLES
    }
    near = next(record for record in others.values() if record.pool == to.fqdn)
    role, fqdn, properties = store_role(to.spec)
    database = _record(near, "CentralManagementDatabase", to.sql_server)
    own = (
        attrs.evolve(_record(near, role, fqdn), properties=properties),
        attrs.evolve(database, properties={"SqlInstanceName": to.spec.sql_instance}),
    )
    return attrs.evolve(
        content, services={**others, **{one.identity.casefold(): one for one in own}}
    )


def _record(near: ServiceRecord, role: str, pool: Fqdn) -> ServiceRecord:
    """A service of that role beside another one of the pool."""
    site, _, instance = near.number.partition("-")
    number = f"{site}-{role}-{instance.rpartition('-')[2]}"
    return attrs.evolve(near, role=role, pool=pool, number=number, properties={})
