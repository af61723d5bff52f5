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

TYPE_CHECKING = False  # type checkers know the name; importing it would cost more than all the rest

if TYPE_CHECKING:
    from lyncops.checks.result import CheckResult
    from lyncops.checks.synchronisation import BackupServiceReport
    from lyncops.client import Client
    from lyncops.cmdlets.base import Cmdlet
    from lyncops.configuration.settings import Configuration
    from lyncops.deployment.model import Deployment
    from lyncops.deployment.scope import Facet, Scope
    from lyncops.doctor.diagnosis import Diagnosis
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
    from lyncops.procedures.readiness import Readiness
    from lyncops.remoting.execution import Execution
    from lyncops.remoting.logon import LogOn
    from lyncops.remoting.psrp.streams import StreamRecord
    from lyncops.runs.connection import Connection
    from lyncops.runs.events import Event, Observer, RunChanged, StepChanged
    from lyncops.runs.lock import Lock
    from lyncops.runs.model import Run, RunState, RunSummary, StepState
    from lyncops.runs.report import Report
    from lyncops.runs.transfer import Exported, Imported
    from lyncops.values import (
        Anywhere,
        Fqdn,
        LyncVersion,
        Mode,
        OnMachine,
        OnPool,
        Outcome,
        Place,
        SiteName,
        Unread,
    )

__all__ = [
    "Anywhere",
    "AuthenticationFailedError",
    "BackupServiceReport",
    "BackupServiceSet",
    "BackupServiceSync",
    "CheckResult",
    "Client",
    "Cmdlet",
    "CmdletError",
    "CmdletFailedError",
    "ConferenceRestore",
    "Configuration",
    "ConfigurationError",
    "Connection",
    "DatabaseFailover",
    "Deployment",
    "Diagnosis",
    "EdgeAssociation",
    "EdgeFederationFailback",
    "EdgeFederationFailover",
    "EdgeNextHop",
    "EndpointError",
    "Evacuate",
    "Event",
    "Execution",
    "Exported",
    "Facet",
    "Fqdn",
    "Imported",
    "InvalidValueError",
    "JournalError",
    "Lock",
    "LogOn",
    "LyncOpsError",
    "LyncVersion",
    "ManagementStoreFailover",
    "MisconfiguredEndpointError",
    "Mode",
    "Observer",
    "OnMachine",
    "OnPool",
    "Outcome",
    "OutcomeUnknownError",
    "Place",
    "Plan",
    "PlanFormatError",
    "PlanRefusedError",
    "PoolFailback",
    "PoolFailover",
    "Procedure",
    "Readiness",
    "Rehearsal",
    "Report",
    "Run",
    "RunChanged",
    "RunCutOffError",
    "RunLockedError",
    "RunState",
    "RunSummary",
    "Scope",
    "SiteFailback",
    "SiteFailover",
    "SiteName",
    "StepChanged",
    "StepState",
    "StreamRecord",
    "Unread",
    "UnsupportedByVersionError",
    "UntrustedCertificateError",
    "XmppFailback",
    "XmppFailover",
    "connect",
]

_ELSEWHERE = {
    "Anywhere": "lyncops.values",
    "BackupServiceReport": "lyncops.checks.synchronisation",
    "BackupServiceSet": "lyncops.plan.procedures",
    "BackupServiceSync": "lyncops.plan.procedures",
    "CheckResult": "lyncops.checks.result",
    "Client": "lyncops.client",
    "Cmdlet": "lyncops.cmdlets.base",
    "ConferenceRestore": "lyncops.plan.procedures",
    "Configuration": "lyncops.configuration.settings",
    "Connection": "lyncops.runs.connection",
    "DatabaseFailover": "lyncops.plan.procedures",
    "Deployment": "lyncops.deployment.model",
    "Diagnosis": "lyncops.doctor.diagnosis",
    "EdgeAssociation": "lyncops.plan.procedures",
    "EdgeFederationFailback": "lyncops.plan.procedures",
    "EdgeFederationFailover": "lyncops.plan.procedures",
    "EdgeNextHop": "lyncops.plan.procedures",
    "Evacuate": "lyncops.plan.procedures",
    "Event": "lyncops.runs.events",
    "Execution": "lyncops.remoting.execution",
    "Exported": "lyncops.runs.transfer",
    "Facet": "lyncops.deployment.scope",
    "Fqdn": "lyncops.values",
    "Imported": "lyncops.runs.transfer",
    "Lock": "lyncops.runs.lock",
    "LogOn": "lyncops.remoting.logon",
    "LyncVersion": "lyncops.values",
    "ManagementStoreFailover": "lyncops.plan.procedures",
    "Mode": "lyncops.values",
    "Observer": "lyncops.runs.events",
    "OnMachine": "lyncops.values",
    "OnPool": "lyncops.values",
    "Outcome": "lyncops.values",
    "Place": "lyncops.values",
    "Plan": "lyncops.plan.model",
    "PoolFailback": "lyncops.plan.procedures",
    "PoolFailover": "lyncops.plan.procedures",
    "Procedure": "lyncops.plan.procedures",
    "Readiness": "lyncops.procedures.readiness",
    "Rehearsal": "lyncops.plan.rehearsal",
    "Report": "lyncops.runs.report",
    "Run": "lyncops.runs.model",
    "RunChanged": "lyncops.runs.events",
    "RunState": "lyncops.runs.model",
    "RunSummary": "lyncops.runs.model",
    "Scope": "lyncops.deployment.scope",
    "SiteFailback": "lyncops.plan.procedures",
    "SiteFailover": "lyncops.plan.procedures",
    "SiteName": "lyncops.values",
    "StepChanged": "lyncops.runs.events",
    "StepState": "lyncops.runs.model",
    "StreamRecord": "lyncops.remoting.psrp.streams",
    "Unread": "lyncops.values",
    "XmppFailback": "lyncops.plan.procedures",
    "XmppFailover": "lyncops.plan.procedures",
}


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


if not TYPE_CHECKING:  # a type checker sees the names above, and no others

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module 'lyncops' has no attribute {name!r}")
        value = getattr(importlib.import_module(_ELSEWHERE.get(name, "lyncops.errors")), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
