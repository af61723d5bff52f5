"""Values of every shape, each compared with what PowerShell itself says that it is."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, cast
from uuid import UUID

import attrs
import pytest

from lyncops.cmdlets import GetCsPoolFabricState
from lyncops.values import DotNetVersion, Outcome, RemoteEnum, RemoteObject, Unread
from tests.engine.conftest import Bench
from tests.engine.world import output, script

_TICK: Final = 10  # a microsecond has ten
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)


@attrs.frozen
class Kind:
    """How PowerShell is asked what `$x` is, and how its answer is compared with the value that
    arrived.
    """

    told: str
    same: Callable[[object, str], bool]


def _float(value: object, told: str) -> bool:
    wanted = float(told.replace("Infinity", "inf"))
    return isinstance(value, float) and (
        math.isnan(wanted) if math.isnan(value) else repr(value) == repr(wanted)
    )


def _single(value: object, told: str) -> bool:
    return isinstance(value, float) and math.isclose(value, float(told), rel_tol=1e-6)


def _text(value: object, told: str) -> bool:
    """Half a pair of surrogates is no character, and arrives as the one that says so."""
    wanted = base64.b64decode(told).decode("utf-16-le", "surrogatepass")
    return isinstance(value, str) and value == "".join(
        "\ufffd" if 0xD800 <= ord(each) < 0xE000 else each for each in wanted
    )


def _moment(value: object, told: str) -> bool:
    """Ticks since the year 1, and the zone: of them Python holds all but the last digit."""
    ticks, kind = told.split()
    if not isinstance(value, datetime):
        return False
    zone = value.utcoffset()
    plain = value.replace(tzinfo=UTC)
    return (plain - _FIRST) // timedelta(microseconds=1) == int(ticks) // _TICK and (
        zone is None
    ) == (kind == "Unspecified")


def _span(value: object, told: str) -> bool:
    """Ticks; of them Python holds all but the last digit."""
    ticks = int(told)
    whole = abs(ticks) // _TICK * (1 if ticks > 0 else -1)
    return isinstance(value, timedelta) and value // timedelta(microseconds=1) == whole


def _enumeration(value: object, told: str) -> bool:
    number, name = told.split(" ", 1)
    return isinstance(value, RemoteEnum) and (str(value.number), str(value)) == (number, name)


def _spoken(value: object, told: str) -> bool:
    return str(value) == base64.b64decode(told).decode("utf-16-le")


def _plain(value: object) -> object:
    """The value as JSON would have it."""
    if isinstance(value, RemoteObject):
        return {name: _plain(value.get(name)) for name in value}
    if isinstance(value, dict):
        return {
            str(name): _plain(item) for name, item in cast("dict[object, object]", value).items()
        }
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[object]", value)]
    return value


def _whole(value: object, told: str) -> bool:
    return bool(_plain(value) == json.loads(base64.b64decode(told).decode("utf-16-le")))


def _encoded(text: str) -> str:
    return f"[Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes({text}))"


NOTHING: Final = Kind("'null'", lambda value, _told: value is None)
WHOLE_NUMBER: Final = Kind(
    "$x.ToString($c)", lambda value, told: type(value) is int and value == int(told)
)
FLOAT: Final = Kind("$x.ToString('R', $c)", _float)
SINGLE: Final = Kind("$x.ToString('R', $c)", _single)
DECIMAL: Final = Kind(
    "$x.ToString($c)",
    lambda value, told: isinstance(value, Decimal) and str(value) == str(Decimal(told)),
)
BOOLEAN: Final = Kind("[string]$x", lambda value, told: value is (told == "True"))
CHARACTER: Final = Kind(
    "[string][int]$x", lambda value, told: isinstance(value, str) and ord(value) == int(told)
)
TEXT: Final = Kind(_encoded("$x"), _text)
MOMENT: Final = Kind("'{0} {1}' -f $x.Ticks, $x.Kind", _moment)
SPAN: Final = Kind("[string]$x.Ticks", _span)
GUID: Final = Kind(
    "$x.ToString()", lambda value, told: isinstance(value, UUID) and str(value) == told
)
VERSION: Final = Kind(
    "$x.ToString()", lambda value, told: isinstance(value, DotNetVersion) and str(value) == told
)
BYTES: Final = Kind(
    "[Convert]::ToBase64String($x)", lambda value, told: value == base64.b64decode(told)
)
ENUMERATION: Final = Kind("'{0} {1}' -f ($x -as [Enum]).value__, $x", _enumeration)
SPOKEN: Final = Kind(_encoded("$x.ToString()"), _spoken)
"""An object of which at least the text must be right."""
JSON: Final = Kind(_encoded("(ConvertTo-Json -InputObject $x -Depth 5 -Compress)"), _whole)
"""A list, a table or an object, compared to the last item."""
ITEMS: Final = Kind(
    JSON.told,
    lambda value, told: isinstance(value, RemoteObject) and _whole(value.get("Items"), told),
)
TABLE: Final = Kind(
    f'$y = @{{}}; foreach ($k in $x.Keys) {{ $y["$k"] = $x[$k] }}; {JSON.told.replace("$x", "$y")}',
    _whole,
)
DOCUMENT: Final = Kind(_encoded("$x.OuterXml"), _spoken)
UNREAD: Final = Kind("''", lambda value, _told: isinstance(value, Unread))
SECRET: Final = Kind(
    "''", lambda value, _told: isinstance(value, RemoteObject) and "SecureString" in str(value)
)

SHAPES: Final[dict[str, tuple[Kind, str]]] = {
    "null": (NOTHING, "$null"),
    "byte": (WHOLE_NUMBER, "[byte]255"),
    "sbyte": (WHOLE_NUMBER, "[sbyte]-128"),
    "int16": (WHOLE_NUMBER, "[int16]::MinValue"),
    "uint16": (WHOLE_NUMBER, "[uint16]::MaxValue"),
    "int32 least": (WHOLE_NUMBER, "[int]::MinValue"),
    "int32 greatest": (WHOLE_NUMBER, "[int]::MaxValue"),
    "uint32": (WHOLE_NUMBER, "[uint32]::MaxValue"),
    "int64 least": (WHOLE_NUMBER, "[long]::MinValue"),
    "int64 greatest": (WHOLE_NUMBER, "[long]::MaxValue"),
    "uint64": (WHOLE_NUMBER, "[uint64]::MaxValue"),
    "double": (FLOAT, "[double]0.1"),
    "double greatest": (FLOAT, "[double]::MaxValue"),
    "double smallest": (FLOAT, "[double]::Epsilon"),
    "double below zero": (FLOAT, "[double]-1.5e-7"),
    "minus zero": (FLOAT, "-0.0"),
    "not a number": (FLOAT, "[double]::NaN"),
    "infinity": (FLOAT, "[double]::PositiveInfinity"),
    "minus infinity": (FLOAT, "[double]::NegativeInfinity"),
    "single": (SINGLE, "[single]0.1"),
    "single greatest": (SINGLE, "[single]::MaxValue"),
    "decimal": (DECIMAL, "[decimal]1.10"),
    "decimal greatest": (DECIMAL, "[decimal]::MaxValue"),
    "decimal smallest": (DECIMAL, "[decimal]0.0000000000000000000000000001"),
    "decimal below zero": (DECIMAL, "[decimal]-42"),
    "true": (BOOLEAN, "$true"),
    "false": (BOOLEAN, "$false"),
    "switch": (SPOKEN, "[switch]$true"),
    "character": (CHARACTER, "[char]'A'"),
    "character beyond ASCII": (CHARACTER, "[char]0x20AC"),
    "text": (TEXT, "'Grüße'"),
    "empty text": (TEXT, "''"),
    "spaces": (TEXT, "'  a  '"),
    "only spaces": (TEXT, "'   '"),
    "line ends": (TEXT, '"a`r`nb`nc`rd`te"'),
    "text like an escape": (TEXT, "'_x000A_ _x_ _xZZZZ_ _x005F_'"),
    "markup": (TEXT, "']]>&<>\"'''"),
    "beyond the plane": (TEXT, '"`u{1F600} `u{10FFFD}"'),
    "half a pair": (TEXT, "'a' + [char]0xD83D + 'b'"),
    "other half": (TEXT, "[string][char]0xDE00"),
    "control characters": (TEXT, "-join (0..31 | ForEach-Object { [char]$_ })"),
    "delete and C1": (TEXT, "-join (127..160 | ForEach-Object { [char]$_ })"),
    "U+FFFE": (UNREAD, "[string][char]0xFFFE"),
    "U+FFFF": (UNREAD, "'a' + [char]0xFFFF"),
    "right to left": (TEXT, '"`u{202E}abc`u{200F}"'),
    "combining": (TEXT, '"e`u{0301}"'),
    "byte order mark": (TEXT, '"`u{FEFF}a"'),
    "long text": (TEXT, "'x' * 200000"),
    "text like a number": (TEXT, "'0x10'"),
    "text with a note": (
        TEXT,
        "Add-Member -InputObject 'noted' -NotePropertyName Note -NotePropertyValue 1 -PassThru",
    ),
    "moment in UTC": (MOMENT, "[datetime]::SpecifyKind('2026-02-28 23:59:59.123', 'Utc')"),
    "moment here": (MOMENT, "[datetime]::SpecifyKind('2026-02-28 23:59:59', 'Local')"),
    "moment without a zone": (MOMENT, "[datetime]::new(2026, 2, 28)"),
    "moment to the tick": (MOMENT, "[datetime]::new(638000000001234567, 'Utc')"),
    "first moment": (MOMENT, "[datetime]::MinValue"),
    "last moment": (MOMENT, "[datetime]::MaxValue"),
    "span": (SPAN, "[timespan]'00:02:00'"),
    "no span": (SPAN, "[timespan]::Zero"),
    "span of days": (SPAN, "[timespan]'10.03:04:05.678'"),
    "span below zero": (SPAN, "[timespan]'-00:00:01.5'"),
    "span of a tick": (SPAN, "[timespan]1"),
    "span to the tick": (SPAN, "[timespan]12345678901"),
    "longest span": (SPAN, "[timespan]::MaxValue"),
    "shortest span": (SPAN, "[timespan]::MinValue"),
    "guid": (GUID, "[guid]'6d9c2a6e-7f0b-4b26-9df5-33c12a3a0f5a'"),
    "address of a page": (SPOKEN, "[uri]'https://fe1.contoso.com/a%20b?c=d&e'"),
    "version of two": (VERSION, "[version]'7.0'"),
    "version of four": (VERSION, "[version]'7.0.2046.0'"),
    "semantic version": (SPOKEN, "[semver]'7.2.1-rc.1'"),
    "bytes": (BYTES, "[byte[]](0, 1, 254, 255)"),
    "no bytes": (BYTES, "[byte[]]@()"),
    "document": (DOCUMENT, "[xml]'<a b=\"c\"><d/></a>'"),
    "secret": (SECRET, "ConvertTo-SecureString 'secret' -AsPlainText -Force"),
    "word": (ENUMERATION, "[dayofweek]::Friday"),
    "words": (ENUMERATION, "[IO.FileAttributes]'Hidden, System'"),
    "number that is no word": (ENUMERATION, "[Enum]::ToObject([dayofweek], 42)"),
    "word of a wide enumeration": (
        ENUMERATION,
        "[System.Diagnostics.Tracing.EventKeywords]::AuditFailure",
    ),
    "list": (JSON, "@(1, 2, 3)"),
    "empty list": (JSON, "@()"),
    "list of one": (JSON, "@('one')"),
    "list with null": (JSON, "@(1, $null, 'x')"),
    "list of texts": (JSON, "[string[]]('a', 'b')"),
    "list of lists": (JSON, "@(@(1, 2), @(3, 4))"),
    "growing list": (JSON, "[Collections.Generic.List[string]]('a', 'b')"),
    "old list": (JSON, "[Collections.ArrayList]@(1, 'a', $true)"),
    "queue": (JSON, "$q = [Collections.Queue]::new(); $q.Enqueue(1); $q.Enqueue(2); $q"),
    "set": (ITEMS, "[Collections.Generic.HashSet[int]]@(5)"),
    "read-only list": (JSON, "[Collections.Generic.List[int]]::new([int[]](1, 2)).AsReadOnly()"),
    "table": (JSON, "@{ a = 1; b = 'x' }"),
    "empty table": (JSON, "@{}"),
    "ordered table": (JSON, "[ordered]@{ z = 1; a = $null; m = $true }"),
    "typed table": (
        JSON,
        "$d = [Collections.Generic.Dictionary[string, int]]::new(); $d['a'] = 1; $d",
    ),
    "table with numbers for keys": (TABLE, "@{ 1 = 'one'; 2 = 'two' }"),
    "object": (JSON, "[pscustomobject]@{ A = 1; B = 'x'; C = $null; D = $true }"),
    "object in an object": (
        JSON,
        "[pscustomobject]@{ A = [pscustomobject]@{ B = [pscustomobject]@{ C = 1 } } }",
    ),
    "object with a list": (JSON, "[pscustomobject]@{ A = @(1, 2); B = @() }"),
    "object with a table": (JSON, "[pscustomobject]@{ A = @{ B = 1 } }"),
    "object with odd names": (JSON, "[pscustomobject]@{ 'a b' = 1; 'ü_x000A_' = 2; '<&>' = 3 }"),
    "empty object": (JSON, "[pscustomobject]@{}"),
    "calculated property": (JSON, "'' | Select-Object @{ Name = 'A'; Expression = { 40 + 2 } }"),
    "exception": (SPOKEN, "[InvalidOperationException]::new('no')"),
    "culture": (SPOKEN, "[cultureinfo]::InvariantCulture"),
    "address": (SPOKEN, "[ipaddress]'192.0.2.1'"),
    "big number": (SPOKEN, "[bigint]::Pow(2, 100)"),
    "pattern": (SPOKEN, "[regex]'a+'"),
    "pair": (SPOKEN, "[Collections.Generic.KeyValuePair[string, int]]::new('a', 1)"),
    "tuple": (SPOKEN, "[Tuple]::Create(1, 'a')"),
    "type": (SPOKEN, "[int]"),
    "script": (SPOKEN, "{ Get-Date }"),
    "date with an offset": (SPOKEN, "[datetimeoffset]'2026-02-28T12:00:00+02:00'"),
    "date alone": (SPOKEN, "[DateOnly]::new(2026, 2, 28)"),
    "very wide number": (SPOKEN, "[Int128]::MaxValue"),
    "half": (SPOKEN, "[Half]1.5"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_value_is_what_powershell_says(bench: Bench, shape: str) -> None:
    kind, expression = SHAPES[shape]
    *before, last = expression.split("; ") if expression.startswith("$") else [expression]
    made = f"{'; '.join(before)}; $x = {last};"
    told = script(f"$c = [cultureinfo]::InvariantCulture; {made} {kind.told}")
    done = bench.run(
        GetCsPoolFabricState(pool_fqdn="pool1.contoso.com"),
        output(script(f"{made} ,$x")),
        output(told),
    )
    value, truth = done.raw
    assert kind.same(value, str(truth)), (value, truth)
    assert done.outcome is (Outcome.UNKNOWN if kind is UNREAD else Outcome.SUCCEEDED)
