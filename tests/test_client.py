from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

import lyncops
from lyncops.client import Client
from lyncops.cmdlets import GetCsPool, InvokeCsPoolFailOver
from lyncops.deployment.model import PoolState
from lyncops.errors import (
    EndpointError,
    InvalidValueError,
    JournalError,
    PlanRefusedError,
    RunLockedError,
)
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.simulation import Simulation
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.plan.procedures import (
    ConferenceRestore,
    Evacuate,
    PoolFailback,
    PoolFailover,
    Procedure,
    procedure_named,
)
from lyncops.plan.steps import WaitStep
from lyncops.remoting.execution import Execution
from lyncops.remoting.interface import CmdletRunner
from lyncops.remoting.sessions import Sessions
from lyncops.runs.connection import Connection
from lyncops.runs.events import Event, StepChanged
from lyncops.runs.journal import open_journal
from lyncops.runs.model import RunState
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.values import Fqdn, Mode, Outcome

P1, P2 = Fqdn("pool1.contoso.com"), Fqdn("pool2.contoso.com")


@attrs.define
class Stage:
    """A world, and clients of it that share a journal."""

    world: Simulation
    folder: Path
    clients: list[Client] = attrs.field(factory=list[Client])

    def client(self, name: str = "contoso", sessions: CmdletRunner | None = None) -> Client:
        client = Client(
            Connection(
                name=name,
                open_sessions=lambda: sessions or ModelSessions(self.world),
                open_journal=lambda: open_journal(f"sqlite:///{self.folder / 'journal.db'}"),
                clock=ModelClock(self.world),
            )
        )
        self.clients.append(client)
        return client


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(Simulation.load("two-sites"), tmp_path)
    yield stage
    for client in stage.clients:
        client.close()


@pytest.mark.parametrize(("users", "hours"), [(2_000, 1.0), (30_000, 1.5)])
def test_conference_content_is_waited_for_by_the_number_of_users(
    tmp_path: Path, users: int, hours: float
) -> None:
    stage = Stage(Simulation(scenario_of_size(2, users=users)), tmp_path)
    with stage.client() as client:
        home = client.status().front_end_pools[0].fqdn
        plan = client.plan(ConferenceRestore(pool=home))
    (waiting,) = (step for step in plan.steps if isinstance(step, WaitStep))
    assert waiting.deadline == timedelta(hours=hours)


def test_a_dead_pool_is_rescued_and_brought_home(stage: Stage) -> None:
    client = stage.client()
    before = client.status()
    stage.world.crash(P1)
    plan = client.plan(PoolFailover(pool=P1, mode=Mode.DISASTER, accept_data_loss=True))
    run = client.run(plan, operator="anna", reason="site 1 burns")
    assert run.state is RunState.COMPLETED
    assert stage.world.executions == {
        "Invoke-CsManagementServerFailover": 1,
        "Set-CsEdgeServer": 1,
        "Invoke-CsPoolFailOver": 1,
    }
    failed_over = client.status().pool(P1)
    assert failed_over is not None
    assert failed_over.state is PoolState.FAILED_OVER

    stage.world.recover(P1)
    stage.world.clock.sleep(timedelta(minutes=30))
    run = client.run(client.plan(PoolFailback(pool=P1, mode=Mode.PLANNED)))
    assert run.state is RunState.COMPLETED
    assert stage.world.executions["Invoke-CsPoolFailBack"] == 1
    after = client.status()
    assert after.edges == before.edges
    assert [
        pool.state.is_home for pool in after.front_end_pools if isinstance(pool.state, PoolState)
    ] == [True, True]
    assert [done.procedure for done in client.runs()] == ["pool-failback", "pool-failover"]
    assert "Invoke-CsPoolFailBack -PoolFqdn 'pool1.contoso.com'" in client.report(run.run_id).text()
    assert client.locks() == ()


def test_a_planned_failover_and_an_evacuation(stage: Stage) -> None:
    client = stage.client()
    assert (
        client.run(client.plan(PoolFailover(pool=str(P1), mode="planned"))).state
        is RunState.COMPLETED
    )
    run = client.run(client.plan(Evacuate(to_pool=P1, mode=Mode.PLANNED)))
    assert run.state is RunState.COMPLETED
    states = {pool.fqdn: pool.state for pool in client.status().front_end_pools}
    assert states == {P1: PoolState.FAILED_BACK, P2: PoolState.FAILED_OVER}


@pytest.mark.parametrize(
    "procedure",
    [PoolFailover(pool=P1, mode="disaster"), Evacuate(to_pool=P2, mode="disaster")],
    ids=str,
)
def test_disaster_mode_must_be_meant(stage: Stage, procedure: Procedure) -> None:
    stage.world.crash(P1)
    plan = stage.client().plan(procedure)
    assert "data-loss-accepted" in {check.check_id for check in plan.refusals}


def test_wrong_names_are_told(stage: Stage) -> None:
    client = stage.client()
    with pytest.raises(
        InvalidValueError, match=r"no procedure 'pool-failovr'.*Did you mean pool-failover\?"
    ):
        procedure_named("pool-failovr")
    with pytest.raises(InvalidValueError, match="is not a fully qualified"):
        client.check("pool one")
    with pytest.raises(JournalError, match="has no run"):
        client.resume("x")


def test_checks_ask_for_the_mode_that_fits(stage: Stage) -> None:
    client = stage.client()
    assert not [result for result in client.check(P1) if result.refuses]
    stage.world.crash(P1)
    assert not [result for result in client.check(P1) if result.refuses]
    assert [result.check_id for result in client.check(P1, mode=Mode.PLANNED) if result.refuses]
    assert [result.check_id for result in client.check("other.contoso.com") if result.refuses] == [
        "pool-exists"
    ]


def test_a_refused_plan_changes_nothing(stage: Stage) -> None:
    client = stage.client()
    with pytest.raises(PlanRefusedError, match="nothing was changed"):
        client.run(client.plan(PoolFailback(pool=P1, mode=Mode.PLANNED)))
    assert not stage.world.executions


def test_a_plan_from_a_file_is_checked_anew(stage: Stage) -> None:
    saved = plan_to_json(stage.client().plan(PoolFailover(pool=P1, mode="planned")))
    stage.world.crash(P1)
    with pytest.raises(PlanRefusedError, match="mode-fits"):
        stage.client().run(plan_from_json(saved))
    assert not stage.world.executions
    stage.world.recover(P1)
    stage.world.clock.sleep(timedelta(minutes=30))
    assert stage.client().run(plan_from_json(saved)).state is RunState.COMPLETED


def test_a_plan_that_got_old_is_checked_anew(stage: Stage) -> None:
    client = stage.client()
    plan = client.plan(PoolFailover(pool=P1, mode="planned"))
    stage.world.clock.sleep(timedelta(minutes=6))
    stage.world.crash(P1)
    with pytest.raises(PlanRefusedError, match="mode-fits"):
        client.run(plan)


def test_a_plan_and_a_run_belong_to_their_deployment(stage: Stage) -> None:
    client, other = stage.client(), stage.client("fabrikam")
    plan = client.plan(PoolFailover(pool=P1, mode="planned"))
    with pytest.raises(
        InvalidValueError, match="'contoso'; this client is connected to 'fabrikam'"
    ):
        other.run(plan)
    run = client.run(plan)
    with pytest.raises(InvalidValueError, match="connected to 'fabrikam'"):
        other.resume(run.run_id)


class Unplug:
    """Takes the servers away when a step begins."""

    def __init__(self, stage: Stage, step_id: str) -> None:
        self.stage = stage
        self.step_id = step_id

    def observe(self, event: Event) -> None:
        if isinstance(event, StepChanged) and event.step_id == self.step_id:
            self.stage.world.crash(P2)


def test_a_run_that_stopped_is_resumed_or_given_up(stage: Stage) -> None:
    client = stage.client()
    stage.world.crash(P1)
    plan = client.plan(PoolFailover(pool=P1, mode=Mode.DISASTER, accept_data_loss=True))
    run = client.run(plan, observers=[Unplug(stage, "pool-failover")])
    assert not run.state.is_final
    stage.world.recover(P2)
    stage.world.clock.sleep(timedelta(minutes=30))
    with pytest.raises(RunLockedError):
        client.run(plan)
    assert client.resume(run.run_id).state is RunState.COMPLETED
    assert stage.world.executions["Invoke-CsPoolFailOver"] == 1
    with pytest.raises(JournalError, match="is over"):
        client.cancel(run.run_id, reason="no need")


def test_the_reading_of_a_plan_is_the_one_that_it_was_made_from(stage: Stage) -> None:
    client = stage.client()
    plan = client.plan(PoolFailover(pool=P1, mode="planned"))
    reading = client.reading_of(plan)
    stage.world.clock.sleep(timedelta(minutes=1))
    assert client.reading_of(plan) is reading
    assert reading.read_at == plan.created_at
    saved = plan_from_json(plan_to_json(plan))
    assert stage.client().reading_of(saved).read_at > reading.read_at


def test_cmdlets_that_change_nothing_can_be_run_alone(stage: Stage) -> None:
    client = stage.client()
    execution = client.run_cmdlet(GetCsPool())
    assert execution.outcome is Outcome.SUCCEEDED
    assert P1 in [pool.fqdn for pool in execution.output]
    with pytest.raises(InvalidValueError, match="Invoke-CsPoolFailOver changes the deployment"):
        client.run_cmdlet(InvokeCsPoolFailOver(pool_fqdn=P1))


def test_a_rehearsal_changes_nothing(stage: Stage) -> None:
    client = stage.client()
    rehearsals = client.rehearse(client.plan(PoolFailover(pool=P1, mode="planned")))
    assert all(
        rehearsal.execution.outcome is Outcome.SUCCEEDED
        for rehearsal in rehearsals
        if rehearsal.execution
    )
    skipped = {
        rehearsal.step.step_id: rehearsal.because
        for rehearsal in rehearsals
        if rehearsal.execution is None
    }
    # An Edge pool still does: the server would refuse for that alone
    assert "is the next hop of" in skipped["pool-failover"]
    assert "has no -WhatIf" in skipped["export-configuration"]
    assert rehearsals[-1].step.step_id == "pool-failover"
    assert not stage.world.executions


CONFIGURATION = """
[deployment]
name = "contoso"
[[endpoint]]
url = "http://fe1.contoso.com:5985/wsman"
connect_to = "127.0.0.1:1"
[credentials]
username = "CONTOSO\\\\admin"
password_env = "LYNCOPS_TEST_PASSWORD"
[retry]
read_attempts = 1
"""


def test_a_configuration_makes_a_client_that_connects_when_it_must(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lyncops.toml").write_text(CONFIGURATION)
    with lyncops.connect(tmp_path / "lyncops.toml") as client:
        assert client.runs() == ()
        with pytest.raises(lyncops.ConfigurationError, match="LYNCOPS_TEST_PASSWORD"):
            client.status()
        monkeypatch.setenv("LYNCOPS_TEST_PASSWORD", "geheim")
        assert isinstance(client.connection.sessions, Sessions)
        with pytest.raises(EndpointError):
            client.run_cmdlet(GetCsPool())
    assert (tmp_path / "lyncops.db").exists()


def test_the_operator_has_a_name_even_where_the_system_knows_none(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> str:
        raise KeyError("no such uid")

    monkeypatch.setattr("getpass.getuser", unknown)
    client = stage.client()
    assert client.run(client.plan(PoolFailover(pool=P1, mode="planned"))).operator == "unknown"


@pytest.mark.parametrize("name", lyncops.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(lyncops, name).__doc__
    assert name in dir(lyncops)


@pytest.mark.parametrize("name", ["nonsense", "__path_"])
def test_the_public_names_are_sorted_and_no_other_is_there(name: str) -> None:
    assert lyncops.__all__ == sorted(lyncops.__all__)
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
        getattr(lyncops, name)


def test_importing_lyncops_imports_nothing_heavy() -> None:
    program = (
        "import sys; before = set(sys.modules); import lyncops; print(*(set(sys.modules) - before))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {name.partition(".")[0] for name in found.stdout.split()}
    assert loaded <= {"lyncops", "__future__", "importlib", "warnings"}
    assert not [name for name in found.stdout.split() if name.startswith("lyncops.")]


def test_the_objects_of_a_cmdlet_are_unwrapped_or_the_error_says_what_came_of_it(
    stage: Stage,
) -> None:
    client = stage.client()
    assert P1 in [pool.fqdn for pool in client.run_cmdlet(GetCsPool()).unwrap()]
    stage.world.faults.denied = frozenset({GetCsPool.NAME})
    with pytest.raises(
        lyncops.CmdletFailedError, match=r"^Get-CsPool failed at model://fe1\.contoso\.com: .*admin"
    ) as failed:
        client.run_cmdlet(GetCsPool()).unwrap()
    assert failed.value.cmdlet == "Get-CsPool"


def test_an_outcome_that_nobody_knows_is_unwrapped_as_that() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    lost = Execution(
        cmdlet=GetCsPool(),
        outcome=Outcome.UNKNOWN,
        started=at,
        ended=at,
        reason="Part of what it wrote was lost on the way.",
        endpoint="https://fe1.contoso.com/wsman",
    )
    with pytest.raises(lyncops.OutcomeUnknownError) as unknown:
        lost.unwrap()
    assert (unknown.value.cmdlet, unknown.value.endpoint) == (
        "Get-CsPool",
        "https://fe1.contoso.com/wsman",
    )
    assert "lost on the way" in str(unknown.value)
    assert "Read the state back" in unknown.value.remedy
