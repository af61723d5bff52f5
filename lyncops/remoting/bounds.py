"""How much XML is read: what is larger, deeper or stranger is given up before it fills the
memory.
"""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

_REPLY: Final = 8
"""How many times as large as one reply an answer may be: while a reply is read there are several
copies of it. A server cuts its output into envelopes of half a megabyte (MS-WSMV, MaxEnvelopeSize).
"""
_SMALLEST: Final = 2 * 1024 * 1024
_TAG: Final = 64
"""Bytes of memory for each opening or closing tag, measured with the objects of Lync's cmdlets; for
a million empty ones it is 130."""
LARGE: Final = 1_000_000
"""Bytes up to which a document needs no look beforehand: so few cannot hold many elements."""
_ELEMENTS: Final = 250_000
_DEPTH: Final = 1_000


class BoundsError(Exception):
    """An answer is larger, deeper or stranger than any that a server has a reason to give."""


def reply_limit(answer_limit: int) -> int:
    """How large one reply may be, in bytes, where a whole answer may be that large."""
    return min(answer_limit, max(answer_limit // _REPLY, _SMALLEST))


def weight_of(data: bytes) -> int:
    """About how many bytes of memory the objects take that are described by so much CLIXML."""
    return len(data) * (1 if data.isascii() else 2) + _TAG * data.count(b"<")


def check_xml(body: bytes) -> None:
    """Look through XML before it is built up in memory.

    Neither SOAP (SOAP 1.2 part 1, section 5) nor CLIXML has document types, and without one no
    entity can be declared that grows.

    Raises:
        BoundsError: it declares entities, has too many elements, or nests them too deeply.
        expat.ExpatError: it is no XML.
    """
    reader = expat.ParserCreate()
    depth = count = 0

    def begin(_name: str, _attributes: object) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > _DEPTH or count > _ELEMENTS:
            raise BoundsError(
                "an answer with more XML elements, or more deeply nested ones, than remote"
                " PowerShell has"
            )

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def declare(_name: str, _system: object, _public: object, declares_entities: object) -> None:
        if declares_entities:  # without it this is a page for people, in place of an answer
            raise BoundsError("an answer that declares entities of its own")

    reader.StartElementHandler = begin
    reader.EndElementHandler = end
    reader.StartDoctypeDeclHandler = declare
    reader.Parse(body, True)  # noqa: FBT003 - expat takes it by position only
