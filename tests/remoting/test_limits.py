"""How much of an answer is read: packed or not, as bytes and as XML."""

from __future__ import annotations

import gzip
import zlib
from xml.parsers import expat

import pytest

from lyncops.remoting.answers import unpacked
from lyncops.remoting.bounds import BoundsError, check_xml, reply_limit, weight_of

MB = 1024 * 1024
BODY = b"<s:Envelope/>" * 1000


def pieces(data: bytes) -> list[bytes]:
    return [data[at : at + 7] for at in range(0, len(data), 7)]


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", BODY),
        ("identity", BODY),
        ("gzip", gzip.compress(BODY)),
        (" X-GZip ", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
    ],
    ids=["none", "identity", "gzip", "x-gzip", "deflate"],
)
def test_an_answer_is_unpacked_as_it_says(encoding: str, packed: bytes) -> None:
    assert unpacked(pieces(packed), encoding, len(BODY)) == BODY
    with pytest.raises(BoundsError, match="an answer of more than"):
        unpacked(pieces(packed), encoding, len(BODY) - 1)


def test_a_packing_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(BoundsError, match="'br'"):
        unpacked([b"x"], "br", MB)


def test_what_unpacks_to_a_great_deal_is_read_only_while_it_does_no_harm() -> None:
    assert unpacked([gzip.compress(bytes(15 * MB))], "gzip", 100 * MB) == bytes(15 * MB)
    with pytest.raises(BoundsError, match="more than 200 times"):
        unpacked([gzip.compress(bytes(17 * MB))], "gzip", 100 * MB)


@pytest.mark.parametrize(("answer", "reply"), [(1, 1), (2, 2), (4, 2), (16, 2), (32, 4), (256, 32)])
def test_a_reply_may_be_an_eighth_of_an_answer_but_two_megabytes(answer: int, reply: int) -> None:
    assert reply_limit(answer * MB) == reply * MB


def test_objects_weigh_more_than_their_text() -> None:
    assert weight_of(b"abc") == 3
    assert weight_of("äbc".encode()) == 2 * 4
    assert weight_of(b"<S>a</S>") == 8 + 2 * 64


def test_xml_is_as_deep_and_as_long_as_powershell_writes_it() -> None:
    def nested(depth: int) -> bytes:
        return b"<a>" * depth + b"</a>" * depth

    check_xml(nested(1_000))
    check_xml(b"<a>" + nested(999) * 200 + b"</a>")
    with pytest.raises(BoundsError):
        check_xml(nested(1_001))
    check_xml(b"<a>" + b"<b/>" * 249_999 + b"</a>")
    with pytest.raises(BoundsError):
        check_xml(b"<a>" + b"<b/>" * 250_000 + b"</a>")


def test_a_document_that_declares_entities_is_refused_and_a_page_for_people_is_not() -> None:
    with pytest.raises(BoundsError, match="entities"):
        check_xml(b'<!DOCTYPE x [<!ENTITY a "b">]><x/>')
    check_xml(b"<!DOCTYPE html><html/>")
    with pytest.raises(expat.ExpatError):
        check_xml(b"<a>")
