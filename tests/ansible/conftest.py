"""What the tests of the collection share: the real `ansible-playbook`, and a lab behind WinRM."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import lyncops
from lyncops.deployment.model import Deployment
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab

ROOT: Final = Path(__file__).resolve().parent.parent.parent
ANSIBLE_PLAYBOOK: Final = str(Path(sys.executable).with_name("ansible-playbook"))
RATE: Final = 3000.0
Result = dict[str, Any]
Task = Mapping[str, object]


@attrs.frozen(kw_only=True)
class Played:
    """What a play said, and each task's result in their order."""

    code: int
    out: str
    results: tuple[Result, ...]

    def __getitem__(self, number: int) -> Result:
        return self.results[number]


@attrs.frozen(kw_only=True)
class Controller:
    """Somebody with Ansible, and a lyncops.toml that points at the lab."""

    lab: Lab
    config: Path

    def play(
        self, *tasks: Task, options: Sequence[str] = (), given: Mapping[str, object] | None = None
    ) -> Played:
        """Play tasks on localhost; `given` goes to every module of the collection."""
        return self.run(self._written(tasks, given), *options)

    def play_until_killed(self, line: str, *tasks: Task, given: Mapping[str, object]) -> None:
        """Play them with -v, and kill the controller once it says a line with these words."""
        with subprocess.Popen(
            [ANSIBLE_PLAYBOOK, self._written(tasks, given), "-v"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            cwd=self.config.parent,
            env=self.environment(self.config.with_name("told.jsonl")),
        ) as playing:
            assert playing.stdout is not None
            said: list[str] = []
            for told in playing.stdout:
                said.append(told)
                if line in told:
                    break
            else:
                raise AssertionError(f"it never said {line!r}: {''.join(said)}")
            for process in _with_descendants(playing.pid):  # a task runs in a session of its own
                os.kill(process, signal.SIGKILL)

    def inventory(self) -> str:
        """The path of an inventory with the lab as its one deployment."""
        path = self.config.with_name("inventory.yml")
        hosts = {"contoso": {"lyncops_config": str(self.config)}}
        path.write_text(json.dumps({"lync": {"hosts": hosts}}), encoding="utf-8")
        return str(path)

    def _written(self, tasks: Sequence[Task], given: Mapping[str, object] | None) -> str:
        defaults = {"group/lyncops.dr.dr": {"config": str(self.config)} if given is None else given}
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "module_defaults": defaults,
            "tasks": list(tasks),
        }
        path = self.config.with_name("play.yml")
        path.write_text(json.dumps([play]), encoding="utf-8")
        return str(path)

    def run(self, *arguments: str) -> Played:
        """Type `ansible-playbook ARGUMENTS`."""
        told = self.config.with_name("told.jsonl")
        told.write_text("", encoding="utf-8")
        done = subprocess.run(
            [ANSIBLE_PLAYBOOK, *arguments],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            cwd=self.config.parent,
            env=self.environment(told),
            timeout=280,
        )
        lines = told.read_text(encoding="utf-8").splitlines()
        return Played(code=done.returncode, out=done.stdout, results=tuple(map(json.loads, lines)))

    def environment(self, told: Path) -> dict[str, str]:
        """Only what Ansible needs: nothing of this machine's settings counts."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE")}
        kept.pop("COVERAGE_PROCESS_CONFIG", None)
        return {
            **kept,
            ENVIRONMENT_VARIABLE: self.lab.password,
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "watching"),
            "ANSIBLE_CALLBACKS_ENABLED": "tell",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_HOME": str(self.config.parent / "ansible"),
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_COLLECTIONS_PATH": str(self.config.parent / "collections"),
            "LYNCOPS_TOLD": str(told),
            "PWD": str(self.config.parent),
        }

    def look(self) -> Deployment:
        """Read the deployment, as a program would."""
        with lyncops.connect(self.config) as client:
            return client.status()


def _with_descendants(process: int) -> list[int]:
    """A process and all that it started, itself first."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text("utf-8").split()
    return [process, *(each for child in children for each in _with_descendants(int(child)))]


@pytest.fixture
def controller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Controller]:
    """Ansible before a lab of `two-sites`."""
    with Lab.start("two-sites", rate=RATE) as lab:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        yield Controller(lab=lab, config=lab.write_config(tmp_path / "controller"))


def task(module: str, *, name: str = "", **given: object) -> Task:
    """A task of a play. `ignore_errors`, so that what comes after a failure is played too."""
    return {"name": name or module, f"lyncops.dr.{module}": given, "ignore_errors": True}
