"""What the end-to-end tests share: a lab behind real WinRM, and an operator who types `lyncops`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import attrs
import pytest

import lyncops
from lyncops.deployment.comparison import differences
from lyncops.deployment.model import Deployment
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.lab.world import World

RATE: Final = 3000.0  # an hour passes in 1.2 s
_LONGEST: Final = 60.0  # seconds that one command may take


class Answer(NamedTuple):
    code: int
    out: str
    err: str


@attrs.frozen(kw_only=True)
class Operator:
    """Somebody with a shell and a lyncops.toml that points at the lab."""

    lab: Lab
    config: Path

    def __call__(self, *arguments: str, expect: int = 0) -> Answer:
        """Type `lyncops ARGUMENTS`; another exit code than the one expected fails the test with all that was said."""
        done = subprocess.run(
            self._command(arguments), check=False, capture_output=True, text=True, env=self._environment, timeout=_LONGEST
        )
        assert done.returncode == expect, f"lyncops {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return Answer(done.returncode, done.stdout, done.stderr)

    def run(self, procedure: str, target: str, *options: str, expect: int = 0) -> Answer:
        """Type `lyncops run PROCEDURE TARGET OPTIONS --yes`."""
        return self("run", procedure, target, *options, "--yes", expect=expect)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Type it and do not wait; whoever begins it ends it."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen(self._command(arguments), stdout=quiet, stderr=quiet, text=True, env=self._environment)

    def look(self) -> Deployment:
        """Read the deployment, as a program would."""
        with lyncops.connect(self.config) as client:
            return client.status()

    def latest_run(self) -> str:
        """The newest run of the journal."""
        with lyncops.connect(self.config) as client:
            return client.runs()[0].run_id

    def _command(self, arguments: Iterable[str]) -> list[str]:
        return [sys.executable, "-m", "lyncops", "--config", str(self.config), *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, ENVIRONMENT_VARIABLE: self.lab.password}


Hire = Callable[..., Operator]


@pytest.fixture
def hire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Hire]:
    """Gives an operator for a scenario, by name or as a world that was changed beforehand."""
    with ExitStack() as labs:

        def started(scenario: str | World = "two-sites") -> Operator:
            lab = labs.enter_context(Lab.start(scenario, rate=RATE))
            monkeypatch.setenv(ENVIRONMENT_VARIABLE, lab.password)
            return Operator(lab=lab, config=lab.write_config(tmp_path / "operator"))

        yield started


@pytest.fixture
def operator(hire: Hire) -> Operator:
    """The operator of `two-sites`."""
    return hire()


def assert_as_before(first: Deployment, last: Deployment) -> None:
    """Nothing of the deployment differs."""
    assert differences(first, last) == ()


def until(holds: Callable[[], bool], *, within: float = 10.0) -> None:
    """Wait for what the lab does in its own time."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def said(answer: Answer) -> dict[str, object]:
    """What `--json` answered."""
    data: dict[str, object] = json.loads(answer.out)
    return data
