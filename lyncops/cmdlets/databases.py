"""Back End databases: mirrors, their failover, and the user database's state."""

from __future__ import annotations

from typing import Final

from lyncops.cmdlets.base import (
    EVERY_VERSION,
    SINCE_2013,
    UNTIL_2015,
    Cmdlet,
    NoOutput,
    command,
    parameter,
)
from lyncops.cmdlets.enums import DatabaseNameType, MirrorRole, MirrorState
from lyncops.cmdlets.kinds import BOOLEAN, FQDN, STRING, STRINGS, SWITCH, choice
from lyncops.cmdlets.reading import as_bool, as_text, word_of
from lyncops.cmdlets.result import Result, prop, result

DATABASE_TYPE: Final = choice("DatabaseNameType", DatabaseNameType)
MIRROR_ROLE: Final = choice("MirrorRole", MirrorRole)


@result
class DatabaseMirrorState(Result):
    """On which side one database is principal (fact: mirror-state).

    One type has several databases, which can be on different sides (fact: mirror-databases).

    Documentation says `...OnSecondary`, scripts in the field read `...OnMirror`: both are known. An
    empty mirroring status means that the database has no mirror.
    """

    database_name: str | None = prop(
        as_text, "DatabaseName", "Database", "Name", "Identity", default=None
    )
    state_on_primary: MirrorState | None = prop(
        word_of(MirrorState), "StateOnPrimary", default=None
    )
    state_on_mirror: MirrorState | None = prop(
        word_of(MirrorState), "StateOnMirror", "StateOnSecondary", default=None
    )
    mirroring_status_on_primary: str | None = prop(
        as_text, "MirroringStatusOnPrimary", default=None
    )
    mirroring_status_on_mirror: str | None = prop(
        as_text, "MirroringStatusOnMirror", "MirroringStatusOnSecondary", default=None
    )
    database_type: str | None = prop(as_text, "DatabaseType", default=None)


@result
class UserDatabaseState(Result):
    """Whether a user database is online. `identity` is `UserDatabase:<pool>`."""

    identity: str | None = prop(as_text, "Identity", default=None)
    online: bool | None = prop(as_bool, "Online", default=None)


@command("Get-CsDatabaseMirrorState", SINCE_2013)
class GetCsDatabaseMirrorState(Cmdlet[DatabaseMirrorState]):
    """Ask for the mirrors of a pool's databases.

    Of every type unless `database_type` names one. Where the pool lacks the role it writes an error
    with "is not present on pool". Its page names 2019 at the top and denies every parameter for it:
    2019 has no SQL mirroring (fact: version-differences), so it is refused.
    """

    pool_fqdn: str = parameter("PoolFqdn", FQDN, versions=UNTIL_2015)
    database_type: DatabaseNameType | None = parameter(
        "DatabaseType", DATABASE_TYPE, default=None, versions=UNTIL_2015
    )
    local_store: bool = parameter("LocalStore", SWITCH, default=False, versions=UNTIL_2015)
    report: str | None = parameter("Report", STRING, default=None, versions=UNTIL_2015)


@command("Invoke-CsDatabaseFailover", SINCE_2013)
class InvokeCsDatabaseFailover(Cmdlet[NoOutput]):
    """Make the mirror (or the primary again) principal for a type of databases.

    Fails without a mirror. Asks once per database unless `-Confirm:$false`, which is always sent.
    To leave databases out the name is `exclude_database_list`: the page's example is wrong (fact:
    wrong-parameter-names).
    """

    database_type: DatabaseNameType = parameter("DatabaseType", DATABASE_TYPE)
    new_principal: MirrorRole = parameter("NewPrincipal", MIRROR_ROLE)
    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    exclude_database_list: tuple[str, ...] | None = parameter(
        "ExcludeDatabaseList", STRINGS, default=None
    )
    force: bool = parameter("Force", SWITCH, default=False)
    local_store: bool = parameter("LocalStore", SWITCH, default=False)
    report: str | None = parameter("Report", STRING, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)


@command("Get-CsUserDatabaseState", EVERY_VERSION, sets=("Identity", "RegistrarPool"))
class GetCsUserDatabaseState(Cmdlet[UserDatabaseState]):
    """Ask whether a user database is online.

    On Standard Edition it cannot run from another machine unless the firewall lets SQL Express
    through.
    """

    identity: str | None = parameter("Identity", STRING, default=None, sets=("Identity",))
    registrar_pool: str | None = parameter(
        "RegistrarPool", FQDN, default=None, sets=("RegistrarPool",)
    )


@command("Set-CsUserDatabaseState", EVERY_VERSION, sets=("Identity", "RegistrarPool"))
class SetCsUserDatabaseState(Cmdlet[NoOutput]):
    """Take a user database online or offline."""

    online: bool = parameter("Online", BOOLEAN)
    identity: str | None = parameter(
        "Identity", STRING, default=None, sets=("Identity",), mandatory_in=("Identity",)
    )
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    registrar_pool: str | None = parameter(
        "RegistrarPool",
        FQDN,
        default=None,
        sets=("RegistrarPool",),
        mandatory_in=("RegistrarPool",),
    )


@command("Install-CsMirrorDatabase", SINCE_2013, sets=("ByConfigured", "ByDatabase"))
class InstallCsMirrorDatabase(Cmdlet[NoOutput]):
    """Set up a mirror for databases. 2019 supports no mirroring (fact: version-differences)."""

    file_share: str = parameter("FileShare", STRING)
    sql_server_fqdn: str = parameter("SqlServerFqdn", FQDN)
    configured_databases: bool = parameter(
        "ConfiguredDatabases", SWITCH, default=False, sets=("ByConfigured",)
    )
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    drop_existing_databases_on_mirror: bool = parameter(
        "DropExistingDatabasesOnMirror", SWITCH, default=False
    )
    exclude_database_list: tuple[str, ...] | None = parameter(
        "ExcludeDatabaseList", STRINGS, default=None
    )
    for_default_instance: bool = parameter(
        "ForDefaultInstance", SWITCH, default=False, sets=("ByConfigured",)
    )
    for_instance: str | None = parameter(
        "ForInstance", STRING, default=None, sets=("ByConfigured",)
    )
    report: str | None = parameter("Report", STRING, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    database_type: DatabaseNameType | None = parameter(
        "DatabaseType",
        DATABASE_TYPE,
        default=None,
        sets=("ByDatabase",),
        mandatory_in=("ByDatabase",),
    )
    sql_instance_name: str | None = parameter(
        "SqlInstanceName", STRING, default=None, sets=("ByDatabase",)
    )


@command("Uninstall-CsMirrorDatabase", SINCE_2013)
class UninstallCsMirrorDatabase(Cmdlet[NoOutput]):
    """Remove the mirror of databases."""

    database_type: DatabaseNameType = parameter("DatabaseType", DATABASE_TYPE, versions=UNTIL_2015)
    sql_server_fqdn: str = parameter("SqlServerFqdn", FQDN, versions=UNTIL_2015)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None, versions=UNTIL_2015)
    drop_existing_databases_on_mirror: bool = parameter(
        "DropExistingDatabasesOnMirror", SWITCH, default=False, versions=UNTIL_2015
    )
    report: str | None = parameter("Report", STRING, default=None, versions=UNTIL_2015)
    sql_instance_name: str | None = parameter(
        "SqlInstanceName", STRING, default=None, versions=UNTIL_2015
    )
    what_if: bool = parameter("WhatIf", SWITCH, default=False, versions=UNTIL_2015)
