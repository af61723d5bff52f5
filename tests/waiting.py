"""Waiting for what happens in other threads: a condition with a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def until(holds: Callable[[], bool], *, within: float) -> None:
    """Look again and again until it holds; fail after so many seconds."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        threading.Event().wait(0.01)
