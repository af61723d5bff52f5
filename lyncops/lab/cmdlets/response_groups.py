"""Response groups: they are not carried over by a pool failover; an export and an import do it
(fact: response-groups).
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.exports import read_file, write_file
from lyncops.lab.cmdlets.registry import Store, changes
from lyncops.lab.model.state import PoolRuntime
from lyncops.values import Fqdn


@attrs.frozen(slots=True)
class RgsExport:
    """What Export-CsRgsConfiguration wrote: response groups with the pools that own them."""

    owners: Mapping[str, Fqdn]


def _pool(call: Call, parameter: str) -> PoolRuntime:
    """The pool of `service:ApplicationServer:<pool>`, whose application must be reachable."""
    text = call.text(parameter)
    name = text.rpartition(":")[2].casefold()
    pool = next(
        (p for p in call.world.pools.values() if p.fqdn == name and p.kind.homes_users), None
    )
    if pool is None or (":" in text and "applicationserver:" not in text.casefold()):
        call.fail(placeholders.UNKNOWN_SERVICE.format(text), category="ObjectNotFound", target=text)
    return pool


def _reachable(call: Call, parameter: str) -> PoolRuntime:
    pool = _pool(call, parameter)
    if not call.world.is_alive(pool):
        call.fail(
            placeholders.RGS_UNAVAILABLE.format(pool=pool.fqdn),
            category="ConnectionError",
            target=pool.fqdn,
        )
    return pool


@changes("Export-CsRgsConfiguration", store=Store.READ)
def export_cs_rgs_configuration(call: Call) -> None:
    """Writes the response groups that the source owns, or that -Owner owns, to a file that must not
    exist.
    """
    world = call.world
    with world.lock:
        pool = _reachable(call, "Source")
        owner = _pool(call, "Owner").fqdn if call.given("Owner") else pool.fqdn
        path = call.text("FileName")
        if path.casefold() in call.machine.files:
            call.fail(
                placeholders.FILE_EXISTS.format(file=path), category="ResourceExists", target=path
            )
        if not call.start():
            return
        owned = {name: who for name, who in pool.response_groups.items() if who == owner}
        write_file(call, path, RgsExport(owned))
        if call.flag("RemoveExportedConfiguration"):
            pool.response_groups = {
                name: who for name, who in pool.response_groups.items() if name not in owned
            }


@changes("Import-CsRgsConfiguration", store=Store.READ)
def import_cs_rgs_configuration(call: Call) -> None:
    """Brings response groups into a pool; they stay owned by the pool that had them, unless
    -OverwriteOwner.

    A name that exists on both pools is an error, unless -ResolveNameConflicts, which appends a
    number. A group that the pool has from the same owner is replaced.
    """
    world = call.world
    with world.lock:
        pool = _reachable(call, "Destination")
        content = read_file(call, RgsExport, "response groups")
        merged = dict(pool.response_groups)
        for name, exporter in content.owners.items():
            owner = pool.fqdn if call.flag("OverwriteOwner") else exporter
            merged[_free_name(call, pool, name, (owner, exporter))] = owner
        if call.start():
            pool.response_groups = merged


def _free_name(call: Call, pool: PoolRuntime, name: str, owners: tuple[Fqdn, Fqdn]) -> str:
    holder = pool.response_groups.get(name)
    if holder is None or holder in owners:
        return name
    if not call.flag("ResolveNameConflicts"):
        call.fail(
            placeholders.RGS_NAME_CONFLICT.format(name=name, pool=pool.fqdn),
            category="ResourceExists",
            target=name,
        )
    number = 1
    while f"{name}{number}" in pool.response_groups:
        number += 1
    return f"{name}{number}"
