from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyncops.lab.wire.clixml import ExtendedObject, Int64, MalformedClixmlError, UInt32, read, write
from lyncops.values import DotNetVersion, RemoteEnum, RemoteObject
from tests.wire.stub import by_psrpcore

NAIVE = datetime(2014, 3, 3, tzinfo=UTC).replace(tzinfo=None)
ARRAY = '<TN RefId="0"><T>System.Object[]</T><T>System.Array</T><T>System.Object</T></TN>'
# Two characters go raw over the wire, though XML knows neither: nobody can read them again
UNREADABLE = "\ufffe\uffff"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=UNREADABLE))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    TEXT,
    st.floats(allow_nan=False, allow_infinity=False),
    st.binary(),
    st.uuids(),
    st.timedeltas(timedelta(days=-10_000), timedelta(days=10_000)),
    st.datetimes(timezones=st.just(UTC)),
    st.lists(st.integers(0, 9999), min_size=2, max_size=4).map(
        lambda parts: DotNetVersion(tuple(parts))
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    assert read(write(value).encode()) == value


@given(TEXT)
def test_psrpcore_reads_the_same_text(text: str) -> None:
    assert str(by_psrpcore(text)) == text


def test_psrpcore_reads_the_same_object() -> None:
    when = datetime(2014, 3, 3, 3, 0, 0, 250_000, UTC)
    value = RemoteObject(
        {
            "Identity": "pool1",
            "When": when,
            "Lag": timedelta(minutes=5, milliseconds=1),
            "Version": DotNetVersion((7, 0, 2046, 0)),
            "Big": 2**40,
            "State": RemoteEnum("Active", 2, ("Microsoft.Rtc.PoolState",)),
            "Names": ["a", None],
            "Nested": RemoteObject({"A": True}, ("Microsoft.Rtc.B", "System.Object")),
        },
        ("Microsoft.Rtc.A", "System.Object"),
        "shown",
    )
    found = by_psrpcore(value)
    assert str(found) == "shown"
    assert found.PSTypeNames[0] == "Deserialized.Microsoft.Rtc.A"
    assert found.Identity == "pool1"
    assert found.When == when
    assert found.Lag == timedelta(minutes=5, milliseconds=1)
    assert str(found.Version) == "7.0.2046.0"
    assert found.Big == 2**40
    assert int(found.State) == 2
    assert list(found.Names) == ["a", None]
    assert found.Nested.A is True


def test_types_are_named_once_in_a_document() -> None:
    document = write([RemoteObject({}, ("T.A",)), RemoteObject({"x": 1}, ("T.A",))])
    assert document.count("<T>T.A</T>") == 1
    assert '<TNRef RefId="1" />' in document


@pytest.mark.parametrize(
    ("value", "document"),
    [
        ("a\r\n<b>&_x0041_", "<S>a_x000D__x000A_&lt;b&gt;&amp;_x005F_x0041_</S>"),
        ("\U0001f600", "<S>_xD83D__xDE00_</S>"),
        (timedelta(), "<TS>PT</TS>"),
        (timedelta(days=1), "<TS>P1D</TS>"),
        (timedelta(hours=-2, minutes=-3, seconds=-4), "<TS>-PT2H3M4S</TS>"),
        (
            datetime(2014, 3, 3, tzinfo=timezone(timedelta(hours=-1))),
            "<DT>2014-03-03T00:00:00.0000000-01:00</DT>",
        ),
        (NAIVE, "<DT>2014-03-03T00:00:00.0000000</DT>"),
        (Decimal("1.50"), "<D>1.50</D>"),
        (UInt32(7), "<U32>7</U32>"),
        (Int64(7), "<I64>7</I64>"),
        (2**31, "<I64>2147483648</I64>"),
        (("a",), f'<Obj RefId="0">{ARRAY}<LST><S>a</S></LST></Obj>'),
        (ExtendedObject({"A": None}), '<Obj RefId="0"><MS><Nil N="A" /></MS></Obj>'),
        (RemoteObject({"A": 1}), '<Obj RefId="0"><MS><I32 N="A">1</I32></MS></Obj>'),
    ],
)
def test_documents_look_as_windows_writes_them(value: object, document: str) -> None:
    assert write(value) == document


@pytest.mark.parametrize(
    ("document", "value"),
    [
        ("<DT>2014-03-03T01:02:03.1234567Z</DT>", datetime(2014, 3, 3, 1, 2, 3, 123456, UTC)),
        ("<C>65</C>", "A"),
        ("<G>00000000-0000-0000-0000-000000000001</G>", uuid.UUID(int=1)),
        (
            '<Obj RefId="0"><LST><Obj RefId="1"><S>x</S></Obj><Ref RefId="1" /></LST></Obj>',
            ["x", "x"],
        ),
    ],
)
def test_what_windows_writes_is_read(document: str, value: object) -> None:
    assert read(b"\xef\xbb\xbf" + document.encode()) == value


def test_an_enum_keeps_text_number_and_type() -> None:
    value = RemoteEnum("Up", 1, ("X.Y", "System.Enum", "System.ValueType", "System.Object"))
    assert read(write(value).encode()) == value


@pytest.mark.parametrize(
    "document",
    [
        b"<Strange/>",
        b"<I32>x</I32>",
        b"<TS>soon</TS>",
        b"no xml",
        b"",
        b"<!DOCTYPE x><Nil/>",
        b"<Version>1</Version>",
    ],
)
def test_malformed_documents_are_refused(document: bytes) -> None:
    with pytest.raises(MalformedClixmlError):
        read(document)


def test_what_has_no_clixml_is_refused() -> None:
    with pytest.raises(MalformedClixmlError):
        write(object())
