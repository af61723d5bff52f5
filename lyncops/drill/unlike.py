"""The reading of a copy, held against the snapshot: whatever it does not have is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, cast

import attrs

from lyncops.deployment.comparison import Difference, found_differences, shown
from lyncops.deployment.model import Deployment, Link, MediaEdge
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.deployment.topology_file import BACKUP_REGISTRAR
from lyncops.drill.copying import Copy, copy_of
from lyncops.drill.notes import first_few
from lyncops.errors import LyncOpsError
from lyncops.lab.simulation import Simulation
from lyncops.testing.memory import in_memory
from lyncops.values import Unread

_OWN: Final = (
    "name",
    "rights",
    "offered",
    "own product",
    "network",
    "test users",
    "tried",
    "care",
    "gaps",
    "product version",
    "external fqdn",
    "external sip port",
    "media edges",
    "Backup Service configuration",
)
"""What another sentence of the copy tells, or what is the lab's own, which every copy says."""
_TELLING: Final = ("services", "links")
_LISTS: Final = ("mirrors", "services", "machines", "backup modules", "replicas", "copies")


def told_copy(deployment: Deployment) -> Copy:
    """A copy, and all that reading it shows otherwise than the snapshot.

    Raises:
        InvalidValueError: as `copy_of`.
    """
    copy = copy_of(deployment)
    asked = EVERYTHING | Scope.of(Facet.TEST_USERS)
    with in_memory(Simulation(copy.scenario)) as lab:
        try:
            found = tuple(found_differences(deployment, lab.client.status(asked)))
        except LyncOpsError as error:
            why = f"The copy cannot be read as the deployment was: {error}"
            return attrs.evolve(copy, missing=(*copy.missing, why))
    told = [one for one in found if not _is_own(one)]
    unread = [one for one in told if isinstance(one.before, Unread)]
    other = [one for one in told if not isinstance(one.before, Unread)]
    return attrs.evolve(
        copy,
        assumed=(*copy.assumed, *_sentences(unread)),
        missing=(*copy.missing, *_sentences(other)),
    )


def _is_own(one: Difference) -> bool:
    """Whether another sentence says it, or the snapshot has nothing there."""
    silent = isinstance(one.before, Unread) and (
        isinstance(one.after, Unread) or one.path[-1] == "services"
    )
    empty = one.before == "" or (one.before is None and one.path[-1] == "back end online")
    return silent or empty or bool({one.path[0], one.path[-1]} & {*_OWN})


def _sentences(found: Iterable[Difference]) -> Iterator[str]:
    """One for all things of which the same is true."""
    holders: dict[tuple[str, str], list[str]] = {}
    for one in found:
        for what in _what(one):
            holders.setdefault(what, []).append(_holder(one))
    things: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (thing, said), held in holders.items():
        things.setdefault((said, tuple(held)), []).append(thing)
    for (said, names), told in things.items():
        verb = "" if said.startswith("is ") else "is " if len(told) == 1 else "are "
        of = first_few(tuple(filter(None, names)))
        yield f"{of}{': ' if of else ''}{', '.join(told)} {verb}{said}."


def _what(one: Difference) -> Iterator[tuple[str, str]]:
    """The thing or the field, and what is to be said of it."""
    field = one.path[-1]
    before, after = _items(one.before), _items(one.after)
    if one.is_of_a_list:
        yield field, "only in the copy" if one.before is None else "not in the copy"
    elif before is not None and after is not None:
        about = "" if field in _TELLING else f"{field} "
        was, now = ([f"{about}{_text(item)}" for item in items] for items in (before, after))
        yield from (
            (text, "not in the copy")
            for text in was
            if text not in now and not text.startswith(BACKUP_REGISTRAR)
        )
        yield from ((text, "only in the copy") for text in now if text not in was)
    elif isinstance(one.before, Unread):
        yield field, f"is {_value(one.after)} in the copy; it was not read ({one.before.reason})"
    else:
        yield field, f"is {_value(one.after)} in the copy, {shown(one.before)} in the deployment"


def _items(value: object) -> tuple[object, ...] | None:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else None


def _value(value: object) -> str:
    items = _items(value)
    return first_few(tuple(shown((item,)) for item in items)) if items else shown(value)


def _text(item: object) -> str:
    match item:
        case Link():
            return f"{item.role} needs {item.to}"
        case MediaEdge():
            return f"{item.role} uses {item.edge or 'none'}"
        case _:
            return str(item)


def _holder(one: Difference) -> str:
    """A machine or a pool by its name, anything else with what it is of."""
    names = [name for name in one.path[:-1] if name not in _LISTS]
    alone = names and "." in names[-1] and names[-1] == names[-1].lower()
    return names[-1] if alone else ", ".join(names)
