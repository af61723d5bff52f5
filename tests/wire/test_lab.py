from __future__ import annotations

import json
import threading
import tomllib
from datetime import timedelta
from pathlib import Path

import pypsrp.wsman
import pytest

from lyncops.errors import ConfigurationError, InvalidValueError, LyncOpsError, ScenarioError
from lyncops.lab.control.arguments import InjectionError
from lyncops.lab.control.asking import ask
from lyncops.lab.control.server import ControlServer
from lyncops.lab.lab import Lab
from lyncops.lab.model.durations import parse_duration
from tests.wire.stub import NAME, PowerShell, RunspacePool, StubMachine, Untyped


class StubWorld:
    def __init__(self) -> None:
        self.machines = {NAME: StubMachine()}


def wsman(lab: Lab, machine: str) -> Untyped:
    host, _, port = lab.address(machine).partition(":")
    return pypsrp.wsman.WSMan(
        host,
        port=int(port),
        ssl=False,
        auth="ntlm",
        username=lab.username,
        password=lab.password,
        no_proxy=True,
    )


def test_a_scenario_is_served_and_its_executions_are_counted() -> None:
    with Lab.start("two-sites") as lab:
        lab.world.switches.enforce_double_hop = False  # NTLM
        with wsman(lab, "fe1.contoso.com") as connection, RunspacePool(connection) as pool:
            PowerShell(pool).add_cmdlet("Import-Module").add_argument("Lync").invoke()
            pools = PowerShell(pool).add_cmdlet("Get-CsPool").invoke()
            PowerShell(pool).add_cmdlet("Invoke-CsManagementStoreReplication").invoke()
        assert len(pools) == len(lab.world.pools) + 4  # SQL Servers are pools, too
        assert lab.executions("invoke-csmanagementstorereplication") == 1
        assert lab.executions("Invoke-CsPoolFailOver") == 0
        assert lab.failed_logons == 0
    assert not [one for one in threading.enumerate() if one.name.startswith("lab-")]


def test_the_configuration_names_front_ends_in_order_and_edge_servers(tmp_path: Path) -> None:
    with Lab.start("two-sites") as lab:
        config = tomllib.loads(lab.write_config(tmp_path).read_text("utf-8"))
        assert [one["url"] for one in config["endpoint"]] == [
            f"http://fe{n}.contoso.com:5985/wsman" for n in range(1, 7)
        ]
        assert config["endpoint"][3]["pool"] == "pool2.contoso.com"
        assert config["endpoint"][0]["auth"] == "credssp", "with NTLM no server could ask another"
        assert config["endpoint"][0]["connect_to"] == lab.address("fe1.contoso.com")
        assert config["machine"][0]["name"] == "edge1a.contoso.com"
        assert config["credentials"] == {
            "username": lab.username,
            "password_env": "LYNCOPS_PASSWORD",
        }
        assert config["retry"] == {"poll_interval": "200ms", "settle": "5s"}
        assert lab.password not in (tmp_path / "lyncops.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("auth", "kind"), [("ntlm", "ocs"), ("basic", "winrm"), ("certificate", "winrm")]
)
def test_other_configurations_go_over_tls(tmp_path: Path, auth: str, kind: str) -> None:
    with Lab.start("two-sites") as lab:
        config = tomllib.loads(lab.write_config(tmp_path, auth=auth, kind=kind).read_text("utf-8"))
        first = config["endpoint"][0]
        assert first["url"].startswith("https://fe1.contoso.com")
        assert first["url"].endswith("/OcsPowershell") is (kind == "ocs")
        assert (tmp_path / first["ca"]).read_bytes() == lab.ca_pem
        assert ("certificate" in first) is (auth == "certificate")
        assert config["machine"][0]["url"].endswith("/wsman")


def test_anything_with_machines_can_be_served(tmp_path: Path) -> None:
    with Lab.start(StubWorld()) as lab:
        assert "fe1.contoso.com:5985" in lab.write_config(tmp_path).read_text("utf-8")
        with pytest.raises(InvalidValueError, match="without a world"):
            _ = lab.world
        with pytest.raises(InvalidValueError, match="no machine nobody"):
            lab.address("nobody")
        lab.delay(timedelta(milliseconds=5))
        assert lab.profile(NAME).delay == timedelta(milliseconds=5)
        lab.close()


def test_a_pool_crashes_hangs_and_recovers() -> None:
    with Lab.start("two-sites") as lab:
        address = lab.address("fe1.contoso.com")
        lab.crash("pool1.contoso.com")
        with (
            pytest.raises(OSError, match=r"refused|connect"),
            wsman(lab, "fe1.contoso.com") as connection,
        ):
            RunspacePool(connection).open()
        lab.recover("pool1.contoso.com")
        with wsman(lab, "fe1.contoso.com") as connection:
            RunspacePool(connection).open()
            assert lab.disconnect_idle("fe1.contoso.com") == 1
            lab.restart()
            assert lab.disconnect_idle("fe1.contoso.com") == 0
        lab.hang("fe1.contoso.com")
        assert lab.world.machine("fe1.contoso.com").is_hung
        assert lab.address("fe1.contoso.com") == address


def test_an_unknown_scenario_names_the_known_ones() -> None:
    with pytest.raises(ScenarioError, match="two-sites"):
        Lab.start("no-such")


def test_a_running_lab_is_controlled_from_outside(tmp_path: Path) -> None:
    with Lab.start("two-sites", rate=None) as lab, ControlServer(lab.served, tmp_path):
        assert ask(tmp_path, "crash", ["fe1.contoso.com"]) == {"done": "fe1.contoso.com"}
        shown = ask(tmp_path, "show", [])
        assert isinstance(shown, dict)
        assert json.dumps(shown["machines"]).count('"down"') == 1
        assert ask(tmp_path, "advance", ["1h30m"]) == {"now": lab.world.now().isoformat()}
        assert ask(
            tmp_path, "drop-after", ["cmdlet=Get-CsPool", "times=always", "machine=fe2.contoso.com"]
        ) == {"waiting": "drop-after machine=fe2.contoso.com cmdlet=Get-CsPool times=always"}
        assert [one.times for one in lab.faults.waiting] == [None]
        assert ask(tmp_path, "clear", []) == {"cleared": True}
        ask(
            tmp_path,
            "profile",
            [
                "protocol=2.2",
                "disconnects=false",
                "max_shells_per_user=5",
                "delay=50ms",
                "machine=fe2.contoso.com",
            ],
        )
        assert lab.profile("fe2.contoso.com").protocol == "2.2"
        assert lab.profile("fe3.contoso.com").protocol == "2.3"
        ask(tmp_path, "switch", ["heartbeats=false"])
        assert not lab.world.switches.heartbeats
        ask(tmp_path, "model-fault", ["no_replication=true"])
        assert lab.world.faults.no_replication
        assert ask(tmp_path, "restart", []) == {"restarted": "all"}
        assert ask(tmp_path, "disconnect-idle", ["fe2.contoso.com"]) == {"disconnected": 0}
        (tmp_path / "control.json").write_text(
            (tmp_path / "control.json").read_text().replace('"token": "', '"token": "x'), "utf-8"
        )
        with pytest.raises(InjectionError, match="token is wrong"):
            ask(tmp_path, "show", [])
    assert not (tmp_path / "control.json").exists()
    with pytest.raises(ConfigurationError, match="No lab runs"):
        ask(tmp_path, "show", [])


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("explode", (), "no fault 'explode'"),
        ("crash", (), "One name"),
        ("crash", ("nobody.contoso.com",), "nobody"),
        ("advance", ("soon",), "not a duration"),
        ("advance", (), "One duration"),
        ("restart", ("a", "b"), "One machine"),
        ("restart", ("nobody",), "no machine nobody"),
        ("drop-after", ("times=0",), "not a number"),
        ("drop-after", ("sometimes",), "not known"),
        ("drop-after", ("machine=nobody",), "no machine nobody"),
        ("status-after", ("status=200",), "not one that the lab answers"),
        ("profile", ("protocol=9",), "no protocol 9"),
        ("profile", ("disconnects=maybe",), "neither true nor false"),
        ("profile", ("max_shells_per_user=x",), "not a number"),
        ("switch", ("nothing=true",), "not known"),
        ("model-fault", ("no_replication=maybe",), "maybe"),
    ],
)
def test_what_means_nothing_is_refused_in_one_sentence(
    name: str, arguments: tuple[str, ...], message: str
) -> None:
    with Lab.start("two-sites") as lab, pytest.raises(LyncOpsError, match=message):
        lab.inject(name, *arguments)


def test_durations() -> None:
    assert parse_duration("1h30m") == timedelta(minutes=90)
    assert parse_duration("200ms") == timedelta(milliseconds=200)
