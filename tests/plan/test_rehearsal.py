from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from lyncops.cmdlets import InvokeCsBackupServiceSync, InvokeCsManagementServerFailover, InvokeCsPoolFailOver
from lyncops.plan.model import CmdletStep, Plan
from lyncops.plan.rehearsal import rehearsal, rehearsed
from lyncops.values import Effect
from tests.deployments import P1, P2
from tests.plan.plans import full_plan, plans


def test_a_rehearsal_never_has_force() -> None:
    forced = InvokeCsManagementServerFailover(backup_sql_server_fqdn=P2, force=True)
    rehearsal_of_it = rehearsed(forced)
    assert rehearsal_of_it is not None
    assert rehearsal_of_it.to_powershell() == f"Invoke-CsManagementServerFailover -BackupSqlServerFqdn '{P2}' -WhatIf"


def test_a_cmdlet_without_what_if_cannot_be_rehearsed() -> None:
    assert rehearsed(InvokeCsBackupServiceSync(pool_fqdn=P1)) is None


def test_explicit_confirmation_is_not_carried_into_the_rehearsal() -> None:
    quiet = rehearsed(InvokeCsPoolFailOver(pool_fqdn=P1, confirm=False))
    assert quiet == InvokeCsPoolFailOver(pool_fqdn=P1, what_if=True)


def test_a_rehearsal_keeps_the_order_and_the_places_and_waits_for_nothing() -> None:
    steps = rehearsal(full_plan())
    assert [step.step_id for step in steps] == ["one", "two", "three"]
    assert [step.place for step in steps] == [s.place for s in full_plan().steps if isinstance(s, CmdletStep)]
    assert not any(step.before or step.after for step in steps)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plans())
def test_the_rehearsal_of_any_plan_changes_nothing(plan: Plan) -> None:
    for step in rehearsal(plan):
        assert step.cmdlet.effect is Effect.READ
        assert "-Force" not in step.cmdlet.to_powershell()
