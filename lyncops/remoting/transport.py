"""HTTP and WSMan to one endpoint: the only place that knows pypsrp's transport.

Every failure leaves here as a RemotingError that says what it means.
"""

from __future__ import annotations

import logging
import math
import struct
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Protocol, cast
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import attrs
from pypsrp.exceptions import WinRMError
from pypsrp.wsman import OptionSet, SelectorSet, WSMan
from urllib3.exceptions import HTTPError

from lyncops.errors import ConfigurationError
from lyncops.remoting.bounds import BoundsError
from lyncops.remoting.connections import RedirectedError
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint
from lyncops.remoting.execution import Fence
from lyncops.remoting.failures import Phase, RemotingError, Symptom
from lyncops.remoting.http import HttpChannel, InTheClearError, Timeouts, UnsealableError
from lyncops.remoting.line import HeldBackError, StaleConnectionError
from lyncops.remoting.logon import LoggedOutError, LogOnError
from lyncops.remoting.logons import LogOns
from lyncops.remoting.session_key import SessionKey
from lyncops.remoting.symptoms import failure_of

# pypsrp logs a traceback for each failure that lyncops handles; to see them
# configures logging.
logging.getLogger("pypsrp").addHandler(logging.NullHandler())

_FAILURES: Final[tuple[type[Exception], ...]] = (
    OSError,  # requests' and ssl's errors are OSErrors
    HTTPError,
    WinRMError,
    LogOnError,
    LoggedOutError,
    StaleConnectionError,
    InTheClearError,
    UnsealableError,
    BoundsError,
    ET.ParseError,
    LookupError,
    ValueError,
    AttributeError,  # pypsrp looks for elements that a broken answer does not have
    struct.error,
)
_REDIRECTIONS: Final = 5


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _seconds(duration: timedelta) -> int:
    return max(1, math.ceil(duration.total_seconds()))


def _user_of(endpoint: Endpoint, user: Credentials | None) -> Credentials | None:
    """The credentials, once it is sure that they can be sent: one that arrives garbled is a wrong
    password.
    """
    if user is None and endpoint.auth in {Auth.BASIC, Auth.NTLM, Auth.CREDSSP}:
        raise ConfigurationError(
            f"auth: {endpoint.auth.value} at {endpoint.url} needs a user name and password.",
            remedy="Write [credentials] with username and password_env.",
        )
    if (
        user is not None
        and endpoint.auth is Auth.BASIC
        and not _is_latin_1(f"{user.username}{user.password}")
    ):
        raise ConfigurationError(
            f"auth: basic at {endpoint.url} can only carry Latin-1, but the user name or the"
            " password has other characters.",
            remedy='Write auth = "negotiate" or "ntlm", or use an account whose password has none.',
        )
    return user


def _is_latin_1(text: str) -> bool:
    return all(ord(character) < 256 for character in text)


class _Adds(Protocol):
    """pypsrp's sets of options and selectors, whose annotations are incomplete."""

    def add_option(self, name: str, value: str, attributes: dict[str, str]) -> None: ...


@attrs.frozen(slots=True, kw_only=True)
class Request:
    """One WSMan request."""

    action: str
    resource_uri: str
    body: ET.Element | None = None
    shell_id: str | None = None
    options: Mapping[str, str] = attrs.field(factory=dict[str, str])
    must_comply: bool = False
    must_not_repeat: bool = False


class Transport:
    """Sends WSMan requests to one endpoint, one at a time: it belongs to one thread at a time.

    `key` is the WSMan session's under which the server keeps shells, and all connections into it
    share it; a process that comes back to another's shell uses the other's.

    Raises:
        ConfigurationError: a file that the endpoint names cannot be read, or the credentials are
            missing.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials | None,
        *,
        timeouts: Timeouts,
        logons: LogOns | None = None,
        key: SessionKey | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.key: Final = key or SessionKey()
        self._operation_timeout = _seconds(endpoint.operation_timeout)
        self._slack = (endpoint.read_timeout - endpoint.operation_timeout).total_seconds()
        user = _user_of(endpoint, endpoint.credentials or credentials)
        self._http = HttpChannel(endpoint, user, logons or LogOns(), timeouts, self.key.cookies)
        self.line: Final = self._http.line
        self._wsman = _envelopes(endpoint, self._http)
        self._wsman.session_id = self.key.id

    @property
    def session_id(self) -> str:
        """The WSMan session under which the server keeps this client's shells."""
        return self.key.id

    @property
    def logon(self) -> str:
        """How this client is logged on: `kerberos (host/fe1.contoso.com)`; the configured auth
        where that says all.
        """
        return str(self._http.logon or self.endpoint.auth.value)

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

        Message encryption does not survive a new connection: the server answers 400 to all that
        comes.
        """
        self._http.reset()

    def close(self) -> None:
        """Let the connection go."""
        self.reset()

    def send(
        self,
        phase: Phase,
        request: Request,
        *,
        wait: timedelta | None = None,
        fence: Fence | None = None,
    ) -> ET.Element:
        """Send one request and give the body of its answer.

        `wait` is how long the server may take (default: the endpoint's).

        `fence` is asked before anything leaves, and holds it back by raising a LyncOpsError.

        Raises:
            RemotingError: it failed; the symptom says what that means.
        """
        self._wsman.operation_timeout = self._operation_timeout if wait is None else _seconds(wait)
        self.line.begin(fence)
        try:
            envelope = self._invoke(request)
        except HeldBackError as held:
            failure = RemotingError(Symptom.HELD_BACK, phase, str(held))
            failure.has_left = self.line.carried
            self.reset()
            raise failure from held
        except _FAILURES as error:
            failure = failure_of(error, phase)
            failure.has_left = self.line.carried
            if not failure.is_answer:
                self.reset()
            raise failure from error
        body = envelope.find("{http://www.w3.org/2003/05/soap-envelope}Body")
        return body if body is not None else ET.Element("Body")

    def _invoke(self, request: Request) -> ET.Element:
        """Send, and follow the server to another path, but not to another server."""
        for _ in range(_REDIRECTIONS):
            self._http.read_timeout = self._wsman.operation_timeout + self._slack
            try:
                return self._wsman.invoke(
                    request.action,
                    request.resource_uri,
                    request.body,
                    _options(request),
                    _selectors(request.shell_id),
                )
            except RedirectedError as moved:
                if request.must_not_repeat or _origin(moved.location) != _origin(
                    self._http.endpoint
                ):
                    raise
                self.reset()
                self._http.endpoint = moved.location
        raise RedirectedError(f"{self._http.endpoint} after {_REDIRECTIONS} others")


def _envelopes(endpoint: Endpoint, channel: HttpChannel) -> WSMan:
    """Pypsrp's WSMan, which writes and reads envelopes, over this project's own channel."""
    wsman = WSMan(
        endpoint.host, port=endpoint.port, ssl=endpoint.tls, path=endpoint.path, no_proxy=True
    )
    vars(wsman)["transport"] = channel
    return wsman


def _options(request: Request) -> OptionSet | None:
    if not request.options:
        return None
    options = OptionSet()
    for name, value in request.options.items():
        cast("_Adds", options).add_option(
            name, value, {"MustComply": "true"} if request.must_comply else {}
        )
    return options


def _selectors(shell_id: str | None) -> SelectorSet | None:
    if shell_id is None:
        return None
    selectors = SelectorSet()
    cast("_Adds", selectors).add_option("ShellId", shell_id, {})
    return selectors
