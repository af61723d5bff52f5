"""Converting an argument to the type of its parameter, as PowerShell does, with PowerShell's own messages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final, cast

from lyncops.errors import InvalidValueError
from lyncops.lab.enums import ENUM_TYPES, database_types
from lyncops.values import Fqdn, RemoteEnum, RemoteObject

_INTEGERS: Final[Mapping[str, tuple[str, int, int]]] = {
    "Int16": ("System.Int16", -(2**15), 2**15 - 1),
    "Int32": ("System.Int32", -(2**31), 2**31 - 1),
    "UInt16": ("System.UInt16", 0, 2**16 - 1),
    "UInt32": ("System.UInt32", 0, 2**32 - 1),
    "UInt64": ("System.UInt64", 0, 2**64 - 1),
}
_TIMESPAN: Final = re.compile(
    r"(?P<sign>-?)(?:(?P<d>\d+)\.)?(?P<h>\d{1,2}):(?P<m>\d{1,2})(?::(?P<s>\d{1,2})(?:\.(?P<f>\d{1,7}))?)?"
)


class CannotConvertError(Exception):
    """A value cannot become what the parameter wants; the text is PowerShell's sentence."""


def convert(value: object, type_name: str, version: str) -> object:
    """`value` as the parameter's type.

    Raises:
        CannotConvertError: PowerShell would refuse the value.
    """
    short = type_name.rsplit(".", 1)[-1].rstrip("]") if "`" not in type_name else type_name
    if type_name.endswith("[]"):
        return _convert_list(value, type_name.removesuffix("[]"), version)
    if short in _INTEGERS:
        return _to_integer(value, short)
    names = database_types(version) if short == "DatabaseNameType" else ENUM_TYPES.get(short)
    if names is not None:
        return _to_enum(value, names, short)
    converter = _CONVERTERS.get(short)
    return value if converter is None else converter(value)


def _convert_list(value: object, element: str, version: str) -> object:
    if element == "Byte":
        return _to_bytes(value)
    items: Sequence[object] = cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else (value,)
    return tuple(convert(item, element, version) for item in items)


def text_of(value: object) -> str:
    """The value as PowerShell would print it into a message."""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, (list, tuple)):
        return " ".join(text_of(item) for item in cast("Sequence[object]", value))
    return str(value)


def _to_integer(value: object, short: str) -> int:
    full, low, high = _INTEGERS[short]
    try:
        number = int(value) if isinstance(value, (bool, int, float)) else int(str(value).strip(), 10)
    except ValueError:
        message = f'Cannot convert value "{value}" to type "{full}". Error: "Input string was not in a correct format."'
        raise CannotConvertError(message) from None
    if not low <= number <= high:
        kind = "an " + short if short[0] in "IU" else short
        raise CannotConvertError(
            f'Cannot convert value "{text_of(value)}" to type "{full}". '
            f'Error: "Value was either too large or too small for {kind}."'
        )
    return number


def _to_enum(value: object, names: tuple[str, ...], short: str) -> str:
    text = str(value.text if isinstance(value, RemoteEnum) and value.text is not None else value).strip()
    if isinstance(value, int) or text.isdecimal():
        number = int(text)
        if number < len(names):
            return names[number]
    exact = [name for name in names if name.casefold() == text.casefold()]
    matches = exact or [name for name in names if text and name.casefold().startswith(text.casefold())]
    if len(matches) == 1:
        return matches[0]
    listed = ", ".join(names)
    # PowerShell 3 and later word it so (System.Management.Automation, enumerator names).
    raise CannotConvertError(
        f'Cannot convert value "{text}" to type "Microsoft.Rtc.Management.{short}". Error: "Unable to match the identifier name '
        f'{text} to a valid enumerator name. Specify one of the following enumerator names and try again:\n{listed}"'
    )


def _to_fqdn(value: object) -> Fqdn:
    text = str(value)
    try:
        return Fqdn(text)
    except InvalidValueError:
        message = (
            f'Cannot convert value "{text}" to type "Microsoft.Rtc.Management.Deploy.Fqdn". Error: "{text} is not a valid FQDN."'
        )
        raise CannotConvertError(message) from None


def _to_timespan(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int) and not isinstance(value, bool):  # ticks, as .NET's constructor takes them
        return timedelta(microseconds=value / 10)
    text = str(value).strip()
    if text.isdecimal():
        return timedelta(days=int(text))
    found = _TIMESPAN.fullmatch(text)
    if found is None or int(found["h"]) > 23 or int(found["m"]) > 59 or int(found["s"] or 0) > 59:
        raise CannotConvertError(
            f'Cannot convert value "{text}" to type "System.TimeSpan". Error: "String was not recognized as a valid TimeSpan."'
        )
    span = timedelta(
        days=int(found["d"] or 0),
        hours=int(found["h"]),
        minutes=int(found["m"]),
        seconds=int(found["s"] or 0),
        microseconds=int((found["f"] or "0").ljust(7, "0")) // 10,
    )
    return -span if found["sign"] else span


def _to_switch(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return value is not False
    if isinstance(value, RemoteObject) and isinstance(present := value.get("IsPresent"), bool):
        return present
    if isinstance(value, int):
        return bool(value)
    raise CannotConvertError(
        f'Cannot convert value "{text_of(value)}" to type "System.Management.Automation.SwitchParameter". '
        "Boolean parameters accept only Boolean values and numbers, such as $True, $False, 1 or 0."
    )


def _to_boolean(value: object) -> bool:
    if isinstance(value, (bool, int, float)):
        return bool(value)
    kind = "System.String" if isinstance(value, str) else type(value).__name__
    raise CannotConvertError(
        f'Cannot convert value "{kind}" to type "System.Boolean". '
        "Boolean parameters accept only Boolean values and numbers, such as $True, $False, 1 or 0 instead."
    )


def _to_guid(value: object) -> uuid.UUID:
    if isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(str(value))
    except ValueError:
        message = f'Cannot convert value "{value}" to type "System.Guid". Error: "Guid should contain 32 digits with 4 dashes."'
        raise CannotConvertError(message) from None


def _to_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, (list, tuple)):
        items = cast("Sequence[object]", value)
        if all(isinstance(item, int) and 0 <= item <= 255 for item in items):
            return bytes(cast("Sequence[int]", items))
    raise CannotConvertError('Cannot convert the value to type "System.Byte[]".')


def _to_action(value: object) -> str:
    return _to_enum(value, ("SilentlyContinue", "Stop", "Continue", "Inquire", "Ignore"), "ActionPreference")


_CONVERTERS: Final[Mapping[str, Callable[[object], object]]] = {
    "SwitchParameter": _to_switch,
    "Boolean": _to_boolean,
    "Fqdn": _to_fqdn,
    "TimeSpan": _to_timespan,
    "String": text_of,
    "XdsIdentity": text_of,
    "XdsGlobalRelativeIdentity": text_of,
    "RgsIdentity": text_of,
    "UserIdParameter": text_of,
    "OUIdParameter": text_of,
    "Guid": _to_guid,
    "ActionPreference": _to_action,
}
