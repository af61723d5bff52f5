"""Watching the Backup Service: reading it again and again, until it is steady or time is up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs

from lyncops.checks.synchronisation import (
    BackupServiceReport,
    SyncState,
    backup_service_report,
    silent_report,
)
from lyncops.deployment.scope import Facet, Scope
from lyncops.errors import AuthenticationFailedError, LyncOpsError
from lyncops.remoting.clock import Clock
from lyncops.runs.watching import Read
from lyncops.values import Fqdn

if TYPE_CHECKING:
    from lyncops.runs.connection import Connection

SCOPE: Final = Scope.of(Facet.BACKUP_STATUS, Facet.SETTINGS, Facet.STORE)
"""What a report of the Backup Service is made of. The store shows on which pool
CentralMgmt.CMSMaster must be copying."""

EVERY: Final = timedelta(seconds=15)
_ERRORS_THAT_STAY: Final = 2


@attrs.frozen(slots=True, kw_only=True)
class BackupServiceWatch:
    """Reads the Backup Service of `pools` (of all, where none is named) after every pause of
    `every`.
    """

    read: Read
    clock: Clock
    pools: tuple[Fqdn, ...] = ()
    every: timedelta = EVERY

    def report(self) -> BackupServiceReport:
        """What it says now.

        Raises:
            EndpointError: no server could be reached.
        """
        return backup_service_report(self.read(SCOPE), self.pools)

    def follow(
        self, *, timeout: timedelta | None = None, until_steady: bool = False
    ) -> Iterator[BackupServiceReport]:
        """A report now and after each pause.

        It ends when `timeout` is over (with a last reading), and with `until_steady` when
        everything is steady, or an error state was seen in two readings in a row: it goes by itself
        only when somebody does something. Once there was an answer, silence of the servers is a
        report of its own.

        Raises:
            EndpointError: no server could be reached for the first reading.
                AuthenticationFailedError: the credentials were refused, at any time: asking again
                would lock the account.
        """
        until = None if timeout is None else self.clock.now() + timeout
        errors = 0
        report = self.report()
        while True:
            yield report
            errors = errors + 1 if report.state is SyncState.ERROR else 0
            if until_steady and (report.state is SyncState.STEADY or errors >= _ERRORS_THAT_STAY):
                return
            now = self.clock.now()
            if until is not None and now >= until:
                return
            self.clock.sleep(self.every if until is None else min(self.every, until - now))
            report = self._again()

    def _again(self) -> BackupServiceReport:
        try:
            return self.report()
        except AuthenticationFailedError:
            raise
        except LyncOpsError as error:
            return silent_report(error, self.clock.now())


def watch(
    connection: Connection, pools: Iterable[Fqdn | str], *, every: timedelta | None = None
) -> BackupServiceWatch:
    """The Backup Service of `pools`, read over a connection: at its own intervals, where `every` is
    not given.

    Raises:
        InvalidValueError: a name is not an FQDN.
    """
    return BackupServiceWatch(
        read=connection.read,
        clock=connection.clock,
        pools=tuple(map(Fqdn, pools)),
        every=every or connection.poll_interval or EVERY,
    )
