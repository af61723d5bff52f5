from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import attrs
import pytest
import requests

from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab

RATE: Final = 3000.0
_LONGEST: Final = 90.0


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Generator[Lab]:
    with Lab.start("two-sites", rate=RATE) as started:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, started.password)
        yield started


@pytest.fixture
def config(lab: Lab, tmp_path: Path) -> Path:
    return lab.write_config(tmp_path / "desk")


def command(config: Path, *arguments: str) -> list[str]:
    """`lyncops --config CONFIG exporter ARGUMENTS`."""
    return [sys.executable, "-m", "lyncops", "--config", str(config), "exporter", *arguments]


@attrs.define
class Exporter:
    """The program, which says where it listens."""

    url: str
    process: subprocess.Popen[str]

    def scrape(self, *, timeout: float = 20) -> str:
        """What Prometheus would get."""
        answer = requests.get(self.url, timeout=timeout)
        assert answer.status_code == 200
        return answer.text

    def until(self, *lines: str) -> str:
        """Scrape until all of these lines are in it."""
        said, deadline = "", time.monotonic() + _LONGEST
        while time.monotonic() < deadline:
            said = self.scrape()
            if all(f"{line}\n" in said for line in lines):
                return said
            with suppress(subprocess.TimeoutExpired):
                raise AssertionError(f"it ended with {self.process.wait(0.05)}")
        raise AssertionError(f"{lines} never came:\n{said}")

    def end(self) -> int:
        """End it as a service manager does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def exporting(config: Path, *arguments: str) -> Generator[Exporter]:
    """`lyncops exporter` on a port that the system chooses."""
    with subprocess.Popen(
        command(config, "--listen", "127.0.0.1:0", "--interval", "100ms", *arguments),
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ,
    ) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert "Metrics are at http://127.0.0.1:" in line, line
            yield Exporter(line.split()[4], process)
        finally:
            process.kill()
