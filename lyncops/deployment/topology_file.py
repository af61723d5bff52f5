"""A deployment from a topology document alone: what `Get-CsTopology -AsXml` wrote to a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from lyncops.deployment.central_management import CentralManagement
from lyncops.deployment.gaps import Gaps
from lyncops.deployment.model import Deployment, Link, Pool
from lyncops.deployment.store_copies import build_copies
from lyncops.deployment.topology import build_edges, build_pools, build_sites, note_nameless
from lyncops.deployment.topology_document import backup_registrars, parse_topology
from lyncops.values import Fqdn, LyncVersion, ServiceId, Unread

BACKUP_REGISTRAR: Final = "BackupRegistrar"
"""The role of a link from a pool to its backup registrar. A topology document has it in place of
the pair; where the two are paired, it is the backup pool."""


def deployment_of_document(text: str, *, name: str, read_at: datetime) -> Deployment:
    """What a topology document says; states, users and all else that it does not have is Unread.

    Raises:
        InvalidValueError: it is not XML, or not a topology.
    """
    topology, gaps = parse_topology(text), Gaps()
    note_nameless(topology, gaps)
    backups = backup_registrars(text)
    pools = tuple(_pool(pool, backups) for pool in build_pools(topology, gaps))
    return Deployment(
        name=name,
        version=_version(pools),
        read_at=read_at,
        read_through="a topology document",
        sites=build_sites(topology.sites, gaps),
        pools=pools,
        edges=build_edges(topology.services, gaps),
        central_management=CentralManagement(
            copies=build_copies(topology, pools, gaps),
            active_master=_open("the master of the Central Management store"),
            file_transfer_agents=_open("the File Transfer Agents"),
            replicas=_open("the replicas"),
        ),
        backup_service=_open("the configuration of the Backup Service"),
        rights=_open("the operator's rights"),
        offered=_open("the cmdlets of the session"),
        test_users=_open("the test users"),
        gaps=gaps.found,
    )


def _pool(pool: Pool, backups: Mapping[Fqdn, Fqdn]) -> Pool:
    if not pool.kind.is_front_end:
        return pool
    backup = backups.get(pool.fqdn)
    link = (
        () if backup is None else (Link(role=BACKUP_REGISTRAR, to=ServiceId("Registrar", backup)),)
    )
    return attrs.evolve(
        pool,
        links=(*pool.links, *link),
        backup_pool=_open(f"the backup pool of {pool.fqdn}"),
        state=_open(f"the state of {pool.fqdn}"),
        backup_modules=_open(f"the Backup Service status of {pool.fqdn}"),
        mirrors=_open(f"the mirrors of {pool.fqdn}"),
        users=_open(f"the users of {pool.fqdn}"),
    )


def _version(pools: tuple[Pool, ...]) -> LyncVersion | Unread:
    found = {pool.version for pool in pools if pool.kind.is_front_end}
    only = next(iter(found)) if len(found) == 1 else None
    return only if isinstance(only, LyncVersion) else _open("the version")


def _open(what: str) -> Unread:
    return Unread(what, "a topology document does not have it", asked=False)
