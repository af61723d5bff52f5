"""Remoting serialises to depth 1: what an object holds arrives as text, unless it lies in a
property bag.
"""

from __future__ import annotations

from typing import cast

import pytest

from lyncops.lab.cmdlets.shapes import serialised
from lyncops.lab.model.switches import NestedShape
from lyncops.lab.simulation import Simulation
from lyncops.values import RemoteEnum, RemoteObject
from tests.lab.support import FE1, P1, run

STEADY = RemoteEnum(
    "SteadyState", 2, ("Some.Status", "System.Enum", "System.ValueType", "System.Object")
)
INNER = RemoteObject(
    {"Identity": "a", "State": STEADY}, ("Some.Inner", "System.Object"), "a:[SteadyState]"
)
BARE = RemoteObject({"Identity": "b"}, ("Some.Bare", "System.Object"))
OUTER = RemoteObject(
    {
        "Identity": "o",
        "State": STEADY,
        "One": INNER,
        "Bare": BARE,
        "Many": [INNER, BARE],
        "Lists": [["x"]],
        "Count": 3,
    },
    ("Some.Outer", "System.Object"),
)
BAG = ("Selected.Some.Outer", "System.Management.Automation.PSCustomObject", "System.Object")


def flat(nested: NestedShape, item: RemoteObject = OUTER) -> dict[str, object]:
    found = serialised(item, nested)
    assert isinstance(found, RemoteObject)
    assert found.type_names == item.type_names
    return dict(found.properties)


def test_what_an_object_holds_arrives_as_its_text() -> None:
    assert flat(NestedShape.TEXT) == {
        "Identity": "o",
        "State": "SteadyState",
        "One": "a:[SteadyState]",
        "Bare": "Some.Bare",
        "Many": ["a:[SteadyState]", "Some.Bare"],
        "Lists": [["x"]],
        "Count": 3,
    }


def test_an_object_without_a_text_of_its_own_says_its_type() -> None:
    found = flat(NestedShape.TYPE_NAMES)
    assert (found["One"], found["Many"]) == ("Some.Inner", ["Some.Inner", "Some.Bare"])
    assert found["State"] == "SteadyState"


def test_expanded_nothing_is_lost() -> None:
    assert serialised(OUTER, NestedShape.EXPANDED) is OUTER


def test_a_property_bag_is_not_a_level() -> None:
    found = flat(
        NestedShape.TEXT,
        RemoteObject({"One": INNER, "Many": [INNER], "State": STEADY, "Bag": RemoteObject()}, BAG),
    )
    one = found["One"]
    assert isinstance(one, RemoteObject)
    assert one.properties == {"Identity": "a", "State": "SteadyState"}
    many = found["Many"]
    assert isinstance(many, list)
    (alike,) = cast("list[RemoteObject]", many)
    assert alike.properties == one.properties
    assert found["State"] is STEADY


@pytest.mark.parametrize(
    ("nested", "first"),
    [
        (NestedShape.TEXT, "UserServices.PresenceFocus:[SteadyState,NormalState]"),
        (NestedShape.TYPE_NAMES, "Microsoft.Rtc.Management.Hadr.BackupService.BackupModuleStatus"),
    ],
)
def test_the_backup_services_modules_arrive_as_texts(nested: NestedShape, first: str) -> None:
    world = Simulation.load("two-sites")
    world.switches.nested = nested
    modules = run(world, FE1, "Get-CsBackupServiceStatus", PoolFqdn=P1).one.get("BackupModules")
    assert isinstance(modules, list)
    assert modules[0] == first
