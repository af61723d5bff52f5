"""Readers: each turns whatever shape a property arrived in into one Python type, or gives None
where it cannot. None raises.

Remoting carries the same property as text, number, enumeration or nested object, according to the
server's version and endpoint (fact: result-types), and names of several properties are not
established (fact: texts-not-known).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar, cast

from lyncops.cmdlets.kinds import parse_timespan
from lyncops.errors import InvalidValueError
from lyncops.values import DotNetVersion, Fqdn, RemoteEnum, RemoteObject, ServiceId, SiteName

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_LIST_HOLDERS: Final = ("Items", "SyncRoot", "Value", "Values")
_TEXT_HOLDERS: Final = ("Value", "Name", "Identity", "DisplayName")
_FQDN_HOLDERS: Final = ("Fqdn", "PoolFqdn", "Value", "DnsName", "Name", "Identity")
_TYPE_NAME: Final = re.compile(
    r"(?:Deserialized\.)?(?:Microsoft\.(?:Rtc|PowerShell|Management)|System)\.[\w.+`\[\],]+",
    re.ASCII,
)
# Texts that are host names by their letters, and never one: numbers, versions and addresses, and
# words of PowerShell.
_NO_NAME: Final = re.compile(
    r"(?:.*\.)?\d+|true|false|null|\$true|\$false|\$null", re.ASCII | re.IGNORECASE
)
_ROLE: Final = re.compile(r"[A-Za-z]\w*", re.ASCII)
_TRUTH: Final = {
    "true": True,
    "$true": True,
    "yes": True,
    "1": True,
    "false": False,
    "$false": False,
    "no": False,
    "0": False,
}
_WHOLE: Final = re.compile(r"\s*(-?\d{1,18})(?:\.0+)*\s*", re.ASCII)
_ISO_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d{1,9})?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_ISO_DURATION: Final = re.compile(
    r"(-?)P(?:(\d{1,8})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,8})(\.\d{1,9})?S)?)?", re.ASCII
)


def items_of(value: object) -> list[object]:
    """The items of a list in any shape: a list, an object that holds one, one bare item, or
    nothing.
    """
    if value is None:
        return []
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(cast("list[object]", value))
    if isinstance(value, RemoteObject):
        held = next(
            (
                value.get(name)
                for name in _LIST_HOLDERS
                if isinstance(value.get(name), (list, tuple))
            ),
            None,
        )
        return items_of(held) if held is not None else [value]
    return [value]


def as_text(value: object) -> str | None:
    """Text; of an object what its ToString gave, or its name."""
    if isinstance(value, (list, tuple)):
        listed = cast("list[object]", value)
        return as_text(listed[0]) if len(listed) == 1 else None
    if isinstance(value, RemoteObject):
        told = _told(value)
        return told if told is not None else as_text(value.get(*_TEXT_HOLDERS))
    if isinstance(value, datetime):
        return value.isoformat()
    return (
        None
        if value is None or isinstance(value, (bytes, Mapping)) or is_type_name(value)
        else str(value)
    )


def is_type_name(value: object) -> bool:
    """Whether a text is only the name of a type, as .NET's default ToString gives it."""
    return isinstance(value, str) and _TYPE_NAME.fullmatch(value.strip()) is not None


def _told(value: RemoteObject) -> str | None:
    """What the object's ToString gave, unless that is only the name of its type."""
    types = {name.removeprefix("Deserialized.") for name in value.type_names}
    return (
        None
        if value.text is None or value.text in types or is_type_name(value.text)
        else value.text
    )


def as_name(value: object) -> str | None:
    """A name; of an object the name that it has, before what its ToString gave. A truth is none."""
    if isinstance(value, bool):
        return None
    held = as_text(value.get("Name", "Identity")) if isinstance(value, RemoteObject) else None
    return held or as_text(value)


def as_fqdn(value: object) -> Fqdn | None:
    """An FQDN as text, behind a role (`Registrar:pool`), as an object's ToString, or as a property
    of it.
    """
    if isinstance(value, RemoteObject):
        found = (as_fqdn(value.get(name)) for name in _FQDN_HOLDERS)
        return next((name for name in found if name is not None), None) or as_fqdn(_told(value))
    return (
        None
        if isinstance(value, (bool, int, float, DotNetVersion))
        else host_in(as_text(value) or "")
    )


@functools.lru_cache(maxsize=16_384)  # the same names come again and again: each is kept once
def host_in(text: str) -> Fqdn | None:
    """The host name in a text, which may have a role before it (`Registrar:pool`) and a port behind
    it (`fe1:4443`).
    """
    name = _words_before_port(text)[-1]
    try:
        return None if _NO_NAME.fullmatch(name) or is_type_name(name) else Fqdn(name)
    except InvalidValueError:
        return None


def _words_before_port(text: str) -> list[str]:
    words = [word.strip() for word in text.split(":")]
    return words[:-1] if len(words) > 1 and words[-1].isdecimal() else words


def as_site(value: object) -> SiteName | None:
    """A site's bare name."""
    text = None if isinstance(value, (int, float, DotNetVersion)) else as_name(value)
    if text is None or _NO_NAME.fullmatch(text.strip()):
        return None
    try:
        return SiteName(text)
    except InvalidValueError:
        return None


def service_of(role: str) -> Callable[[object], ServiceId | None]:
    """A reader of service identities; a bare FQDN means the service of this role there (of no role:
    it is none).
    """

    def read(value: object) -> ServiceId | None:
        *prefix, pool = _words_before_port(as_name(value) or "")
        host = host_in(pool)
        if prefix and prefix[0].casefold() == "service":
            del prefix[0]
        found = prefix[0] if prefix else role
        return (
            ServiceId(found, host) if host and not prefix[1:] and _ROLE.fullmatch(found) else None
        )

    return read


def as_bool(value: object) -> bool | None:
    """True or False, also as text or number."""
    if isinstance(value, bool):
        return value
    text = as_text(value)
    return _TRUTH.get(text.strip().casefold()) if text is not None else None


def as_int(value: object) -> int | None:
    """A whole number, also as text, as the number of an enumeration, or as a version of which all
    else is zero.
    """
    if isinstance(value, RemoteEnum) and value.number is not None:
        return value.number
    if isinstance(value, DotNetVersion):
        return None if any(value.parts[1:]) else value.parts[0]
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    text = as_text(value)
    found = _WHOLE.fullmatch(text) if text is not None and not isinstance(value, bool) else None
    return int(found[1]) if found else None


def as_datetime(value: object) -> datetime | None:
    """A time with zone; one that came without is taken for UTC.

    .NET's MinValue, which means never, gives None.
    """
    if isinstance(value, RemoteObject):
        held = value.get("DateTime", "Value")
        return as_datetime(
            held if isinstance(held, (str, datetime)) and as_datetime(held) else _told(value)
        )
    if isinstance(value, str):
        value = _parse_time(value)
    if not isinstance(value, datetime) or value.year == 1:
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def _parse_time(text: str) -> datetime | None:
    found = _ISO_TIME.fullmatch(text.strip())
    if found is None:
        return None
    day, fraction, zone = found.groups()
    try:
        return datetime.fromisoformat(f"{day}{(fraction or '')[:7]}{zone or ''}")
    except ValueError:
        return None


def as_timedelta(value: object) -> timedelta | None:
    """A duration, also as `hh:mm:ss`, `d.hh:mm:ss`, `PT2M`, or an object with its ticks."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, RemoteObject):
        ticks = as_int(value.get("Ticks"))  # of 100 ns
        return (
            timedelta(microseconds=ticks / 10) if ticks is not None else as_timedelta(_told(value))
        )
    if not isinstance(value, str):
        return None
    iso = _ISO_DURATION.fullmatch(value.strip())
    try:
        return (
            _iso_duration(iso)
            if iso is not None and iso[0][-1] not in "PT"
            else parse_timespan(value)
        )
    except InvalidValueError:
        return None


def _iso_duration(found: re.Match[str]) -> timedelta:
    days, hours, minutes, seconds = (int(found[group] or 0) for group in range(2, 6))
    length = timedelta(
        days=days, hours=hours, minutes=minutes, seconds=seconds + float(found[6] or 0)
    )
    return -length if found[1] else length


def word_of(words: type[E], *, first: int | None = None) -> Callable[[object], E | None]:
    """A reader of an enumeration, in any letter case, or by number.

    Text wins where both are there. A number is known only where its meaning is documented, as it is
    for .NET's own enumerations: it counts in the order of `words` from `first`. Lync's enumerations
    say nothing of their numbers, so that one alone is unread.
    """
    by_text = {word.value.casefold(): word for word in words}
    by_number = dict[int, E]() if first is None else dict(enumerate(words, start=first))

    def read(value: object) -> E | None:
        text = as_text(value)
        known = by_text.get(text.strip().casefold()) if text is not None else None
        number = as_int(_number_in(value))
        return known if known is not None or number is None else by_number.get(number)

    return read


def _number_in(value: object) -> object:
    """What could be the number of an enumeration's word.

    One that has a word too goes by the word alone.
    """
    if isinstance(value, RemoteEnum):
        return value.number if value.text is None else value.text
    return (
        value.get("value__", "Value")
        if isinstance(value, RemoteObject) and value.text is None
        else value
    )


def several(reader: Callable[[object], T | None]) -> Callable[[object], tuple[T, ...] | None]:
    """A reader of lists: the items that `reader` can read, in order.

    One bare item is a list too, and so is `{a, b}` or `a, b`.
    """

    def read(value: object) -> tuple[T, ...] | None:
        # A distinguished name has commas of its own, and equals signs.
        listed = (
            [word.strip() for word in value.strip("{} ").split(",")]
            if isinstance(value, str) and "=" not in value
            else None
        )
        return tuple(
            found
            for found in map(reader, filter(None, listed) if listed else items_of(value))
            if found is not None
        )

    return read
