"""One reading for the monitoring: the deployment, and what follows from it for every pool."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from lyncops.checks.synchronisation import (
    BackupServiceReport,
    SyncState,
    backup_service_report,
)
from lyncops.client import Client
from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.errors import AuthenticationFailedError, ConfigurationError, LyncOpsError
from lyncops.procedures.readiness import Readiness
from lyncops.remoting.clock import Clock
from lyncops.runs.looking_ahead import look_ahead
from lyncops.values import Fqdn

SCOPE: Final = EVERYTHING | Scope.of(Facet.CARE)
Direction = tuple[Fqdn, Fqdn, str]
"""A module of the Backup Service: from which pool, to which, and its name."""


@attrs.frozen(slots=True, kw_only=True)
class Seen:
    """What the servers said, and what follows from it. No second question is asked for that."""

    deployment: Deployment
    readiness: Readiness
    backup_service: BackupServiceReport


@attrs.frozen(slots=True, kw_only=True)
class Reading:
    """One reading, and what is known of those before it.

    `seen` is None where the servers could not be reached: nothing is repeated from an older reading
    as if it were true now.
    """

    began_at: datetime
    ended_at: datetime
    seen: Seen | None
    read: int = 0  # how many readings there were, this one included
    failed: Mapping[str, int] = attrs.field(factory=dict[str, int])  # by the name of the error
    succeeded_at: datetime | None = None  # the last one that did
    steady_at: Mapping[Direction, datetime] = attrs.field(factory=dict[Direction, datetime])


@attrs.frozen(slots=True)
class Reader:
    """Reads a deployment again and again, each time with the memory of what was before."""

    client: Client

    @property
    def _clock(self) -> Clock:
        return self.client.connection.clock

    def read(self, before: Reading | None = None) -> Reading:
        """Read now. Servers that cannot be reached are a reading too.

        Raises:
            AuthenticationFailedError: the credentials were refused; asking again would lock the
                account.
            ConfigurationError: a password is not there.
        """
        began_at, error = self._clock.now(), ""
        try:
            seen = self._seen()
        except (AuthenticationFailedError, ConfigurationError):
            raise
        except LyncOpsError as failure:
            seen, error = None, type(failure).__name__
        ended_at = self._clock.now()
        failed = dict(before.failed) if before else {}
        if error:
            failed[error] = failed.get(error, 0) + 1
        return Reading(
            began_at=began_at,
            ended_at=ended_at,
            seen=seen,
            read=(before.read if before else 0) + 1,
            failed=failed,
            succeeded_at=ended_at if seen else before.succeeded_at if before else None,
            steady_at={**(before.steady_at if before else {}), **_steady(seen)},
        )

    def _seen(self) -> Seen:
        deployment = self.client.status(SCOPE)
        connection = self.client.connection
        return Seen(
            deployment=deployment,
            readiness=look_ahead(
                (),
                read=lambda _: deployment,
                journal=lambda: connection.journal,
                exports=connection.exports,
            ),
            backup_service=backup_service_report(deployment),
        )


def _steady(seen: Seen | None) -> dict[Direction, datetime]:
    """The modules that are steady, with the time of the reading."""
    if seen is None:
        return {}
    return {
        (direction.source, direction.target, module.name): seen.deployment.read_at
        for direction in seen.backup_service.directions
        if isinstance(direction.modules, tuple)
        for module in direction.modules
        if module.state is SyncState.STEADY
    }
