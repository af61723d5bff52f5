"""Clocks that differ by more than Kerberos allows: by default five minutes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from lyncops.errors import AuthenticationFailedError, EndpointError
from lyncops.remoting.endpoint import Auth
from tests.kerberos.domain import Domain, person
from tests.kerberos.kdc import REALM
from tests.remoting.machines import FE1, READ

OFF = timedelta(minutes=20)
BOTH_WAYS = pytest.mark.parametrize("ahead", [OFF, -OFF])


@pytest.fixture
def strict(domain: Domain) -> Iterator[Domain]:
    """Clients that do not correct their clock by the KDC's, as Windows and Java do not."""
    realms = f" {REALM} = {{\n  kdc = 127.0.0.1:{domain.kdc.port}\n }}"
    domain.kdc.configure(realms, "[libdefaults]\n kdc_timesync = 0\n")
    yield domain
    domain.kdc.configure(realms)


@BOTH_WAYS
def test_a_domain_controller_of_another_time_is_told_and_no_password_is_called_wrong(
    strict: Domain, ahead: timedelta
) -> None:
    strict.kdc.stop()
    strict.kdc.start(ahead=ahead)
    before = strict.kdc.said("Clock skew too great")
    with strict.sessions(*strict.both(), user=person()) as sessions:
        for each in [sessions.submit(READ) for _ in range(4)]:
            with pytest.raises(EndpointError, match="clocks differ") as caught:
                each.result()
            assert not isinstance(caught.value, AuthenticationFailedError)
            assert "chronyc makestep" in caught.value.remedy
    assert strict.kdc.said("Clock skew too great") > before
    # With the clocks off no account can be locked, so that NTLM is not tried instead
    assert strict.ground.lab.host.directory.failures.total() == 0


def test_negotiate_falls_to_ntlm_and_says_that_the_clocks_are_why(strict: Domain) -> None:
    strict.kdc.stop()
    strict.kdc.start(ahead=OFF)
    at = strict.endpoint(FE1, Auth.NEGOTIATE)
    with (
        strict.sessions(at, user=person()) as sessions,
        pytest.raises(EndpointError, match="clocks differ") as caught,
    ):
        sessions.run(READ)
    # This lab knows no such user by NTLM: that password was tried once
    assert "NTLM" in caught.value.what
    assert strict.ground.lab.host.directory.failures.total() == 1


@BOTH_WAYS
def test_a_server_of_another_time_than_its_domain_refuses_the_ticket(
    domain: Domain, ahead: timedelta
) -> None:
    domain.kdc.stop()
    domain.kdc.start(ahead=ahead)
    with (
        domain.sessions(user=person()) as sessions,
        pytest.raises(EndpointError, match=r"refused a valid|clocks differ") as caught,
    ):
        sessions.run(READ)
    assert not isinstance(caught.value, AuthenticationFailedError)
    assert "clock" in caught.value.remedy
