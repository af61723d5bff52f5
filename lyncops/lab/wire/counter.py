"""HTTP requests, counted."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping


class RequestCounter:
    """HTTP requests, counted by machine and action. An action is Create, Command, ...

    or Authenticate for a logon's steps.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, machine: str, action: str) -> None:
        """One more."""
        with self._lock:
            self._counts[machine, action] += 1

    @property
    def by_machine_and_action(self) -> Mapping[tuple[str, str], int]:
        """A copy of all counts."""
        with self._lock:
            return dict(self._counts)

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.by_machine_and_action.values())

    def of(self, *, machine: str | None = None, action: str | None = None) -> int:
        """Requests to a machine, of an action, or both."""
        counts = self.by_machine_and_action.items()
        return sum(
            number
            for (one_machine, one_action), number in counts
            if machine in {None, one_machine}
            and (action is None or action.casefold() == one_action.casefold())
        )

    def reset(self) -> None:
        """Begin again at zero."""
        with self._lock:
            self._counts.clear()
