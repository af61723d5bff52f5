"""Mirrored databases: Get-CsDatabaseMirrorState and Invoke-CsDatabaseFailover; the state of user
databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, cast

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.registry import Opens, Store, changes, reads
from lyncops.lab.cmdlets.shapes import EnumValue
from lyncops.lab.model.power import reconsider
from lyncops.lab.model.progress import settle
from lyncops.lab.model.state import Database, PoolRuntime
from lyncops.lab.scenarios.scenario import Kind
from lyncops.values import RemoteObject

_STATE: Final = "Microsoft.Rtc.Management.Deployment.DatabaseMirrorState"
_USER_STORE: Final = "Microsoft.Rtc.Management.Xds.UserStoreState"
_NOT_MIRRORED: Final = "DatabaseInaccessibleOrMirroringNotEnabled"
_PER_DATABASE: Final = timedelta(minutes=1)  # a guess


def _type(call: Call) -> str:
    """`CMS` is another name for CentralMgmt on the 2013 page (fact: wrong-parameter-names)."""
    text = call.text("DatabaseType")
    return "CentralMgmt" if text == "CMS" else text


@reads("Get-CsDatabaseMirrorState", opens=Opens.DATABASES)
def get_cs_database_mirror_state(call: Call) -> Iterator[RemoteObject]:
    """One object per database; all types without -DatabaseType.

    A type that the pool lacks is a non-terminating error.
    """
    pool = call.front_end_pool()
    wanted = _type(call)
    databases = [d for d in pool.databases if not wanted or d.type == wanted]
    if not databases:
        call.error(
            placeholders.MIRROR_TYPE_ABSENT.format(type=wanted, pool=pool.fqdn),
            category="ObjectNotFound",
            target=pool.fqdn,
        )
    mirror_side = "Secondary" if call.world.switches.status_on_secondary else "Mirror"
    for database in databases:
        (primary, primary_status), (mirror, mirror_status) = _sides(call, pool, database)
        values = {
            "DatabaseName": database.name,
            "StateOnPrimary": EnumValue("DatabaseState", primary),
            "StateOnMirror": EnumValue("DatabaseState", mirror),
            "MirroringStatusOnPrimary": primary_status,
            f"MirroringStatusOn{mirror_side}": mirror_status,
        }
        yield call.make(_STATE, values, text=_STATE)


_Side = tuple[str, str]


def _sides(call: Call, pool: PoolRuntime, database: Database) -> tuple[_Side, _Side]:
    """State and mirroring status on the primary's and on the mirror's side."""
    absent = (_NOT_MIRRORED, "")
    mirror_server = pool.spec.mirror_server
    if not database.is_mirrored or mirror_server is None:
        return absent, absent
    up = (call.world.sql_is_up(pool.sql_server), call.world.sql_is_up(mirror_server))
    status = (
        ("synchronized" if database.synchronized else "suspended") if all(up) else "disconnected"
    )
    roles = ("Mirror", "Principal") if database.principal_on_mirror else ("Principal", "Mirror")
    first, second = (
        (role, status) if is_up else absent for role, is_up in zip(roles, up, strict=True)
    )
    return first, second


@changes("Invoke-CsDatabaseFailover", store=Store.READ)
def invoke_cs_database_failover(call: Call) -> None:
    """Moves the principal of every database of a type; prompts once per database unless
    -Confirm:$false (fact: prompts).

    Refuses: no mirror configured; the server that should take over is down; a database that is not
    synchronised, or (without -Force) whose principal cannot be reached. Force suspends the
    mirroring until people resume it (fact: mirror-forced).
    """
    world = call.world
    with world.lock:
        pool = call.front_end_pool()
        kind, to_mirror = _type(call), call.text("NewPrincipal") == "Mirror"
        excluded = {
            name.casefold()
            for name in cast("tuple[str, ...]", call.value("ExcludeDatabaseList") or ())
        }
        databases = [
            d for d in pool.databases if d.type == kind and d.name.casefold() not in excluded
        ]
        if pool.spec.mirror_server is None or not databases:
            call.fail(
                placeholders.MIRROR_ABSENT.format(type=kind, pool=pool.fqdn), target=pool.fqdn
            )
        servers = (pool.spec.mirror_server, pool.sql_server)
        target, old = servers if to_mirror else servers[::-1]
        moving = [d for d in databases if d.principal_on_mirror is not to_mirror]
        if not world.sql_is_up(target):
            call.fail(
                placeholders.MIRROR_SERVER_DOWN.format(server=target),
                category="ConnectionError",
                target=target,
            )
        if moving and not world.sql_is_up(old) and not call.flag("Force"):
            call.fail(
                placeholders.MIRROR_SERVER_DOWN.format(server=old),
                category="ConnectionError",
                target=old,
            )
        for database in moving:
            if not database.synchronized:
                message = placeholders.MIRROR_NOT_SYNCHRONIZED.format(database=database.name)
                call.fail(message, target=database.name)
    agreed = [
        d for d in moving if call.should_process(f"{d.name} on {pool.fqdn}", high_impact=True)
    ]
    if call.flag("WhatIf") or not call.start():
        return
    for database in agreed:
        call.wait(_PER_DATABASE, call.name, database.name)
        with world.lock:
            settle(world)
            database.principal_on_mirror = to_mirror
            database.synchronized = world.sql_is_up(old)
    with world.lock:
        reconsider(world, pool)


@reads("Get-CsUserDatabaseState", opens=Opens.DATABASES)
def get_cs_user_database_state(call: Call) -> Iterator[RemoteObject]:
    """Whether a user database is online.

    Standard Edition cannot be asked from elsewhere (fact: user-database-state).
    """
    wanted = call.text("Identity").casefold()
    for pool in call.world.pools.values():
        identity = f"UserDatabase:{pool.sql_server}"
        if not pool.kind.homes_users or (wanted and identity.casefold() != wanted):
            continue
        if call.given("RegistrarPool") and pool.fqdn != call.fqdn("RegistrarPool"):
            continue
        if pool.kind is Kind.STANDARD and call.machine.pool != pool.fqdn:
            call.error(
                placeholders.MIRROR_SERVER_DOWN.format(server=pool.sql_server),
                category="ConnectionError",
                target=identity,
            )
            continue
        yield call.make(
            _USER_STORE, {"Identity": identity, "Online": call.world.has_sql(pool)}, text=identity
        )
