"""A whole run over Kerberos at an independent server, whose ticket ends in the middle of the
failover.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest

from lyncops.remoting.kerberos import default_ticket_end
from tests.independent.desk import Desk, desk_for
from tests.independent.lync import P1, P2, Lync
from tests.independent.server import Server
from tests.kerberos.ends import wait_for_the_end
from tests.kerberos.kdc import PASSWORD, Kdc

FAILOVER = ("run", "pool-failover", P1, "--mode", "planned", "--yes", "--json")
SENT = "invoke-cspoolfailover"


def nothing(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    return ()


@attrs.define
class Scene:
    """A server with two pools, and an operator with a ticket of some seconds."""

    server: Server
    desk: Desk
    kdc: Kdc
    began: threading.Event
    goes_on: threading.Event

    def ticket_ends(self) -> None:
        """Wait for it."""
        wait_for_the_end()


@pytest.fixture
def scene(realm: Kdc, tmp_path: Path) -> Iterator[Scene]:
    began, goes_on = threading.Event(), threading.Event()

    def slow(lync: Lync, pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        began.set()
        assert goes_on.wait(60)
        lync.state[pool] = "FailedOver"
        return ()

    lync = Lync(
        failover=slow,
        shapes={"Export-CsConfiguration": nothing, "Export-CsLisConfiguration": nothing},
    )
    realm.forget()
    with Server(tmp_path, lync.scripts(), tls=False) as server:
        config = tmp_path / "lyncops.toml"
        config.write_text(
            '[deployment]\nname = "contoso"\n[[endpoint]]\nurl ='
            f' "http://fe1.contoso.com:{server.port}/OcsPowershell"\nauth = "kerberos"\nconnect_to'
            f' = "127.0.0.1:{server.port}"\npool = "{P2}"\noperation_timeout = "1s"\nread_timeout ='
            ' "1500ms"\n[retry]\nprobe_delay = "50ms"\nbackoff_first = "20ms"\nbackoff_limit ='
            ' "50ms"\njitter = "0s"\npoll_interval = "50ms"\nlost_contact = "5s"\nsettle = "2s"\n',
            encoding="utf-8",
        )
        yield Scene(server, Desk(config=config), realm, began, goes_on)
        goes_on.set()


@pytest.mark.slow
def test_a_ticket_that_ends_stops_the_run_with_4_and_resume_collects(scene: Scene) -> None:
    scene.kdc.kinit("admin", PASSWORD, "-l", "8s")
    with ThreadPoolExecutor(1) as beside:
        running = beside.submit(scene.desk, *FAILOVER)
        assert scene.began.wait(12), running.result(0).out
        scene.ticket_ends()
        stopped = running.result(60)
    assert stopped.code == 4, stopped
    run_id = json.loads(stopped.out)["run"]
    assert "ticket has expired" in stopped.out + stopped.err
    assert "kinit" in stopped.out + stopped.err
    too_early = scene.desk("resume", run_id)
    assert too_early.code == 4, too_early
    assert "kinit" in too_early.out + too_early.err
    scene.kdc.kinit("admin", PASSWORD)
    scene.goes_on.set()
    resumed = scene.desk("resume", run_id)
    assert resumed.code == 0, resumed
    assert scene.server.executions[SENT] == 1


@pytest.mark.slow
def test_kinit_in_the_middle_is_enough(scene: Scene) -> None:
    scene.kdc.kinit("admin", PASSWORD, "-l", "8s")
    with ThreadPoolExecutor(1) as beside:
        running = beside.submit(scene.desk, *FAILOVER)
        assert scene.began.wait(12), running.result(0).out
        first = default_ticket_end()
        scene.kdc.kinit("admin", PASSWORD)
        wait_for_the_end(first)
        scene.goes_on.set()
        done = running.result(60)
    assert done.code == 0, done
    assert scene.server.executions[SENT] == 1


def test_a_ticket_that_is_too_short_for_the_plan_is_said_before_it_runs(scene: Scene) -> None:
    scene.kdc.kinit("admin", PASSWORD, "-l", "60s")
    scene.goes_on.set()
    short = scene.desk(*FAILOVER)
    assert short.code == 0, short
    assert short.err.count("ticket expires at") == 1
    attempts = [attempt for step in json.loads(short.out)["steps"] for attempt in step["attempts"]]
    assert {attempt["logon"] for attempt in attempts} == {"kerberos (host/fe1.contoso.com)"}
    scene.kdc.kinit("admin", PASSWORD, "-l", "9h")
    assert "expires" not in scene.desk("status").err


def test_what_was_used_is_said_to_those_who_ask(scene: Scene) -> None:
    scene.kdc.kinit("admin", PASSWORD)
    told = scene.desk("-v", "status")
    assert told.code == 7, told
    assert "logged on with kerberos (host/fe1.contoso.com)" in told.err


def test_ntlm_in_place_of_kerberos_is_warned_about(scene: Scene, tmp_path: Path) -> None:
    answer = desk_for(tmp_path, scene.server, auth="negotiate")("status")
    assert answer.code == 7, answer
    assert answer.err.count("logged on with NTLM, not Kerberos") == 1
    assert "not a Kerberos principal" in answer.err


def test_the_doctor_names_what_was_really_used_and_what_is_missing(scene: Scene) -> None:
    def log_on() -> Mapping[str, str]:
        told = json.loads(scene.desk("--json", "doctor").out)
        found: Mapping[str, str] = next(
            one for one in told["sections"][0]["checks"] if one["check_id"] == "logon"
        )
        return found

    without = log_on()
    assert without["verdict"] == "failed"
    assert "kinit" in without["remedy"]
    scene.kdc.kinit("admin", PASSWORD)
    assert log_on()["verdict"] == "passed"
    assert "kerberos (host/fe1.contoso.com)" in log_on()["evidence"]
