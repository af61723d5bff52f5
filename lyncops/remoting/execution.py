"""What came of one cmdlet: its outcome, its objects, its seven streams, and where it can be found again."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Generic, TypeVar

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.values import Outcome, RemoteObject

R_co = TypeVar("R_co", covariant=True)


class StreamKind(enum.Enum):
    """The seven streams of PowerShell."""

    OUTPUT = "output"
    ERROR = "error"
    WARNING = "warning"
    VERBOSE = "verbose"
    DEBUG = "debug"
    INFORMATION = "information"
    PROGRESS = "progress"


@attrs.frozen(slots=True, kw_only=True)
class ErrorRecord:
    """One error that a cmdlet wrote, terminating or not."""

    message: str
    category: str = "NotSpecified"
    fully_qualified_error_id: str = ""
    target: str = ""
    exception_type: str = ""
    terminating: bool = False

    def __str__(self) -> str:
        return self.message


@attrs.frozen(slots=True, kw_only=True)
class StreamRecord:
    """One record of one stream, as it arrived; handed to the callback that follows a cmdlet live."""

    kind: StreamKind
    text: str
    percent: int | None = None  # progress only, 0 to 100


@attrs.frozen(slots=True, kw_only=True)
class CommandAddress:
    """All that another process needs to find a command again on the server: written down *before* the command is sent."""

    endpoint: str  # the endpoint's url
    session_id: str
    shell_id: str
    command_id: str
    resource_uri: str


@attrs.frozen(slots=True, kw_only=True)
class Execution(Generic[R_co]):
    """What came of one cmdlet.

    SUCCEEDED: it ran to its end without an error record. FAILED: it ended and wrote an error, or it was proven not to have
    run; `sent` tells which. UNKNOWN: nobody can say yet; `reason` says why, `address` where to look.
    """

    cmdlet: Cmdlet[R_co]
    outcome: Outcome
    started: datetime
    ended: datetime
    output: tuple[R_co, ...] = ()
    raw: tuple[RemoteObject | object, ...] = ()
    errors: tuple[ErrorRecord, ...] = ()
    records: tuple[StreamRecord, ...] = ()
    reason: str = ""
    address: CommandAddress | None = None
    endpoint: str = ""
    attempts: int = 1
    sent: bool = True
    interrupted: bool = False  # the operator let go of a CHANGE (Ctrl-C): it is UNKNOWN, and the server goes on with it
