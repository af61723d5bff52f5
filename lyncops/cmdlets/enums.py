"""The words that Lync's parameters and results choose from, as enumerations.

Values are the servers' spelling.
"""

from __future__ import annotations

import enum


class BackupCategory(enum.StrEnum):
    """`-Category` of Backup-CsPool and Get-CsBackupServiceStatus."""

    CMS = "CMS"
    USER_DATA = "UserData"
    RGS = "RGS"


class BackupModules(enum.StrEnum):
    """`-BackupModule` of Debug-CsInterPoolReplication.

    Not the words of Invoke-CsBackupServiceSync: see `BackupModule`.
    """

    ALL = "All"
    CENTRAL_MGMT = "CentralMgmt"
    PRESENCE_FOCUS = "PresenceFocus"
    DATA_CONF = "DataConf"


class BackupModule(enum.StrEnum):
    """`-BackupModule` of Invoke-CsBackupServiceSync, and the identities that
    Get-CsBackupServiceStatus reports.

    The procedure page prints short names (`DataConf`) that the cmdlet does not know (fact:
    wrong-parameter-names). All modules: leave it out.
    """

    PRESENCE_FOCUS = "UserServices.PresenceFocus"
    DATA_CONF = "ConfServices.DataConf"
    CMS_MASTER = "CentralMgmt.CMSMaster"
    RGS_DATA_STORE = "ApplicationServer.RGSDataStore"
    RGS_FILE_STORE = "ApplicationServer.RGSFileStore"


class DatabaseNameType(enum.StrEnum):
    """`-DatabaseType`.

    `Application` and `CentralMgmt` serve on Lync 2013 too, for Get and Invoke alike.

    (fact: wrong-parameter-names)
    """

    ACTIVE_MONITORING = "ActiveMonitoring"
    APPLICATION = "Application"
    ARCHIVING = "Archiving"
    CENTRAL_MGMT = "CentralMgmt"
    EDGE = "Edge"
    LYSS = "Lyss"
    MONITORING = "Monitoring"
    PERSISTENT_CHAT = "PersistentChat"
    PERSISTENT_CHAT_COMPLIANCE = "PersistentChatCompliance"
    PROVISION = "Provision"
    REGISTRAR = "Registrar"
    SIGNIN_TELEMETRY = "SigninTelemetry"
    USER = "User"


class MirrorRole(enum.StrEnum):
    """`-NewPrincipal` of Invoke-CsDatabaseFailover: the side that is to hold the principal."""

    PRIMARY = "Primary"
    MIRROR = "Mirror"


class FabricType(enum.StrEnum):
    """`-Type` of Get-CsPoolFabricState; `MCU` of the page's example is only a prefix (fact:
    wrong-parameter-names).
    """

    ALL = "All"
    MCU_FACTORY = "MCUFactory"
    CONFERENCE_DIRECTORY = "ConferenceDirectory"
    ROUTING = "Routing"
    LYSS = "LYSS"


class PoolResetType(enum.StrEnum):
    """`-ResetType` of Reset-CsPoolRegistrarState."""

    SERVICE_RESET = "ServiceReset"
    QUORUM_LOSS_RECOVERY = "QuorumLossRecovery"
    FULL_RESET = "FullReset"
    MACHINE_STATE_REMOVED = "MachineStateRemoved"


class PoolState(enum.StrEnum):
    """`PoolState` of a service-scoped registrar configuration (Set-CsRegistrarConfiguration)."""

    ACTIVE = "Active"
    FAILING_OVER = "FailingOver"
    FAILED_OVER = "FailedOver"
    FAILED_BACK = "FailedBack"


class ExportStatus(enum.StrEnum):
    """How far a pool's changes have reached its backup pool, per module (fact:
    backup-module-states).
    """

    FINAL = "FinalState"
    STEADY = "SteadyState"
    NON_STEADY = "NonSteadyState"
    NOT_INITIALIZED = "NotInitialized"
    ERROR = "ErrorState"


class ImportStatus(enum.StrEnum):
    """How the import of the other pool's changes fares, per module (fact: backup-module-states)."""

    NORMAL = "NormalState"
    ERROR = "ErrorState"


class MirrorState(enum.StrEnum):
    """What one side of a mirrored database holds (fact: mirror-state)."""

    PRINCIPAL = "Principal"
    MIRROR = "Mirror"
    INACCESSIBLE_OR_NOT_MIRRORED = "DatabaseInaccessibleOrMirroringNotEnabled"


class UpgradeReadiness(enum.StrEnum):
    """`PoolUpgradeState` of Get-CsPoolUpgradeReadinessState (fact: upgrade-readiness)."""

    READY = "Ready"
    BUSY = "Busy"
    INSUFFICIENT_ACTIVE_FRONT_ENDS = "InsufficientActiveFrontEnds"


class ServiceStatus(enum.StrEnum):
    """The state of a Windows service, in the order of .NET's ServiceControllerStatus, which counts
    from 1.
    """

    STOPPED = "Stopped"
    START_PENDING = "StartPending"
    STOP_PENDING = "StopPending"
    RUNNING = "Running"
    CONTINUE_PENDING = "ContinuePending"
    PAUSE_PENDING = "PausePending"
    PAUSED = "Paused"
