"""What the end-to-end tests share: a lab behind real WinRM, and an operator who types `lyncops`."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import Final, NamedTuple

import attrs
import pytest

import lyncops
from lyncops.cli.main import main
from lyncops.deployment.comparison import differences
from lyncops.deployment.model import Deployment
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.lab.simulation import Simulation
from tests.measuring import stop_measuring, unmeasured

RATE: Final = 3000.0  # an hour passes in 1.2 s
_MINUTE: Final = timedelta(minutes=1)
_LONGEST: Final = 120.0  # seconds that one command may take on a busy machine

# Each command is a process of its own, forked from one that has imported everything: half of a
# command's work is importing.
_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    [
        "lyncops.cli.planning",
        "lyncops.cli.running",
        "lyncops.cli.verbs",
        "lyncops.deployment.reader",
        "lyncops.remoting.sessions",
        "lyncops.runs.runner",
        "lyncops.runs.sql_journal",
    ]
)


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
        """Type `lyncops ARGUMENTS`; another exit code than the one expected fails the test with all
        that was said.
        """
        out, err = self.config.with_name("out.txt"), self.config.with_name("err.txt")
        process = _PROCESSES.Process(
            target=_typed, args=(self._arguments(arguments), self._environment, out, err)
        )
        process.start()
        process.join(_LONGEST)
        if process.exitcode is None:
            process.kill()
            process.join()
        answer = Answer(process.exitcode or 0, out.read_text("utf-8"), err.read_text("utf-8"))
        assert answer.code == expect, (
            f"lyncops {' '.join(arguments)}: {answer.code}\n{answer.out}\n{answer.err}"
        )
        return answer

    def run(self, procedure: str, target: str, *options: str, expect: int = 0) -> Answer:
        """Type `lyncops run PROCEDURE TARGET OPTIONS --yes`."""
        return self("run", procedure, target, *options, "--yes", expect=expect)

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the program `lyncops` in the usual way and do not wait; whoever begins it
        ends it.
        """
        command = [sys.executable, "-m", "lyncops", *self._arguments(arguments)]
        return subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **self._environment},
        )

    def look(self) -> Deployment:
        """Read the deployment, as a program would."""
        with lyncops.connect(self.config) as client:
            return client.status()

    def latest_run(self) -> str:
        """The newest run of the journal."""
        with lyncops.connect(self.config) as client:
            return client.runs()[0].run_id

    def _arguments(self, arguments: Sequence[str]) -> list[str]:
        return ["--config", str(self.config), *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        return {ENVIRONMENT_VARIABLE: self.lab.password}


def _typed(arguments: Sequence[str], environment: Mapping[str, str], out: Path, err: Path) -> None:
    """What the installed command does, in this process, with its standard output and error in
    files.
    """
    stop_measuring()
    os.environ.update(environment)
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    sys.exit(main(arguments))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests show that the whole works; each room is covered by tests of its own."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.unmeasured)


@pytest.fixture(scope="session", autouse=True)
def _commands_are_not_measured() -> None:
    """The fork server runs on when the test that starts it has ended."""
    with unmeasured():
        ensure_running()


Hire = Callable[..., Operator]


@pytest.fixture
def hire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Hire]:
    """Gives an operator for a scenario, by name or as a world that was changed beforehand."""
    with ExitStack() as labs:

        def started(scenario: str | Simulation = "two-sites") -> Operator:
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


def until(
    operator: Operator, holds: Callable[[], bool], *, within: timedelta = timedelta(hours=1)
) -> None:
    """Let what the lab does in its own time happen at once, minute by minute, until it has come
    true.
    """
    for _ in range(within // _MINUTE):
        if holds():
            return
        operator.lab.world.clock.advance(_MINUTE)
    raise AssertionError("it did not come true in time")


def said(answer: Answer) -> dict[str, object]:
    """What `--json` answered."""
    data: dict[str, object] = json.loads(answer.out)
    return data
