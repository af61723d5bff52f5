"""HTTP and WSMan to one endpoint: the only place that knows pypsrp's transport.

Every failure leaves here as a RemotingError that says what it means.
"""

from __future__ import annotations

import logging
import math
import struct
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from operator import methodcaller
from pathlib import Path
from typing import Final, Protocol, cast
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

import attrs
import requests
from pypsrp.exceptions import WinRMError
from pypsrp.wsman import OptionSet, SelectorSet, WSMan
from requests.adapters import HTTPAdapter
from spnego.exceptions import SpnegoError
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from lyncops.errors import ConfigurationError
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint, TcpAddress
from lyncops.remoting.failures import Phase
from lyncops.remoting.symptoms import CREDSSP_ERRORS, RedirectedError, failure_of

# pypsrp logs a traceback for each failure that lyncops handles; whoever wants to see them configures logging.
logging.getLogger("pypsrp").addHandler(logging.NullHandler())

_FAILURES: Final[tuple[type[Exception], ...]] = (
    OSError,  # requests' and ssl's errors are OSErrors
    HTTPError,
    WinRMError,
    SpnegoError,
    *CREDSSP_ERRORS,
    ET.ParseError,
    LookupError,  # pypsrp looks for a security context that a server never asked for
    ValueError,
    AttributeError,  # pypsrp reads headers that a broken answer does not have
    struct.error,
)


_Verify = bool | str
_REDIRECTIONS: Final = 5


class _Adapter(HTTPAdapter):
    """Sends over one connection, to another TCP address where one is given; names stay those of the url.

    Redirections are the Transport's: requests would turn a POST into a GET, and show another server what is meant for this one.
    """

    def __init__(self, host: str, netloc: str, address: TcpAddress | None) -> None:
        self._host = host
        self._netloc = netloc
        self._address = address
        self._last: requests.Response | None = None
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: _Verify,
        proxies: dict[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> HTTPConnectionPool:
        if self._address is None:
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        target, tls = self.build_connection_pool_key_attributes(request, verify, cert)
        names = {"server_hostname": self._host} if target["scheme"] == "https" else {}
        return self.poolmanager.connection_from_host(
            self._address.host, self._address.port, target["scheme"], pool_kwargs={**tls, **names}
        )

    def build_response(self, req: requests.PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        self._last = super().build_response(req, resp)
        if self._last.is_redirect:
            raise RedirectedError(urljoin(req.url or "", self._last.headers["location"]))
        return self._last

    def close(self) -> None:
        if self._last is not None:
            self._last.close()  # an answer that nobody read keeps its connection out of the pool
        super().close()

    def add_headers(self, request: requests.PreparedRequest, **_kwargs: object) -> None:
        if self._address is not None:
            request.headers["Host"] = self._netloc


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _seconds(duration: timedelta) -> int:
    return max(1, math.ceil(duration.total_seconds()))


def _user_of(endpoint: Endpoint, user: Credentials | None) -> Credentials | None:
    """The credentials, once it is sure that they can be sent: one that arrives garbled is a wrong password."""
    if user is None and endpoint.auth in {Auth.BASIC, Auth.NTLM, Auth.CREDSSP}:
        raise ConfigurationError(
            f"auth: {endpoint.auth.value} at {endpoint.url} wants a user name and password.",
            remedy="Write [credentials] with username and password_env.",
        )
    if user is not None and endpoint.auth is Auth.BASIC and not _is_latin_1(f"{user.username}{user.password}"):
        raise ConfigurationError(
            f"auth: basic at {endpoint.url} can carry Latin-1 alone, and the user name or the password has other characters.",
            remedy='Write auth = "negotiate" or "ntlm", or use an account whose password has none.',
        )
    return user


def _is_latin_1(text: str) -> bool:
    return all(ord(character) < 256 for character in text)


def _file(endpoint: Endpoint, field: str, path: Path) -> str:
    try:
        with path.open("rb"):
            return str(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(
            f"{field} of {endpoint.url}: the file {path} cannot be read: {reason}.", remedy="Write the path of a PEM file."
        ) from None


class _PypsrpTransport(Protocol):
    """What this module uses of pypsrp's transport; pypsrp's own annotations are narrower than what it takes."""

    endpoint: str
    read_timeout: float
    cert_validation: bool | str
    session: requests.Session | None
    encryption: object


class _Adds(Protocol):
    """pypsrp's sets of options and selectors, whose annotations are incomplete."""

    def add_option(self, name: str, value: str, attributes: dict[str, str]) -> None: ...


def _new_http_session(transport: _PypsrpTransport) -> requests.Session:
    """The HTTP session with pypsrp's authentication: the one private function that lyncops calls."""
    return cast("requests.Session", methodcaller("_build_session")(transport))


@attrs.frozen(slots=True, kw_only=True)
class Request:
    """One WSMan request."""

    action: str
    resource_uri: str
    body: ET.Element | None = None
    shell_id: str | None = None
    options: Mapping[str, str] = attrs.field(factory=dict[str, str])
    must_comply: bool = False


class Transport:
    """Sends WSMan requests to one endpoint, one at a time: it belongs to one thread at a time.

    `session_id` is the WSMan session under which the server keeps shells; a process that comes back to another's shell uses the
    other's.

    Raises:
        ConfigurationError: a file that the endpoint names cannot be read, or the credentials are missing.
    """

    def __init__(
        self, endpoint: Endpoint, credentials: Credentials | None, *, connect_timeout: timedelta, session_id: str | None = None
    ) -> None:
        self.endpoint = endpoint
        self._connect_timeout = connect_timeout
        self._operation_timeout = _seconds(endpoint.operation_timeout)
        self._slack = (endpoint.read_timeout - endpoint.operation_timeout).total_seconds()
        self._wsman = self._connect(_user_of(endpoint, endpoint.credentials or credentials))
        self._http = cast("_PypsrpTransport", cast("object", self._wsman.transport))
        if endpoint.ca is not None:
            self._http.cert_validation = _file(endpoint, "ca", endpoint.ca)
        if session_id is not None:
            self._wsman.session_id = session_id

    def _connect(self, user: Credentials | None) -> WSMan:
        endpoint = self.endpoint
        by_certificate = endpoint.auth is Auth.CERTIFICATE
        name = user if not by_certificate else None
        pair = [
            _file(endpoint, field, path) if path is not None else None
            for field, path in (("certificate", endpoint.certificate), ("certificate_key", endpoint.certificate_key))
        ]
        return WSMan(
            endpoint.host,
            operation_timeout=self._operation_timeout,
            port=endpoint.port,
            username=name.username if name is not None else None,
            password=name.password if name is not None else None,
            ssl=endpoint.tls,
            path=endpoint.path,
            auth=endpoint.auth.value,
            cert_validation=True,
            connection_timeout=_seconds(self._connect_timeout),
            encryption="auto",  # TLS, else encrypted messages: pypsrp refuses whatever has neither
            proxy=endpoint.proxy,
            no_proxy=endpoint.proxy is None,
            read_timeout=_seconds(endpoint.read_timeout),
            certificate_pem=pair[0],
            certificate_key_pem=pair[1],
            negotiate_delegate=endpoint.delegate,
        )

    @property
    def session_id(self) -> str:
        """The WSMan session under which the server keeps this client's shells."""
        return self._wsman.session_id

    @property
    def operation_timeout(self) -> timedelta:
        """How long the server may keep a Receive waiting."""
        return self.endpoint.operation_timeout

    @property
    def payload_limit(self) -> int:
        """How many bytes one message may carry."""
        return self._wsman.max_payload_size - 21

    def allow_large_messages(self) -> None:
        """The server speaks protocol 2.2 or newer, whose envelopes hold 500 KiB."""
        self._wsman.update_max_payload_size(512_000)

    def reset(self) -> None:
        """Drop the connection with its security context.

        Message encryption does not survive a new connection: the server answers 400 to all that comes (remoting facts, section 2).
        """
        with suppress(OSError):
            self._wsman.close()
        self._http.session = None
        self._http.encryption = None

    def close(self) -> None:
        """Let the connection go."""
        self.reset()

    def _prepare(self, patience: float) -> None:
        self._http.read_timeout = patience
        if self._http.session is not None:
            return
        endpoint = self.endpoint
        try:
            session = _new_http_session(self._http)
        except ImportError as error:
            raise ConfigurationError(
                f"auth: {endpoint.auth.value} at {endpoint.url} needs a library that is not installed.",
                remedy=f"Install lyncops[{endpoint.auth.value}].",
            ) from error
        adapter = _Adapter(endpoint.host, str(TcpAddress(endpoint.host, endpoint.port)), endpoint.connect_to)
        for scheme in ("http://", "https://"):
            session.get_adapter(f"{scheme}{endpoint.host}").close()
            session.mount(scheme, adapter)
        session.trust_env = False  # no password from a .netrc, no proxy from the environment
        self._http.session = session

    def send(self, phase: Phase, request: Request, *, wait: timedelta | None = None) -> ET.Element:
        """Send one request and give the body of its answer. `wait` is how long the server may take (default: the endpoint's).

        Raises:
            RemotingError: it failed; the symptom says what that means.
        """
        self._wsman.operation_timeout = self._operation_timeout if wait is None else _seconds(wait)
        try:
            envelope = self._invoke(request)
        except _FAILURES as error:
            failure = failure_of(error, phase)
            if not failure.is_answer:
                self.reset()
            raise failure from error
        body = envelope.find("{http://www.w3.org/2003/05/soap-envelope}Body")
        return body if body is not None else ET.Element("Body")

    def _invoke(self, request: Request) -> ET.Element:
        """Send, and follow the server to another path, but not to another server."""
        for _ in range(_REDIRECTIONS):
            self._prepare(self._wsman.operation_timeout + self._slack)
            try:
                return self._wsman.invoke(
                    request.action, request.resource_uri, request.body, _options(request), _selectors(request.shell_id)
                )
            except RedirectedError as moved:
                if _origin(moved.location) != _origin(self._http.endpoint):
                    raise
                self.reset()
                self._http.endpoint = moved.location
        raise RedirectedError(f"{self._http.endpoint} after {_REDIRECTIONS} others")


def _options(request: Request) -> OptionSet | None:
    if not request.options:
        return None
    options = OptionSet()
    for name, value in request.options.items():
        cast("_Adds", options).add_option(name, value, {"MustComply": "true"} if request.must_comply else {})
    return options


def _selectors(shell_id: str | None) -> SelectorSet | None:
    if shell_id is None:
        return None
    selectors = SelectorSet()
    cast("_Adds", selectors).add_option("ShellId", shell_id, {})
    return selectors
