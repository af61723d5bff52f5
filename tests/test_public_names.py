"""What is public is whole: every type that a script meets is exported, words print themselves."""

from __future__ import annotations

import enum
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Final, cast, get_args, get_origin, get_type_hints

import attrs
import pytest

import lyncops
import lyncops.cmdlets
from lyncops.cmdlets import GetCsUser
from lyncops.testing import InMemory, in_memory

NOT_FOR_SCRIPTS: Final = ("Configuration", "Connection", "Cmdlet")
"""Public by name, for annotations: what is inside of them is written in lyncops.toml, or is
`lyncops.cmdlets`' own."""
INSIDE: Final = {
    "lyncops.deployment.gaps": "Deployment.unread has what they say",
    "lyncops.deployment.network": "read for procedures of Edge pools, which judge it",
    "lyncops.deployment.relations": "what a deployment gathers for its own questions",
    "lyncops.deployment.signs": "the same for what changes from day to day",
    "lyncops.plan.procedures.base": "how faces ask for a procedure's options",
}
"""Rooms of which a script needs nothing, and why."""
WORDS: Final = [
    one
    for name in lyncops.__all__
    if inspect.isclass(one := getattr(lyncops, name)) and issubclass(one, enum.StrEnum)
]

STARTS: Final[list[type]] = [
    lyncops.BackupServiceReport,
    lyncops.Deployment,
    lyncops.Diagnosis,
    lyncops.Execution,
    lyncops.Lock,
    lyncops.LogOn,
    lyncops.Plan,
    lyncops.Readiness,
    lyncops.Rehearsal,
    lyncops.Report,
    lyncops.Run,
    lyncops.RunSummary,
    *get_args(lyncops.Event),
]
"""What the methods of a client answer."""


def _exported() -> set[object]:
    return {
        *(getattr(lyncops, name) for name in lyncops.__all__),
        *(getattr(lyncops.cmdlets, name) for name in lyncops.cmdlets.__all__),
    }


def _classes(annotation: object) -> Iterator[type]:
    if inspect.isclass(annotation) and get_origin(annotation) is None:
        yield annotation
    for argument in get_args(annotation):
        yield from _classes(argument)


def _functions(kind: type) -> Iterator[tuple[str, object]]:
    bases = [base for base in kind.__mro__ if base.__module__.startswith("lyncops.")]
    for name, member in (pair for base in bases for pair in vars(base).items()):
        if isinstance(member, property):
            yield name, member.fget
        elif isinstance(member, classmethod | staticmethod):
            yield name, inspect.unwrap(cast("Callable[..., object]", member))
        else:
            yield name, getattr(member, "func", member)  # a cached property has it


def _annotations(kind: type) -> Iterator[tuple[str, object]]:
    module = vars(sys.modules[kind.__module__])
    names = {
        **vars(lyncops),
        **{name: getattr(lyncops, name) for name in lyncops.__all__},
        **module,
    }
    if attrs.has(kind):
        yield from get_type_hints(kind, names).items()
    for name, function in _functions(kind):
        if inspect.isfunction(function):
            yield from ((name, one) for one in get_type_hints(function, names).values())


def _missing(start: type) -> dict[str, str]:
    """The classes that are met on the way from `start`, where they are met, and not exported."""
    exported, seen, todo = _exported(), {start}, [start]
    missing: dict[str, str] = {}
    while todo:
        kind = todo.pop()
        for name, annotation in _annotations(kind):
            for met in () if name.startswith("_") else _classes(annotation):
                if met in seen or not met.__module__.startswith("lyncops"):
                    continue
                if met.__module__ in INSIDE or met.__name__ in NOT_FOR_SCRIPTS:
                    continue
                seen.add(met)
                todo += [] if met.__module__.startswith("lyncops.cmdlets") else [met]
                if met not in exported:
                    missing[met.__qualname__] = f"{kind.__name__}.{name}"
    return missing


@pytest.mark.parametrize("start", STARTS)
def test_every_type_that_a_script_meets_is_exported(start: type) -> None:
    assert start in _exported()
    assert _missing(start) == {}


@pytest.mark.parametrize("words", WORDS)
def test_an_enumeration_is_its_words(words: type[enum.StrEnum]) -> None:
    for member in words:
        assert f"{member}" == str(member) == member.value
        assert words(member.value) is member


def test_no_enumeration_prints_anything_else() -> None:
    public = [getattr(lyncops, name) for name in lyncops.__all__]
    words = [one for one in public if inspect.isclass(one) and issubclass(one, enum.Enum)]
    assert words == WORDS


@pytest.fixture
def deployment() -> Iterator[InMemory]:
    with in_memory() as made:
        yield made


def test_a_mode_is_given_by_its_word(deployment: InMemory) -> None:
    client = deployment.client
    deployment.crash("pool1.contoso.com")
    planned, disaster = (
        [one.check_id for one in client.check("pool1.contoso.com", mode=mode) if one.refuses]
        for mode in ("planned", "Disaster")
    )
    assert "mode-fits" in planned
    assert disaster == []
    with pytest.raises(lyncops.InvalidValueError, match="'quick' is not one of planned, disaster"):
        client.check("pool1.contoso.com", mode="quick")


def test_a_question_that_failed_never_looks_like_an_empty_answer(deployment: InMemory) -> None:
    client = deployment.client
    users = client.ask(GetCsUser(filter="RegistrarPool -eq 'pool1.contoso.com'", result_size=3))
    assert [user.registrar_pool for user in users] == ["pool1.contoso.com"] * 3
    with pytest.raises(lyncops.CmdletFailedError, match="nonsense") as failed:
        client.ask(GetCsUser(filter="nonsense"))
    assert failed.value.cmdlet == "Get-CsUser"
    assert client.ask(GetCsUser(filter="RegistrarPool -eq 'pool9.contoso.com'")) == ()
