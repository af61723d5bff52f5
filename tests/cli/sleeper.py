"""The program `lyncops`, which falls asleep at one moment of its failover: python -m
tests.cli.sleeper MOMENT ARGUMENTS.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final
from unittest.mock import patch

import attrs

from lyncops.cli.main import main
from lyncops.remoting.line import Line
from lyncops.runs.events import AttemptEnded, AttemptPrepared, JournalEvent
from lyncops.runs.sql_journal import SqlJournal

JOURNALLED: Final = "journalled"
"""The attempt is in the journal, and nothing has been sent."""
CONNECTED: Final = "connected"
"""The connection is there, and the first byte of the command is next."""
ENDED: Final = "ended"
"""The command has ended, and the journal does not show it."""
STEP: Final = "edge-next-hop-edge1.contoso.com"
"""Its cmdlet does the same a second time, so that nothing but a count shows that it was
sent twice."""


@attrs.define
class Sleeper:
    """Stops its own process at `moment`, until somebody sends it SIGCONT."""

    moment: str
    is_sending: bool = False

    def comes_to(self, moment: str) -> None:
        """Sleep, if this is the moment."""
        if self.moment == moment:
            self.moment = ""
            os.kill(os.getpid(), signal.SIGSTOP)

    def run(self, *arguments: str) -> int:
        """Type `lyncops ARGUMENTS`."""
        append, ask = SqlJournal.append, Line.ask

        def appending(journal: SqlJournal, event: JournalEvent, *, token: str) -> None:
            is_it = isinstance(event, AttemptPrepared | AttemptEnded) and event.step_id == STEP
            if is_it and isinstance(event, AttemptEnded):
                self.comes_to(ENDED)
            append(journal, event, token=token)
            if is_it and isinstance(event, AttemptPrepared):
                self.is_sending = True
                self.comes_to(JOURNALLED)

        def asking(line: Line) -> None:
            if self.is_sending:
                self.comes_to(CONNECTED)
            ask(line)

        with patch.object(SqlJournal, "append", appending), patch.object(Line, "ask", asking):
            return main(arguments)


if __name__ == "__main__":
    sys.exit(Sleeper(sys.argv[1]).run(*sys.argv[2:]))
