"""How a log-on is chosen and begins: without a server and without a KDC."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
import requests
import spnego

from lyncops.remoting.endpoint import Auth, Credentials, Endpoint
from lyncops.remoting.handshake import Handshake
from lyncops.remoting.kerberos import Tickets
from lyncops.remoting.line import Line
from lyncops.remoting.logon import LogOnError, LogOnProblem

pytest.importorskip("gssapi")
pytest.importorskip("krb5")
ALL = "Negotiate, Kerberos, NTLM, CredSSP, Basic realm=x"


class Asked(Tickets):
    """A domain that cannot be asked."""

    def credential(
        self, user: Credentials | None, *, delegate: bool, patience: timedelta
    ) -> spnego.KerberosCCache | spnego.CredentialCache:
        del user, delegate, patience
        raise LogOnError(LogOnProblem.NO_KDC, "asked")


class Server:
    """Refuses, and keeps what it was given."""

    def __init__(self, *challenges: str) -> None:
        self.given: list[str] = []
        self.challenges = list(challenges)

    def __call__(self, authorization: str = "") -> requests.Response:
        self.given.append(authorization)
        answer = requests.Response()
        answer.status_code = 401
        if self.challenges:
            answer.headers["WWW-Authenticate"] = self.challenges.pop(0)
        return answer

    @property
    def schemes(self) -> list[str]:
        return [each.partition(" ")[0] for each in self.given]


def log_on(
    server: Server, auth: Auth, offers: str, username: str | None, *, scheme: str = "http"
) -> LogOnError:
    user = None if username is None else Credentials(username=username, password="geheim")
    handshake = Handshake(
        endpoint=Endpoint(url=f"{scheme}://fe1.contoso.com/wsman", auth=auth),
        user=user,
        tickets=Asked(),
        patience=timedelta(seconds=5),
        line=Line(),
    )
    with pytest.raises(LogOnError) as caught:
        handshake.run(server, offers)
    return caught.value


@pytest.mark.parametrize(
    ("auth", "offers", "username", "problem"),
    [
        # What the server does not offer
        (Auth.NTLM, "Kerberos, Basic realm=x", "admin", LogOnProblem.NOT_OFFERED),
        (Auth.KERBEROS, "NTLM", "admin@CONTOSO.COM", LogOnProblem.NOT_OFFERED),
        (Auth.NEGOTIATE, "Basic realm=x", "admin", LogOnProblem.NOT_OFFERED),
        (Auth.CREDSSP, "Negotiate", "admin", LogOnProblem.NOT_OFFERED),
        # Nobody who could log on with a password
        (Auth.NTLM, ALL, None, LogOnProblem.NOT_OFFERED),
        (Auth.NEGOTIATE, ALL, None, LogOnProblem.NO_KDC),
        # A bare name is of the server to `negotiate`, and of the default realm to `kerberos`
        (Auth.KERBEROS, ALL, "admin", LogOnProblem.NO_KDC),
        (Auth.KERBEROS, ALL, "CONTOSO\\admin", LogOnProblem.NOT_A_PRINCIPAL),
        (Auth.KERBEROS, ALL, "admin@CONTOSO.COM", LogOnProblem.NO_KDC),
        (Auth.NEGOTIATE, "Kerberos", "admin", LogOnProblem.NOT_A_PRINCIPAL),
        (Auth.NEGOTIATE, "Kerberos", "admin@CONTOSO.COM", LogOnProblem.NO_KDC),
    ],
)
def test_where_nothing_can_be_tried_nothing_is_sent(
    auth: Auth, offers: str, username: str | None, problem: LogOnProblem
) -> None:
    server = Server()
    assert log_on(server, auth, offers, username).problem is problem
    assert server.given == []


@pytest.mark.parametrize(
    ("offers", "username", "scheme", "because"),
    [
        (ALL, "admin", "Negotiate", "not a Kerberos principal"),
        (ALL, "admin@CONTOSO.COM", "Negotiate", "no domain controller"),
        ("NTLM", "admin", "NTLM", ""),
    ],
)
def test_negotiate_tries_ntlm_where_kerberos_cannot_be(
    offers: str, username: str, scheme: str, because: str
) -> None:
    server = Server()
    error = log_on(server, Auth.NEGOTIATE, offers, username)
    assert error.problem is LogOnProblem.WRONG_CREDENTIALS
    assert server.schemes == [scheme]
    token = base64.b64decode(server.given[0].partition(" ")[2])
    assert token.startswith(b"NTLMSSP\0")
    assert ("NTLM, not Kerberos, because" in error.seen) is bool(because)
    assert because in error.seen
    assert 'channel_binding = "off"' not in error.remedy, "there is no TLS to bind to"


def test_behind_tls_a_device_may_be_in_between() -> None:
    error = log_on(Server(), Auth.NTLM, ALL, "admin", scheme="https")
    assert 'channel_binding = "off"' in error.remedy


@pytest.mark.parametrize("challenge", ["Negotiate", "Negotiate !", "Basic realm=x"])
def test_a_challenge_without_a_token_is_a_refusal(challenge: str) -> None:
    server = Server(challenge)
    assert log_on(server, Auth.NTLM, ALL, "admin").problem is LogOnProblem.WRONG_CREDENTIALS
    assert len(server.given) == 1
