"""The services of a topology: which pool holds which, and what they depend on."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from lyncops.cmdlets.base import (
    EVERY_VERSION,
    ONLY_2010,
    ONLY_2013,
    SINCE_2013,
    SINCE_2015,
    Cmdlet,
    command,
    parameter,
)
from lyncops.cmdlets.kinds import FQDN_STRING, GLOBAL_IDENTITY, STRING, SWITCH
from lyncops.cmdlets.reading import (
    as_bool,
    as_fqdn,
    as_int,
    as_site,
    as_text,
    as_timedelta,
    service_of,
    several,
)
from lyncops.cmdlets.result import Result, prop, result
from lyncops.cmdlets.versions import as_service_version
from lyncops.values import Fqdn, ServiceId, SiteName


@result
class Service(Result):
    """A service of the topology; one class for every role, so most fields are None for any one
    (fact: service-objects).

    `registrar` of an Edge service, a Mediation Server or a trusted application pool is its next
    hop, `mediation_server` that of a PSTN gateway. `edge_server` of the others is their media Edge.
    `external_fqdn` is the name of web services. `active` tells whether a Central Management service
    holds the active store. `version` is the service's: see `lync_version_of_service`.
    """

    BARE: ClassVar[str] = "Identity"

    identity: ServiceId | None = prop(service_of(""), "Identity", default=None)
    service_id: str | None = prop(as_text, "ServiceId", default=None)
    site_id: SiteName | None = prop(as_site, "SiteId", "Site", default=None)
    pool_fqdn: Fqdn | None = prop(as_fqdn, "PoolFqdn", "Pool", default=None)
    version: int | None = prop(as_service_version, "Version", "ServiceVersion", default=None)
    role: str | None = prop(as_text, "Role", default=None)
    active: bool | None = prop(as_bool, "Active", "IsActive", default=None)
    registrar: ServiceId | None = prop(service_of("Registrar"), "Registrar", default=None)
    edge_server: ServiceId | None = prop(service_of("EdgeServer"), "EdgeServer", default=None)
    backup_registrar: ServiceId | None = prop(
        service_of("Registrar"), "BackupRegistrar", default=None
    )
    user_server: ServiceId | None = prop(service_of("UserServer"), "UserServer", default=None)
    mediation_server: ServiceId | None = prop(
        service_of("MediationServer"), "MediationServer", default=None
    )
    external_fqdn: Fqdn | None = prop(as_fqdn, "ExternalFqdn", default=None)
    web_server: ServiceId | None = prop(service_of("WebServer"), "WebServer", default=None)
    user_database: ServiceId | None = prop(service_of("UserDatabase"), "UserDatabase", default=None)
    central_management_database: ServiceId | None = prop(
        service_of("CentralManagementDatabase"), "CentralManagementDatabase", default=None
    )
    sql_instance_name: str | None = prop(as_text, "SqlInstanceName", "InstanceName", default=None)
    mirror_sql_instance_name: str | None = prop(
        as_text, "MirrorSqlInstanceName", "MirrorInstanceName", default=None
    )
    mirror_sql_server_fqdn: Fqdn | None = prop(
        as_fqdn, "MirrorSqlServerFqdn", "MirrorPoolFqdn", "MirrorFqdn", default=None
    )
    unc_path: str | None = prop(as_text, "UncPath", default=None)
    enable_automatic_failover: bool | None = prop(as_bool, "EnableAutomaticFailover", default=None)
    failure_detection_interval: timedelta | None = prop(
        as_timedelta, "FailureDetectionInterval", default=None
    )
    failback_detection_interval: timedelta | None = prop(
        as_timedelta, "FailbackDetectionInterval", default=None
    )
    access_edge_external_sip_port: int | None = prop(
        as_int, "AccessEdgeExternalSipPort", default=None
    )
    access_edge_internal_sip_port: int | None = prop(
        as_int, "AccessEdgeInternalSipPort", default=None
    )
    access_edge_client_sip_port: int | None = prop(as_int, "AccessEdgeClientSipPort", default=None)
    access_edge_external_fqdn: Fqdn | None = prop(as_fqdn, "AccessEdgeExternalFqdn", default=None)
    dependent_service_list: tuple[ServiceId, ...] = prop(
        several(service_of("")), "DependentServiceList", default=()
    )


@command(
    "Get-CsService",
    EVERY_VERSION,
    sets=(
        "ApplicationDatabase",
        "ApplicationServer",
        "ArchivingDatabase",
        "ArchivingServer",
        "BackupServer",
        "CentralManagement",
        "CentralManagementDatabase",
        "ConferenceServer",
        "Director",
        "EdgeServer",
        "FileStore",
        "Filter",
        "Identity",
        "LegalInterceptServer",
        "ManagementServer",
        "MediationServer",
        "MonitoringDatabase",
        "MonitoringServer",
        "PersistentChatComplianceDatabase",
        "PersistentChatDatabase",
        "PersistentChatServer",
        "ProvisionDatabase",
        "ProvisionServer",
        "PstnGateway",
        "Registrar",
        "TrustedApplicationPool",
        "UserDatabase",
        "UserServer",
        "VideoGateway",
        "VideoInteropServer",
        "WacServer",
        "WebServer",
    ),
)
class GetCsService(Cmdlet[Service]):
    """Ask for services: of every role, or of the one whose switch is set.

    `central_management` gives one service per pool that holds a copy of the store, active or not.
    It has no `-LocalStore`.
    """

    application_database: bool = parameter(
        "ApplicationDatabase", SWITCH, default=False, sets=("ApplicationDatabase",)
    )
    pool_fqdn: str | None = parameter("PoolFqdn", FQDN_STRING, default=None)
    application_server: bool = parameter(
        "ApplicationServer", SWITCH, default=False, sets=("ApplicationServer",)
    )
    archiving_database: bool = parameter(
        "ArchivingDatabase", SWITCH, default=False, sets=("ArchivingDatabase",)
    )
    archiving_server: bool = parameter(
        "ArchivingServer", SWITCH, default=False, sets=("ArchivingServer",)
    )
    backup_server: bool = parameter(
        "BackupServer", SWITCH, default=False, sets=("BackupServer",), versions=SINCE_2013
    )
    central_management: bool = parameter(
        "CentralManagement", SWITCH, default=False, sets=("CentralManagement",)
    )
    central_management_database: bool = parameter(
        "CentralManagementDatabase", SWITCH, default=False, sets=("CentralManagementDatabase",)
    )
    conferencing_server: bool = parameter(
        "ConferencingServer", SWITCH, default=False, sets=("ConferenceServer",)
    )
    director: bool = parameter("Director", SWITCH, default=False, sets=("Director",))
    edge_server: bool = parameter("EdgeServer", SWITCH, default=False, sets=("EdgeServer",))
    file_store: bool = parameter("FileStore", SWITCH, default=False, sets=("FileStore",))
    filter: str | None = parameter("Filter", STRING, default=None, sets=("Filter",))
    identity: str | None = parameter("Identity", GLOBAL_IDENTITY, default=None, sets=("Identity",))
    legal_intercept_server: bool = parameter(
        "LegalInterceptServer",
        SWITCH,
        default=False,
        sets=("LegalInterceptServer",),
        versions=ONLY_2013,
    )
    management_server: bool = parameter(
        "ManagementServer", SWITCH, default=False, sets=("ManagementServer",)
    )
    mediation_server: bool = parameter(
        "MediationServer", SWITCH, default=False, sets=("MediationServer",)
    )
    monitoring_database: bool = parameter(
        "MonitoringDatabase", SWITCH, default=False, sets=("MonitoringDatabase",)
    )
    monitoring_server: bool = parameter(
        "MonitoringServer", SWITCH, default=False, sets=("MonitoringServer",)
    )
    persistent_chat_compliance_database: bool = parameter(
        "PersistentChatComplianceDatabase",
        SWITCH,
        default=False,
        sets=("PersistentChatComplianceDatabase",),
        versions=SINCE_2013,
    )
    persistent_chat_database: bool = parameter(
        "PersistentChatDatabase",
        SWITCH,
        default=False,
        sets=("PersistentChatDatabase",),
        versions=SINCE_2013,
    )
    persistent_chat_server: bool = parameter(
        "PersistentChatServer",
        SWITCH,
        default=False,
        sets=("PersistentChatServer",),
        versions=SINCE_2013,
    )
    provision_database: bool = parameter(
        "ProvisionDatabase", SWITCH, default=False, sets=("ProvisionDatabase",), versions=ONLY_2010
    )
    provision_server: bool = parameter(
        "ProvisionServer", SWITCH, default=False, sets=("ProvisionServer",), versions=ONLY_2010
    )
    pstn_gateway: bool = parameter("PstnGateway", SWITCH, default=False, sets=("PstnGateway",))
    registrar: bool = parameter("Registrar", SWITCH, default=False, sets=("Registrar",))
    trusted_application_pool: bool = parameter(
        "TrustedApplicationPool", SWITCH, default=False, sets=("TrustedApplicationPool",)
    )
    user_database: bool = parameter("UserDatabase", SWITCH, default=False, sets=("UserDatabase",))
    user_server: bool = parameter("UserServer", SWITCH, default=False, sets=("UserServer",))
    video_gateway: bool = parameter(
        "VideoGateway", SWITCH, default=False, sets=("VideoGateway",), versions=SINCE_2015
    )
    video_interop_server: bool = parameter(
        "VideoInteropServer",
        SWITCH,
        default=False,
        sets=("VideoInteropServer",),
        versions=SINCE_2015,
    )
    wac_server: bool = parameter(
        "WacServer", SWITCH, default=False, sets=("WacServer",), versions=SINCE_2013
    )
    web_server: bool = parameter("WebServer", SWITCH, default=False, sets=("WebServer",))
