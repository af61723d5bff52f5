"""Users, which pool serves them, their data, and conference directories."""

from __future__ import annotations

from typing import ClassVar

from lyncops.cmdlets.base import (
    EVERY_VERSION,
    SINCE_2013,
    SINCE_2015,
    UNTIL_2013,
    Cmdlet,
    NoOutput,
    command,
    parameter,
)
from lyncops.cmdlets.kinds import (
    FQDN,
    FQDN_STRING,
    GLOBAL_IDENTITY,
    INT32,
    ORGANIZATIONAL_UNIT,
    STRING,
    SWITCH,
    UNLIMITED,
    USER,
)
from lyncops.cmdlets.reading import as_bool, as_fqdn, as_name, as_text, service_of, several
from lyncops.cmdlets.result import Result, prop, result
from lyncops.values import Fqdn, ServiceId


@result
class User(Result):
    """A user.

    `registrar_pool` is the home pool, which a failover never changes (fact: users-not-rehomed).
    """

    BARE: ClassVar[str] = "Identity"

    identity: str | None = prop(as_name, "Identity", "DistinguishedName", default=None)
    sip_address: str | None = prop(as_text, "SipAddress", default=None)
    registrar_pool: Fqdn | None = prop(as_fqdn, "RegistrarPool", "HomeServer", default=None)
    enabled: bool | None = prop(as_bool, "Enabled", "EnabledForCsServer", default=None)
    display_name: str | None = prop(as_text, "DisplayName", default=None)
    user_principal_name: str | None = prop(as_text, "UserPrincipalName", default=None)
    sam_account_name: str | None = prop(as_text, "SamAccountName", default=None)
    enterprise_voice_enabled: bool | None = prop(as_bool, "EnterpriseVoiceEnabled", default=None)
    hosting_provider: str | None = prop(as_text, "HostingProvider", default=None)


@result
class UserPoolInfo(Result):
    """Where a user registers: in the primary pool, after a failover with
    `backup_pool_primary_registrar` (fact: user-pool-info).
    """

    BARE: ClassVar[str] = "Identity"

    identity: str | None = prop(as_name, "Identity", "UserIdentity", "SipAddress", default=None)
    primary_pool_fqdn: Fqdn | None = prop(as_fqdn, "PrimaryPoolFqdn", "PrimaryPool", default=None)
    backup_pool_fqdn: Fqdn | None = prop(as_fqdn, "BackupPoolFqdn", "BackupPool", default=None)
    user_services_pool_fqdn: Fqdn | None = prop(
        as_fqdn, "UserServicesPoolFqdn", "UserServicesPool", default=None
    )
    primary_pool_primary_registrar: Fqdn | None = prop(
        as_fqdn, "PrimaryPoolPrimaryRegistrar", default=None
    )
    primary_pool_backup_registrars: tuple[Fqdn, ...] = prop(
        several(as_fqdn), "PrimaryPoolBackupRegistrars", default=()
    )
    primary_pool_machines_in_preferred_order: tuple[Fqdn, ...] = prop(
        several(as_fqdn), "PrimaryPoolMachinesInPreferredOrder", default=()
    )
    backup_pool_primary_registrar: Fqdn | None = prop(
        as_fqdn, "BackupPoolPrimaryRegistrar", default=None
    )
    backup_pool_machines_in_preferred_order: tuple[Fqdn, ...] = prop(
        several(as_fqdn), "BackupPoolMachinesInPreferredOrder", default=()
    )


@result
class ConferenceDirectory(Result):
    """A conference directory and the pool (`UserServer:<pool>`) that holds it.

    It stays with a lost pool unless moved.
    """

    identity: str | None = prop(as_name, "Identity", default=None)
    service_id: ServiceId | None = prop(
        service_of("UserServer"), "ServiceId", "HomePool", default=None
    )


@command("Get-CsUser", EVERY_VERSION)
class GetCsUser(Cmdlet[User]):
    """Ask for users.

    `filter` narrows by a property, for example the registrar pool; `result_size` limits.
    """

    identity: str | None = parameter("Identity", USER, default=None)
    domain_controller: str | None = parameter("DomainController", FQDN, default=None)
    filter: str | None = parameter("Filter", STRING, default=None)
    on_office_communication_server: bool = parameter(
        "OnOfficeCommunicationServer", SWITCH, default=False
    )
    on_lync_server: bool = parameter("OnLyncServer", SWITCH, default=False, versions=UNTIL_2013)
    ou: str | None = parameter("OU", ORGANIZATIONAL_UNIT, default=None)
    result_size: int | None = parameter("ResultSize", UNLIMITED, default=None)
    ldap_filter: str | None = parameter("LdapFilter", STRING, default=None)
    un_assigned_user: bool = parameter("UnAssignedUser", SWITCH, default=False)
    on_modern_server: bool = parameter("OnModernServer", SWITCH, default=False, versions=SINCE_2015)


@command("Get-CsUserPoolInfo", EVERY_VERSION)
class GetCsUserPoolInfo(Cmdlet[UserPoolInfo]):
    """Ask where a user registers, in home and backup pool.

    A user without registrar pool is an error among others: the rest goes on.
    """

    identity: str = parameter("Identity", USER)
    local_store: bool = parameter("LocalStore", SWITCH, default=False)


@command("Move-CsUser", EVERY_VERSION, sets=("Identity", "Users"))
class MoveCsUser(Cmdlet[NoOutput]):
    """Move users to another pool for good. Not a failover.

    `force` loses the user's data and is for a pool that is gone (fact: pool-lost-for-good). The
    parameters that move users to the cloud, with the secrets that they need, are left out.
    """

    target: str = parameter("Target", FQDN)
    identity: str | None = parameter(
        "Identity", USER, default=None, sets=("Identity",), mandatory_in=("Identity",)
    )
    move_conference_data: bool = parameter(
        "MoveConferenceData", SWITCH, default=False, versions=SINCE_2013
    )
    report: str | None = parameter("Report", STRING, default=None, versions=SINCE_2015)
    force: bool = parameter("Force", SWITCH, default=False)
    use_legacy_mode: bool = parameter("UseLegacyMode", SWITCH, default=False)
    ignore_backend_store_exception: bool = parameter(
        "IgnoreBackendStoreException", SWITCH, default=False
    )
    proxy_pool: str | None = parameter("ProxyPool", FQDN, default=None)
    domain_controller: str | None = parameter("DomainController", FQDN, default=None)
    pass_thru: bool = parameter("PassThru", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None, versions=SINCE_2013)
    user_list: str | None = parameter(
        "UserList",
        STRING,
        default=None,
        sets=("Users",),
        mandatory_in=("Users",),
        versions=SINCE_2015,
    )


@command("Export-CsUserData", SINCE_2013, sets=("Identity", "PoolFqdn", "SqlInstance"))
class ExportCsUserData(Cmdlet[NoOutput]):
    """Write users' data of a pool to a file on the server."""

    file_name: str = parameter("FileName", STRING)
    identity: str | None = parameter(
        "Identity", STRING, default=None, sets=("Identity",), mandatory_in=("Identity",)
    )
    conf_directory_filter: str | None = parameter("ConfDirectoryFilter", STRING, default=None)
    domain_controller: str | None = parameter("DomainController", FQDN, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    legacy_format: bool = parameter("LegacyFormat", SWITCH, default=False)
    user_filter: str | None = parameter("UserFilter", STRING, default=None)
    user_file_filter: str | None = parameter(
        "UserFileFilter", STRING, default=None, versions=SINCE_2015
    )
    pool_fqdn: str | None = parameter(
        "PoolFqdn", FQDN, default=None, sets=("PoolFqdn",), mandatory_in=("PoolFqdn",)
    )
    sql_instance_name: str | None = parameter(
        "SqlInstanceName",
        STRING,
        default=None,
        sets=("SqlInstance",),
        mandatory_in=("SqlInstance",),
        versions=SINCE_2015,
    )
    db_name: str | None = parameter(
        "DbName", STRING, default=None, sets=("SqlInstance",), versions=SINCE_2015
    )


@command("Import-CsUserData", SINCE_2013, sets=("Identity", "PoolFqdn"))
class ImportCsUserData(Cmdlet[NoOutput]):
    """Read users' data into a pool."""

    file_name: str = parameter("FileName", STRING)
    identity: str | None = parameter(
        "Identity", STRING, default=None, sets=("Identity",), mandatory_in=("Identity",)
    )
    conf_directory_filter: str | None = parameter("ConfDirectoryFilter", STRING, default=None)
    domain_controller: str | None = parameter("DomainController", FQDN, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    legacy_format: bool = parameter("LegacyFormat", SWITCH, default=False)
    routing_group_filter: str | None = parameter("RoutingGroupFilter", STRING, default=None)
    user_filter: str | None = parameter("UserFilter", STRING, default=None)
    pool_fqdn: str | None = parameter(
        "PoolFqdn", FQDN, default=None, sets=("PoolFqdn",), mandatory_in=("PoolFqdn",)
    )


@command("Update-CsUserData", SINCE_2013)
class UpdateCsUserData(Cmdlet[NoOutput]):
    """Merge users' data into a pool, without replacing what is there."""

    file_name: str = parameter("FileName", STRING)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    domain_controller: str | None = parameter("DomainController", FQDN, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    routing_group_filter: str | None = parameter("RoutingGroupFilter", STRING, default=None)
    user_filter: str | None = parameter("UserFilter", STRING, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    target_pool_fqdn: str | None = parameter(
        "TargetPoolFqdn", FQDN, default=None, versions=SINCE_2015
    )
    test_mode: bool = parameter("TestMode", SWITCH, default=False, versions=SINCE_2015)
    thread_count: int | None = parameter("ThreadCount", INT32, default=None, versions=SINCE_2015)
    user_file_filter: str | None = parameter(
        "UserFileFilter", STRING, default=None, versions=SINCE_2015
    )


@command("Remove-CsUserStoreBackupData", SINCE_2013)
class RemoveCsUserStoreBackupData(Cmdlet[NoOutput]):
    """Delete the data that a pool keeps for its partner, before pools are unpaired."""

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)


@command("Get-CsConferenceDirectory", EVERY_VERSION, sets=("Filter", "Identity"))
class GetCsConferenceDirectory(Cmdlet[ConferenceDirectory]):
    """Ask for conference directories."""

    filter: str | None = parameter("Filter", STRING, default=None, sets=("Filter",))
    local_store: bool = parameter("LocalStore", SWITCH, default=False)
    identity: str | None = parameter("Identity", GLOBAL_IDENTITY, default=None, sets=("Identity",))


@command("Move-CsConferenceDirectory", EVERY_VERSION)
class MoveCsConferenceDirectory(Cmdlet[NoOutput]):
    """Move a conference directory to another pool.

    `force` where the pool that holds it is gone: conference identities made since its last backup
    are lost.
    """

    identity: str = parameter("Identity", GLOBAL_IDENTITY)
    target_pool: str = parameter("TargetPool", FQDN_STRING)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
