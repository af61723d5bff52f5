from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from lyncops.client import Client
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.lab.simulation import Simulation
from lyncops.runs.connection import Connection
from lyncops.runs.journal import open_journal
from lyncops.testing.model import ModelClock, ModelSessions
from tests.cli.conftest import Answer, Invoke
from tests.postgres import Postgres
from tests.stateful.sessions import WatchedSessions

POOL1 = "pool1.contoso.com"
FAILOVER = ("run", "pool-failover", POOL1, "--mode", "planned", "--yes")
Ask = Callable[..., Answer]


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Generator[Lab]:
    with Lab.start("two-sites", rate=3000.0) as started:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, started.password)
        yield started


@pytest.fixture
def config(lab: Lab, tmp_path: Path) -> Path:
    return lab.write_config(tmp_path)


@pytest.fixture
def ask(config: Path, invoke: Invoke) -> Ask:
    def run(*arguments: str) -> Answer:
        return invoke("--config", str(config), *arguments)

    return run


def test_status_check_plan_run_and_report_of_a_failover(lab: Lab, ask: Ask, tmp_path: Path) -> None:
    assert "Lync Server 2013" in ask("status").out
    assert ask("check", POOL1).code == 0
    saved = tmp_path / "plan.json"
    assert ask("plan", *FAILOVER[1:-1], "--save", str(saved)).code == 0
    done = ask("--json", "run", "--plan", str(saved), "--yes")
    assert done.code == 0
    run_id = json.loads(done.out)["run"]
    assert lab.executions("Invoke-CsPoolFailOver") == 1
    assert "FailedOver" in ask("status").out
    assert run_id in ask("runs", "list").out
    assert "Invoke-CsPoolFailOver" in ask("runs", "report", run_id).out
    again = ask(*FAILOVER)
    assert (again.code, again.err) == (0, "")
    assert "Nothing to do" in again.out
    assert lab.executions("Invoke-CsPoolFailOver") == 1
    back = ask("run", "pool-failback", POOL1, "--mode", "planned", "--yes")
    assert back.code == 0
    assert lab.executions("Invoke-CsPoolFailBack") == 1


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites", rate=None)


@pytest.fixture
def ask_model(
    world: Simulation, tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> Invoke:
    """The same without a wire, where hours pass at once."""

    def connect(_: Path) -> Client:
        journal = partial(open_journal, f"sqlite:///{tmp_path / 'runs.db'}")
        return Client(
            Connection(
                name="two-sites",
                open_sessions=lambda: ModelSessions(world),
                open_journal=journal,
                clock=ModelClock(world),
            )
        )

    monkeypatch.setattr("lyncops.connect", connect)
    return invoke


def test_a_failed_step_is_3_and_holds_the_pools_so_that_another_run_is_6(
    world: Simulation, ask_model: Invoke
) -> None:
    world.faults.denied = frozenset({"Invoke-CsPoolFailOver"})
    failed = ask_model(*FAILOVER)
    assert failed.code == 3
    assert "lyncops resume" in failed.out
    assert ask_model(*FAILOVER).code == 6
    run_id = re.findall(r"lyncops resume (\S+)", failed.out)[0]
    world.faults.denied = frozenset()
    assert ask_model("resume", run_id).code == 0
    assert world.executions["Invoke-CsPoolFailOver"] == 1


def test_a_run_whose_end_nobody_can_see_is_4(world: Simulation, ask_model: Invoke) -> None:
    world.faults.crash_midway = frozenset({"Invoke-CsPoolFailOver"})
    assert ask_model(*FAILOVER).code == 4


def test_an_optional_step_that_fails_is_7(lab: Lab, ask: Ask) -> None:
    lab.world.faults.denied = frozenset({"Export-CsConfiguration"})
    done = ask(*FAILOVER)
    assert done.code == 7
    assert "exception:" in done.out
    assert lab.executions("Invoke-CsPoolFailOver") == 1


def test_a_rehearsal_changes_nothing(lab: Lab, ask: Ask) -> None:
    rehearsed = ask(*FAILOVER, "--rehearse")
    assert "-WhatIf" in rehearsed.out
    assert not lab.world.executions


def test_an_unknown_pool_is_refused(ask: Ask) -> None:
    refused = ask("plan", "pool-failover", "nosuch.contoso.com", "--mode", "planned")
    assert refused.code == 2
    assert "pool-exists" in refused.out


def test_a_wrong_password_is_tried_once(
    lab: Lab, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "not the password")
    answer = ask("status")
    assert answer.code == 1
    assert_one_sentence(answer)
    assert lab.failed_logons == 1


def test_a_missing_password_names_its_variable(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE)
    answer = ask("status")
    assert answer.code == 1
    assert ENVIRONMENT_VARIABLE in answer.err


def test_an_untrusted_certificate_is_refused(lab: Lab, tmp_path: Path, invoke: Invoke) -> None:
    untrusting = lab.write_config(tmp_path, auth="basic")
    text = untrusting.read_text(encoding="utf-8")
    untrusting.write_text(re.sub(r"(?m)^ca = .*\n", "", text), encoding="utf-8")
    answer = invoke("--config", str(untrusting), "status")
    assert answer.code == 1
    assert "certificate" in answer.err


def assert_one_sentence(answer: Answer) -> None:
    """One line on standard error, nothing on standard output, no traceback."""
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert len(answer.err.splitlines()) == 1


ENDPOINT = '[[endpoint]]\nurl = "http://fe1.contoso.com:5985/wsman"\n'
SIGN_IN = '[credentials]\nusername = "a"\npassword_env = "LYNCOPS_PASSWORD"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[deployment\n", "TOML"),
        (ENDPOINT + SIGN_IN + "[deploymant]\n", "deploymant"),
        (ENDPOINT + 'colour = "red"\n' + SIGN_IN, "colour"),
        (ENDPOINT + SIGN_IN + 'password = "secret-1"\n', "password"),
        (ENDPOINT + SIGN_IN + '[deployment]\nversion = "2007"\n', "version"),
        (ENDPOINT + 'auth = "ntlm"\n', "credentials"),
        ("", "endpoint"),
        ('[[endpoint]]\nurl = "ftp://x"\n' + SIGN_IN, "url"),
        (
            '[[endpoint]]\nurl = "http://fe1.contoso.com:5985/wsman"\npool = "a b"\n' + SIGN_IN,
            "pool",
        ),
    ],
)
def test_a_broken_configuration_is_one_sentence_that_names_the_field(
    invoke: Invoke, tmp_path: Path, text: str, words: str
) -> None:
    broken = tmp_path / "lyncops.toml"
    broken.write_text(text, encoding="utf-8")
    answer = invoke("--config", str(broken), "status")
    assert answer.code == 1
    assert words in answer.err
    assert "secret-1" not in answer.err
    assert_one_sentence(answer)


def test_a_server_that_is_not_there_is_one_sentence(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "x")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    config = tmp_path / "lyncops.toml"
    config.write_text(
        f'{ENDPOINT}connect_to = "127.0.0.1:{port}"\nauth = "ntlm"\n{SIGN_IN}', encoding="utf-8"
    )
    assert invoke("--config", str(config), "check", "pool1.contoso.com").code == 2
    answer = invoke("--config", str(config), "status")
    assert answer.code == 4
    assert "refused" in answer.err
    assert_one_sentence(answer)


def test_a_scenario_that_contradicts_itself_is_one_sentence(invoke: Invoke, tmp_path: Path) -> None:
    scenario = tmp_path / "wrong.toml"
    scenario.write_text(
        '[scenario]\nversion = "2013"\n[[site]]\nname = "A"\n[[pool]]\nfqdn ='
        ' "p1.contoso.com"\nkind = "standard"\nsite = "B"\nmachines = ["p1.contoso.com"]\n',
        encoding="utf-8",
    )
    answer = invoke("lab", "serve", str(scenario), "--out", str(tmp_path / "out"))
    assert answer.code == 1
    assert_one_sentence(answer)


def test_the_lab_serves_a_copy_of_the_servers(config: Path, tmp_path: Path) -> None:
    words = ["lab", "serve", "--copy", "--out", str(tmp_path / "copy"), "--json"]
    command = [sys.executable, "-m", "lyncops", "--config", str(config), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        answer = json.loads(serving.stdout.readline())
        serving.terminate()
    assert answer["scenario"] == "a copy of two-sites"
    assert any("fe1.contoso.com" in name for name in answer["addresses"])


def test_a_copy_is_of_servers_or_of_a_file(tmp_path: Path, invoke: Invoke) -> None:
    file = tmp_path / "topology.xml"
    file.touch()
    answer = invoke("lab", "serve", "--copy", "--from", str(file))
    assert answer.code == 1
    assert "give one of them" in answer.err


def test_the_command_line_is_a_program(config: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lyncops", "--config", str(config), "--json", "status"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["name"] == "two-sites"
    assert done.stderr == ""


def test_a_rescue_on_a_journal_of_its_own_is_brought_home(
    config: Path, tmp_path: Path, invoke: Invoke
) -> None:
    """The shared journal died with its site: it is on another machine, which does not answer."""
    text = config.read_text(encoding="utf-8")
    home = f'[journal]\nurl = "sqlite:///{tmp_path / "home.db"}"\n'
    away = '[journal]\nurl = "postgresql://lyncops@127.0.0.1:1/journal"\ntimeout = "1s"\n'
    config.write_text(text + away, encoding="utf-8")
    rescue = f"sqlite:///{tmp_path / 'rescue ?.db'}"
    refused = invoke("--config", str(config), *FAILOVER)
    assert refused.code == 1
    assert "--journal sqlite:///rescue.db" in refused.err
    done = invoke("--config", str(config), "--journal", rescue, *FAILOVER)
    assert done.code == 0
    assert (
        f"This run is recorded in {tmp_path / 'rescue ?.db'}, not in the journal of {config}"
        in done.err
    )
    file = str(tmp_path / "runs.jsonl")
    assert (
        invoke("--config", str(config), "--journal", rescue, "runs", "export", "--to", file).code
        == 0
    )
    config.write_text(text + home, encoding="utf-8")
    assert "1 run imported." in invoke("--config", str(config), "runs", "import", file).out
    [run] = json.loads(invoke("--config", str(config), "runs", "list", "--json").out)["runs"]
    assert (run["state"], run["target"]) == ("completed", POOL1)
    assert invoke("--config", str(config), "runs", "report", run["run_id"]).code == 0


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "postgresql://u:geheim@h/d", "postgresql://u@h/d?password=geheim", "geheim"],
)
def test_a_journal_that_cannot_be_used_is_refused_and_no_password_repeated(
    config: Path, invoke: Invoke, url: str
) -> None:
    answer = invoke("--config", str(config), "--journal", url, "runs", "list")
    assert answer.code == 1
    assert "geheim" not in answer.out + answer.err


FULL = Path("/dev/full")
LOST = "lyncops: Standard output cannot be written (No space left on device); the output is lost.\n"


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_under_standard_output_hides_an_answer_and_stops_no_run(config: Path) -> None:
    def into_nothing(*arguments: str) -> subprocess.CompletedProcess[str]:
        with FULL.open("w") as full:
            command = [sys.executable, "-m", "lyncops", "--config", str(config), *arguments]
            return subprocess.run(
                command, check=False, stdout=full, stderr=subprocess.PIPE, text=True
            )

    run = into_nothing(*FAILOVER)
    assert (run.returncode, run.stderr.count("cannot be written (No space left on device)")) == (
        0,
        1,
    ), run.stderr
    for arguments in (("runs", "list"), ("runs", "list", "--json"), ("status",)):
        answer = into_nothing(*arguments)
        assert (answer.returncode, answer.stderr.count("\n")) == (1, 1), answer.stderr
    assert into_nothing("--json", "runs", "show", "nothing").returncode == 1
    for arguments in (("--help",), ("run", "--help"), ("--version",)):
        answer = into_nothing(*arguments)
        assert (answer.returncode, answer.stderr) == (1, LOST), answer.stderr


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_under_standard_error_stops_no_run_and_hides_no_exit_code(config: Path) -> None:
    def unheard(*arguments: str) -> int:
        with FULL.open("w") as full:
            command = [sys.executable, "-m", "lyncops", "--config", str(config), *arguments]
            return subprocess.run(
                command, check=False, stdout=subprocess.DEVNULL, stderr=full
            ).returncode

    # A warning is said before this run, and a refusal after the other.
    rescue = ("--journal", f"sqlite:///{config.parent / 'rescue.db'}")
    assert unheard(*rescue, *FAILOVER) == 0
    elsewhere = ("pool9.contoso.com" if word == POOL1 else word for word in FAILOVER)
    assert unheard(*rescue, *elsewhere) == 2
    assert unheard("runs", "show", "nothing") == 1


def test_a_journal_that_goes_away_while_a_command_runs_is_4_and_resumed(
    world: Simulation, postgres: Postgres, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.database()
    sessions = WatchedSessions(world)
    sessions.mishaps = {0: postgres.stop}

    def connect(_: Path) -> Client:
        return Client(
            Connection(
                name="two-sites",
                open_sessions=lambda: sessions,
                open_journal=lambda: open_journal(url, timedelta(seconds=2)),
                clock=ModelClock(world),
            )
        )

    monkeypatch.setattr("lyncops.connect", connect)
    try:
        stopped = invoke("--json", *FAILOVER)
    finally:
        postgres.start()
    error = json.loads(stopped.out)["error"]
    assert (stopped.code, error["type"], error["exit_code"]) == (4, "RunCutOffError", 4)
    run_id = re.findall(r"lyncops resume (\S+);", error["remedy"])[0]
    assert invoke("resume", run_id).code == 0
    assert invoke("runs", "show", run_id).code == 0
    assert sum(world.executions[name] for name in set(sessions.sent)) == len(sessions.sent)
    assert world.executions["Invoke-CsPoolFailOver"] == 1
