"""The connection to one deployment: its sessions, its journal and its clock, opened when first
needed.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import attrs

from lyncops.configuration.notices import Notify
from lyncops.deployment.knocking import KnocksAtDoors
from lyncops.deployment.lookups import Lookups
from lyncops.deployment.network import AnswersLookups
from lyncops.errors import InvalidValueError
from lyncops.remoting.clock import Clock, SystemClock
from lyncops.remoting.interface import CmdletRunner
from lyncops.runs.onlookers import Onlooker
from lyncops.values import LyncVersion

if TYPE_CHECKING:
    from lyncops.configuration.settings import Configuration
    from lyncops.deployment.model import Deployment
    from lyncops.deployment.scope import Scope
    from lyncops.plan.model import Plan
    from lyncops.runs.events import Observer
    from lyncops.runs.journal import Journal
    from lyncops.runs.runner import Runner


@attrs.define(slots=True, kw_only=True, eq=False)
class Connection:
    """What is needed to work with one deployment.

    Servers, passwords and the journal are touched when a method first needs them.

    `open_sessions` and `open_journal` are called at most once each, so that a test can put a model
    of Lync behind them. Not to be shared between threads.
    """

    name: str
    open_sessions: Callable[[], CmdletRunner] = attrs.field(repr=False)
    open_journal: Callable[[], Journal] = attrs.field(repr=False)
    clock: Clock = attrs.field(factory=SystemClock, repr=False)
    version: LyncVersion | None = None
    poll_interval: timedelta | None = None
    settle: timedelta | None = None
    plan_age: timedelta = timedelta(hours=1)
    exports: Mapping[str, str] = attrs.field(factory=dict[str, str])
    notify: Notify = attrs.field(factory=Notify, repr=False)  # to whom the states of runs are told
    # How DNS and ports outside are asked
    lookups: AnswersLookups = attrs.field(factory=Lookups, repr=False)
    # How ports of machines are tried from here
    knocker: KnocksAtDoors | None = attrs.field(default=None, repr=False)
    # Read in place of the servers, to which nothing is sent then
    snapshot: Deployment | None = attrs.field(default=None, repr=False)
    _sessions: CmdletRunner | None = attrs.field(default=None, init=False, repr=False)
    _journal: Journal | None = attrs.field(default=None, init=False, repr=False)

    @classmethod
    def of(cls, configuration: Configuration) -> Self:
        """The connection that a configuration describes."""
        clock = SystemClock()
        return cls(
            name=configuration.name,
            open_sessions=partial(_open_sessions, configuration, clock),
            open_journal=partial(
                _open_journal, configuration.journal_url, configuration.journal_timeout
            ),
            clock=clock,
            version=configuration.version,
            poll_interval=configuration.poll_interval,
            settle=configuration.settle,
            plan_age=configuration.plan_age,
            exports=configuration.exports,
            notify=configuration.notify,
            lookups=configuration.lookups,
            knocker=configuration.knocker,
        )

    @classmethod
    def of_snapshot(cls, deployment: Deployment) -> Self:
        """A connection that reads this deployment in place of servers, with an empty journal."""
        return cls(
            name=deployment.name,
            open_sessions=_no_sessions,
            open_journal=_empty_journal,
            snapshot=deployment,
        )

    @property
    def onlooker(self) -> Onlooker | None:
        """Who watches each run beside those that a caller names: tells people of it."""
        from lyncops.runs.notices import telling

        return telling(self.notify, self.name)

    @property
    def sessions(self) -> CmdletRunner:
        """The sessions with the servers.

        Raises:
            ConfigurationError: a password is not there.
            InvalidValueError: there is a snapshot in place of servers.
        """
        if self.snapshot is not None:
            raise InvalidValueError(
                f"This is a snapshot of {self.name}: no server can be asked, and nothing changed.",
                remedy="Use lyncops.toml, without --from.",
            )
        if self._sessions is None:
            self._sessions = self.open_sessions()
        return self._sessions

    @property
    def opened(self) -> CmdletRunner | None:
        """The sessions, where they have been used."""
        return self._sessions

    @property
    def journal(self) -> Journal:
        """The journal.

        Raises:
            JournalError: it cannot be opened or written.
        """
        if self._journal is None:
            self._journal = self.open_journal()
        return self._journal

    def read(self, scope: Scope) -> Deployment:
        """Read the deployment afresh.

        Raises:
            EndpointError: no server could be reached.
        """
        from lyncops.deployment.reader import read_deployment

        if self.snapshot is not None:
            return self.snapshot
        deployment = read_deployment(
            self.sessions,
            name=self.name,
            clock=self.clock,
            version=self.version,
            scope=scope,
            knocker=self.knocker,
        )
        if not scope.lookups:
            return deployment
        return attrs.evolve(deployment, network=self.lookups.answer(scope.lookups))

    def runner(
        self,
        observers: Sequence[Observer],
        *,
        recheck: Callable[[Plan], None],
        reading_of: Callable[[Plan], Deployment | None],
    ) -> Runner:
        """What executes plans on this deployment; see `Runner` for `recheck` and `reading_of`."""
        from lyncops.runs.runner import Runner

        return Runner(
            sessions=self.sessions,
            clock=self.clock,
            journal=self.journal,
            read=self.read,
            observers=observers,
            poll=self.poll_interval,
            settle=self.settle or timedelta.max,
            recheck=recheck,
            reading_of=reading_of,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let sessions and journal go. A cmdlet that runs at a server goes on there."""
        sessions, self._sessions = self._sessions, None
        journal, self._journal = self._journal, None
        if sessions is not None:
            sessions.close()
        if journal is not None:
            journal.close()


def _open_sessions(configuration: Configuration, clock: Clock) -> CmdletRunner:
    from lyncops.remoting.sessions import Sessions

    credentials = configuration.sign_in.credentials() if configuration.sign_in else None
    return Sessions(
        [address.resolved() for address in configuration.addresses],
        credentials=credentials,
        policy=configuration.retry,
        clock=clock,
        version=configuration.version,
    )


def _open_journal(url: str, timeout: timedelta) -> Journal:
    from lyncops.runs.journal import open_journal

    return open_journal(url, timeout)


def _no_sessions() -> CmdletRunner:
    raise InvalidValueError("A snapshot has no servers.", remedy="Use lyncops.toml.")


def _empty_journal() -> Journal:
    from lyncops.runs.journal import open_journal

    folder = tempfile.TemporaryDirectory(prefix="lyncops-snapshot-")
    journal = open_journal(f"sqlite:///{Path(folder.name, 'lyncops.db').as_posix()}")
    weakref.finalize(journal, folder.cleanup)
    return journal
