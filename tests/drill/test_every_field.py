"""No field of a copy can be dropped unnoticed: reading the copy would differ from the snapshot."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, cast

import attrs
import pytest

from lyncops.deployment.comparison import differences
from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.drill.copying import copy_of
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.scenarios.reader import load_scenario, scenario_names
from lyncops.lab.scenarios.scenario import Kind, PoolSpec, Product, Scenario, ServiceSpec, SiteSpec
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.drill.test_copying import read

FULL: Final = EVERYTHING | Scope.of(Facet.TEST_USERS)
NOT_READ: Final = {
    "mirror_instance": "no answer names the mirror's instance but where it has the store",
    "witness": "no answer names one",
    "users": "counting them takes long: a test of its own does it",
    "named_users": "users are counted, not named",
    "conference_directories": "they are numbered here",
    "response_groups": "a snapshot has none",
    "description": "of a site: no answer is asked for it",
    "told": "what no answer tells of a service is not in a snapshot",
}
"""What no reading shows, and why."""
_FAILED: Final = "a pool that is failed over"
NEEDED: Final = ("fqdn", "name", "kind", "machines", "site", "role", "leads_to")
"""What a scenario cannot do without."""


@cache
def failed_over() -> Scenario:
    """A pair of which one pool is failed over, which no scenario begins with."""
    found = scenario_of_size(2)
    first, second, *others = found.pools
    return attrs.evolve(found, pools=(first, attrs.evolve(second, failed_over=True), *others))


@cache
def snapshot_of(name: str) -> Deployment:
    return read(Simulation(failed_over() if name == _FAILED else load_scenario(name)), FULL)


@pytest.mark.parametrize("name", [one for one in scenario_names() if one != "everything-wrong"])
def test_reading_the_copy_of_every_scenario_gives_the_snapshot_back(name: str) -> None:
    snapshot = snapshot_of(name)
    copied = read(Simulation(copy_of(snapshot).scenario), FULL)
    assert differences(snapshot, copied) == ()


def fields_of(kind: type) -> list[str]:
    names = [field.name for field in attrs.fields(cast("type[attrs.AttrsInstance]", kind))]
    return [name for name in names if name not in NOT_READ and name not in NEEDED]


def without(thing: object, field: str) -> object:
    default = attrs.fields_dict(cast("Any", type(thing)))[field].default
    return attrs.evolve(cast("Any", thing), **{field: default})


def dropped(scenario: Scenario, kind: type, field: str) -> Scenario:
    """The scenario without this field of all its pools, sites or services."""
    name = {PoolSpec: "pools", SiteSpec: "sites", ServiceSpec: "services"}[kind]
    things = tuple(without(one, field) for one in getattr(scenario, name))
    if field == "next_hop":  # an Edge pool has one; it is another here
        last = [pool.fqdn for pool in scenario.pools if pool.kind is not Kind.EDGE][-1]
        things = tuple(
            attrs.evolve(one, next_hop=last) if one.kind is Kind.EDGE else one
            for one in scenario.pools
        )
    if field == "sql_instance":
        things = tuple(attrs.evolve(one, sql_instance="other") for one in scenario.pools)
    if field == "sql_server":
        things = tuple(
            attrs.evolve(one, sql_server=Fqdn(f"other.{one.fqdn}")) if one.sql_server else one
            for one in scenario.pools
        )
    return attrs.evolve(scenario, **cast("Any", {name: things}))


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind in (PoolSpec, SiteSpec, ServiceSpec) for field in fields_of(kind)],
)
def test_a_dropped_field_is_noticed(kind: type, field: str) -> None:
    for name in ("everything-wrong", _FAILED, *scenario_names()):
        snapshot = snapshot_of(name)
        copy = copy_of(snapshot).scenario
        less = dropped(copy, kind, field)
        if less == copy:
            continue
        if differences(snapshot, read(Simulation(less), FULL)):
            return
    pytest.fail(f"{kind.__name__}.{field} can be dropped without a difference")


def test_an_invented_deployment_with_mixed_versions_is_given_back() -> None:
    scenario = scenario_of_size(4)
    mixed = attrs.evolve(
        scenario,
        pools=tuple(
            attrs.evolve(pool, version=Product.V2015) if number % 2 else pool
            for number, pool in enumerate(scenario.pools)
        ),
    )
    snapshot = read(Simulation(mixed), FULL)
    assert differences(snapshot, read(Simulation(copy_of(snapshot).scenario), FULL)) == ()
