"""The same deployment in every shape that its answers may have: the same is believed, or less where
a shape tells less.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import cast

import pytest

from lyncops.checks.result import Verdict
from lyncops.lab.model.switches import EnumShape, NameCase, NestedShape, RelationShape, Switches
from lyncops.lab.simulation import Simulation
from lyncops.values import RemoteEnum, RemoteObject
from tests.belief.answers import Answers, Spot, with_at
from tests.belief.plans import beliefs, requests
from tests.belief.test_taken_away import SEED, STATES, asked_names, some_slow, stronger

SAMPLE = 6
SAMPLE_WITH_ALL = 25
FQDN = ("Deserialized.Microsoft.Rtc.Management.Deploy.Fqdn", "Deserialized.System.Object")


CHOICES: Mapping[str, Sequence[object]] = {
    "nested": tuple(NestedShape),
    "enums": tuple(EnumShape),
    "property_names": tuple(NameCase),
    "backup_relation": tuple(RelationShape),
    **dict.fromkeys(
        ("status_on_secondary", "master_is_pool", "heartbeats", "overall_backup_status"),
        (False, True),
    ),
}
"""The shapes that no source establishes."""


def shapes() -> Iterator[Switches]:
    """Every combination of them."""
    for values in itertools.product(*CHOICES.values()):
        switches = Switches()
        for name, value in zip(CHOICES, values, strict=True):
            setattr(switches, name, value)
        yield switches


@pytest.mark.parametrize(("scenario", "state"), STATES)
def test_every_plan_is_the_same_however_objects_within_objects_arrive(
    scenario: str, state: Callable[[str], Simulation]
) -> None:
    told = {}
    for nested in NestedShape:
        world = state(scenario)
        world.switches.nested = nested
        deployment = Answers(world).read()
        told[nested] = (beliefs(deployment, requests(deployment)), deployment.gaps)
    assert told[NestedShape.TEXT] == told[NestedShape.EXPANDED]
    assert told[NestedShape.TYPE_NAMES] == told[NestedShape.EXPANDED]


@pytest.mark.parametrize(("scenario", "state"), some_slow(STATES))
def test_no_mixture_of_shapes_makes_anything_believed_that_was_not(
    scenario: str, state: Callable[[str], Simulation], pytestconfig: pytest.Config
) -> None:
    base = Answers(state(scenario)).read()
    asked = requests(base)
    before = beliefs(base, asked)
    sample = SAMPLE_WITH_ALL if pytestconfig.getoption("--all") else SAMPLE
    for switches in Random(SEED).sample(list(shapes()), sample):  # noqa: S311 - a sample, no secret
        world = state(scenario)
        world.switches = switches
        now = beliefs(Answers(world).read(), asked)
        assert stronger(asked_names(asked), before, now, str(switches)) == []
        assert switches.enums is EnumShape.NUMBERS or now == before, switches


def test_numbers_of_states_fail_no_check_that_they_cannot_judge() -> None:
    """A number tells nothing of a mirror: it is unread, and not a mirror that lags behind."""
    world = Simulation.load("two-sites")
    world.switches.enums = EnumShape.NUMBERS
    deployment = Answers(world).read()
    plans = beliefs(deployment, requests(deployment))
    found = {
        plan.verdicts["mirrors-synchronized"]
        for plan in plans
        if "mirrors-synchronized" in plan.verdicts
    }
    assert found == {Verdict.UNKNOWN}


def as_object(value: object) -> object:
    """A name as an object of .NET whose text it is: what a types file or a later server may make of
    it.
    """
    if isinstance(value, RemoteEnum):
        return RemoteObject(type_names=value.type_names, text=value.text)
    return RemoteObject(type_names=FQDN, text=value) if isinstance(value, str) and value else None


def in_a_list(value: object) -> object:
    return [value] if isinstance(value, str) and value else None


def listed(value: object) -> list[object]:
    """The elements of a list, and none of anything else."""
    return cast("list[object]", value) if isinstance(value, list) else []


def alone(value: object) -> object:
    """PowerShell unrolls a list of one."""
    return next(iter(listed(value))) if len(listed(value)) == 1 else None


def with_null(value: object) -> object:
    return [None, *listed(value)] if listed(value) else None


def twice(value: object) -> object:
    return [*listed(value), *listed(value)] or None


def backwards(value: object) -> object:
    return listed(value)[::-1] if len(listed(value)) > 1 else None


def one_of_each(answers: Answers) -> Iterator[Spot]:
    """One place of each property of each question."""
    kinds: dict[object, Spot] = {}
    for spot in answers.spots():
        kinds.setdefault(
            (spot.key[0].split(" -")[0], *(step for step in spot.way if isinstance(step, str))),
            spot,
        )
    yield from kinds.values()


@pytest.mark.parametrize("change", [as_object, in_a_list, alone, with_null, twice, backwards])
@pytest.mark.parametrize(("scenario", "state"), some_slow(STATES[:4], ("standard-pair",)))
def test_a_property_says_the_same_in_an_object_and_in_a_list(
    scenario: str, state: Callable[[str], Simulation], change: Callable[[object], object]
) -> None:
    answers = Answers(state(scenario))
    base = answers.read()
    asked = requests(base)
    before = beliefs(base, asked)
    for spot in one_of_each(answers):
        by = change(answers.value(spot))
        if by is not None:
            assert beliefs(answers.read(with_at(spot, by)), asked) == before, spot
