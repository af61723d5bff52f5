"""Python values as PowerShell remoting writes them (MS-PSRP 2.2.5), and the three messages that a
client sends.
"""

from __future__ import annotations

import base64
import enum
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Final, TypeAlias, cast
from uuid import UUID
from xml.sax.saxutils import escape, quoteattr

import attrs

from lyncops.errors import InvalidValueError
from lyncops.values import DotNetVersion

_UNSAFE: Final = re.compile(
    r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\U00010000-\U0010ffff]"
)
_INT32: Final = range(-(2**31), 2**31)
_INT64: Final = range(-(2**63), 2**63)
_UINT64: Final = range(2**63, 2**64)
_CORE: Final = (
    ", System.Management.Automation, Version=1.0.0.0, Culture=neutral,"
    " PublicKeyToken=31bf3856ad364e35"
)
_LIST_TYPE: Final = (
    f"System.Collections.Generic.List`1[[System.Management.Automation.PSObject{_CORE}]]"
)
_ARRAY_LIST: Final = "<T>System.Collections.ArrayList</T><T>System.Object</T>"
_HASHTABLE: Final = "<T>System.Collections.Hashtable</T><T>System.Object</T>"


def _utf16(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"_x{units[i]:02X}{units[i + 1]:02X}_" for i in range(0, len(units), 2))


def encode_text(text: str) -> str:
    """`text` as the content of an element: control characters and what XML cannot carry become
    `_xHHHH_`.
    """
    return escape(_UNSAFE.sub(_utf16, text))


def encode_duration(duration: timedelta) -> str:
    """`duration` as xs:duration, `-P1DT2H3M4.5S`."""
    sign = "-" if duration < timedelta() else ""
    whole = abs(duration)
    minutes, seconds = divmod(whole.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{whole.microseconds:06d}".rstrip("0") if whole.microseconds else ""
    return f"{sign}P{whole.days}DT{hours}H{minutes}M{seconds}{fraction}S"


def _integer(value: int) -> tuple[str, str]:
    for tag, numbers in (("I32", _INT32), ("I64", _INT64), ("U64", _UINT64)):
        if value in numbers:
            return tag, str(value)
    raise InvalidValueError(
        f"{value} does not fit a .NET integer.", remedy="Use a number below 2 to the power of 64."
    )


def _number(value: object) -> tuple[str, str] | None:
    """Tag and content of a truth value or a number."""
    match value:
        case bool():
            return "B", "true" if value else "false"
        case int():
            return _integer(value)
        case float():
            return "Db", repr(value).replace("inf", "INF").replace("nan", "NaN")
        case Decimal():
            return "D", f"{value:f}"
        case _:
            return None


def _primitive(value: object) -> tuple[str, str] | None:
    """Tag and content of any value that is one element without children."""
    match value:
        case str():
            return "S", encode_text(value)
        case datetime():
            return "DT", value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return "TS", encode_duration(value)
        case bytes():
            return "BA", base64.b64encode(value).decode()
        case UUID():
            return "G", str(value)
        case DotNetVersion():
            return "Version", str(value)
        case enum.Enum():
            return _primitive(value.value)
        case _ if attrs.has(type(value)):
            return "S", encode_text(str(value))
        case _:
            return _number(value)


def encode_value(value: object, ids: Iterable[int], name: str | None = None) -> str:
    """`value` as one element, with its name as a property where it has one.

    A list becomes an ArrayList, which PowerShell turns into the `String[]` (or other array) that a
    parameter wants; a name of the values' own kinds (Fqdn, SiteName, ServiceId, an enum) becomes
    its text.

    Raises:
        InvalidValueError: the value has no counterpart in PowerShell.
    """
    label = f" N={quoteattr(encode_text(name))}" if name is not None else ""
    if value is None:
        return f"<Nil{label}/>"
    if (simple := _primitive(value)) is not None:
        tag, content = simple
        return f"<{tag}{label}>{content}</{tag}>"
    number = next(iter(ids))
    if isinstance(value, list | tuple | set | frozenset):
        inside = "".join(encode_value(item, ids) for item in cast("Iterable[object]", value))
        return (
            f'<Obj RefId="{number}"{label}><TN'
            f' RefId="{number}">{_ARRAY_LIST}</TN><LST>{inside}</LST></Obj>'
        )
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        inside = "".join(
            f"<En>{encode_value(k, ids, 'Key')}{encode_value(v, ids, 'Value')}</En>"
            for k, v in pairs
        )
        return (
            f'<Obj RefId="{number}"{label}><TN'
            f' RefId="{number}">{_HASHTABLE}</TN><DCT>{inside}</DCT></Obj>'
        )
    raise InvalidValueError(
        f"A {type(value).__name__} cannot be given to a cmdlet.",
        remedy="Give a text, number, date or list.",
    )


def _enum(number: int, name: str, kind: str, value: int, text: str) -> str:
    return (
        f'<Obj RefId="{number}" N="{name}"><TN'
        f' RefId="{number}"><T>System.Management.Automation.Runspaces.{kind}</T>'
        f"<T>System.Enum</T><T>System.ValueType</T><T>System.Object</T></TN><ToString>{text}</ToString><I32>{value}</I32></Obj>"
    )


def _no_host(number: int) -> str:
    """A host that is not there: a correct server then ends a pipeline that prompts, in place of
    waiting for an answer.
    """
    flags = "".join(
        f'<B N="{flag}">true</B>'
        for flag in ("_isHostNull", "_isHostUINull", "_isHostRawUINull", "_useRunspaceHost")
    )
    return f'<Obj RefId="{number}" N="HostInfo"><MS>{flags}</MS></Obj>'


SESSION_CAPABILITY: Final = (
    '<Obj RefId="0"><MS><Version N="protocolversion">2.3</Version><Version'
    ' N="PSVersion">2.0</Version><Version N="SerializationVersion">1.1.0.1</Version></MS></Obj>'
)
CONNECT_RUNSPACE_POOL: Final = "<S/>"


def init_runspace_pool(runspaces: int) -> str:
    """The message that asks for a pool in which up to so many pipelines run side by side."""
    threads = _enum(1, "PSThreadOptions", "PSThreadOptions", 0, "Default")
    apartment = _enum(2, "ApartmentState", "ApartmentState", 2, "Unknown")
    return (
        '<Obj RefId="0"><MS><I32 N="MinRunspaces">1</I32><I32'
        f' N="MaxRunspaces">{runspaces}</I32>{threads}{apartment}{_no_host(3)}<Nil'
        ' N="ApplicationArguments"/></MS></Obj>'
    )


_MERGES: Final = (
    ((2, 0), ("MergeMyResult", "MergeToResult", "MergePreviousResults")),
    ((2, 2), ("MergeError", "MergeWarning", "MergeVerbose", "MergeDebug")),
    ((2, 3), ("MergeInformation",)),
)
_PROTOCOL_HEAD: Final = (
    '<Obj RefId="0"><MS><B N="NoInput">true</B>'
    f"{_enum(1, 'ApartmentState', 'ApartmentState', 2, 'Unknown')}"
    f"{_enum(2, 'RemoteStreamOptions', 'RemoteStreamOptions', 0, '0')}"
    f'<B N="AddToHistory">false</B>{_no_host(3)}<Obj RefId="4" N="PowerShell"><MS><B'
    ' N="IsNested">false</B>'
    f'<Obj RefId="5" N="Cmds"><TN RefId="5"><T>{_LIST_TYPE}</T><T>System.Object</T></TN><LST>'
)
_TAIL: Final = (
    '<Nil N="History"/><B N="RedirectShellErrorOutputPipe">false</B></MS></Obj><B'
    ' N="IsNested">false</B></MS></Obj>'
)


Commands: TypeAlias = Sequence[tuple[str, Mapping[str, object]]]
"""The commands of one pipeline, each with its named arguments."""


def encode_pipeline(
    commands: Commands, *, first: Commands = (), protocol: tuple[int, int] = (2, 3)
) -> str:
    """The message that runs one pipeline: never script text, so that a no-language endpoint accepts
    it.

    `first` is a statement that runs before it in the same runspace (PowerShell 3, protocol 2.2, and
    later).

    Raises:
        InvalidValueError: an argument has no counterpart in PowerShell.
    """
    ids = count(6)
    main = _commands(first or commands, ids, protocol)
    extra = '<Nil N="ExtraCmds"/>'
    # The list of extra commands holds all statements, the first one too, as PowerShell writes it
    if first:
        repeated = (_commands(each, ids, protocol) for each in (first, commands))
        items = "".join(
            f'<Obj RefId="{next(ids)}"><MS><Obj RefId="{next(ids)}" N="Cmds"><TNRef'
            f' RefId="5"/><LST>{each}</LST></Obj></MS></Obj>'
            for each in repeated
        )
        extra = f'<Obj RefId="{next(ids)}" N="ExtraCmds"><TNRef RefId="5"/><LST>{items}</LST></Obj>'
    return f"{_PROTOCOL_HEAD}{main}</LST></Obj>{extra}{_TAIL}"


def _commands(commands: Commands, ids: Iterator[int], protocol: tuple[int, int]) -> str:
    return "".join(_command(name, arguments, ids, protocol) for name, arguments in commands)


def _command(
    name: str, arguments: Mapping[str, object], ids: Iterator[int], protocol: tuple[int, int]
) -> str:
    own = next(ids)
    merges = "".join(
        _enum(next(ids), merge, "PipelineResultTypes", 0, "None")
        for merge in (each for least, names in _MERGES if protocol >= least for each in names)
    )
    parameters = "".join(
        f'<Obj RefId="{next(ids)}"><MS><S'
        f' N="N">{encode_text(parameter)}</S>{encode_value(value, ids, "V")}</MS></Obj>'
        for parameter, value in arguments.items()
    )
    return (
        f'<Obj RefId="{own}"><MS><S N="Cmd">{encode_text(name)}</S><B N="IsScript">false</B><Nil'
        f' N="UseLocalScope"/>{merges}<Obj RefId="{next(ids)}" N="Args"><TNRef'
        f' RefId="5"/><LST>{parameters}</LST></Obj></MS></Obj>'
    )


def encode_refusal(call_id: int, method: int) -> str:
    """The answer to a host call that wants one: an error, because no one can answer a prompt."""
    message = "lyncops runs unattended: nobody can answer a prompt."
    return (
        f'<Obj RefId="0"><MS><I64 N="ci">{call_id}</I64><Obj RefId="1" N="mi"><TN'
        f' RefId="0"><T>System.Management.Automation.Remoting.RemoteHostMethodId</T>'
        f"<T>System.Enum</T><T>System.ValueType</T><T>System.Object</T></TN><ToString>{method}</ToString><I32>{method}</I32></Obj><Obj"
        ' RefId="2" N="me"><TN'
        f' RefId="1"><T>System.Management.Automation.ErrorRecord</T><T>System.Object</T></TN>'
        f"<ToString>{message}</ToString><MS><Obj"
        ' RefId="3" N="Exception"><TN'
        f' RefId="2"><T>System.Management.Automation.Host.HostException</T>'
        f"<T>System.Exception</T><T>System.Object</T></TN><ToString>{message}</ToString><Props><S"
        f' N="Message">{message}</S></Props></Obj><Nil N="TargetObject"/><S'
        ' N="FullyQualifiedErrorId">PromptRefused</S><Nil N="InvocationInfo"/><I32'
        ' N="ErrorCategory_Category">7</I32><S N="ErrorCategory_Activity"></S><S'
        ' N="ErrorCategory_Reason">HostException</S><S N="ErrorCategory_TargetName"></S><S'
        ' N="ErrorCategory_TargetType"></S><S N="ErrorCategory_Message">InvalidOperation:'
        f' {message}</S><B N="SerializeExtendedInfo">false</B></MS></Obj></MS></Obj>'
    )
