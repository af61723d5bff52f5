"""Readiness by the command line: what it promises is what then happens, and its exit code says how
bad it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from tests.e2e.conftest import Hire, Operator, said

POOL1, POOL2 = "pool1.contoso.com", "pool2.contoso.com"
RESCUE = ("--mode", "disaster", "--accept-data-loss")


def test_a_healthy_deployment_is_ready_with_0(operator: Operator) -> None:
    ready = operator("readiness", "--details").out
    assert "disaster, if it died now" in ready
    assert f"lyncops run pool-failover {POOL1} --mode planned" in ready
    data = said(operator("--json", "readiness", POOL1))
    assert data["verdict"] == "ready"
    (pool,) = cast("list[dict[str, object]]", data["pools"])
    assert pool["possible_modes"] == ["planned", "disaster"]
    assert "If a whole site were lost now" in ready
    assert "certificates (" in ready
    assert "exports (unknown)" in ready, "nobody exported anything yet: told, and no warning"
    assert not operator.lab.world.executions


@pytest.mark.slow
def test_a_disaster_is_seen_played_and_seen_again(operator: Operator) -> None:
    operator.lab.crash(POOL1)
    burning = operator("readiness", expect=2).out
    assert "partner-healthy" in burning, "pool2 has nowhere to go"
    assert operator("readiness", POOL1, expect=7).code == 7, (
        "what is dead can be rescued, at a loss"
    )
    operator.run("pool-failover", POOL1, *RESCUE)
    after = operator("readiness", expect=2).out
    assert "not-failed-over" in after


def test_a_backup_service_in_error_stands_in_the_way_and_is_told_with_its_remedy(
    operator: Operator,
) -> None:
    operator.lab.world.faults.sync_error = frozenset({POOL1})
    stuck = operator("readiness", expect=2).out
    assert "backup-service" in stuck
    assert "LYNCBACKUP" in stuck


def test_what_is_no_pool_is_not_ready(operator: Operator) -> None:
    assert "pool-exists" in operator("readiness", "nowhere.contoso.com", expect=2).out
    assert "fully qualified" in operator("readiness", "a b", expect=1).err


def test_everything_wrong_at_once_is_told(hire: Hire) -> None:
    operator = hire("everything-wrong")
    data = said(operator("--json", "readiness", expect=2))
    assert data["verdict"] == "not ready"


def test_rights_are_known_over_ocs_powershell_and_decide(
    operator: Operator, tmp_path: Path
) -> None:
    config = operator.lab.write_config(tmp_path / "ocs", kind="ocs")
    may = operator("--config", str(config), "--json", "check", POOL1, "--mode", "planned")
    verdicts = {
        check["check_id"]: check["verdict"] for check in json.loads(may.out)["checks"][POOL1]
    }
    assert verdicts["rights"] == "passed"
    operator.lab.world.switches.failover_over_ocs = False
    refused = operator("--config", str(config), "check", POOL1, "--mode", "planned", expect=2)
    assert "Invoke-CsPoolFailOver" in refused.out
