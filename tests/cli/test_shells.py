"""Completion in the real shells: a run's id is completed from its beginning."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator

import pytest

import lyncops
from lyncops.cli.main import main
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from tests.cli.terminals import POOL1, converse
from tests.engine.location import engine
from tests.needs import ENGINE

PATIENCE = 60.0
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[str, str]]:
    """What is typed, and the id of the run that it is the beginning of."""
    folder = tmp_path_factory.mktemp("shells")
    with pytest.MonkeyPatch.context() as patch, Lab.start("two-sites", rate=3000.0) as lab:
        patch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("HOME", str(folder))
        program = folder / "lyncops"
        program.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -m lyncops "$@"\n', encoding="utf-8"
        )
        program.chmod(0o755)
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        config = lab.write_config(folder)
        words = ("run", "pool-failover", POOL1, "--mode", "planned", "--yes")
        assert main(["--config", str(config), *words]) == 0
        with lyncops.connect(config) as client:
            run_id = client.runs()[0].run_id
        yield f"lyncops --config {config} runs show {run_id[:8]}", run_id


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name}")
    return found


def said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_fish(line: tuple[str, str]) -> None:
    typed, run_id = line
    script = f"lyncops completion fish | source; complete -C '{typed}'"
    assert said(shell("fish"), "--no-config", "-c", script).split()[0] == run_id


def test_powershell(line: tuple[str, str]) -> None:
    typed, run_id = line
    script = (
        "lyncops completion powershell | Out-String | Invoke-Expression;"
        f"(TabExpansion2 '{typed}' {len(typed)}).CompletionMatches.CompletionText"
    )
    pwsh = engine()
    if pwsh is None:
        ENGINE.missing()
    assert said(str(pwsh), "-NoProfile", "-NonInteractive", "-Command", script).split() == [run_id]


def test_zsh(line: tuple[str, str]) -> None:
    """Typed at a terminal, since zsh completes nowhere else."""
    typed, run_id = line
    converse(
        [shell("zsh"), "-f", "-i"],
        (b"autoload -U compinit; compinit -u -D; PS1='ready> '\n", "ready>"),
        (b"source =(lyncops completion zsh); echo loa''ded\n", "loaded"),
        (f"{typed}\t".encode(), run_id),
    )
