"""The PowerShell types that parameters have: how a Python value is checked and brought into its one
form.
"""

from __future__ import annotations

import base64
import binascii
import enum
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Generic, TypeVar, cast

import attrs

from lyncops.errors import InvalidValueError
from lyncops.values import Fqdn, ServiceId, SiteName

T = TypeVar("T")
E = TypeVar("E", bound=enum.StrEnum)

_TIMESPAN: Final = re.compile(
    r"(?P<sign>-?)(?:(?P<days>\d{1,8})\.)?(?P<hours>\d{1,2}):(?P<minutes>[0-5]?\d)(?::(?P<seconds>[0-5]?\d)(?:\.(?P<fraction>\d{1,7}))?)?",
    re.ASCII,
)
_SERVICE_PREFIX: Final = "service:"


@attrs.frozen(slots=True, eq=False)
class Kind(Generic[T]):
    """A type of parameter.

    `convert` gives the checked value, or raises InvalidValueError with one clear sentence.

    `convert` also takes the value as text where a saved plan or a command line has it so:
    timespans, enumerations, bytes (base64).
    """

    powershell: str
    convert: Callable[[object], T]
    words: tuple[str, ...] = ()  # of an enumeration


def _text(value: object) -> str:
    if isinstance(value, enum.Enum) or not isinstance(value, str):
        raise InvalidValueError(f"{value!r} is not text.", remedy="Give a str.")
    if not value.strip():
        raise InvalidValueError(
            "The text is empty.", remedy="Leave the parameter out, or give it a value."
        )
    return value


def _fqdn(value: object) -> str:
    return Fqdn(_text(value))


def _site(value: object) -> str:
    return SiteName(_text(value))


def _number_as_text(value: object) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)


def _texts(value: object) -> tuple[str, ...]:
    values = (
        (value,)
        if isinstance(value, str) or not isinstance(value, (list, tuple))
        else cast("list[object]", value)
    )
    if not values:
        raise InvalidValueError(
            "The list is empty.", remedy="Leave the parameter out, or give it a value."
        )
    return tuple(_text(item) for item in values)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidValueError(f"{value!r} is neither True nor False.", remedy="Give a bool.")
    return value


def _integer(lowest: int, highest: int) -> Callable[[object], int]:
    def convert(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise InvalidValueError(
                f"{value!r} is not a whole number from {lowest} to {highest}.",
                remedy="Give an int.",
            )
        return value

    return convert


def parse_timespan(text: str) -> timedelta:
    """Read a TimeSpan as PowerShell writes it: `hh:mm:ss`, with days as `d.hh:mm:ss` and fractions
    of a second.

    Raises:
        InvalidValueError: the text is not a TimeSpan.
    """
    found = _TIMESPAN.fullmatch(text.strip())
    if found is None or int(found["hours"]) > 23:
        raise InvalidValueError(
            f"{text!r} is not a duration.", remedy="Write it as hh:mm:ss, for example 00:02:00."
        )
    length = timedelta(
        days=int(found["days"] or 0),
        hours=int(found["hours"]),
        minutes=int(found["minutes"]),
        seconds=int(found["seconds"] or 0),
        microseconds=int((found["fraction"] or "").ljust(7, "0")[:6]),
    )
    return -length if found["sign"] else length


def format_timespan(length: timedelta) -> str:
    """Write a TimeSpan as PowerShell reads it, `00:02:00` or `1.00:00:00`."""
    minutes, seconds = divmod(abs(length).seconds, 60)
    days = f"{abs(length).days}." if abs(length).days else ""
    fraction = f".{abs(length).microseconds:06d}" if abs(length).microseconds else ""
    sign = "-" if length < timedelta() else ""
    return f"{sign}{days}{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}{fraction}"


def timespan(
    lowest: timedelta = timedelta(), highest: timedelta = timedelta.max
) -> Kind[timedelta]:
    """A TimeSpan within a documented range; never negative."""

    def convert(value: object) -> timedelta:
        length = parse_timespan(value) if isinstance(value, str) else value
        if not isinstance(length, timedelta):
            raise InvalidValueError(f"{value!r} is not a duration.", remedy="Give a timedelta.")
        if not lowest <= length <= highest:
            limit = (
                f"from {format_timespan(lowest)} to {format_timespan(highest)}"
                if highest < timedelta.max
                else "zero or more"
            )
            raise InvalidValueError(
                f"{format_timespan(length)} is not allowed: it must be {limit}.",
                remedy="Choose another.",
            )
        return length

    return Kind("TimeSpan", convert)


def _bytes(value: object) -> bytes:
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise InvalidValueError("The text is not base64.", remedy="Give bytes.") from error
    if not isinstance(value, bytes):
        raise InvalidValueError(f"{value!r} is not a sequence of bytes.", remedy="Give bytes.")
    return value


def _guid(value: object) -> str:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError as error:
        raise InvalidValueError(
            f"{value!r} is not a GUID.", remedy="Write its 32 hexadecimal digits."
        ) from error


def choice(powershell: str, words: type[E]) -> Kind[E]:
    """One word of an enumeration, given as its member or as the server's word in any letter
    case.
    """

    def convert(value: object) -> E:
        found = next(
            (
                word
                for word in words
                if isinstance(value, str) and word.value.casefold() == value.casefold()
            ),
            None,
        )
        if found is None or (isinstance(value, enum.Enum) and not isinstance(value, words)):
            raise InvalidValueError(
                f"{value!r} is not one of {', '.join(words)}.", remedy="Choose one of them."
            )
        return found

    return Kind(powershell, convert, tuple(words))


def service(powershell: str, *roles: str) -> Kind[str]:
    """The identity of a service of one of the roles, `EdgeServer:edge.contoso.com`.

    A bare pool name gets the first role in front: the cmdlets allow to omit it, but a person who
    reads the plan should see it. Another role is refused: Microsoft's page once advised giving
    Set-CsEdgeServer the Front End pool (fact: edge-identity).
    """

    def convert(value: object) -> str:
        text = str(value) if isinstance(value, ServiceId) else _text(value).strip()
        found = ServiceId.parse(text) if ":" in text else ServiceId(roles[0], Fqdn(text))
        role = next((role for role in roles if role.casefold() == found.role.casefold()), None)
        if role is None:
            wanted = f"{roles[0]}:{found.pool}"
            raise InvalidValueError(
                f"{text!r} is not a service with role {' or '.join(roles)}.",
                remedy=f"Did you mean {wanted}?",
            )
        return str(ServiceId(role, found.pool))

    return Kind(powershell, convert)


def clearable(kind: Kind[str]) -> Kind[str]:
    """The same kind, where an empty text means to clear the property (`-FederationRoute $null`, see
    Set-CsSite).
    """

    def convert(value: object) -> str:
        return "" if value == "" else kind.convert(value)

    return Kind(kind.powershell, convert)


def _scoped_identity(value: object) -> str:
    return f"Service:{value}" if isinstance(value, ServiceId) else _text(value)


def _response_group_owner(value: object) -> str:
    text = str(value) if isinstance(value, ServiceId) else _text(value).strip()
    bare = text[len(_SERVICE_PREFIX) :] if text.casefold().startswith(_SERVICE_PREFIX) else text
    return f"{_SERVICE_PREFIX}{service('RgsIdentity', 'ApplicationServer').convert(bare)}"


FQDN: Final = Kind[str]("Fqdn", _fqdn)
STRING: Final = Kind[str]("String", _text)
# The reference says String, the text a computer's or pool's FQDN
FQDN_STRING: Final = Kind[str]("String", _fqdn)
SITE_STRING: Final = Kind[str]("String", _site)  # Get-CsPool -Site wants the bare name too
STRINGS: Final = Kind[tuple[str, ...]]("String[]", _texts)
SWITCH: Final = Kind[bool]("SwitchParameter", _flag)
BOOLEAN: Final = Kind[bool]("Boolean", _flag)
INT16: Final = Kind[int]("Int16", _integer(-(2**15), 2**15 - 1))
INT32: Final = Kind[int]("Int32", _integer(-(2**31), 2**31 - 1))
UINT16: Final = Kind[int]("UInt16", _integer(0, 2**16 - 1))
UINT32: Final = Kind[int]("UInt32", _integer(0, 2**32 - 1))
UINT64: Final = Kind[int]("UInt64", _integer(0, 2**64 - 1))
UNLIMITED: Final = Kind[int]("Unlimited`1[UInt32]", _integer(0, 2**32 - 1))
TIMESPAN: Final = timespan()
BYTES: Final = Kind[bytes]("Byte[]", _bytes)
GUID: Final = Kind[str]("Guid", _guid)
IDENTITY: Final = Kind[str]("XdsIdentity", _scoped_identity)
GLOBAL_IDENTITY: Final = Kind[str]("XdsGlobalRelativeIdentity", _number_as_text)
SITE: Final = Kind[str]("XdsGlobalRelativeIdentity", _site)
USER: Final = Kind[str]("UserIdParameter", _text)
ORGANIZATIONAL_UNIT: Final = Kind[str]("OUIdParameter", _text)
RESPONSE_GROUP_OWNER: Final = Kind[str]("RgsIdentity", _response_group_owner)
AUTHENTICATION: Final = Kind[str]("AuthenticationMechanism", _text)  # its words are not established
