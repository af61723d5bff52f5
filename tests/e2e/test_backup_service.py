"""The Backup Service by the command line: shown, set and put back, copied now, watched until it is
steady, stuck or stopped.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import timedelta
from typing import cast

import pytest

from lyncops.values import Fqdn
from tests.e2e.conftest import Operator, assert_as_before, said, until

POOL1, POOL2 = "pool1.contoso.com", "pool2.contoso.com"
WATCH = ("backup-service", "watch")


def interval(operator: Operator) -> object:
    return operator.lab.world.configuration.backup_service["SyncInterval"]


def test_it_is_shown_with_units_and_both_directions(operator: Operator) -> None:
    shown = operator("backup-service", "show").out
    for words in (
        "2 minutes",
        "102,400 KB",
        "RTCUniversalServerAdmins",
        "NotInitialized",
        "the active store is not here",
    ):
        assert words in shown
    data = said(operator("--json", "backup-service", "show", POOL1))
    assert data["state"] == "steady"
    assert len(cast("list[object]", data["directions"])) == 2


@pytest.mark.slow
def test_the_interval_is_set_by_a_run_and_put_back_as_the_plan_says(operator: Operator) -> None:
    first = operator.look()
    told = operator("backup-service", "set", "--sync-interval", "10m", "--yes", "--details").out
    assert "more than the documented target" in told
    assert (
        "undone by: Set-CsBackupServiceConfiguration -Confirm:$false -SyncInterval '00:02:00'"
        in told
    )
    assert interval(operator) == timedelta(minutes=10)
    assert operator.latest_run() in operator("runs", "list").out
    operator("run", "backup-service-set", POOL1, "--sync-interval", "2m", "--yes")
    assert_as_before(first, operator.look())
    assert operator.lab.executions("Set-CsBackupServiceConfiguration") == 2


def test_what_must_not_be_set_is_refused(operator: Operator) -> None:
    assert (
        "03:00:00"
        in operator("backup-service", "set", "--sync-interval", "4h", "--yes", expect=1).err
    )
    assert "--sync-interval" in operator("backup-service", "set", "--yes", expect=1).err
    refused = operator("backup-service", "set", "--authorized-group", "Others", "--yes", expect=2)
    assert "authorized-groups" in refused.err
    assert not operator.lab.world.executions


@pytest.mark.slow
def test_a_copy_is_forced_for_one_module_and_for_all(operator: Operator) -> None:
    operator("backup-service", "sync", POOL1, "--module", "ConfServices.DataConf", "--yes")
    operator("backup-service", "sync", POOL2, "--all", "--yes")
    assert operator.lab.executions("Invoke-CsBackupServiceSync") == 2
    elsewhere = operator(
        "backup-service", "sync", POOL2, "--module", "CentralMgmt.CMSMaster", "--yes", expect=2
    )
    assert POOL1 in elsewhere.err
    later = operator(
        "backup-service",
        "sync",
        POOL1,
        "--module",
        "ApplicationServer.RGSDataStore",
        "--yes",
        expect=2,
    )
    assert "2019" in later.out
    assert operator.lab.executions("Invoke-CsBackupServiceSync") == 2


def test_a_backlog_is_watched_until_it_is_gone(operator: Operator) -> None:
    operator.lab.world.faults.sync_stuck = frozenset({POOL1})
    until(operator, lambda: "NonSteadyState" in operator("backup-service", "show").out)
    behind = operator(*WATCH, "--timeout", "1ms", expect=3)
    assert "NonSteadyState" in behind.out
    operator.lab.world.faults.sync_stuck = frozenset()
    steady = operator(*WATCH, "--until-steady", "--timeout", "30s")
    assert steady.out.rstrip().endswith("Everything is steady.")


def test_an_error_state_ends_it_with_3(operator: Operator) -> None:
    operator.lab.world.faults.sync_error = frozenset({POOL2})
    stuck = operator("--json", *WATCH, "--until-steady", expect=3)
    lines = [json.loads(line) for line in stuck.out.splitlines()]
    assert [line["state"] for line in lines] == ["error"], (
        "an object for each change, and nothing changed"
    )
    assert operator("--json", "backup-service", "show").code == 0


def test_a_status_that_nobody_may_see_ends_it_with_4(operator: Operator) -> None:
    operator.lab.world.faults.denied = frozenset({"Get-CsBackupServiceStatus"})
    assert "unknown" in operator(*WATCH, "--timeout", "1ms", expect=4).out


def test_ctrl_c_ends_it_with_5(operator: Operator) -> None:
    command = [sys.executable, "-m", "lyncops", "--config", str(operator.config), *WATCH]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    assert "CMSMaster: FinalState" in watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    _, told = watching.communicate(timeout=30)
    assert watching.returncode == 5
    assert "Stopped by the operator." in told
    assert "Traceback" not in told


def test_a_pool_that_dies_is_seen_by_who_watches(operator: Operator) -> None:
    assert operator(*WATCH, POOL1, "--timeout", "1ms").code == 0
    operator.lab.crash(Fqdn(POOL2))
    gone = operator(*WATCH, POOL1, "--timeout", "1ms", expect=3)
    assert POOL2 in gone.out
