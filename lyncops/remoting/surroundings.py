"""What all sessions of one endpoint share."""

from __future__ import annotations

from collections.abc import MutableMapping

import attrs

from lyncops.remoting.endpoint import Credentials, Endpoint
from lyncops.remoting.interface import Clock
from lyncops.remoting.retry import RetryPolicy
from lyncops.remoting.transport import Transport


@attrs.frozen(slots=True, kw_only=True)
class Surroundings:
    """What all sessions of one endpoint share. `modules` remembers which module each endpoint has."""

    endpoint: Endpoint
    credentials: Credentials | None
    policy: RetryPolicy
    clock: Clock
    modules: MutableMapping[str, str] = attrs.field(factory=dict[str, str])

    def transport(self, session_id: str | None = None) -> Transport:
        """A new connection."""
        timeout = self.policy.connect_timeout
        return Transport(self.endpoint, self.credentials, connect_timeout=timeout, session_id=session_id)
