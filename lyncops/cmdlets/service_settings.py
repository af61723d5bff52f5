"""Changing the services of Front End pools: their Edge association, backup registrar, ports."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from lyncops.cmdlets.base import EVERY_VERSION, SINCE_2013, Cmdlet, NoOutput, command, parameter
from lyncops.cmdlets.kinds import (
    BOOLEAN,
    GLOBAL_IDENTITY,
    STRING,
    SWITCH,
    TIMESPAN,
    UINT16,
    clearable,
    service,
)

EDGE_SERVER: Final = clearable(service("String", "EdgeServer"))
BACKUP_REGISTRAR: Final = clearable(service("String", "Registrar"))
REGISTRAR_IDENTITY: Final = service("XdsGlobalRelativeIdentity", "Registrar")
CONFERENCE_IDENTITY: Final = service(
    "XdsGlobalRelativeIdentity", "ConferencingServer", "ConferenceServer"
)
MEDIATION_IDENTITY: Final = service("XdsGlobalRelativeIdentity", "MediationServer")
DIRECTOR_IDENTITY: Final = service("XdsGlobalRelativeIdentity", "Director")


@command("Set-CsRegistrar", EVERY_VERSION)
class SetCsRegistrar(Cmdlet[NoOutput]):
    """Change a registrar: its media Edge, its backup registrar.

    `backup_registrar` is registrar resiliency only: it does not pair pools for failover (fact:
    pairing).
    """

    identity: str | None = parameter("Identity", REGISTRAR_IDENTITY, default=None)
    archiving_server: str | None = parameter("ArchivingServer", STRING, default=None)
    backup_registrar: str | None = parameter("BackupRegistrar", BACKUP_REGISTRAR, default=None)
    edge_server: str | None = parameter("EdgeServer", EDGE_SERVER, default=None)
    enable_automatic_failover: bool | None = parameter(
        "EnableAutomaticFailover", BOOLEAN, default=None
    )
    failback_detection_interval: timedelta | None = parameter(
        "FailbackDetectionInterval", TIMESPAN, default=None
    )
    failure_detection_interval: timedelta | None = parameter(
        "FailureDetectionInterval", TIMESPAN, default=None
    )
    monitoring_server: str | None = parameter("MonitoringServer", STRING, default=None)
    sip_port: int | None = parameter("SipPort", UINT16, default=None)
    user_server: str | None = parameter("UserServer", STRING, default=None)
    web_port: int | None = parameter("WebPort", UINT16, default=None)
    web_server: str | None = parameter("WebServer", STRING, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    registrar: str | None = parameter("Registrar", STRING, default=None)
    sip_health_port: int | None = parameter("SipHealthPort", UINT16, default=None)
    sip_server_tcp_port: int | None = parameter("SipServerTcpPort", UINT16, default=None)
    archiving_database: str | None = parameter(
        "ArchivingDatabase", STRING, default=None, versions=SINCE_2013
    )
    lyss_wcf_mtls_port: int | None = parameter(
        "LyssWcfMtlsPort", UINT16, default=None, versions=SINCE_2013
    )
    mirror_archiving_database: str | None = parameter(
        "MirrorArchivingDatabase", STRING, default=None, versions=SINCE_2013
    )
    mirror_monitoring_database: str | None = parameter(
        "MirrorMonitoringDatabase", STRING, default=None, versions=SINCE_2013
    )
    monitoring_database: str | None = parameter(
        "MonitoringDatabase", STRING, default=None, versions=SINCE_2013
    )
    win_fab_client_connection_port: int | None = parameter(
        "WinFabClientConnectionPort", UINT16, default=None, versions=SINCE_2013
    )
    win_fab_federation_port: int | None = parameter(
        "WinFabFederationPort", UINT16, default=None, versions=SINCE_2013
    )
    win_fab_ipc_port: int | None = parameter(
        "WinFabIPCPort", UINT16, default=None, versions=SINCE_2013
    )
    win_fab_lease_agent_port: int | None = parameter(
        "WinFabLeaseAgentPort", UINT16, default=None, versions=SINCE_2013
    )
    win_fab_replication_port: int | None = parameter(
        "WinFabReplicationPort", UINT16, default=None, versions=SINCE_2013
    )
    xmpp_gateway_sip_port: int | None = parameter(
        "XmppGatewaySipPort", UINT16, default=None, versions=SINCE_2013
    )


@command("Set-CsConferenceServer", EVERY_VERSION)
class SetCsConferenceServer(Cmdlet[NoOutput]):
    """Change a conferencing service: its media Edge, its ports."""

    identity: str | None = parameter("Identity", CONFERENCE_IDENTITY, default=None)
    app_sharing_sip_port: int | None = parameter("AppSharingSipPort", UINT16, default=None)
    app_sharing_port_count: int | None = parameter("AppSharingPortCount", UINT16, default=None)
    app_sharing_port_start: int | None = parameter("AppSharingPortStart", UINT16, default=None)
    audio_port_count: int | None = parameter("AudioPortCount", UINT16, default=None)
    audio_port_start: int | None = parameter("AudioPortStart", UINT16, default=None)
    audio_video_sip_port: int | None = parameter("AudioVideoSipPort", UINT16, default=None)
    data_psom_port: int | None = parameter("DataPsomPort", UINT16, default=None)
    edge_server: str | None = parameter("EdgeServer", EDGE_SERVER, default=None)
    im_sip_port: int | None = parameter("ImSipPort", UINT16, default=None)
    meeting_psom_port: int | None = parameter("MeetingPsomPort", UINT16, default=None)
    phone_sip_port: int | None = parameter("PhoneSipPort", UINT16, default=None)
    video_port_count: int | None = parameter("VideoPortCount", UINT16, default=None)
    video_port_start: int | None = parameter("VideoPortStart", UINT16, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)


@command("Set-CsMediationServer", EVERY_VERSION)
class SetCsMediationServer(Cmdlet[NoOutput]):
    """Change a Mediation service: its media Edge, its next hop, its ports."""

    identity: str | None = parameter("Identity", MEDIATION_IDENTITY, default=None)
    audio_port_count: int | None = parameter("AudioPortCount", UINT16, default=None)
    audio_port_start: int | None = parameter("AudioPortStart", UINT16, default=None)
    edge_server: str | None = parameter("EdgeServer", EDGE_SERVER, default=None)
    registrar: str | None = parameter("Registrar", STRING, default=None)
    sip_client_tcp_port: int | None = parameter("SipClientTcpPort", UINT16, default=None)
    sip_client_tls_port: int | None = parameter("SipClientTlsPort", UINT16, default=None)
    sip_server_port: int | None = parameter("SipServerPort", UINT16, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)


@command("Set-CsDirector", EVERY_VERSION)
class SetCsDirector(Cmdlet[NoOutput]):
    """Change a Director: its Edge, its ports."""

    identity: str | None = parameter("Identity", DIRECTOR_IDENTITY, default=None)
    archiving_server: str | None = parameter("ArchivingServer", STRING, default=None)
    edge_server: str | None = parameter("EdgeServer", EDGE_SERVER, default=None)
    monitoring_server: str | None = parameter("MonitoringServer", STRING, default=None)
    sip_port: int | None = parameter("SipPort", UINT16, default=None)
    web_port: int | None = parameter("WebPort", UINT16, default=None)
    web_server: str | None = parameter("WebServer", STRING, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    sip_health_port: int | None = parameter("SipHealthPort", UINT16, default=None)
    sip_server_tcp_port: int | None = parameter("SipServerTcpPort", UINT16, default=None)
    mirror_monitoring_database: str | None = parameter(
        "MirrorMonitoringDatabase", STRING, default=None, versions=SINCE_2013
    )
    monitoring_database: str | None = parameter(
        "MonitoringDatabase", STRING, default=None, versions=SINCE_2013
    )


@command("Set-CsUserServer", EVERY_VERSION)
class SetCsUserServer(Cmdlet[NoOutput]):
    """Change a user service."""

    identity: str | None = parameter("Identity", GLOBAL_IDENTITY, default=None)
    conference_server: str | None = parameter("ConferenceServer", STRING, default=None)
    mcu_factory_sip_port: int | None = parameter("McuFactorySipPort", UINT16, default=None)
    user_database: str | None = parameter("UserDatabase", STRING, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    conf_dir_management_wcf_tcp_port: int | None = parameter(
        "ConfDirManagementWcfTcpPort", UINT16, default=None, versions=SINCE_2013
    )
    user_pin_management_wcf_http_port: int | None = parameter(
        "UserPinManagementWcfHttpPort", UINT16, default=None, versions=SINCE_2013
    )


@command("Set-CsManagementServer", EVERY_VERSION)
class SetCsManagementServer(Cmdlet[NoOutput]):
    """Change a management service's replication port."""

    identity: str | None = parameter("Identity", GLOBAL_IDENTITY, default=None)
    replication_service_port: int | None = parameter("ReplicationServicePort", UINT16, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
