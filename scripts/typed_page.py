"""Sessions on pages: what a person types in a shell, and what is said, from a real run in a lab."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import attrs

from lyncops.lab.lab import Lab

LEFT_OUT: Final = "..."
_WIDEST: Final = 140
_FILE: Final = re.compile(r"```yaml\n# (\S+\.yml)\n(.*?)```", re.DOTALL)
_INJECT: Final = "lyncops lab inject "


@attrs.frozen
class Typed:
    """One command line. `keep`: only lines with one of these words are shown, and `...` for the
    others; none where no word is given. `ends`: with these exit codes.
    """

    command: str
    keep: tuple[str, ...] = ()
    about: str = ""  # a comment before it
    ends: int = 0


def played(lab: Lab, folder: Path, session: Iterable[Typed]) -> str:
    """The session, typed in this folder."""
    return "\n".join(("\n```", *_lines(lab, folder, session), "```\n"))


def write_files_of(page: Path, folder: Path) -> None:
    """Write the files that a page shows, so that what is typed uses what a reader sees."""
    for name, text in _FILE.findall(page.read_text(encoding="utf-8")):
        (folder / name).write_text(text, encoding="utf-8")


def _lines(lab: Lab, folder: Path, session: Iterable[Typed]) -> Iterator[str]:
    for typed in session:
        if typed.about:
            yield f"# {typed.about}"
        yield f"$ {typed.command}"
        if typed.command.startswith(_INJECT):
            lab.inject(*shlex.split(typed.command.removeprefix(_INJECT)))
            continue
        yield from _shown(_said(typed, folder), typed.keep)


def _said(typed: Typed, folder: Path) -> list[str]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    done = subprocess.run(
        shlex.split(typed.command),
        check=False,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env={
            **os.environ,
            "PATH": path,
            "PWD": str(folder),
            "COLUMNS": "120",
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_HOME": str(folder / "ansible"),
        },
    )
    if done.returncode != typed.ends:
        raise SystemExit(f"{typed.command} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout.splitlines()


def _shown(said: list[str], keep: tuple[str, ...]) -> Iterator[str]:
    """The lines that are kept, with one `...` for what is left out between two."""
    gap = False
    for line in said:
        if any(word in line for word in keep):
            if gap:
                yield LEFT_OUT
            yield line.rstrip() if len(line) <= _WIDEST else f"{line[:_WIDEST]} {LEFT_OUT}"
            gap = False
        else:
            gap = bool(keep)
