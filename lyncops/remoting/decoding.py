"""PowerShell remoting's XML (MS-PSRP 2.2.5) as values with their full types; what is malformed or unknown becomes text."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, cast
from uuid import UUID
from xml.etree import ElementTree as ET

import attrs

from lyncops.values import DotNetVersion, RemoteEnum, RemoteObject

_ESCAPED: Final = re.compile("(?:_x[0-9A-Fa-f]{4}_)+")
_DURATION: Final = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d*)?)S)?)?", re.ASCII
)
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SURROGATES: Final = range(0xD800, 0xE000)
_MAX_DEPTH: Final = 100
_PROPERTY_BAGS: Final = ("Props", "MS")
_LISTS: Final = frozenset({"LST", "IE", "QUE", "STK"})
_ENUM_TYPES: Final = frozenset({"System.Enum", "Deserialized.System.Enum"})
_CIRCLE: Final = RemoteObject(text="(an object around this one)")
SECURE_STRING: Final = RemoteObject(type_names=("System.Security.SecureString",), text="System.Security.SecureString")


def _unescape(match: re.Match[str]) -> str:
    units = match.group()
    return bytes.fromhex("".join(units[i + 2 : i + 6] for i in range(0, len(units), 7))).decode("utf-16-be", "replace")


def decode_string(text: str | None) -> str:
    """The content of an element with its `_xHHHH_` turned back."""
    return _ESCAPED.sub(_unescape, text) if text and "_x" in text else text or ""


def decode_duration(text: str) -> timedelta:
    """An xs:duration of days to seconds.

    Raises:
        ValueError: it is none.
    """
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise ValueError(text)
    sign, *parts = match.groups()
    days, hours, minutes, seconds = (Decimal(part or "0") for part in parts)
    whole = timedelta(days=int(days), hours=int(hours), minutes=int(minutes), microseconds=int(seconds * 1_000_000))
    return -whole if sign else whole


def _float(text: str) -> float:
    return float(text.replace("INF", "inf"))


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.lower()]


def _bytes(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)


def _character(text: str) -> str:
    code = int(text)
    return "\ufffd" if code in _SURROGATES else chr(code)  # half a character, which no file and no screen takes


def _nothing(_text: str) -> None:
    return None


def _secret(_text: str) -> RemoteObject:
    return SECURE_STRING


_PRIMITIVES: Final[dict[str, Callable[[str], object]]] = {
    "S": decode_string,
    "ToString": decode_string,
    "URI": decode_string,
    "XD": decode_string,
    "SBK": decode_string,
    "SS": _secret,
    "Nil": _nothing,
    "B": _boolean,
    "C": _character,
    **dict.fromkeys(("By", "SB", "U16", "I16", "U32", "I32", "U64", "I64"), int),
    **dict.fromkeys(("Sg", "Db"), _float),
    "D": Decimal,
    "DT": datetime.fromisoformat,
    "TS": decode_duration,
    "BA": _bytes,
    "G": UUID,
    "Version": DotNetVersion.parse,
}


@attrs.define
class _Decoder:
    """One document: the objects and type lists that later elements refer to."""

    objects: dict[str, object] = attrs.field(factory=dict[str, object])
    types: dict[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    _open: set[str] = attrs.field(factory=set[str])

    def value(self, element: ET.Element, depth: int = 0) -> object:
        tag = element.tag
        primitive = _PRIMITIVES.get(tag)
        if primitive is not None:
            text = element.text or ""
            try:
                return primitive(text)
            except (ValueError, ArithmeticError, LookupError):
                return text
        if tag == "Obj" and depth < _MAX_DEPTH:
            ref = element.get("RefId", "")
            self._open.add(ref)
            value = self._object(element, depth)
            self._open.discard(ref)
            return value
        if tag == "Ref":
            ref = element.get("RefId", "")
            # Values have no circles: whoever walks through one would never come back.
            return _CIRCLE if ref in self._open else self.objects.get(ref)
        return decode_string("".join(element.itertext()))

    def _type_names(self, element: ET.Element) -> tuple[str, ...]:
        if (names := element.find("TN")) is not None:
            known = tuple(decode_string(each.text) for each in names.iterfind("T"))
            self.types[names.get("RefId", "")] = known
            return known
        reference = element.find("TNRef")
        return self.types.get(reference.get("RefId", ""), ()) if reference is not None else ()

    def _object(self, element: ET.Element, depth: int) -> object:
        type_names = self._type_names(element)
        spoken = element.find("ToString")
        text = decode_string(spoken.text) if spoken is not None else None
        ref = element.get("RefId", "")
        for child in element:
            if child.tag in _LISTS or child.tag == "DCT":
                return self._container(child, ref, depth)
            if child.tag in _PRIMITIVES and child is not spoken and child.tag != "ToString":
                plain = self.value(child, depth + 1)
                self.objects[ref] = value = self._enum(plain, text, type_names)
                return value
        properties: dict[str, object] = {}
        self.objects[ref] = found = RemoteObject(properties, type_names, text)
        for bag in _PROPERTY_BAGS:
            for holder in element.iterfind(bag):
                self._properties(holder, properties, depth)
        if not properties and _ENUM_TYPES.intersection(type_names):
            self.objects[ref] = value = RemoteEnum(text, None, type_names)
            return value
        return found

    def _enum(self, plain: object, text: str | None, type_names: tuple[str, ...]) -> object:
        if _ENUM_TYPES.isdisjoint(type_names):
            return plain
        number = plain if isinstance(plain, int) else None
        return RemoteEnum(text if text is not None or number is not None else str(plain), number, type_names)

    def _properties(self, holder: ET.Element, into: dict[str, object], depth: int) -> None:
        for child in holder:
            name = child.get("N")
            if name is not None:
                into[decode_string(name)] = self.value(child, depth + 1)

    def _container(self, element: ET.Element, ref: str, depth: int) -> object:
        if element.tag != "DCT":
            items: list[object] = []
            self.objects[ref] = items
            items.extend(self.value(child, depth + 1) for child in element)
            return items
        pairs: dict[object, object] = {}
        self.objects[ref] = pairs
        for entry in element.iterfind("En"):
            pair = {child.get("N"): self.value(child, depth + 1) for child in entry}
            pairs[_hashable(pair.get("Key"))] = pair.get("Value")
        return pairs


def _hashable(key: object) -> object:
    return repr(cast("object", key)) if isinstance(key, list | dict) else key


def decode_element(element: ET.Element) -> object:
    """The value of one element and all that it contains, in a namespace or without."""
    if element.tag.startswith("{"):
        for each in element.iter():
            each.tag = each.tag.rpartition("}")[2]
    return _Decoder().value(element)


def decode_message(data: bytes) -> object:
    """The value of a message's data; the text itself where it is no XML."""
    if not data:
        return None
    text = data.decode("utf-8", "replace")
    # PSRP has no document types, and without one no entity can be declared that grows or reads a file.
    if "<!DOCTYPE" in text:
        return text
    try:
        return decode_element(ET.XML(data))
    except ET.ParseError:
        pass  # perhaps only for a character that XML does not have, and that a careless server let through
    try:
        return decode_element(ET.XML(_NO_XML.sub("\ufffd", text)))
    except ET.ParseError:
        return text
