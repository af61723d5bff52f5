"""What a run's state means to a script that started it (the exit codes of the command line)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from lyncops.runs.model import RunState


class ExitCode(enum.IntEnum):
    """The process's exit codes."""

    DONE = 0
    WRONG_USE = 1  # or a configuration that cannot be used
    REFUSED = 2  # a precondition failed, nothing was changed
    FAILED = 3  # and the state is known
    UNKNOWN = 4
    PAUSED = 5
    LOCKED = 6
    DONE_WITH_EXCEPTIONS = 7


_BY_STATE: Final[Mapping[RunState, ExitCode]] = {
    RunState.PENDING: ExitCode.PAUSED,
    RunState.RUNNING: ExitCode.UNKNOWN,  # its process is gone, and nobody has looked yet
    RunState.PAUSED_BY_FAILED_STEP: ExitCode.FAILED,
    RunState.PAUSED_BY_OPERATOR: ExitCode.PAUSED,
    RunState.PENDING_MANUAL_STEP: ExitCode.PAUSED,
    RunState.UNKNOWN: ExitCode.UNKNOWN,
    RunState.COMPLETED: ExitCode.DONE,
    RunState.COMPLETED_WITH_EXCEPTIONS: ExitCode.DONE_WITH_EXCEPTIONS,
    RunState.CANCELLED: ExitCode.FAILED,
    RunState.TIMED_OUT: ExitCode.FAILED,
    RunState.FAILED: ExitCode.FAILED,
}


def exit_code(state: RunState) -> ExitCode:
    """The exit code that tells of this state."""
    return _BY_STATE[state]
