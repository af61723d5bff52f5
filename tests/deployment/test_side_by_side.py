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
from lyncops.deployment.scope import Facet, Scope
from lyncops.remoting.execution import Execution
from lyncops.values import ANYWHERE, Fqdn, Place
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


@attrs.define
class _AheadSessions(ScriptedSessions):
    """Notes for which machines sessions are opened, and after how many questions."""

    ahead: list[tuple[int, frozenset[str]]] = attrs.field(factory=list[tuple[int, frozenset[str]]])

    def open_ahead(self, is_needed: Callable[[Fqdn], bool]) -> None:
        named = (Fqdn("edge1.contoso.com"), Fqdn("edge2.contoso.com"))
        self.ahead.append(
            (len(self.requests), frozenset(str(one) for one in named if is_needed(one)))
        )


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope.of(Facet.MACHINES), [(0, frozenset({"edge1.contoso.com", "edge2.contoso.com"}))]),
        (
            Scope.of(Facet.MACHINES, pools=(Fqdn("edge2.contoso.com"),)),
            [(0, frozenset({"edge2.contoso.com"}))],
        ),
        (Scope.of(Facet.POOL_STATE), []),
    ],
)
def test_sessions_are_opened_before_the_first_question_where_machines_are_asked(
    scope: Scope, expected: list[tuple[int, frozenset[str]]]
) -> None:
    sessions = _AheadSessions(BASIC)
    read_deployment(sessions, name="contoso", clock=FixedClock(), scope=scope)
    assert sessions.ahead == expected
