"""Stories of which every moment is struck: a deployment, a plan, and how all of it must end."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

import attrs

import lyncops
from lyncops.client import Client
from lyncops.deployment.comparison import differences
from lyncops.deployment.model import Deployment
from lyncops.deployment.reader import read_deployment
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.simulation import Simulation
from lyncops.lab.wire.faults import Fault, FaultKind
from lyncops.plan.codec import plan_to_json
from lyncops.plan.procedures import Evacuate, PoolFailback, PoolFailover, Procedure
from lyncops.plan.steps import CmdletStep
from lyncops.runs.model import Run, RunState
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.values import Effect, Fqdn, Mode
from tests.crash.points import Moment, Point, Request, Requests, Write
from tests.crash.victim import Order, act
from tests.procedures.model import Site

P1, P2, EDGE = (Fqdn(f"{name}.contoso.com") for name in ("pool1", "pool2", "edge1"))
_RATE: Final = 3000.0
_LONGEST: Final = 60.0
_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    [
        "lyncops.deployment.reader",
        "lyncops.remoting.sessions",
        "lyncops.runs.runner",
        "lyncops.runs.sql_journal",
        "tests.crash.victim",
    ]
)


def _failed_over(world: Simulation) -> None:
    _done(world, PoolFailover(pool=P1, mode=Mode.PLANNED, export=False))


def _second_failed_over(world: Simulation) -> None:
    _done(world, PoolFailover(pool=P2, mode=Mode.PLANNED, export=False))


def _done(world: Simulation, procedure: Procedure) -> None:
    site = Site(world)
    run = site.run(site.made(procedure))
    assert run.state is RunState.COMPLETED, run.why


@attrs.frozen(kw_only=True)
class Story:
    """A procedure, what happened before it, and what burns when it begins."""

    procedure: Procedure
    before: Callable[[Simulation], None] | None = None
    crashed: str = ""


STORIES: Final[Mapping[str, Story]] = {
    "disaster failover": Story(
        procedure=PoolFailover(pool=P1, mode=Mode.DISASTER, accept_data_loss=True, export=False),
        crashed=P1,
    ),
    "planned failover": Story(procedure=PoolFailover(pool=P1, mode=Mode.PLANNED, export=False)),
    "failback": Story(
        procedure=PoolFailback(pool=P1, mode=Mode.PLANNED, edges=(EDGE,), export=False),
        before=_failed_over,
    ),
    "evacuation": Story(
        procedure=Evacuate(to_pool=P2, mode=Mode.PLANNED, export=False),
        before=_second_failed_over,
    ),
}


@attrs.define
class Scene:
    """A lab in which a story begins, with a client's folder; `dies_at` is where its client dies."""

    lab: Lab
    folder: Path
    victim: int | None = None
    dies_at: Point | None = None
    seen: list[Request] = attrs.field(factory=list[Request])
    _requests: Requests = attrs.field(factory=Requests)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    @property
    def config(self) -> Path:
        return self.folder / "lyncops.toml"

    def client(self) -> Client:
        """Somebody who comes back, in this process."""
        return lyncops.connect(self.config)

    def strike(
        self, _machine: str, action: str, cmdlets: Collection[str], *, before: bool
    ) -> Fault | None:
        """Stands where the lab asks for its faults: nothing is wrong with the wire, the client
        dies.
        """
        with self._lock:
            point = self._requests.name(action, cmdlets, Moment.BEFORE if before else Moment.AFTER)
            self.seen.append(point)
            if point == self.dies_at and self.victim is not None:
                os.kill(self.victim, signal.SIGKILL)
        return None

    def live(self, order: Order) -> int | None:
        """A client's life, and how it ended: with 0, or by the signal that killed it."""
        process = _PROCESSES.Process(target=act, args=(order,))
        process.start()
        self.victim = process.pid
        process.join(_LONGEST)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise AssertionError(f"the client did not end; it was to die {self.dies_at}")
        self.victim = None
        return process.exitcode

    def executed(self) -> Counter[str]:
        """How often each cmdlet that changes something was begun by the lab."""
        return Counter(self.lab.world.executions)

    def look(self) -> Deployment:
        """The deployment, read without a wire."""
        world = self.lab.world
        return read_deployment(ModelSessions(world), name="contoso", clock=ModelClock(world))


@contextmanager
def scene(story: Story, folder: Path) -> Generator[Scene]:
    """A fresh lab where the story begins."""
    world = Simulation(scenario_of_size(2, standard=True), rate=_RATE)
    if story.before is not None:
        story.before(world)
        world.executions.clear()
    with ExitStack() as stack:
        lab = stack.enter_context(Lab.start(world))
        stack.enter_context(patch.dict(os.environ, {ENVIRONMENT_VARIABLE: lab.password}))
        config = lab.write_config(folder, auth="basic")
        text = config.read_text("utf-8")
        quick = 'poll_interval = "50ms"\nprobe_delay = "100ms"\nsettle = "2s"'
        lines = (line for line in text.splitlines() if not line.startswith(("poll_int", "settle")))
        text = "\n".join(lines).replace("[retry]", f"[retry]\n{quick}")
        config.write_text(text, "utf-8")
        if story.crashed:
            lab.crash(story.crashed)
        made = Scene(lab, folder)
        # A fault that never strikes: only then the lab looks which cmdlets a request is about
        lab.faults.add(Fault(kind=FaultKind.DROP_BEFORE, machine="nobody", times=None))
        stack.enter_context(patch.object(lab.faults, "strike", made.strike))
        yield made


@attrs.frozen(kw_only=True)
class Reference:
    """The story as it goes when nobody dies."""

    story: Story
    plan: str
    points: tuple[Point, ...]
    executed: Counter[str]
    end: Deployment


def reference(story: Story, folder: Path) -> Reference:
    """Play the story once, and note every moment."""
    with scene(story, folder) as one:
        with one.client() as client:
            plan = client.plan(story.procedure)
        assert not plan.is_refused, str(plan)
        path = folder / "plan.json"
        path.write_text(plan_to_json(plan), "utf-8")
        one.seen.clear()
        order = Order(folder=folder, plan=path, password=one.lab.password)
        assert one.live(order) == 0
        with one.client() as client:
            run = client.show(client.runs()[0].run_id)
        assert run.state is RunState.COMPLETED, run.why
        writes = json.loads(order.writes.read_text("utf-8"))
        points: list[Point] = [
            Write(number, moment) for number in range(1, writes + 1) for moment in Moment
        ]
        return Reference(
            story=story,
            plan=plan_to_json(plan),
            points=(*points, *one.seen),
            executed=one.executed(),
            end=one.look(),
        )


@attrs.frozen(kw_only=True)
class Fate:
    """How a client that was struck ended, and what came of its run."""

    point: Point
    died: bool
    wrong: tuple[str, ...]
    resumed: int


def strike(known: Reference, point: Point, folder: Path) -> Fate:
    """Kill a client there, come back, and say what is not as it must be."""
    with scene(known.story, folder) as one:
        path = folder / "plan.json"
        path.write_text(known.plan, "utf-8")
        one.dies_at = point
        order = Order(
            folder=folder,
            plan=path,
            password=one.lab.password,
            dies_at=point if isinstance(point, Write) else None,
        )
        code = one.live(order)
        one.dies_at = None
        odd = () if code in (0, -signal.SIGKILL) else (f"the client ended with {code}",)
        with one.client() as client:
            run, resumed = _to_the_end(one, client, known)
            wrong = (*odd, *_wrong(one, client, run, known))
        return Fate(point=point, died=code == -signal.SIGKILL, wrong=wrong, resumed=resumed)


def _to_the_end(one: Scene, client: Client, known: Reference) -> tuple[Run, int]:
    """Resume until the run is over. Where the client died between journal and request, only the
    operator can say that nothing was sent.
    """
    from lyncops.plan.codec import plan_from_json

    found = client.runs()
    if not found:
        return client.run(plan_from_json(known.plan), operator="anna"), 0
    run, times = client.show(found[0].run_id), 0
    while not run.state.is_final and times < 4:
        record = run.current
        word = ""
        if run.state is RunState.UNKNOWN and record is not None and record.awaits_word:
            assert isinstance(record.step, CmdletStep)
            name = record.step.cmdlet.NAME
            attempts = sum(
                each.sent
                for step in run.steps
                if isinstance(step.step, CmdletStep) and name == step.step.cmdlet.NAME
                for each in step.attempts
            )
            word = "it never arrived" if one.executed()[name] < attempts else ""
            if not record.step.after:
                word = "nothing shows what it did, and a copy made twice does no harm"
        run, times = client.resume(run.run_id, send_again=word), times + 1
    return run, times


def _wrong(one: Scene, client: Client, run: Run, known: Reference) -> Generator[str]:
    if run.state is not RunState.COMPLETED:
        yield f"the run is {run.state}: {run.why}"
    yield from differences(known.end, one.look())
    executed, attempted = one.executed(), _attempted(run)
    again = _sent_again(run)
    if not known.executed <= executed <= known.executed + again:
        yield f"executed {dict(executed)}, without a death {dict(known.executed)}"
    for name, number in executed.items():
        if number > attempted[name]:
            yield f"{name} was executed {number} times for {attempted[name]} attempts"
    if client.locks():
        yield f"{len(client.locks())} locks are left"
    for record in run.steps:
        if not record.state.is_settled:
            yield f"{record.step.step_id} is {record.state}"
        for attempt in record.attempts:
            # UNKNOWN is an end: the step above it was settled by what the servers show
            if attempt.outcome is None and not attempt.released:
                yield f"an attempt of {record.step.step_id} has no end"


def _sent_again(run: Run) -> Counter[str]:
    """What was sent once more on the operator's word."""
    return Counter(
        record.step.cmdlet.NAME
        for record in run.steps
        if isinstance(record.step, CmdletStep)
        for attempt in record.attempts
        if attempt.released
    )


def _attempted(run: Run) -> Counter[str]:
    return Counter(
        record.step.cmdlet.NAME
        for record in run.steps
        if isinstance(record.step, CmdletStep) and record.step.cmdlet.effect is Effect.CHANGE
        for attempt in record.attempts
        if attempt.sent
    )
