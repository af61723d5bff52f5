"""A simulated deployment with a client in this process: read, plan, run, read again, without a wire."""

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
from lyncops.runs.model import Run
from lyncops.runs.runner import Runner
from lyncops.values import Fqdn, Mode
from tests.journals import scratch_journal
from tests.model_sessions import ModelClock, ModelSessions
from tests.procedures.asking import Options, ask

POLL: Final = timedelta(seconds=30)


@attrs.define
class Site:
    """A world, and everything that a client has to do with it."""

    world: Simulation
    sessions: ModelSessions = attrs.field(init=False)
    clock: ModelClock = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.sessions = ModelSessions(self.world)
        self.clock = ModelClock(self.world)

    @classmethod
    def of(cls, scenario: Scenario | str) -> Site:
        return cls(Simulation(scenario) if isinstance(scenario, Scenario) else Simulation.load(scenario))

    def read(self, scope: Scope = EVERYTHING) -> Deployment:
        return read_deployment(self.sessions, name="contoso", clock=self.clock, scope=scope)

    def plan(self, procedure: str, target: Fqdn, mode: Mode | None = None, **options: Unpack[Options]) -> Plan:
        return ask(procedure, self.read(), target, mode, **options)

    def run(self, plan: Plan) -> Run:
        """Run what was saved: the plan goes through its JSON first."""
        runner = Runner(sessions=self.sessions, clock=self.clock, journal=scratch_journal(), read=self.read, poll=POLL)
        return runner.start(plan_from_json(plan_to_json(plan)), operator="tester")

    def reached(self, plan: Plan) -> Evaluation:
        return all_hold(plan.goal, self.read())

    def pass_time(self, duration: timedelta) -> None:
        self.clock.sleep(duration)
