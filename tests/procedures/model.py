"""A simulated deployment with a client in this process: read, plan, run, read again, without a
wire.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Unpack

import attrs

from lyncops.deployment.model import Deployment
from lyncops.deployment.reader import read_deployment
from lyncops.deployment.scope import EVERYTHING, Scope
from lyncops.lab.scenarios.scenario import Scenario
from lyncops.lab.simulation import Simulation
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.plan.conditions import Evaluation, all_hold
from lyncops.plan.model import Plan
from lyncops.plan.procedures import Procedure
from lyncops.procedures import make_plan
from lyncops.runs.events import Observer
from lyncops.runs.journal import Journal
from lyncops.runs.led_away import led_away
from lyncops.runs.model import Run
from lyncops.runs.runner import Runner
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.values import Fqdn, Mode
from tests.journals import scratch_journal
from tests.procedures.asking import Options, asked

POLL: Final = timedelta(seconds=30)


@attrs.define
class Site:
    """A world, and everything that a client has to do with it."""

    world: Simulation
    journal: Journal = attrs.field(factory=scratch_journal, init=False)
    sessions: ModelSessions = attrs.field(init=False)
    clock: ModelClock = attrs.field(init=False)
    observers: list[Observer] = attrs.field(factory=list[Observer], init=False)
    poll: timedelta = attrs.field(default=POLL, init=False)

    def __attrs_post_init__(self) -> None:
        self.sessions = ModelSessions(self.world)
        self.clock = ModelClock(self.world)

    @classmethod
    def of(cls, scenario: Scenario | str) -> Site:
        return cls(
            Simulation(scenario) if isinstance(scenario, Scenario) else Simulation.load(scenario)
        )

    def read(self, scope: Scope = EVERYTHING) -> Deployment:
        return read_deployment(self.sessions, name="contoso", clock=self.clock, scope=scope)

    def plan(
        self, procedure: str, target: Fqdn, mode: Mode | None = None, **options: Unpack[Options]
    ) -> Plan:
        modes = {} if mode is None else {"mode": mode}
        return self.made(asked(procedure, target, **modes, **options))

    def made(self, procedure: Procedure) -> Plan:
        """The plan of a procedure, with what the journal knows of failovers before it, as a client
        makes it.
        """
        deployment = self.read()
        return make_plan(procedure, deployment, led_away=led_away(self.journal, deployment))

    def run(self, plan: Plan) -> Run:
        """Run what was saved: the plan goes through its JSON first."""
        return self._runner.start(plan_from_json(plan_to_json(plan)), operator="tester")

    def resumed(self, run_id: str) -> Run:
        """Go on with a run."""
        return self._runner.resume(run_id)

    @property
    def _runner(self) -> Runner:
        return Runner(
            sessions=self.sessions,
            clock=self.clock,
            journal=self.journal,
            read=self.read,
            poll=self.poll,
            observers=self.observers,
        )

    def reached(self, plan: Plan) -> Evaluation:
        return all_hold(plan.goal, self.read())

    def pass_time(self, duration: timedelta) -> None:
        self.clock.sleep(duration)
