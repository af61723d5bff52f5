"""Building the objects that cmdlets return, and flattening them to the depth that remoting
serialises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

import attrs

from lyncops.lab.model.switches import EnumShape, NameCase, NestedShape, Switches
from lyncops.lab.parameters.enums import RESULT_ENUMS
from lyncops.values import RemoteEnum, RemoteObject

PROPERTY_BAG: Final = "System.Management.Automation.PSCustomObject"


@attrs.frozen(slots=True)
class EnumValue:
    """A value of one of the `RESULT_ENUMS`, to be rendered as the switches say."""

    kind: str
    text: str


def build(
    switches: Switches,
    type_name: str,
    properties: Mapping[str, object],
    *,
    text: str | None = None,
    bases: Sequence[str] = (),
) -> RemoteObject:
    """An object of that .NET type. Tuples become lists; None stays None."""
    chain = (type_name, *bases, "System.Object")
    return RemoteObject(
        properties={
            _case(switches, name): _render(switches, value) for name, value in properties.items()
        },
        type_names=chain,
        text=text,
    )


def _case(switches: Switches, name: str) -> str:
    if switches.property_names is NameCase.AS_WRITTEN:
        return name
    return name.lower() if switches.property_names is NameCase.LOWER else name.upper()


def _render(switches: Switches, value: object) -> object:
    if isinstance(value, EnumValue):
        return _enum(switches, value)
    if isinstance(value, (tuple, list)):
        return [_render(switches, item) for item in cast("Sequence[object]", value)]
    # A str subclass such as Fqdn is a plain string on the wire.
    return str(value) if isinstance(value, str) else value


def _enum(switches: Switches, value: EnumValue) -> object:
    type_name, names = RESULT_ENUMS[value.kind]
    number = names.index(value.text)
    if switches.enums is EnumShape.STRINGS:
        return value.text
    if switches.enums is EnumShape.NUMBERS:
        return number
    chain = (type_name, "System.Enum", "System.ValueType", "System.Object")
    return RemoteEnum(value.text, number, chain)


def serialised(item: object, nested: NestedShape) -> object:
    """What remoting makes of an object of the pipeline.

    To depth 1: the properties of an object arrive, what they hold arrives as text, also within a
    list. A property bag ([pscustomobject], or what Select-Object makes) does not count as a level:
    what it holds arrives with its properties.
    """
    if nested is NestedShape.EXPANDED or not isinstance(item, RemoteObject):
        return item
    flatten = _bagged if is_property_bag(item) else _flat
    return attrs.evolve(
        item, properties={name: flatten(value, nested) for name, value in item.properties.items()}
    )


def is_property_bag(item: RemoteObject) -> bool:
    """Whether it is a [pscustomobject] rather than an object of a .NET type."""
    return not item.type_names or PROPERTY_BAG in item.type_names


def text_of_object(item: RemoteObject) -> str:
    """The object's ToString: its own text, or the name of its type."""
    return item.text if item.text is not None else next(iter(item.type_names), "")


def _bagged(value: object, nested: NestedShape) -> object:
    if isinstance(value, (list, tuple)):
        return [_bagged(one, nested) for one in cast("Sequence[object]", value)]
    return serialised(value, nested)


def _flat(value: object, nested: NestedShape) -> object:
    if isinstance(value, RemoteEnum):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_flat(one, nested) for one in cast("Sequence[object]", value)]
    if not isinstance(value, RemoteObject):
        return value
    if is_property_bag(value):
        return serialised(value, nested)
    return (
        next(iter(value.type_names), "")
        if nested is NestedShape.TYPE_NAMES
        else text_of_object(value)
    )
