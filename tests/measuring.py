"""Coverage, where measuring costs time and leaves nothing behind."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from coverage import Coverage

_OF_CHILDREN: Final = "COVERAGE_PROCESS_CONFIG"
"""Has each Python process that is started measure too, which takes it half as long again."""


def stop_measuring() -> list[Coverage]:
    """Go on without measuring; what was stopped, in the order to start it in again.

    A process that multiprocessing forked never writes what it measured, and it measures, since its
    fork server does: it is three times as slow for nothing.
    """
    stopped: list[Coverage] = []
    # Pytest-cov's, and below it the one that every process begins with
    while (measuring := Coverage.current()) is not None:
        measuring.stop()
        stopped.append(measuring)
    return stopped[::-1]


@contextmanager
def unmeasured() -> Generator[None]:
    """Measure nothing for the time of a `with` block, in processes that are started there neither.

    A thread that began measured goes on so.
    """
    stopped = stop_measuring()
    children = os.environ.pop(_OF_CHILDREN, None)
    try:
        yield
    finally:
        if children is not None:
            os.environ[_OF_CHILDREN] = children
        for coverage in stopped:
            coverage.start()
