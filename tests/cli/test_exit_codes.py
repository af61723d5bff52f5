"""The exit codes of a run that does not end well, by the command line over WinRM."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from tests.cli.conftest import Answer, Invoke

POOL1 = "pool1.contoso.com"
FAILOVER = ("run", "pool-failover", POOL1, "--mode", "planned", "--yes")
Ask = Callable[..., Answer]


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Generator[Lab]:
    with Lab.start("two-sites", rate=3000.0) as started:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, started.password)
        yield started


@pytest.fixture
def ask(lab: Lab, tmp_path: Path, invoke: Invoke) -> Ask:
    config = lab.write_config(tmp_path)
    pauses = 'backoff_first = "100ms"\njitter = "100ms"\nprobe_delay = "100ms"\n'
    hasty = f'[retry]\n{pauses}connect_timeout = "1s"\nlost_contact = "1s"\nread_attempts = 2\n'
    config.write_text(
        config.read_text(encoding="utf-8").replace("[retry]\n", hasty), encoding="utf-8"
    )

    def run(*arguments: str) -> Answer:
        return invoke("--config", str(config), *arguments)

    return run


@pytest.mark.timeout(60)
def test_a_step_that_fails_is_3_another_run_meanwhile_6_and_the_resumed_one_0(
    lab: Lab, ask: Ask
) -> None:
    lab.world.faults.denied = frozenset({"Invoke-CsPoolFailOver"})
    failed = ask(*FAILOVER)
    assert (failed.code, lab.executions("Invoke-CsPoolFailOver")) == (3, 0)
    locked = ask(*FAILOVER)
    assert locked.code == 6
    assert "holds" in locked.err or "lock" in locked.err
    lab.world.faults.denied = frozenset()
    (run_id,) = set(re.findall(r"lyncops resume (\S+)", failed.out))
    assert ask("resume", run_id).code == 0
    assert lab.executions("Invoke-CsPoolFailOver") == 1


@pytest.mark.slow
def test_a_change_whose_answer_is_lost_with_the_server_is_4(lab: Lab, ask: Ask) -> None:
    lab.world.faults.crash_midway = frozenset({"Invoke-CsPoolFailOver"})
    answer = ask(*FAILOVER)
    assert (answer.code, lab.executions("Invoke-CsPoolFailOver")) == (4, 1)
    assert "not known" in answer.out or "could not be read" in answer.out


def test_a_step_that_a_person_has_to_do_is_5(lab: Lab, ask: Ask) -> None:
    lab.crash("edge1.contoso.com")
    waiting = ask("run", "edge-federation-failover", "edge1.contoso.com", "--yes")
    assert waiting.code == 5
    assert "by hand" in waiting.out
    assert "lyncops resume" in waiting.out
