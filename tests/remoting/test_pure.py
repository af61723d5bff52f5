"""Fragments, records, outcomes, the meaning of failures, the policy, the places: all without a
wire.
"""

from __future__ import annotations

import ssl
import struct
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import attrs
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from pypsrp.exceptions import WinRMError, WinRMTransportError, WSManFaultError
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from lyncops.errors import ConfigurationError, EndpointError
from lyncops.remoting.bounds import BoundsError
from lyncops.remoting.endpoint import Endpoint
from lyncops.remoting.failures import Phase, RemotingError, Symptom
from lyncops.remoting.http import InTheClearError, UnsealableError
from lyncops.remoting.line import StaleConnectionError
from lyncops.remoting.logon import LoggedOutError, LogOnError, LogOnProblem
from lyncops.remoting.outcome import EndReason, Evidence, judge
from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.decoding import decode_message
from lyncops.remoting.psrp.fragments import Inbox, Outbox
from lyncops.remoting.psrp.messages import MessageType
from lyncops.remoting.psrp.records import (
    HostCall,
    PipelineState,
    error_record,
    host_call,
    pipeline_state,
    stream_record,
)
from lyncops.remoting.psrp.streams import ErrorRecord, StreamKind
from lyncops.remoting.refusals import endpoint_error
from lyncops.remoting.retry import Limits, RetryPolicy, retrying
from lyncops.remoting.routing import candidates, needs_members, pool_of, reorder
from lyncops.remoting.symptoms import classify, describe, failure_of
from lyncops.values import (
    ANYWHERE,
    Anywhere,
    Effect,
    Fqdn,
    OnMachine,
    OnPool,
    Outcome,
    RemoteEnum,
    RemoteObject,
)
from tests.remoting.machines import POLICY, PatientClock

POOL = UUID(int=1)


def fragment(object_id: int, number: int, flags: int, part: bytes) -> bytes:
    return struct.pack(">QQBI", object_id, number, flags, len(part)) + part


def message(data: bytes) -> bytes:
    return (
        struct.pack("<II", 1, MessageType.PIPELINE_OUTPUT)
        + bytes(16)
        + POOL.bytes_le
        + b"\xef\xbb\xbf"
        + data
    )


@given(st.lists(st.binary(max_size=30), max_size=5), st.integers(1, 40))
def test_messages_arrive_however_they_are_cut(contents: list[bytes], size: int) -> None:
    inbox = Inbox()
    found: list[bytes] = []
    for object_id, content in enumerate(contents, 1):
        whole = message(content)
        parts = [whole[i : i + size] for i in range(0, len(whole), size)]
        for number, part in enumerate(parts):
            flags = (number == 0) | (number == len(parts) - 1) << 1
            found += [each.data for each in inbox.feed(fragment(object_id, number, flags, part))]
    assert found == contents
    assert not inbox.gap
    assert not inbox.broken


@given(st.lists(st.binary(max_size=30), max_size=5), st.integers(1, 200))
def test_fragments_arrive_however_they_are_cut(contents: list[bytes], size: int) -> None:
    inbox = Inbox()
    stream = b"".join(
        fragment(number, 0, 3, message(content)) for number, content in enumerate(contents, 1)
    )
    found = [
        each.data
        for at in range(0, len(stream), size)
        for each in inbox.feed(stream[at : at + size])
    ]
    inbox.end()
    assert found == contents
    assert not inbox.gap
    assert not inbox.broken


def test_gap_in_the_object_ids_is_a_lost_reply() -> None:
    inbox = Inbox()
    for object_id in (5, 6):
        assert list(inbox.feed(fragment(object_id, 0, 3, message(b""))))
    assert not inbox.gap
    assert list(inbox.feed(fragment(8, 0, 3, message(b""))))
    assert inbox.gap, "7 is missing"
    inbox.forget()
    assert list(inbox.feed(fragment(20, 0, 3, message(b""))))
    assert not inbox.gap


@pytest.mark.parametrize(
    "data",
    [
        b"short",
        fragment(1, 0, 3, b"x")[:-1],
        fragment(1, 1, 0, b"x"),
        fragment(1, 0, 1, b"x") + fragment(1, 2, 2, b"x"),
    ],
)
def test_broken_fragments_are_lost_output(data: bytes) -> None:
    inbox = Inbox()
    assert list(inbox.feed(data)) == []
    inbox.end()
    assert inbox.broken


def test_message_that_is_too_short_is_none() -> None:
    assert list(Inbox().feed(fragment(1, 0, 3, b"x"))) == []


def test_sent_messages_count_up_and_name_pool_and_pipeline() -> None:
    outbox = Outbox(POOL)
    pipeline = uuid4()
    packed = [outbox.pack(MessageType.CREATE_PIPELINE, "<S/>", pipeline) for _ in range(2)]
    assert [struct.unpack_from(">Q", each)[0] for each in packed] == [1, 2]
    assert packed[0][29:45] == POOL.bytes_le
    assert packed[0][45:61] == pipeline.bytes_le


EVIDENCE = st.builds(
    Evidence,
    ending=st.sampled_from(
        sorted(set(EndReason) - {EndReason.ENDED}, key=lambda ending: ending.name)
    ),
    proof=st.none() | st.sampled_from(Proof),
    state=st.none() | st.sampled_from(PipelineState),
    errors=st.just(()) | st.just((ErrorRecord(message="It broke."),)),
    output_lost=st.booleans(),
)


ENDED = EVIDENCE.map(lambda evidence: attrs.evolve(evidence, ending=EndReason.ENDED, proof=None))


@given(st.sampled_from(Effect), EVIDENCE | ENDED)
def test_outcome_rules_hold_for_every_ending(effect: Effect, evidence: Evidence) -> None:
    verdict = judge(effect, evidence)
    ending = evidence.ending
    ended_well = ending is EndReason.ENDED and evidence.state not in {
        None,
        PipelineState.FAILED,
        PipelineState.STOPPED,
    }
    clean = ended_well and not evidence.errors and not evidence.output_lost
    assert (verdict.outcome is Outcome.SUCCEEDED) == clean
    assert verdict.proof is evidence.proof
    assert verdict.reason or verdict.outcome is Outcome.SUCCEEDED
    if effect is Effect.CHANGE:
        assert verdict.again == (
            evidence.proof is not None
            and ending not in {EndReason.LOGON_REFUSED, EndReason.HELD_BACK}
        )
    if verdict.outcome is Outcome.FAILED and evidence.proof is None and effect is Effect.CHANGE:
        assert ending is EndReason.ENDED


STOPPED, COMPLETED, FAILED = (
    PipelineState.STOPPED,
    PipelineState.COMPLETED,
    PipelineState.FAILED,
)


@pytest.mark.parametrize(
    ("effect", "evidence", "outcome", "again", "says"),
    [
        (Effect.READ, Evidence(ending=EndReason.ENDED, state=STOPPED), "failed", False, "stopped"),
        (
            Effect.CHANGE,
            Evidence(ending=EndReason.ENDED, state=STOPPED),
            "unknown",
            False,
            "not known",
        ),
        (
            Effect.READ,
            Evidence(ending=EndReason.ENDED, state=COMPLETED, output_lost=True),
            "unknown",
            True,
            "lost",
        ),
        (
            Effect.CHANGE,
            Evidence(ending=EndReason.ENDED, state=COMPLETED, output_lost=True),
            "unknown",
            False,
            "lost",
        ),
        (Effect.CHANGE, Evidence(ending=EndReason.ENDED, state=FAILED), "failed", False, "no reas"),
        (Effect.READ, Evidence(ending=EndReason.DEADLINE), "failed", False, "was stopped"),
        (Effect.CHANGE, Evidence(ending=EndReason.DEADLINE), "unknown", False, "reattach"),
        (Effect.READ, Evidence(ending=EndReason.INTERRUPTED), "unknown", False, "not stopped"),
        (Effect.READ, Evidence(ending=EndReason.CONTACT_LOST), "unknown", True, "The server"),
        (Effect.CHANGE, Evidence(ending=EndReason.CONTACT_LOST), "unknown", False, "The server"),
        (
            Effect.READ,
            Evidence(ending=EndReason.NOT_LET_IN, seen="401."),
            "unknown",
            False,
            "ran: 401.",
        ),
        (
            Effect.CHANGE,
            Evidence(ending=EndReason.NOT_SENT, proof=Proof.NO_CONNECTION, seen="refused."),
            "failed",
            True,
            "sent (refused).",
        ),
        (
            Effect.READ,
            Evidence(ending=EndReason.LOGON_REFUSED, proof=Proof.NO_LOGON),
            "failed",
            False,
            "refused",
        ),
    ],
)
def test_what_came_of_a_command(
    effect: Effect, evidence: Evidence, outcome: str, says: str, *, again: bool
) -> None:
    verdict = judge(effect, evidence)
    assert (verdict.outcome.value, verdict.again) == (outcome, again)
    assert says in verdict.reason


def error_xml(category: str, extra: str = "") -> object:
    return decode_message(
        f'<Obj RefId="0"><ToString>Spoken</ToString><MS>{extra}{category}<S'
        ' N="FullyQualifiedErrorId">Id</S></MS></Obj>'.encode()
    )


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ('<I32 N="ErrorCategory_Category">13</I32>', "ObjectNotFound"),
        ('<I32 N="ErrorCategory_Category">77</I32>', "77"),
        ('<S N="ErrorCategory_Category">SyntaxError</S>', "SyntaxError"),
        (
            '<S N="ErrorCategory_Message">PermissionDenied: (x:String) [Y], Z</S>',
            "PermissionDenied",
        ),
        ("", "NotSpecified"),
    ],
)
def test_error_category(category: str, expected: str) -> None:
    assert error_record(error_xml(category)).category == expected


def test_error_message_and_type_are_taken_from_wherever_they_are() -> None:
    thrown = (
        '<Obj N="Exception" RefId="1"><TN'
        ' RefId="0"><T>Deserialized.System.IO.IOException</T></TN><Props><S'
        ' N="Message">Thrown</S></Props></Obj>'
    )
    record = error_record(error_xml("", thrown), terminating=True)
    assert (record.message, record.exception_type, record.terminating) == (
        "Thrown",
        "System.IO.IOException",
        True,
    )
    assert (
        error_record(error_xml("", thrown + '<S N="ErrorDetails_Message">Better</S>')).message
        == "Better"
    )
    assert error_record(error_xml("")).message == "Spoken"
    assert error_record(RemoteObject()).message == "The server gave no message."
    assert error_record("bare").message == str(ErrorRecord(message="bare"))


def test_pipeline_states() -> None:
    failed = RemoteObject({"PipelineState": 5, "ExceptionAsErrorRecord": RemoteObject(text="why")})
    state, error = pipeline_state(failed)
    assert (state, error and error.terminating) == (PipelineState.FAILED, True)
    assert pipeline_state(RemoteObject({"PipelineState": RemoteEnum("Completed", 4)})) == (
        PipelineState.COMPLETED,
        None,
    )
    assert pipeline_state(RemoteObject({"PipelineState": 99})) == (None, None)
    assert pipeline_state("nonsense") == (None, None)


def test_stream_records_of_every_shape() -> None:
    def text(kind: int, value: object) -> str | None:
        record = stream_record(kind, value)
        return record.text if record is not None else None

    assert (
        text(MessageType.WARNING_RECORD, RemoteObject({"InformationalRecord_Message": "w"})) == "w"
    )
    assert text(MessageType.VERBOSE_RECORD, "bare") == "bare"
    assert (
        text(
            MessageType.INFORMATION_RECORD,
            RemoteObject({"MessageData": RemoteObject({"Message": "m"})}),
        )
        == "m"
    )
    assert text(MessageType.INFORMATION_RECORD, RemoteObject({"MessageData": "m"})) == "m"
    assert text(MessageType.RUNSPACE_POOL_STATE, "x") is None
    assert text(0x00021009, "x") is None
    assert text(12345, "x") is None
    progress = stream_record(
        MessageType.PROGRESS_RECORD, RemoteObject({"Activity": "A", "PercentComplete": -1})
    )
    assert progress is not None
    assert (progress.text, progress.percent) == ("A", None)


def test_host_calls() -> None:
    ask = RemoteObject({"ci": 3, "mi": RemoteEnum("PromptForChoice", 26), "mp": ["Sure?"]})
    assert host_call(ask) == (HostCall(3, 26, wants_answer=True), None)
    call, written = host_call(RemoteObject({"ci": -100, "mi": 16, "mp": ["line\n"]}))
    assert call is not None
    assert not call.wants_answer
    assert written is not None
    assert (written.kind, written.text) == (StreamKind.INFORMATION, "line")
    assert host_call(RemoteObject({"ci": 1, "mi": 13, "mp": "odd"}))[1] is None
    assert host_call(RemoteObject({"ci": 1})) == (None, None)
    assert host_call("nonsense") == (None, None)


def fault(code: int | str, reason: str = "why") -> WSManFaultError:
    return WSManFaultError(code, None, reason, None, None, None)


WRONG = LogOnError(LogOnProblem.WRONG_CREDENTIALS, "ntlm")
NOWHERE = HTTPConnectionPool("fe1.contoso.com")
REFUSED = requests.ConnectionError(
    MaxRetryError(
        NOWHERE, "/", NewConnectionError(HTTPConnection("fe1.contoso.com"), "Connection refused")
    )
)
DROPPED = requests.ConnectionError(
    ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
)
UNTRUSTED = requests.exceptions.SSLError(ssl.SSLCertVerificationError(1, "self-signed"))


@pytest.mark.parametrize(
    ("error", "create", "command", "receive"),
    [
        (REFUSED, Symptom.NOT_SENT, Symptom.NOT_SENT, Symptom.NOT_SENT),
        (requests.ConnectTimeout(), Symptom.NOT_SENT, Symptom.NOT_SENT, Symptom.NOT_SENT),
        (UNTRUSTED, Symptom.UNTRUSTED, Symptom.UNTRUSTED, Symptom.UNTRUSTED),
        (DROPPED, Symptom.CREATE_LOST, Symptom.AMBIGUOUS, Symptom.RECEIVE_AGAIN),
        (requests.ReadTimeout(), Symptom.CREATE_HANGS, Symptom.AMBIGUOUS, Symptom.RECEIVE_AGAIN),
        (
            requests.exceptions.ChunkedEncodingError(),
            Symptom.CREATE_LOST,
            Symptom.AMBIGUOUS,
            Symptom.RECEIVE_AGAIN,
        ),
        (
            requests.exceptions.SSLError(ssl.SSLError(1, "x")),
            Symptom.NOT_SERVED,
            Symptom.AMBIGUOUS,
            Symptom.RECEIVE_AGAIN,
        ),
        (LoggedOutError(), Symptom.REFUSED, Symptom.AMBIGUOUS, Symptom.RECEIVE_AGAIN),
        (LoggedOutError(WRONG), Symptom.BAD_CREDENTIALS, Symptom.AMBIGUOUS, Symptom.RECEIVE_AGAIN),
        (WRONG, Symptom.BAD_CREDENTIALS, Symptom.BAD_CREDENTIALS, Symptom.BAD_CREDENTIALS),
        (
            LogOnError(LogOnProblem.NOT_OFFERED, ""),
            Symptom.CANNOT_LOG_ON,
            Symptom.CANNOT_LOG_ON,
            Symptom.CANNOT_LOG_ON,
        ),
        (
            LogOnError(LogOnProblem.NO_KDC, ""),
            Symptom.CANNOT_LOG_ON,
            Symptom.NOT_SENT,
            Symptom.NOT_SENT,
        ),
        (StaleConnectionError(), Symptom.NOT_SENT, Symptom.NOT_SENT, Symptom.NOT_SENT),
        (InTheClearError(), Symptom.CREATE_LOST, Symptom.AMBIGUOUS, Symptom.RECEIVE_AGAIN),
        (UnsealableError(""), Symptom.CREATE_LOST, Symptom.AMBIGUOUS, Symptom.RECEIVE_AGAIN),
        (BoundsError(""), Symptom.OUT_OF_BOUNDS, Symptom.OUT_OF_BOUNDS, Symptom.OUT_OF_BOUNDS),
        (
            WinRMTransportError("http", 500, ""),
            Symptom.CREATE_LOST,
            Symptom.AMBIGUOUS,
            Symptom.RECEIVE_AGAIN,
        ),
        (
            WinRMTransportError("http", 400, ""),
            Symptom.CREATE_LOST,
            Symptom.AMBIGUOUS,
            Symptom.RECEIVE_AGAIN,
        ),
        (
            WinRMTransportError("http", 404, ""),
            Symptom.NOT_SERVED,
            Symptom.AMBIGUOUS,
            Symptom.RECEIVE_AGAIN,
        ),
        (WinRMError("odd"), Symptom.NOT_SERVED, Symptom.AMBIGUOUS, Symptom.RECEIVE_AGAIN),
        (KeyError("host"), Symptom.NOT_SERVED, Symptom.AMBIGUOUS, Symptom.RECEIVE_AGAIN),
        (fault(2150859173), Symptom.NOT_CREATED_BACK_OFF, Symptom.FULL, Symptom.RECEIVE_AGAIN),
        (fault("w:QuotaLimit"), Symptom.NOT_CREATED_BACK_OFF, Symptom.FULL, Symptom.RECEIVE_AGAIN),
        (fault(87), Symptom.REFUSED, Symptom.AMBIGUOUS, Symptom.RECEIVE_AGAIN),
        (fault(5), Symptom.NO_CONFIGURATION, Symptom.AMBIGUOUS, Symptom.RECEIVE_AGAIN),
        (fault(2150858811), Symptom.NO_CONFIGURATION, Symptom.AMBIGUOUS, Symptom.RECEIVE_AGAIN),
        (fault(2150858843), Symptom.GONE, Symptom.GONE, Symptom.GONE),
        (fault(2150859213), Symptom.TAKEN_OVER, Symptom.TAKEN_OVER, Symptom.TAKEN_OVER),
        (fault(2150858793), Symptom.NOTHING_YET, Symptom.AMBIGUOUS, Symptom.NOTHING_YET),
    ],
)
def test_the_table(error: Exception, create: Symptom, command: Symptom, receive: Symptom) -> None:
    found = [classify(error, phase) for phase in (Phase.CREATE, Phase.COMMAND, Phase.RECEIVE)]
    assert found == [create, command, receive]


def test_lost_answers_of_the_other_phases() -> None:
    found = [
        classify(DROPPED, phase) for phase in (Phase.SEND, Phase.SIGNAL, Phase.DELETE, Phase.ATTACH)
    ]
    assert found == [
        Symptom.DO_NOT_REPEAT,
        Symptom.REPEATABLE,
        Symptom.REPEATABLE,
        Symptom.REPEATABLE,
    ]
    assert classify(fault(5), Phase.ATTACH) is Symptom.REFUSED


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (DROPPED, "Connection reset by peer"),
        (requests.ReadTimeout(), "no answer in time"),
        (fault(5, ""), "fault 5: no reason given"),
        (WinRMTransportError("http", 503, "<secret/>"), "HTTP status 503"),
        (LoggedOutError(), "HTTP status 401"),
        (
            LogOnError(LogOnProblem.NO_KDC, "CONTOSO.COM"),
            "no domain controller (KDC) answers (CONTOSO.COM)",
        ),
        (KeyError("secret"), "KeyError"),
    ],
)
def test_failures_are_described_in_one_line_without_what_was_said(
    error: Exception, text: str
) -> None:
    assert describe(error) == text


def test_failure_keeps_what_matters() -> None:
    assert failure_of(fault(5), Phase.COMMAND).is_answer
    assert failure_of(WRONG, Phase.COMMAND).logon is WRONG
    assert failure_of(LoggedOutError(WRONG), Phase.COMMAND).logon is WRONG
    assert not failure_of(DROPPED, Phase.COMMAND).is_answer


@pytest.mark.parametrize("symptom", Symptom)
def test_every_symptom_of_an_endpoint_has_a_message_and_a_remedy(symptom: Symptom) -> None:
    endpoint = Endpoint.parse("https://fe1.contoso.com/wsman")
    error = endpoint_error(endpoint, RemotingError(symptom, Phase.CREATE, "what was seen"))
    assert "fe1.contoso.com" in error.what
    assert error.remedy


def test_policy_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ConfigurationError, match="probes is 0"):
        RetryPolicy(probes=0)
    with pytest.raises(ConfigurationError, match="probe_delay is negative"):
        RetryPolicy(probe_delay=timedelta(seconds=-1))
    with pytest.raises(ConfigurationError, match="must not be zero"):
        RetryPolicy(connect_timeout=timedelta())


def test_backoff_grows_within_its_limit_and_ends_at_the_deadline() -> None:
    clock = PatientClock()
    calls: list[datetime] = []

    def fail() -> None:
        calls.append(clock.now())
        raise EndpointError("no")

    loop = retrying(POLICY, clock, Limits(attempts=6), again=lambda _: True, what="it")
    with pytest.raises(EndpointError):
        loop(fail)
    assert len(calls) == 6
    seconds = [each.total_seconds() for each in clock.slept]
    assert all(
        least <= each <= least + 0.006
        for least, each in zip([0.01, 0.02, 0.04, 0.05, 0.05], seconds, strict=True)
    )
    past = Limits(attempts=6, until=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(EndpointError):
        retrying(POLICY, clock, past, again=lambda _: True, what="it")(fail)
    assert len(calls) == 7


P1, P2, FE1, FE2, EDGE = (
    Fqdn(f"{name}.contoso.com") for name in ("pool1", "pool2", "fe1", "fe2", "edge1")
)
E1, E2 = Endpoint(url=f"https://{FE1}/wsman", pool=P1), Endpoint(url=f"https://{FE2}/wsman")
OWN = Endpoint(url=f"https://{EDGE}/wsman", dedicated=True)
ALL = (E1, E2, OWN)


def test_endpoints_of_places() -> None:
    members = {FE2: P2}
    assert candidates(ALL, ANYWHERE, {}) == (E1, E2)
    assert candidates(ALL, Anywhere(prefer=P2), members) == (E2, E1)
    assert candidates(ALL, Anywhere(avoid=P1), {}) == (E2, E1)
    assert candidates(ALL, OnPool(P2), members) == (E2,)
    assert candidates(ALL, OnMachine(EDGE), {}) == (OWN,)
    # A Standard Edition server is its own pool
    assert candidates((Endpoint(url=f"https://{P1}/wsman"),), OnPool(P1), {})
    with pytest.raises(EndpointError, match="Front End of pool2"):
        candidates(ALL, OnPool(P2), {})
    with pytest.raises(EndpointError, match=r"\[\[endpoint\]\]"):
        candidates((OWN,), ANYWHERE, {})
    assert pool_of(Endpoint.parse("https://10.0.0.1/wsman"), members) is None


def test_pools_are_needed_only_where_they_decide() -> None:
    assert not needs_members(ALL, ANYWHERE)
    assert not needs_members((E1, OWN), OnPool(P1))
    assert needs_members(ALL, OnPool(P1))
    assert needs_members(ALL, Anywhere(prefer=P1))


def test_order_puts_the_good_one_first_and_failed_ones_last() -> None:
    assert reorder((E1, E2), E2, ()) == (E2, E1)
    assert reorder((E1, E2), E1, {E1}) == (E2, E1)
