"""Operators who type `lyncops`: each command is a process that can be killed and stopped."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

import attrs

from lyncops.cli.main import main
from lyncops.lab.lab import ENVIRONMENT_VARIABLE
from tests.measuring import stop_measuring

_PROCESSES: Final = multiprocessing.get_context("forkserver")


@attrs.define
class Command:
    """A command that was typed."""

    process: ForkServerProcess
    said: Path

    @property
    def runs(self) -> bool:
        return self.process.is_alive()

    @property
    def code(self) -> int | None:
        """Its exit code; negative where a signal ended it, None while it runs."""
        return self.process.exitcode

    def send(self, what: signal.Signals) -> None:
        """Send it a signal, where it still runs."""
        if self.process.pid is not None and self.runs:
            os.kill(self.process.pid, what)

    def wait(self, seconds: float) -> int | None:
        """Its exit code; None where it runs on."""
        self.process.join(seconds)
        return self.code


@attrs.define
class Operator:
    """Somebody with a lyncops.toml."""

    name: str
    config: Path
    password: str
    _typed: int = 0

    def begin(self, *arguments: str) -> Command:
        """Type `lyncops ARGUMENTS`, and do not wait."""
        self._typed += 1
        said = self.config.with_name(f"{self.name}-{self._typed}.txt")
        process = _PROCESSES.Process(
            target=_type, args=(["--config", str(self.config), *arguments], self.password, said)
        )
        process.start()
        return Command(process, said)


def _type(arguments: Sequence[str], password: str, said: Path) -> None:
    stop_measuring()
    os.environ[ENVIRONMENT_VARIABLE] = password
    with said.open("wb") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    sys.exit(main(arguments))
