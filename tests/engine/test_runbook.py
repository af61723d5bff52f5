"""Runbooks in a real engine: the parser finds no error, and without a person nothing is sent."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pyte
import pytest

from lyncops.plan.model import CmdletStep
from lyncops.views.runbook import Runbook
from lyncops.views.runbook_script import runbook_script
from tests.cli.terminals import resize
from tests.views.test_runbook import LOST, plans

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

PARSE = """
$tokens = $null; $errors = $null
[void][System.Management.Automation.Language.Parser]::ParseFile(
    $args[0], [ref]$tokens, [ref]$errors)
$found = @($errors | ForEach-Object { "$($_.Extent.StartLineNumber): $($_.Message)" })
ConvertTo-Json -InputObject $found
"""
PATIENCE = 120.0


def in_engine(pwsh: Path, script: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(pwsh), "-NoProfile", "-NonInteractive", "-File", str(script), *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=PATIENCE, input=""
    )


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The runbook of a lost pool, with every cmdlet replaced by one that writes itself down."""
    plan = next(plan for plan in plans() if plan.procedure == LOST)
    text = runbook_script(Runbook.of(plan))
    names = {step.cmdlet.NAME for step in plan.steps if isinstance(step, CmdletStep)}
    log = tmp_path / "sent.txt"
    fakes = "".join(f"function {name} {{ Add-Content '{log}' '{name}' }}\n" for name in names)
    end = text.index("Set-StrictMode")
    file = tmp_path / "runbook.ps1"
    file.write_text(text[:end] + fakes + text[end:], encoding="utf-8")
    return file


def test_the_parser_finds_no_error(pwsh: Path, tmp_path: Path) -> None:
    parse = tmp_path / "parse.ps1"
    parse.write_text(PARSE, encoding="utf-8")
    for number, plan in enumerate(plans()):
        file = tmp_path / f"runbook-{number}.ps1"
        file.write_text(runbook_script(Runbook.of(plan)), encoding="utf-8")
        answer = in_engine(pwsh, parse, str(file))
        assert json.loads(answer.stdout or "null") == [], (plan, answer.stderr)


def test_the_parser_would_find_one(pwsh: Path, tmp_path: Path) -> None:
    parse, broken = tmp_path / "parse.ps1", tmp_path / "broken.ps1"
    parse.write_text(PARSE, encoding="utf-8")
    broken.write_text("if ($From -le 1) {", encoding="utf-8")
    assert json.loads(in_engine(pwsh, parse, str(broken)).stdout)


def test_without_a_person_nothing_is_sent(pwsh: Path, script: Path) -> None:
    answer = in_engine(pwsh, script)
    assert answer.returncode != 0
    assert "asks a person at each step" in answer.stdout + answer.stderr
    assert not (script.parent / "sent.txt").exists()


def test_a_word_that_is_not_the_one_stops_it(pwsh: Path, script: Path) -> None:
    """`begin`, then each word as it is asked for; at the second command something else."""
    answers = ["begin", "send 1", "done 1", "yes"]
    screen = pyte.Screen(2000, 400)  # so wide that no question breaks
    stream = pyte.ByteStream(screen)
    terminal, theirs = pty.openpty()
    resize(terminal, 2000)
    child = subprocess.Popen(
        [str(pwsh), "-NoProfile", "-File", str(script)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    asked, end = 0, time.monotonic() + PATIENCE
    with suppress(OSError):
        while (said := os.read(terminal, 65536)) and time.monotonic() < end:
            if b"\x1b[6n" in said:  # it asks where the cursor is
                os.write(terminal, b"\x1b[1;1R")
            stream.feed(said)
            shown = "\n".join(screen.display)
            if shown.count("to go on, anything else to stop") > asked < len(answers):
                os.write(terminal, f"{answers[asked]}\r".encode())
                asked += 1
    os.close(terminal)
    text = "\n".join(row.rstrip() for row in screen.display if row.strip())
    assert child.wait() != 0, text
    assert "Stopped at your word" in text
    sent = (script.parent / "sent.txt").read_text(encoding="utf-8").split()
    assert len(sent) == 1, (sent, text)
