"""Everything that goes wrong by chance while two operators move a pair of pools there and back."""

from __future__ import annotations

import itertools
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

import attrs

import lyncops
from lyncops.deployment.comparison import differences
from lyncops.deployment.model import Deployment
from lyncops.deployment.reader import read_deployment
from lyncops.lab.lab import Lab
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.simulation import Simulation
from lyncops.lab.wire.faults import Fault, FaultKind
from lyncops.plan.steps import CmdletStep
from lyncops.runs.model import Attempt, Run, RunState
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.values import Effect, Fqdn
from tests.crash.operators import Command, Operator

P1, P2, EDGE = (Fqdn(f"{name}.contoso.com") for name in ("pool1", "pool2", "edge1"))
_RATE: Final = 3000.0
_KINDS: Final = (
    FaultKind.DROP_BEFORE,
    FaultKind.DROP_AFTER,
    FaultKind.LOSE_REPLY,
    FaultKind.REPLAY_REPLY,
    FaultKind.STATUS_BEFORE,
    FaultKind.STATUS_AFTER,
    FaultKind.HANG_BEFORE,
    FaultKind.HANG_AFTER,
    FaultKind.TAKEN_OVER,
)
_ACTIONS: Final = ("Create", "Command", "Receive", "Receive", "Signal", None)
_PATIENCE: Final = 120.0
_QUICK: Final = """\
poll_interval = "50ms"
probe_delay = "100ms"
settle = "2s"
lost_contact = "10s"
backoff_first = "50ms"
backoff_limit = "500ms"
jitter = "50ms"
"""


@attrs.define
class Tally:
    """What was done, and what was wrong."""

    cycles: int = 0
    commands: int = 0
    resumes: int = 0
    faults: Counter[str] = attrs.field(factory=Counter[str])
    codes: Counter[int] = attrs.field(factory=Counter[int])
    states: Counter[str] = attrs.field(factory=Counter[str])
    executions: Mapping[str, int] = attrs.field(factory=dict[str, int])
    attempts: Mapping[str, int] = attrs.field(factory=dict[str, int])
    violations: list[str] = attrs.field(factory=list[str])


@attrs.define
class Storm:
    """A lab, two operators with one journal, and the weather."""

    lab: Lab
    operators: tuple[Operator, Operator]
    chance: random.Random
    tally: Tally = attrs.field(factory=Tally)
    restart_journal: Callable[[], None] | None = None
    _waiting: list[Fault] = attrs.field(factory=list[Fault])

    @classmethod
    @contextmanager
    def over(
        cls,
        folder: Path,
        seed: int,
        *,
        journal: str = "",
        restart: Callable[[], None] | None = None,
    ) -> Generator[Self]:
        """A storm over a fresh lab; `journal` is a database's url (a file where there is none)."""
        world = Simulation(scenario_of_size(2, standard=True), rate=_RATE)
        with Lab.start(world) as lab:
            config = lab.write_config(folder, auth="basic")
            config.write_text(_quick(config.read_text("utf-8"), journal), "utf-8")
            operators = (
                Operator("anna", config, lab.password),
                Operator("bert", config, lab.password),
            )
            chance = random.Random(seed)  # noqa: S311 - weather, no secret
            yield cls(lab, operators, chance, restart_journal=restart)

    def cycle(self) -> None:
        """There and back again: the pair, and the store with it."""
        first = self._look()
        disaster = self.chance.random() < 0.5
        mode = ("--mode", "disaster", "--accept-data-loss") if disaster else ("--mode", "planned")
        if disaster:
            self.lab.crash(P1)
        self._move("pool-failover", P1, *mode, "--no-export")
        if disaster:
            self.lab.recover(P1)
        self._pass_time()
        self._move("pool-failback", P1, "--mode", "planned", "--edge", EDGE, "--no-export")
        self._pass_time()
        if self.lab.world.store.point != P1:
            self._move("management-store-failover", P2, "--mode", "planned", "--no-export")
        self._pass_time()
        self._judge(first)
        self.tally.cycles += 1

    def _pass_time(self) -> None:
        self.lab.inject("advance", "30m")

    def _look(self) -> Deployment:
        world = self.lab.world
        return read_deployment(ModelSessions(world), name="contoso", clock=ModelClock(world))

    def _move(self, procedure: str, target: str, *options: str) -> None:
        """Both operators want the same at the same time; who comes back later finds it done."""
        wanted = ("run", procedure, target, *options, "--yes")
        known = {run.run_id for run in self._runs()}
        commands = [self._begin(operator, *wanted) for operator in self.operators]
        self._rage(commands)
        for calm in (False, False, True, True, True):
            run = next((run for run in self._runs() if run.run_id not in known), None)
            if run is not None and run.state is RunState.COMPLETED:
                break
            again = wanted if run is None or run.state.is_final else self._resume(run)
            command = self._begin(self.chance.choice(self.operators), *again)
            if calm:
                self._calm()
                self._wait([command])
            else:
                self._rage([command])
        self._calm()
        newest = next((run for run in self._runs() if run.run_id not in known), None)
        state = "nothing was begun" if newest is None else newest.state.value
        self.tally.states[state] += 1
        if newest is None or newest.state not in (
            RunState.COMPLETED,
            RunState.COMPLETED_WITH_EXCEPTIONS,
        ):
            why = "" if newest is None else newest.why
            self.tally.violations.append(f"{procedure} of {target} does not end: {state} {why}")

    def _begin(self, operator: Operator, *arguments: str) -> Command:
        self.tally.commands += 1
        return operator.begin(*arguments)

    def _resume(self, run: Run) -> tuple[str, ...]:
        """What an operator types who has looked at the servers."""
        self.tally.resumes += 1
        record = run.current
        word: tuple[str, ...] = ()
        if run.state is RunState.UNKNOWN and record is not None and record.awaits_word:
            assert isinstance(record.step, CmdletStep)
            if not self._still_runs(record.step.cmdlet.NAME):
                word = ("--send-again", "--reason", "no server runs it: it is not there, or ended")
        return ("resume", run.run_id, *word)

    def _still_runs(self, name: str) -> bool:
        """Whether a server runs it now; lyncops sees by itself whether its effect is there."""
        return any(
            name in command.names and not command.finished
            for server in self.lab.host.servers()
            for shell in server.service.shells
            for command in tuple(shell.commands.values())
        )

    def _rage(self, commands: list[Command]) -> None:
        """Let things happen while the commands run."""
        until = time.monotonic() + _PATIENCE
        while any(command.runs for command in commands) and time.monotonic() < until:
            self._happen(self.chance.choice(commands))
            time.sleep(self.chance.uniform(0.05, 0.6))  # by chance: it waits for nothing
        self._wait(commands)

    def _wait(self, commands: Iterable[Command]) -> None:
        for command in commands:
            code = command.wait(_PATIENCE)
            if code is None:
                command.send(signal.SIGKILL)
                code = command.wait(10)
                said = command.said.read_text("utf-8", "replace")[-300:]
                self.tally.violations.append(f"a command did not end: {said}")
            self.tally.codes[code if code is not None else 99] += 1
            if code == 1:
                said = command.said.read_text("utf-8", "replace")[-300:]
                self.tally.violations.append(f"a command ended with 1: {said}")

    def _happen(self, command: Command) -> None:
        """One thing, by chance."""
        match self.chance.choices(
            ("wire", "restart", "idle", "kill", "freeze", "journal", "nothing"),
            (40, 4, 6, 2, 4, 1, 20),
        )[0]:
            case "wire":
                kind = self.chance.choice(_KINDS)
                fault = Fault(
                    kind=kind,
                    action=self.chance.choice(_ACTIONS),
                    times=self.chance.choice((1, 1, 2)),
                    status=self.chance.choice((400, 500, 503)),
                )
                self._waiting.append(self.lab.faults.add(fault))
            case "restart":
                self.lab.restart(self.chance.choice((None, P2)))
                self.tally.faults["restart"] += 1
            case "idle":
                self.tally.faults["idle-disconnect"] += self.lab.disconnect_idle() > 0
            case "kill":
                self.tally.faults["kill"] += command.runs
                command.send(signal.SIGKILL)
            case "freeze":
                self.tally.faults["freeze"] += command.runs
                command.send(signal.SIGSTOP)
                time.sleep(self.chance.uniform(0.1, 1.5))
                command.send(signal.SIGCONT)
            case "journal" if self.restart_journal is not None:
                self.restart_journal()
                self.tally.faults["journal restart"] += 1
            case _:
                pass

    def _calm(self) -> None:
        self.lab.faults.clear()
        for fault in self._waiting:
            self.tally.faults[fault.kind.value] += fault.struck
        self._waiting.clear()

    def _runs(self) -> list[Run]:
        """All runs, newest first."""
        with lyncops.connect(self.operators[0].config) as client:
            return [client.show(run.run_id) for run in client.runs()]

    def _judge(self, first: Deployment) -> None:
        runs, tally = self._runs(), self.tally
        tally.attempts = Counter(name for name, _, _ in _attempts(runs))
        tally.executions = dict(self.lab.world.executions)
        for name, number in tally.executions.items():
            if number > tally.attempts.get(name, 0):
                tally.violations.append(
                    f"{name}: {number} executions, {tally.attempts.get(name, 0)} attempts"
                )
        tally.violations += [f"differs: {what}" for what in differences(first, self._look())]
        tally.violations += _side_by_side(runs)

    def finish(self) -> None:
        """Nothing that was begun goes on."""
        self._calm()


def _attempts(runs: Iterable[Run]) -> Generator[tuple[str, Run, Attempt]]:
    """The attempts to change something that a server may have begun."""
    for run in runs:
        for record in run.steps:
            if isinstance(record.step, CmdletStep) and record.step.cmdlet.effect is Effect.CHANGE:
                for attempt in record.attempts:
                    if attempt.sent:
                        yield record.step.cmdlet.NAME, run, attempt


def _side_by_side(runs: Iterable[Run]) -> Generator[str]:
    """Two runs that changed the same pair at once."""
    spans: list[tuple[datetime, datetime, Run]] = [
        (one.prepared_at, one.ended_at or one.prepared_at, run) for _, run, one in _attempts(runs)
    ]
    for (begin, end, run), (later, _, other) in itertools.pairwise(
        sorted(spans, key=lambda span: span[0])
    ):
        if run.run_id != other.run_id and later < end - timedelta(milliseconds=1):
            yield f"{run.run_id} and {other.run_id} changed a pair at once, at {begin}"


def _quick(text: str, journal: str) -> str:
    lines = (line for line in text.splitlines() if not line.startswith(("poll_int", "settle")))
    quick = "\n".join(lines).replace("[retry]\n", f"[retry]\n{_QUICK}")
    quick = quick.replace(
        "[[endpoint]]\n", '[[endpoint]]\noperation_timeout = "2s"\nread_timeout = "4s"\n'
    )
    return f'{quick}\n[journal]\nurl = "{journal}"\n' if journal else quick
