"""What came of one cmdlet: its outcome, its objects, its seven streams, and where it can be found again."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.remoting.proof import Proof
from lyncops.sentences import each_once
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
class Cause:
    """One exception of a chain. `code` is the native error code (5 access denied, 1722 RPC server unavailable) where it has one."""

    message: str
    exception_type: str = ""
    code: int | None = None

    @property
    def says_something(self) -> bool:
        """Whether it says more than its own type's name, as .NET does where nobody gave a message."""
        return bool(self.message) and len(self.message) > (len(self.exception_type) + 40) * (self.exception_type in self.message)

    def __str__(self) -> str:
        code = f" ({self.code})" if self.code is not None else ""
        return f"{self.exception_type or 'exception'}: {self.message}{code}"


@attrs.frozen(slots=True, kw_only=True)
class ErrorRecord:
    """One error that a cmdlet wrote, terminating or not.

    `message` is what PowerShell would show; `causes` the exceptions behind it, from the outermost to the innermost.
    """

    message: str
    category: str = "NotSpecified"
    fully_qualified_error_id: str = ""
    target: str = ""
    exception_type: str = ""
    terminating: bool = False
    causes: tuple[Cause, ...] = ()

    @property
    def reason(self) -> str:
        """The innermost words that say something: outer ones often only tell that something failed."""
        return next((cause.message for cause in reversed(self.causes) if cause.says_something), self.message)

    def __str__(self) -> str:
        return each_once((self.message, self.reason))


@attrs.frozen(slots=True, kw_only=True)
class StreamRecord:
    """One record of one stream, as it arrived; handed to the callback that follows a cmdlet live."""

    kind: StreamKind
    text: str
    percent: int | None = None  # progress only, 0 to 100


@attrs.frozen(slots=True, kw_only=True)
class CommandAddress:
    """All that another process needs to find a command again on the server: written down *before* the command is sent.

    `affinity` is what leads to that server where several of them share an address.
    """

    endpoint: str  # the endpoint's url
    session_id: str
    shell_id: str
    command_id: str
    resource_uri: str
    logon: str = attrs.field(default="", eq=False)  # the mechanism and the service name it was sent with; no part of the address
    affinity: str = attrs.field(default="", eq=False)


@attrs.frozen(slots=True, kw_only=True)
class Sending:
    """One time that a command is about to leave. `earlier` proves that the time before, under the same call, never started."""

    address: CommandAddress
    earlier: Proof | None = None


Fence = Callable[[], None]
"""Asked once the connection is there and before the first byte of a command leaves; raises a LyncOpsError where it must not."""

BeforeSend = Callable[[Sending], Fence | None]
"""Called before each time that a command is sent; what it answers is asked once more at the last moment."""


@attrs.frozen(slots=True, kw_only=True)
class Execution(Generic[R_co]):
    """What came of one cmdlet.

    SUCCEEDED: it ran to its end without an error record. FAILED: it ended and wrote an error, or there is a `proof` that it
    never started. UNKNOWN: nobody can say yet; `reason` says why, `address` where to look.
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
    proof: Proof | None = None  # that no server ever started it
    heard: bool = False  # a server has said anything about it: from then on nothing proves that it never started
    running: bool = False  # the server was still running a CHANGE when its deadline passed
    interrupted: bool = False  # the operator let go of a CHANGE (Ctrl-C): it is UNKNOWN, and the server goes on with it

    @property
    def sent(self) -> bool:
        """Whether a server may have started it."""
        return self.proof is None
