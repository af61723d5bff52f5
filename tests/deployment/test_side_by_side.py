"""What the reading of a deployment waits for, and what it does not wait for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import TypeVar

import attrs
import pytest

from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.reader import read_deployment
from lyncops.remoting.execution import Execution
from lyncops.values import ANYWHERE, Place
from tests.deployment.scripted import FixedClock, ScriptedSessions
from tests.deployment.test_reader_of_odd_shapes import BASIC, read

R = TypeVar("R")
POOL = "GetCsPoolBackupRelationship"


class _Late(Future[R]):
    """An answer that is on its way until `arrives`."""

    arrived = False

    def arrives(self) -> None:
        self.arrived = True

    def result(self, timeout: float | None = None) -> R:
        assert self.arrived, "waited for before the pools were asked"
        return super().result(timeout)


@attrs.define
class _SlowSessions(ScriptedSessions):
    """One cmdlet's answer arrives only when a pool has been asked."""

    slow: str = ""
    late: list[Callable[[], None]] = attrs.field(factory=list[Callable[[], None]])

    def submit(
        self, cmdlet: Cmdlet[R], *, place: Place = ANYWHERE, deadline: timedelta | None = None
    ) -> Future[Execution[R]]:
        found = super().submit(cmdlet, place=place, deadline=deadline)
        if type(cmdlet).__name__ == POOL:
            for arrives in self.late:
                arrives()
        if type(cmdlet).__name__ != self.slow:
            return found
        late = _Late[Execution[R]]()
        late.set_result(found.result())
        self.late.append(late.arrives)
        return late


@pytest.mark.parametrize(
    "slow",
    [
        "GetCsManagementStoreReplicationStatus",
        "GetCsCentralManagementStoreStatus",
        "GetCsBackupServiceConfiguration",
        "GetCsServerVersion",
    ],
)
def test_the_pools_are_asked_as_soon_as_the_topology_is_there(slow: str) -> None:
    sessions = _SlowSessions(BASIC, slow=slow)
    deployment = read_deployment(sessions, name="x", clock=FixedClock())
    assert sessions.late
    assert deployment == read()
