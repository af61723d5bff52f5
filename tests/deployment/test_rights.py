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
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.lab.simulation import Simulation
from lyncops.remoting.execution import BeforeSend, Execution
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.values import ANYWHERE, Fqdn, Mode, Place, Unread
from tests.model_sessions import ModelClock, ModelSessions

R = TypeVar("R")
P1: Final = Fqdn("pool1.contoso.com")


class OverOcs(ModelSessions):
    """The model's sessions as they are over an OcsPowershell endpoint, where role-based access control rules."""

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        done = super().run(cmdlet, place=place, deadline=deadline, on_record=on_record, before_send=before_send)
        return attrs.evolve(done, endpoint="https://fe1.contoso.com/OcsPowershell")


def read(*groups: str, hide_failover: bool = False, scope: Scope = EVERYTHING) -> tuple[Deployment, ModelSessions]:
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
        ("CsViewOnlyAdministrator", ("Invoke-CsPoolFailOver", "Set-CsEdgeServer", "Invoke-CsManagementServerFailover")),
        ("CsServerAdministrator", ("Set-CsEdgeServer", "Invoke-CsManagementServerFailover")),
    ],
)
def test_a_role_without_the_cmdlets_is_refused_and_told_what_is_missing(role: str, missing: tuple[str, ...]) -> None:
    found = answer(read(role)[0])
    assert found.refuses
    assert found.overridable
    assert all(name in found.evidence for name in missing)
    assert ("Invoke-CsPoolFailOver" in found.evidence) is ("Invoke-CsPoolFailOver" in missing)


def test_an_endpoint_that_hides_the_failover_fails_the_check_for_an_administrator_too() -> None:
    found = answer(read("CsAdministrator", hide_failover=True)[0])
    assert found.verdict is Verdict.FAILED
    assert "Invoke-CsPoolFailOver" in found.evidence


def test_where_group_membership_decides_nobody_is_asked() -> None:
    world = Simulation.load("two-sites")
    sessions = ModelSessions(world)
    deployment = read_deployment(sessions, name="contoso", clock=ModelClock(world))
    found = answer(deployment)
    assert found.verdict is Verdict.UNKNOWN
    assert not found.refuses
    assert "group membership" in found.evidence
    assert not any(request.NAME == "Get-Command" for request in sessions.requests)
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
