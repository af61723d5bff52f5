"""CLIXML, PowerShell's object notation: `RemoteObject` and its kin written and read.

Written here, not by psrpcore, so that client and lab can disagree, and because a list of objects is
written some ten times faster. Type names come before an enum's value, strings are escaped as
`_x000A_`, as Windows writes them.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, cast
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import attrs

from lyncops.lab.wire.xmltext import MalformedXmlError, parse_xml
from lyncops.values import DotNetVersion, RemoteEnum, RemoteObject

_ESCAPED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\U00010000-\U0010ffff]|_(?=x[0-9A-Fa-f]{4}_)"
)
_UNESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_FRACTION: Final = re.compile(r"\.(\d+)")
_TIMESPAN: Final = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_INT32: Final = 2**31
_CUSTOM_OBJECT: Final = "System.Management.Automation.PSCustomObject"
_LIST_TYPES: Final = ("System.Collections.ArrayList", "System.Object")
_ARRAY_TYPES: Final = ("System.Object[]", "System.Array", "System.Object")
_DICT_TYPES: Final = ("System.Collections.Hashtable", "System.Object")
_ENUM_BASES: Final = ("System.Enum", "System.ValueType", "System.Object")


class MalformedClixmlError(Exception):
    """A value cannot be read from, or written as, CLIXML."""


class UInt32(int):
    """A number that readers insist on seeing as UInt32."""


class Int64(int):
    """A number that readers insist on seeing as Int64, however small."""


@attrs.frozen(slots=True)
class ExtendedObject:
    """An object whose properties are extended ones (`MS`), as PowerShell's own records and messages
    have them.
    """

    properties: Mapping[str, object]
    type_names: tuple[str, ...] = ()
    text: str | None = None


def _escape_one(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"_x{units[at]:02X}{units[at + 1]:02X}_" for at in range(0, len(units), 2))


def escape_text(text: str) -> str:
    """A string as CLIXML content."""
    return escape(_ESCAPED.sub(_escape_one, text))


def unescape_text(text: str) -> str:
    """The string that CLIXML content represents."""
    if "_x" not in text:
        return text
    units = _UNESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _timespan(value: timedelta) -> str:
    microseconds = value // timedelta(microseconds=1)
    sign, microseconds = ("-" if microseconds < 0 else ""), abs(microseconds)
    seconds, fraction = divmod(microseconds, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    date = f"{days}D" if days else ""
    time = f"{f'{hours}H' if hours else ''}{f'{minutes}M' if minutes else ''}"
    if seconds or fraction:
        time += f"{seconds}.{fraction:06d}0S" if fraction else f"{seconds}S"
    return f"{sign}P{date}T{time}" if time or not date else f"{sign}P{date}"


def _datetime(value: datetime) -> str:
    text = value.replace(tzinfo=None).isoformat(timespec="microseconds") + "0"
    offset = value.utcoffset()
    if offset is None:
        return text
    if not offset:
        return f"{text}Z"
    sign, minutes = ("-" if offset < timedelta() else "+"), abs(offset) // timedelta(minutes=1)
    return f"{text}{sign}{minutes // 60:02d}:{minutes % 60:02d}"


class ClixmlWriter:
    """Writes one document: reference ids and the types already named belong to a document."""

    def __init__(self) -> None:
        self._objects = 0
        self._types: dict[tuple[str, ...], int] = {}

    def value(self, value: object, name: str | None = None) -> str:
        """One value as XML, with the name of the property that it is.

        Raises:
            MalformedClixmlError: there is no CLIXML for such a value.
        """
        attribute = "" if name is None else f' N="{escape(escape_text(name), {chr(34): "&quot;"})}"'
        if value is None:
            return f"<Nil{attribute} />"
        if isinstance(value, str):
            return f"<S{attribute}>{escape_text(value)}</S>"
        if isinstance(value, bool):
            return f"<B{attribute}>{'true' if value else 'false'}</B>"
        if isinstance(value, int):
            tag = (
                "U32"
                if isinstance(value, UInt32)
                else "I32"
                if -_INT32 <= value < _INT32 and not isinstance(value, Int64)
                else "I64"
            )
            return f"<{tag}{attribute}>{value}</{tag}>"
        if isinstance(value, RemoteObject):
            return self._remote_object(value, attribute)
        if isinstance(value, RemoteEnum):
            return self._enum(value, attribute)
        return self._scalar(value, attribute)

    def _scalar(self, value: object, attribute: str) -> str:
        if isinstance(value, float):
            return f"<Db{attribute}>{value!r}</Db>"
        if isinstance(value, Decimal):
            return f"<D{attribute}>{value}</D>"
        if isinstance(value, datetime):
            return f"<DT{attribute}>{_datetime(value)}</DT>"
        if isinstance(value, timedelta):
            return f"<TS{attribute}>{_timespan(value)}</TS>"
        if isinstance(value, DotNetVersion):
            return f"<Version{attribute}>{value}</Version>"
        if isinstance(value, uuid.UUID):
            return f"<G{attribute}>{value}</G>"
        if isinstance(value, bytes):
            return f"<BA{attribute}>{base64.b64encode(value).decode()}</BA>"
        return self._collection(value, attribute)

    def _collection(self, value: object, attribute: str) -> str:
        if isinstance(value, ExtendedObject):
            return self._extended(value, attribute)
        if isinstance(value, list | tuple):
            head = f"<Obj{attribute}{self._reference()}>"
            head += self._type_names(_LIST_TYPES if isinstance(value, list) else _ARRAY_TYPES)
            items = cast("Sequence[object]", value)
            return f"{head}<LST>{''.join(map(self.value, items))}</LST></Obj>"
        if isinstance(value, Mapping):
            head = f"<Obj{attribute}{self._reference()}>{self._type_names(_DICT_TYPES)}"
            mapping = cast("Mapping[object, object]", value)
            entries = (
                f"<En>{self.value(key, 'Key')}{self.value(one, 'Value')}</En>"
                for key, one in mapping.items()
            )
            return f"{head}<DCT>{''.join(entries)}</DCT></Obj>"
        raise MalformedClixmlError(f"{value!r} cannot be written as CLIXML.")

    def _reference(self) -> str:
        reference = f' RefId="{self._objects}"'
        self._objects += 1
        return reference

    def _type_names(self, names: tuple[str, ...]) -> str:
        """The type names of an object, named once in a document and referred to afterwards."""
        if not names:
            return ""
        known = self._types.get(names)
        if known is not None:
            return f'<TNRef RefId="{known}" />'
        self._types[names] = len(self._types)
        listed = "".join(f"<T>{escape_text(one)}</T>" for one in names)
        return f'<TN RefId="{len(self._types) - 1}">{listed}</TN>'

    def _enum(self, value: RemoteEnum, attribute: str) -> str:
        names = value.type_names
        full = names if names[-len(_ENUM_BASES) :] == _ENUM_BASES else (*names, *_ENUM_BASES)
        head = f"<Obj{attribute}{self._reference()}>{self._type_names(full)}"
        return (
            f"{head}<ToString>{escape_text(str(value))}</ToString><I32>{value.number or 0}</I32>"
            f"</Obj>"
        )

    def _extended(self, value: ExtendedObject, attribute: str) -> str:
        head = f"<Obj{attribute}{self._reference()}>{self._type_names(value.type_names)}"
        text = "" if value.text is None else f"<ToString>{escape_text(value.text)}</ToString>"
        return (
            f"{head}{text}"
            f"<MS>{''.join(self.value(one, key) for key, one in value.properties.items())}"
            f"</MS></Obj>"
        )

    def _remote_object(self, value: RemoteObject, attribute: str) -> str:
        head = f"<Obj{attribute}{self._reference()}>{self._type_names(value.type_names)}"
        text = "" if value.text is None else f"<ToString>{escape_text(value.text)}</ToString>"
        adapted = bool(value.type_names) and _CUSTOM_OBJECT not in value.type_names
        tag = "Props" if adapted else "MS"
        body = "".join(self.value(one, key) for key, one in value.properties.items())
        return (
            f"{head}{text}<{tag}>{body}</{tag}></Obj>"
            if body or not adapted
            else f"{head}{text}</Obj>"
        )


def write(value: object) -> str:
    """One value as a CLIXML document."""
    return ClixmlWriter().value(value)


def _read_datetime(text: str) -> datetime:
    """A DT; .NET gives seven digits of a second, Python takes six."""
    shortened = _FRACTION.sub(lambda match: f".{match[1][:6]:0<6}", text.strip())
    return datetime.fromisoformat(shortened)


def _read_timespan(text: str) -> timedelta:
    match = _TIMESPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    days, hours, minutes, seconds = (float(part) if part else 0.0 for part in match.groups()[1:])
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if match[1] else span


_SIMPLE: Final[Mapping[str, Callable[[str], object]]] = {
    "S": unescape_text,
    "URI": unescape_text,
    "XD": unescape_text,
    "SBK": unescape_text,
    "C": lambda text: chr(int(text)),
    "B": lambda text: text.strip().lower() == "true",
    **dict.fromkeys(("I32", "I64", "I16", "SB", "By", "U16", "U32", "U64"), int),
    "Db": float,
    "Sg": float,
    "D": Decimal,
    "DT": _read_datetime,
    "TS": _read_timespan,
    "Version": DotNetVersion.parse,
    "G": uuid.UUID,
    "BA": base64.b64decode,
}


class _Reader:
    def __init__(self) -> None:
        self._objects: dict[str, object] = {}
        self._types: dict[str, tuple[str, ...]] = {}

    def value(self, element: ET.Element) -> object:
        if element.tag == "Nil":
            return None
        if element.tag == "Ref":
            return self._objects.get(element.get("RefId", ""))
        if element.tag == "Obj":
            found = self._object(element)
            self._objects[element.get("RefId", "")] = found
            return found
        convert = _SIMPLE.get(element.tag)
        if convert is None:
            raise MalformedClixmlError(f"A value of the kind {element.tag} is not understood here.")
        try:
            return convert(element.text or "")
        except (ValueError, ArithmeticError) as error:
            raise MalformedClixmlError(
                f"{element.text!r} is not a value of the kind {element.tag}."
            ) from error

    def _type_names(self, element: ET.Element) -> tuple[str, ...]:
        names = element.find("TN")
        if names is not None:
            found = tuple(one.text or "" for one in names.iterfind("T"))
            self._types[names.get("RefId", "")] = found
            return found
        reference = element.find("TNRef")
        return () if reference is None else self._types.get(reference.get("RefId", ""), ())

    def _object(self, element: ET.Element) -> object:
        types = self._type_names(element)
        text = element.find("ToString")
        shown = None if text is None else unescape_text(text.text or "")
        properties: dict[str, object] = {}
        plain: list[object] = []
        for child in element:
            if child.tag in {"MS", "Props"}:
                properties.update(
                    {unescape_text(one.get("N", "")): self.value(one) for one in child}
                )
            elif child.tag in {"LST", "IE", "QUE", "STK"}:
                return [self.value(one) for one in child]
            elif child.tag == "DCT":
                return dict(self._entry(entry) for entry in child)
            elif child.tag not in {"TN", "TNRef", "ToString"}:
                plain.append(self.value(child))
        if plain and not properties:
            number = plain[0]
            return (
                RemoteEnum(shown, number, types)
                if "System.Enum" in types and isinstance(number, int)
                else number
            )
        return RemoteObject(properties, types, shown)

    def _entry(self, entry: ET.Element) -> tuple[object, object]:
        members = {one.get("N"): self.value(one) for one in entry}
        return members.get("Key"), members.get("Value")


def read(data: bytes) -> object:
    """The value of a CLIXML document, with or without a byte order mark.

    Raises:
        MalformedClixmlError: the data is no CLIXML.
    """
    try:
        return _Reader().value(parse_xml(data.removeprefix(b"\xef\xbb\xbf")))
    except MalformedXmlError as error:
        raise MalformedClixmlError(str(error)) from error
