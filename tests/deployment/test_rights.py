from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeVar

import attrs
import pytest

from lyncops.checks.catalogue import CHECKS
from lyncops.checks.context import CheckContext
from lyncops.checks.result import CheckResult, Verdict
from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.model import Deployment
from lyncops.deployment.reader import read_deployment
from lyncops.deployment.rights_reading import RightsReading, was_asked_for
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.lab.interface import Caller, Session
from lyncops.lab.simulation import Simulation
from lyncops.plan.model import Plan
from lyncops.plan.steps import CmdletStep
from lyncops.procedures import make_plan
from lyncops.remoting.execution import BeforeSend, Execution
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.values import ANYWHERE, Fqdn, Mode, Place, Unread
from tests.belief.plans import requests
from tests.deployment.scripted import ScriptedSessions

R = TypeVar("R")
P1: Final = Fqdn("pool1.contoso.com")


class OverOcs(ModelSessions):
    """The model's sessions as they are over an OcsPowershell endpoint, where role-based access
    control rules.
    """

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        done = super().run(
            cmdlet, place=place, deadline=deadline, on_record=on_record, before_send=before_send
        )
        return attrs.evolve(done, endpoint="https://fe1.contoso.com/OcsPowershell")


def read(
    *groups: str, hide_failover: bool = False, scope: Scope = EVERYTHING
) -> tuple[Deployment, ModelSessions]:
    world = Simulation.load("two-sites")
    world.switches.failover_over_ocs = not hide_failover
    world.caller = attrs.evolve(world.caller, ocs=True, groups=frozenset(groups))
    sessions = OverOcs(world)
    return read_deployment(sessions, name="contoso", clock=ModelClock(world), scope=scope), sessions


def answer(deployment: Deployment, mode: Mode = Mode.PLANNED) -> CheckResult:
    return CHECKS["rights"](CheckContext(deployment, P1, mode))


def test_an_administrator_may_do_everything() -> None:
    deployment, _ = read("CsAdministrator")
    assert answer(deployment).verdict is Verdict.PASSED
    assert not isinstance(deployment.rights, Unread)
    assert {"Invoke-CsPoolFailOver", "Set-CsEdgeServer", "Get-Command"} <= set(deployment.rights)


@pytest.mark.parametrize(
    ("role", "missing"),
    [
        (
            "CsViewOnlyAdministrator",
            ("Invoke-CsPoolFailOver", "Set-CsEdgeServer", "Invoke-CsManagementServerFailover"),
        ),
        ("CsServerAdministrator", ("Set-CsEdgeServer", "Invoke-CsManagementServerFailover")),
    ],
)
def test_a_role_without_the_cmdlets_is_refused_and_told_what_is_missing(
    role: str, missing: tuple[str, ...]
) -> None:
    found = answer(read(role)[0])
    assert found.refuses
    assert found.overridable
    assert all(name in found.evidence for name in missing)
    assert ("Invoke-CsPoolFailOver" in found.evidence) is ("Invoke-CsPoolFailOver" in missing)


def test_an_endpoint_that_hides_the_failover_fails_the_check_for_an_administrator_too() -> None:
    found = answer(read("CsAdministrator", hide_failover=True)[0])
    assert found.verdict is Verdict.FAILED
    assert "Invoke-CsPoolFailOver" in found.evidence


def test_where_group_membership_decides_what_exists_proves_nothing() -> None:
    world = Simulation.load("two-sites")
    sessions = ModelSessions(world)
    deployment = read_deployment(sessions, name="contoso", clock=ModelClock(world))
    found = answer(deployment)
    assert found.verdict is Verdict.UNKNOWN
    assert not found.refuses
    assert "group membership" in found.evidence
    assert not any(unread.what == "the operator's rights" for unread in deployment.unread)


def test_nobody_is_asked_for_rights_that_are_not_in_the_scope() -> None:
    deployment, sessions = read("CsAdministrator", scope=Scope.of(Facet.STORE))
    assert isinstance(deployment.rights, Unread)
    assert not deployment.rights.asked
    assert not any(request.NAME == "Get-Command" for request in sessions.requests)


def test_a_few_patterns_are_asked_for_and_not_every_cmdlet() -> None:
    deployment, sessions = read("CsAdministrator")
    assert [request.NAME for request in sessions.requests].count("Get-Command") == 1
    assert not isinstance(deployment.rights, Unread)
    assert all(name == "Get-Command" or not name.startswith("Get-") for name in deployment.rights)


@attrs.define
class Lacking(ModelSessions):
    """The model's sessions on an endpoint whose restricted configuration lacks some cmdlets, as
    JEA's can.
    """

    lacks: tuple[str, ...] = ()

    def session(self, caller: Caller) -> Session:
        made = super().session(caller)
        return attrs.evolve(
            made, restricted=True, hidden=frozenset(name.casefold() for name in self.lacks)
        )


def every_plan(sessions: ModelSessions) -> list[Plan]:
    deployment = read_deployment(sessions, name="contoso", clock=ModelClock(sessions.world))
    return [make_plan(procedure, deployment) for procedure in requests(deployment)]


def sent_by(plan: Plan) -> set[str]:
    return {step.cmdlet.NAME for step in plan.steps if isinstance(step, CmdletStep)}


def test_a_session_that_has_all_cmdlets_refuses_no_plan() -> None:
    plans = every_plan(Lacking(Simulation.load("two-sites")))
    assert {name for plan in plans for name in sent_by(plan)} >= {
        "Invoke-CsPoolFailOver",
        "Set-CsEdgeServer",
        "Set-CsSite",
    }
    assert all(check.check_id != "cmdlets-offered" for plan in plans for check in plan.checks)


@pytest.mark.parametrize(
    "name",
    [
        "Invoke-CsPoolFailOver",
        "Invoke-CsPoolFailBack",
        "Invoke-CsManagementServerFailover",
        "Invoke-CsDatabaseFailover",
        "Invoke-CsBackupServiceSync",
        "Set-CsEdgeServer",
        "Set-CsSite",
        "Set-CsConferenceServer",
        "Stop-CsWindowsService",
    ],
)
def test_a_plan_with_a_cmdlet_that_the_session_lacks_is_refused_and_no_other(name: str) -> None:
    sessions = Lacking(Simulation.load("two-sites"), lacks=(name,))
    plans = every_plan(sessions)
    with_it = [plan for plan in plans if name in sent_by(plan)]
    assert with_it
    for plan in plans:
        found = next((check for check in plan.checks if check.check_id == "cmdlets-offered"), None)
        assert (found is not None) == (plan in with_it)
        if found is not None:
            assert plan.is_refused
            assert name in found.evidence
            assert "VisibleCmdlets" in found.remedy
    assert sessions.world.executions == {}


def test_whatever_a_plan_sends_is_asked_for() -> None:
    """What was not asked for is never missed."""
    for scenario in ("two-sites", "standard-pair", "sfb2015", "sfb2019"):
        for plan in every_plan(ModelSessions(Simulation.load(scenario))):
            assert all(map(was_asked_for, sent_by(plan))), sent_by(plan)
    assert not was_asked_for("Move-CsUser")


def test_where_get_command_is_refused_no_plan_is() -> None:
    whole = read("CsAdministrator")[0]
    for offered in (Unread("the cmdlets of the session", "refused"), ()):
        deployment = attrs.evolve(whole, offered=offered)
        plans = [make_plan(procedure, deployment) for procedure in requests(deployment)]
        assert any(sent_by(plan) for plan in plans)
        assert all(check.check_id != "cmdlets-offered" for plan in plans for check in plan.checks)
    empty = ScriptedSessions({"GetCommand": ()})
    assert isinstance(RightsReading(empty, "https://fe1/wsman", EVERYTHING).offered(), Unread)
