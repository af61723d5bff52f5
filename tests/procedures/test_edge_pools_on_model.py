"""Federation and XMPP moved and moved back on the lab's model, with somebody who does what each
gate asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

import attrs
import pytest

from lyncops.deployment.model import Deployment
from lyncops.deployment.reader import read_deployment
from lyncops.deployment.scope import EVERYTHING, Scope
from lyncops.lab.simulation import Simulation
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.plan.model import Plan
from lyncops.procedures import make_plan
from lyncops.runs.journal import Journal
from lyncops.runs.model import Run, RunState, StepState
from lyncops.runs.runner import Runner
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.testing.outside import ModelLookups
from lyncops.values import Fqdn
from tests.journals import scratch_journal
from tests.procedures.asking import asked

EDGES: Final[Mapping[str, tuple[str, str]]] = {
    "two-sites": ("edge1.contoso.com", "edge2.contoso.com"),
    "sfb2015": ("edge1.contoso.com", "edge2.contoso.com"),
    "sfb2019": ("edge1.contoso.com", "edge2.contoso.com"),
    "three-pairs": ("edge-us.contoso.com", "edge-eu.contoso.com"),
}
FOR_A_WHILE: Final = timedelta(minutes=20)
DOMAIN: Final = Fqdn("contoso.com")


@attrs.define
class Shift:
    """An operator at night: plans, runs, does what gates ask for, resumes."""

    world: Simulation
    edge_endpoints: bool = True
    gates: list[str] = attrs.field(factory=list[str])
    journal: Journal = attrs.field(factory=scratch_journal)
    sessions: ModelSessions = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.sessions = ModelSessions(self.world, edge_endpoints=self.edge_endpoints)

    def read(self, scope: Scope = EVERYTHING) -> Deployment:
        found = read_deployment(
            self.sessions, name="contoso", clock=ModelClock(self.world), scope=scope
        )
        return attrs.evolve(found, network=ModelLookups(self.world.outside).answer(scope.lookups))

    def plan(self, name: str, target: str, overrides: Mapping[str, str] | None = None) -> Plan:
        domains = {"domains": (DOMAIN,)} if "xmpp" in name else {}
        request = asked(name, target, overrides=overrides or {}, **domains)
        return plan_from_json(plan_to_json(make_plan(request, self.read())))

    def carry_out(self, plan: Plan, *, person: Callable[[Run], None] | None = None) -> Run:
        clock = ModelClock(self.world)
        runner = Runner(
            sessions=self.sessions,
            clock=clock,
            journal=self.journal,
            read=self.read,
            poll=timedelta(seconds=30),
        )
        run = runner.start(plan, operator="tester")
        for _ in plan.steps:
            if run.state is not RunState.PENDING_MANUAL_STEP:
                break
            assert run.current is not None
            self.gates.append(run.current.step.step_id)
            (person or self.obey)(run)
            run = runner.resume(run.run_id)
        return run

    def obey(self, run: Run) -> None:
        """Do what the gate asks for."""
        assert run.current is not None
        outside, step_id = self.world.outside, run.current.step.step_id
        leaving, to, *_ = run.plan.lock
        match step_id.partition("-")[0]:
            case "topology":
                outside.set_federation(leaving, enabled=False)
                outside.set_federation(to, enabled=True)
            case "edge":
                self._on_the_server(step_id, to)
            case "dns":
                outside.set_address(Fqdn(f"xmpp.{DOMAIN}"), to)
            case _:
                outside.set_firewall(to, 5269, is_open=True)

    def _on_the_server(self, step_id: str, edge: str) -> None:
        if step_id == "edge-setup":
            self.world.outside.run_setup(edge)
            return
        _, verb, machine = step_id.split("-", 2)
        for service in self.world.machine_states[Fqdn(machine)].services.values():
            service.status = "Running" if verb == "start" else "Stopped"


def shift(name: str, *, edge_endpoints: bool = True) -> Shift:
    world = Simulation.load(name)
    world.clock.advance(FOR_A_WHILE)
    world.settle()
    return Shift(world, edge_endpoints=edge_endpoints)


def pass_time(world: Simulation) -> None:
    world.clock.advance(FOR_A_WHILE)
    world.settle()


@pytest.mark.parametrize(
    ("name", "kind", "crashed"),
    [
        ("two-sites", "edge-federation", True),
        ("two-sites", "edge-federation", False),
        ("two-sites", "xmpp", True),
        ("two-sites", "xmpp", False),
        ("sfb2015", "xmpp", True),
        ("sfb2019", "edge-federation", True),
        ("three-pairs", "edge-federation", True),
    ],
)
def test_there_and_back_again_is_the_identity(name: str, kind: str, *, crashed: bool) -> None:
    at_work = shift(name)
    world, (first, second) = at_work.world, EDGES[name]
    before = world.summary()
    if crashed:
        world.crash(first)
    there = at_work.carry_out(at_work.plan(f"{kind}-failover", first))
    assert there.state is RunState.COMPLETED, there.why
    summary = world.summary()
    routes = summary.federation_routes if kind == "edge-federation" else summary.xmpp_routes
    assert set(routes.values()) == {f"EdgeServer:{second}"}
    assert summary.federated_edges == (
        {second} if kind == "edge-federation" else before.federated_edges
    )
    world.recover(first)
    pass_time(world)
    back = at_work.carry_out(at_work.plan(f"{kind}-failback", first))
    assert back.state is RunState.COMPLETED, back.why
    pass_time(world)
    assert not before.difference(world.summary())
    assert world.executions["Set-CsSite"] == 2 * len(routes)


def test_gates_that_are_done_beforehand_are_passed_without_a_pause() -> None:
    at_work = shift("two-sites")
    at_work.world.outside.set_address(Fqdn("xmpp.contoso.com"), "edge2.contoso.com")
    at_work.world.outside.set_firewall("edge2.contoso.com", 5269, is_open=True)
    run = at_work.carry_out(at_work.plan("xmpp-failover", "edge1.contoso.com"))
    assert run.state is RunState.COMPLETED
    assert at_work.gates == []


def test_a_gate_that_is_not_done_keeps_the_run_there() -> None:
    at_work = shift("two-sites")
    plan = at_work.plan("edge-federation-failover", "edge1.contoso.com")
    run = at_work.carry_out(plan, person=lambda _: None)
    assert run.state is RunState.PENDING_MANUAL_STEP
    assert set(at_work.gates) == {"topology-federation"}
    assert "It is not done yet: federation is enabled on edge1.contoso.com." in run.why
    assert not at_work.world.executions


def test_where_dns_is_silent_the_operators_word_is_taken_and_told() -> None:
    at_work = shift("two-sites")
    at_work.world.outside.zone.silent = True
    run = at_work.carry_out(at_work.plan("xmpp-failover", "edge1.contoso.com"))
    assert run.state is RunState.COMPLETED_WITH_EXCEPTIONS
    assert at_work.gates == ["dns-address", "dns-service-contoso.com", "firewall-xmpp"]
    assert len(run.exceptions) == 3


def test_edge_servers_that_are_not_reached_are_stopped_and_started_by_hand() -> None:
    at_work = shift("two-sites", edge_endpoints=False)
    run = at_work.carry_out(at_work.plan("xmpp-failover", "edge1.contoso.com"))
    assert run.state is RunState.COMPLETED_WITH_EXCEPTIONS
    assert at_work.gates[:2] == ["edge-stop-edge2a.contoso.com", "edge-stop-edge2b.contoso.com"]
    assert not at_work.world.executions["Stop-CsWindowsService"]
    assert not at_work.world.summary().services_stopped


def test_a_route_that_the_server_refuses_stops_the_run_with_its_words() -> None:
    at_work = shift("two-sites")
    at_work.world.faults.denied = frozenset({"Set-CsSite"})
    run = at_work.carry_out(at_work.plan("edge-federation-failover", "edge1.contoso.com"))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert "Access is denied" in run.why
    assert run.current is not None
    assert run.current.state is StepState.FAILED
