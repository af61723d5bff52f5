"""How the floors above run cmdlets: they see these protocols only, so that a test can put a model
of Lync behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import timedelta
from typing import Protocol, TypeVar, runtime_checkable

from lyncops.cmdlets.base import Cmdlet
from lyncops.remoting.execution import BeforeSend, CommandAddress, Execution
from lyncops.remoting.logon import LogOn
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.values import ANYWHERE, Fqdn, Place

R = TypeVar("R")


class CmdletRunner(Protocol):
    """Runs cmdlets on whichever endpoint serves.

    Never raises for what a cmdlet or the network did once a cmdlet could have been sent: that is
    the Execution's outcome. Raises EndpointError (and its subclasses) only when no endpoint could
    be reached, so nothing was sent.
    """

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        """Run one cmdlet to its end.

        `before_send` is called before each time that it is sent, and what it answers is asked right
        before the first byte leaves.
        """
        ...

    def submit(
        self, cmdlet: Cmdlet[R], *, place: Place = ANYWHERE, deadline: timedelta | None = None
    ) -> Future[Execution[R]]:
        """Start one READ cmdlet on a session of the group; many run side by side.

        Raises:
            InvalidValueError: the cmdlet changes something.
        """
        ...

    def collect(
        self,
        address: CommandAddress,
        cmdlet: Cmdlet[R],
        *,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
    ) -> Execution[R]:
        """Come back to a command that this or another process sent: wait for its end, collect what
        is left of its output.

        FAILED with a `proof` means that the server never started it, which only the process that
        sent it can prove. UNKNOWN when the server does not know any more.
        """
        ...

    def forget(self, address: CommandAddress) -> None:
        """Make the server forget a command whose end is written down.

        Not being able to is not an error.
        """
        ...

    def close(self) -> None:
        """Let every session go."""
        ...


@runtime_checkable
class KnowsLogOns(Protocol):
    """Sessions that know how they logged on; a model of Lync in their place need not."""

    def log_ons(self) -> Mapping[str, LogOn]:
        """How each endpoint was logged on to the last time, by its url."""
        ...


@runtime_checkable
class OpensAhead(Protocol):
    """Sessions that can be opened before the first question; a model of Lync has none."""

    def open_ahead(self, is_needed: Callable[[Fqdn], bool]) -> None:
        """Begin to open a session on each machine that answers only for itself and is needed.

        A session takes seconds: who opens it while the topology is read does not wait for it
        afterwards. Never raises: what cannot be opened is found out by the first question.
        """
        ...
