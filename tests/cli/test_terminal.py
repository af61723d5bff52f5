"""What a person sees on a real pseudo-terminal of 80 columns, drawn by a terminal emulator."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from pathlib import Path

import attrs
import pyte
import pytest

from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

POOL1, POOL2 = "pool1.contoso.com", "pool2.contoso.com"
PATIENCE = 120.0


@attrs.frozen
class Seen:
    """The rows of the screen, all that scrolled by included, and the exit code."""

    code: int
    rows: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.rows)


def show(
    config: Path, *words: str, typed: Mapping[str, str] | None = None, columns: int = 80
) -> Seen:
    """Run lyncops on a pseudo-terminal; type an answer once the screen shows its question."""
    screen = pyte.Screen(columns, 400)
    stream = pyte.ByteStream(screen)
    terminal, theirs = pty.openpty()
    _resize(terminal, columns)
    command = [sys.executable, "-m", "lyncops", "--config", str(config), *words]
    environment = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")
    }
    child = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    waiting, end = dict(typed or {}), time.monotonic() + PATIENCE
    with suppress(OSError):  # the way in which Linux says that the other end is closed
        while (said := os.read(terminal, 65536)) and time.monotonic() < end:
            stream.feed(said)
            for question in [
                question for question in waiting if question in "\n".join(screen.display)
            ]:
                os.write(terminal, f"{waiting.pop(question)}\n".encode())
    os.close(terminal)
    return Seen(child.wait(), [row.rstrip() for row in screen.display])


def _resize(terminal: int, columns: int) -> None:
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 400, columns, 0, 0))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    with pytest.MonkeyPatch.context() as patch, Lab.start("two-sites", rate=3000.0) as lab:
        patch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        yield lab.write_config(tmp_path_factory.mktemp("terminal"))


def broken_names(text: str) -> list[str]:
    """Names that stand in the text only when its lines are put together."""
    return [
        name for name in (POOL1, POOL2) if text.replace("\n", "").count(name) != text.count(name)
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("readiness",),
        ("check", POOL1),
        ("plan", "pool-failover", POOL1, "--mode", "planned"),
    ],
)
def test_at_80_columns_names_are_whole_and_the_verdict_comes_first(
    config: Path, words: tuple[str, ...]
) -> None:
    seen = show(config, *words)
    assert seen.code == 0, seen.text
    # Those wrap at the edge, so that they can be copied
    commands = re.compile(r"^ +\S+-Cs.*\n.*", re.MULTILINE)
    assert broken_names(commands.sub("", seen.text)) == []
    heading = next(index for index, row in enumerate(seen.rows) if row)
    first = " ".join(seen.rows[heading : heading + 3])
    assert re.search(r"Possible now|Ready: |Every pool serves its own users", first), first


def test_a_disaster_wants_the_name_typed_and_anything_else_changes_nothing(config: Path) -> None:
    words = (
        "run",
        "pool-failover",
        POOL1,
        "--mode",
        "disaster",
        "--accept-data-loss",
        "--override",
        "mode-fits",
        "--reason",
        "drill",
    )
    seen = show(config, *words, typed={f"Type {POOL1}": "yes"})
    assert seen.code == 5, seen.text
    last = [row for row in seen.rows if row]
    assert last[-1] == "Nothing was changed."
    assert any("About to run" in row for row in last[-14:])
    assert any("Expected data loss" in row for row in last[-12:])
