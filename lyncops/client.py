"""The client: everything that lyncops can do with one deployment, as typed methods.

The faces (command line, notebooks, Ansible) call nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

import attrs

from lyncops.configuration.other_journal import with_journal
from lyncops.deployment.scope import EVERYTHING, Scope
from lyncops.runs.connection import Connection
from lyncops.runs.journal_face import WithJournal
from lyncops.runs.onlookers import onlookers
from lyncops.runs.process import account_name
from lyncops.runs.recheck import require_deployment, require_harmless
from lyncops.text.brief import brief
from lyncops.values import ANYWHERE, Fqdn, Mode, Place

if TYPE_CHECKING:
    from lyncops.checks.result import CheckResult
    from lyncops.checks.synchronisation import BackupServiceReport
    from lyncops.cmdlets.base import Cmdlet
    from lyncops.configuration.settings import Configuration
    from lyncops.deployment.model import Deployment
    from lyncops.doctor.diagnosis import Diagnosis
    from lyncops.plan.model import Plan
    from lyncops.plan.procedures import Procedure
    from lyncops.plan.rehearsal import Rehearsal
    from lyncops.procedures.readiness import Readiness
    from lyncops.remoting.execution import Execution
    from lyncops.remoting.logon import LogOn
    from lyncops.remoting.psrp.streams import StreamRecord
    from lyncops.runs.events import Observer
    from lyncops.runs.model import Run
    from lyncops.runs.runner import Runner

R = TypeVar("R")
FRESH: Final = timedelta(minutes=5)  # a younger plan of this client is not checked again


@attrs.define(slots=True, eq=False)
class Client(WithJournal):
    """Everything that lyncops can do with one deployment: read, check, plan and run.

    Do not share it between threads; close it at the end, or use it in a `with` block.
    `other_journal` is where the runs are kept, if not in the configured journal.
    """

    other_journal: str = attrs.field(default="", kw_only=True)
    # The readings that plans were made from, by the plan's content id
    _readings: dict[str, Deployment] = attrs.field(factory=dict, init=False, repr=False)

    def __repr__(self) -> str:
        return brief(self, f"of {self.connection.name}")

    @classmethod
    def of(cls, configuration: Configuration, *, journal: str = "") -> Self:
        """The client that a configuration describes; `journal` is a url in place of its own.

        Raises:
            InvalidValueError: `journal` cannot be used.
        """
        chosen, other = with_journal(configuration, journal)
        return cls(Connection.of(chosen), other_journal=other)

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
        """Close sessions and journal. A cmdlet that runs at a server goes on there."""
        self.connection.close()

    def status(self, scope: Scope = EVERYTHING) -> Deployment:
        """Read the deployment now.

        Raises:
            EndpointError: no server could be reached.
        """
        return self.connection.read(scope)

    def doctor(self) -> Diagnosis:
        """Examine every endpoint and machine: what a rescue needs, and how to get what is missing.

        Changes nothing. Servers that do not answer are findings, not errors.

        Raises:
            ConfigurationError: a password is not there.
        """
        from lyncops.doctor.judging import diagnose
        from lyncops.doctor.probing import examine

        return diagnose(examine(self.connection))

    def log_ons(self) -> Mapping[str, LogOn]:
        """How lyncops logged on to each endpoint so far, by url: mechanism and service name."""
        from lyncops.remoting.interface import KnowsLogOns

        sessions: object = self.connection.opened
        return sessions.log_ons() if isinstance(sessions, KnowsLogOns) else {}

    def run_cmdlet(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
    ) -> Execution[R]:
        """Run one READ cmdlet, or a CHANGE with -WhatIf.

        What changes something belongs in a plan, where it is journalled.

        Raises:
            InvalidValueError: the cmdlet changes something.
            EndpointError: no server could be reached.
        """
        require_harmless(cmdlet)
        return self.connection.sessions.run(
            cmdlet, place=place, deadline=deadline, on_record=on_record
        )

    def ask(
        self, cmdlet: Cmdlet[R], *, place: Place = ANYWHERE, deadline: timedelta | None = None
    ) -> tuple[R, ...]:
        """The objects that one READ cmdlet writes.

        A question that failed never looks like an empty answer: it raises.

        Raises:
            CmdletFailedError: the cmdlet failed, or no server ever started it.
            OutcomeUnknownError: its outcome is unknown, or part of its answer was lost.
            InvalidValueError: the cmdlet changes something.
            EndpointError: no server could be reached.
        """
        return self.run_cmdlet(cmdlet, place=place, deadline=deadline).unwrap()

    def check(self, pool: Fqdn | str, *, mode: Mode | str | None = None) -> tuple[CheckResult, ...]:
        """Could this pool be failed over right now?

        Without a mode: planned while it lives, else disaster.

        Raises:
            EndpointError: no server could be reached.
            InvalidValueError: `pool` is not an FQDN, or `mode` is not a mode.
        """
        from lyncops.checks.catalogue import checks_for_failover, fitting_mode
        from lyncops.plan.procedures.base import as_mode

        asked, fqdn = None if mode is None else as_mode(mode), Fqdn(pool)
        deployment = self.status()
        return checks_for_failover(deployment, fqdn, asked or fitting_mode(deployment, fqdn))

    def readiness(
        self, *pools: Fqdn | str, count_users: bool = False, verify: bool = False
    ) -> Readiness:
        """Could these pools (default: every Front End pool) be failed over now, and at what loss?

        `count_users`: can a pool carry the users of both? `verify`: are test users served now?

        Raises:
            EndpointError: no server could be reached.
            InvalidValueError: a name is not an FQDN.
        """
        from lyncops.runs.looking_ahead import look_ahead

        return look_ahead(
            tuple(map(Fqdn, pools)),
            read=self.status,
            journal=lambda: self.connection.journal,  # opened only when it is asked
            count_users=count_users,
            verify=verify,
            exports=self.connection.exports,
        )

    def backup_service(self, *pools: Fqdn | str) -> BackupServiceReport:
        """The Backup Service: its configuration and both directions of each pair (default: all).

        Raises:
            EndpointError: no server could be reached.
            InvalidValueError: a name is not an FQDN.
        """
        from lyncops.runs.backup_service import watch

        return watch(self.connection, pools).report()

    def watch_backup_service(
        self,
        *pools: Fqdn | str,
        every: timedelta | None = None,
        timeout: timedelta | None = None,
        until_steady: bool = False,
    ) -> Iterator[BackupServiceReport]:
        """Successive reports, until `timeout`, or with `until_steady` until it is steady or stuck.

        Raises:
            EndpointError: no server could be reached for the first one.
            AuthenticationFailedError: the credentials were refused.
            InvalidValueError: a name is not an FQDN.
        """
        from lyncops.runs.backup_service import watch

        watched = watch(self.connection, pools, every=every)
        return watched.follow(timeout=timeout, until_steady=until_steady)

    def plan(self, procedure: Procedure) -> Plan:
        """Make a plan from a fresh reading. It may be a refused one: see its `refusals`.

        Raises:
            InvalidValueError: what is asked for is impossible, or an override names no check.
            EndpointError: no server could be reached.
        """
        plan, self._readings[plan.content_id] = self._planned(procedure)
        return plan

    def reading_of(self, plan: Plan) -> Deployment:
        """The reading that this client made the plan from; a fresh one if the plan is another's.

        Raises:
            EndpointError: no server could be reached for a fresh one.
        """
        return self._readings.get(plan.content_id) or self.status()

    def is_reached(self, plan: Plan) -> bool:
        """Whether what the plan asks for showed already in the reading that it was made from.

        Raises:
            EndpointError: no server could be reached for a fresh reading, as in `reading_of`.
        """
        from lyncops.procedures.reached import is_reached

        return is_reached(plan, self.reading_of(plan))

    def _planned(self, procedure: Procedure) -> tuple[Plan, Deployment]:
        from lyncops.runs.planning import plan_afresh

        return plan_afresh(procedure, self.status, lambda: self.connection.journal)

    def rehearse(self, plan: Plan) -> tuple[Rehearsal, ...]:
        """Send the plan's cmdlets with -WhatIf where possible, else say why not. Changes nothing.

        Raises:
            EndpointError: no server could be reached.
        """
        from lyncops.runs.rehearsing import rehearse

        return rehearse(plan, read=self.status, run=self.run_cmdlet)

    def run(
        self,
        plan: Plan,
        *,
        operator: str = "",
        reason: str = "",
        observers: Sequence[Observer] = (),
        steal_lock: bool = False,
    ) -> Run:
        """Execute a plan until it is over or stops; its state says which.

        `operator` defaults to this account's name.

        Raises:
            InvalidValueError: the plan is another deployment's.
            PlanRefusedError: a check refuses the plan, or would refuse it now. Nothing was changed.
            RunLockedError: another run has one of the pools, or took them away while this one ran.
            JournalError: the journal cannot be written. Nothing more was sent.
            EndpointError: no server could be reached to check an older plan again.
        """
        with self._executing(plan, observers) as runner:
            who = operator or account_name()
            return runner.start(plan, operator=who, reason=reason, steal_lock=steal_lock)

    def resume(
        self,
        run_id: str,
        *,
        operator: str = "",
        observers: Sequence[Observer] = (),
        steal_lock: bool = False,
        send_again: str = "",
    ) -> Run:
        """Continue a run that stopped, or whose process died.

        Resuming at a manual step confirms that it was done. `send_again` is the reason for sending
        a cmdlet with an unknown outcome again: it may then run twice.

        Raises:
            InvalidValueError: the run is another deployment's, or `send_again` finds no cmdlet that
                it could mean.
            RunLockedError: it is being worked on right now, or another run has one of the pools.
            JournalError: there is no such run, or the journal cannot be written.
        """
        with self._executing(self.show(run_id).plan, observers) as runner:
            return runner.resume(
                run_id,
                operator=operator or account_name(),
                steal_lock=steal_lock,
                send_again=send_again,
            )

    def cancel(
        self, run_id: str, *, reason: str, operator: str = "", observers: Sequence[Observer] = ()
    ) -> Run:
        """Abandon a run and free its pools. Nothing is undone, and nothing is stopped on a server.

        Raises:
            RunLockedError: it is being worked on right now.
            JournalError: there is no such run, it is over, or the journal cannot be written.
        """
        who = operator or account_name()
        return self._runner(observers).cancel(run_id, operator=who, reason=reason)

    def second_thoughts(self, plan: Plan) -> tuple[str, ...]:
        """Reasons to reconsider a saved plan: it was executed already, or exceeds `plan_age`.

        Raises:
            JournalError: the journal cannot be read.
        """
        from lyncops.runs.second_thoughts import second_thoughts

        here, now = self.connection, self.connection.clock.now()
        return second_thoughts(plan, here.journal, now=now, plan_age=here.plan_age)

    @contextmanager
    def _executing(self, plan: Plan, observers: Sequence[Observer]) -> Generator[Runner]:
        require_deployment(plan, self.connection.name)
        with onlookers(plan, self.connection.onlooker) as more:
            yield self._runner((*observers, *more))

    def _runner(self, observers: Sequence[Observer]) -> Runner:
        return self.connection.runner(
            observers,
            recheck=self._recheck,
            reading_of=lambda plan: self._readings.get(plan.content_id),
        )

    def _recheck(self, plan: Plan) -> None:
        """Refuse an outdated plan; a fresh one of this client is not remade."""
        from lyncops.runs.recheck import compare

        is_old = abs(self.connection.clock.now() - plan.created_at) >= FRESH
        if is_old or plan.content_id not in self._readings:
            fresh, self._readings[plan.content_id] = self._planned(plan.procedure)
            compare(plan, fresh)
