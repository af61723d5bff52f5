"""Logging on: what bars an account and what does not, passwords that stop working, TLS by its
versions and its reasons.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import cast

import attrs
import pytest
import spnego._credssp

from lyncops.errors import (
    AuthenticationFailedError,
    EndpointError,
    MisconfiguredEndpointError,
    UntrustedCertificateError,
)
from lyncops.lab.wire import certificates
from lyncops.lab.wire.certificates import Authority, Issued, server_context
from lyncops.lab.wire.faults import FaultKind, Profile
from lyncops.remoting.connections import tls_context
from lyncops.remoting.endpoint import Auth, ChannelBinding, TlsVersion
from lyncops.remoting.logons import MESSAGE
from lyncops.values import Outcome
from tests.remoting.machines import CHANGE, FE1, FE2, POLICY, READ, Crowd, Ground, ground, warmed

CONNECTED = pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE])


def failures(one: Ground) -> int:
    return one.lab.host.directory.failures.total()


def forget_passwords(one: Ground) -> None:
    """Every account has another password now."""
    one.lab.host.directory.accounts = ()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_credssp_that_fails_before_any_password_bars_nobody(tmp_path: Path) -> None:
    with ground(tmp_path, FE1, FE2, credssp=True) as served:
        context = served.lab.host.credssp
        assert context is not None
        context.context.maximum_version = ssl.TLSVersion.TLSv1_2
        first = attrs.evolve(
            served.endpoint(FE1, scheme="https", auth=Auth.CREDSSP), tls_minimum=TlsVersion.TLS_1_3
        )
        with (
            served.sessions(first) as sessions,
            pytest.raises(MisconfiguredEndpointError, match="before any password"),
        ):
            sessions.run(READ)
        second = served.endpoint(FE2, scheme="https", auth=Auth.CREDSSP)
        with served.sessions(first, second) as sessions:
            assert sessions.run(READ).endpoint == second.url


def test_credssp_with_a_wrong_password_bars(tmp_path: Path) -> None:
    with ground(tmp_path, FE1, FE2, credssp=True) as served:
        endpoints = [served.endpoint(each, auth=Auth.CREDSSP) for each in (FE1, FE2)]
        with served.sessions(*endpoints, password="wrong") as sessions:
            for _ in range(3):
                with pytest.raises(AuthenticationFailedError, match=r"status 0x[0-9A-F]{8}"):
                    sessions.run(READ)
        assert failures(served) == 1


def test_credssp_of_a_server_that_proves_another_key_is_not_called_a_wrong_password(
    one: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.lab.host.offer_credssp()
    proofs = iter([b"of another key"])
    proof = cast("Callable[..., bytes]", vars(spnego._credssp)["_get_pub_key_auth"])

    def prove(key: bytes, usage: str, nonce: bytes | None = None) -> bytes:
        # The server gives its proof before the client works out what it must be
        return (usage == "accept" and next(proofs, b"")) or proof(key, usage, nonce=nonce)

    monkeypatch.setattr("spnego._credssp._get_pub_key_auth", prove)
    with (
        one.sessions(one.endpoint(auth=Auth.CREDSSP)) as sessions,
        pytest.raises(AuthenticationFailedError, match="did not prove that it is the one"),
    ):
        sessions.run(READ)


@pytest.mark.parametrize(
    ("scheme", "auth"),
    [("https", Auth.BASIC), ("http", Auth.NTLM), ("https", Auth.NTLM), ("https", Auth.NEGOTIATE)],
)
def test_a_password_that_stops_working_while_a_change_runs_is_unknown_and_tried_once(
    tmp_path: Path, scheme: str, auth: Auth
) -> None:
    with ground(tmp_path, FE1, FE2) as one:
        with warmed(
            one.sessions(
                one.endpoint(FE1, scheme=scheme, auth=auth),
                one.endpoint(FE2, scheme=scheme, auth=auth),
            )
        ) as it:
            machine = one.machines[FE1]
            machine.scripts[CHANGE.NAME] = lambda _invocation, _session, _sink: forget_passwords(
                one
            )
            one.strike(FaultKind.DROP_BEFORE, "Receive", cmdlet=CHANGE.NAME)
            done = it.run(CHANGE)
            assert done.outcome is Outcome.UNKNOWN
            assert "log on again" in done.reason
            assert failures(one) == 1
            it.run(READ)  # by a connection that is logged on already, or not at all
        assert one.executed(CHANGE) == 1
        assert failures(one) == 1


@CONNECTED
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("action", ["Command", "Receive"])
def test_a_session_that_idled_and_answers_401_once_is_asked_again(
    one: Ground, scheme: str, auth: Auth, action: str
) -> None:
    with warmed(one.sessions(one.endpoint(scheme=scheme, auth=auth))) as sessions:
        for cmdlet in (READ, CHANGE):
            one.strike(FaultKind.STATUS_BEFORE, action, cmdlet=cmdlet.NAME, status=401)
            assert sessions.run(cmdlet).outcome is Outcome.SUCCEEDED
    assert one.executed(CHANGE) == 1
    assert failures(one) == 0


@CONNECTED
def test_a_401_after_a_change_ran_proves_nothing(one: Ground, auth: Auth) -> None:
    with warmed(one.sessions(one.endpoint(scheme="https", auth=auth))) as sessions:
        one.strike(FaultKind.STATUS_AFTER, "Command", cmdlet=CHANGE.NAME, status=401)
        assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
    assert one.executed(CHANGE) == 1


@CONNECTED
def test_what_is_logged_on_goes_on_serving_where_a_further_connection_is_refused(
    one: Ground, auth: Auth
) -> None:
    """Whether a further connection is opened hangs on how long READs take: what a run sees must
    not.
    """
    policy = attrs.evolve(POLICY, parallel=2)
    with warmed(one.sessions(one.endpoint(auth=auth), policy=policy)) as sessions:
        forget_passwords(one)
        one.lab.delay(timedelta(milliseconds=100))  # so that a second connection pays
        answers = [each.result() for each in [sessions.submit(READ) for _ in range(12)]]
        assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED, (
            "its own connection is logged on, too"
        )
    assert {each.outcome for each in answers} == {Outcome.SUCCEEDED}
    assert failures(one) == 1


def cut_connections(one: Ground) -> None:
    for server in one.lab.host.servers(FE1):
        server.cut_connections()


@pytest.mark.parametrize(
    ("scheme", "auth"),
    [
        ("https", Auth.BASIC),
        ("http", Auth.NTLM),
        ("https", Auth.NEGOTIATE),
        ("http", Auth.CREDSSP),
    ],
)
def test_a_changed_password_is_tried_once_by_connections_that_log_on_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, auth: Auth
) -> None:
    """They were accepted a moment ago, and nobody told them."""
    # The connection that closes commands could be cut in the middle of its own log-on.
    monkeypatch.setattr("lyncops.remoting.closer._BATCH", 1000)
    with ground(tmp_path, FE1, credssp=True) as one:
        crowd = one.fe1.scripts[READ.NAME] = Crowd(POLICY.parallel)
        with one.sessions(one.endpoint(scheme=scheme, auth=auth)) as sessions:
            for each in [sessions.submit(READ) for _ in range(24)]:
                assert each.result().outcome is Outcome.SUCCEEDED
            assert crowd.most == POLICY.parallel
            forget_passwords(one)
            cut_connections(one)
            if auth is Auth.BASIC:  # each message is a try, and those of a busy moment go together
                monkeypatch.setattr("lyncops.remoting.logons.monotonic", lambda: monotonic() + 10)
                monkeypatch.setattr(
                    "lyncops.remoting.http.MESSAGE", attrs.evolve(MESSAGE, patience=30.0)
                )
            for each in [sessions.submit(READ) for _ in range(24)]:
                with suppress(AuthenticationFailedError):
                    assert each.result().outcome is not Outcome.SUCCEEDED
        assert failures(one) == 1


def _of_another_certificate(_der: bytes) -> bytes:
    return b"the hash of another certificate"


@CONNECTED
@pytest.mark.parametrize("binding", [ChannelBinding.AUTO, ChannelBinding.REQUIRED])
def test_behind_a_device_that_ends_tls_the_refusal_names_channel_binding(
    one: Ground, monkeypatch: pytest.MonkeyPatch, auth: Auth, binding: ChannelBinding
) -> None:
    monkeypatch.setattr("lyncops.lab.wire.server.certificate_hash", _of_another_certificate)
    at = attrs.evolve(one.endpoint(scheme="https", auth=auth), channel_binding=binding)
    with one.sessions(at) as sessions, pytest.raises(AuthenticationFailedError) as caught:
        sessions.run(READ)
    assert "channel_binding" in caught.value.remedy


@CONNECTED
@pytest.mark.parametrize("binding", ChannelBinding)
def test_a_strict_server_lets_in_only_who_is_bound(
    one: Ground, auth: Auth, binding: ChannelBinding
) -> None:
    """The lab's servers are strict, as with CbtHardeningLevel Strict."""
    with one.sessions(
        attrs.evolve(one.endpoint(scheme="https", auth=auth), channel_binding=binding)
    ) as sessions:
        if binding is ChannelBinding.OFF:
            with pytest.raises(AuthenticationFailedError):
                sessions.run(READ)
        else:
            assert sessions.run(READ).outcome is Outcome.SUCCEEDED


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_named_and_can_be_let_in(
    one: Ground, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def old(issued: Issued, authority: Authority) -> ssl.SSLContext:
        context = server_context(issued, authority)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context

    monkeypatch.setattr("lyncops.lab.wire.server.server_context", old)
    at = one.endpoint(scheme="https", auth=Auth.BASIC)
    with one.sessions(at) as sessions, pytest.raises(EndpointError, match="tls_minimum"):
        sessions.run(READ)
    with (
        caplog.at_level(logging.WARNING),
        one.sessions(attrs.evolve(at, tls_minimum=TlsVersion.TLS_1_0)) as sessions,
    ):
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED
    assert "RFC 8996" in caplog.text


def test_a_newer_minimum_is_kept() -> None:
    context = tls_context(TlsVersion.TLS_1_3)
    assert context is not None
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3


def test_an_unknown_authority_is_told(tmp_path: Path) -> None:
    with ground(tmp_path, FE1, profile=Profile(untrusted_certificate=True)) as one:
        sessions = one.sessions(one.endpoint(scheme="https"))
        with sessions, pytest.raises(UntrustedCertificateError, match="authority") as caught:
            sessions.run(READ)
    assert "`ca`" in caught.value.remedy


@pytest.mark.parametrize(
    ("begins", "says", "remedy"),
    [
        (timedelta(days=-31), "it has expired", "Set-CsCertificate"),
        (timedelta(days=1), "not valid yet", "clock of this computer"),
    ],
)
def test_a_certificate_that_is_not_valid_now_has_a_remedy_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begins: timedelta, says: str, remedy: str
) -> None:
    def untimely(_issued: Issued, authority: Authority) -> ssl.SSLContext:
        with monkeypatch.context() as patch:
            patch.setattr(certificates, "_BEGINS", begins)
            patch.setattr(certificates, "_VALID", begins + timedelta(days=30))
            return server_context(authority.server((FE1,)), authority)

    monkeypatch.setattr("lyncops.lab.wire.server.server_context", untimely)
    with ground(tmp_path, FE1) as one, one.sessions(one.endpoint(scheme="https")) as sessions:
        with pytest.raises(UntrustedCertificateError, match=says) as caught:
            sessions.run(READ)
        assert one.requests("Create") == 0
    assert remedy in caught.value.remedy
    assert "`ca`" not in caught.value.remedy


def test_a_certificate_for_another_name_is_told(tmp_path: Path) -> None:
    with ground(tmp_path, FE1, FE2) as one:
        elsewhere = attrs.evolve(
            one.endpoint(FE1, scheme="https"),
            connect_to=one.endpoint(FE2, scheme="https").connect_to,
        )
        with (
            one.sessions(elsewhere) as sessions,
            pytest.raises(UntrustedCertificateError, match="another name") as caught,
        ):
            sessions.run(READ)
    assert "connect_to" in caught.value.remedy
