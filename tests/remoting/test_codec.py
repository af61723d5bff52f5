"""The codec against psrpcore, which knows nothing of it, and against what no server should send."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import count
from typing import cast
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psrpcore import types as ps
from psrpcore._crypto import PSRemotingCrypto

from lyncops.errors import InvalidValueError
from lyncops.remoting.psrp.decoding import (
    SECURE_STRING,
    decode_duration,
    decode_message,
    decode_string,
)
from lyncops.remoting.psrp.encoding import (
    encode_duration,
    encode_pipeline,
    encode_refusal,
    encode_text,
    encode_value,
)
from lyncops.values import (
    DotNetVersion,
    Fqdn,
    LyncVersion,
    NotedList,
    NotedText,
    RemoteEnum,
    RemoteObject,
    ServiceId,
    SiteName,
    Unread,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
FLOATS = st.floats(allow_nan=False)
DATES = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | TEXT
    | FLOATS
    | st.binary(max_size=9)
    | st.uuids()
)
TIMES = DATES | st.timedeltas(timedelta(-9_000_000), timedelta(9_000_000))
DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9
)
VALUES = st.recursive(
    PLAIN | TIMES | DECIMALS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def there(value: object) -> bytes:
    return encode_value(value, count(1)).encode()


def by_psrpcore(xml: bytes) -> object:
    found: object = ps.deserialize(ET.XML(xml), PSRemotingCrypto())
    return found


@given(VALUES)
def test_what_is_encoded_decodes_to_the_same(value: object) -> None:
    assert decode_message(there(value)) == value


@given(PLAIN | st.lists(TEXT, max_size=3))
def test_psrpcore_reads_what_is_encoded(value: object) -> None:
    assert by_psrpcore(there(value)) == value


@pytest.mark.parametrize(
    ("value", "tag", "content"),
    [
        (True, "B", "true"),
        (False, "B", "false"),
        (5, "I32", "5"),
        (2**40, "I64", str(2**40)),
        (2**63, "U64", str(2**63)),
        (timedelta(minutes=2), "TS", "P0DT0H2M0S"),
        (timedelta(days=-1, microseconds=-1500000), "TS", "-P1DT0H0M1.5S"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "DT", "2026-01-02T03:04:05Z"),
        (Decimal("1.50"), "D", "1.50"),
        (DotNetVersion((5, 0)), "Version", "5.0"),
        (Fqdn("Pool1.Contoso.com"), "S", "pool1.contoso.com"),
        (SiteName("site:Redmond"), "S", "Redmond"),
        (ServiceId("EdgeServer", Fqdn("edge1")), "S", "EdgeServer:edge1"),
        (LyncVersion.V2013, "S", "2013"),
        (RemoteEnum("Primary", 1), "S", "Primary"),
        (b"\x00\xff", "BA", base64.b64encode(b"\x00\xff").decode()),
        (float("inf"), "Db", "INF"),
    ],
)
def test_types_on_the_wire(value: object, tag: str, content: str) -> None:
    element = ET.XML(there(value))
    assert (element.tag, element.text) == (tag, content)


@pytest.mark.parametrize("value", [object(), 2**64, -(2**63) - 1, [object()]])
def test_what_has_no_counterpart_is_refused(value: object) -> None:
    with pytest.raises(InvalidValueError):
        there(value)


@given(TEXT)
def test_text_survives_whatever_is_in_it(text: str) -> None:
    xml = f"<S>{encode_text(text)}</S>"
    assert decode_string(ET.XML(xml).text) == text


@given(st.timedeltas())
def test_durations_survive(duration: timedelta) -> None:
    assert decode_duration(encode_duration(duration)) == duration


@pytest.mark.parametrize("text", ["", "P", "PT", "1D", "P1", "P1DT", "PT1X", "P-1D", "PT.S"])
def test_what_is_no_duration_stays_text(text: str) -> None:
    assert decode_message(f"<TS>{text}</TS>".encode()) == text


NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.sampled_from([(2, 1), (2, 2), (2, 3)]))
def test_psrpcore_reads_a_command(arguments: dict[str, object], protocol: tuple[int, int]) -> None:
    pipeline = by_psrpcore(encode_pipeline([("Get-CsPool", arguments)], protocol=protocol).encode())
    assert isinstance(pipeline, ps.PSObject)
    command = pipeline.PowerShell.Cmds[0]
    assert (command.Cmd, command.IsScript) == ("Get-CsPool", False)
    assert [each.N for each in command.Args] == list(arguments)
    names = {each.name for each in command.PSObject.extended_properties}
    assert ("MergeInformation" in names, "MergeError" in names) == (
        protocol >= (2, 3),
        protocol >= (2, 2),
    )
    assert pipeline.HostInfo._isHostNull


def test_psrpcore_reads_a_refusal() -> None:
    answer = by_psrpcore(encode_refusal(7, 26).encode())
    assert isinstance(answer, ps.PSObject)
    assert answer.ci == 7
    assert "nobody" in answer.me.Exception.Message or "anybody" in answer.me.Exception.Message


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (ps.PSInt64(2**40), 2**40),
        (ps.PSUInt16(7), 7),
        (ps.PSByte(7), 7),
        (ps.PSChar("x"), "x"),
        (ps.PSDecimal("1.5"), Decimal("1.5")),
        (ps.PSVersion("7.0.2046.0"), DotNetVersion((7, 0, 2046, 0))),
        (ps.PSGuid(int=5), UUID(int=5)),
        (ps.PSDuration(days=1, seconds=2), timedelta(days=1, seconds=2)),
        (ps.PSDateTime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (ps.PSUri("https://x/"), "https://x/"),
        (ps.PSList([1, "a", None]), [1, "a", None]),
        (ps.PSStack([1, 2]), [1, 2]),
        (ps.PSDict({"a": 1}), {"a": 1}),
        (ps.PSSingle(0.5), 0.5),
        (None, None),
    ],
)
def test_what_psrpcore_writes_is_read_with_its_type(sent: object, expected: object) -> None:
    xml = ET.tostring(ps.serialize(sent, PSRemotingCrypto()))
    assert decode_message(xml) == expected


def test_enum_keeps_number_text_and_type() -> None:
    value = decode_message(
        ET.tostring(ps.serialize(ps.PSThreadOptions.UseNewThread, PSRemotingCrypto()))
    )
    assert isinstance(value, RemoteEnum)
    assert (value.text, value.number) == ("UseNewThread", 1)
    assert value.type_names[-2:] == ("System.ValueType", "System.Object")


def test_object_keeps_everything() -> None:
    value = decode_message(
        b'<Obj RefId="0"><TN'
        b' RefId="0"><T>Deserialized.Microsoft.Rtc.Pool</T><T>Deserialized.System.Object</T>'
        b"</TN><ToString>Pool:pool1</ToString><Props><S"
        b' N="Fqdn">pool1</S><Obj N="Inner" RefId="1"><TNRef RefId="0"/><Props><DT'
        b' N="At">2026-01-02T03:04:05.1234567+01:00</DT><DT'
        b' N="Bare">2026-01-02T03:04:05</DT></Props></Obj><Ref N="Again" RefId="1"/><Obj N="Kind"'
        b' RefId="2"><TN'
        b' RefId="9"><T>Rtc.Kind</T><T>System.Enum</T></TN><ToString>Edge</ToString></Obj>'
        b"</Props><MS><I32"
        b" N='Count'>3</I32><S>nameless</S></MS></Obj>"
    )
    assert isinstance(value, RemoteObject)
    inner = value.get("inner")
    assert isinstance(inner, RemoteObject)
    assert inner.get("At") == datetime(
        2026, 1, 2, 3, 4, 5, 123456, tzinfo=timezone(timedelta(hours=1))
    )
    # As sent: no zone is invented
    assert inner.get("Bare") == datetime.fromisoformat("2026-01-02T03:04:05")
    assert (
        inner.type_names
        == value.type_names
        == ("Deserialized.Microsoft.Rtc.Pool", "Deserialized.System.Object")
    )
    assert value.get("Again") is inner
    assert (value.text, value.get("Count"), list(value)) == (
        "Pool:pool1",
        3,
        ["Fqdn", "Inner", "Again", "Kind", "Count"],
    )
    assert value.get("Kind") == RemoteEnum("Edge", None, ("Rtc.Kind", "System.Enum"))


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (b"", None),
        (b"<S><![CDATA[<!DOCTYPE x>]]></S>", "<!DOCTYPE x>"),
        (b"<I32>many</I32>", "many"),
        (b"<B>perhaps</B>", "perhaps"),
        (b"<DT>yesterday</DT>", "yesterday"),
        (b"<D>x</D>", "x"),
        (b"<G>x</G>", "x"),
        (b"<Version>x</Version>", "x"),
        (b"<BA>!</BA>", "!"),
        (b"<TS>soon</TS>", "soon"),
        (b"<New>what<S>ever</S></New>", "whatever"),
        (b'<Ref RefId="7"/>', None),
        (b"<SS>c2VjcmV0</SS>", SECURE_STRING),
        (b'<Obj RefId="0"><TNRef RefId="7"/><LST><S>a</S></LST></Obj>', ["a"]),
        (
            (
                b'<Obj RefId="0"><DCT><En><Obj RefId="1" N="Key"><LST/></Obj><S'
                b' N="Value">a</S></En></DCT></Obj>'
            ),
            {"[]": "a"},
        ),
        (b'<Obj RefId="0"><I32>5</I32><MS><S N="Note">x</S></MS></Obj>', 5),
        (b"<S>_xD83D__xDE00_ _x0041_</S>", "\N{GRINNING FACE} A"),
        (b"<Db>-INF</Db>", float("-inf")),
    ],
)
def test_malformed_and_unknown_elements_are_kept(xml: bytes, expected: object) -> None:
    assert decode_message(xml) == expected


@pytest.mark.parametrize(
    "xml",
    [
        b"<broken",
        b"<S>a</S><S>b</S>",
        "<S>a\uffffb</S>".encode(),
        b"<S>a&#xFFFF;b</S>",
        b"<S>a&#1;b</S>",
        b"<S>a\x01b</S>",
        b"<S>\xff</S>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><S>&a;</S>',
        b'<?x <!-- ?><!DOCTYPE x [<!ENTITY a "b">]><S>&a;</S><!-- -->',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "b">]><S>&a;</S>'.encode(
            "utf-16"
        ),
    ],
)
def test_what_cannot_be_parsed_is_unread(xml: bytes) -> None:
    assert isinstance(decode_message(xml), Unread)


@pytest.mark.parametrize(
    "xml",
    [
        "<S>a\uffffb</S>",
        "<S>a&#xFFFF;b</S>",
        "<S>a&#65535;b</S>",
        "<S>a\x01b</S>",
        "<S>a&#x110000;b</S>",
    ],
)
def test_what_a_person_reads_is_read_in_spite_of_it(xml: str) -> None:
    assert decode_message(xml.encode(), forgiving=True) == "a\ufffdb"
    assert isinstance(decode_message(b"<broken", forgiving=True), Unread)
    assert decode_message(b"<S>a&#65;&#x42;</S>", forgiving=True) == "aAB"


def test_notes_on_a_text_and_on_a_list_are_kept() -> None:
    text = decode_message(b'<Obj RefId="0"><S>pool1</S><MS><S N="Site">North</S></MS></Obj>')
    assert (text, isinstance(text, NotedText) and text.properties) == ("pool1", {"Site": "North"})
    items = decode_message(
        b'<Obj RefId="0"><LST><S>a</S></LST><Props><I32 N="Capacity">4</I32></Props></Obj>'
    )
    assert (items, isinstance(items, NotedList) and items.properties) == (["a"], {"Capacity": 4})
    assert decode_message(b'<Obj RefId="0"><LST/><MS/></Obj>') == []


@pytest.mark.parametrize("items", ["<IE/>", "<IE><S>a</S></IE>"])
@pytest.mark.parametrize("first", [True, False])
def test_object_that_can_be_walked_through_keeps_its_properties(items: str, *, first: bool) -> None:
    props = '<Props><S N="Fqdn">pool1</S></Props>'
    inside = items + props if first else props + items
    value = decode_message(
        f'<Obj RefId="0"><TN RefId="0"><T>Cluster</T></TN>{inside}</Obj>'.encode()
    )
    assert isinstance(value, RemoteObject)
    assert (value.get("Fqdn"), value.get("Items"), value.type_names) == (
        "pool1",
        ["a"] if "a" in items else [],
        ("Cluster",),
    )
    assert decode_message(f'<Obj RefId="0">{items}</Obj>'.encode()) == value.get("Items")


def test_keys_that_python_takes_for_one_are_two() -> None:
    entries = "".join(
        f'<En>{key}<S N="Value">{number}</S></En>'
        for number, key in enumerate(
            (
                '<I32 N="Key">1</I32>',
                '<B N="Key">true</B>',
                '<Db N="Key">1</Db>',
                '<S N="Key">1</S>',
                '<B N="Key">false</B>',
            )
        )
    )
    pairs = decode_message(f'<Obj RefId="0"><DCT>{entries}</DCT></Obj>'.encode())
    assert isinstance(pairs, dict)
    assert sorted(map(str, cast("dict[object, object]", pairs).values())) == [
        "0",
        "1",
        "2",
        "3",
        "4",
    ]
    assert (pairs[1], pairs["1"]) == ("0", "3")


def test_object_that_contains_itself() -> None:
    value = decode_message(b'<Obj RefId="0"><Props><Ref N="Self" RefId="0"/></Props></Obj>')
    assert isinstance(value, RemoteObject)
    assert str(value) == "@{Self=(an object around this one)}"


def test_list_that_contains_itself() -> None:
    value = decode_message(b'<Obj RefId="0"><LST><S>a</S><Ref RefId="0"/></LST></Obj>')
    assert (
        str(value)
        == "['a', RemoteObject(properties={}, type_names=(), text='(an object around this one)')]"
    )


def test_halves_of_characters_are_not_kept() -> None:
    assert decode_message(b"<S>a_xD83D_b</S>") == "a\ufffdb"
    assert decode_message(b"<C>55357</C>") == "\ufffd"


def test_namespace_does_no_harm() -> None:
    value = decode_message(
        b'<Obj xmlns="http://schemas.microsoft.com/powershell/2004/04"><MS><S'
        b' N="Name">x</S></MS></Obj>'
    )
    assert isinstance(value, RemoteObject)
    assert value.get("Name") == "x"


def test_depth_is_bounded() -> None:
    deep = b'<Obj RefId="1"><LST>' * 500 + b"<S>x</S>" + b"</LST></Obj>" * 500
    text = repr(decode_message(deep))
    assert (text.count("["), text.count("x")) == (100, 1)


@given(st.binary(max_size=60))
def test_no_bytes_raise(data: bytes) -> None:
    decode_message(data)
