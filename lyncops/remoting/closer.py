"""Commands whose answers have been read are closed on their server: it keeps each, and takes only
so many.

A shell refuses further commands after 15 to 25 that were never closed (MaxProcessesPerShell,
https://github.com/ansible/ansible/pull/74985) or after 1,000
(https://github.com/jborean93/pypsrp/issues/148).
"""

from __future__ import annotations

import threading
from collections import deque
from datetime import timedelta
from typing import Final

import attrs

from lyncops.errors import LyncOpsError
from lyncops.remoting.failures import RemotingError
from lyncops.remoting.retry import log
from lyncops.remoting.session_context import SessionContext
from lyncops.remoting.shell import Shell

_WAIT: Final = timedelta(seconds=5)
_BATCH: Final = 4
"""So many are left until they are closed together; those that are left in the end go with their
shell."""


@attrs.frozen(slots=True)
class _Read:
    shell: Shell
    command_id: str


class CommandCloser:
    """Closes commands behind their callers' backs, over a connection of its own.

    Safe from every thread.

    Where that is too slow, the sender of a new command closes an older one first.
    """

    def __init__(self, around: SessionContext) -> None:
        self._around = around
        self._changed = threading.Condition()
        self._read: deque[_Read] = deque()
        self._thread: threading.Thread | None = None
        self._view: Shell | None = None
        self._is_closed = False
        self._hopeless: str | None = None
        """The shell for which it does not work: that is left to those who have a connection that
        does."""

    def add(self, shell: Shell, command_id: str) -> None:
        """The answer to a command has been read."""
        with self._changed:
            self._read.append(_Read(shell, command_id))
            if self._is_closed or not self._has_work():
                return
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="lyncops-close", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def make_room(self, shell: Shell, *, most: int) -> None:
        """Close so many over the caller's connection that no more than `most` are left."""
        while (one := self._take(most)) is not None:
            if one.shell.id == shell.id:
                _close(shell, one.command_id)

    def drop(self, shell: Shell) -> None:
        """The shell is gone, and its commands with it."""
        with self._changed:
            self._read = deque(one for one in self._read if one.shell.id != shell.id)

    def close(self) -> None:
        """Stop; the shells are about to be closed with all that is left in them."""
        with self._changed:
            self._is_closed = True
            self._read.clear()
            self._changed.notify_all()

    def _take(self, most: int) -> _Read | None:
        with self._changed:
            return self._read.popleft() if len(self._read) > most else None

    def _has_work(self) -> bool:
        return len(self._read) >= _BATCH and self._read[-1].shell.id != self._hopeless

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closed or self._has_work())
                if self._is_closed:
                    break
            while (one := self._take(0)) is not None:
                if not self._close_alone(one):
                    self._hopeless = one.shell.id
                    break
        self._leave()

    def _close_alone(self, one: _Read) -> bool:
        try:
            return _close(self._over_own_connection(one.shell), one.command_id)
        except (RemotingError, LyncOpsError) as failure:
            log.info("commands are not closed in the background: %s", failure)
            return False

    def _over_own_connection(self, shell: Shell) -> Shell:
        if self._view is None or self._view.id != shell.id:
            self._leave()
            self._view = shell.through(self._around.transport(shell.transport.key))
            self._view.is_alive(wait=_WAIT)  # behind a balanced address it may be another server's
        return self._view

    def _leave(self) -> None:
        view, self._view = self._view, None
        if view is not None:
            view.transport.close()


def _close(shell: Shell, command_id: str) -> bool:
    """Whether the server answered; one that does not know the command any more needs nothing."""
    try:
        shell.terminate(command_id, wait=_WAIT)
    except RemotingError as failure:
        log.debug("command %s cannot be closed: %s", command_id, failure)
        return failure.is_answer
    return True
