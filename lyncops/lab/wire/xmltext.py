"""XML read safely: no document type, so no entity can be made to explode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast
from xml.etree import ElementTree as ET


class MalformedXmlError(Exception):
    """The text is not well-formed XML, or carries a document type."""


def parse_xml(data: bytes) -> ET.Element:
    """The root element of a document.

    Raises:
        MalformedXmlError: the data is not well-formed, or has a document type declaration.
    """
    if b"<!DOCTYPE" in data:
        raise MalformedXmlError("A document type declaration is not accepted.")
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(events=("start",))
    try:
        parser.feed(data)
        parser.close()
    except ET.ParseError as error:
        raise MalformedXmlError(f"Not well-formed XML: {error}.") from error
    events = cast("Iterator[tuple[str, ET.Element]]", parser.read_events())
    _, root = next(events)
    return root
