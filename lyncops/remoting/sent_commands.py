"""What this process knows of the commands that it sent, useless to any other."""

from __future__ import annotations

from typing import TypeVar

from lyncops.remoting.execution import CommandAddress, Execution
from lyncops.values import Outcome

R = TypeVar("R")


class SentCommands:
    """The commands that were sent, as long as this process lives."""

    def __init__(self) -> None:
        self._sessions: set[str] = set()
        self._unheard: set[str] = set()
        self._sent_twice: set[str] = set()

    def note(self, execution: Execution[R], resent: CommandAddress | None) -> None:
        """A command was sent; `resent` is the address of the one that it repeats."""
        address = execution.address
        if address is None:
            return
        self._sessions.add(address.shell_id)
        if execution.outcome is Outcome.UNKNOWN and not execution.heard:
            self._unheard.add(address.command_id)
        if resent is not None and resent.command_id == address.command_id:
            self._sent_twice.add(address.command_id)

    def has_opened_session(self, address: CommandAddress) -> bool:
        """Whether this process sent something to the command's session."""
        return address.shell_id in self._sessions

    def is_unheard(self, address: CommandAddress) -> bool:
        """Whether the server has never said a word about the command."""
        return address.command_id in self._unheard

    def is_sent_twice(self, address: CommandAddress) -> bool:
        """Whether the same command was sent a second time, so that a late twin may exist."""
        return address.command_id in self._sent_twice
