"""Registrar settings, which show whether a pool is failed over."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from lyncops.cmdlets.base import (
    EVERY_VERSION,
    SINCE_2013,
    SINCE_2015,
    Cmdlet,
    NoOutput,
    command,
    parameter,
)
from lyncops.cmdlets.enums import PoolState
from lyncops.cmdlets.kinds import (
    BOOLEAN,
    IDENTITY,
    INT32,
    STRING,
    SWITCH,
    TIMESPAN,
    UINT16,
    UINT64,
    choice,
)
from lyncops.cmdlets.reading import as_bool, as_int, as_name, as_timedelta, word_of
from lyncops.cmdlets.result import Result, prop, result

POOL_STATE: Final = choice("PoolState", PoolState)


@result
class RegistrarConfiguration(Result):
    """Registrar settings; those of one service show in `pool_state` whether its pool is failed over
    (fact: pool-state).

    `identity` is `Global`, `Site:...` or `Service:Registrar:<pool>`.
    """

    identity: str | None = prop(as_name, "Identity", default=None)
    pool_state: PoolState | None = prop(word_of(PoolState), "PoolState", default=None)
    backup_store_unavailable_threshold: timedelta | None = prop(
        as_timedelta, "BackupStoreUnavailableThreshold", default=None
    )
    max_user_count: int | None = prop(as_int, "MaxUserCount", default=None)
    max_endpoints_per_user: int | None = prop(as_int, "MaxEndpointsPerUser", default=None)
    min_endpoint_expiration: int | None = prop(as_int, "MinEndpointExpiration", default=None)
    max_endpoint_expiration: int | None = prop(as_int, "MaxEndpointExpiration", default=None)
    default_endpoint_expiration: int | None = prop(
        as_int, "DefaultEndpointExpiration", default=None
    )
    enable_dhcp_server: bool | None = prop(as_bool, "EnableDHCPServer", default=None)


@command("Get-CsRegistrarConfiguration", EVERY_VERSION, sets=("Filter", "Identity"))
class GetCsRegistrarConfiguration(Cmdlet[RegistrarConfiguration]):
    """Ask for registrar settings.

    Of one pool: `identity="Service:Registrar:<pool>"`, with `local_store` also while the Central
    Management store is down.
    """

    filter: str | None = parameter("Filter", STRING, default=None, sets=("Filter",))
    local_store: bool = parameter("LocalStore", SWITCH, default=False)
    identity: str | None = parameter("Identity", IDENTITY, default=None, sets=("Identity",))


@command("Set-CsRegistrarConfiguration", EVERY_VERSION)
class SetCsRegistrarConfiguration(Cmdlet[NoOutput]):
    """Change registrar settings.

    Setting `pool_state` by hand is not a failover: that is Invoke-CsPoolFailOver's to do.
    """

    identity: str | None = parameter("Identity", IDENTITY, default=None)
    default_endpoint_expiration: int | None = parameter(
        "DefaultEndpointExpiration", INT32, default=None
    )
    enable_dhcp_server: bool | None = parameter("EnableDHCPServer", BOOLEAN, default=None)
    max_endpoint_expiration: int | None = parameter("MaxEndpointExpiration", INT32, default=None)
    max_endpoints_per_user: int | None = parameter("MaxEndpointsPerUser", UINT16, default=None)
    min_endpoint_expiration: int | None = parameter("MinEndpointExpiration", INT32, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    backup_store_unavailable_threshold: timedelta | None = parameter(
        "BackupStoreUnavailableThreshold", TIMESPAN, default=None, versions=SINCE_2013
    )
    max_user_count: int | None = parameter(
        "MaxUserCount", UINT64, default=None, versions=SINCE_2013
    )
    pool_state: PoolState | None = parameter(
        "PoolState", POOL_STATE, default=None, versions=SINCE_2013
    )
    enable_win_fab_log_upload: bool | None = parameter(
        "EnableWinFabLogUpload", BOOLEAN, default=None, versions=SINCE_2015
    )
    user_certificate_replication_threshold: int | None = parameter(
        "UserCertificateReplicationThreshold", UINT64, default=None, versions=SINCE_2015
    )
    win_fab_max_logs_size_mb: int | None = parameter(
        "WinFabMaxLogsSizeMb", INT32, default=None, versions=SINCE_2015
    )
