"""PowerShell remoting's XML (MS-PSRP 2.2.5) as values with their full types.

An element that is malformed or unknown becomes text. A message that cannot be parsed at all is
`Unread`, and never a value.
"""

from __future__ import annotations

import base64
import functools
import re
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, cast
from uuid import UUID
from xml.etree import ElementTree as ET
from xml.parsers import expat

import attrs

from lyncops.remoting.bounds import LARGE, BoundsError, check_xml
from lyncops.values import DotNetVersion, NotedList, NotedText, RemoteEnum, RemoteObject, Unread

_ESCAPED: Final = re.compile("(?:_x[0-9A-Fa-f]{4}_)+")
_DURATION: Final = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d*)?)S)?)?",
    re.ASCII,
)
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE: Final = re.compile(r"&#(x[0-9a-f]{1,7}|\d{1,8});", re.IGNORECASE)
_SURROGATES: Final = range(0xD800, 0xE000)
_MAX_DEPTH: Final = 100
_PROPERTY_BAGS: Final = ("Props", "MS")
_LISTS: Final = frozenset({"LST", "IE", "QUE", "STK"})
_ENUM_TYPES: Final = frozenset({"System.Enum", "Deserialized.System.Enum"})
_CIRCLE: Final = RemoteObject(text="(an object around this one)")
SECURE_STRING: Final = RemoteObject(
    type_names=("System.Security.SecureString",), text="System.Security.SecureString"
)


def _unescape(match: re.Match[str]) -> str:
    units = match.group()
    return bytes.fromhex("".join(units[i + 2 : i + 6] for i in range(0, len(units), 7))).decode(
        "utf-16-be", "replace"
    )


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
    whole = timedelta(
        days=int(days),
        hours=int(hours),
        minutes=int(minutes),
        microseconds=int(seconds * 1_000_000),
    )
    return -whole if sign else whole


def _float(text: str) -> float:
    return float(text.replace("INF", "inf"))


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.lower()]


def _bytes(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)


def _character(text: str) -> str:
    code = int(text)
    # Half a character, which no file and no screen takes
    return "\ufffd" if code in _SURROGATES else chr(code)


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
            # Values have no circles: walking through one would never end.
            return _CIRCLE if ref in self._open else self.objects.get(ref)
        return decode_string("".join(element.itertext()))

    def _type_names(self, element: ET.Element) -> tuple[str, ...]:
        if (names := element.find("TN")) is not None:
            known = _same(tuple(decode_string(each.text) for each in names.iterfind("T")))
            self.types[names.get("RefId", "")] = known
            return known
        reference = element.find("TNRef")
        return self.types.get(reference.get("RefId", ""), ()) if reference is not None else ()

    def _object(self, element: ET.Element, depth: int) -> object:
        type_names = self._type_names(element)
        spoken = element.find("ToString")
        text = decode_string(spoken.text) if spoken is not None else None
        ref = element.get("RefId", "")
        properties: dict[str, object] = {}
        for child in element:
            if child.tag in _LISTS or child.tag == "DCT":
                if child.tag == "IE" and element.find("Props") is not None:
                    continue  # an object that can also be walked through; it is more than its items
                items = self._container(child, ref, depth)
                self._bags(element, properties, depth)
                if properties and isinstance(items, list):
                    self.objects[ref] = items = NotedList(cast("list[object]", items), properties)
                return items
            if child.tag in _PRIMITIVES and child is not spoken and child.tag != "ToString":
                plain = self.value(child, depth + 1)
                self._bags(element, properties, depth)
                noted = (
                    NotedText(plain, properties) if properties and isinstance(plain, str) else plain
                )
                self.objects[ref] = value = self._enum(noted, text, type_names)
                return value
        self.objects[ref] = found = RemoteObject(properties, type_names, text)
        for child in element:
            if child.tag in _PROPERTY_BAGS:
                self._properties(child, properties, depth)
            elif child.tag == "IE":
                properties["Items"] = [self.value(item, depth + 1) for item in child]
        if not properties and _ENUM_TYPES.intersection(type_names):
            self.objects[ref] = value = RemoteEnum(text, None, type_names)
            return value
        return found

    def _enum(self, plain: object, text: str | None, type_names: tuple[str, ...]) -> object:
        if _ENUM_TYPES.isdisjoint(type_names):
            return plain
        number = plain if isinstance(plain, int) else None
        return RemoteEnum(
            text if text is not None or number is not None else str(plain), number, type_names
        )

    def _bags(self, element: ET.Element, into: dict[str, object], depth: int) -> None:
        for bag in _PROPERTY_BAGS:
            for holder in element.iterfind(bag):
                self._properties(holder, into, depth)

    def _properties(self, holder: ET.Element, into: dict[str, object], depth: int) -> None:
        for child in holder:
            name = child.get("N")
            if name is not None:
                into[sys.intern(decode_string(name))] = self.value(child, depth + 1)

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
            pairs[_key(pair.get("Key"), pairs)] = pair.get("Value")
        return pairs


@functools.lru_cache(maxsize=1024)
def _same(names: tuple[str, ...]) -> tuple[str, ...]:
    """One list for all objects of a type: each object brings it again."""
    return names


def _key(key: object, taken: dict[object, object]) -> object:
    """The key as one of Python's, where 1, 1.0 and True are the same: of two that are not, the
    second becomes text.
    """
    name = repr(cast("object", key)) if isinstance(key, list | dict) else key
    twin = next((other for other in taken if other == name), name) if name in taken else name
    return name if type(twin) is type(name) else repr(name)


def decode_element(element: ET.Element) -> object:
    """The value of one element and all that it contains, in a namespace or without."""
    if element.tag.startswith("{"):
        for each in element.iter():
            each.tag = each.tag.rpartition("}")[2]
    return _Decoder().value(element)


def _possible(reference: re.Match[str]) -> str:
    digits = reference[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    impossible = code > sys.maxunicode or code in _SURROGATES or _NO_XML.match(chr(code))
    return "\ufffd" if impossible else reference[0]


class _NoDocumentType(ET.TreeBuilder):
    """PSRP has no document types, and without one no entity can be declared that grows or reads a
    file.
    """

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise ValueError("a document type")


def _parse(data: bytes | str) -> ET.Element:
    text = data if isinstance(data, str) else data.decode()
    target = _NoDocumentType() if "<!DOCTYPE" in text else None
    parser = ET.XMLParser(target=target)  # noqa: S314 - document types, the way to attack, are refused
    parser.feed(text)
    return parser.close()


def decode_message(data: bytes, *, forgiving: bool = False) -> object:
    """The value of a message's data, or why it cannot be read.

    PowerShell writes some characters that XML does not have (U+FFFF). `forgiving` replaces them:
    for what a person reads, and for what must be known to have been said at all, such as an error.
    It is never right for a value.
    """
    if not data:
        return None
    try:
        if len(data) > LARGE:
            check_xml(data)
    except BoundsError as error:
        return Unread("an object", str(error))
    except expat.ExpatError:
        pass  # reported below, where it may be ignored
    try:
        return decode_element(_parse(data))
    except (ET.ParseError, ValueError) as error:
        why = str(error)
    if forgiving:
        text = _NO_XML.sub("\ufffd", _REFERENCE.sub(_possible, data.decode("utf-8", "replace")))
        try:
            return decode_element(_parse(text))
        except (ET.ParseError, ValueError) as error:
            why = str(error)
    return Unread("an object", f"it is not well-formed XML ({why})")
