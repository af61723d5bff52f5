"""The tables of numbers, names and shapes by which servers are understood: each entry by itself."""

from __future__ import annotations

import ssl
from itertools import count
from typing import cast
from xml.etree import ElementTree as ET

import pytest
import requests
from psrpcore import types as ps
from psrpcore._crypto import PSRemotingCrypto
from pypsrp.exceptions import WinRMError, WinRMTransportError, WSManFaultError

from lyncops.remoting.connections import RedirectedError, tls_context
from lyncops.remoting.endpoint import TlsVersion
from lyncops.remoting.failures import Phase, Symptom
from lyncops.remoting.kerberos import error_of, is_principal, principal_of, problem_of, remedy_for
from lyncops.remoting.logon import LogOnError, LogOnProblem
from lyncops.remoting.psrp.decoding import decode_message
from lyncops.remoting.psrp.encoding import (
    Commands,
    encode_pipeline,
    encode_refusal,
    encode_value,
    init_runspace_pool,
)
from lyncops.remoting.psrp.messages import MessageType
from lyncops.remoting.psrp.records import error_record, host_call, pipeline_state, stream_record
from lyncops.remoting.psrp.streams import StreamKind
from lyncops.remoting.symptoms import classify, describe, failure_of
from lyncops.values import RemoteEnum, RemoteObject, Unread

QUOTAS = (
    2150858815,
    2150859173,
    2150859174,
    2150859175,
    2150859176,
    2150859179,
    *range(2150859236, 2150859243),
    "w:QuotaLimit",
)


def fault(code: int | str | None, reason: str = "why") -> WSManFaultError:
    return WSManFaultError(code, None, reason, None, None, None)


@pytest.mark.parametrize("code", QUOTAS)
def test_each_quota_is_one(code: int | str) -> None:
    assert classify(fault(code), Phase.CREATE) is Symptom.NOT_CREATED_BACK_OFF
    assert classify(fault(code), Phase.COMMAND) is Symptom.FULL
    assert classify(fault(code), Phase.SIGNAL) is Symptom.REPEATABLE


@pytest.mark.parametrize("code", [2150859177, 2150859178, 2150859243, 2150859235, 2150859172])
def test_their_neighbours_are_none(code: int) -> None:
    assert classify(fault(code), Phase.CREATE) is Symptom.REFUSED
    assert classify(fault(code), Phase.COMMAND) is Symptom.AMBIGUOUS


@pytest.mark.parametrize("code", [5, 2150858754, 2150858811, 2150859180, "w:AccessDenied"])
def test_each_way_to_say_that_a_configuration_is_not_for_us(code: int | str) -> None:
    assert classify(fault(code), Phase.CREATE) is Symptom.NO_CONFIGURATION


@pytest.mark.parametrize("status", [402, 403, 404, 405, 407, 410, 501])
def test_a_page_in_place_of_a_session_is_no_service(status: int) -> None:
    error = WinRMTransportError("http", status, "")
    assert classify(error, Phase.CREATE) is classify(error, Phase.ATTACH) is Symptom.NOT_SERVED
    assert classify(error, Phase.COMMAND) is Symptom.AMBIGUOUS


@pytest.mark.parametrize("status", [400, 401, 406, 408, 500, 502, 503])
def test_other_pages_tell_nothing(status: int) -> None:
    assert classify(WinRMTransportError("http", status, ""), Phase.CREATE) is Symptom.CREATE_LOST


def test_what_else_is_no_service() -> None:
    for error in (RedirectedError("https://x/"), ValueError(), LookupError(), WinRMError("odd")):
        assert classify(error, Phase.CREATE) is Symptom.NOT_SERVED
        assert classify(error, Phase.ATTACH) is Symptom.REPEATABLE
    assert describe(WinRMError("odd")) == "an answer that is not remote PowerShell's"
    assert describe(ET.ParseError("odd")) == "an answer that is not remote PowerShell's"


def test_an_empty_fault_is_the_page_that_it_was_made_of() -> None:
    error = fault(None, "")
    error.__context__ = WinRMTransportError("http", 404, "<html/>")
    assert describe(error) == "HTTP status 404"
    failure = failure_of(error, Phase.CREATE)
    assert (failure.symptom, failure.is_answer) == (Symptom.NOT_SERVED, False)
    for other in (fault(None, "spoken"), fault(7, "")):
        other.__context__ = error.__context__
        assert describe(other).startswith("fault ")
    assert failure_of(fault(None, ""), Phase.CREATE).is_answer


def test_a_kdc_that_is_silent_may_answer_again_while_a_command_runs() -> None:
    silent = LogOnError(LogOnProblem.NO_KDC, "")
    assert classify(silent, Phase.CREATE) is Symptom.CANNOT_LOG_ON
    assert classify(silent, Phase.RECEIVE) is Symptom.NOT_SENT
    other = LogOnError(LogOnProblem.CLOCK, "")
    assert classify(other, Phase.RECEIVE) is Symptom.CANNOT_LOG_ON


def not_verified(number: int | None, said: str = "") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "x")
    for name, value in (("verify_code", number), ("verify_message", said)):
        if value:
            setattr(error, name, value)
    return error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (not_verified(10), "it has expired"),
        (not_verified(7, "signature failure"), "signature failure"),
        (not_verified(None, "odd"), "odd"),
        (not_verified(None), "it cannot be verified"),
        (ssl.SSLError(1, "spoken"), "TLS: spoken"),
    ],
)
def test_why_tls_failed(error: ssl.SSLError, text: str) -> None:
    wrapped = requests.exceptions.SSLError(error)
    assert describe(wrapped) == text
    failure = failure_of(wrapped, Phase.CREATE)
    assert failure.certificate == (getattr(error, "verify_code", None) or None)


@pytest.mark.parametrize(
    "reason", ["UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_VERSION_NUMBER"]
)
def test_no_version_of_tls_in_common_names_the_remedy(reason: str) -> None:
    error = ssl.SSLError(1, "x")
    error.reason = reason
    assert f"tls_minimum lets older ones in ({reason})" in describe(error)


def test_an_error_that_causes_itself_is_described() -> None:
    one, two = RuntimeError("a"), RuntimeError("b")
    one.__context__, two.__context__ = two, one
    assert describe(one) == "RuntimeError"
    two.__cause__ = ConnectionResetError(104, "Connection reset by peer")
    assert describe(one) == "Connection reset by peer"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", TlsVersion)
def test_old_versions_of_tls_need_old_signatures(version: TlsVersion) -> None:
    context = tls_context(version)
    assert context is not None
    assert context.minimum_version is version.version
    assert (context.security_level == 0) is version.is_obsolete
    assert tls_context(None) is None


class Krb5Error(Exception):
    def __init__(self, number: int) -> None:
        super().__init__("Spoken in any language")
        self.err_code = number


class GSSError(Exception):
    """As pyspnego and gssapi show them."""

    def __init__(self, major: int = 0, minor: int = 0) -> None:
        super().__init__("Spoken in any language")
        self.maj_code, self.min_code = major, minor


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (-1765328360, LogOnProblem.WRONG_CREDENTIALS),
        (-1765328353, LogOnProblem.WRONG_CREDENTIALS),
        (-1765328378, LogOnProblem.WRONG_CREDENTIALS),
        (-1765328366, LogOnProblem.ACCOUNT_NOT_USABLE),
        (-1765328361, LogOnProblem.ACCOUNT_NOT_USABLE),
        (-1765328383, LogOnProblem.ACCOUNT_NOT_USABLE),
        (-1765328372, LogOnProblem.ACCOUNT_NOT_USABLE),
        (-1765328228, LogOnProblem.NO_KDC),
        (-1765328230, LogOnProblem.NO_KDC),
        (-1765328164, LogOnProblem.NO_KDC),
        (-1765328243, LogOnProblem.NO_TICKET),
        (-1765328189, LogOnProblem.NO_TICKET),
        (-1765328203, LogOnProblem.NO_TICKET),
        (-1765328352, LogOnProblem.TICKET_ENDED),
        (-1765328347, LogOnProblem.CLOCK),
        (-1765328351, LogOnProblem.CLOCK),
        (-1765328237, LogOnProblem.CLOCK),
        (-1765328377, LogOnProblem.UNKNOWN_SERVICE),
        (-1765328250, LogOnProblem.NOT_A_PRINCIPAL),
        (-1, LogOnProblem.OTHER),
    ],
)
def test_kerberos_tells_by_its_numbers(number: int, problem: LogOnProblem) -> None:
    assert problem_of(Krb5Error(number)) is problem
    assert problem_of(GSSError(minor=number % 2**32)) is problem
    wrapped = RuntimeError("around it")
    wrapped.__cause__ = Krb5Error(number)
    assert problem_of(wrapped) is problem
    assert error_of(Krb5Error(number), "them").remedy == remedy_for(problem)


@pytest.mark.parametrize(
    ("major", "problem"),
    [
        (7, LogOnProblem.NO_TICKET),
        (11, LogOnProblem.TICKET_ENDED),
        (12, LogOnProblem.TICKET_ENDED),
        (13, LogOnProblem.OTHER),
    ],
)
def test_the_interface_around_kerberos_tells_by_its_numbers(
    major: int, problem: LogOnProblem
) -> None:
    assert problem_of(GSSError(major=major << 16 | 0x1)) is problem


def test_what_kerberos_says_is_told_in_words_or_by_its_number() -> None:
    assert error_of(Krb5Error(-1765328361), "them").seen == "them: its password has expired"
    assert error_of(Krb5Error(-1765328360), "them").seen == "them"
    assert error_of(Krb5Error(-7), "them").seen == "them: Kerberos error -7"
    assert error_of(RuntimeError(), "them").seen == "them: Kerberos error RuntimeError"
    assert problem_of(ImportError()) is LogOnProblem.MISSING_EXTRA


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("a@contoso.com", True),
        ("a@b@contoso.com", True),
        ("a", False),
        ("@contoso.com", False),
        ("a@", False),
        ("CONTOSO\\a@b", False),
    ],
)
def test_names_that_kerberos_knows(name: str, *, is_one: bool) -> None:
    assert is_principal(name) is is_one
    before, at, realm = name.rpartition("@")
    assert principal_of(name) == f"{before}{at}{realm.upper() if at else realm}"


def by_psrpcore(xml: str) -> ps.PSObject:
    found = ps.deserialize(ET.XML(xml), PSRemotingCrypto())
    assert isinstance(found, ps.PSObject)
    return found


def properties(value: ps.PSObject) -> dict[str, object]:
    return {
        each.name: getattr(value, each.name)
        for each in (*value.PSObject.extended_properties, *value.PSObject.adapted_properties)
    }


HOST = ["_isHostNull", "_isHostUINull", "_isHostRawUINull", "_useRunspaceHost"]


def test_a_pool_is_asked_for_in_powershell_s_words() -> None:
    asked = properties(by_psrpcore(init_runspace_pool(5)))
    assert list(asked) == [
        "MinRunspaces",
        "MaxRunspaces",
        "PSThreadOptions",
        "ApartmentState",
        "HostInfo",
        "ApplicationArguments",
    ]
    assert (asked["MinRunspaces"], asked["MaxRunspaces"]) == (1, 5)
    assert (asked["PSThreadOptions"], asked["ApartmentState"]) == (
        ps.PSThreadOptions.Default,
        ps.ApartmentState.Unknown,
    )
    assert isinstance(asked["HostInfo"], ps.PSObject)
    assert properties(asked["HostInfo"]) == dict.fromkeys(HOST, True)


def test_a_pipeline_is_asked_for_in_powershell_s_words() -> None:
    pipeline = properties(by_psrpcore(encode_pipeline([("Get-CsPool", {"Identity": "a"})])))
    assert list(pipeline) == [
        "NoInput",
        "ApartmentState",
        "RemoteStreamOptions",
        "AddToHistory",
        "HostInfo",
        "PowerShell",
        "IsNested",
    ]
    assert isinstance(pipeline["HostInfo"], ps.PSObject)
    assert properties(pipeline["HostInfo"]) == dict.fromkeys(HOST, True)
    assert isinstance(pipeline["PowerShell"], ps.PSObject)
    shell = properties(pipeline["PowerShell"])
    assert list(shell) == [
        "IsNested",
        "Cmds",
        "ExtraCmds",
        "History",
        "RedirectShellErrorOutputPipe",
    ]
    command = cast("list[ps.PSObject]", shell["Cmds"])[0]
    assert list(properties(command)) == [
        "Cmd",
        "IsScript",
        "UseLocalScope",
        "MergeMyResult",
        "MergeToResult",
        "MergePreviousResults",
        "MergeError",
        "MergeWarning",
        "MergeVerbose",
        "MergeDebug",
        "MergeInformation",
        "Args",
    ]
    assert [(each.N, each.V) for each in command.Args] == [("Identity", "a")]


def test_a_statement_that_runs_first_is_repeated_among_all() -> None:
    first: Commands = [("Import-Module", {"Name": "Lync"})]
    then: Commands = [("Get-CsPool", {})]
    pipeline = by_psrpcore(encode_pipeline(then, first=first))
    assert [each.Cmd for each in pipeline.PowerShell.Cmds] == ["Import-Module"]
    assert [[each.Cmd for each in one.Cmds] for one in pipeline.PowerShell.ExtraCmds] == [
        ["Import-Module"],
        ["Get-CsPool"],
    ]
    alone = by_psrpcore(encode_pipeline(then))
    assert [each.Cmd for each in alone.PowerShell.Cmds] == ["Get-CsPool"]
    assert alone.PowerShell.ExtraCmds is None


@pytest.mark.parametrize(
    ("number", "tag"),
    [
        (2**31 - 1, "I32"),
        (2**31, "I64"),
        (-(2**31), "I32"),
        (-(2**31) - 1, "I64"),
        (2**63 - 1, "I64"),
        (-(2**63), "I64"),
        (2**64 - 1, "U64"),
    ],
)
def test_an_integer_has_the_smallest_type_that_holds_it(number: int, tag: str) -> None:
    assert ET.XML(encode_value(number, count(1))).tag == tag


@pytest.mark.parametrize("items", [["a"], ("a",), {"a"}, frozenset({"a"})])
def test_every_kind_of_list_is_one(items: object) -> None:
    assert decode_message(encode_value(items, count(1)).encode()) == ["a"]
    assert "System.Collections.ArrayList" in encode_value(items, count(1))
    assert 'N="x"' in encode_value(items, count(1), "x")
    assert "N=" not in encode_value(items, count(1))
    assert encode_value(None, count(1), "x") == '<Nil N="x"/>'


def test_a_prompt_is_refused_with_an_error_record() -> None:
    answer = properties(by_psrpcore(encode_refusal(7, 26)))
    assert (answer["ci"], list(answer)) == (7, ["ci", "mi", "me"])
    error = answer["me"]
    assert isinstance(error, ps.ErrorRecord)
    assert error.CategoryInfo.Category is ps.ErrorCategory.InvalidOperation
    assert error.CategoryInfo.Reason == "HostException"
    assert error.FullyQualifiedErrorId == "PromptRefused"


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        ("<B>true</B>", True),
        ("<B>1</B>", True),
        ("<B>False</B>", False),
        ("<B>0</B>", False),
        ("<Db>INF</Db>", float("inf")),
        ("<Sg>-INF</Sg>", float("-inf")),
        ("<C>65</C>", "A"),
        ("<C>55296</C>", "\ufffd"),
        ("<C>57343</C>", "\ufffd"),
        ("<C>57344</C>", "\ue000"),
        ("<Nil/>", None),
        ("<SBK>a_x000A_b</SBK>", "a\nb"),
        ('<Obj RefId="0"><QUE><I32>1</I32></QUE></Obj>', [1]),
        ('<Obj RefId="0"><IE><I32>1</I32></IE></Obj>', [1]),
    ],
)
def test_each_element_by_its_tag(xml: str, value: object) -> None:
    assert decode_message(xml.encode()) == value


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<ToString>Edge</ToString><I32>3</I32>", ("Edge", 3)),
        ("<I32>3</I32>", (None, 3)),
        ("<ToString>Edge</ToString>", ("Edge", None)),
        ("<S>Edge</S>", ("Edge", None)),
    ],
)
@pytest.mark.parametrize("kind", ["System.Enum", "Deserialized.System.Enum"])
def test_a_member_of_an_enumeration(
    inside: str, expected: tuple[str | None, int | None], kind: str
) -> None:
    xml = f'<Obj RefId="0"><TN RefId="0"><T>Rtc.Kind</T><T>{kind}</T></TN>{inside}</Obj>'
    value = decode_message(xml.encode())
    assert isinstance(value, RemoteEnum)
    assert (value.text, value.number) == expected
    assert value.type_names == ("Rtc.Kind", kind)


def levels(value: object) -> int:
    """How many objects lie within each other."""
    inside: object = None
    if isinstance(value, RemoteObject):
        inside = value.get("Value", "Items")
    elif isinstance(value, dict):
        inside = cast("dict[object, object]", value)["k"]
    elif isinstance(value, list):
        inside = cast("list[object]", value)[0]
        return levels(inside)
    return 1 + levels(inside) if isinstance(value, RemoteObject | dict) else 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<Obj RefId="1"{}><DCT><En><S N="Key">k</S>', "</En></DCT></Obj>"),
        ('<Obj RefId="1"{}><Props>', "</Props></Obj>"),
        ('<Obj RefId="1"{}><MS>', "</MS></Obj>"),
        ('<Obj RefId="1"{}><Props/><IE>', "</IE></Obj>"),
    ],
)
def test_depth_is_bounded_by_whatever_it_grows(before: str, after: str) -> None:
    named = before.format(' N="Value"')
    for depth in (1, 99, 100, 101, 150):
        deep = before.format("") + named * (depth - 1) + '<S N="Value">x</S>' + after * depth
        assert levels(decode_message(deep.encode())) == min(depth, 100)


def test_an_error_s_fields_come_from_the_first_that_has_words() -> None:
    inner = RemoteObject({"Message": "Inner", "NativeErrorCode": 5}, ("Deserialized.B",))
    thrown = RemoteObject({"Message": "Outer", "InnerException": inner}, ("Deserialized.A", "X"))
    about = {
        "Exception": thrown,
        "ErrorCategory_TargetName": "",
        "TargetObject": "pool1",
        "ErrorCategory_Reason": "Other",
        "ErrorCategory_Category": RemoteEnum("x", 0),
    }
    record = error_record(RemoteObject(about))
    assert (record.message, record.target, record.exception_type) == ("Outer", "pool1", "A")
    assert [(cause.message, cause.exception_type, cause.code) for cause in record.causes] == [
        ("Outer", "A", None),
        ("Inner", "B", 5),
    ]
    assert record.category == "NotSpecified"
    bare = error_record(RemoteObject({"ErrorCategory_Reason": "Why", "Exception": ""}))
    assert (bare.exception_type, bare.causes) == ("Why", ())
    text = error_record(RemoteObject({"Exception": "Spoken"}))
    assert (text.message, text.exception_type) == ("Spoken", "")
    unread = error_record(Unread("an object", "it is broken"), terminating=True)
    assert unread.message == "The server wrote an error that cannot be read: it is broken."
    assert unread.terminating


def test_a_chain_of_causes_ends() -> None:
    circle: RemoteObject = RemoteObject({"Message": "Again"})
    for _ in range(100):
        circle = RemoteObject({"Message": "Again", "InnerException": circle})
    assert 1 < len(error_record(RemoteObject({"Exception": circle})).causes) < 100


@pytest.mark.parametrize(("number", "known"), [(0, True), (6, True), (7, False), (None, False)])
def test_a_state_is_known_by_its_number(number: int | None, *, known: bool) -> None:
    state, error = pipeline_state(RemoteObject({"PipelineState": number}))
    assert (state is not None, error) == (known, None)


@pytest.mark.parametrize(
    ("told", "percent"), [(-1, None), (0, 0), (100, 100), (101, None), (None, None)]
)
def test_progress_is_told_in_words_and_percent(told: int | None, percent: int | None) -> None:
    about = {"Activity": "A", "StatusDescription": " ", "CurrentOperation": "C "}
    record = stream_record(
        MessageType.PROGRESS_RECORD, RemoteObject({**about, "PercentComplete": told})
    )
    assert record is not None
    assert (record.kind, record.text, record.percent) == (StreamKind.PROGRESS, "A: C", percent)


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        *((method, StreamKind.INFORMATION) for method in range(13, 19)),
        (19, StreamKind.DEBUG),
        (21, StreamKind.VERBOSE),
        (22, StreamKind.WARNING),
    ],
)
def test_each_way_in_which_a_host_writes(method: int, kind: StreamKind) -> None:
    call, written = host_call(RemoteObject({"ci": 1, "mi": method, "mp": [7, "first", "line\r\n"]}))
    assert call is not None
    assert not call.wants_answer
    assert written is not None
    assert (written.kind, written.text) == (kind, "line")
    assert host_call(RemoteObject({"ci": 1, "mi": method, "mp": [7]}))[1] is None
    assert host_call(RemoteObject({"mi": method})) == (None, None)


@pytest.mark.parametrize("method", [12, 20, 23, 26])
def test_other_calls_of_a_host_write_nothing(method: int) -> None:
    assert host_call(RemoteObject({"ci": 1, "mi": method, "mp": ["x"]}))[1] is None


@pytest.mark.parametrize(
    ("kind", "stream"),
    [
        (MessageType.DEBUG_RECORD, StreamKind.DEBUG),
        (MessageType.VERBOSE_RECORD, StreamKind.VERBOSE),
        (MessageType.WARNING_RECORD, StreamKind.WARNING),
        (MessageType.INFORMATION_RECORD, StreamKind.INFORMATION),
    ],
)
def test_a_record_keeps_its_stream(kind: MessageType, stream: StreamKind) -> None:
    record = stream_record(kind, RemoteObject({"MessageData": None}, text="spoken"))
    assert record is not None
    assert (record.kind, record.text) == (stream, "spoken")
