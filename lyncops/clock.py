"""The client's clock: real time, behind the protocol that tests put a virtual clock behind."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import attrs


@attrs.frozen(slots=True)
class SystemClock:
    """The computer's own time."""

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    def sleep(self, duration: timedelta) -> None:
        """Let `duration` of real time pass; a negative one passes at once."""
        time.sleep(max(duration.total_seconds(), 0.0))
