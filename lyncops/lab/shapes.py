"""Building the objects that cmdlets return, as remoting delivers them: deserialised type names, enumerations, letter case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import attrs

from lyncops.lab.enums import RESULT_ENUMS
from lyncops.lab.switches import EnumShape, NameCase, Switches
from lyncops.values import RemoteEnum, RemoteObject


@attrs.frozen(slots=True)
class EnumValue:
    """A value of one of the `RESULT_ENUMS`, to be rendered as the switches say."""

    kind: str
    text: str


def build(
    switches: Switches, type_name: str, properties: Mapping[str, object], *, text: str | None = None, bases: Sequence[str] = ()
) -> RemoteObject:
    """An object of that .NET type. Tuples become lists; None stays None."""
    chain = (type_name, *bases, "System.Object")
    return RemoteObject(
        properties={_case(switches, name): _render(switches, value) for name, value in properties.items()},
        type_names=tuple(f"Deserialized.{name}" for name in chain),
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
    return RemoteEnum(value.text, number, tuple(f"Deserialized.{name}" for name in chain))
