"""What all sessions of one endpoint share."""

from __future__ import annotations

from collections.abc import MutableMapping

import attrs

from lyncops.remoting.clock import Clock
from lyncops.remoting.endpoint import Credentials, Endpoint
from lyncops.remoting.http import Timeouts
from lyncops.remoting.logons import LogOns
from lyncops.remoting.retry import RetryPolicy
from lyncops.remoting.session_key import SessionKey
from lyncops.remoting.transport import Transport


@attrs.frozen(slots=True, kw_only=True)
class SessionContext:
    """What all sessions of one endpoint share; `logons` and `modules` (each endpoint's module) are
    those of all endpoints.
    """

    endpoint: Endpoint
    credentials: Credentials | None
    policy: RetryPolicy
    clock: Clock
    logons: LogOns = attrs.field(factory=LogOns)
    modules: MutableMapping[str, str] = attrs.field(factory=dict[str, str])

    def transport(self, key: SessionKey | None = None) -> Transport:
        """A new connection: for a session to come, or another one into the session of that key."""
        timeouts = Timeouts(connect=self.policy.connect_timeout, logon=self.policy.open_timeout)
        return Transport(
            self.endpoint, self.credentials, timeouts=timeouts, logons=self.logons, key=key
        )
