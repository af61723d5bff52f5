"""Two operators with one journal in PostgreSQL, whose processes take turns.

A process stops before and after every write of its journal and before every command that it sends,
and goes on when it is told to. They are threads of which one runs at a time, so that whatever may
happen between two processes happens in an order that hypothesis chooses and repeats.
"""

from __future__ import annotations

import itertools
import subprocess
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Final, TypeVar

import attrs
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import LyncOpsError
from lyncops.plan.procedures import PoolFailover
from lyncops.remoting.execution import BeforeSend, CommandAddress, Execution, Fence, Sending
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.runs.events import LockTakenOver
from lyncops.runs.journal import Journal
from lyncops.runs.lock import Claim, Process
from lyncops.runs.model import Run
from lyncops.runs.runner import Runner
from lyncops.values import ANYWHERE, Fqdn, Mode, Place
from tests.runs.scene import (
    A,
    B,
    DyingJournal,
    Fate,
    Fuse,
    Killed,
    Scene,
    Sessions,
    failing_over,
    plan_of,
)

MOMENT: Final = timedelta(seconds=1)
"""Within that the journal's word that the lock is held is not asked for again: what is left of the
fence's gap."""
_LONGEST: Final = 60.0
_TYPING: Final = timedelta(seconds=5)
_NUMBERS: Final = itertools.count(1)
_FATES: Final = st.sampled_from(
    [
        Fate.WORKS,
        Fate.FAILS,
        Fate.LOST_DONE,
        Fate.LOST_NOT_DONE,
        Fate.LOST_NOT_STARTED,
        Fate.LOST_COLLECTABLE,
        Fate.REFUSED,
        Fate.UNREACHABLE,
        Fate.INTERRUPTED,
    ]
)
_SOME_FATES: Final = st.lists(_FATES, max_size=3)
WHO: Final = st.integers(0, 1)
NAMES: Final = ("anna", "bert")
R = TypeVar("R")


@attrs.define
class Baton(Fuse):
    """Who has it runs, gives it back at its next point, and waits for it."""

    killed: bool = False
    _go: threading.Semaphore = attrs.field(factory=lambda: threading.Semaphore(0))
    _back: threading.Semaphore = attrs.field(factory=lambda: threading.Semaphore(0))

    def burn(self) -> None:
        if not self.killed:
            self.give_back()
            self.take()
        if self.killed:
            raise Killed

    def take(self) -> None:
        assert self._go.acquire(timeout=_LONGEST)

    def give_back(self) -> None:
        self._back.release()

    def hand(self) -> None:
        """Let it run to its next point."""
        self._go.release()
        assert self._back.acquire(timeout=_LONGEST), "a process does not come to its next point"


@attrs.define(eq=False)
class Life:
    """One process of an operator. Its lock is judged by a real process that lives as long."""

    world: World
    act: Callable[[Life], Run]
    baton: Baton = attrs.field(factory=Baton)
    token: str = ""
    run_id: str = ""
    sends: bool = False  # it stands between the journal's commit and the send
    over: bool = False
    result: Run | None = None
    error: BaseException | None = None
    ahead: timedelta = timedelta()  # what its clock on the wall is ahead
    _body: subprocess.Popen[bytes] = attrs.field(
        factory=lambda: subprocess.Popen(["sleep", "600"])  # noqa: S607
    )

    def __attrs_post_init__(self) -> None:
        threading.Thread(target=self._live, daemon=True).start()

    @property
    def process(self) -> Process:
        return Process.here(self._body.pid)

    def go_on(self) -> None:
        """Run to the next point, or to the end."""
        if not self.over:
            self.baton.hand()

    def kill(self) -> None:
        """SIGKILL."""
        self._body.kill()
        self._body.wait()
        if not self.over:
            self.baton.killed = True
            self.go_on()

    def now(self) -> datetime:
        return self.world.scene.now() + self.ahead

    def sleep(self, duration: timedelta) -> None:
        self.world.pass_time(duration)
        self.baton.burn()

    def _live(self) -> None:
        try:
            self.baton.take()
            if not self.baton.killed:
                self.result = self.act(self)
        except (LyncOpsError, Killed, KeyboardInterrupt) as error:
            self.error = error
        except BaseException as error:  # noqa: BLE001 - a test says it, in its own thread
            self.world.wrong.append(repr(error))
        finally:
            self._body.kill()
            self._body.wait()
            self.over = True
            self.baton.give_back()


@attrs.define
class ItsJournal(DyingJournal):
    """The journal as a process has it: under which token it works is known."""

    life: Life

    def begin(self, run: Run, claim: Claim) -> tuple[LockTakenOver, ...]:
        self.life.token, self.life.run_id = claim.token, claim.run_id
        self.life.world.run_ids.append(claim.run_id)
        return super().begin(run, claim)

    def take_up(self, claim: Claim) -> tuple[LockTakenOver, ...]:
        self.life.token, self.life.run_id = claim.token, claim.run_id
        return super().take_up(claim)


@attrs.define
class ItsSessions(Sessions):
    """Its sessions: what leaves is judged when it does."""

    life: Life = attrs.field(kw_only=True)

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        def sending(about: Sending) -> Fence:
            assert before_send is not None
            wall, counted = self.life.now(), self.life.world.counted
            fence = before_send(about)
            self.life.world.prepared(self.life, cmdlet)
            self.life.sends = True

            def leave() -> None:
                self.life.sends = False
                if fence is not None:
                    fence()
                passed = max(abs(self.life.now() - wall), self.life.world.counted - counted)
                self.life.world.left(self.life, cmdlet, about.address, passed)

            return leave

        return super().run(
            cmdlet,
            place=place,
            deadline=deadline,
            on_record=on_record,
            before_send=None if before_send is None else sending,
        )


@attrs.define
class World:
    """The servers, the journal, and the clock that nobody sets."""

    journal: Journal
    scene: Scene = attrs.field(factory=Scene)
    counted: timedelta = timedelta()
    wrong: list[str] = attrs.field(factory=list[str])
    run_ids: list[str] = attrs.field(factory=list[str])
    gaps: int = 0

    def pass_time(self, duration: timedelta) -> None:
        self.counted += duration
        self.scene.sleep(duration)

    def left(
        self, life: Life, cmdlet: Cmdlet[R], address: CommandAddress, passed: timedelta
    ) -> None:
        """A command leaves: its attempt is journalled, and its pool is locked by who sends it."""
        attempts = self.attempts(life.run_id)
        if attempts.count(address.command_id) != 1 or address.command_id in self.scene.sent:
            self.wrong.append(f"{address.command_id} leaves; journalled are {attempts}")
        if not self.has_locked(life, cmdlet):
            self.gaps += passed <= MOMENT
            if passed > MOMENT:
                self.wrong.append(f"{life.run_id} changes what is not its own since {passed}")

    def prepared(self, life: Life, cmdlet: Cmdlet[R]) -> None:
        """An attempt was journalled, under the lock of its pool."""
        if not self.has_locked(life, cmdlet):
            self.wrong.append(f"{life.run_id} prepares what it did not lock: {cmdlet}")

    def has_locked(self, life: Life, cmdlet: Cmdlet[R]) -> bool:
        pool = cmdlet.arguments()["PoolFqdn"]
        return any(lock.pool == pool and lock.token == life.token for lock in self.journal.locks())

    def attempts(self, run_id: str) -> list[str]:
        run = self.journal.load(run_id)
        return [attempt.address.command_id for step in run.steps for attempt in step.attempts]


class TwoOperators(RuleBasedStateMachine):
    """Anna and Bert move the same pair, or one pool of it."""

    def __init__(self, journal: Journal, clock: SimpleNamespace) -> None:
        super().__init__()
        for lock in journal.locks():
            journal.release(lock.run_id, lock.token)
        self.world = World(journal)
        clock.monotonic = self.seconds
        self.lives: list[Life | None] = [None, None]
        self.deployment = f"contoso-{next(_NUMBERS)}"

    # What they do.

    @rule(who=WHO, pools=st.sampled_from([(A, B), (B,)]), fates=_SOME_FATES, steal=st.booleans())
    def start(self, who: int, pools: tuple[Fqdn, ...], fates: list[Fate], *, steal: bool) -> None:
        if self.is_busy(who):
            return
        if not self.world.journal.locks():
            self.world.scene.states.clear()
        for pool in (A, B):
            self.world.scene.fates.setdefault(pool, fates[:])
        plan = attrs.evolve(
            plan_of(*(failing_over(pool) for pool in pools), lock=()),
            deployment=self.deployment,
            procedure=PoolFailover(pool=pools[0], mode=Mode.DISASTER),
        )
        self.live(
            who, lambda life: self.runner(life).start(plan, operator=NAMES[who], steal_lock=steal)
        )

    @rule(who=WHO, which=st.integers(0, 5), steal=st.booleans(), again=st.booleans())
    def resume(self, who: int, which: int, *, steal: bool, again: bool) -> None:
        if self.is_busy(who) or not self.world.run_ids:
            return
        run_id = self.world.run_ids[which % len(self.world.run_ids)]
        self.live(who, lambda life: self.resumed(life, run_id, who=who, steal=steal, again=again))

    @rule(who=WHO, points=st.integers(1, 12))
    def go_on(self, who: int, points: int) -> None:
        for _ in range(points):
            if life := self.lives[who]:
                life.go_on()

    @rule(who=WHO)
    def go_to_the_send(self, who: int) -> None:
        """It stops when its attempt is journalled and not sent."""
        if life := self.lives[who]:
            life.go_on()
            while not (life.over or life.sends):
                life.go_on()

    @rule(who=WHO)
    def go_to_the_end(self, who: int) -> None:
        if life := self.lives[who]:
            while not life.over:
                life.go_on()

    @rule(who=WHO, points=st.integers(1, 40), seconds=st.integers(0, 600))
    def steal_before_the_send(self, who: int, points: int, seconds: int) -> None:
        """One sleeps in front of the send; meanwhile the other takes the pools and moves them."""
        self.go_to_the_send(who)
        other = 1 - who
        self.kill(other)
        self.start(other, (A, B), [], steal=True)
        self.go_on(other, points)
        self.time_passes(seconds)
        self.go_on(who, 3)

    # What happens.

    @rule(who=WHO)
    def kill(self, who: int) -> None:
        if life := self.lives[who]:
            life.kill()

    @rule(seconds=st.integers(1, 600))
    def time_passes(self, seconds: int) -> None:
        self.world.pass_time(timedelta(seconds=seconds))

    @rule(who=WHO, hours=st.integers(-8, 8))
    def set_the_clock(self, who: int, hours: int) -> None:
        if life := self.lives[who]:
            life.ahead += timedelta(hours=hours)

    # What always holds.

    @invariant()
    def nothing_went_wrong(self) -> None:
        assert self.world.wrong == [], self.world.wrong

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        sent = self.world.scene.sent
        assert len(sent) == len(set(sent))

    def teardown(self) -> None:
        """Every run ends or can be resumed, and nothing stays locked."""
        for life in filter(None, self.lives):
            life.kill()
        self.world.scene.fates.clear()
        begun = {run.run_id for run in self.world.journal.runs()}
        for run_id in self.world.run_ids:
            if run_id in begun:
                self.end(run_id)
        event(f"commands that left within the moment: {self.world.gaps}")
        event(f"commands sent: {len(self.world.scene.sent)}")
        assert self.world.wrong == [], self.world.wrong
        assert self.world.journal.locks() == ()

    def end(self, run_id: str) -> None:
        for again in (False, True):
            self.resume_at_last(run_id, again=again)
            self.go_to_the_end(0)
            life = self.lives[0]
            assert life is not None
            assert life.result is not None, f"{run_id} cannot be resumed: {life.error!r}"
            if life.result.state.is_final:
                return
        self.live(
            0, lambda life: self.runner(life).cancel(run_id, operator="anna", reason="given up")
        )
        self.go_to_the_end(0)

    # How.

    def resume_at_last(self, run_id: str, *, again: bool) -> None:
        self.live(0, lambda life: self.resumed(life, run_id, who=0, steal=True, again=again))

    def seconds(self) -> float:
        return self.world.counted.total_seconds()

    def is_busy(self, who: int) -> bool:
        life = self.lives[who]
        return life is not None and not life.over

    def live(self, who: int, act: Callable[[Life], Run]) -> None:
        self.world.pass_time(_TYPING)
        self.lives[who] = Life(self.world, act)

    def resumed(self, life: Life, run_id: str, *, who: int, steal: bool, again: bool) -> Run:
        run = self.world.journal.load(run_id)
        sent = set(self.world.scene.sent)
        record = run.current
        last = record.last_attempt if record is not None and record.awaits_word else None
        # He says so only where it is true
        never = last is not None and last.address.command_id not in sent
        return self.runner(life).resume(
            run_id,
            operator=NAMES[who],
            steal_lock=steal,
            send_again="it never arrived" if again and never else "",
        )

    def runner(self, life: Life) -> Runner:
        return Runner(
            sessions=ItsSessions(self.world.scene, life.baton, life=life),
            clock=life,
            journal=ItsJournal(self.world.journal, life.baton, life),
            read=self.world.scene.read,
            process=life.process,
        )
