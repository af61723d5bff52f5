"""lyncops: disaster recovery of Lync Server 2013 and Skype for Business Server over remote PowerShell.

>>> import lyncops
>>> with lyncops.connect("lyncops.toml") as client:  # doctest: +SKIP
...     plan = client.plan(lyncops.PoolFailover(pool="pool1.contoso.com", mode="planned"))
...     run = client.run(plan)

What this module names is imported when it is first used, so that `import lyncops` costs next to nothing.
"""

from __future__ import annotations

import importlib
import os

TYPE_CHECKING = False  # type checkers know the name; importing it would cost more than all the rest

if TYPE_CHECKING:
    from lyncops.client import Client
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
    from lyncops.runs.events import Observer
    from lyncops.runs.model import Run, RunState, StepState
    from lyncops.values import Fqdn, LyncVersion, Mode, Outcome, SiteName

__all__ = [
    "AuthenticationFailedError",
    "BackupServiceSet",
    "BackupServiceSync",
    "Client",
    "CmdletError",
    "CmdletFailedError",
    "ConferenceRestore",
    "ConfigurationError",
    "DatabaseFailover",
    "EdgeAssociation",
    "EdgeFederationFailback",
    "EdgeFederationFailover",
    "EdgeNextHop",
    "EndpointError",
    "Evacuate",
    "Fqdn",
    "InvalidValueError",
    "JournalError",
    "LyncOpsError",
    "LyncVersion",
    "ManagementStoreFailover",
    "MisconfiguredEndpointError",
    "Mode",
    "Observer",
    "Outcome",
    "OutcomeUnknownError",
    "Plan",
    "PlanFormatError",
    "PlanRefusedError",
    "PoolFailback",
    "PoolFailover",
    "Procedure",
    "Run",
    "RunCutOffError",
    "RunLockedError",
    "RunState",
    "SiteFailback",
    "SiteFailover",
    "SiteName",
    "StepState",
    "UnsupportedByVersionError",
    "UntrustedCertificateError",
    "XmppFailback",
    "XmppFailover",
    "connect",
]

_ELSEWHERE = {
    "Client": "lyncops.client",
    "Fqdn": "lyncops.values",
    "LyncVersion": "lyncops.values",
    "Mode": "lyncops.values",
    "Observer": "lyncops.runs.events",
    "Outcome": "lyncops.values",
    "Plan": "lyncops.plan.model",
    "BackupServiceSet": "lyncops.plan.procedures",
    "BackupServiceSync": "lyncops.plan.procedures",
    "ConferenceRestore": "lyncops.plan.procedures",
    "DatabaseFailover": "lyncops.plan.procedures",
    "EdgeAssociation": "lyncops.plan.procedures",
    "EdgeFederationFailback": "lyncops.plan.procedures",
    "EdgeFederationFailover": "lyncops.plan.procedures",
    "EdgeNextHop": "lyncops.plan.procedures",
    "Evacuate": "lyncops.plan.procedures",
    "ManagementStoreFailover": "lyncops.plan.procedures",
    "PoolFailback": "lyncops.plan.procedures",
    "PoolFailover": "lyncops.plan.procedures",
    "Procedure": "lyncops.plan.procedures",
    "SiteFailback": "lyncops.plan.procedures",
    "SiteFailover": "lyncops.plan.procedures",
    "XmppFailback": "lyncops.plan.procedures",
    "XmppFailover": "lyncops.plan.procedures",
    "Run": "lyncops.runs.model",
    "RunState": "lyncops.runs.model",
    "SiteName": "lyncops.values",
    "StepState": "lyncops.runs.model",
}


def connect(path: str | os.PathLike[str] = "lyncops.toml", *, journal: str = "") -> Client:
    """A client of the deployment that the file describes. Servers, passwords and journal are touched when first needed.

    `journal` is a url to use instead of the file's, such as `sqlite:///rescue.db` where the shared journal died with its site.

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
