from __future__ import annotations

import pytest

from lyncops.deployment.model import PoolState
from tests.ansible.conftest import Controller, task
from tests.deployments import P1

pytestmark = [pytest.mark.unmeasured, pytest.mark.timeout(300)]


def test_a_failover_and_the_way_back_each_once(controller: Controller) -> None:
    """And in between what checks, looks and is so already."""
    failover = task("pool_failover", pool=P1, mode="planned", reason="patch day")
    failback = task("pool_failback", pool=P1, mode="planned")
    played = controller.play(
        task("readiness_info"),
        {**failover, "check_mode": True},
        failover,
        failover,
        task("deployment_info"),
        failback,
        failback,
        options=("--diff", "-v"),
    )
    ready, checked, moved, again, seen, home, home_again = played.results
    assert ready["ready"] is True
    assert (checked["changed"], "run_id" in checked) == (True, False)
    assert [step["id"] for step in checked["plan"]["steps"]][-1] == "pool-failover"
    assert (moved["changed"], moved["state"], again["changed"]) == (True, "completed", False)
    assert moved["report"]["reason"] == "patch day"
    pools = {pool["fqdn"]: pool["state"] for pool in seen["deployment"]["pools"]}
    assert pools[P1] == "FailedOver"
    assert (home["changed"], home_again["changed"]) == (True, False)
    assert controller.lab.executions("Invoke-CsPoolFailOver") == 1
    assert controller.lab.executions("Invoke-CsPoolFailBack") == 1
    pool = controller.look().pool(P1)
    assert pool is not None
    assert pool.state is PoolState.FAILED_BACK
    assert played.code == 0, played.out
    told = [line for line in played.out.splitlines() if "step 1/" in line]
    assert any("sending to http://" in line for line in told), "progress is told at -v"
    assert "-pool1.contoso.com  Site1  Enterprise  2013     Active" in played.out
    assert "+pool1.contoso.com  Site1  Enterprise  2013     FailedOver" in played.out


def test_a_failed_precondition_fails_with_the_table_of_checks(controller: Controller) -> None:
    controller.lab.crash(P1)
    played = controller.play(task("pool_failover", pool=P1, mode="planned"))
    refused = played[0]
    assert (refused["failed"], refused["changed"]) == (True, False)
    assert (refused["failure_kind"], refused["error"]) == ("refused", "PlanRefusedError")
    assert "verdict  check" in refused["msg"]
    failed = [check["id"] for check in refused["plan"]["checks"] if check["refuses"]]
    assert failed
    assert all(check in refused["msg"] for check in failed)
    assert f"overrides with {failed[0]}: THE REASON" in refused["msg"]
    assert controller.lab.executions("Invoke-CsPoolFailOver") == 0
