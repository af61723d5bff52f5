"""Whether a machine answers: down, hung or closing, as a connection sees it."""

from __future__ import annotations

import socket
import threading
from typing import Final

from lyncops.lab.interface import SimulatedMachine
from lyncops.lab.wire.http import is_gone

_LOOK: Final = 0.05
"""Seconds between two looks at a machine that does not answer."""


class DropConnectionError(Exception):
    """The connection is to be cut without an answer."""


class Liveness:
    """Whether a machine answers.

    Each method either returns, and the machine does, or ends the connection.
    """

    def __init__(self, machine: SimulatedMachine) -> None:
        self._machine = machine
        self._closing = threading.Event()

    @property
    def is_down(self) -> bool:
        """Crashed: nothing listens."""
        return self._machine.is_down

    @property
    def is_closing(self) -> bool:
        """The lab is about to end."""
        return self._closing.is_set()

    def close(self) -> None:
        """End every wait."""
        self._closing.set()

    def hold_while_hung(self, sock: socket.socket) -> None:
        """A hung machine takes a connection and never answers; once it is itself again, the
        connection is cut.

        Raises:
            DropConnectionError: the machine hung, whatever ended that.
        """
        hung = self._machine.is_hung
        if not hung:
            return
        while hung and not self._closing.wait(_LOOK) and not is_gone(sock):
            hung = self._machine.is_hung
        raise DropConnectionError

    def check(self, sock: socket.socket) -> None:
        """Check that the machine answers.

        Raises:
            DropConnectionError: it is down or the lab ends; after a hang.
        """
        if self._machine.is_down or self._closing.is_set():
            raise DropConnectionError
        self.hold_while_hung(sock)

    def hang(self, sock: socket.socket) -> None:
        """Do not answer until the client or the lab has gone.

        Raises:
            DropConnectionError: always, in the end.
        """
        while not is_gone(sock) and not self._closing.wait(_LOOK):
            pass
        raise DropConnectionError
