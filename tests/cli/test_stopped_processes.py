"""Processes that are stopped or killed around the send: nothing runs twice, and each says what it
did send.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from tests.cli import sleeper
from tests.cli.conftest import Answer, Invoke

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "SIGSTOP"), reason="processes can be stopped on POSIX only"
)
POOL1: Final = "pool1.contoso.com"
CHANGE: Final = "Set-CsEdgeServer"
FAILOVER: Final = ("run", "pool-failover", POOL1, "--mode", "planned", "--yes")
BY_MOMENT: Final = pytest.mark.parametrize(
    "moment", [sleeper.JOURNALLED, pytest.param(sleeper.CONNECTED, marks=pytest.mark.slow)]
)
REASON: Final = "I looked: nothing in the event log"
_MOMENT: Final = timedelta(seconds=1.1)
"""Longer than the journal's word is good for."""
_LONGEST: Final = 120.0
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


def wait_until_it_sleeps(process: subprocess.Popen[str]) -> None:
    """Until the kernel says that the process is stopped."""
    end = time.monotonic() + _LONGEST
    while True:
        seen = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if seen is not None:
            assert seen.si_code == os.CLD_STOPPED, process.communicate()
            return
        assert time.monotonic() < end
        threading.Event().wait(0.02)


@contextmanager
def asleep(config: Path, moment: str, *arguments: str) -> Generator[Callable[[], Answer]]:
    """`lyncops ARGUMENTS` that fell asleep at this moment; calling what is given wakes it and
    answers what it said in the end.

    A process that nobody wakes is killed in its sleep.
    """
    command = [
        sys.executable,
        "-m",
        "tests.cli.sleeper",
        moment,
        "--config",
        str(config),
        *(arguments or FAILOVER),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            wait_until_it_sleeps(process)
            since = time.monotonic()

            def wake() -> Answer:
                # Real time, which is what the fence counts
                while time.monotonic() - since < _MOMENT.total_seconds():
                    threading.Event().wait(0.02)
                process.send_signal(signal.SIGCONT)
                out, err = process.communicate(timeout=_LONGEST)
                return Answer(process.returncode, out, err)

            yield wake
        finally:
            process.kill()


def attempts(ask: Ask, run_id: str) -> list[dict[str, str]]:
    """The attempts at the step, as the report keeps them."""
    steps = json.loads(ask("runs", "report", run_id, "--json").out)["steps"]
    [found] = [step["attempts"] for step in steps if step["id"] == sleeper.STEP]
    return list(found)


def sleeping_run(ask: Ask) -> str:
    [run] = json.loads(ask("runs", "list", "--json").out)["runs"]
    return str(run["run_id"])


def resumed_by_another(ask: Ask) -> None:
    """What happened to the command nobody can prove, and the operator has it sent again."""
    run_id = sleeping_run(ask)
    assert ask("resume", run_id).code == 6
    assert ask("resume", run_id, "--steal-lock").code == 4
    assert ask("resume", run_id, "--send-again", "--reason", "it never started").code == 0


def run_by_another(ask: Ask) -> None:
    """A run of its own, which takes the pools away."""
    assert ask(*FAILOVER).code == 6
    assert ask(*FAILOVER, "--steal-lock").code == 0


@pytest.mark.slow
@BY_MOMENT
@pytest.mark.parametrize("thief", [run_by_another, resumed_by_another])
def test_what_another_has_done_meanwhile_is_not_sent(
    lab: Lab, config: Path, ask: Ask, moment: str, thief: Callable[[Ask], None]
) -> None:
    with asleep(config, moment) as wake:
        assert lab.executions(CHANGE) == 0
        thief(ask)
        assert lab.executions(CHANGE) == 1
        commands = lab.requests.of(action="Command")
        woken = wake()
    assert lab.executions(CHANGE) == 1
    assert lab.requests.of(action="Command") == commands
    assert woken.code == 6, woken
    assert re.search(rf"Not sent: {CHANGE}", woken.err), woken
    assert "Nothing more was sent" not in woken.err


@BY_MOMENT
def test_what_nobody_has_taken_is_sent(lab: Lab, config: Path, ask: Ask, moment: str) -> None:
    with asleep(config, moment) as wake:
        woken = wake()
    assert woken.code == 0, woken
    assert lab.executions(CHANGE) == 1
    assert json.loads(ask("runs", "show", sleeping_run(ask), "--json").out)["state"] == "completed"


@pytest.mark.slow
def test_what_was_sent_before_is_told(lab: Lab, config: Path, ask: Ask) -> None:
    with asleep(config, sleeper.ENDED) as wake:
        assert lab.executions(CHANGE) == 1
        run_id = sleeping_run(ask)
        assert ask("resume", run_id, "--steal-lock").code == 0
        woken = wake()
    assert woken.code == 6, woken
    assert lab.executions(CHANGE) == 1
    assert re.search(rf"Sent before that: {CHANGE}.*; it ended as \w+,", woken.err), woken


def killed(config: Path, moment: str, *arguments: str) -> None:
    """`lyncops ARGUMENTS`, killed at this moment."""
    with asleep(config, moment, *arguments):
        pass


@pytest.mark.slow
def test_nobody_but_the_operator_has_it_sent_again(lab: Lab, config: Path, ask: Ask) -> None:
    killed(config, sleeper.JOURNALLED)
    run_id = sleeping_run(ask)
    for _ in range(2):
        assert ask("resume", run_id).code == 4
    assert ask("resume", run_id, "--send-again").code == 1
    assert ask("resume", run_id, "--reason", REASON).code == 1
    assert ask("resume", run_id, "--send-again", "--reason", " ").code == 1
    assert lab.executions(CHANGE) == 0
    offered = ask("runs", "report", run_id).out
    assert f"lyncops resume {run_id} --send-again --reason" in offered
    assert REASON not in offered
    assert ask("resume", run_id, "--send-again", "--reason", REASON).code == 0
    assert lab.executions(CHANGE) == 1
    assert ask("resume", run_id).code == 0
    assert ask("resume", run_id, "--send-again", "--reason", REASON).code == 0  # it is over
    assert lab.executions(CHANGE) == 1
    assert REASON in ask("runs", "report", run_id).out
    assert [REASON in attempt["released"] for attempt in attempts(ask, run_id)] == [True, False]


@pytest.mark.slow
def test_the_word_is_good_for_one_attempt(lab: Lab, config: Path, ask: Ask) -> None:
    killed(config, sleeper.JOURNALLED)
    run_id = sleeping_run(ask)
    assert ask("resume", run_id).code == 4
    killed(config, sleeper.JOURNALLED, "resume", run_id, "--send-again", "--reason", REASON)
    for _ in range(2):
        assert ask("resume", run_id).code == 4
    assert lab.executions(CHANGE) == 0
    assert [REASON in attempt["released"] for attempt in attempts(ask, run_id)] == [True, False]


def test_what_ran_is_found_and_not_sent_again(lab: Lab, config: Path, ask: Ask) -> None:
    killed(config, sleeper.ENDED)
    run_id = sleeping_run(ask)
    assert ask("resume", run_id, "--send-again", "--reason", REASON).code == 0
    assert lab.executions(CHANGE) == 1
    assert [attempt["released"] for attempt in attempts(ask, run_id)] == [""]
