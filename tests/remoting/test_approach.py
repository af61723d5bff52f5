"""The way to an endpoint without credentials: real sockets, real TLS, and each reason by its own
name.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import attrs
import pytest

from lyncops.lab.wire import certificates
from lyncops.lab.wire.certificates import Authority, server_context
from lyncops.remoting.approach import Approach, Greeting, ServerCertificate, Untrusted, approach
from lyncops.remoting.clock import SystemClock
from lyncops.remoting.endpoint import Endpoint, TcpAddress
from lyncops.remoting.trust import EXPIRED
from lyncops.values import Unread

HOST = "fe1.contoso.com"
PATIENCE = timedelta(seconds=5)
REFUSAL = (
    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic"
    b" realm=x\r\nContent-Length: 0\r\n"
)


@contextmanager
def answering(answer: bytes, context: ssl.SSLContext | None = None) -> Generator[int]:
    """A port that answers one request on one connection."""

    def serve() -> None:
        with suppress(OSError):
            sock, _ = listener.accept()
            sock.settimeout(10)
            with (
                sock if context is None else context.wrap_socket(sock, server_side=True)
            ) as talking:
                talking.recv(65_536)
                talking.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
    thread.join(10)


def at(port: int, *, scheme: str = "http", ca: Path | None = None) -> Endpoint:
    return Endpoint(url=f"{scheme}://{HOST}/wsman", connect_to=TcpAddress("127.0.0.1", port), ca=ca)


def went(endpoint: Endpoint, patience: timedelta = PATIENCE) -> Approach:
    return approach(endpoint, SystemClock(), patience=patience)


def dated(ahead: timedelta) -> bytes:
    return (
        REFUSAL
        + f"Date: {format_datetime(datetime.now(UTC) + ahead, usegmt=True)}\r\n\r\n".encode()
    )


@pytest.mark.parametrize("minutes", [-7, 0, 7])
def test_what_it_offers_and_what_time_it_has(minutes: int) -> None:
    with answering(dated(timedelta(minutes=minutes))) as port:
        found = went(at(port)).greeting
    assert isinstance(found, Greeting)
    assert (found.status, found.offers) == (401, ("Negotiate", "Basic"))
    assert found.ahead is not None
    assert abs(found.ahead - timedelta(minutes=minutes)) < timedelta(seconds=30)


def test_a_time_without_a_zone_is_utc() -> None:
    date = f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S} -0000"
    with answering(REFUSAL + f"Date: {date}\r\n\r\n".encode()) as port:
        found = went(at(port)).greeting
    assert isinstance(found, Greeting)
    assert found.ahead is not None
    assert abs(found.ahead) < timedelta(seconds=30)


@pytest.mark.parametrize("date", [b"\r\n", b"Date: soon\r\n\r\n", b"Date: \r\n\r\n"])
def test_a_server_that_does_not_say_what_time_it_has(date: bytes) -> None:
    with answering(REFUSAL + date) as port:
        found = went(at(port)).greeting
    assert isinstance(found, Greeting)
    assert found.ahead is None


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"\x15\x03\x01\x00\x02\x02\x0a"])
def test_what_is_no_http_is_said(answer: bytes) -> None:
    with answering(answer) as port:
        found = went(at(port))
    assert isinstance(found.greeting, Unread)
    assert not found.arrives


def test_a_port_that_nobody_listens_at_is_refused() -> None:
    with answering(b"") as port:
        went(at(port))
    found = went(at(port))
    assert isinstance(found.connected, Unread)
    assert found.refused
    assert not found.arrives


def test_a_name_without_an_address() -> None:
    found = went(Endpoint(url="https://fe1.lyncops.invalid/wsman"))
    assert isinstance(found.addresses, Unread)
    assert found.connected is None
    assert not found.arrives


def test_behind_a_proxy_nothing_is_tried() -> None:
    found = went(
        attrs.evolve(
            Endpoint(url="https://fe1.lyncops.invalid/wsman"), proxy="http://127.0.0.1:3128"
        )
    )
    assert found == Approach()
    assert found.arrives


@pytest.mark.parametrize(
    ("names", "valid", "trusted", "reason"),
    [
        ((HOST,), timedelta(days=30), True, ""),
        ((HOST,), timedelta(minutes=-30), True, "it has expired"),
        (("fe2.contoso.com",), timedelta(days=30), True, "it is for another name"),
        ((HOST,), timedelta(days=30), False, "its authority is not trusted"),
    ],
)
def test_each_certificate_by_its_own_reason(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    valid: timedelta,
    *,
    trusted: bool,
    reason: str,
) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes((authority if trusted else Authority()).pem)
    monkeypatch.setattr(certificates, "_VALID", valid)
    context = server_context(authority.server(names), authority)
    with answering(dated(timedelta()), context) as port:
        found = went(at(port, scheme="https", ca=tmp_path / "ca.pem"))
    if reason:
        assert isinstance(found.certificate, Untrusted)
        assert found.certificate.reason == reason
        assert (found.certificate.number == EXPIRED) is (valid < timedelta())
        assert (found.greeting, found.arrives) == (None, False)
    else:
        assert isinstance(found.certificate, ServerCertificate)
        assert HOST in found.certificate.names
        assert isinstance(found.greeting, Greeting)
