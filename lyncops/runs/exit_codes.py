"""What a run's state means to a script that started it (the exit codes of the command line)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from lyncops import errors

if TYPE_CHECKING:
    # The command line's overview needs the codes, and no runs
    from lyncops.runs.model import (
        RunState,
    )


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


_BY_STATE: Final[Mapping[str, ExitCode]] = {
    "pending": ExitCode.PAUSED,
    "running": ExitCode.UNKNOWN,  # its process is gone, and the outcome was not checked yet
    "paused_by_failed_step": ExitCode.FAILED,
    "paused_by_operator": ExitCode.PAUSED,
    "pending_manual_step": ExitCode.PAUSED,
    "unknown": ExitCode.UNKNOWN,
    "completed": ExitCode.DONE,
    "completed_with_exceptions": ExitCode.DONE_WITH_EXCEPTIONS,
    "cancelled": ExitCode.FAILED,
    "timed_out": ExitCode.FAILED,
    "failed": ExitCode.FAILED,
}


def exit_code(state: RunState) -> ExitCode:
    """The exit code of this state."""
    return _BY_STATE[state.value]


# The first class that fits decides, so a class comes before those that it inherits from.
_BY_CLASS: Final[Mapping[type[errors.LyncOpsError], ExitCode]] = {
    errors.RunLockedError: ExitCode.LOCKED,
    errors.PlanRefusedError: ExitCode.REFUSED,
    errors.AuthenticationFailedError: ExitCode.WRONG_USE,
    errors.UntrustedCertificateError: ExitCode.WRONG_USE,
    errors.MisconfiguredEndpointError: ExitCode.WRONG_USE,
    errors.EndpointError: ExitCode.REFUSED,
    errors.OutcomeUnknownError: ExitCode.UNKNOWN,
    errors.CmdletFailedError: ExitCode.FAILED,
}


def exit_code_of(error: errors.LyncOpsError) -> ExitCode:
    """The exit code of this error."""
    if isinstance(error, errors.RunCutOffError):
        return ExitCode.UNKNOWN if error.is_unknown else ExitCode.PAUSED
    return next(
        (code for kind, code in _BY_CLASS.items() if isinstance(error, kind)), ExitCode.WRONG_USE
    )
