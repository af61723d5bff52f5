"""The way to an endpoint, step by step and without any credentials: its name, TCP, TLS, and what it
says to a stranger.
"""

from __future__ import annotations

import http.client
import os
import queue
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, cast

import attrs
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from lyncops.remoting.clock import Clock
from lyncops.remoting.connections import tls_context
from lyncops.remoting.endpoint import Endpoint, TcpAddress, TlsVersion
from lyncops.remoting.symptoms import describe
from lyncops.values import Unread

_SILENCE: Final = "no answer in time"


@attrs.frozen(slots=True, kw_only=True)
class ServerCertificate:
    """What a server showed over TLS, once it was trusted."""

    names: tuple[str, ...]
    issuer: str
    ends: datetime
    tls: str  # TLSv1.2


@attrs.frozen(slots=True, kw_only=True)
class Untrusted:
    """Why there is no TLS with a server.

    `number` is OpenSSL's, if the certificate is the cause.
    """

    reason: str
    number: int | None = None


@attrs.frozen(slots=True, kw_only=True)
class Greeting:
    """What a server answers to somebody that it does not know.

    `ahead` is how far its clock is ahead of this computer's.
    """

    status: int
    offers: tuple[str, ...]  # the ways to log on, as it spells them
    ahead: timedelta | None = None


@attrs.frozen(slots=True, kw_only=True)
class Approach:
    """How far somebody without credentials gets. A step is None where it was not tried."""

    addresses: tuple[str, ...] | Unread | None = None
    connected: timedelta | Unread | None = None  # how long TCP took
    refused: bool = False  # the machine lives, and nothing listens there
    swallowed: bool = False  # no answer to the connection in time
    certificate: ServerCertificate | Untrusted | None = None
    greeting: Greeting | Unread | None = None

    @property
    def arrives(self) -> bool:
        """Whether every attempt was made without a problem."""
        return not isinstance(self.certificate, Untrusted) and not any(
            isinstance(step, Unread) for step in (self.addresses, self.connected, self.greeting)
        )

    @property
    def is_silent(self) -> bool:
        """Whether nothing came back in time: to the connection, or to what was said over it."""
        return any(
            isinstance(step, Unread | Untrusted) and step.reason == _SILENCE
            for step in (self.connected, self.certificate, self.greeting)
        )


def approach(endpoint: Endpoint, clock: Clock, *, patience: timedelta) -> Approach:
    """Go to an endpoint; each step may take `patience`.

    Behind a proxy the steps cannot be distinguished, and none is tried.
    """
    if endpoint.proxy is not None:
        return Approach()
    target = endpoint.connect_to or TcpAddress(endpoint.host, endpoint.port)
    addresses = _resolved(target, patience)
    if isinstance(addresses, Unread):
        return Approach(addresses=addresses)
    begun = time.monotonic()
    try:
        sock = socket.create_connection(
            (target.host, target.port), timeout=patience.total_seconds()
        )
    except OSError as error:
        why = (
            _SILENCE if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
        )
        refused = isinstance(error, ConnectionRefusedError | ConnectionResetError)
        return Approach(
            addresses=addresses,
            connected=Unread(f"TCP to {target}", why),
            refused=refused,
            swallowed=isinstance(error, TimeoutError),
        )
    took = timedelta(seconds=time.monotonic() - begun)
    found = Approach(addresses=addresses, connected=took)
    with sock:
        if not endpoint.tls:
            return attrs.evolve(found, greeting=_greeting(endpoint, sock, clock))
        try:
            secured = _context(endpoint).wrap_socket(sock, server_hostname=endpoint.host)
        except (OSError, ValueError) as error:
            return attrs.evolve(found, certificate=_untrusted(error))
        with secured:
            shown = _shown(secured)
            return attrs.evolve(
                found, certificate=shown, greeting=_greeting(endpoint, secured, clock)
            )


def _resolved(target: TcpAddress, patience: timedelta) -> tuple[str, ...] | Unread:
    """The addresses of a name.

    It is asked for on a thread of its own: a silent name server delays nothing else.
    """
    answers: queue.SimpleQueue[tuple[str, ...] | Unread] = queue.SimpleQueue()
    what = f"the address of {target.host}"

    def ask() -> None:
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(Unread(what, getattr(error, "strerror", None) or type(error).__name__))
        else:
            answers.put(tuple(dict.fromkeys(str(each[4][0]) for each in found)))

    threading.Thread(target=ask, name="lyncops-name", daemon=True).start()
    try:
        return answers.get(timeout=patience.total_seconds())
    except queue.Empty:
        return Unread(what, "no name server answers in time")


def _context(endpoint: Endpoint) -> ssl.SSLContext:
    """Trusts what the sessions trust."""
    bundle = (
        endpoint.ca
        or os.environ.get("REQUESTS_CA_BUNDLE")
        or os.environ.get("CURL_CA_BUNDLE")
        or DEFAULT_CA_BUNDLE_PATH
    )
    return _trusting(str(bundle), Path(bundle).stat().st_mtime_ns, endpoint.tls_minimum)


@lru_cache(maxsize=8)
def _trusting(bundle: str, _changed: int, minimum: TlsVersion | None) -> ssl.SSLContext:
    """Reading a bundle takes long enough to matter where a hundred machines are gone to."""
    context = tls_context(minimum) or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if Path(bundle).is_dir():
        context.load_verify_locations(capath=bundle)
    else:
        context.load_verify_locations(cafile=bundle)
    return context


def _untrusted(error: Exception) -> Untrusted:
    number: object = getattr(error, "verify_code", None)
    reason = _SILENCE if isinstance(error, TimeoutError) else describe(error)
    return Untrusted(reason=reason, number=number if isinstance(number, int) else None)


def _shown(secured: ssl.SSLSocket) -> ServerCertificate:
    told = secured.getpeercert() or {}
    names = tuple(
        str(value)
        for kind, value in _pairs(told.get("subjectAltName"))
        if kind in ("DNS", "IP Address")
    )
    issuer = [
        str(value)
        for part in _items(told.get("issuer"))
        for kind, value in _pairs(part)
        if kind == "commonName"
    ]
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)
    return ServerCertificate(
        names=names, issuer=", ".join(issuer), ends=ends, tls=secured.version() or ""
    )


def _items(value: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()


def _pairs(value: object) -> list[tuple[object, object]]:
    pairs = (_items(each) for each in _items(value))
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]


def _greeting(endpoint: Endpoint, sock: socket.socket, clock: Clock) -> Greeting | Unread:
    """Send an empty message without a name: the server says how it wants to be logged on to, and
    what time it has.
    """
    lines = (
        f"POST /{endpoint.path} HTTP/1.1",
        f"Host: {TcpAddress(endpoint.host, endpoint.port)}",
        "User-Agent: lyncops",
        "Content-Type: application/soap+xml;charset=UTF-8",
        "Content-Length: 0",
        "Connection: close",
    )
    asked = clock.now()
    try:
        sock.sendall("\r\n".join((*lines, "", "")).encode("ascii"))
        answer = http.client.HTTPResponse(sock, method="POST")
        answer.begin()
    except (OSError, http.client.HTTPException) as error:
        return Unread(
            f"what {endpoint.url} says",
            _SILENCE if isinstance(error, TimeoutError) else describe(error),
        )
    with answer:
        offers = [
            one.split(" ")[0].rstrip(",") for one in answer.headers.get_all("WWW-Authenticate", [])
        ]
        return Greeting(
            status=answer.status,
            offers=tuple(dict.fromkeys(offers)),
            ahead=_ahead(answer.headers.get("Date"), asked + (clock.now() - asked) / 2),
        )


def _ahead(date: str | None, here: datetime) -> timedelta | None:
    """How far the server's clock is ahead: it has whole seconds (RFC 9110, section 6.6.1)."""
    try:
        there = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    there = there if there.tzinfo else there.replace(tzinfo=UTC)
    return there + timedelta(milliseconds=500) - here
