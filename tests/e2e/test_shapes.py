"""There and back, however objects within objects arrive, and on endpoints that are restricted as JEA restricts them."""

from __future__ import annotations

import pytest

from lyncops.lab.model.switches import NestedShape
from lyncops.lab.simulation import Simulation
from tests.e2e.conftest import RATE, Hire, assert_as_before
from tests.e2e.test_pools import PLANNED, POOL1, POOL2, serving


@pytest.mark.parametrize(
    ("nested", "restricted"),
    [
        (NestedShape.EXPANDED, False),
        (NestedShape.TYPE_NAMES, False),
        (NestedShape.TEXT, True),
        (NestedShape.EXPANDED, True),
    ],
)
def test_a_planned_failover_and_back(hire: Hire, nested: NestedShape, *, restricted: bool) -> None:
    world = Simulation.load("two-sites", rate=RATE)
    world.switches.nested = nested
    operator = hire(world)
    for server in operator.lab.host.servers():
        server.profile.restricted = restricted
    first = operator.look()
    operator.run("pool-failover", POOL1, *PLANNED)
    assert serving(operator, POOL1) == POOL2
    operator.run("pool-failback", POOL1, *PLANNED)
    assert serving(operator, POOL1) == POOL1
    operator.run("management-store-failover", POOL2, *PLANNED)
    assert_as_before(first, operator.look())
