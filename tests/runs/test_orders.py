"""Every order in which an answer is lost and its command is asked for: by the sender, by later
processes, by another client.

Nothing here says what comes of an order. The rules do, after every move:

- a CHANGE runs at most once, and no attempt in the journal runs more than once;
- what carries a proof that it never started has not run, and the proof is one that this order of
  moves allows;
- SUCCEEDED is said only by somebody whom the server told so: not where the end was lost, or went to
  another client.
"""

from __future__ import annotations

import enum
import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import uuid4

import attrs
import pytest

from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import RunLockedError
from lyncops.lab.interface import Invocation, Session, Sink
from lyncops.lab.wire.faults import FaultKind
from lyncops.plan.model import Plan
from lyncops.plan.steps import CmdletStep
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint
from lyncops.remoting.execution import CommandAddress
from lyncops.remoting.proof import Proof
from lyncops.remoting.session_context import SessionContext
from lyncops.remoting.sessions import Sessions
from lyncops.remoting.takeover import forget
from lyncops.runs.events import AttemptEnded, AttemptPrepared, JournalEvent
from lyncops.runs.journal import Journal
from lyncops.runs.model import Attempt, Run, RunState
from lyncops.runs.runner import Runner
from lyncops.values import Effect, Outcome
from tests.remoting import machines
from tests.remoting.machines import CHANGE, READ, WARM_UP, Ground, ground
from tests.runs.scene import DEAD, DyingJournal, Fuse, Killed, Office, plan_of

PLAIN: Final = {CHANGE.NAME: machines.nothing, READ.NAME: machines.answer}
CMDLETS: Final[tuple[Cmdlet[object], ...]] = (CHANGE, READ)


class Loss(enum.Enum):
    """How the sender loses the answer."""

    COMMAND = "the command never arrives, and the session gives no sign of life"
    RECEIPT = "the command arrives, its answer is lost, and what is asked after it is answered"
    ANSWER = "the command arrives; its answer and all that is asked after it is lost for a while"
    END = "the reply with its end is lost"
    KILLED_BEFORE = "the sender is killed when the journal is written and nothing is sent"
    KILLED_AFTER = "the sender is killed when it was told the end and the journal was not"

    @property
    def kills(self) -> bool:
        return self in {Loss.KILLED_BEFORE, Loss.KILLED_AFTER}

    @property
    def arrives(self) -> bool:
        return self not in {Loss.COMMAND, Loss.KILLED_BEFORE}


class Move(enum.Enum):
    """Who asks for the command."""

    PROBE = "the sender comes back to it"
    RESUME = "another process resumes the run"
    OTHER = "another client meddles"
    MEANWHILE = "another client meddles while it runs"


class Other(enum.Enum):
    """What another client does."""

    COLLECTS = "collects its output"
    TERMINATES = "makes the server forget it"
    CONNECTS = "takes the session over"
    STEALS = "is a lyncops that steals the lock and goes on with the run"


def orders(loss: Loss) -> tuple[tuple[Move, ...], ...]:
    """All orders of the moves: each process comes back once, a later one twice, another client
    once, sooner or later.
    """
    own = (Move.RESUME, Move.RESUME) if loss.kills else (Move.PROBE, Move.RESUME, Move.RESUME)
    # The sender goes on by itself
    later = itertools.permutations((*own, Move.OTHER)) if loss is not Loss.RECEIPT else ()
    meanwhile = (
        ((Move.MEANWHILE, *moves) for moves in itertools.permutations(own)) if loss.arrives else ()
    )
    return tuple(dict.fromkeys((*later, *meanwhile)))


@attrs.frozen
class Story:
    """Whose answer is lost how, who meddles, and who comes when."""

    cmdlet: Cmdlet[object]
    loss: Loss
    other: Other
    order: tuple[Move, ...]

    def __str__(self) -> str:
        return "-".join(
            (self.cmdlet.effect.name, *(each.name for each in (self.loss, self.other, *self.order)))
        )


STORIES: Final = tuple(
    Story(cmdlet, loss, other, order)
    for cmdlet in CMDLETS
    for loss in Loss
    for other in Other
    for order in orders(loss)
)
_SHOWN: Final = 9
"""The ordinary run tells each ninth of the stories, and all in which the sender is killed after the
end of a CHANGE."""


def cases() -> Iterator[object]:
    for number, story in enumerate(STORIES):
        always = (story.cmdlet, story.loss) == (CHANGE, Loss.KILLED_AFTER)
        marks = () if always or number % _SHOWN == 0 else pytest.mark.slow
        yield pytest.param(story, id=str(story), marks=marks)


POLICY: Final = attrs.evolve(
    machines.POLICY, lost_contact=timedelta(milliseconds=200), probe_delay=timedelta(milliseconds=5)
)
_LONGEST: Final = 30.0
SENDER: Final = "sender"


@attrs.define
class Case:
    """One run of one cmdlet, and everybody who has to do with it."""

    ground: Ground
    office: Office
    cmdlet: Cmdlet[object]
    loss: Loss
    other: Other
    sender: Sessions
    journal: Journal
    run_id: str = ""
    told_another: bool = False
    """Whether the server told another client how the command ended."""
    is_gone: bool = False
    """Whether another client made the server forget the command."""
    is_known: bool = False
    """Whether the journal said that it succeeded before another client meddled."""
    authors: dict[int, str] = attrs.field(factory=dict[int, str])
    """Who made which attempt."""
    meddler: threading.Thread | None = None
    executed_before: int = 0

    def begin(self, order: Sequence[Move]) -> None:
        """The sender begins the run, and loses the answer."""
        self.executed_before = self.ground.executed(self.cmdlet)
        if Move.MEANWHILE in order:
            self.ground.fe1.scripts[self.cmdlet.NAME] = self._meddle_meanwhile
        for kind, action, times in _STRIKES.get(self.loss, ()):
            self.ground.strike(
                kind, action, times=times, cmdlet=self.cmdlet.NAME if action == "Receive" else None
            )
        with suppress(Killed, RunLockedError):
            self._runner(self.sender, dies_at=_DIES_AT.get(self.loss)).start(
                plan_for(self.cmdlet), operator="anna"
            )
        self.ground.lab.faults.clear()
        if self.meddler is not None:
            self.meddler.join(_LONGEST)
            assert not self.meddler.is_alive()
        [run] = self.journal.runs()
        self.run_id = run.run_id

    def _runner(self, sessions: Sessions, *, dies_at: type[JournalEvent] | None = None) -> Runner:
        return Runner(
            sessions=sessions,
            clock=self.office.scene,
            journal=DyingAt(self.journal, dies_at) if dies_at else self.journal,
            read=self.office.scene.read,
            process=DEAD,
        )

    def move(self, move: Move, number: int) -> None:
        """One of them makes a move."""
        if move is Move.PROBE:
            self._runner(self.sender).resume(self.run_id)
            self.judge(SENDER)
        elif move is Move.RESUME:
            with self.sessions() as sessions:
                self._runner(sessions).resume(self.run_id)
                self.judge(f"process {number}")
        elif move is Move.OTHER:
            self.is_known = self.run().steps[0].attempts[0].outcome is Outcome.SUCCEEDED
            self.meddle(self.run().steps[0].attempts[0].address)
            self.judge("nobody")

    def sessions(self) -> Sessions:
        return sessions_on(self.ground, self.office)

    def run(self) -> Run:
        return self.journal.load(self.run_id)

    # -- another client
    # ----------------------------------------------------------------------------------------------

    def meddle(self, address: CommandAddress) -> None:
        """What another client does to the command.

        The WSMan session's id is known to nobody but who reads the journal.
        """
        if self.other is Other.STEALS:
            with self.sessions() as sessions:
                self._runner(sessions).resume(self.run_id, operator="bert", steal_lock=True)
            return
        if self.other is Other.TERMINATES:
            around = SessionContext(
                endpoint=endpoint_of(self.ground),
                credentials=Credentials(
                    username=self.ground.lab.username, password=self.ground.lab.password
                ),
                policy=POLICY,
                clock=self.office.scene,
            )
            forget(around, address, whole=False)
            self.is_gone = self.meddler is None  # else it was refused: the session is the sender's
            return
        if self.other is Other.CONNECTS:
            self.ground.lab.disconnect_idle()
            address = attrs.evolve(address, session_id=str(uuid4()).upper())
        with self.sessions() as other:
            self.told_another |= other.collect(address, self.cmdlet).outcome is Outcome.SUCCEEDED

    def _meddle_meanwhile(self, invocation: Invocation, session: Session, sink: Sink) -> None:
        """The first time that the cmdlet runs, another client comes in between."""
        script = PLAIN[self.cmdlet.NAME]
        self.ground.fe1.scripts[self.cmdlet.NAME] = script
        [run] = self.journal.runs()
        [attempt, *_] = self.journal.load(run.run_id).steps[0].attempts
        action = "Signal" if self.other is Other.TERMINATES else "Reconnect"
        self.run_id, before = run.run_id, self.ground.requests(action)
        address = attrs.evolve(attempt.address, session_id=str(uuid4()).upper())
        self.meddler = threading.Thread(target=self.meddle, args=(address,), daemon=True)
        self.meddler.start()
        end = time.monotonic() + _LONGEST
        while (
            self.meddler.is_alive()
            and self.ground.requests(action) == before
            and time.monotonic() < end
        ):
            session.stopped.wait(0.005)
        script(invocation, session, sink)

    # -- the rules
    # ----------------------------------------------------------------------------------------------

    def judge(self, actor: str) -> None:
        """The rules, after a move of `actor`."""
        run, executed = self.run(), self.ground.executed(self.cmdlet) - self.executed_before
        attempts = run.steps[0].attempts
        proven = {attempt.number for attempt in attempts if attempt.proof is not None}
        known = {attempt.number for attempt in attempts if attempt.outcome is Outcome.SUCCEEDED}
        for attempt in attempts:
            self.authors.setdefault(attempt.number, actor)
        assert executed <= len(attempts) - len(proven), (
            "an attempt ran twice, or one ran that is proven not to have"
        )
        assert len(known) <= executed
        assert all(
            attempt.outcome is not Outcome.FAILED for attempt in attempts if attempt.proof is None
        ), "nobody said so"
        assert run.state is not RunState.COMPLETED or len(attempts) in known
        if self.cmdlet.effect is Effect.CHANGE:
            assert executed <= 1
            self._judge_the_sent(attempts[0], attempts[-1], proven)

    def _judge_the_sent(self, first: Attempt, last: Attempt, proven: set[int]) -> None:
        """The attempt whose answer was lost."""
        if first.number in proven:
            assert self.loss is Loss.COMMAND
            assert first.proof is Proof.NEVER_HEARD_OF
            assert self.authors[last.number] == SENDER, "nobody but its sender can prove it"
        else:
            assert last is first, "what is not proven was sent again"
        if first.outcome is Outcome.SUCCEEDED and not self.is_known:
            assert self.loss in {Loss.RECEIPT, Loss.ANSWER} or self.meddler is not None
            assert not self.told_another
            assert not self.is_gone


_STRIKES: Final[dict[Loss, tuple[tuple[FaultKind, str, int | None], ...]]] = {
    Loss.COMMAND: ((FaultKind.DROP_BEFORE, "Command", 1), (FaultKind.DROP_BEFORE, "Get", None)),
    Loss.RECEIPT: ((FaultKind.DROP_AFTER, "Command", 1),),
    Loss.ANSWER: ((FaultKind.DROP_AFTER, "Command", 1), (FaultKind.DROP_BEFORE, "Receive", None)),
    Loss.END: ((FaultKind.LOSE_REPLY, "Receive", 1),),
}
_DIES_AT: Final[dict[Loss, type[JournalEvent]]] = {
    Loss.KILLED_BEFORE: AttemptPrepared,
    Loss.KILLED_AFTER: AttemptEnded,
}


class DyingAt(DyingJournal):
    """A journal whose process is killed when a prepared attempt is written, or before the end of
    one is.
    """

    def __init__(self, inner: Journal, event: type[JournalEvent]) -> None:
        super().__init__(inner, Fuse())
        self.event = event

    def append(self, event: JournalEvent, *, token: str) -> None:
        dies = isinstance(event, self.event)
        if dies and self.event is AttemptEnded:
            raise Killed
        super().append(event, token=token)
        if dies:
            raise Killed


def plan_for(cmdlet: Cmdlet[object]) -> Plan:
    """A plan of this cmdlet alone; nothing but the server's word shows what came of it."""
    step = CmdletStep(step_id="it", title="It", why="w", sources=(), cmdlet=cmdlet)
    return plan_of(step, goal=())


def endpoint_of(one: Ground) -> Endpoint:
    return one.endpoint(scheme="https", auth=Auth.BASIC)


def sessions_on(one: Ground, office: Office) -> Sessions:
    """A process' sessions."""
    return one.sessions(endpoint_of(one), policy=POLICY, clock=office.scene)


@pytest.fixture(scope="module")
def lab_ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(tmp_path_factory.mktemp("ground")) as one:
        yield one


@pytest.fixture
def served(lab_ground: Ground) -> Iterator[Ground]:
    yield lab_ground
    lab_ground.lab.faults.clear()
    lab_ground.fe1.scripts.update(PLAIN)
    lab_ground.lab.restart()


@pytest.mark.parametrize("story", list(cases()))
def test_in_every_order(served: Ground, office: Office, story: Story) -> None:
    with sessions_on(served, office) as sender:
        sender.run(WARM_UP if story.cmdlet is CHANGE else READ)
        case = Case(served, office, story.cmdlet, story.loss, story.other, sender, office.journal())
        case.begin(story.order)
        case.judge(SENDER)
        for number, move in enumerate(story.order):
            case.move(move, number)
