"""Which servers are being asked right now, and since when: for whoever waits before a screen."""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import attrs


@attrs.frozen(slots=True)
class Asked:
    """A server that has not answered yet; `since` is of the monotonic clock, in seconds."""

    host: str
    since: float


_NUMBERS: Final = itertools.count()
_OPEN: Final[dict[int, Asked]] = {}


@contextmanager
def asking(host: str) -> Generator[None]:
    """While inside, this server is being asked, by whichever thread."""
    number = next(_NUMBERS)
    _OPEN[number] = Asked(host, time.monotonic())
    try:
        yield
    finally:
        _OPEN.pop(number, None)


def asked_now() -> tuple[Asked, ...]:
    """The servers that are being asked, each once, the one that takes longest first."""
    found: dict[str, Asked] = {}
    for one in sorted(_OPEN.copy().values(), key=lambda one: one.since):
        found.setdefault(one.host, one)
    return tuple(found.values())
