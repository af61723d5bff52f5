"""Ports of loopback that keep their number while nobody listens on them."""

from __future__ import annotations

import socket
from typing import Final

LOOPBACK: Final = "127.0.0.1"


class HeldPort:
    """A free port of loopback, closed at first, and kept until it is released.

    A socket that is bound and does not listen keeps the number. Without it, whoever asks for a
    free port next could be given the one of a machine that is down, and would answer in its place.
    """

    def __init__(self) -> None:
        self._holder = _bound(0)
        self.number: int = self._holder.getsockname()[1]
        self.listener: socket.socket | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it is reached."""
        return LOOPBACK, self.number

    def open(self) -> socket.socket:
        """Listen, without blocking; a connection is refused until then."""
        if self.listener is None:
            listener = _bound(self.number)
            listener.listen(128)
            self.listener = listener
        return self.listener

    def close(self) -> None:
        """Listen no more, and keep the number."""
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    def release(self) -> None:
        """Give the number back."""
        self.close()
        self._holder.close()


def _bound(number: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # The listener shares its number with the holder
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.settimeout(0)
        made.bind((LOOPBACK, number))
    except OSError:
        made.close()
        raise
    return made
