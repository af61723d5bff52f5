"""Evidence is taken away from the answers of whole deployments: belief may only become weaker.

Every property of every READ of a snapshot is removed, nulled and replaced by rubbish; answers are
shuffled, doubled, and have texts and nulls before the object that is looked for. By default a part
of it is tried, each property and each sort of rubbish somewhere; with --all many more, with
--exhaustive all of it (hours).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

import attrs
import pytest
from _pytest.mark.structures import ParameterSet

from lyncops.lab.simulation import Simulation
from lyncops.plan.procedures import Procedure
from lyncops.values import Fqdn, RemoteObject
from tests.belief.answers import SORTS, Answers, Raw, Spot, with_at
from tests.belief.plans import Belief, beliefs, requests

P1, SE1 = Fqdn("pool1.contoso.com"), Fqdn("se1.contoso.com")
SEED = 20140601
PER_STATE = 10
PER_STATE_WITH_ALL = 30


def healthy(scenario: str) -> Simulation:
    return Simulation.load(scenario)


def dead_site(scenario: str) -> Simulation:
    world = Simulation.load(scenario)
    world.crash(next(iter(world.pools)))
    return world


State = tuple[str, Callable[[str], Simulation]]
STATES: tuple[State, ...] = tuple(
    (scenario, state)
    for scenario in (
        "two-sites",
        "standard-pair",
        "three-pairs",
        "sfb2015",
        "sfb2019",
        "everything-wrong",
    )
    for state in (healthy, dead_site)
)
QUICK = ("two-sites", "standard-pair")


def some_slow(states: Iterable[State], quick: tuple[str, ...] = QUICK) -> list[ParameterSet]:
    """The states as parameters, those of other scenarios for --all only."""
    return [
        pytest.param(*state, marks=() if state[0] in quick else pytest.mark.slow)
        for state in states
    ]


def is_a_lie(spot: Spot, held: object, by: object) -> bool:
    """Whether it is no rubbish there: a value that the property may have says something else, and
    nobody can see that.
    """
    name = str(spot.way[-1]).casefold()
    if by is None:
        # Documented: a site without a route, a store that is unavailable, a replica that never
        # reported.
        return name.endswith("federationroute") or name in (
            "laststatusreport",
            "activemasterfqdn",
            "activefiletransferagents",
        )
    if by is False:
        return isinstance(held, bool)
    if name == "version":  # the version of another product
        return str(by) == SORTS["version"]
    return isinstance(held, int) and isinstance(by, (int, str)) and str(by).isdecimal()


def chosen(answers: Answers, config: pytest.Config) -> list[tuple[Spot, str]]:
    """The changes to try: some of each property and each sort, more with --all, all with
    --exhaustive.
    """
    spots = answers.spots()
    pairs = [(spot, sort) for spot in spots for sort in SORTS]
    if config.getoption("--exhaustive"):
        return pairs
    shuffled = Random(SEED).sample(pairs, len(pairs))  # noqa: S311 - an order, no secret
    kinds: dict[tuple[str, str], tuple[Spot, str]] = {}
    for spot, sort in shuffled:
        kinds.setdefault((spot.key[0].split()[0], str(spot.way[-1])), (spot, sort))
    more = PER_STATE_WITH_ALL if config.getoption("--all") else PER_STATE
    return [*kinds.values(), *shuffled[:more]]


@pytest.mark.parametrize(("scenario", "state"), some_slow(STATES))
def test_what_an_answer_leaves_open_is_never_no(
    scenario: str, state: Callable[[str], Simulation], pytestconfig: pytest.Config
) -> None:
    answers = Answers(state(scenario))
    base = answers.read()
    asked = requests(base)
    before = beliefs(base, asked)
    found: list[str] = []
    for spot, sort in chosen(answers, pytestconfig):
        if is_a_lie(spot, answers.value(spot), SORTS[sort]):
            continue
        now = beliefs(answers.read(with_at(spot, SORTS[sort])), asked)
        found += stronger(asked_names(asked), before, now, f"{spot} {sort}")
    assert found == []


def asked_names(asked: list[Procedure]) -> list[str]:
    return [f"{procedure.NAME} {procedure.target} {procedure.mode}" for procedure in asked]


def stronger(names: list[str], before: list[Belief], now: list[Belief], change: str) -> list[str]:
    pairs = zip(names, before, now, strict=True)
    return [
        f"{change}: {name}: {why}" for name, was, after in pairs for why in after.stronger_than(was)
    ]


def shuffled(raw: Raw) -> Raw:
    return tuple(Random(SEED).sample(raw, len(raw)))  # noqa: S311 - a sample, no secret


def doubled(raw: Raw) -> Raw:
    return tuple(item for item in raw for _ in range(2))


def text_first(raw: Raw) -> Raw:
    return ("Loading the module ...", None, *raw) if raw else raw


def null_first(raw: Raw) -> Raw:
    return (None, *raw) if raw else raw


@pytest.mark.parametrize("change", [shuffled, doubled, text_first, null_first])
@pytest.mark.parametrize(("scenario", "state"), some_slow(STATES[:4], ("standard-pair",)))
def test_order_doubles_and_strays_change_nothing(
    scenario: str, state: Callable[[str], Simulation], change: Callable[[Raw], Raw]
) -> None:
    answers = Answers(state(scenario))
    base = answers.read()
    asked = requests(base)
    before = beliefs(base, asked)
    for key in answers.asked():
        if "Get-CsTopology" in key[0] and change is doubled:
            continue  # a document twice is no document
        now = beliefs(answers.read({key: change}), asked)
        assert now == before, key


KEYS = ("identity", "fqdn", "poolfqdn", "backuppoolfqdn", "replicafqdn", "databasename", "name")
"""What says which thing an object is about: with another one it is about another thing."""
ALSO: dict[str, tuple[object, ...]] = {
    "poolstate": ("FailedOver", "Active"),
    "status": ("Stopped",),
    "exportstatus": ("ErrorState",),
}


def otherwise(answers: Answers, spot: Spot, seen: dict[object, list[object]]) -> list[object]:
    """What the property says of other things, or may say of this one."""
    held = answers.value(spot)
    if isinstance(held, bool):
        return [not held]
    others = [
        value
        for value in seen[kind_of(spot)]
        if type(value) is type(held) and str(value) != str(held)
    ]
    return [
        *others[:1],
        *(value for value in ALSO.get(str(spot.way[-1]).casefold(), ()) if value != str(held)),
    ][:2]


def kind_of(spot: Spot) -> tuple[str, str]:
    return spot.key[0].split(" -")[0], str(spot.way[-1])


def told_twice(spot: Spot, by: object, *, first: bool) -> Callable[[Raw], Raw]:
    """The object of the spot twice: as it is, and with another value there, which comes first or
    second.
    """

    def change(raw: Raw) -> Raw:
        index, name = spot.way
        assert isinstance(index, int)
        held = raw[index]
        assert isinstance(held, RemoteObject)
        other = attrs.evolve(held, properties={**held.properties, str(name): by})
        return (*raw[:index], *((other, held) if first else (held, other)), *raw[index + 1 :])

    return change


@pytest.mark.parametrize(("scenario", "state"), some_slow(STATES[:4], ("standard-pair",)))
def test_of_two_answers_that_contradict_each_other_neither_is_believed(
    scenario: str, state: Callable[[str], Simulation]
) -> None:
    answers = Answers(state(scenario))
    base = answers.read()
    asked = requests(base)
    names, before = asked_names(asked), beliefs(base, asked)
    spots = [
        spot
        for spot in answers.spots()
        if len(spot.way) == 2 and str(spot.way[-1]).casefold() not in KEYS
    ]
    seen: dict[object, list[object]] = {}
    for spot in spots:
        seen.setdefault(kind_of(spot), []).append(answers.value(spot))
    found: list[str] = []
    for spot in {(kind_of(spot), spot.key): spot for spot in reversed(spots)}.values():
        for by in otherwise(answers, spot, seen):
            alone = beliefs(answers.read(with_at(spot, by)), asked)
            for first in (True, False):
                both = beliefs(answers.read({spot.key: told_twice(spot, by, first=first)}), asked)
                change = f"{spot} also {by}, {'first' if first else 'second'}"
                found += stronger(names, before, both, f"{change}: against the one")
                found += stronger(names, alone, both, f"{change}: against the other")
    assert found == []
