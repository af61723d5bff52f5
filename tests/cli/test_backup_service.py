from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from unittest.mock import MagicMock

import attrs
import pytest

from lyncops.checks.synchronisation import BackupServiceReport, backup_service_report, silent_report
from lyncops.cmdlets import BackupModule
from lyncops.deployment.backup_module import ExportState
from lyncops.deployment.model import BackupServiceSettings, Deployment
from lyncops.plan.procedures import BackupServiceSet, BackupServiceSync, Procedure
from lyncops.procedures import make_plan
from lyncops.procedures.readiness import readiness
from lyncops.runs.model import RunState
from lyncops.values import Fqdn, Unread
from tests.cli.conftest import Answer, Invoke
from tests.cli.runs import run_of
from tests.deployments import NOW, P1, P2, STEADY, changed, cms_module, two_sites, with_dead

FULL = BackupServiceSettings(
    sync_interval=timedelta(seconds=90),
    authorized_universal_groups=("RTCUniversalServerAdmins",),
    max_concurrent_calls=10,
    max_batches_per_user_store_sync=500,
    max_data_conf_package_size_kb=102_400,
    max_high_priority_percentage=20,
    response_groups_copied=True,
)


def report(export: ExportState = ExportState.STEADY) -> BackupServiceReport:
    deployment = attrs.evolve(two_sites(), backup_service=FULL)
    return backup_service_report(
        changed(deployment, P1, backup_modules=(*STEADY, cms_module(export)))
    )


def test_show_has_units_modules_and_their_loss(client: MagicMock, invoke: Invoke) -> None:
    client.backup_service.return_value = report()
    answer = invoke("backup-service", "show", P1)
    client.backup_service.assert_called_once_with(P1)
    assert answer.code == 0
    for words in (
        "90 seconds",
        "102,400 KB",
        "20 %",
        "EnableRgsBackupService",
        "CentralMgmt.CMSMaster",
        "SteadyState",
        "steady",
    ):
        assert words in answer.out


def test_show_as_json_has_every_value(client: MagicMock, invoke: Invoke) -> None:
    client.backup_service.return_value = report()
    data = json.loads(invoke("--json", "backup-service", "show").out)
    assert data["settings"]["sync_interval"] == 90.0
    assert data["state"] == "steady"
    assert {module["name"] for module in data["directions"][0]["modules"]} >= {
        "ConfServices.DataConf"
    }


@pytest.mark.parametrize(
    ("found", "words", "code"),
    [
        (backup_service_report(with_dead(two_sites(), P1)), "RPC server is unavailable", 0),
        (
            backup_service_report(changed(two_sites(), P1, backup_modules=())),
            "nothing was ever copied",
            0,
        ),
        (
            backup_service_report(changed(two_sites(), P1, backup_pool=None), [P1]),
            "has no backup pool",
            0,
        ),
        (backup_service_report(attrs.evolve(two_sites(), pools=())), "no Front End pool", 0),
        (
            backup_service_report(two_sites(), [P1, Fqdn("pool9.contoso.com")]),
            "pool9.contoso.com could not be read",
            4,
        ),
        (silent_report("no endpoint answers", NOW), "no endpoint answers", 4),
    ],
)
def test_show_says_what_is_missing(
    client: MagicMock, invoke: Invoke, found: BackupServiceReport, words: str, code: int
) -> None:
    client.backup_service.return_value = found
    answer = invoke("backup-service", "show")
    assert answer.code == code
    assert words in answer.out


def reports(
    *found: BackupServiceReport, stopped: bool = False
) -> Callable[..., Iterator[BackupServiceReport]]:
    def follow(*_: object, **__: object) -> Iterator[BackupServiceReport]:
        yield from found
        if stopped:
            raise KeyboardInterrupt

    return follow


BACKLOG, GOOD, BAD = report(ExportState.NON_STEADY), report(), report(ExportState.ERROR)


@pytest.mark.parametrize(
    ("last", "code"),
    [(GOOD, 0), (BAD, 3), (BACKLOG, 3), (silent_report("no answer", NOW), 4)],
    ids=["good", "bad", "late", "mute"],
)
def test_what_watch_saw_last_is_its_exit_code(
    client: MagicMock, invoke: Invoke, last: BackupServiceReport, code: int
) -> None:
    client.watch_backup_service.side_effect = reports(BACKLOG, last)
    assert (
        invoke(
            "backup-service", "watch", "--until-steady", "--timeout", "5m", "--every", "10s", P1
        ).code
        == code
    )
    expected = {
        "every": timedelta(seconds=10),
        "timeout": timedelta(minutes=5),
        "until_steady": True,
    }
    client.watch_backup_service.assert_called_once_with(P1, **expected)


def test_watch_says_a_line_for_each_change(client: MagicMock, invoke: Invoke) -> None:
    client.watch_backup_service.side_effect = reports(BACKLOG, BACKLOG, GOOD)
    lines = invoke("backup-service", "watch").out.splitlines()
    store = [line for line in lines if f"{P1} -> {P2}  CentralMgmt" in line]
    assert [line.rpartition(": ")[2] for line in store] == [
        "NonSteadyState/NormalState (copying)",
        "SteadyState/NormalState (steady)",
    ]
    assert (
        len([line for line in lines if "DataConf" in line and P1 in line.partition(" -> ")[0]]) == 1
    )
    assert lines[-1] == "Everything is steady."


def test_watch_tells_what_is_no_longer_told(client: MagicMock, invoke: Invoke) -> None:
    client.watch_backup_service.side_effect = reports(GOOD, silent_report("no answer", NOW))
    out = invoke("backup-service", "watch").out
    assert "no longer reported" in out
    assert "the Backup Service: could not be read: no answer" in out


def test_watch_writes_json_lines(client: MagicMock, invoke: Invoke) -> None:
    client.watch_backup_service.side_effect = reports(BACKLOG, BACKLOG, GOOD)
    answer = invoke("--json", "backup-service", "watch")
    assert [json.loads(line)["state"] for line in answer.out.splitlines()] == ["copying", "steady"]


@pytest.mark.parametrize("as_json", [True, False])
def test_ctrl_c_is_5_and_breaks_no_json_line(
    client: MagicMock, invoke: Invoke, *, as_json: bool
) -> None:
    client.watch_backup_service.side_effect = reports(GOOD, stopped=True)
    answer = invoke(*(("--json",) if as_json else ()), "backup-service", "watch")
    assert answer.code == 5
    assert answer.err == "lyncops: Stopped by the operator.\n"
    if as_json:
        assert [json.loads(line)["state"] for line in answer.out.splitlines()] == ["steady"]


def test_a_terminal_gets_a_table_that_is_drawn_over(
    client: MagicMock, at_terminal: Callable[..., Answer]
) -> None:
    client.watch_backup_service.side_effect = reports(BACKLOG, GOOD)
    answer = at_terminal("backup-service", "watch")
    assert answer.code == 0
    assert "\x1b[" in answer.out
    assert "CentralMgmt.CMSMaster" in answer.out
    assert "Everything is steady." in answer.out


def done(request: Procedure, client: MagicMock) -> None:
    plan = make_plan(request, attrs.evolve(two_sites(), backup_service=FULL))
    client.plan.return_value = plan
    client.run.return_value = run_of(plan, RunState.COMPLETED)


def test_set_asks_the_client_for_a_plan_and_runs_it(client: MagicMock, invoke: Invoke) -> None:
    done(BackupServiceSet(sync_interval=timedelta(minutes=1)), client)
    words = (
        "--sync-interval",
        "1m",
        "--authorized-group",
        "A",
        "--authorized-group",
        "B",
        "--reason",
        "drill",
        "--yes",
    )
    assert invoke("backup-service", "set", *words).code == 0
    asked = BackupServiceSet(sync_interval=timedelta(minutes=1), authorized_groups=("A", "B"))
    client.plan.assert_called_once_with(asked)
    assert client.run.call_args.kwargs["reason"] == "drill"


def test_sync_asks_for_the_modules(client: MagicMock, invoke: Invoke) -> None:
    done(BackupServiceSync(pool=P1), client)
    assert (
        invoke("backup-service", "sync", P1, "--module", "confservices.dataconf", "--yes").code == 0
    )
    client.plan.assert_called_once_with(
        BackupServiceSync(pool=P1, modules=(BackupModule.DATA_CONF,))
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sync", P1, "--all", "--module", "ConfServices.DataConf", "--yes"), "exclude each other"),
        (("sync", P1, "--module", "DataConf", "--yes"), "DataConf"),
        (("set", "--sync-interval", "soon", "--yes"), "is not a duration"),
        (("set", "--sync-interval", "1m", "--override", "rights", "--yes"), "--reason"),
        (("watch", "--timeout", "x"), "is not a duration"),
    ],
)
def test_wrong_use_is_1_and_asks_no_server(
    client: MagicMock, invoke: Invoke, words: tuple[str, ...], said: str
) -> None:
    answer = invoke("backup-service", *words)
    assert answer.code == 1
    assert said in answer.err
    assert not client.method_calls


def one_mode_refused() -> Deployment:
    return attrs.evolve(two_sites(), rights=("Get-Command",))


@pytest.mark.parametrize(
    ("deployment", "code", "words"),
    [
        (two_sites(), 0, "disaster, if it died now"),
        (with_dead(two_sites(), P1), 2, "partner-healthy"),
        (one_mode_refused(), 2, "The operator's role does not include"),
        (attrs.evolve(two_sites(), pools=Unread("the topology", "no answer")), 4, "no answer"),
        (attrs.evolve(two_sites(), pools=()), 2, "no Front End pool"),
    ],
)
def test_readiness_has_an_exit_code_and_says_what_is_in_the_way(
    client: MagicMock, invoke: Invoke, deployment: Deployment, code: int, words: str
) -> None:
    client.readiness.return_value = readiness(deployment)
    answer = invoke("readiness")
    assert answer.code == code
    assert words in answer.out
    told = json.loads(invoke("--json", "readiness").out)
    assert [pool["pool"] for pool in told["pools"]] == [
        pool.fqdn for pool in deployment.front_end_pools
    ]


def test_readiness_with_warnings_alone_is_7(client: MagicMock, invoke: Invoke) -> None:
    client.readiness.return_value = readiness(with_dead(two_sites(), P1), [P1])
    answer = invoke("readiness", P1)
    client.readiness.assert_called_once_with(P1, count_users=False, verify=False)
    assert answer.code == 7
    assert "ready, with warnings" in answer.out
    assert "would lose: Everything that pool1.contoso.com had not copied" in answer.out
