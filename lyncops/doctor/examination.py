"""What was probed: values that say what was seen, and nothing of what it means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs

from lyncops.deployment.model import Deployment
from lyncops.deployment.witnesses import Door, Knock, Word
from lyncops.remoting.approach import Approach
from lyncops.remoting.endpoint import Endpoint
from lyncops.remoting.logon import LogOn
from lyncops.remoting.visit import Refusal, SessionFacts
from lyncops.values import Fqdn, LyncVersion, Unread


@attrs.frozen(slots=True, kw_only=True)
class Role:
    """An administrator role, and the cmdlets that it allows."""

    name: str
    cmdlets: frozenset[str]  # folded


@attrs.frozen(slots=True, kw_only=True)
class Quotas:
    """The limits of a server's shells (`winrm get winrm/config/winrs`). None: it did not say."""

    memory_mb: int | None = None
    shells_per_user: int | None = None
    processes_per_shell: int | None = None
    users: int | None = None
    idle: timedelta | None = None


@attrs.frozen(slots=True, kw_only=True)
class Hop:
    """The question of an endpoint's server to another machine for its services."""

    target: Fqdn
    word: Word
    reason: str = ""


@attrs.frozen(slots=True, kw_only=True)
class EndpointFindings:
    """What was seen of one endpoint. A field is None if the examination did not get that far."""

    endpoint: Endpoint
    approach: Approach
    username: str = ""
    logon: LogOn | None = None
    session: SessionFacts | Refusal | None = None
    version: LyncVersion | Unread | None = None
    commands: frozenset[str] | Unread | None = (
        None  # those that procedures send and the session offers, folded
    )
    roles: tuple[Role, ...] | Unread | None = None
    quotas: Quotas | Unread | None = None
    disconnect: str | Unread | None = None  # empty: it works; else why it does not
    hops: tuple[Hop, ...] | None = None

    @property
    def is_open(self) -> bool:
        """Whether a session could be opened."""
        return isinstance(self.session, SessionFacts)


@attrs.frozen(slots=True, kw_only=True)
class Examination:
    """All that was seen. `deployment` is None where no endpoint let anybody in."""

    name: str
    began_at: datetime
    endpoints: tuple[EndpointFindings, ...] = ()
    deployment: Deployment | Unread | None = None
    knocks: Mapping[Door, Knock] | None = None  # None: no port could be tried
