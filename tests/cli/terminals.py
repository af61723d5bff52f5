"""lyncops on a real pseudo-terminal, drawn by a terminal emulator."""

from __future__ import annotations

import importlib
import os
import re
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import attrs
import pyte
import pytest

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

POOL1, POOL2 = "pool1.contoso.com", "pool2.contoso.com"
PATIENCE = 120.0
ROWS = 24
Child = subprocess.Popen[bytes]


@attrs.frozen
class Seen:
    """The rows of the screen, all that scrolled by included, and the exit code."""

    code: int
    rows: list[str]
    drawn: str  # all that was written, also what was drawn over later

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    @property
    def told(self) -> list[str]:
        """The rows with words."""
        return [row for row in self.rows if row]


def show(
    config: Path,
    *words: str,
    typed: Mapping[str, str] | None = None,
    then: Mapping[str, Callable[[Child], object]] | None = None,
    until: tuple[Callable[[str], bool], Callable[[Child], object]] | None = None,
    columns: int = 80,
    environment: Mapping[str, str] | None = None,
) -> Seen:
    """Run lyncops on a pseudo-terminal of 24 rows; type an answer once the screen shows its
    question, and do `then` what follows a text; `until` does so where a condition holds for all
    that was drawn.
    """
    screen = pyte.Screen(columns, 400)  # what the window lets scroll by is kept
    stream = pyte.ByteStream(screen)
    terminal, theirs = pty.openpty()
    resize(terminal, columns)
    command = [sys.executable, "-m", "lyncops", "--config", str(config), *words]
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")
    }
    child = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**inherited, "TERM": "xterm-256color", **(environment or {})},
        start_new_session=True,
    )
    os.close(theirs)
    waiting, acts = dict(typed or {}), dict(then or {})
    end, drawn = time.monotonic() + PATIENCE, bytearray()
    with suppress(OSError):  # the way in which Linux says that the other end is closed
        while (said := os.read(terminal, 65536)) and time.monotonic() < end:
            stream.feed(said)
            drawn += said
            shown = "\n".join(screen.display)
            for question in [question for question in waiting if question in shown]:
                os.write(terminal, f"{waiting.pop(question)}\n".encode())
            for text in [text for text in acts if text in shown]:
                acts.pop(text)(child)
            if until is not None and until[0](drawn.decode("utf-8", "replace")):
                until[1](child)
                until = None
    os.close(terminal)
    rows = [row.rstrip() for row in screen.display]
    return Seen(child.wait(), rows, drawn.decode("utf-8", "replace"))


def converse(command: Sequence[str], *turns: tuple[bytes, str], columns: int = 200) -> list[str]:
    """Type into a program at a terminal, each time until its screen has the words; the last
    screen.
    """
    terminal, theirs = pty.openpty()
    resize(terminal, columns)
    child = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    screen = pyte.Screen(columns, ROWS)
    stream = pyte.ByteStream(screen)

    def seen(words: str) -> bool:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if words in "\n".join(screen.display):
                return True
            if select.select([terminal], [], [], 0.2)[0]:
                stream.feed(os.read(terminal, 65536))
        return False

    try:
        for typed, words in turns:
            os.write(terminal, typed)
            assert seen(words), screen.display
    finally:
        child.kill()
        child.wait()
        os.close(terminal)
    return [row.rstrip() for row in screen.display]


def resize(terminal: int, columns: int) -> None:
    fcntl, termios = importlib.import_module("fcntl"), importlib.import_module("termios")
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))


def broken_names(text: str, *names: str) -> list[str]:
    """Names that stand in the text only when its lines are put together, or of which a column of a
    table shows the beginning alone.
    """
    joined, words = text.replace("\n", ""), set(text.split())
    return [
        name
        for name in names
        if joined.count(name) != text.count(name) or words & _beginnings(name)
    ]


def _beginnings(name: str) -> set[str]:
    """`pool1.` to `pool1.contoso.co`: longer than its first word, which is a word of its own."""
    first = len(re.split(r"[.-]", name)[0])
    return {name[:length] for length in range(first + 1, len(name))}
