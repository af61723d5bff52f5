"""Waiting for the end of a ticket: it ends by the computer's clock, which no test can turn."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from lyncops.remoting.kerberos import default_ticket_end


def wait_for_the_end(of: datetime | None = None) -> None:
    """Until a ticket has ended: the one whose end is given, or the one of kinit."""
    end = of or default_ticket_end()
    assert end is not None
    never = threading.Event()
    while (left := (end - datetime.now(UTC)).total_seconds()) >= 0:
        assert not never.wait(left + 0.001)
