"""Between the lab's two halves: the wire (WinRM, PSRP) hands Invocations to a machine, the machine
writes to a Sink.

Values on both sides are those of `lyncops.values.RemoteObject`; the wire turns them into PSRP and
back. Numbers that must be other than Int32/Int64 do not occur; a .NET type name that matters is in
`RemoteObject.type_names`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

import attrs


@attrs.frozen(slots=True)
class Argument:
    """One argument of a command as it came over the wire.

    `name` is None for a positional one; a bare switch has value True.
    """

    name: str | None
    value: object


@attrs.frozen(slots=True)
class Invocation:
    """One command of a pipeline.

    `is_script` marks script text (refused by a no-language endpoint, and by the lab).
    """

    name: str
    arguments: tuple[Argument, ...] = ()
    is_script: bool = False


@attrs.frozen(slots=True)
class Caller:
    """Who runs it, and how the caller came: `ocs` says over the OcsPowershell endpoint, where RBAC
    applies.

    (fact: ocs-powershell)
    """

    user: str
    groups: frozenset[str] = frozenset()
    ocs: bool = False
    delegated: bool = (
        False  # CredSSP, Kerberos delegation, or Basic: the token can go on to SQL and AD
    )
    has_host: bool = False  # a host that could answer a prompt

    @property
    def may_hop(self) -> bool:
        """Whether other machines let the caller in: OcsPowershell runs cmdlets by an account of its
        own.
        """
        return self.delegated or self.ocs


@attrs.frozen(slots=True, kw_only=True)
class Thrown:
    """A .NET exception within an exception.

    `native_code` is the Windows error code of a Win32Exception.
    """

    type_name: str
    message: str
    inner: Thrown | None = None
    native_code: int | None = None
    source: str | None = None


@attrs.frozen(slots=True, kw_only=True)
class ErrorDetail:
    """What becomes an ErrorRecord.

    `activity` is the command that it happened in: None for the pipeline's first one.
    """

    message: str
    category: str = "NotSpecified"  # an ErrorCategory name
    error_id: str = "Microsoft.Rtc.Management.Error"
    exception_type: str = "System.InvalidOperationException"
    target: str | None = None
    inner: Thrown | None = None
    activity: str | None = None


class TerminatingError(Exception):
    """Ends the pipeline as Failed with this error."""

    def __init__(self, detail: ErrorDetail) -> None:
        super().__init__(detail.message)
        self.detail = detail


class MachineDiedError(Exception):
    """The machine crashed under the running command: it is gone without an answer, and so is the
    connection.
    """


class Sink(Protocol):
    """Where a running cmdlet writes."""

    def output(self, item: object) -> None:
        """A pipeline object: RemoteObject, str, int, ..."""

    def error(self, detail: ErrorDetail) -> None:
        """A non-terminating error."""

    def warning(self, text: str) -> None:
        """A warning."""

    def verbose(self, text: str) -> None:
        """A verbose line (written by the model only when -Verbose was given)."""

    def debug(self, text: str) -> None:
        """A debug line."""

    def information(self, text: str) -> None:
        """An information record."""

    def progress(self, activity: str, status: str, percent: int) -> None:
        """A progress record."""


@attrs.define
class Session:
    """What a pipeline runs in: the modules that its runspace has, and a flag that a stop was asked
    for.
    """

    caller: Caller
    modules: set[str] = attrs.field(factory=set[str])
    # Per command: the wire makes a fresh Session view per pipeline
    stopped: threading.Event = attrs.field(factory=threading.Event)
    # A session configuration such as JEA's: visible cmdlets and a few proxies, no language
    restricted: bool = False
    # Cmdlets of Lync that do not exist in it, in small letters
    hidden: frozenset[str] = frozenset()


class SimulatedMachine(Protocol):
    """A machine of the lab as the wire sees it."""

    @property
    def is_down(self) -> bool:
        """Crashed: the wire must refuse or cut connections."""
        ...

    @property
    def is_hung(self) -> bool:
        """Hung: the wire accepts connections and never answers."""
        ...

    def start_runspace(self, *, is_first: bool) -> None:
        """Let the time pass that a session takes to start, with its process and its modules, or one
        more runspace in it.
        """
        ...

    def run(self, statement: Sequence[Invocation], session: Session, sink: Sink) -> None:
        """Run the commands of one statement, each piped into the next.

        Called on a thread of its own; `session.stopped` asks it to end.

        Raises:
            TerminatingError: the pipeline has failed.
            MachineDiedError: the machine has crashed meanwhile.
        """
        ...
