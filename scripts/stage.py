"""What the demos share: a lab in a process of its own, an operator who types `lyncops`, and
promises that must hold.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import lyncops
from lyncops.deployment.model import Deployment

CONFIG: Final = "lab/lyncops.toml"


class BrokenPromiseError(Exception):
    """Something was not as promised."""


def status(folder: Path) -> Deployment:
    """Read the deployment, as a program would."""
    with lyncops.connect(folder / CONFIG) as client:
        return client.status()


@contextmanager
def lab(folder: Path, *, rate: float = 600.0) -> Generator[None]:
    """A lab in a process of its own, for as long as the block lasts; its password goes where
    lyncops.toml says.

    Its time runs `rate` times faster than ours.
    """
    command = ["lab", "serve", "two-sites", "--out", "lab", "--rate", str(rate), "--json"]
    with lyncops_process(folder, command) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            if not line:
                raise BrokenPromiseError("The lab did not start; its own words stand above.")
            served: dict[str, str] = json.loads(line)
            os.environ[served["password_variable"]] = served["password"]
            yield
        finally:
            server.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)


def lyncops_process(folder: Path, arguments: Sequence[str]) -> subprocess.Popen[str]:
    """Start the command `lyncops` of this environment, so that its standard output can be read."""
    return subprocess.Popen(
        [sys.executable, "-m", "lyncops", *arguments], cwd=folder, stdout=subprocess.PIPE, text=True
    )


def say(folder: Path, verb: str, *arguments: str, ends: int = 0) -> None:
    """Run `lyncops` as an operator would, who sees the command line and what it answers; it ends
    with this exit code.
    """
    config = () if verb == "lab" else ("--config", CONFIG)
    command = (*config, verb, *arguments)
    print(f"\n$ {shlex.join(('lyncops', *command))}", flush=True)
    code = subprocess.run(
        [sys.executable, "-m", "lyncops", *command], cwd=folder, check=False
    ).returncode
    promise(
        f"`lyncops {verb}` ends with exit code {ends} (it was {code})",
        holds=code == ends,
        quiet=True,
    )


def promise(words: str, *, holds: bool, quiet: bool = False) -> None:
    """Go on when it holds."""
    if not holds:
        raise BrokenPromiseError(words)
    if not quiet:
        print(f"  as promised: {words}", flush=True)


def act(title: str) -> None:
    """Begin the next act of the story."""
    print(f"\n{'#' * 8} {title}", flush=True)
