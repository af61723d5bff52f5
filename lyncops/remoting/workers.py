"""The threads in which READs run side by side: some for the servers of the deployment, others for
machines that answer alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from typing import Final, TypeVar

from lyncops.remoting.demand import Queue
from lyncops.remoting.endpoint import Endpoint
from lyncops.values import OnMachine, Place

T = TypeVar("T")
_AT_ONCE: Final = 64
"""How many machines are asked at once that are reached on their own: each opens a session of its
own, which is waiting."""


class _Kind(Enum):
    """What a thread is for: its name."""

    SHARED = "read"
    ALONE = "read-alone"
    AHEAD = "ahead"


def together(actions: Sequence[Callable[[], object]]) -> None:
    """Do all this side by side, and wait for it: one that waits for a server that hangs holds up no
    other.
    """
    if len(actions) < 2:
        for action in actions:
            action()
        return
    with ThreadPoolExecutor(
        min(_AT_ONCE, len(actions)), thread_name_prefix="lyncops-together"
    ) as pool:
        for done in [pool.submit(action) for action in actions]:
            done.result()


class Workers:
    """Threads, started when they are needed. Safe from every thread.

    A machine that only answers for itself, such as an Edge server, takes seconds to open a session
    for one question, or until a time limit when it is dead. So it delays no other, and counts only
    against its own server's limit.
    """

    def __init__(self, endpoints: Iterable[Endpoint], parallel: int) -> None:
        self.queue = Queue()
        """The READs for the servers of the deployment."""
        self._parallel = parallel
        self._alone = frozenset(each.machine for each in endpoints if each.dedicated)
        self._lock = threading.Lock()
        self._pools: dict[_Kind, ThreadPoolExecutor] = {}

    def submit(self, place: Place, work: Callable[[], T]) -> Future[T]:
        """Do some work that asks what `place` names."""
        if isinstance(place, OnMachine) and place.machine in self._alone:
            return self._begin(_Kind.ALONE, _AT_ONCE, work)
        self.queue.enter()
        reading = self._begin(_Kind.SHARED, self._parallel, work)
        reading.add_done_callback(self.queue.leave)
        return reading

    def ahead(self, work: Callable[[], object]) -> None:
        """Do some work that nobody waits for yet.

        Only so much of it at once as there are READs at once: a hundred sessions that all open
        before the first question would delay its answer, since they share a processor with it.
        """
        self._begin(_Kind.AHEAD, self._parallel, work)

    def _begin(self, kind: _Kind, most: int, work: Callable[[], T]) -> Future[T]:
        with self._lock:
            pool = self._pools.get(kind)
            if pool is None:
                pool = self._pools[kind] = ThreadPoolExecutor(
                    most, thread_name_prefix=f"lyncops-{kind.value}"
                )
            return pool.submit(work)

    def close(self) -> None:
        """Wait for the work that has begun; the rest is cancelled."""
        with self._lock:
            pools, self._pools = [*self._pools.values()], {}
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in pools:
            pool.shutdown(wait=True)
