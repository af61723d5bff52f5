"""Which pool each machine belongs to: learnt from the topology, where a place needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.remoting.execution import Execution
from lyncops.remoting.parts import logger
from lyncops.values import Fqdn, OnPool, Outcome, Place

if TYPE_CHECKING:
    from lyncops.cmdlets import Computer

log = logger("lyncops.remoting")


@attrs.define
class Members:
    """The pool of each machine, read once with `run`; to be shared by threads."""

    _run: Callable[[Cmdlet[Computer]], Execution[Computer]]
    _known: dict[Fqdn, Fqdn] | None = attrs.field(default=None, init=False)
    _was_unreadable: bool = attrs.field(default=False, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def learn(self, place: Place) -> Mapping[Fqdn, Fqdn]:
        """The pool of each machine; empty where the topology cannot be read now.

        For a mere preference the topology is read only once; a cmdlet that must run on a pool tries
        again.
        """
        from lyncops.cmdlets import GetCsComputer

        with self._lock:
            if self._known is not None:
                return self._known
            if self._was_unreadable and not isinstance(place, OnPool):
                return {}
        answer = self._run(GetCsComputer())
        found = {
            each.fqdn: each.pool
            for each in answer.output
            if each.fqdn is not None and each.pool is not None
        }
        with self._lock:
            self._was_unreadable = answer.outcome is not Outcome.SUCCEEDED
            if self._was_unreadable:
                log.warning("the pools of the machines could not be read: %s", answer.reason)
                return {}
            self._known = found
        return found
