from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyncops.errors import ConfigurationError
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint, EndpointKind, TcpAddress
from lyncops.remoting.http import Timeouts
from lyncops.remoting.transport import Transport
from lyncops.values import Fqdn

TIMEOUTS = Timeouts(connect=timedelta(seconds=1), logon=timedelta(seconds=1))


@pytest.mark.parametrize(
    ("url", "port", "path", "kind"),
    [
        ("http://fe1.contoso.com", 5985, "wsman", EndpointKind.WINRM),
        ("http://fe1.contoso.com/wsman/", 5985, "wsman", EndpointKind.WINRM),
        ("https://fe1.contoso.com/wsman", 5986, "wsman", EndpointKind.WINRM),
        ("https://fe1.contoso.com/OcsPowershell", 443, "OcsPowershell", EndpointKind.OCS),
        ("https://fe1.contoso.com/ocspowershell/", 443, "ocspowershell", EndpointKind.OCS),
        ("http://fe1.contoso.com/OcsPowershell", 80, "OcsPowershell", EndpointKind.OCS),
        ("https://fe1.contoso.com:8443/OcsPowershell", 8443, "OcsPowershell", EndpointKind.OCS),
        ("http://[::1]:47001/wsman", 47001, "wsman", EndpointKind.WINRM),
    ],
)
def test_url(url: str, port: int, path: str, kind: EndpointKind) -> None:
    endpoint = Endpoint.parse(url)
    assert (endpoint.port, endpoint.path, endpoint.kind) == (port, path, kind)
    assert str(endpoint) == url


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "fe1.contoso.com",
            "ftp://fe1",
            "https://",
            "https://fe1:0/",
            "https://fe1:99999/",
            "https://fe1:x/",
        ),
        *(
            "https://a b/wsman",
            "https://fe1/wsman?x=1",
            "https://fe1/wsman#x",
            "https://[::1/wsman",
        ),
    ],
)
def test_url_that_cannot_be_used_is_told_by_its_field(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^url:"):
        Endpoint.parse(url)


@pytest.mark.parametrize("user", ["admin:geheim", ":geheim", "geheim", ""])
def test_credentials_in_a_url_are_refused_and_not_repeated(user: str) -> None:
    with pytest.raises(ConfigurationError, match="contains credentials") as caught:
        Endpoint.parse(f"https://{user}@fe1.contoso.com/wsman")
    assert "geheim" not in str(caught.value)


def test_machine_is_the_host_of_the_url_unless_it_is_an_address() -> None:
    assert Endpoint.parse("https://FE1.contoso.com/wsman").machine == Fqdn("fe1.contoso.com")
    assert Endpoint.parse("https://10.0.0.1/wsman").machine is None
    assert Endpoint.parse("https://-strange-/wsman").machine is None
    assert (
        Endpoint(url="https://10.0.0.1/wsman", machine="fe1.contoso.com").machine
        == "fe1.contoso.com"
    )


@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.CERTIFICATE])
def test_nothing_goes_over_http_in_the_clear(auth: Auth) -> None:
    with pytest.raises(ConfigurationError, match="in the clear"):
        Endpoint(
            url="http://fe1.contoso.com", auth=auth, certificate="c.pem", certificate_key="k.pem"
        )


@pytest.mark.parametrize("auth", [Auth.NEGOTIATE, Auth.KERBEROS, Auth.NTLM, Auth.CREDSSP])
def test_what_encrypts_messages_may_go_over_http(auth: Auth) -> None:
    assert not Endpoint.parse("http://fe1.contoso.com", auth=auth).tls


def test_settings_that_contradict_each_other_are_refused() -> None:
    url = "https://fe1.contoso.com/OcsPowershell"
    second = timedelta(seconds=1)
    with pytest.raises(ConfigurationError, match="needs certificate"):
        Endpoint(url=url, auth="certificate", certificate="c.pem")
    with pytest.raises(ConfigurationError, match="not used with"):
        Endpoint(url=url, certificate="c.pem", certificate_key="k.pem")
    with pytest.raises(ConfigurationError, match="smaller than read_timeout"):
        Endpoint(url=url, operation_timeout=second, read_timeout=second)
    with pytest.raises(ConfigurationError, match="less than a second"):
        Endpoint(url=url, operation_timeout=second / 2)
    with pytest.raises(ConfigurationError, match=r"^module"):
        Endpoint(url=url, module="Lync")
    with pytest.raises(ConfigurationError, match="behind a proxy"):
        Endpoint(url=url, proxy="http://proxy:8080", connect_to="127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="negotiate, kerberos"):
        Endpoint(url=url, auth="digest")


@pytest.mark.parametrize(
    "text", ["", "fe1", "fe1:", ":1", "fe1:x", "fe1:0", "fe1:99999", "fe1:1/x", "[::1"]
)
def test_tcp_address_that_is_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^connect_to:"):
        TcpAddress.parse(text)


@given(st.integers(1, 65535))
def test_tcp_address(port: int) -> None:
    for host in ("127.0.0.1", "fe1.contoso.com", "[::1]"):
        assert str(TcpAddress.parse(f"{host}:{port}")) == f"{host}:{port}"


def test_credentials_do_not_show_the_password() -> None:
    credentials = Credentials(username="admin", password="geheim")
    endpoint = Endpoint(url="https://fe1.contoso.com", credentials=credentials)
    assert "geheim" not in repr(credentials) + repr(endpoint) + str(endpoint)


def test_missing_credentials_and_files_are_told_before_anything_is_sent(tmp_path: Path) -> None:
    endpoint = Endpoint(url="https://fe1.contoso.com", auth=Auth.BASIC)
    user = Credentials(username="admin", password="geheim")
    with pytest.raises(ConfigurationError, match="needs a user name"):
        Transport(endpoint, None, timeouts=TIMEOUTS)
    with pytest.raises(ConfigurationError, match="only carry Latin-1") as caught:
        Transport(endpoint, attrs.evolve(user, password="zażółć"), timeouts=TIMEOUTS)
    assert "zażółć" not in str(caught.value)
    Transport(endpoint, attrs.evolve(user, password="Schlüssel"), timeouts=TIMEOUTS)
    with pytest.raises(ConfigurationError, match=r"^ca of .*No such file"):
        Transport(attrs.evolve(endpoint, ca=tmp_path / "ca.pem"), user, timeouts=TIMEOUTS)
    with pytest.raises(ConfigurationError, match=r"^certificate of"):
        Transport(
            Endpoint(
                url="https://fe1.contoso.com",
                auth="certificate",
                certificate=tmp_path / "c",
                certificate_key=tmp_path / "k",
            ),
            None,
            timeouts=TIMEOUTS,
        )
