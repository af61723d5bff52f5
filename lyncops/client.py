"""The client: everything that lyncops can do with one deployment, as typed methods. The command line calls nothing else."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

import attrs

from lyncops.clock import SystemClock
from lyncops.deployment.lookups import Lookups
from lyncops.deployment.network import AnswersLookups
from lyncops.deployment.scope import EVERYTHING, Scope
from lyncops.errors import EndpointError, InvalidValueError
from lyncops.remoting.interface import Clock, RunsCmdlets
from lyncops.runs.journal import Journal, open_journal
from lyncops.values import ANYWHERE, Effect, Fqdn, LyncVersion, Mode, Place

if TYPE_CHECKING:
    from lyncops.checks.result import CheckResult
    from lyncops.checks.synchronisation import BackupServiceReport
    from lyncops.cmdlets import BackupModule
    from lyncops.cmdlets.base import Cmdlet
    from lyncops.configuration import Configuration
    from lyncops.deployment.model import Deployment
    from lyncops.plan.model import Plan
    from lyncops.plan.rehearsal import RehearsedStep
    from lyncops.plan.steps import Step
    from lyncops.procedures.readiness import Readiness
    from lyncops.procedures.request import ProcedureRequest
    from lyncops.remoting.execution import Execution, StreamRecord
    from lyncops.runs.backup_service import BackupServiceWatch
    from lyncops.runs.events import Observer
    from lyncops.runs.lock import Lock
    from lyncops.runs.model import Run
    from lyncops.runs.report import Report
    from lyncops.runs.runner import Runner

R = TypeVar("R")

FRESH: Final = timedelta(minutes=5)
"""A plan that is younger and was made by this client is not checked anew before it runs."""


@attrs.frozen(slots=True, kw_only=True)
class Rehearsal:
    """What the servers say that a step would do, asked with -WhatIf; or why they were not asked."""

    step: Step
    execution: Execution[object] | None = None
    because: str = ""  # why it was not rehearsed


@attrs.define(slots=True, kw_only=True, eq=False)
class Client:
    """One deployment. Servers, passwords and the journal are touched when a method first needs them.

    `open_sessions` and `open_journal` are called at most once each, so that a test can put a model of Lync behind them. Not to be
    shared between threads.
    """

    name: str
    open_sessions: Callable[[], RunsCmdlets] = attrs.field(repr=False)
    open_journal: Callable[[], Journal] = attrs.field(repr=False)
    clock: Clock = attrs.field(factory=SystemClock, repr=False)
    version: LyncVersion | None = None
    poll_interval: timedelta | None = None
    settle: timedelta | None = None
    lookups: AnswersLookups = attrs.field(factory=Lookups, repr=False)  # how DNS and ports outside are asked
    _sessions: RunsCmdlets | None = attrs.field(default=None, init=False, repr=False)
    _journal: Journal | None = attrs.field(default=None, init=False, repr=False)
    _made: set[str] = attrs.field(factory=set[str], init=False, repr=False)  # content ids of plans

    @classmethod
    def of(cls, configuration: Configuration) -> Self:
        """The client that a configuration describes."""
        clock = SystemClock()
        return cls(
            name=configuration.name,
            open_sessions=partial(_open_sessions, configuration, clock),
            open_journal=partial(open_journal, configuration.journal_url),
            clock=clock,
            version=configuration.version,
            poll_interval=configuration.poll_interval,
            settle=configuration.settle,
            lookups=configuration.lookups,
        )

    @property
    def sessions(self) -> RunsCmdlets:
        """The sessions with the servers.

        Raises:
            ConfigurationError: a password is not there.
        """
        if self._sessions is None:
            self._sessions = self.open_sessions()
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let sessions and journal go. A cmdlet that runs at a server goes on there."""
        sessions, self._sessions = self._sessions, None
        journal, self._journal = self._journal, None
        if sessions is not None:
            sessions.close()
        if journal is not None:
            journal.close()

    def status(self, scope: Scope = EVERYTHING) -> Deployment:
        """Read the deployment afresh.

        Raises:
            EndpointError: no server could be reached.
        """
        from lyncops.deployment.reader import read_deployment

        deployment = read_deployment(self.sessions, name=self.name, clock=self.clock, version=self.version, scope=scope)
        return attrs.evolve(deployment, network=self.lookups.answer(scope.lookups)) if scope.lookups else deployment

    def check(self, pool: Fqdn | str, *, mode: Mode | None = None) -> tuple[CheckResult, ...]:
        """Could this pool be failed over right now? Without a mode: planned while it lives, else disaster.

        Raises:
            EndpointError: no server could be reached.
            InvalidValueError: `pool` is no FQDN.
        """
        from lyncops.checks.catalogue import checks_for_failover

        fqdn = Fqdn(pool)
        deployment = self.status()
        found = deployment.pool(fqdn)
        lives = found is None or found.is_alive
        return checks_for_failover(deployment, fqdn, mode or (Mode.PLANNED if lives else Mode.DISASTER))

    def readiness(self, *pools: Fqdn | str) -> Readiness:
        """Could these pools (every Front End pool, where none is named) be failed over now: in which mode, at what loss?

        Raises:
            EndpointError: no server could be reached.
            InvalidValueError: a name is no FQDN.
        """
        from lyncops.procedures.readiness import readiness

        names = tuple(map(Fqdn, pools))
        return readiness(self.status(), names)

    def backup_service(self, *pools: Fqdn | str) -> BackupServiceReport:
        """The Backup Service: configuration, and both directions of the pairs of `pools` (of all pairs, where none is named).

        Raises:
            EndpointError: no server could be reached.
            InvalidValueError: a name is no FQDN.
        """
        return self._backup_service(pools, None).report()

    def watch_backup_service(
        self, *pools: Fqdn | str, every: timedelta | None = None, timeout: timedelta | None = None, until_steady: bool = False
    ) -> Iterator[BackupServiceReport]:
        """Reports of the Backup Service one after the other, until `timeout`, or with `until_steady` until it is steady or stuck.

        Raises:
            EndpointError: no server could be reached for the first one.
            AuthenticationFailedError: the credentials were refused.
            InvalidValueError: a name is no FQDN.
        """
        return self._backup_service(pools, every).follow(timeout=timeout, until_steady=until_steady)

    def run_cmdlet(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
    ) -> Execution[R]:
        """Run one READ cmdlet, or a CHANGE with -WhatIf. What changes something belongs into a plan, where it is journalled.

        Raises:
            InvalidValueError: the cmdlet changes something.
            EndpointError: no server could be reached.
        """
        if cmdlet.effect is Effect.CHANGE:
            raise InvalidValueError(
                f"{cmdlet.NAME} changes the deployment; alone it would be neither checked nor journalled.",
                remedy="Run it as a step of a plan, or ask with what_if=True what it would do.",
            )
        return self.sessions.run(cmdlet, place=place, deadline=deadline, on_record=on_record)

    def plan(self, procedure: str, request: ProcedureRequest) -> Plan:
        """Make a plan from a fresh reading. It may be a refused one: see its `refusals`.

        Raises:
            InvalidValueError: there is no such procedure, or the request makes no sense for it.
            EndpointError: no server could be reached.
        """
        planner = _planner(procedure)
        return self._kept(planner(self.status(), request))

    def plan_pool_failover(
        self, pool: Fqdn | str, mode: Mode, *, accept_data_loss: bool = False, overrides: Mapping[str, str] | None = None
    ) -> Plan:
        """Plan that the pool's users are served by its backup pool. `overrides` maps check ids to the reason of each.

        Raises:
            InvalidValueError: disaster mode without `accept_data_loss`, or `pool` is no FQDN.
            EndpointError: no server could be reached.
        """
        return self._plan_pool("pool-failover", pool, mode, accept_data_loss=accept_data_loss, overrides=overrides)

    def plan_pool_failback(
        self,
        pool: Fqdn | str,
        mode: Mode = Mode.PLANNED,
        *,
        accept_data_loss: bool = False,
        overrides: Mapping[str, str] | None = None,
    ) -> Plan:
        """Plan that the pool, which first homed the users and is failed over, serves them again.

        Raises:
            InvalidValueError: disaster mode without `accept_data_loss`, or `pool` is no FQDN.
            EndpointError: no server could be reached.
        """
        return self._plan_pool("pool-failback", pool, mode, accept_data_loss=accept_data_loss, overrides=overrides)

    def plan_evacuate(
        self, to_pool: Fqdn | str, mode: Mode, *, accept_data_loss: bool = False, overrides: Mapping[str, str] | None = None
    ) -> Plan:
        """Plan that `to_pool` serves everybody of its pair.

        Raises:
            InvalidValueError: disaster mode without `accept_data_loss`, or `to_pool` is no FQDN.
            EndpointError: no server could be reached.
        """
        return self._plan_pool("evacuate", to_pool, mode, accept_data_loss=accept_data_loss, overrides=overrides)

    def plan_backup_service_set(
        self,
        *,
        sync_interval: timedelta | None = None,
        authorized_groups: Sequence[str] = (),
        overrides: Mapping[str, str] | None = None,
    ) -> Plan:
        """Plan that the Backup Service copies every `sync_interval` (5 seconds to 3 hours), and who may ask it.

        Raises:
            InvalidValueError: neither is given, or the interval is out of range.
            EndpointError: no server could be reached, or none knows the topology.
        """
        from lyncops.procedures.request import ProcedureRequest

        deployment = self.status()
        pools = deployment.front_end_pools
        if not pools:
            raise EndpointError("No Front End pool is known.", remedy="Look at `lyncops status`.")
        request = ProcedureRequest(
            target=pools[0].fqdn,
            sync_interval=sync_interval,
            authorized_groups=tuple(authorized_groups),
            overrides=overrides or {},
        )
        return self._kept(_planner("backup-service-set")(deployment, request))

    def plan_backup_service_sync(
        self, pool: Fqdn | str, *, modules: Sequence[BackupModule] = (), overrides: Mapping[str, str] | None = None
    ) -> Plan:
        """Plan that what `pool` has changed is copied to its backup pool now: these modules, or all of them.

        Raises:
            InvalidValueError: `pool` is no FQDN.
            EndpointError: no server could be reached.
        """
        from lyncops.procedures.request import ProcedureRequest

        request = ProcedureRequest(target=Fqdn(pool), modules=tuple(modules), overrides=overrides or {})
        return self.plan("backup-service-sync", request)

    def rehearse(self, plan: Plan) -> tuple[Rehearsal, ...]:
        """Send the plan's cmdlets with -WhatIf, where that can show something; every other step has a reason. Changes nothing.

        Raises:
            EndpointError: no server could be reached.
        """
        from lyncops.plan.conditions import scope_of
        from lyncops.plan.rehearsal import conditions_of, rehearsal

        return tuple(self._rehearse(part) for part in rehearsal(plan, self.status(scope_of(conditions_of(plan)))))

    def _rehearse(self, part: RehearsedStep) -> Rehearsal:
        if part.ask is None:
            return Rehearsal(step=part.step, because=part.because)
        execution = self.run_cmdlet(part.ask.cmdlet, place=part.ask.place, deadline=part.ask.deadline)
        return Rehearsal(step=part.step, execution=execution)

    def run(
        self, plan: Plan, *, operator: str = "", reason: str = "", observers: Sequence[Observer] = (), steal_lock: bool = False
    ) -> Run:
        """Execute a plan until it is over or stops; its state says which. `operator` defaults to this account's name.

        Raises:
            InvalidValueError: the plan is another deployment's.
            PlanRefusedError: a check refuses the plan, or would refuse it now. Nothing was changed.
            RunLockedError: another run has one of the pools, or took them away while this one ran.
            JournalError: the journal cannot be written. Nothing more was sent.
            EndpointError: no server could be reached to check an older plan anew.
        """
        self._require_own(plan)
        return self._runner(observers).start(plan, operator=operator or _account(), reason=reason, steal_lock=steal_lock)

    def resume(self, run_id: str, *, operator: str = "", observers: Sequence[Observer] = (), steal_lock: bool = False) -> Run:
        """Go on with a run that stopped, or whose process died. Coming back to a manual step says that it was done.

        Raises:
            InvalidValueError: the run is another deployment's.
            RunLockedError: it is being worked on right now, or another run has one of the pools.
            JournalError: there is no such run, or the journal cannot be written.
        """
        self._require_own(self.show(run_id).plan)
        return self._runner(observers).resume(run_id, operator=operator or _account(), steal_lock=steal_lock)

    def cancel(self, run_id: str, *, reason: str, operator: str = "", observers: Sequence[Observer] = ()) -> Run:
        """Give a run up and free its pools. Nothing is undone and nothing is stopped at a server.

        Raises:
            RunLockedError: it is being worked on right now.
            JournalError: there is no such run, it is over, or the journal cannot be written.
        """
        return self._runner(observers).cancel(run_id, operator=operator or _account(), reason=reason)

    def runs(self) -> tuple[Run, ...]:
        """All runs of the journal, newest first.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.journal.runs()

    def show(self, run_id: str) -> Run:
        """One run, as the journal tells it.

        Raises:
            JournalError: there is no such run, or the journal cannot be read.
        """
        return self.journal.load(run_id)

    def locks(self) -> tuple[Lock, ...]:
        """Who works on which pools.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.journal.locks()

    def report(self, run_id: str) -> Report:
        """One run told to people: renders as text, Markdown and JSON.

        Raises:
            JournalError: there is no such run, or the journal cannot be read.
        """
        from lyncops.runs.report import Report

        return Report.of(self.journal.load(run_id))

    def _kept(self, plan: Plan) -> Plan:
        self._made.add(plan.content_id)
        return plan

    def _backup_service(self, pools: Sequence[Fqdn | str], every: timedelta | None) -> BackupServiceWatch:
        from lyncops.runs.backup_service import EVERY, BackupServiceWatch

        pause = every or self.poll_interval or EVERY
        return BackupServiceWatch(read=self.status, clock=self.clock, pools=tuple(map(Fqdn, pools)), every=pause)

    def _plan_pool(
        self, procedure: str, pool: Fqdn | str, mode: Mode, *, accept_data_loss: bool, overrides: Mapping[str, str] | None
    ) -> Plan:
        from lyncops.procedures.request import ProcedureRequest

        if mode is Mode.DISASTER and not accept_data_loss:
            raise InvalidValueError(
                f"Disaster mode of {procedure} loses what {pool} had not yet copied to its partner.",
                remedy="Pass accept_data_loss=True when that side is really gone; else use planned mode.",
            )
        request = ProcedureRequest(target=Fqdn(pool), mode=mode, accept_data_loss=accept_data_loss, overrides=overrides or {})
        return self.plan(procedure, request)

    def _require_own(self, plan: Plan) -> None:
        if plan.deployment != self.name:
            raise InvalidValueError(
                f"The plan is for the deployment {plan.deployment!r}; this client is connected to {self.name!r}.",
                remedy="Use the configuration of that deployment, or make the plan again with this one.",
            )

    def _runner(self, observers: Sequence[Observer]) -> Runner:
        from lyncops.runs.runner import Runner

        return Runner(
            sessions=self.sessions,
            clock=self.clock,
            journal=self.journal,
            read=self.status,
            observers=observers,
            poll=self.poll_interval,
            settle=self.settle or timedelta.max,
            recheck=self._recheck,
        )

    def _recheck(self, plan: Plan) -> None:
        """Refuse a plan that the servers do not call for any more; one that this client has just made is fresh enough."""
        from lyncops.procedures.request import ProcedureRequest
        from lyncops.runs.recheck import compare

        if plan.content_id in self._made and abs(self.clock.now() - plan.created_at) < FRESH:
            return
        compare(plan, _planner(plan.procedure)(self.status(), ProcedureRequest.of(plan)))


def _planner(procedure: str) -> Callable[[Deployment, ProcedureRequest], Plan]:
    from lyncops.procedures import PROCEDURES

    if procedure not in PROCEDURES:
        raise InvalidValueError(f"There is no procedure {procedure!r}.", remedy=f"Known are: {', '.join(PROCEDURES)}.")
    return PROCEDURES[procedure].plan


def _open_sessions(configuration: Configuration, clock: Clock) -> RunsCmdlets:
    from lyncops.remoting.sessions import Sessions

    credentials = configuration.sign_in.credentials() if configuration.sign_in else None
    return Sessions(
        [address.resolved() for address in configuration.addresses],
        credentials=credentials,
        policy=configuration.retry,
        clock=clock,
        version=configuration.version,
    )


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, ImportError, KeyError):
        return "unknown"
