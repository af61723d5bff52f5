"""lyncops: disaster recovery of Lync Server 2013 and Skype for Business Server over remote
PowerShell.

>>> import lyncops
>>> with lyncops.connect("lyncops.toml") as client:  # doctest: +SKIP
...     plan = client.plan(lyncops.PoolFailover(pool="pool1.contoso.com", mode="planned"))
...     run = client.run(plan)

What this module names is imported when it is first used, so that `import lyncops` costs next to
nothing.
"""

from __future__ import annotations

import importlib
import os
import sys

TYPE_CHECKING = False  # type checkers know the name; importing it would cost more than all the rest

if TYPE_CHECKING:
    from lyncops.checks.result import CheckResult, Verdict
    from lyncops.checks.synchronisation import (
        BackupServiceReport,
        DirectionSync,
        ModuleSync,
        SyncState,
    )
    from lyncops.client import Client
    from lyncops.cmdlets.base import Cmdlet
    from lyncops.configuration.settings import Configuration
    from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
    from lyncops.deployment.care import CertificateSeen, MachineCare
    from lyncops.deployment.central_management import CentralManagement, Replica, StoreCopy
    from lyncops.deployment.mirror import DatabaseMirror
    from lyncops.deployment.model import (
        BackupServiceSettings,
        Deployment,
        EdgePool,
        Link,
        Machine,
        MediaEdge,
        Pool,
        PoolKind,
        PoolState,
        Site,
        WindowsService,
    )
    from lyncops.deployment.scope import Facet, Scope
    from lyncops.deployment.trials import Deed, PoolTestUsers, Trial, Tried
    from lyncops.deployment.witnesses import Says, Vantage, Witness
    from lyncops.doctor.diagnosis import Diagnosis, Section, Subject
    from lyncops.errors import (
        AuthenticationFailedError,
        CmdletError,
        CmdletFailedError,
        ConfigurationError,
        EndpointError,
        InvalidValueError,
        JournalError,
        LyncOpsError,
        MisconfiguredEndpointError,
        OutcomeUnknownError,
        PlanFormatError,
        PlanRefusedError,
        RunCutOffError,
        RunLockedError,
        UnsupportedByVersionError,
        UntrustedCertificateError,
    )
    from lyncops.plan.conditions.base import Condition, Evaluation
    from lyncops.plan.left_broken import LeftBroken
    from lyncops.plan.model import Plan
    from lyncops.plan.procedures import (
        BackupServiceSet,
        BackupServiceSync,
        ConferenceRestore,
        DatabaseFailover,
        EdgeAssociation,
        EdgeFederationFailback,
        EdgeFederationFailover,
        EdgeNextHop,
        Evacuate,
        ManagementStoreFailover,
        PoolFailback,
        PoolFailover,
        Procedure,
        SiteFailback,
        SiteFailover,
        XmppFailback,
        XmppFailover,
    )
    from lyncops.plan.rehearsal import Rehearsal
    from lyncops.plan.steps import CmdletStep, ManualStep, WaitStep
    from lyncops.procedures.readiness import (
        ModeReadiness,
        PoolReadiness,
        Readiness,
        ReadinessVerdict,
        SiteReadiness,
    )
    from lyncops.remoting.execution import CommandAddress, Execution
    from lyncops.remoting.logon import LogOn
    from lyncops.remoting.proof import Proof
    from lyncops.remoting.psrp.streams import Cause, ErrorRecord, StreamKind, StreamRecord
    from lyncops.runs.chain import Chain, ChainState, Flaw
    from lyncops.runs.connection import Connection
    from lyncops.runs.events import (
        AttemptEnded,
        AttemptPrepared,
        AttemptReleased,
        Event,
        GoalRead,
        LockTakenOver,
        Noted,
        Observer,
        Polled,
        RunChanged,
        StepChanged,
        Streamed,
    )
    from lyncops.runs.lines import Line
    from lyncops.runs.lock import Lock, LockLife, TakeOver
    from lyncops.runs.model import Attempt, Run, RunState, RunSummary, StepRecord, StepState
    from lyncops.runs.process import Process
    from lyncops.runs.report import Report
    from lyncops.runs.transfer import Exported, Imported
    from lyncops.sources.source import Certainty, Source
    from lyncops.values import (
        Anywhere,
        Effect,
        Fqdn,
        LyncVersion,
        Mode,
        OnMachine,
        OnPool,
        Outcome,
        Place,
        RemoteObject,
        ServiceId,
        SiteName,
        Unread,
    )

__all__ = [
    "Anywhere",
    "Attempt",
    "AttemptEnded",
    "AttemptPrepared",
    "AttemptReleased",
    "AuthenticationFailedError",
    "BackupModule",
    "BackupServiceReport",
    "BackupServiceSet",
    "BackupServiceSettings",
    "BackupServiceSync",
    "Cause",
    "CentralManagement",
    "Certainty",
    "CertificateSeen",
    "Chain",
    "ChainState",
    "CheckResult",
    "Client",
    "Cmdlet",
    "CmdletError",
    "CmdletFailedError",
    "CmdletStep",
    "CommandAddress",
    "Condition",
    "ConferenceRestore",
    "Configuration",
    "ConfigurationError",
    "Connection",
    "DatabaseFailover",
    "DatabaseMirror",
    "Deed",
    "Deployment",
    "Diagnosis",
    "DirectionSync",
    "EdgeAssociation",
    "EdgeFederationFailback",
    "EdgeFederationFailover",
    "EdgeNextHop",
    "EdgePool",
    "Effect",
    "EndpointError",
    "ErrorRecord",
    "Evacuate",
    "Evaluation",
    "Event",
    "Execution",
    "ExportState",
    "Exported",
    "Facet",
    "Flaw",
    "Fqdn",
    "GoalRead",
    "ImportState",
    "Imported",
    "InvalidValueError",
    "JournalError",
    "LeftBroken",
    "Line",
    "Link",
    "Lock",
    "LockLife",
    "LockTakenOver",
    "LogOn",
    "LyncOpsError",
    "LyncVersion",
    "Machine",
    "MachineCare",
    "ManagementStoreFailover",
    "ManualStep",
    "MediaEdge",
    "MisconfiguredEndpointError",
    "Mode",
    "ModeReadiness",
    "ModuleSync",
    "Noted",
    "Observer",
    "OnMachine",
    "OnPool",
    "Outcome",
    "OutcomeUnknownError",
    "Place",
    "Plan",
    "PlanFormatError",
    "PlanRefusedError",
    "Polled",
    "Pool",
    "PoolFailback",
    "PoolFailover",
    "PoolKind",
    "PoolReadiness",
    "PoolState",
    "PoolTestUsers",
    "Procedure",
    "Process",
    "Proof",
    "Readiness",
    "ReadinessVerdict",
    "Rehearsal",
    "RemoteObject",
    "Replica",
    "Report",
    "Run",
    "RunChanged",
    "RunCutOffError",
    "RunLockedError",
    "RunState",
    "RunSummary",
    "Says",
    "Scope",
    "Section",
    "ServiceId",
    "Site",
    "SiteFailback",
    "SiteFailover",
    "SiteName",
    "SiteReadiness",
    "Source",
    "StepChanged",
    "StepRecord",
    "StepState",
    "StoreCopy",
    "StreamKind",
    "StreamRecord",
    "Streamed",
    "Subject",
    "SyncState",
    "TakeOver",
    "Trial",
    "Tried",
    "Unread",
    "UnsupportedByVersionError",
    "UntrustedCertificateError",
    "Vantage",
    "Verdict",
    "WaitStep",
    "WindowsService",
    "Witness",
    "XmppFailback",
    "XmppFailover",
    "connect",
    "from_snapshot",
]

_ROOMS = {
    "lyncops.checks.result": "CheckResult Verdict",
    "lyncops.checks.synchronisation": "BackupServiceReport DirectionSync ModuleSync SyncState",
    "lyncops.client": "Client",
    "lyncops.cmdlets.base": "Cmdlet",
    "lyncops.configuration.settings": "Configuration",
    "lyncops.deployment.care": "CertificateSeen MachineCare",
    "lyncops.deployment.mirror": "DatabaseMirror",
    "lyncops.deployment.backup_module": "BackupModule ExportState ImportState",
    "lyncops.deployment.central_management": "CentralManagement Replica StoreCopy",
    "lyncops.deployment.model": (
        "BackupServiceSettings Deployment EdgePool Link Machine MediaEdge Pool PoolKind "
        "PoolState Site WindowsService"
    ),
    "lyncops.deployment.scope": "Facet Scope",
    "lyncops.deployment.trials": "Deed PoolTestUsers Trial Tried",
    "lyncops.deployment.witnesses": "Says Vantage Witness",
    "lyncops.doctor.diagnosis": "Diagnosis Section Subject",
    "lyncops.plan.conditions.base": "Condition Evaluation",
    "lyncops.plan.left_broken": "LeftBroken",
    "lyncops.plan.model": "Plan",
    "lyncops.plan.procedures": (
        "BackupServiceSet BackupServiceSync ConferenceRestore DatabaseFailover "
        "EdgeAssociation EdgeFederationFailback EdgeFederationFailover EdgeNextHop Evacuate "
        "ManagementStoreFailover PoolFailback PoolFailover Procedure SiteFailback "
        "SiteFailover XmppFailback XmppFailover"
    ),
    "lyncops.plan.rehearsal": "Rehearsal",
    "lyncops.plan.steps": "CmdletStep ManualStep WaitStep",
    "lyncops.procedures.readiness": (
        "ModeReadiness PoolReadiness Readiness ReadinessVerdict SiteReadiness"
    ),
    "lyncops.remoting.execution": "CommandAddress Execution",
    "lyncops.remoting.logon": "LogOn",
    "lyncops.remoting.proof": "Proof",
    "lyncops.remoting.psrp.streams": "Cause ErrorRecord StreamKind StreamRecord",
    "lyncops.runs.chain": "Chain ChainState Flaw",
    "lyncops.runs.connection": "Connection",
    "lyncops.runs.events": (
        "AttemptEnded AttemptPrepared AttemptReleased Event GoalRead LockTakenOver Noted "
        "Observer Polled RunChanged StepChanged Streamed"
    ),
    "lyncops.runs.lines": "Line",
    "lyncops.runs.lock": "Lock LockLife TakeOver",
    "lyncops.runs.model": "Attempt Run RunState RunSummary StepRecord StepState",
    "lyncops.runs.process": "Process",
    "lyncops.runs.report": "Report",
    "lyncops.runs.transfer": "Exported Imported",
    "lyncops.sources.source": "Certainty Source",
    "lyncops.values": (
        "Anywhere Effect Fqdn LyncVersion Mode OnMachine OnPool Outcome Place RemoteObject "
        "ServiceId SiteName Unread"
    ),
}
"""Where the names come from; those that are in none of these are errors."""

_ELSEWHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}


def connect(path: str | os.PathLike[str] = "lyncops.toml", *, journal: str = "") -> Client:
    """A client of the deployment that the file describes.

    Servers, passwords and journal are touched when first needed.

    `journal` is a url to use instead of the file's, such as `sqlite:///rescue.db` where the shared
    journal died with its site.

    Raises:
        ConfigurationError: the file cannot be used; the message names the field and the cure.
        InvalidValueError: `journal` cannot be used.
    """
    from lyncops.client import Client
    from lyncops.configuration.settings import load_configuration

    return Client.of(load_configuration(path), journal=journal)


def from_snapshot(path: str | os.PathLike[str]) -> Client:
    """A client that reads the snapshot in a file in place of servers.

    It checks and plans; nothing can be run on it.

    Raises:
        InvalidValueError: the file cannot be read, or holds no deployment.
    """
    from lyncops.client import Client
    from lyncops.deployment.codec import load_snapshot
    from lyncops.runs.connection import Connection

    return Client(Connection.of_snapshot(load_snapshot(path)))


if not TYPE_CHECKING:  # a type checker sees the names above, and no others

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module 'lyncops' has no attribute {name!r}")
        value = getattr(importlib.import_module(_ELSEWHERE.get(name, "lyncops.errors")), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


if "IPython" in sys.modules:  # somebody looks at values in a notebook: they show themselves there
    importlib.import_module("lyncops.jupyter.ipython").register_here()
