"""Logging on with Kerberos to the lab's Front Ends, and every way in which that fails."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from lyncops.errors import AuthenticationFailedError, EndpointError, MisconfiguredEndpointError
from lyncops.remoting.endpoint import Auth, ChannelBinding
from lyncops.remoting.kerberos import default_ticket_end
from lyncops.remoting.logon import LogOnProblem
from lyncops.values import Outcome
from tests.kerberos.domain import Domain, person
from tests.kerberos.kdc import PASSWORD, REALM, USER
from tests.remoting.machines import FE1, FE2, READ

EITHER = pytest.mark.parametrize("auth", [Auth.KERBEROS, Auth.NEGOTIATE])


@EITHER
def test_a_password_gets_a_ticket_and_what_was_used_is_known(domain: Domain, auth: Auth) -> None:
    before = domain.kdc.said("AS_REQ")
    with domain.sessions(domain.endpoint(FE1, auth), user=person()) as sessions:
        for each in [sessions.submit(READ) for _ in range(8)]:
            assert each.result().outcome is Outcome.SUCCEEDED
        (logon,) = sessions.logons.used().values()
    assert (logon.mechanism, logon.service, logon.fallback) == ("kerberos", f"host/{FE1}", "")
    assert logon.ends is not None
    assert logon.ends > datetime.now(UTC) + timedelta(hours=1)
    # One ticket for all connections: asked for, and proven to be meant
    assert domain.kdc.said("AS_REQ") - before == 2


@EITHER
def test_a_ticket_needs_neither_user_nor_password(domain: Domain, auth: Auth) -> None:
    domain.kdc.kinit("admin", PASSWORD)
    logon = domain.logon(domain.endpoint(FE1, auth))
    assert (logon.mechanism, logon.renewable) == ("kerberos", False)
    assert logon.ends == default_ticket_end()


@EITHER
def test_a_client_keytab_is_enough(
    domain: Domain, auth: Auth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{domain.kdc.client_keytab('admin')}")
    logon = domain.logon(domain.endpoint(FE1, auth))
    assert (logon.mechanism, logon.renewable) == ("kerberos", True)


@EITHER
def test_a_wrong_password_is_tried_once_by_all_connections_together(
    domain: Domain, auth: Auth
) -> None:
    before = domain.kdc.said("PREAUTH_FAILED")
    with domain.sessions(*domain.both(auth), user=person(password="wrong")) as sessions:
        for each in [sessions.submit(READ) for _ in range(8)]:
            with pytest.raises(AuthenticationFailedError, match="wrong"):
                each.result()
    assert domain.kdc.said("PREAUTH_FAILED") - before == 1
    # It was not tried with NTLM either
    assert domain.ground.lab.host.directory.failures.total() == 0


@EITHER
@pytest.mark.parametrize(
    ("user", "says"),
    [
        (f"nobody@{REALM}", "does not know this user"),
        (f"stale@{REALM}", "password has expired"),
        (f"gone@{REALM}", "it has expired"),
        (f"locked@{REALM}", "locked or disabled"),
    ],
)
def test_an_account_of_no_use_says_why(domain: Domain, auth: Auth, user: str, says: str) -> None:
    sessions = domain.sessions(*domain.both(auth), user=person(user))
    with sessions, pytest.raises(AuthenticationFailedError, match=says) as caught:
        sessions.run(READ)
    assert caught.value.remedy
    assert domain.ground.requests("Create") == 0


def test_a_lower_case_realm_means_the_real_one(domain: Domain) -> None:
    assert domain.logon(user=person(USER.lower())).mechanism == "kerberos"


def test_without_a_ticket_it_says_kinit(domain: Domain) -> None:
    for auth in (Auth.KERBEROS, Auth.NEGOTIATE):
        with (
            domain.sessions(domain.endpoint(FE1, auth)) as sessions,
            pytest.raises(EndpointError, match="no Kerberos ticket") as it,
        ):
            sessions.run(READ)
        assert "kinit" in it.value.remedy


def test_a_realm_that_is_unknown_names_krb5_conf(domain: Domain) -> None:
    stranger = person("admin@NOWHERE.EXAMPLE")
    with (
        domain.sessions(user=stranger) as sessions,
        pytest.raises(EndpointError, match="realm is unknown") as caught,
    ):
        sessions.run(READ)
    assert "krb5.conf" in caught.value.remedy


def test_a_name_with_a_backslash_is_no_principal(
    domain: Domain, caplog: pytest.LogCaptureFixture
) -> None:
    lab = domain.ground.lab
    user = person(lab.username, lab.password)
    with (
        domain.sessions(user=user) as sessions,
        pytest.raises(MisconfiguredEndpointError, match="principal") as caught,
    ):
        sessions.run(READ)
    assert "user@REALM" in caught.value.remedy
    with caplog.at_level(logging.WARNING):
        logon = domain.logon(domain.endpoint(FE1, Auth.NEGOTIATE), user=user)
    assert logon.mechanism == "ntlm"
    assert "principal" in logon.fallback
    assert "NTLM, not Kerberos" in caplog.text


def test_a_service_that_the_domain_does_not_know_is_named_and_the_next_server_is_asked(
    domain: Domain,
) -> None:
    first = attrs.evolve(domain.endpoint(FE1), spn_host="pool1.contoso.com")
    with (
        domain.sessions(first, user=person()) as sessions,
        pytest.raises(MisconfiguredEndpointError) as caught,
    ):
        sessions.run(READ)
    assert "host/pool1.contoso.com" in caught.value.what
    assert "spn_service" in caught.value.remedy
    with domain.sessions(first, domain.endpoint(FE2), user=person()) as sessions:
        assert sessions.run(READ).endpoint == domain.endpoint(FE2).url


def test_the_service_name_can_be_given(domain: Domain) -> None:
    at = attrs.evolve(domain.endpoint(FE1), spn_service="HTTP", spn_host=FE1)
    assert domain.logon(at, user=person()).service == f"HTTP/{FE1}"


def test_a_server_whose_key_is_off_does_not_end_the_search(domain: Domain) -> None:
    domain.kdc.service(f"host/odd-{domain.scheme}.contoso.com")
    domain.kdc.rekey(f"host/odd-{domain.scheme}.contoso.com")
    odd = attrs.evolve(domain.endpoint(FE1), spn_host=f"odd-{domain.scheme}.contoso.com")
    with (
        domain.sessions(odd, user=person()) as sessions,
        pytest.raises(EndpointError, match="refused a valid") as caught,
    ):
        sessions.run(READ)
    assert not isinstance(caught.value, AuthenticationFailedError)
    with domain.sessions(odd, domain.endpoint(FE2), user=person()) as sessions:
        assert sessions.run(READ).endpoint == domain.endpoint(FE2).url


def test_without_the_packages_it_names_the_extra(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "krb5", None)
    with (
        domain.sessions(user=person()) as sessions,
        pytest.raises(MisconfiguredEndpointError) as caught,
    ):
        sessions.run(READ)
    assert "lyncops[kerberos]" in caught.value.remedy
    lab = domain.ground.lab
    named = person(f"{lab.username.rpartition(chr(92))[2]}@{REALM}", lab.password)
    logon = domain.logon(domain.endpoint(FE1, Auth.NEGOTIATE), user=named)
    assert logon.mechanism == "ntlm"
    assert LogOnProblem.MISSING_EXTRA.value in logon.fallback


@pytest.mark.parametrize("forwardable", [True, False])
def test_delegation_is_granted_only_with_a_forwardable_ticket_and_said_otherwise(
    domain: Domain, caplog: pytest.LogCaptureFixture, *, forwardable: bool
) -> None:
    domain.kdc.kinit("admin", PASSWORD, *(["-f"] if forwardable else []))
    with caplog.at_level(logging.WARNING):
        logon = domain.logon(attrs.evolve(domain.endpoint(FE1), delegate=True))
    assert logon.delegated is forwardable
    assert ("delegation was asked for" in caplog.text) is not forwardable


def test_a_password_gets_a_ticket_that_can_be_delegated(domain: Domain) -> None:
    assert domain.logon(attrs.evolve(domain.endpoint(FE1), delegate=True), user=person()).delegated
    assert not domain.logon(user=person()).delegated


@pytest.mark.parametrize("binding", ChannelBinding)
def test_channel_binding(domain: Domain, binding: ChannelBinding) -> None:
    if domain.scheme == "http":
        return
    at = attrs.evolve(domain.endpoint(FE1), channel_binding=binding)
    assert domain.logon(at, user=person()).mechanism == "kerberos"
