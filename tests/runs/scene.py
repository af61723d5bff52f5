"""A scripted world: what each sent cmdlet really does, what the client is told about it, and a fuse
that kills the client.
"""

from __future__ import annotations

import enum
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import attrs

from lyncops.cmdlets import GetCsServerVersion, InvokeCsPoolFailOver
from lyncops.cmdlets.base import Cmdlet
from lyncops.configuration.journal_url import TIMEOUT
from lyncops.deployment.model import Deployment, PoolState
from lyncops.deployment.scope import Scope
from lyncops.errors import EndpointError, LyncOpsError
from lyncops.plan.conditions import Condition, PoolStateIs
from lyncops.plan.model import Plan
from lyncops.plan.procedures import PoolFailover
from lyncops.plan.steps import CmdletStep, ManualStep, Step, WaitStep
from lyncops.remoting.execution import BeforeSend, CommandAddress, Execution, Sending
from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.streams import ErrorRecord, StreamKind, StreamRecord
from lyncops.runs.events import Event, JournalEvent, LockTakenOver, Observer
from lyncops.runs.exchange import StoredRun
from lyncops.runs.journal import Journal, open_journal
from lyncops.runs.lock import Claim, Lock, Process
from lyncops.runs.model import Run, RunSummary
from lyncops.runs.runner import Runner
from lyncops.values import ANYWHERE, Fqdn, LyncVersion, Mode, Outcome, Place
from tests.deployments import front_end_pool, two_sites

R = TypeVar("R")
START = datetime(2013, 11, 21, 3, 0, tzinfo=UTC)
A, B, C = (Fqdn(f"{letter}.contoso.com") for letter in "abc")
DEAD = attrs.evolve(Process.current(), pid=2**31 - 1)


class Killed(BaseException):
    """The process dies here."""


class Fate(enum.Enum):
    """What a sent cmdlet does (done: its effect happens), and what the client is told."""

    WORKS = "done, and says so"
    FAILS = "not done, and says so"
    FAILS_YET_DONE = "done, yet an error is told"
    ENDS_WITHOUT_EFFECT = "not done, yet no error is told"
    REFUSED = "proven not started, and says so"
    LOST_DONE = "done; the answer is lost for good"
    LOST_NOT_DONE = "ran without effect; the answer is lost for good"
    LOST_NOT_STARTED = (
        "the answer is lost; the process that sent it proves later that it never started"
    )
    LOST_COLLECTABLE = "done; the answer is lost and found again"
    RUNS_ON = "the server runs it, and its end does not come in time"
    LOST_FAILED = "not done; the answer is lost, and the failure found later"
    UNREACHABLE = "no server answers"
    INTERRUPTED = "done; Ctrl-C while it runs"
    LET_GO = "done; Ctrl-C while it runs, and the sessions say so"

    @property
    def starts(self) -> bool:
        return self not in (Fate.REFUSED, Fate.LOST_NOT_STARTED, Fate.UNREACHABLE)

    @property
    def is_done(self) -> bool:
        return self in (
            Fate.WORKS,
            Fate.FAILS_YET_DONE,
            Fate.LOST_DONE,
            Fate.LOST_COLLECTABLE,
            Fate.INTERRUPTED,
            Fate.LET_GO,
        )

    @property
    def is_lost(self) -> bool:
        return self.name.startswith("LOST")


@attrs.define
class Fuse:
    """Counts the points at which a process can die, and dies at one of them; a dead process does
    nothing more.
    """

    dies_at: int | None = None
    points: int = 0

    def burn(self) -> None:
        self.points += 1
        if self.dies_at is not None and self.points >= self.dies_at:
            raise Killed


@attrs.define
class Scene:
    """The servers: one pool per step. They outlive any client."""

    # Per pool, for each time that it is sent
    fates: dict[Fqdn, list[Fate]] = attrs.field(factory=dict[Fqdn, list[Fate]])
    states: dict[Fqdn, PoolState] = attrs.field(factory=dict[Fqdn, PoolState])
    executions: Counter[Fqdn] = attrs.field(factory=Counter[Fqdn])
    sent: list[str] = attrs.field(factory=list[str])  # command ids
    forgotten: list[str] = attrs.field(factory=list[str])  # likewise
    addresses: itertools.count[int] = attrs.field(factory=lambda: itertools.count(1))
    fate_of: dict[str, Fate] = attrs.field(factory=dict[str, Fate])
    time: datetime = START
    unreadable: bool = False
    read_error: LyncOpsError | None = None
    says: list[StreamRecord] = attrs.field(
        factory=lambda: [StreamRecord(kind=StreamKind.WARNING, text="It takes a while.")]
    )
    events: list[tuple[datetime, Callable[[], None]]] = attrs.field(
        factory=list[tuple[datetime, Callable[[], None]]]
    )

    def now(self) -> datetime:
        return self.time

    def sleep(self, duration: timedelta) -> None:
        self.time += duration
        for moment, happen in tuple(self.events):
            if moment <= self.time:
                self.events.remove((moment, happen))
                happen()

    def later(self, after: timedelta, happen: Callable[[], None]) -> None:
        self.events.append((self.time + after, happen))

    def fail_over(self, pool: Fqdn) -> None:
        self.states[pool] = PoolState.FAILED_OVER

    def read(self, scope: Scope) -> Deployment:
        del scope
        if self.read_error is not None:
            raise self.read_error
        if self.unreadable:
            raise EndpointError("No server answers.")
        pools = tuple(
            front_end_pool(
                pool,
                partner=None,
                site="Redmond",
                size=1,
                state=self.states.get(pool, PoolState.ACTIVE),
            )
            for pool in (A, B, C)
        )
        return attrs.evolve(two_sites(), pools=pools, read_at=self.time)


@attrs.define
class Sessions:
    """The client's sessions with a scene; they die with the client."""

    scene: Scene
    fuse: Fuse = attrs.field(factory=Fuse)
    # Command ids: only who sent a command can prove that it never started
    own: set[str] = attrs.field(factory=set[str])

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        del place, deadline
        pool = str(cmdlet.arguments().get("PoolFqdn", ""))
        fates = self.scene.fates.get(Fqdn(pool), []) if pool else []
        fate = fates.pop(0) if fates else Fate.WORKS
        if fate is Fate.UNREACHABLE:
            raise EndpointError(
                "No endpoint could be reached.", remedy="See whether the servers are up."
            )
        address = self._address()
        fence = before_send(Sending(address=address)) if before_send is not None else None
        self.fuse.burn()
        if fence is not None:
            fence()
        self.own.add(address.command_id)
        self.scene.sent.append(address.command_id)
        self.scene.fate_of[address.command_id] = fate
        if fate.starts and pool:
            self.scene.executions[Fqdn(pool)] += 1
            if fate.is_done:
                self.scene.fail_over(Fqdn(pool))
        self.fuse.burn()
        if fate is Fate.INTERRUPTED:
            raise KeyboardInterrupt
        if on_record is not None and fate.starts:
            for record in self.scene.says:
                on_record(record)
        told = self._told(
            cmdlet, fate, address, lost=fate.is_lost or fate in (Fate.LET_GO, Fate.RUNS_ON)
        )
        return attrs.evolve(told, interrupted=fate is Fate.LET_GO)

    def collect(
        self,
        address: CommandAddress,
        cmdlet: Cmdlet[R],
        *,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
    ) -> Execution[R]:
        del deadline, on_record
        self.fuse.burn()
        fate = self.scene.fate_of.get(address.command_id, Fate.LOST_NOT_STARTED)
        if fate is Fate.UNREACHABLE:
            raise EndpointError("No endpoint could be reached.")
        is_strange = fate is Fate.LOST_NOT_STARTED and address.command_id not in self.own
        is_forgotten = address.command_id in self.scene.forgotten
        lost = (
            is_strange or is_forgotten or fate in (Fate.LOST_DONE, Fate.LOST_NOT_DONE, Fate.RUNS_ON)
        )
        return self._told(cmdlet, fate, address, lost=lost)

    def forget(self, address: CommandAddress) -> None:
        self.fuse.burn()
        self.scene.forgotten.append(address.command_id)

    def submit(
        self, cmdlet: Cmdlet[R], *, place: Place = ANYWHERE, deadline: timedelta | None = None
    ) -> Future[Execution[R]]:
        future = Future[Execution[R]]()
        future.set_result(self.run(cmdlet, place=place, deadline=deadline))
        return future

    def close(self) -> None:
        self.fuse = Fuse()

    def _address(self) -> CommandAddress:
        return CommandAddress(
            endpoint="https://fe1.contoso.com/OcsPowershell",
            session_id="session",
            shell_id="shell",
            command_id=f"command-{next(self.scene.addresses)}",
            resource_uri="uri",
        )

    def _told(
        self, cmdlet: Cmdlet[R], fate: Fate, address: CommandAddress, *, lost: bool
    ) -> Execution[R]:
        never = {Fate.REFUSED: Proof.REFUSED, Fate.LOST_NOT_STARTED: Proof.NEVER_HEARD_OF}.get(fate)
        failed = never is not None or fate in (Fate.FAILS, Fate.FAILS_YET_DONE, Fate.LOST_FAILED)
        outcome = Outcome.UNKNOWN if lost else Outcome.FAILED if failed else Outcome.SUCCEEDED
        errors = (
            (ErrorRecord(message="Cannot fail over."),) if failed and not lost and not never else ()
        )
        return Execution(
            cmdlet=cmdlet,
            outcome=outcome,
            started=self.scene.time,
            ended=self.scene.time,
            errors=errors,
            records=(StreamRecord(kind=StreamKind.WARNING, text="It takes a while."),),
            reason="The answer was lost." if lost else "It never started." if never else "",
            address=address,
            proof=None if lost else never,
            heard=lost and never is None,
            running=fate is Fate.RUNS_ON,
        )


@attrs.define
class DyingJournal:
    """A journal whose process can die before and after every write."""

    inner: Journal
    fuse: Fuse

    def begin(self, run: Run, claim: Claim) -> tuple[LockTakenOver, ...]:
        self.fuse.burn()
        taken = self.inner.begin(run, claim)
        self.fuse.burn()
        return taken

    def take_up(self, claim: Claim) -> tuple[LockTakenOver, ...]:
        self.fuse.burn()
        taken = self.inner.take_up(claim)
        self.fuse.burn()
        return taken

    def append(self, event: JournalEvent, *, token: str) -> None:
        self.fuse.burn()
        self.inner.append(event, token=token)
        self.fuse.burn()

    def heartbeat(self, run_id: str, token: str, at: datetime) -> bool:
        return self.inner.heartbeat(run_id, token, at)

    def holds(self, run_id: str, token: str) -> bool:
        return self.inner.holds(run_id, token)

    def release(self, run_id: str, token: str) -> None:
        self.fuse.burn()
        self.inner.release(run_id, token)
        self.fuse.burn()

    def load(self, run_id: str) -> Run:
        return self.inner.load(run_id)

    def runs(self, *, limit: int | None = None, before: str = "") -> tuple[RunSummary, ...]:
        return self.inner.runs(limit=limit, before=before)

    def locks(self) -> tuple[Lock, ...]:
        return self.inner.locks()

    def stored(self, run_id: str) -> StoredRun:
        return self.inner.stored(run_id)

    def store(self, run: StoredRun) -> bool:
        return self.inner.store(run)

    def prunable(self, before: datetime) -> tuple[RunSummary, ...]:
        return self.inner.prunable(before)

    def prune(self, before: datetime) -> tuple[RunSummary, ...]:
        return self.inner.prune(before)

    def close(self) -> None:
        self.inner.close()


@attrs.define
class Recorder:
    """An observer that keeps what it is told."""

    events: list[Event] = attrs.field(factory=list[Event])

    def observe(self, event: Event) -> None:
        self.events.append(event)


def failing_over(
    pool: Fqdn, *, optional: bool = False, before: Iterable[Condition] = (), proven: bool = True
) -> CmdletStep:
    return CmdletStep(
        step_id=f"fail-over-{pool}",
        title=f"Fail {pool} over",
        why="Its users are cut off.",
        sources=(),
        cmdlet=InvokeCsPoolFailOver(pool_fqdn=pool, disaster_mode=True),
        before=tuple(before),
        after=(PoolStateIs(pool, PoolState.FAILED_OVER),) if proven else (),
        undo=f"Invoke-CsPoolFailBack -PoolFqdn {pool}",
        optional=optional,
    )


def asking() -> CmdletStep:
    return CmdletStep(
        step_id="ask", title="Ask for the version", why="w", sources=(), cmdlet=GetCsServerVersion()
    )


def waiting(pool: Fqdn, *, optional: bool = False) -> WaitStep:
    return WaitStep(
        step_id=f"wait-{pool}",
        title=f"Wait for {pool}",
        why="w",
        sources=(),
        until=(PoolStateIs(pool, PoolState.FAILED_OVER),),
        deadline=timedelta(minutes=10),
        optional=optional,
    )


def by_hand(*, after: Iterable[Condition] = (), before: Iterable[Condition] = ()) -> ManualStep:
    return ManualStep(
        step_id="dns",
        title="Change DNS",
        why="w",
        sources=(),
        instructions=("Point sip.contoso.com to pool2.",),
        where="at the DNS server",
        how_to_see="nslookup",
        before=tuple(before),
        after=tuple(after),
    )


def plan_of(
    *steps: Step, goal: Sequence[Condition] | None = None, lock: Sequence[Fqdn] = (A, B)
) -> Plan:
    reached = tuple(
        condition
        for step in steps
        if isinstance(step, CmdletStep) and not step.optional
        for condition in step.after
    )
    return Plan(
        procedure=PoolFailover(pool=A, mode=Mode.DISASTER),
        deployment="contoso",
        version=LyncVersion.V2013,
        created_at=START,
        lock=tuple(lock),
        checks=(),
        steps=steps,
        goal=reached if goal is None else tuple(goal),
        expected_loss="Up to two minutes of presence.",
    )


@attrs.define
class Office:
    """A scene with a journal file: makes runners, each a process of its own."""

    folder: Path
    scene: Scene = attrs.field(factory=Scene)
    recorder: Recorder = attrs.field(factory=Recorder)
    settle: timedelta = timedelta.max
    database: str = ""  # empty: a file in the folder
    _journals: list[Journal] = attrs.field(factory=list[Journal])

    @property
    def url(self) -> str:
        return self.database or f"sqlite:///{self.folder / 'journal.db'}"

    def runs(self) -> tuple[Run, ...]:
        """All runs, newest first, each read in full."""
        journal = self.journal()
        return tuple(journal.load(run.run_id) for run in journal.runs())

    def journal(self, url: str = "", timeout: timedelta = TIMEOUT) -> Journal:
        self._journals.append(open_journal(url or self.url, timeout))
        return self._journals[-1]

    def runner(
        self, fuse: Fuse | None = None, *observers: Observer, process: Process = DEAD
    ) -> Runner:
        used = fuse or Fuse()
        return Runner(
            sessions=Sessions(self.scene, used),
            clock=self.scene,
            journal=DyingJournal(self.journal(), used),
            read=self.scene.read,
            observers=(self.recorder, *observers),
            process=process,
            settle=self.settle,
        )

    def start(self, plan: Plan, fuse: Fuse | None = None) -> Run:
        return self.runner(fuse).start(plan, operator="anna", reason="site 1 burns")

    def close(self) -> None:
        for journal in self._journals:
            journal.close()
