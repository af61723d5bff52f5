"""CredSSP with a user of the domain: one password, which is tried once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from lyncops.errors import AuthenticationFailedError, EndpointError
from lyncops.remoting.endpoint import Auth
from lyncops.values import Outcome
from tests.kerberos.domain import Domain, person
from tests.kerberos.kdc import Kdc
from tests.remoting.machines import FE1, FE2, READ, ground

TRIED = "PREAUTH_FAILED"


@pytest.fixture(params=["http", "https"])
def delegating(request: pytest.FixtureRequest, realm: Kdc, tmp_path: Path) -> Iterator[Domain]:
    """Two Front Ends that offer CredSSP."""
    realm.forget()
    with ground(tmp_path, FE1, FE2, credssp=True) as served:
        yield Domain(kdc=realm, ground=served, scheme=str(request.param))
    realm.stop()
    realm.start()


def tries(domain: Domain) -> int:
    """How often a wrong password was tried: at the domain controller, and at the servers."""
    return domain.kdc.said(TRIED) + domain.ground.lab.host.directory.failures.total()


def test_a_wrong_password_is_tried_once(delegating: Domain) -> None:
    before = tries(delegating)
    wrong = person(password="not this one")
    with delegating.sessions(*delegating.both(Auth.CREDSSP), user=wrong) as sessions:
        for _ in range(2):
            with pytest.raises(AuthenticationFailedError):
                sessions.run(READ)
    assert tries(delegating) - before == 1


def test_the_right_one_gets_a_ticket_and_is_handed_on(delegating: Domain) -> None:
    used = delegating.logon(delegating.endpoint(auth=Auth.CREDSSP), user=person())
    assert (used.mechanism, used.delegated) == ("credssp", True)
    assert delegating.ground.lab.host.directory.failures.total() == 0


def test_where_no_kdc_answers_ntlm_does(delegating: Domain) -> None:
    delegating.kdc.stop()
    user = person("admin@CONTOSO", delegating.ground.lab.password)
    with delegating.sessions(delegating.endpoint(auth=Auth.CREDSSP), user=user) as sessions:
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED


def test_a_server_whose_key_is_off_refuses_the_ticket_and_bars_nobody(delegating: Domain) -> None:
    name = f"twisted-{delegating.scheme}.contoso.com"
    delegating.kdc.service(f"host/{name}")
    delegating.kdc.rekey(f"host/{name}")
    first, second = delegating.both(Auth.CREDSSP)
    twisted = attrs.evolve(first, spn_host=name)
    with (
        delegating.sessions(twisted, user=person()) as sessions,
        pytest.raises(EndpointError, match="refused a valid"),
    ):
        sessions.run(READ)
    with delegating.sessions(twisted, second, user=person()) as sessions:
        assert sessions.run(READ).endpoint == second.url
