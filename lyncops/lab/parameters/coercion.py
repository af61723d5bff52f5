"""Converting an argument to the type of its parameter, as PowerShell does, with PowerShell's own
messages.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final, cast

from lyncops.errors import InvalidValueError
from lyncops.lab.parameters.enums import ENUM_TYPES, database_types
from lyncops.values import Fqdn, RemoteEnum, RemoteObject

_INTEGERS: Final[Mapping[str, tuple[str, int, int]]] = {
    "Byte": ("System.Byte", 0, 2**8 - 1),
    "Int16": ("System.Int16", -(2**15), 2**15 - 1),
    "Int32": ("System.Int32", -(2**31), 2**31 - 1),
    "UInt16": ("System.UInt16", 0, 2**16 - 1),
    "UInt32": ("System.UInt32", 0, 2**32 - 1),
    "UInt64": ("System.UInt64", 0, 2**64 - 1),
}
_HEXADECIMAL: Final = re.compile(r"[+-]?0[xX][0-9a-fA-F]+")
_TIMESPAN: Final = re.compile(
    r"(?P<sign>-?)(?:(?P<d>\d+)(?:\.|:(?=\d{1,2}:\d{1,2}:)))?(?P<h>\d{1,2}):(?P<m>\d{1,2})(?::(?P<s>\d{1,2})(?:\.(?P<f>\d{1,7}))?)?"
)
_IDENTITY: Final = "Microsoft.Rtc.Management.Xds.XdsIdentity"
_LAST_HOUR: Final = 23
_ANYTHING: Final = frozenset({"Object", "PSObject"})
ACTIONS: Final = ("SilentlyContinue", "Stop", "Continue", "Inquire", "Ignore", "Suspend")
"""System.Management.Automation.ActionPreference of PowerShell 3 to 5.1, in the order of its
numbers; `Break` came with 7
(https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_commonparameters).
"""


class CannotConvertError(Exception):
    """A value cannot become what the parameter wants; the text is PowerShell's sentence."""

    error_id = "CannotConvertArgumentNoMessage"


class NoConversionError(CannotConvertError):
    """PowerShell does not even try: a list for one value, a text for a Boolean."""

    error_id = "CannotConvertArgument"


def convert(value: object, type_name: str, version: str) -> object:
    """`value`, which is not null, as the parameter's type.

    Raises:
        CannotConvertError: PowerShell would refuse the value.
    """
    short = short_name(type_name)
    if type_name.endswith("[]"):
        return _convert_list(value, type_name.removesuffix("[]"), version)
    names = _enumerators(short, version)
    if names is not None:
        return _to_enum(value, names, short)
    if short in _ANYTHING:
        return value
    if short in _LOGICAL:
        return _LOGICAL[short](value)
    if _is_list(value) and _takes_one(short):
        raise NoConversionError(
            f"Cannot convert '{text_of(value)}' to the type '{_full(short)}'. Specified method is"
            " not supported."
        )
    if short in _INTEGERS:
        return _to_integer(value, short)
    converter = _CONVERTERS.get(short)
    return value if converter is None else converter(value)


def short_name(type_name: str) -> str:
    """The last part of a .NET type's name; that of a generic type stays whole."""
    return type_name.rsplit(".", 1)[-1].rstrip("]") if "`" not in type_name else type_name


def is_nullable(type_name: str, version: str) -> bool:
    """Whether a parameter of this type takes null: classes and arrays do, value types do not."""
    short = short_name(type_name)
    if type_name.endswith("[]"):
        return True
    return (
        short not in {*_INTEGERS, "Boolean", "TimeSpan", "Guid"}
        and _enumerators(short, version) is None
    )


def _enumerators(short: str, version: str) -> tuple[str, ...] | None:
    if short == "ActionPreference":
        return ACTIONS
    return database_types(version) if short == "DatabaseNameType" else ENUM_TYPES.get(short)


def _is_list(value: object) -> bool:
    return isinstance(value, (list, tuple, bytes))


def _takes_one(short: str) -> bool:
    return short in _INTEGERS or short in _CONVERTERS


def _full(short: str) -> str:
    full = {"Fqdn": "Microsoft.Rtc.Management.Deploy.Fqdn"} | {
        name: entry[0] for name, entry in _INTEGERS.items()
    }
    return full.get(short, f"System.{short}")


def _convert_list(value: object, element: str, version: str) -> object:
    if element == "Byte" and isinstance(value, bytes):
        return value
    items: Sequence[object] = (
        cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else (value,)
    )
    converted = tuple(None if item is None else convert(item, element, version) for item in items)
    return bytes(cast("tuple[int, ...]", converted)) if element == "Byte" else converted


def text_of(value: object) -> str:
    """The value as PowerShell would print it into a message."""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, (list, tuple)):
        return " ".join(text_of(item) for item in cast("Sequence[object]", value))
    return str(value)


def _to_integer(value: object, short: str) -> int:
    full, low, high = _INTEGERS[short]
    number = _whole(value)
    if number is None:
        message = (
            f'Cannot convert value "{text_of(value)}" to type "{full}". Error: "Input string was'
            ' not in a correct format."'
        )
        raise CannotConvertError(message)
    if not low <= number <= high:
        kind = (
            "an unsigned byte" if short == "Byte" else f"{'an' if short[0] == 'I' else 'a'} {short}"
        )
        text = f'Cannot convert value "{text_of(value)}" to type "{full}". '
        raise CannotConvertError(
            f'{text}Error: "Value was either too large or too small for {kind}."'
        )
    return number


def _whole(value: object) -> int | None:
    """PowerShell reads decimal, hexadecimal and scientific notation, an empty text as 0, and rounds
    half to even.
    """
    if isinstance(value, (bool, int)):
        return int(value)
    if isinstance(value, RemoteEnum) and value.number is not None:
        return value.number
    text = text_of(value).strip()
    if not text:
        return 0
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    try:
        return int(Decimal(text).quantize(Decimal(1), ROUND_HALF_EVEN))
    except (InvalidOperation, ValueError, OverflowError):
        return None


def _to_enum(value: object, names: tuple[str, ...], short: str) -> str:
    if isinstance(value, bool):
        raise CannotConvertError(
            f'Cannot convert value "{text_of(value)}" to type "{_enum_type(short)}". '
            f"Error: \"Invalid cast from 'System.Boolean' to '{_enum_type(short)}'.\""
        )
    if isinstance(value, (list, tuple)):  # PowerShell reads a list as names with commas between
        return _to_enum(
            ",".join(text_of(one) for one in cast("Sequence[object]", value)), names, short
        )
    text = str(
        value.text if isinstance(value, RemoteEnum) and value.text is not None else value
    ).strip()
    number = 0
    for part in text.split(","):
        number |= _enumerator(part.strip(), names, short)
    if number >= len(names):
        raise CannotConvertError(
            f'Cannot convert value "{text}" to type "{_enum_type(short)}" due to enumeration values'
            " that are not valid. Specify one of the following enumeration values and try again."
            f' The possible values are "{",".join(names)}".'
        )
    return names[number]


def _enumerator(text: str, names: tuple[str, ...], short: str) -> int:
    if text.isdecimal():
        return int(text)
    exact = [at for at, name in enumerate(names) if name.casefold() == text.casefold()]
    matches = exact or [
        at for at, name in enumerate(names) if text and name.casefold().startswith(text.casefold())
    ]
    if len(matches) == 1:
        return matches[0]
    # PowerShell 3 and later word it so (System.Management.Automation, enumerator names).
    raise CannotConvertError(
        f'Cannot convert value "{text}" to type "{_enum_type(short)}". Error: "Unable to match the'
        f" identifier name {text} to a valid enumerator name. Specify one of the following"
        f' enumerator names and try again:\n{", ".join(names)}"'
    )


def _enum_type(short: str) -> str:
    if short == "ActionPreference":
        return f"System.Management.Automation.{short}"
    return f"Microsoft.Rtc.Management.{short}"


def _to_fqdn(value: object) -> Fqdn:
    text = _to_text_of_object(value)
    try:
        return Fqdn(text)
    except InvalidValueError:
        message = (
            f'Cannot convert value "{text}" to type "Microsoft.Rtc.Management.Deploy.Fqdn". Error:'
            f' "{text} is not a valid FQDN."'
        )
        raise CannotConvertError(message) from None


def _to_text_of_object(value: object) -> str:
    """A class that is made from text, such as an identity or an Fqdn; it takes no empty one, and no
    Boolean.
    """
    text = text_of(value)
    if isinstance(value, bool) or not text:
        error = (
            f"Invalid cast from 'System.Boolean' to '{_IDENTITY}'."
            if text
            else "Value cannot be null."
        )
        raise CannotConvertError(
            f'Cannot convert value "{text}" to type "{_IDENTITY}". Error: "{error}"'
        )
    return text


def _to_table(value: object) -> object:
    if isinstance(value, Mapping):
        return cast("object", value)
    raise CannotConvertError(
        f'Cannot convert the "{text_of(value)}" value to type "System.Collections.Hashtable".'
    )


def _to_credential(value: object) -> object:
    if isinstance(value, RemoteObject):
        return value
    raise CannotConvertError(
        'Cannot convert the value to type "System.Management.Automation.PSCredential".'
    )


def _to_timespan(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    # Ticks, as .NET's constructor takes them
    if isinstance(value, int) and not isinstance(value, bool):
        return timedelta(microseconds=value / 10)
    text = str(value).strip()
    if text.isdecimal():
        return timedelta(days=int(text))
    found = _TIMESPAN.fullmatch(text)
    if (
        found is not None
        and found["d"] is None
        and found["s"]
        and not found["f"]
        and int(found["h"]) > _LAST_HOUR
    ):
        found = _TIMESPAN.fullmatch(f"{text}:00")  # .NET reads 25:00:00 as 25 days
    if (
        found is None
        or int(found["h"]) > _LAST_HOUR
        or int(found["m"]) > 59
        or int(found["s"] or 0) > 59
    ):
        raise CannotConvertError(
            f'Cannot convert value "{text}" to type "System.TimeSpan". Error: "String was not'
            ' recognized as a valid TimeSpan."'
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
    if isinstance(value, RemoteObject) and isinstance(present := value.get("IsPresent"), bool):
        return present
    return _logical(value, "System.Management.Automation.SwitchParameter")


def _to_boolean(value: object) -> bool:
    return _logical(value, "System.Boolean")


def _logical(value: object, wanted: str) -> bool:
    if isinstance(value, (bool, int, float, Decimal)):
        return bool(value)
    given = "System.String" if isinstance(value, str) else type(value).__name__
    raise NoConversionError(
        f"Cannot convert '{given}' to the type '{wanted}' required by the parameter."
    )


_LOGICAL: Final[Mapping[str, Callable[[object], object]]] = {
    "SwitchParameter": _to_switch,
    "Boolean": _to_boolean,
}


def _to_guid(value: object) -> uuid.UUID:
    if isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(str(value))
    except ValueError:
        message = (
            f'Cannot convert value "{value}" to type "System.Guid". Error: "Guid should contain 32'
            ' digits with 4 dashes."'
        )
        raise CannotConvertError(message) from None


_CONVERTERS: Final[Mapping[str, Callable[[object], object]]] = {
    "Fqdn": _to_fqdn,
    "TimeSpan": _to_timespan,
    "String": text_of,
    "XdsIdentity": _to_text_of_object,
    "XdsGlobalRelativeIdentity": _to_text_of_object,
    "RgsIdentity": _to_text_of_object,
    "UserIdParameter": _to_text_of_object,
    "OUIdParameter": _to_text_of_object,
    "Guid": _to_guid,
    "Hashtable": _to_table,
    "PSCredential": _to_credential,
}
