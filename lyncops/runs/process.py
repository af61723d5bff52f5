"""A process on a computer, known well enough to say for certain that it lives no more."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from pathlib import Path
from typing import Final

import attrs

_MACHINE_ID: Final = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_PROC: Final = Path("/proc")
_DEAD_STATES: Final = frozenset("ZXx")  # proc(5): zombies and dead ones execute nothing


@attrs.frozen(slots=True, kw_only=True)
class Process:
    """A process.

    What is empty could not be read, or was not written down by an older version of lyncops.
    """

    host: str
    pid: int
    machine_id: str = ""
    boot_id: str = ""  # a new one each time that the computer starts
    pid_namespace: str = ""  # process numbers of two containers have nothing to do with each other
    started: str = (
        ""  # in ticks since the computer started: numbers of dead processes are given out again
    )

    @classmethod
    def current(cls) -> Process:
        """This one."""
        return cls.here(os.getpid())

    @classmethod
    def here(cls, pid: int) -> Process:
        """The one with this number, on this computer and in this process namespace."""
        return cls(
            host=socket.gethostname(),
            pid=pid,
            machine_id=next((text for path in _MACHINE_ID if (text := _text(path))), ""),
            boot_id=_text(_BOOT_ID),
            pid_namespace=_link(_PROC / "self/ns/pid"),
            started=_started(pid),
        )

    def lives(self) -> bool | None:
        """Whether the process still lives; None where that cannot be known.

        It is known only from within the same start of the same computer and the same process
        namespace (of Linux). Everywhere else the heartbeat decides.
        """
        if sys.platform == "win32":  # os.kill would end the process there
            return None
        here = Process.current()
        if not all((self.boot_id, self.pid_namespace, self.started)) or _place(self) != _place(
            here
        ):
            return None
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            # It belongs to somebody else, and may still be another process with the same number
            pass
        started, state = _started(self.pid), _state(self.pid)
        if not started:
            return None  # the processes of others are hidden here
        return started == self.started and state not in _DEAD_STATES

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def _place(process: Process) -> tuple[str, ...]:
    return process.host, process.machine_id, process.boot_id, process.pid_namespace


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def _stat(pid: int) -> list[str]:
    """The fields of proc(5)'s `stat` from the state on: the name before it may have spaces and
    brackets.
    """
    try:
        return (
            (_PROC / str(pid) / "stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()
        )
    except OSError:
        return []


def _started(pid: int) -> str:
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else ""


def _state(pid: int) -> str:
    return "".join(_stat(pid)[:1])


def account_name() -> str:
    """The name of the account that runs this process, `unknown` where the system has none."""
    try:
        return getpass.getuser()
    except (OSError, ImportError, KeyError):
        return "unknown"
