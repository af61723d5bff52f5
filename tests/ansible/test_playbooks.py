from __future__ import annotations

import json
from datetime import timedelta

import pytest

from lyncops.deployment.model import PoolState
from tests.ansible.conftest import Controller, task
from tests.deployments import EDGE1, EDGE2, P1, P2
from tests.postgres import Postgres

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
    assert not any(result["failed"] for result in played.results), played.out
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


@pytest.mark.slow
def test_the_roles_evacuate_a_site_and_bring_it_home(controller: Controller) -> None:
    around = ("-i", controller.inventory(), "-e", "site=Site1")
    away = controller.run("lyncops.dr.evacuate", *around)
    assert away.code == 0, away.out
    assert controller.lab.executions("Invoke-CsPoolFailOver") == 1
    home = controller.run("lyncops.dr.failback", *around)
    assert home.code == 0, home.out
    assert controller.lab.executions("Invoke-CsPoolFailBack") == 1
    reasons = [
        result["report"]["reason"]
        for result in (*away.results, *home.results)
        if "report" in result
    ]
    assert reasons == ["Patching Site1", "Patched Site1"]


@pytest.mark.slow
def test_site_after_site_is_patched_while_it_serves_nobody(controller: Controller) -> None:
    """The tasks of the operator run in between: here they look who serves whom."""
    look = {"name": "Look", "lyncops.dr.deployment_info": {"config": str(controller.config)}}
    said = {"name": "Say", "ansible.builtin.debug": {"msg": "{{ site }} is patched"}}
    controller.config.with_name("patch.yml").write_text(json.dumps([look, said]), "utf-8")
    options = json.dumps({"sites": ["Site1", "Site2"], "patch_tasks": "patch.yml"})
    played = controller.run("lyncops.dr.rolling_patch", "-i", controller.inventory(), "-e", options)
    assert played.code == 0, played.out
    seen = [
        {pool["fqdn"]: pool["state"] for pool in result["deployment"]["pools"]}
        for result in played.results
        if "deployment" in result
    ]
    assert [(pools[P1], pools[P2]) for pools in seen] == [
        ("FailedOver", "Active"),
        ("FailedBack", "FailedOver"),
    ]
    patched = [result["msg"] for result in played.results if "is patched" in str(result.get("msg"))]
    assert patched == ["Site1 is patched", "Site2 is patched"]
    states = [pool.state for pool in controller.look().front_end_pools]
    assert states == [PoolState.FAILED_BACK, PoolState.FAILED_BACK]
    assert controller.lab.executions("Invoke-CsPoolFailOver") == 2


@pytest.mark.slow
def test_a_controller_that_dies_leaves_its_run_to_the_next_in_postgresql(
    controller: Controller, postgres: Postgres
) -> None:
    controller.lab.delay(timedelta(seconds=0.3))
    journal = postgres.database().replace("+psycopg", "")
    given = {"config": str(controller.config), "journal": journal}
    failover = task("pool_failover", pool=P1, mode="planned")
    controller.play_until_killed("Performing the operation", failover, given=given)
    assert not controller.config.with_name("lyncops.db").exists(), "no journal but the shared one"
    left, resumed, again = controller.play(
        task("run_info", run_id="latest"),
        task("run_resume", run_id="latest"),
        failover,
        given=given,
    ).results
    assert left["state"] == "running"
    assert (resumed["failed"], resumed["state"]) == (False, "completed"), resumed["msg"]
    assert resumed["run_id"] == left["run_id"]
    assert again["changed"] is False
    assert controller.lab.executions("Invoke-CsPoolFailOver") == 1


@pytest.mark.slow
def test_the_next_task_confirms_a_manual_step(controller: Controller) -> None:
    federation = task("edge_federation", state="failed_over", edge_pool=EDGE1)
    waits = controller.play(federation)[0]
    assert (waits["failed"], waits["pending"]["step_id"]) == (False, "topology-federation")
    controller.lab.inject("topology", "federation", EDGE1, "off")
    controller.lab.inject("topology", "federation", EDGE2, "on")
    confirm = task("run_resume", run_id=waits["run_id"], confirm="topology-federation")
    on = controller.play(confirm)[0]
    assert on["pending"]["step_id"] != "topology-federation"


@pytest.mark.slow
def test_readiness_fails_the_play_where_a_pool_is_not_ready(controller: Controller) -> None:
    controller.lab.crash(P2)
    night = controller.run("lyncops.dr.readiness", "-i", controller.inventory())
    assert night.code == 2
    assert "Some pool could not be failed over now." in night.out
