"""Select-Object, Measure-Object and the sinks: commands that take the objects of a pipeline one by
one.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol, cast

from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.shapes import PROPERTY_BAG, text_of_object
from lyncops.values import RemoteEnum, RemoteObject

_MEASURED: Final = "Microsoft.PowerShell.Commands.GenericMeasureInfo"
_ARGUMENT: Final = "System.Management.Automation.PSArgumentException"


class EnoughError(Exception):
    """The command needs no further objects: what feeds it is to end."""

    def __init__(self, collector: Collector) -> None:
        super().__init__()
        self.collector = collector


class Collector(Protocol):
    """A command that is fed by a pipeline."""

    def take(self, item: object) -> None:
        """Take one object; raises EnoughError when no further one is needed."""
        ...

    def end(self) -> None:
        """There are no further objects."""
        ...


class Selecting:
    """Select-Object."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._items: list[object] = []
        self._seen: set[str] = set()
        self._number = 0
        self._properties = tuple(
            str(one) for one in cast("Sequence[object]", call.value("Property") or ())
        )
        if "" in self._properties:
            call.fail(
                "An empty string value is not allowed.",
                category="InvalidArgument",
                exception="System.NotSupportedException",
                error_id="ExpressionEmptyString2",
            )

    def take(self, item: object) -> None:
        """Take one object, and write what is sure to be chosen."""
        if self._needs_all():
            self._items.append(item)
            return
        number, self._number = self._number - self._count("Skip"), self._number + 1
        first = self._call.value("First")
        if number >= 0 and (not isinstance(first, int) or number < first):
            self._write(item)
        if isinstance(first, int) and number + 1 >= first:
            raise EnoughError(self)

    def end(self) -> None:
        """Write what could be chosen only at the end."""
        for item in self._chosen_of_all():
            self._write(item)

    def _needs_all(self) -> bool:
        return any(self._call.given(name) for name in ("Last", "SkipLast", "Index"))

    def _count(self, name: str) -> int:
        value = self._call.value(name)
        return value if isinstance(value, int) else 0

    def _chosen_of_all(self) -> Iterator[object]:
        items = self._items
        if self._call.given("Index"):
            wanted = cast("Sequence[int]", self._call.value("Index"))
            yield from (item for number, item in enumerate(items) if number in wanted)
        elif self._call.given("SkipLast"):
            yield from items[: max(0, len(items) - self._count("SkipLast"))]
        elif self._call.given("Last"):
            skipped, first = self._count("Skip"), self._count("First")
            if first:
                yield from items[:first]
                items = items[first:]
            items = items[: len(items) - skipped] if skipped else items
            yield from items[-self._count("Last") :] if self._count("Last") else ()

    def _write(self, item: object) -> None:
        expanded = self._call.text("ExpandProperty")
        chosen = self._selected(item) if self._properties else item
        for one in self._expanded(item, expanded) if expanded else (chosen,):
            if self._call.flag("Unique"):
                key = _key(one)
                if key in self._seen:
                    continue
                self._seen.add(key)
            self._call.output(one)

    def _selected(self, item: object) -> RemoteObject:
        """A property bag with the properties chosen; one that the object has not is null."""
        known = item.properties if isinstance(item, RemoteObject) else {"Length": len(str(item))}
        found: dict[str, object] = {}
        for pattern in self._properties:
            matching = [
                name for name in known if fnmatch.fnmatchcase(name.casefold(), pattern.casefold())
            ]
            found |= {name: known[name] for name in matching}
            if not matching and "*" not in pattern:
                found[pattern] = None
        excluded = [
            str(one).casefold()
            for one in cast("Sequence[object]", self._call.value("ExcludeProperty") or ())
        ]
        kept = {
            name: value
            for name, value in found.items()
            if not any(fnmatch.fnmatchcase(name.casefold(), one) for one in excluded)
        }
        kind = (
            item.type_names[0]
            if isinstance(item, RemoteObject) and item.type_names
            else "System.String"
        )
        return RemoteObject(kept, (f"Selected.{kind}", PROPERTY_BAG, "System.Object"))

    def _expanded(self, item: object, name: str) -> Iterator[object]:
        """The values of a property; an error where the object has none of that name."""
        known = (
            {one.casefold(): value for one, value in item.properties.items()}
            if isinstance(item, RemoteObject)
            else {}
        )
        if name.casefold() not in known:
            self._call.error(
                f'Property "{name}" cannot be found.',
                category="InvalidArgument",
                target=_text(item),
                exception=_ARGUMENT,
                error_id="ExpandPropertyNotFound",
            )
            return
        value = known[name.casefold()]
        if isinstance(value, (list, tuple)):
            yield from cast("Sequence[object]", value)
        elif value is not None:
            yield value


class Measuring:
    """Measure-Object: how many objects there are, and of a property's numbers the sum and
    its like.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._count = 0
        self._values: list[object] = []

    def take(self, item: object) -> None:
        """Count one object."""
        self._count += 1
        names = cast("Sequence[str]", self._call.value("Property") or ())
        if names and isinstance(item, RemoteObject) and (value := item.get(*names)) is not None:
            self._values.append(value)

    def end(self) -> None:
        """Write the result."""
        names = cast("Sequence[str]", self._call.value("Property") or ())
        if names and not self._values:
            # Since 7.3 only in strict mode (https://github.com/PowerShell/PowerShell/pull/16589).
            self._call.error(
                f'The property "{names[0]}" cannot be found in the input for any objects.',
                category="InvalidArgument",
                exception=_ARGUMENT,
                error_id="GenericMeasurePropertyNotFound",
            )
            return
        numbers = [float(one) for one in self._values if isinstance(one, (int, float))]
        asked: dict[str, object] = {
            "Average": sum(numbers) / len(numbers) if numbers else None,
            "Sum": sum(numbers) if numbers else None,
            "Maximum": max(numbers, default=None),
            "Minimum": min(numbers, default=None),
        }
        values = {name: value if self._call.flag(name) else None for name, value in asked.items()}
        properties = {
            "Count": len(self._values) if names else self._count,
            **values,
            "Property": names[0] if names else None,
        }
        self._call.output(
            RemoteObject(
                properties,
                (_MEASURED, "Microsoft.PowerShell.Commands.MeasureInfo", "System.Object"),
                _MEASURED,
            )
        )


class Discarding:
    """Out-Null, and Out-Default without a host to show anything."""

    def __init__(self, _call: Call) -> None:
        pass

    def take(self, item: object) -> None:
        """Take one object and forget it."""

    def end(self) -> None:
        """Nothing is left to do."""


def _text(item: object) -> str:
    return text_of_object(item) if isinstance(item, RemoteObject) else str(item)


def _key(item: object) -> str:
    """What -Unique compares: the properties of a bag, the text of everything else."""
    if isinstance(item, RemoteObject) and PROPERTY_BAG in item.type_names:
        return repr(
            {
                name: value.text if isinstance(value, RemoteEnum) else _text(value)
                for name, value in item.properties.items()
            }
        )
    return _text(item)


COLLECTING: Final[Mapping[str, Callable[[Call], Collector]]] = {
    "select-object": Selecting,
    "measure-object": Measuring,
    "out-null": Discarding,
    "out-default": Discarding,
}
"""By folded name."""
