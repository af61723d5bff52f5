"""No verdict, plan or read-back hangs on the order in which a server lists things.

Every listing of every answer of a snapshot is shuffled at once, lists within objects too. Only the
order of a pool's computers means something (fact: front-end-quorum): it stays for the plans, which
are then equal to the letter, and is shuffled for the verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, TypeVar, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyncops.deployment.model import Deployment
from lyncops.lab.simulation import Simulation
from lyncops.plan.conditions import Condition, MediaEdgeIs
from lyncops.plan.model import CmdletStep, ManualStep, Plan, WaitStep
from lyncops.plan.procedures import Procedure
from lyncops.procedures import make_plan
from lyncops.values import RemoteObject
from tests.belief.answers import Answers, Key, Raw
from tests.belief.plans import Belief, requests
from tests.belief.test_taken_away import STATES
from tests.deployments import EDGE1, EDGE2, P1, deployments
from tests.procedures.asking import asked

T = TypeVar("T")
SEEDS = range(3)
KEPT = ("Computers", "Machines")


def mixed(value: object, chance: Random, *, computers: bool) -> object:
    """The value with every list in it, and in objects within it, in another order."""
    if isinstance(value, RemoteObject):
        inner = {
            name: (
                held if name in KEPT and not computers else mixed(held, chance, computers=computers)
            )
            for name, held in value.properties.items()
        }
        return attrs.evolve(value, properties=inner)
    if isinstance(value, list):
        items = [mixed(item, chance, computers=computers) for item in cast("list[object]", value)]
        return chance.sample(items, len(items))
    return value


def shuffled(answers: Answers, seed: int, *, computers: bool = False) -> Deployment:
    """A reading of the same answers, each in another order."""
    chance = Random(seed)  # noqa: S311 - an order, no secret

    def change(raw: Raw) -> Raw:
        return tuple(cast("list[object]", mixed(list(raw), chance, computers=computers)))

    changes: Mapping[Key, Callable[[Raw], Raw]] = {
        key: change
        for key in answers.asked()
        if computers or not key[0].startswith("Get-CsComputer")
    }
    return answers.read({key: how for key, how in changes.items() if "-AsXml" not in key[0]})


def conditions(plan: Plan) -> list[Condition]:
    """All that the plan would read back."""
    found = list(plan.goal)
    for step in plan.steps:
        match step:
            case CmdletStep() | ManualStep():
                found += [*step.before, *step.after]
            case WaitStep():
                found += step.until
    return found


def three_edges(scenario: str) -> Simulation:
    """The services of the first pool use different Edge pools for media, as after a change that was
    broken off.
    """
    world = Simulation.load(scenario)
    edges = [str(one.identity) for one in world.configuration.of_role("EdgeServer")]
    pool = next(iter(world.pools))
    own = [
        one
        for one in world.configuration.services.values()
        if one.pool == pool and "EdgeServer" in one.properties
    ]
    for number, record in enumerate(own):
        properties = {**record.properties, "EdgeServer": edges[number % len(edges)]}
        world.change(world.configuration.with_service(attrs.evolve(record, properties=properties)))
    return world


@pytest.mark.parametrize(("scenario", "state"), [*STATES, ("two-sites", three_edges)])
def test_plans_and_read_backs_are_the_same_in_whatever_order_servers_list(
    scenario: str, state: Callable[[str], Simulation]
) -> None:
    answers = Answers(state(scenario))
    base = answers.read()
    procedures = requests(base)
    plans = [make_plan(procedure, base) for procedure in procedures]
    for seed in SEEDS:
        other = shuffled(answers, seed)
        for procedure, plan in zip(procedures, plans, strict=True):
            again = make_plan(procedure, other)
            assert again == plan, f"{procedure.NAME} {procedure.target}, seed {seed}"
            for condition in conditions(plan):
                assert condition.evaluate(other) == condition.evaluate(base), condition


@pytest.mark.parametrize(("scenario", "state"), STATES[:4])
def test_no_verdict_hangs_on_the_order_of_computers_in_a_small_pool(
    scenario: str, state: Callable[[str], Simulation]
) -> None:
    answers = Answers(state(scenario))
    base = answers.read()
    for seed in SEEDS:
        other = shuffled(answers, seed, computers=True)
        for procedure in requests(base):
            assert belief(procedure, other) == belief(procedure, base), (
                f"{procedure.NAME} {procedure.target}"
            )


def belief(procedure: Procedure, deployment: Deployment) -> Belief:
    return Belief.of(make_plan(procedure, deployment))


def test_three_services_have_three_read_backs() -> None:
    world = three_edges("two-sites")
    answers = Answers(world)
    wanted = MediaEdgeIs(P1, EDGE1), MediaEdgeIs(P1, EDGE2)
    for deployment in (answers.read(), *(shuffled(answers, seed) for seed in range(6))):
        assert [condition.evaluate(deployment).holds for condition in wanted] == [False, False]
        plan = make_plan(asked("edge-association", P1, edge_pool=EDGE1), deployment)
        open_steps = [
            step.step_id
            for step in plan.steps
            if isinstance(step, CmdletStep)
            and not all(one.evaluate(deployment).holds for one in step.after)
        ]
        assert open_steps, "not one of them is there already, and so the run has work to do"
        assert len(open_steps) < len(plan.steps), "a service that has it already is left alone"


LISTS = ("sites", "pools", "edges")
LISTS_OF_STORE = ("copies", "file_transfer_agents", "replicas")


def evolved(thing: T, chance: Random, **fields: object) -> T:
    """The thing with these fields, each list among them in another order."""
    mix = {name: _mixed(value, chance) for name, value in fields.items()}
    return cast("T", attrs.evolve(cast("Any", thing), **mix))


def _mixed(value: object, chance: Random) -> object:
    if not isinstance(value, tuple):
        return value
    values = cast("tuple[object, ...]", value)
    return tuple(chance.sample(values, len(values)))


@given(deployments(), st.randoms(use_true_random=False))
def test_no_verdict_hangs_on_the_order_within_a_deployment(
    deployment: Deployment, chance: Random
) -> None:
    store = deployment.central_management
    other = evolved(
        deployment,
        chance,
        central_management=evolved(
            store, chance, **{name: getattr(store, name) for name in LISTS_OF_STORE}
        ),
        **{name: getattr(deployment, name) for name in LISTS},
    )
    for procedure in requests(deployment):
        assert belief(procedure, other) == belief(procedure, deployment), (
            f"{procedure.NAME} {procedure.target}"
        )


def test_what_is_shuffled_is_really_shuffled() -> None:
    raw = [RemoteObject(properties={"A": [1, 2, 3, 4, 5], "Computers": ["x", "y", "z"]})]
    other = cast("list[RemoteObject]", mixed(raw, Random(1), computers=False))  # noqa: S311 - an order, no secret
    assert other[0].properties["A"] != raw[0].properties["A"]
    assert other[0].properties["Computers"] == ["x", "y", "z"]
