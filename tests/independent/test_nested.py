"""Objects within objects, as remoting brings them: expanded, as their texts, or as no more than the
names of their types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from lyncops.cmdlets import BackupServiceStatus, GetCsBackupModules, GetCsFileTransferAgents
from lyncops.deployment.backup_module import EVERY_MODULE, ExportState, ImportState
from lyncops.values import Fqdn, RemoteObject, Unread
from tests.independent.desk import desk_for
from tests.independent.lync import P1, P2, Lync
from tests.independent.psrp import Fatal, Problem
from tests.independent.server import Server

Call = Mapping[str, object]
TYPE: Final = "Microsoft.Rtc.Management.Hadr.BackupService.BackupModuleStatus"


def _text(module: object) -> str:
    said = {name: getattr(module, name) for name in ("Identity", "ExportStatus", "ImportStatus")}
    return f"{said['Identity']}:[{said['ExportStatus']},{said['ImportStatus']}]"


def _texts(modules: Sequence[object]) -> object:
    return [_text(module) for module in modules]


def _one_text(modules: Sequence[object]) -> object:
    return "{" + ", ".join(map(_text, modules)) + "}"


def _types(modules: Sequence[object]) -> object:
    return [TYPE for _ in modules]


def _refused(_name: str, _arguments: Call) -> Iterable[object]:
    """A restricted session's own Select-Object, which knows no -ExpandProperty."""
    yield Fatal(
        Problem("Es wurde kein Parameter gefunden.", "NamedParameterNotFound,Select-Object")
    )


SHAPES: Final = {"objects": list, "texts": _texts, "one text": _one_text, "names of types": _types}


@pytest.mark.parametrize("modules", SHAPES.values(), ids=SHAPES)
def test_modules_are_read_from_every_shape(
    tmp_path: Path, modules: Callable[[Sequence[object]], object]
) -> None:
    with Server(tmp_path, Lync(modules=modules).scripts()) as server:
        pool = desk_for(tmp_path, server).client().status().pool(Fqdn(P2))
    assert pool is not None
    assert not isinstance(pool.backup_modules, Unread)
    assert [(module.name, module.export, module.import_) for module in pool.backup_modules] == [
        ("CentralMgmt.CMSMaster", ExportState.NOT_INITIALIZED, ImportState.NORMAL),
        ("ConfServices.DataConf", ExportState.FINAL, ImportState.NORMAL),
        ("UserServices.PresenceFocus", ExportState.FINAL, ImportState.NORMAL),
    ]


@pytest.mark.parametrize(
    ("modules", "asked"), [(_texts, 2), (_types, 4)], ids=["texts", "names of types"]
)
def test_only_what_does_not_tell_itself_is_asked_for_once_more(
    tmp_path: Path, modules: Callable[[Sequence[object]], object], asked: int
) -> None:
    with Server(tmp_path, Lync(modules=modules).scripts()) as server:
        desk_for(tmp_path, server).client().status()
    assert server.executions["get-csbackupservicestatus"] == asked


@pytest.mark.parametrize(
    "modules",
    [
        pytest.param(shape, id=name, marks=() if shape is _types else pytest.mark.slow)
        for name, shape in SHAPES.items()
    ],
)
def test_planned_failover_and_failback(
    tmp_path: Path, modules: Callable[[Sequence[object]], object]
) -> None:
    lync = Lync(modules=modules)
    with Server(tmp_path, lync.scripts()) as server:
        desk = desk_for(tmp_path, server)
        there = desk("run", "pool-failover", P2, "--mode", "planned", "--yes")
        assert (there.code in {0, 7}, lync.state[P2]) == (True, "FailedOver"), there
        back = desk("run", "pool-failback", P2, "--mode", "planned", "--yes")
        assert (back.code in {0, 7}, lync.state[P2]) == (True, "Active"), back
        assert "conference-steady" not in back.err


def _restricted(overall: tuple[str, str]) -> Lync:
    return Lync(modules=_types, overall=overall, shapes={"Select-Object": _refused})


def test_restricted_endpoint_leaves_the_overall_states(tmp_path: Path) -> None:
    lync = _restricted(("FinalState", "NormalState"))
    with Server(tmp_path, lync.scripts()) as server:
        desk = desk_for(tmp_path, server)
        pool = desk.client().status().pool(Fqdn(P1))
        assert pool is not None
        assert not isinstance(pool.backup_modules, Unread)
        assert [module.name for module in pool.backup_modules] == [EVERY_MODULE]
        answer = desk("check", "pool-failover", P2, "--mode", "planned")
        assert "could not be distinguished" in answer.out
        assert desk("run", "pool-failover", P2, "--mode", "planned", "--yes").code in {0, 7}
        assert desk("run", "pool-failback", P2, "--mode", "planned", "--yes").code in {0, 7}


@pytest.mark.parametrize(
    ("overall", "code"),
    [
        (("", ""), 2),
        (("NotInitialized", "NormalState"), 2),
        (("ErrorState", "NormalState"), 2),
        (("FinalState", "ErrorState"), 2),
        (("Endzustand", "NormalState"), 2),
    ],
)
def test_what_the_overall_states_leave_open_is_not_believed(
    tmp_path: Path, overall: tuple[str, str], code: int
) -> None:
    with Server(tmp_path, _restricted(overall).scripts()) as server:
        answer = desk_for(tmp_path, server)(
            "run", "pool-failover", P2, "--mode", "planned", "--yes"
        )
        assert answer.code == code
        assert "backup-service" in answer.err
        assert server.executions["invoke-cspoolfailover"] == 0


def test_second_command_of_the_pipeline_is_no_script_text(tmp_path: Path) -> None:
    with Server(tmp_path, Lync().scripts()) as server:
        with desk_for(tmp_path, server).sessions() as sessions:
            done = sessions.run(GetCsBackupModules(pool_fqdn=P1))
        assert [module.identity for module in done.output] == [
            "UserServices.PresenceFocus",
            "ConfServices.DataConf",
            "CentralMgmt.CMSMaster",
        ]
    shown = (
        "Get-CsBackupServiceStatus -PoolFqdn 'pool1.contoso.com' | Select-Object -ExpandProperty"
        " 'BackupModules'"
    )
    assert GetCsBackupModules(pool_fqdn=P1).to_powershell() == shown
    assert (
        GetCsFileTransferAgents()
        .to_powershell()
        .endswith("-ExpandProperty 'ActiveFileTransferAgents'")
    )


@pytest.mark.parametrize(
    "value",
    [
        [TYPE],
        [TYPE, "UserServices.PresenceFocus:[FinalState,NormalState]"],
        TYPE,
        [RemoteObject(text=TYPE)],
    ],
)
def test_name_of_a_type_is_no_module(value: object) -> None:
    status = BackupServiceStatus.decode(RemoteObject({"BackupModules": value}))
    assert not status.tells("backup_modules")
    assert TYPE not in {module.identity for module in status.backup_modules}


def test_agents_of_the_store_are_asked_for_by_themselves(tmp_path: Path) -> None:
    with (
        Server(tmp_path, Lync().scripts()) as server,
        desk_for(tmp_path, server).sessions() as sessions,
    ):
        assert [agent.fqdn for agent in sessions.run(GetCsFileTransferAgents()).output] == [P1]
