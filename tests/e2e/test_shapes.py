"""There and back, however objects within objects arrive, and on endpoints that are restricted as
JEA restricts them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import pytest

from lyncops.lab.control.server import ControlServer
from lyncops.lab.model.switches import NestedShape
from lyncops.lab.simulation import Simulation
from tests.e2e import test_dead_principal, test_edge_pools, test_pools, test_settings, test_sites
from tests.e2e.conftest import RATE, Hire, Operator, assert_as_before
from tests.e2e.test_pools import PLANNED, POOL1, POOL2, serving

Story = Callable[[Operator], None]
STORIES: tuple[Story, ...] = (
    test_pools.test_a_planned_failover_and_back_with_the_content_of_conferences,
    test_pools.test_a_lost_site_whose_partner_has_the_store_on_the_mirror_is_rescued_and_failed_back,
    test_pools.test_the_three_steps_of_the_important_box_and_the_same_as_one_plan,
    test_settings.test_every_type_of_database_fails_over_and_back,
    test_settings.test_a_pool_uses_another_edge_pool_for_media_and_back,
    test_settings.test_an_edge_pool_leads_to_another_pool_and_back,
    test_settings.test_the_store_of_a_dead_pool_is_taken_over,
    test_edge_pools.test_federation_moves_to_the_living_edge_pool_and_back,
    test_edge_pools.test_xmpp_moves_to_the_living_edge_pool_and_back,
    test_sites.test_a_lost_site_is_served_elsewhere_tells_what_is_left_and_comes_home,
    test_dead_principal.test_the_mirror_serves_while_the_principal_is_dead_and_the_principal_comes_home,
)
"""Every procedure, by the tests that play it where objects within objects arrive as texts, as they
do by default."""
OTHERS = (NestedShape.EXPANDED, NestedShape.TYPE_NAMES)
"""In turn: how any mixture of shapes is read is tried in `belief/test_shapes.py`."""


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("story", "nested"),
    [
        pytest.param(story, nested, id=f"{story.__name__.removeprefix('test_')}-{nested.value}")
        for story, nested in zip(STORIES, cycle(OTHERS), strict=False)
    ],
)
def test_every_procedure_there_and_back(hire: Hire, nested: NestedShape, story: Story) -> None:
    world = Simulation.load("two-sites", rate=RATE)
    world.switches.nested = nested
    operator = hire(world)
    with ControlServer(operator.lab.served, operator.config.parent):
        story(operator)


def test_a_cmdlet_that_a_jea_endpoint_lacks_refuses_the_plan_before_anything_is_sent(
    operator: Operator,
) -> None:
    operator.lab.inject("profile", "restricted=true", "hidden=Set-CsEdgeServer")
    refused = operator.run("pool-failover", POOL1, *PLANNED, expect=2)
    assert "cmdlets-offered" in refused.err
    assert "has no Set-CsEdgeServer" in refused.out
    assert "VisibleCmdlets" in refused.out
    assert not operator.lab.world.executions
    operator.run("management-store-failover", POOL1, *PLANNED)  # which needs no such cmdlet
