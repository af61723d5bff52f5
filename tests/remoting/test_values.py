"""What is handed to others: executions, errors and their causes, times, ways to try again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from lyncops.cmdlets import GetCsSite
from lyncops.errors import CmdletFailedError, ConfigurationError, EndpointError, OutcomeUnknownError
from lyncops.remoting.clock import Stopwatch
from lyncops.remoting.endpoint import Credentials, Endpoint, TlsVersion
from lyncops.remoting.execution import Execution
from lyncops.remoting.http import Timeouts
from lyncops.remoting.line import Line
from lyncops.remoting.logons import LogOns
from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.streams import Cause, ErrorRecord, StreamKind
from lyncops.remoting.requests_session import new_session
from lyncops.remoting.retry import Limits, RetryPolicy, retrying
from lyncops.remoting.transport import Transport
from lyncops.remoting.trust import REASONS, remedy_for
from lyncops.values import Outcome
from tests.remoting.machines import PatientClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://fe1.contoso.com/wsman"


def execution(
    outcome: Outcome,
    *,
    output: tuple[object, ...] = (),
    reason: str = "",
    endpoint: str = "",
    errors: tuple[ErrorRecord, ...] = (),
    proof: Proof | None = None,
) -> Execution[object]:
    return Execution[object](
        cmdlet=GetCsSite(),
        outcome=outcome,
        started=NOW,
        ended=NOW,
        output=output,
        reason=reason,
        endpoint=endpoint,
        errors=errors,
        proof=proof,
    )


def test_what_was_proven_not_to_have_started_was_not_sent() -> None:
    assert execution(Outcome.UNKNOWN).sent is True
    assert execution(Outcome.FAILED, proof=next(iter(Proof))).sent is False


@pytest.mark.parametrize(
    ("reason", "spoken", "endpoint", "said"),
    [
        ("It was stopped.", "It broke.", URL, f" at {URL}: It was stopped."),
        ("", "It broke.", "", ": It broke."),
        ("", "", "", ": the server gave no reason"),
    ],
)
def test_an_execution_is_unwrapped_or_says_why_not(
    reason: str, spoken: str, endpoint: str, said: str
) -> None:
    errors = (ErrorRecord(message=spoken),) if spoken else ()
    assert execution(Outcome.SUCCEEDED, output=("a",)).unwrap() == ("a",)
    with pytest.raises(CmdletFailedError) as failed:
        execution(Outcome.FAILED, reason=reason, errors=errors, endpoint=endpoint).unwrap()
    assert str(failed.value).startswith(f"Get-CsSite failed{said}")
    with pytest.raises(OutcomeUnknownError) as unknown:
        execution(Outcome.UNKNOWN, reason=reason, errors=errors, endpoint=endpoint).unwrap()
    where, _, why = said.partition(": ")
    assert str(unknown.value).startswith(f"The outcome of Get-CsSite{where} is unknown: {why}")
    for error in (failed.value, unknown.value):
        assert (error.cmdlet, error.endpoint) == ("Get-CsSite", endpoint)


def test_an_execution_shows_where_it_ran_and_how_it_ended() -> None:
    text = repr(execution(Outcome.FAILED, endpoint=URL, reason="It was stopped."))
    assert f"Get-CsSite FAILED at {URL}: It was stopped." in text
    assert "Get-CsSite SUCCEEDED: 2 objects" in repr(execution(Outcome.SUCCEEDED, output=(1, 2)))


KIND = "System.IO.IOException"


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("", False),
        ("x", True),
        (f"Exception of type '{KIND}' was thrown.", False),
        (f"{KIND}: the file is open elsewhere, by a process of another user.", True),
    ],
)
def test_a_cause_that_only_names_itself_says_nothing(message: str, *, says: bool) -> None:
    cause = Cause(message=message, exception_type=KIND)
    assert cause.says_something is says
    outer = Cause(message="It failed.", exception_type="System.Exception")
    record = ErrorRecord(message="It failed.", causes=(outer, cause))
    assert record.reason == (message if says else "It failed.")


def test_streams_causes_and_errors_in_words() -> None:
    assert [kind.value for kind in StreamKind] == [
        "output",
        "error",
        "warning",
        "verbose",
        "debug",
        "information",
        "progress",
    ]
    assert str(ErrorRecord(message="It broke.")) == "It broke."
    assert str(Cause(message="Denied", exception_type=KIND, code=5)) == f"{KIND}: Denied (5)"
    assert str(Cause(message="Denied")) == "exception: Denied"


@pytest.mark.parametrize("step", [timedelta(hours=1), -timedelta(hours=1)])
def test_a_stopwatch_believes_the_clock_that_moved(step: timedelta) -> None:
    times = iter([NOW, NOW + step])
    assert Stopwatch(lambda: next(times)).elapsed() == timedelta(hours=1)


def test_a_stopwatch_goes_on_where_the_clock_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch(lambda: NOW)
    later = time.monotonic() + 3600
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert abs(watch.elapsed() - timedelta(hours=1)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "policy",
    [
        lambda: RetryPolicy(connect_timeout=timedelta()),
        lambda: RetryPolicy(open_timeout=timedelta()),
    ],
)
def test_a_timeout_of_nothing_is_refused(policy: Callable[[], RetryPolicy]) -> None:
    with pytest.raises(ConfigurationError, match="must not be zero"):
        policy()


NUMBERS: dict[str, Callable[[int], RetryPolicy]] = {
    "read_attempts": lambda number: RetryPolicy(read_attempts=number),
    "change_attempts": lambda number: RetryPolicy(change_attempts=number),
    "probes": lambda number: RetryPolicy(probes=number),
    "open_attempts": lambda number: RetryPolicy(open_attempts=number),
    "parallel": lambda number: RetryPolicy(parallel=number),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_of_nothing_is_refused(name: str) -> None:
    NUMBERS[name](1)
    with pytest.raises(ConfigurationError, match=f"{name} is 0"):
        NUMBERS[name](0)


def test_no_pause_goes_beyond_the_limit_and_each_retry_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = PatientClock()
    policy = attrs.evolve(
        RetryPolicy(), backoff_first=timedelta(hours=1), backoff_limit=timedelta(hours=1)
    )
    limits = Limits(attempts=3, until=clock.now() + timedelta(seconds=5))

    def fail() -> None:
        raise EndpointError("no")

    with caplog.at_level(logging.WARNING, "lyncops.remoting"), pytest.raises(EndpointError):
        retrying(policy, clock, limits, again=lambda _: True, what="it")(fail)
    assert all(timedelta() < pause <= timedelta(seconds=5) for pause in clock.slept)
    assert clock.slept
    assert "it: attempt 1 of 3: no" in caplog.text
    assert {record.name for record in caplog.records} == {"lyncops.remoting"}


def test_a_session_of_requests_asks_for_nothing_packed_and_says_who_it_is() -> None:
    session = new_session(Endpoint.parse(URL), Line())
    assert dict(session.headers) == {
        "User-Agent": "lyncops",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "Keep-Alive",
    }
    assert session.trust_env is False


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ({}, True),
        ({"CURL_CA_BUNDLE": "curl.pem"}, "curl.pem"),
        ({"CURL_CA_BUNDLE": "curl.pem", "REQUESTS_CA_BUNDLE": "requests.pem"}, "requests.pem"),
    ],
)
def test_authorities_come_from_the_configuration_then_the_environment(
    given: dict[str, str], used: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert new_session(Endpoint.parse(URL), Line()).verify == used
    own = tmp_path / "ca.pem"
    own.touch()
    assert new_session(Endpoint(url=URL, ca=own), Line()).verify == str(own)
    with pytest.raises(ConfigurationError, match="cannot be read: No such file or directory"):
        new_session(Endpoint(url=URL, ca=tmp_path / "none.pem"), Line())


def test_a_proxy_serves_both_schemes() -> None:
    proxy = "http://proxy:8080"
    session = new_session(Endpoint(url=URL, proxy=proxy), Line())
    assert session.proxies == {"http": proxy, "https": proxy}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", TlsVersion)
def test_broken_versions_of_tls_are_warned_about(
    version: TlsVersion, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "lyncops.remoting"):
        new_session(Endpoint(url=URL, tls_minimum=version), Line())
    assert bool(caplog.records) is (version in {TlsVersion.TLS_1_0, TlsVersion.TLS_1_1})


def test_each_certificate_s_reason_has_its_remedy() -> None:
    assert REASONS[62] == "it is for another name"
    assert REASONS[64] == "it is for another address"
    assert {number for number in REASONS if remedy_for(number) == remedy_for(None)} == {
        18,
        19,
        20,
        21,
    }
    assert remedy_for(62) == remedy_for(64) != remedy_for(10)
    assert remedy_for(9).startswith("Check the clock")


def test_an_endpoint_s_own_credentials_come_before_all_others() -> None:
    own = Credentials(username="edge", password="zażółć")  # Latin-1 has not these letters
    endpoint = Endpoint(url=URL, auth="basic", credentials=own)
    timeouts = Timeouts(connect=timedelta(seconds=1), logon=timedelta(seconds=1))
    other = Credentials(username="admin", password="geheim")
    with pytest.raises(ConfigurationError, match="only carry Latin-1"):
        Transport(endpoint, other, timeouts=timeouts)
    logons = LogOns()
    transport = Transport(
        attrs.evolve(endpoint, credentials=None), other, timeouts=timeouts, logons=logons
    )
    assert transport.logon == "basic"
