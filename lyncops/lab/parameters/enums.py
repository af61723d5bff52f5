"""The values of the enumerations that the simulated cmdlets take or return, with the order of their
numbers.

Names come from the source named at each; numbers are the order in that source, which no client may
rely on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_DATABASE_TYPES: Final = (
    "ActiveMonitoring",
    "Application",
    "Archiving",
    "CentralMgmt",
    "Edge",
    "Lyss",
    "Monitoring",
    "PersistentChat",
    "PersistentChatCompliance",
    "Provision",
    "Registrar",
    "SigninTelemetry",
    "User",
)

# By the .NET type's last name; parameters of these types are converted as PowerShell converts them.
ENUM_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "BackupCategory": ("CMS", "UserData", "RGS"),  # Get-CsBackupServiceStatus
    # Debug-CsInterPoolReplication
    "BackupModules": (
        "All",
        "CentralMgmt",
        "PresenceFocus",
        "DataConf",
    ),
    "DatabaseNameType": _DATABASE_TYPES,  # Invoke-CsDatabaseFailover
    "MirrorRole": ("Primary", "Mirror"),  # Invoke-CsDatabaseFailover
    # Set-CsRegistrarConfiguration
    "PoolState": (
        "Active",
        "FailingOver",
        "FailedOver",
        "FailedBack",
    ),
    # Reset-CsPoolRegistrarState
    "PoolResetType": (
        "ServiceReset",
        "QuorumLossRecovery",
        "FullReset",
        "MachineStateRemoved",
    ),
    "FlushType": ("FullFlush", "BlockingFlush"),  # not established
    # Not established
    "VerificationLevelType": (
        "AlwaysVerifiable",
        "AlwaysUnverifiable",
        "UseSourceVerification",
    ),
    # Not established
    "AuthenticationMechanism": (
        "TrustedServer",
        "Negotiate",
        "ClientCertificate",
        "LiveID",
    ),
    # The parameter PSTN of Get-CsPoolFabricState.
    "FabricEnumerationType": (
        "All",
        "MCUFactory",
        "ConferenceDirectory",
        "Routing",
        "LYSS",
    ),
}

# Parameters that the reference types as String although the cmdlet takes something else.
TYPE_CORRECTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("Get-CsPoolFabricState", "Type"): "FabricEnumerationType",  # fact: wrong-parameter-names.1
    (
        "Set-CsBackupServiceConfiguration",
        "AuthorizedUniversalGroups",
    ): "String[]",  # a list modifier
    ("Set-CsBackupServiceConfiguration", "AuthorizedLocalAccounts"): "String[]",
}

# Invoke-CsBackupServiceSync
BACKUP_MODULES: Final = (
    "UserServices.PresenceFocus",
    "ConfServices.DataConf",
    "CentralMgmt.CMSMaster",
)
# Of 2019, in Invoke-CsBackupServiceSync.
RGS_BACKUP_MODULES: Final = (
    "ApplicationServer.RGSDataStore",
    "ApplicationServer.RGSFileStore",
)

# Enumerations of results.
RESULT_ENUMS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "ExportStatus": (
        "Microsoft.Rtc.Management.Hadr.BackupService.ExportStatus",
        ("NotInitialized", "NonSteadyState", "SteadyState", "FinalState", "ErrorState"),
    ),
    "ImportStatus": (
        "Microsoft.Rtc.Management.Hadr.BackupService.ImportStatus",
        ("NormalState", "ErrorState"),
    ),
    "PoolState": (
        "Microsoft.Rtc.Management.WritableConfig.Settings.Registrar.PoolState",
        ENUM_TYPES["PoolState"],
    ),
    "DatabaseState": (
        "Microsoft.Rtc.Management.Deployment.DatabaseState",
        ("Principal", "Mirror", "DatabaseInaccessibleOrMirroringNotEnabled"),
    ),
    "ServiceStatus": (
        "System.ServiceProcess.ServiceControllerStatus",
        (
            "",
            "Stopped",
            "StartPending",
            "StopPending",
            "Running",
            "ContinuePending",
            "PausePending",
            "Paused",
        ),
    ),
    "PoolUpgradeState": (
        "Microsoft.Rtc.Management.Hadr.PoolUpgradeStateType",
        ("Ready", "Busy", "InsufficientActiveFrontEnds"),
    ),
    "SiteType": (
        "Microsoft.Rtc.Management.Deploy.Internal.SiteType",
        ("CentralSite", "RemoteSite"),
    ),
}


def database_types(version: str) -> tuple[str, ...]:
    """The values of DatabaseNameType in a product version.

    The reference page for Lync 2013 names `App` and `CMS`, but procedures and scripts use the long
    names on 2013 as well; a script passes `app`, which PowerShell takes as a prefix of Application
    (fact: wrong-parameter-names). `CMS` is taken on 2013 only.
    """
    return (*_DATABASE_TYPES, "CMS") if version == "2013" else _DATABASE_TYPES
