from __future__ import annotations

import re

import attrs
from hypothesis import given

from lyncops.deployment.model import Deployment, Pool, PoolState, Site
from lyncops.values import ServiceId, SiteName, Unread
from lyncops.views.html.topology import topology_html
from tests.deployments import (
    EDGE1,
    EDGE2,
    P1,
    P2,
    changed,
    deployments,
    two_sites,
    with_dead,
    with_state,
)
from tests.views.pages import Page


def drawn(deployment: Deployment) -> Page:
    return Page(str(topology_html(deployment)))


def test_a_healthy_pair_is_drawn_with_its_store_its_next_hops_and_its_route() -> None:
    page = drawn(two_sites())
    for words in (
        f"{P1} and {P2} are a backup pair.",
        f"The next hop of {EDGE1} is {P1}.",
        f"The next hop of {EDGE2} is {P2}.",
        f"The federation route of site Redmond is {EDGE1}.",
        "active Central Management store",
        "standby copy of the store",
        "Site Dublin",
        "3 of 3 machines up",
    ):
        assert words in page.text
    assert "served by" not in page.text


def test_who_serves_the_users_of_a_pool_that_is_failed_over_is_drawn() -> None:
    page = drawn(with_state(two_sites(), P1, PoolState.FAILED_OVER))
    assert f"The users of {P1} are served by {P2}." in page.text
    assert "its users are served by" in page.text  # the legend


def test_a_pool_that_does_not_answer_has_a_broken_border_and_a_state_that_is_only_known() -> None:
    alive, dead = str(topology_html(two_sites())), str(topology_html(with_dead(two_sites(), P1)))
    broken = re.compile(r"<rect[^>]*stroke-dasharray")
    assert not broken.search(alive)
    assert broken.search(dead)
    assert "Active (last known)" in dead
    assert "0 of 3 machines up" in dead


def test_what_lines_mean_does_not_depend_on_colour() -> None:
    site = SiteName("Redmond")
    both = attrs.evolve(
        with_state(two_sites(), P1, PoolState.FAILED_OVER),
        sites=(
            attrs.evolve(
                _site(two_sites(), site), xmpp_federation_route=ServiceId("XmppGateway", EDGE2)
            ),
        ),
    )
    html = str(topology_html(both))
    legend = html[html.rindex("</rect>") :]
    patterns = re.findall(r'<path d="[^"]*"([^>]*)>', legend)
    assert len(patterns) == len(set(patterns)) == 5


def test_a_name_that_servers_invented_is_text_and_nothing_else() -> None:
    hostile = SiteName('<script>alert("x")</script>\x1b[2J\u202e')
    deployment = changed(two_sites(), P1, site=hostile)
    page = drawn(deployment)
    assert 'Site <script>alert("x")</script>' in page.text
    assert not set("\x1b\u202e") & set(str(topology_html(deployment)))


def test_without_pools_nothing_is_drawn() -> None:
    unread = attrs.evolve(two_sites(), pools=Unread("the pools", "no answer"), sites=())
    assert str(topology_html(unread)) == ""


@given(deployments())
def test_every_front_end_pool_of_any_deployment_is_drawn_once_with_its_state(
    deployment: Deployment,
) -> None:
    page = drawn(deployment)
    for pool in deployment.front_end_pools:
        assert page.words.count(pool.fqdn) == 1
    assert page.text.count(" machines up") + page.text.count(" machine up") == len(
        [pool for pool in _pools(deployment) if pool.kind.is_asked]
    )


def _site(deployment: Deployment, name: SiteName) -> Site:
    assert not isinstance(deployment.sites, Unread)
    return next(site for site in deployment.sites if site.name == name)


def _pools(deployment: Deployment) -> tuple[Pool, ...]:
    assert not isinstance(deployment.pools, Unread)
    return deployment.pools
