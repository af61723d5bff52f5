"""The result of one cmdlet: its outcome, its objects and records, and the address to find it
again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import CmdletFailedError, OutcomeUnknownError
from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.streams import ErrorRecord, StreamRecord
from lyncops.text.brief import brief
from lyncops.values import Outcome, RemoteObject

R_co = TypeVar("R_co", covariant=True)


@attrs.frozen(slots=True, kw_only=True)
class CommandAddress:
    """All that another process needs to find a command again on the server: written down *before*
    the command is sent.

    `affinity` identifies that server if several share an address.
    """

    endpoint: str  # the endpoint's url
    session_id: str
    shell_id: str
    command_id: str
    resource_uri: str
    # The mechanism and the service name it was sent with; no part of the address
    logon: str = attrs.field(default="", eq=False)
    affinity: str = attrs.field(default="", eq=False)


@attrs.frozen(slots=True, kw_only=True)
class Sending:
    """One time that a command is about to leave.

    `earlier` proves that the time before, under the same call, never started.
    """

    address: CommandAddress
    earlier: Proof | None = None


Fence = Callable[[], None]
"""Asked once the connection is there and before the first byte of a command leaves; raises a
LyncOpsError where it must not."""

BeforeSend = Callable[[Sending], Fence | None]
"""Called before each time that a command is sent; what it answers is asked once more at the last
moment."""


@attrs.frozen(slots=True, kw_only=True)
class Execution(Generic[R_co]):
    """The result of one cmdlet.

    SUCCEEDED: it ran to its end without an error record. FAILED: it ended and wrote an error, or
    there is a `proof` that it never started. UNKNOWN: neither is known yet; `reason` says why,
    `address` where to look.
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
    # A server has said anything about it: from then on nothing proves that it never started
    heard: bool = False
    running: bool = False  # the server was still running a CHANGE when its deadline passed
    # The operator let go of a CHANGE (Ctrl-C): it is UNKNOWN, and the server goes on with it
    interrupted: bool = False

    def __repr__(self) -> str:
        place = f" at {self.endpoint}" if self.endpoint else ""
        why = self.reason or next(map(str, self.errors), "")
        said = f"{len(self.output)} objects" if self.outcome is Outcome.SUCCEEDED else why
        return brief(self, f"{self.cmdlet.NAME} {self.outcome.upper()}{place}: {said}")

    @property
    def sent(self) -> bool:
        """Whether a server may have started it."""
        return self.proof is None

    def unwrap(self) -> tuple[R_co, ...]:
        """The objects that it wrote, where it succeeded.

        Raises:
            CmdletFailedError: it failed, or no server ever started it.
            OutcomeUnknownError: its outcome is unknown.
        """
        if self.outcome is Outcome.SUCCEEDED:
            return self.output
        name, place = self.cmdlet.NAME, f" at {self.endpoint}" if self.endpoint else ""
        said = self.reason or next(map(str, self.errors), "the server gave no reason")
        if self.outcome is Outcome.FAILED:
            raise CmdletFailedError(
                f"{name} failed{place}: {said}", cmdlet=name, endpoint=self.endpoint
            )
        raise OutcomeUnknownError(
            f"The outcome of {name}{place} is unknown: {said}",
            remedy="Read the state back before anything else.",
            cmdlet=name,
            endpoint=self.endpoint,
        )
