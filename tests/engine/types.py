"""The .NET types of the module, as C#: those that parameters take, and those of the values that the
cmdlets return.

Type names and properties are those of Microsoft's cmdlet reference and of public scripts that read
them; what no source gives (the type of Get-CsBackupServiceStatus, say) has an invented name in the
same namespaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_PREFIX: Final = "Microsoft.Rtc.Management."

# Parameters' enumerations: namespace (and the class around them), names in the order of Microsoft's
# pages.
ENUMS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "BackupCategory": ("Hadr.BackupService", ("CMS", "UserData", "RGS")),
    "BackupModules": ("Hadr.BackupService", ("All", "CentralMgmt", "PresenceFocus", "DataConf")),
    "ExportStatus": (
        "Hadr.BackupService",
        ("NotInitialized", "NonSteadyState", "SteadyState", "FinalState", "ErrorState"),
    ),
    "ImportStatus": ("Hadr.BackupService", ("NormalState", "ErrorState")),
    "DatabaseNameType": (
        "Deployment",
        (
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
        ),
    ),
    "MirrorRole": ("Deployment", ("Primary", "Mirror")),
    "DatabaseState": (
        "Deployment",
        ("Principal", "Mirror", "DatabaseInaccessibleOrMirroringNotEnabled"),
    ),
    "PoolState": (
        "WritableConfig.Settings.Registrar",
        ("Active", "FailingOver", "FailedOver", "FailedBack"),
    ),
    "PoolResetType": (
        "Hadr",
        ("ServiceReset", "QuorumLossRecovery", "FullReset", "MachineStateRemoved"),
    ),
    "PoolUpgradeStateType": ("Hadr", ("Ready", "Busy", "InsufficientActiveFrontEnds")),
    "FabricEnumerationType": (
        "HADR",
        ("All", "MCUFactory", "ConferenceDirectory", "Routing", "LYSS"),
    ),
    "FlushType": ("Hadr", ("FullFlush", "BlockingFlush")),
    "VerificationLevelType": (
        "WritableConfig.Settings.Edge",
        ("AlwaysVerifiable", "AlwaysUnverifiable", "UseSourceVerification"),
    ),
    "AuthenticationMechanism": (
        "SyntheticTransactions",
        ("TrustedServer", "Negotiate", "ClientCertificate", "LiveID"),
    ),
    "CertType": (
        "Deployment",
        (
            "Default",
            "WebServicesInternal",
            "WebServicesExternal",
            "AccessEdgeExternal",
            "AudioVideoAuthentication",
            "DataEdgeExternal",
            "Internal",
            "OAuthTokenIssuer",
            "XmppServer",
        ),
    ),
    "SiteType": ("Deploy.Internal", ("CentralSite", "RemoteSite")),
}

# Parameters' types, by the reference's name.
_NATIVE: Final = {
    "SwitchParameter": "SwitchParameter",
    "String": "string",
    "String[]": "string[]",
    "UInt16": "ushort",
    "Int16": "short",
    "Int32": "int",
    "UInt32": "uint",
    "UInt64": "ulong",
    "Boolean": "bool",
    "TimeSpan": "TimeSpan",
    "Guid": "Guid",
    "Byte[]": "byte[]",
    "Hashtable": "Hashtable",
    "PSObject": "PSObject",
    "PSCredential": "PSCredential",
    "XElement": "System.Xml.Linq.XElement",
    "X509Certificate2": "System.Security.Cryptography.X509Certificates.X509Certificate2",
    "NTService": _PREFIX + "Deployment.Core.NTService",
    "Fqdn": _PREFIX + "Deploy.Fqdn",
    "XdsIdentity": _PREFIX + "Xds.XdsIdentity",
    "XdsGlobalRelativeIdentity": _PREFIX + "Xds.XdsGlobalRelativeIdentity",
    "UserIdParameter": _PREFIX + "AD.UserIdParameter",
    "OUIdParameter": _PREFIX + "AD.OUIdParameter",
    "RgsIdentity": "Microsoft.Rtc.Rgs.Management.RgsIdentity",
    "Unlimited`1[UInt32]": _PREFIX + "ADConnect.Core.Unlimited<uint>",
    "PSListModifier`1[Fqdn]": f"PSListModifier<{_PREFIX}Deploy.Fqdn>",
}

# Parameters that the reference calls String although its own text lists the words, or a list.
CORRECTIONS: Final = {
    ("Get-CsPoolFabricState", "Type"): "FabricEnumerationType",
    ("Set-CsBackupServiceConfiguration", "AuthorizedUniversalGroups"): "String[]",
    ("Set-CsBackupServiceConfiguration", "AuthorizedLocalAccounts"): "String[]",
}


def csharp(reference: str) -> str:
    """The C# type of a parameter."""
    short = reference
    for prefix in (
        "Microsoft.Rtc.Management.Deploy.",
        "Microsoft.Rtc.Management.AD.",
        "Microsoft.Rtc.Management.ADConnect.Core.",
    ):
        short = short.replace(prefix, "")
    if short in _NATIVE:
        return _NATIVE[short]
    element = short.removesuffix("[]")
    return f"{_PREFIX}{ENUMS[element][0]}.{element}{short[len(element) :]}"


_SERVICE: Final = {
    "Identity": "string",
    "ServiceId": "string",
    "SiteId": "string",
    "PoolFqdn": "string",
    "Version": "int",
    "Role": "string",
    "DependentServiceList": "List<string>",
}

_BACKUP: Final = _PREFIX + "Hadr.BackupService."

# The values: full name -> property -> C# type. "+" is a nested class, as .NET writes it.
VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "Xds.ReplicaState": {
        "UpToDate": "bool",
        "ReplicaFqdn": "string",
        "LastStatusReport": "DateTime?",
        "LastUpdateCreation": "DateTime?",
        "ProductVersion": "string",
    },
    "Xds.CentralManagementStoreStatusResult": {
        "ActiveMasterFqdn": "string",
        "ActiveMasterLastHeartbeat": "DateTime?",
        "ActiveFileTransferAgents": "List<string>",
        "ActiveReplicas": "List<string>",
        "DeletedReplicas": "List<string>",
    },
    "Hadr.BackupService.BackupRelation": {
        "PoolFqdn": _PREFIX + "Deploy.Fqdn",
        "BackupPoolFqdn": _PREFIX + "Deploy.Fqdn",
    },
    "Hadr.BackupService.BackupServiceStatus": {
        "ActiveMachineFqdn": "string",
        "OverallExportStatus": _BACKUP + "ExportStatus",
        "OverallImportStatus": _BACKUP + "ImportStatus",
        "BackupModules": f"List<{_BACKUP}BackupModuleStatus>",
    },
    "Hadr.BackupService.BackupModuleStatus": {
        "Identity": "string",
        "ExportStatus": _BACKUP + "ExportStatus",
        "ImportStatus": _BACKUP + "ImportStatus",
    },
    "Hadr.BackupService.PlainModuleStatus": {
        "Identity": "string",
        "ExportStatus": _BACKUP + "ExportStatus",
        "ImportStatus": _BACKUP + "ImportStatus",
    },
    "Hadr.BackupService.PlainServiceStatus": {
        "OverallExportStatus": _BACKUP + "ExportStatus",
        "OverallImportStatus": _BACKUP + "ImportStatus",
        "BackupModules": f"List<{_BACKUP}PlainModuleStatus>",
    },
    "WritableConfig.Settings.BackupService.BackupServiceConfiguration": {
        "Identity": "string",
        "SyncInterval": "TimeSpan",
        "MaxConcurrentCalls": "uint",
        "AuthorizedUniversalGroups": "List<string>",
        "AuthorizedLocalAccounts": "List<string>",
        "EnableRgsBackupService": "bool",
    },
    "WritableConfig.Settings.Registrar.RegistrarConfiguration": {
        "Identity": "string",
        "PoolState": _PREFIX + "WritableConfig.Settings.Registrar.PoolState",
        "MinEndpointExpiration": "uint",
        "MaxEndpointExpiration": "uint",
        "EnableDHCPServer": "bool",
    },
    "WritableConfig.Settings.Edge.AccessEdgeConfiguration": {
        "Identity": "string",
        "AllowOutsideUsers": "bool",
        "AllowFederatedUsers": "bool",
        "EnablePartnerDiscovery": "bool",
    },
    "Deployment.DatabaseMirrorState": {
        "DatabaseName": "string",
        "StateOnPrimary": _PREFIX + "Deployment.DatabaseState",
        "StateOnMirror": _PREFIX + "Deployment.DatabaseState",
        "MirroringStatusOnPrimary": "string",
        "MirroringStatusOnMirror": "string",
    },
    "Deployment.Core.NTService": {
        "Name": "string",
        "DisplayName": "string",
        "Status": _PREFIX + "Deployment.Core.ServiceStatus",
        "RoleName": "List<string>",
        "ActivityLevel": "string",
    },
    "Hadr.PoolUpgradeState": {
        "PoolUpgradeState": _PREFIX + "Hadr.PoolUpgradeStateType",
        "TotalFrontends": "int",
        "TotalActiveFrontends": "int",
        "UpgradeDomains": f"List<{_PREFIX}Hadr.UpgradeDomain>",
    },
    "Hadr.UpgradeDomain": {
        "Name": "string",
        "Frontends": "List<string>",
        "IsReadyForUpgrade": "bool",
    },
    "Xds.GetOCsUserPoolInfoCmdlet+UserInformation": {
        "Identity": "string",
        "PrimaryPoolFqdn": "string",
        "BackupPoolFqdn": "string",
        "PrimaryPoolPrimaryRegistrar": "string",
        "PrimaryPoolBackupRegistrars": "List<string>",
        "PrimaryPoolMachinesInPreferredOrder": "List<string>",
        "BackupPoolPrimaryRegistrar": "string",
    },
    "Deploy.Internal.Cluster": {
        "Identity": "string",
        "Fqdn": "string",
        "Computers": "List<string>",
        "Services": "List<string>",
        "Site": "string",
    },
    "Deploy.Internal.Computer": {"Identity": "string", "Pool": "string", "Fqdn": "string"},
    "Deploy.Internal.Site+CentralSite": {
        "Identity": "string",
        "DisplayName": "string",
        "Description": "string",
        "SiteType": _PREFIX + "Deploy.Internal.SiteType",
        "Pools": "List<string>",
        "Services": "List<string>",
        "FederationRoute": "string",
        "XmppFederationRoute": "string",
    },
    "Deploy.Internal.ConferenceDirectory": {"Identity": "string", "ServiceID": "string"},
    "Xds.UserStoreState": {"Identity": "string", "Online": "bool"},
    "ADConnect.Schema.OCSADUser": {
        "Identity": "string",
        "SipAddress": "string",
        "RegistrarPool": _PREFIX + "Deploy.Fqdn",
        "Enabled": "bool",
        "DisplayName": "string",
    },
    "Xds.DisplayRegistrar": {
        **_SERVICE,
        "EdgeServer": "string",
        "UserServer": "string",
        "WebServer": "string",
        "BackupRegistrar": "string",
        "EnableAutomaticFailover": "bool",
        "FailureDetectionInterval": "int",
        "FailbackDetectionInterval": "int",
        "SipServerTcpPort": "ushort",
    },
    "Xds.DisplayUserServer": {**_SERVICE, "UserDatabase": "string"},
    "Xds.DisplayConferencingServer": {**_SERVICE, "EdgeServer": "string", "FileStore": "string"},
    "Xds.DisplayMediationServer": {**_SERVICE, "EdgeServer": "string", "Registrar": "string"},
    "Xds.DisplayApplicationServer": {**_SERVICE, "ApplicationDatabase": "string"},
    "Xds.DisplayCentralManagement": {
        **_SERVICE,
        "Active": "bool",
        "CentralManagementDatabase": "string",
    },
    "Xds.DisplayUserDatabase": {
        **_SERVICE,
        "SqlInstanceName": "string",
        "MirrorSqlServerFqdn": "string",
    },
    "Xds.DisplayCentralManagementDatabase": {
        **_SERVICE,
        "SqlInstanceName": "string",
        "MirrorSqlServerFqdn": "string",
        "MirrorSqlInstanceName": "string",
    },
    "Xds.DisplayFileStore": {**_SERVICE, "UncPath": "string"},
    "Xds.DisplayEdgeServer": {
        **_SERVICE,
        "Registrar": "string",
        "AccessEdgeInternalSipPort": "ushort",
        "AccessEdgeExternalSipPort": "ushort",
        "AccessEdgeExternalFqdn": "string",
        "InternalInterfaceFqdn": "string",
    },
}

# What ToString() gives where the type has one of its own.
TEXTS: Final = {
    "Hadr.BackupService.BackupModuleStatus": (
        'Identity + ":[" + ExportStatus + "," + ImportStatus + "]"'
    ),
    "Xds.GetOCsUserPoolInfoCmdlet+UserInformation": "Identity",
}


def full(name: str) -> str:
    """The name with its namespace."""
    return _PREFIX + name
