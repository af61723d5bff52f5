"""Recorded answers of a deployment, and every way to take something away from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from datetime import timedelta
from typing import Final, TypeVar, cast

import attrs

from lyncops.cmdlets.base import Cmdlet, NoOutput
from lyncops.deployment.model import Deployment
from lyncops.deployment.reader import read_deployment
from lyncops.lab.simulation import Simulation
from lyncops.remoting.execution import Execution
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.values import ANYWHERE, DotNetVersion, Place, RemoteObject

R = TypeVar("R")
Key = tuple[str, str]
Raw = tuple[object, ...]


class Gone:
    """Stands for a property that is not there."""


GONE: Final = Gone()
SORTS: Final[Mapping[str, object]] = {
    "removed": GONE,
    "null": None,
    "number": 4443,
    "zero": 0,
    "truth": False,
    "number as text": "4443",
    "host with port": "stranger.contoso.com:4443",
    "text": "Wird ausgeführt!",
    "type name": "Microsoft.Rtc.Management.Xds.Something",
    "version": "6.0.9319.0",
    "version value": DotNetVersion((6, 0, 9319, 0)),
    "empty object": RemoteObject(type_names=("Deserialized.System.Object",), text="System.Object"),
    "empty list": [],
    "list of rubbish": [None, "4443!", RemoteObject()],
}


@attrs.frozen
class Spot:
    """A property in an answer: which answer, and the way to it through objects and lists."""

    key: Key
    way: tuple[int | str, ...]

    def __str__(self) -> str:
        return f"{self.key[0]} {'/'.join(map(str, self.way))}"


def replaced(value: object, way: tuple[int | str, ...], by: object) -> object:
    """The value with what lies at the end of the way replaced, or taken out."""
    if not way:
        return by
    step, rest = way[0], way[1:]
    if isinstance(value, RemoteObject):
        name = cast("str", step)
        properties = {
            k: replaced(v, rest, by) if k == name else v for k, v in value.properties.items()
        }
        left = {k: v for k, v in properties.items() if v is not GONE}
        return attrs.evolve(value, properties=left)
    items = list(cast("list[object]", value))
    items[cast("int", step)] = replaced(items[cast("int", step)], rest, by)
    return [item for item in items if item is not GONE]


def ways(value: object, before: tuple[int | str, ...] = ()) -> Iterator[tuple[int | str, ...]]:
    """The ways to every property in a value, within lists and objects too."""
    if isinstance(value, RemoteObject):
        for name, held in value.properties.items():
            yield (*before, name)
            yield from ways(held, (*before, name))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(cast("list[object]", value)):
            yield from ways(item, (*before, index))


@attrs.define
class Answers:
    """What the servers of a world say, asked once; a reading may be made with one answer tampered
    with.
    """

    world: Simulation
    _known: dict[Key, Execution[object]] = attrs.field(factory=dict[Key, Execution[object]])
    tampered: Mapping[Key, Callable[[Raw], Raw]] = attrs.field(
        factory=dict[Key, Callable[[Raw], Raw]]
    )

    def submit(
        self, cmdlet: Cmdlet[R], *, place: Place = ANYWHERE, deadline: timedelta | None = None
    ) -> Future[Execution[R]]:
        key = (cmdlet.to_powershell(), str(place))
        if key not in self._known:
            told = ModelSessions(self.world).submit(cmdlet, place=place, deadline=deadline)
            if told.exception() is not None:
                return told
            self._known[key] = cast("Execution[object]", told.result())
        known = self._known[key]
        if key in self.tampered:
            raw = self.tampered[key](known.raw)
            read = (cmdlet.decode(item) for item in raw)
            known = attrs.evolve(
                known,
                raw=raw,
                output=tuple(item for item in read if not isinstance(item, NoOutput)),
            )
        future = Future[Execution[R]]()
        future.set_result(cast("Execution[R]", known))
        return future

    def read(self, tampered: Mapping[Key, Callable[[Raw], Raw]] | None = None) -> Deployment:
        """A reading, with these answers changed."""
        self.tampered = tampered or {}
        return read_deployment(cast("ModelSessions", self), name="x", clock=ModelClock(self.world))

    def spots(self) -> list[Spot]:
        """Every property of every answer of a reading."""
        self.read()
        return [Spot(key, way) for key, told in self._known.items() for way in ways(told.raw)]

    def value(self, spot: Spot) -> object:
        """What is there."""
        found: object = self._known[spot.key].raw
        for step in spot.way:
            found = (
                found.properties[cast("str", step)]
                if isinstance(found, RemoteObject)
                else cast("Raw", found)[cast("int", step)]
            )
        return found

    def asked(self) -> list[Key]:
        """The questions that have been asked."""
        return list(self._known)


def with_at(spot: Spot, by: object) -> dict[Key, Callable[[Raw], Raw]]:
    """The change that puts `by` there."""
    return {spot.key: lambda raw: tuple(cast("list[object]", replaced(list(raw), spot.way, by)))}
