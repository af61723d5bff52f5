"""The Test- cmdlets: what a server finds when it tries."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from lyncops.cmdlets.base import EVERY_VERSION, SINCE_2013, SINCE_2015, Cmdlet, command, parameter
from lyncops.cmdlets.databases import DATABASE_TYPE
from lyncops.cmdlets.enums import DatabaseNameType
from lyncops.cmdlets.kinds import AUTHENTICATION, FQDN, FQDN_STRING, INT32, STRING, SWITCH, UINT32
from lyncops.cmdlets.reading import as_text, as_timedelta
from lyncops.cmdlets.result import Result, prop, result


@result
class TaskOutput(Result):
    """What a Test- cmdlet found (Microsoft.Rtc.SyntheticTransactions.TaskOutput)."""

    BARE: ClassVar[str] = "Result"

    target_fqdn: str | None = prop(as_text, "TargetFqdn", default=None)
    result: str | None = prop(as_text, "Result", default=None)
    latency: timedelta | None = prop(as_timedelta, "Latency", default=None)
    error: str | None = prop(as_text, "Error", default=None)
    diagnosis: str | None = prop(as_text, "Diagnosis", default=None)

    @property
    def succeeded(self) -> bool:
        """Whether the server says `Success`."""
        return (self.result or "").strip().casefold() == "success"


@command("Test-CsDatabase", SINCE_2013, sets=("ByCMS", "ByConfigured", "ByDatabase", "ByLocal"))
class TestCsDatabase(Cmdlet[TaskOutput]):
    """Check that databases are there, in the right version."""

    central_management_database: bool = parameter(
        "CentralManagementDatabase", SWITCH, default=False, sets=("ByCMS",)
    )
    sql_server_fqdn: str | None = parameter(
        "SqlServerFqdn",
        FQDN,
        default=None,
        sets=("ByCMS", "ByConfigured", "ByDatabase"),
        mandatory_in=("ByConfigured", "ByDatabase"),
    )
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    report: str | None = parameter("Report", STRING, default=None)
    sql_instance_name: str | None = parameter(
        "SqlInstanceName", STRING, default=None, sets=("ByCMS", "ByDatabase")
    )
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    configured_databases: bool = parameter(
        "ConfiguredDatabases", SWITCH, default=False, sets=("ByConfigured",)
    )
    database_type: DatabaseNameType | None = parameter(
        "DatabaseType",
        DATABASE_TYPE,
        default=None,
        sets=("ByDatabase",),
        mandatory_in=("ByDatabase",),
    )
    local_service: bool = parameter("LocalService", SWITCH, default=False, sets=("ByLocal",))


@command("Test-CsTopology", EVERY_VERSION)
class TestCsTopology(Cmdlet[TaskOutput]):
    """Check that the topology's services are activated and work."""

    global_catalog: str | None = parameter("GlobalCatalog", FQDN, default=None)
    global_settings_domain_controller: str | None = parameter(
        "GlobalSettingsDomainController", FQDN, default=None
    )
    service: str | None = parameter("Service", STRING, default=None)
    report: str | None = parameter("Report", STRING, default=None)


@command("Test-CsFederatedPartner", EVERY_VERSION)
class TestCsFederatedPartner(Cmdlet[TaskOutput]):
    """Check that a federated domain can be reached through an Edge."""

    target_fqdn: str = parameter("TargetFqdn", STRING)
    domain: str = parameter("Domain", STRING)
    proxy_fqdn: str | None = parameter("ProxyFqdn", STRING, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    out_verbose_variable: str | None = parameter("OutVerboseVariable", STRING, default=None)
    out_logger_variable: str | None = parameter(
        "OutLoggerVariable", STRING, default=None, versions=SINCE_2013
    )


@command("Test-CsRegistration", EVERY_VERSION)
class TestCsRegistration(Cmdlet[TaskOutput]):
    """Check that a user can register with a pool.

    It uses the pool's test users; the form that takes a password is left out, because a plan must
    not contain secrets.
    """

    target_fqdn: str = parameter("TargetFqdn", FQDN_STRING)
    registrar_port: int | None = parameter("RegistrarPort", INT32, default=None)
    user_sip_address: str | None = parameter("UserSipAddress", STRING, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    out_verbose_variable: str | None = parameter("OutVerboseVariable", STRING, default=None)
    authentication: str | None = parameter(
        "Authentication", AUTHENTICATION, default=None, versions=SINCE_2013
    )
    out_logger_variable: str | None = parameter(
        "OutLoggerVariable", STRING, default=None, versions=SINCE_2013
    )


@command("Test-CsIM", EVERY_VERSION)
class TestCsIM(Cmdlet[TaskOutput]):
    """Check that one user's message reaches another, both signed in at a pool.

    It uses the pool's test users where none are named; the form that takes their passwords is left
    out.
    """

    target_fqdn: str = parameter("TargetFqdn", FQDN_STRING)
    receiver_sip_address: str | None = parameter("ReceiverSipAddress", STRING, default=None)
    sender_sip_address: str | None = parameter("SenderSipAddress", STRING, default=None)
    registrar_port: int | None = parameter("RegistrarPort", INT32, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    out_verbose_variable: str | None = parameter("OutVerboseVariable", STRING, default=None)
    authentication: str | None = parameter(
        "Authentication", AUTHENTICATION, default=None, versions=SINCE_2013
    )
    out_logger_variable: str | None = parameter(
        "OutLoggerVariable", STRING, default=None, versions=SINCE_2013
    )


@command("Test-CsPresence", EVERY_VERSION, sets=("ServerPlatform", "TargetUri"))
class TestCsPresence(Cmdlet[TaskOutput]):
    """Check that one user sees the presence that another publishes, both signed in at a pool.

    It uses the pool's test users where none are named; the form that takes their passwords is left
    out.
    """

    target_fqdn: str | None = parameter(
        "TargetFqdn",
        FQDN_STRING,
        default=None,
        sets=("ServerPlatform",),
        mandatory_in=("ServerPlatform",),
    )
    publisher_sip_address: str | None = parameter(
        "PublisherSipAddress", STRING, default=None, sets=("ServerPlatform",)
    )
    subscriber_sip_address: str | None = parameter("SubscriberSipAddress", STRING, default=None)
    registrar_port: int | None = parameter(
        "RegistrarPort", INT32, default=None, sets=("ServerPlatform",)
    )
    force: bool = parameter("Force", SWITCH, default=False)
    out_verbose_variable: str | None = parameter("OutVerboseVariable", STRING, default=None)
    authentication: str | None = parameter(
        "Authentication", AUTHENTICATION, default=None, versions=SINCE_2013
    )
    out_logger_variable: str | None = parameter(
        "OutLoggerVariable", STRING, default=None, versions=SINCE_2013
    )
    timeout_in_seconds: int | None = parameter(
        "TimeoutInSeconds", UINT32, default=None, sets=("ServerPlatform",), versions=SINCE_2015
    )


@command("Test-CsComputer", EVERY_VERSION)
class TestCsComputer(Cmdlet[TaskOutput]):
    """Check that this computer's services are activated and run."""

    report: str | None = parameter("Report", STRING, default=None)


@command("Test-CsReplica", SINCE_2013)
class TestCsReplica(Cmdlet[TaskOutput]):
    """Check this computer's replica. Run it on that computer."""

    global_catalog: str | None = parameter("GlobalCatalog", FQDN, default=None)
    global_settings_domain_controller: str | None = parameter(
        "GlobalSettingsDomainController", FQDN, default=None
    )
    report: str | None = parameter("Report", STRING, default=None)


@command("Test-CsManagementServer", SINCE_2015)
class TestCsManagementServer(Cmdlet[TaskOutput]):
    """Check the management service."""

    report: str | None = parameter("Report", STRING, default=None)


@command("Test-CsCertificateConfiguration", EVERY_VERSION)
class TestCsCertificateConfiguration(Cmdlet[TaskOutput]):
    """Check this computer's certificates."""

    report: str | None = parameter("Report", STRING, default=None)
