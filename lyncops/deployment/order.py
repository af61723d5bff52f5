"""One order for what servers list: nothing may hang on which of several comes first in an
answer.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, TypeVar, cast

import attrs

from lyncops.cmdlets.result import Result

R = TypeVar("R")
Natural = tuple[str | int, ...]

# Their order is the topology's, which says which Front Ends count for the quorum (fact:
# front-end-quorum), or a preference.
_TOLD: Final = frozenset(
    {
        "computers",
        "primary_pool_machines_in_preferred_order",
        "backup_pool_machines_in_preferred_order",
    }
)
_NUMBER: Final = re.compile(r"(\d+)")


def natural(text: object) -> Natural:
    """A key that puts `pool2` before `pool10`."""
    return _natural(str(text))


@functools.lru_cache(maxsize=10_000)
def _natural(text: str) -> Natural:
    parts = _NUMBER.split(text.casefold())
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts))


def in_order(found: Iterable[R]) -> tuple[R, ...]:
    """The objects of an answer by their names, and the lists within them by theirs; documents stay
    as they are.
    """
    items = tuple(found)
    if not all(isinstance(item, Result) for item in items):
        return items
    tidy = [_tidied(cast("Result", item)) for item in items]
    names = [_name(item) for item in tidy]
    often = Counter(names)
    keyed = [
        (natural(name), repr(item) if often[name] > 1 else "", item)
        for name, item in zip(names, tidy, strict=True)
    ]
    return cast(
        "tuple[R, ...]", tuple(item for _, _, item in sorted(keyed, key=lambda one: one[:2]))
    )


def _name(item: Result) -> str:
    """The first of its properties that names something."""
    values: Iterable[object] = (getattr(item, field) for field in item.PROPERTIES)
    return next(
        (
            str(value)
            for value in values
            if isinstance(value, str) or hasattr(value, "__attrs_attrs__")
        ),
        "",
    )


def _tidied(item: Result) -> Result:
    lists = {
        field: cast("tuple[object, ...]", value)
        for field in item.PROPERTIES
        if field not in _TOLD
        and isinstance(value := getattr(item, field), tuple)
        and len(cast("tuple[object, ...]", value)) > 1
    }
    if not lists:
        return item
    changes = {field: tuple(sorted(values, key=natural)) for field, values in lists.items()}
    return cast("Result", attrs.evolve(cast("Any", item), **changes))
