"""HTTP to one endpoint: log on with empty messages first, then send, sealed where TLS does not do
it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.parsers import expat

import attrs
import requests
from pypsrp.encryption import WinRMEncryption
from pypsrp.exceptions import WinRMTransportError
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import HTTPError

from lyncops.remoting.answers import PIECE, Patience, unpacked
from lyncops.remoting.at_work import asking
from lyncops.remoting.bounds import BoundsError, check_xml, reply_limit
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint, TcpAddress
from lyncops.remoting.handshake import ADVICE, Agreed, Handshake
from lyncops.remoting.kerberos import problem_of
from lyncops.remoting.line import Line, StaleConnectionError
from lyncops.remoting.logon import LoggedOutError, LogOn, LogOnError, LogOnProblem
from lyncops.remoting.logons import MESSAGE, LogOns
from lyncops.remoting.parts import logger, part
from lyncops.remoting.requests_session import new_session

log = logger("lyncops.remoting")
_SOAP: Final = "application/soap+xml;charset=UTF-8"
_SEALED: Final = re.compile(
    r'multipart/(?:x-multi-)?encrypted\s*;.*boundary="?([^";]+)"?', re.IGNORECASE
)
_BY_CERTIFICATE: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
_SPARE: Final = 2.0
_PROTOCOLS: Final = {"kerberos": WinRMEncryption.KERBEROS, "credssp": WinRMEncryption.CREDSSP}


class UnsealableError(Exception):
    """A sealed answer cannot be opened: it is damaged, or the security context it belongs to has
    ended.
    """


class InTheClearError(Exception):
    """The answer to a sealed message was not sealed: anybody on the way could have written it."""

    def __init__(self) -> None:
        super().__init__(
            "an answer in the clear to an encrypted message: a defect of the server, or an attack"
        )


@attrs.frozen(slots=True, kw_only=True)
class Timeouts:
    """How long to wait: for the connection, and for what a log-on needs from others (a Kerberos
    KDC).
    """

    connect: timedelta
    logon: timedelta


class HttpChannel:
    """Carries messages to one endpoint, one at a time: it belongs to one thread at a time.

    Raises:
        ConfigurationError: a file that the endpoint names cannot be read.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        user: Credentials | None,
        logons: LogOns,
        timeouts: Timeouts,
        cookies: RequestsCookieJar,
    ) -> None:
        scheme = "https" if endpoint.tls else "http"
        address = TcpAddress(endpoint.host, endpoint.port)
        self.endpoint = f"{scheme}://{address}/{endpoint.path}"
        self.read_timeout = endpoint.read_timeout.total_seconds()
        self._at = endpoint
        self._user = user
        self._logons = logons
        self._timeouts = timeouts
        self.line: Final = Line()
        self._agreed: Agreed | None = None
        self._session = new_session(endpoint, self.line)
        self._session.cookies = cookies
        self._blank = requests.PreparedRequest()
        self._blank_for = ""

    @property
    def logon(self) -> LogOn | None:
        """How this client logged on to the present connection."""
        return self._agreed.logon if self._agreed is not None else None

    def reset(self) -> None:
        """Drop the connection, and with it what was agreed on.

        Cookies are the session's, and stay.
        """
        self._forget()
        with suppress(OSError):
            self._session.close()

    close = reset

    def _forget(self) -> None:
        self._agreed = None
        self.line.is_bound = False

    def send(self, message: bytes, **_pypsrp: object) -> bytes:
        """Send one message, and give the answer.

        Raises:
            LogOnError: nothing was sent, because the server or the domain does not let this client
                log on.
            LoggedOutError: the server answered 401 to the message itself.
            InTheClearError: the answer to a sealed message was not sealed.
            BoundsError: the answer is larger than it may be.
            WinRMTransportError: an HTTP status that is not a success.
            requests.RequestException: the network failed.
        """
        self._log_on()
        try:
            return self._say(message)
        except StaleConnectionError:
            log.info("%s: the connection was closed in silence; logging on again", self.endpoint)
            self.reset()
            self._log_on()
            return self._say(message)

    # -- logging on
    # ----------------------------------------------------------------------------------------------

    def _log_on(self) -> None:
        if self._is_over():
            self.reset()
        if self._at.auth in {Auth.BASIC, Auth.CERTIFICATE}:
            self._logons.require(self._user)
        elif self._agreed is None:
            self._agreed = self._handshake()
            self.line.is_bound = self._agreed is not None

    def _is_over(self) -> bool:
        """Whether to log on again before anything is sent: an answer that comes after the ticket's
        end cannot be opened.

        TLS needs no ticket to be opened, and only a strict server minds. Where there is no newer
        ticket, the old one serves to its end.
        """
        logon = self.logon
        if logon is None or logon.ends is None or self._at.tls:
            return False
        left = (logon.ends - datetime.now(UTC)).total_seconds()
        if left > self.read_timeout + _SPARE:
            return False
        return left <= 0 or self._logons.tickets.has_newer(
            self._user, logon.ends, delegate=self._at.delegate
        )

    def _handshake(self) -> Agreed | None:
        with suppress(OSError):
            self._session.close()
        first = self._post_nothing()
        if first.status_code != 401:
            if self._at.tls:
                return None  # a server that does not ask who calls; TLS seals what is said
            raise LogOnError(
                LogOnProblem.NOT_OFFERED,
                f"HTTP status {first.status_code} without a challenge",
                remedy="Check that remote PowerShell answers at this address, or use https.",
            )
        handshake = Handshake(
            endpoint=self._at,
            user=self._user,
            tickets=self._logons.tickets,
            patience=self._timeouts.logon,
            line=self.line,
        )
        with self._logons.turn(self._user):
            agreed = handshake.run(self._post_nothing, first.headers.get("www-authenticate", ""))
        if not self._at.tls and not agreed.context.complete:
            raise LogOnError(
                LogOnProblem.OTHER,
                "the server did not prove who it is",
                remedy="Use https, or another auth.",
            )
        self._tell(agreed.logon)
        return agreed

    def _tell(self, logon: LogOn) -> None:
        if not self._logons.note(self._at.url, logon):
            return
        log.info("%s: logged on with %s", self._at.url, logon)
        for warning in logon.warnings(self._at.url):
            log.warning("%s", warning)

    def _post_nothing(self, authorization: str = "") -> requests.Response:
        headers = {"Authorization": authorization} if authorization else {}
        self.line.is_bound = bool(authorization)  # a token means nothing on another connection
        try:
            response, _body = self._post(b"", headers)
        except StaleConnectionError as error:
            raise requests.ConnectionError(
                "The server closed the connection in the middle of the log-on."
            ) from error
        finally:
            self.line.is_bound = False
        return response

    def _say(self, message: bytes) -> bytes:
        """A message that carries the password itself waits, like a handshake, until another
        connection has tried it.
        """
        if self._at.auth is not Auth.BASIC:
            return self._exchange(message)
        with self._logons.turn(self._user, MESSAGE):
            return self._exchange(message)

    # -- messages
    # ----------------------------------------------------------------------------------------------

    def _exchange(self, message: bytes) -> bytes:
        agreed, headers, content = self._agreed, {"Content-Type": _SOAP}, message
        sealing = None
        if not self._at.tls:
            if agreed is None:
                raise LogOnError(LogOnProblem.OTHER, "no key to encrypt messages with")
            sealing = WinRMEncryption(
                agreed.context, _PROTOCOLS.get(agreed.scheme, WinRMEncryption.SPNEGO)
            )
            kind, content = _sealed(sealing, message)
            headers["Content-Type"] = (
                f'{kind};protocol="{sealing.protocol}";boundary="Encrypted Boundary"'
            )
        if self._at.auth is Auth.CERTIFICATE:
            headers["Authorization"] = _BY_CERTIFICATE
        response, body = self._post(content, headers)
        if response.status_code == 401:
            raise self._logged_out()
        if self._at.auth is Auth.BASIC:
            self._logons.accept(self._user)  # whatever else the answer says
        if sealing is not None:
            body = _unsealed(sealing, response, body)
        return self._judged(response, body)

    def _logged_out(self) -> LoggedOutError:
        """A 401 to a message: a password that travels with each message was tried; a connection may
        have been forgotten.
        """
        if self._at.auth not in {Auth.BASIC, Auth.CERTIFICATE}:
            return LoggedOutError()
        refusal = LogOnError(
            LogOnProblem.WRONG_CREDENTIALS, f"{self._at.auth.value}, HTTP status 401", remedy=ADVICE
        )
        if self._at.auth is Auth.BASIC:
            self._logons.refuse(self._user, refusal)
        return LoggedOutError(refusal)

    def _judged(self, response: requests.Response, body: bytes) -> bytes:
        if response.ok:
            _check(body)
            return body
        try:
            _check(body)
            text = body.decode("utf-8", "replace")
        except BoundsError:
            text = (  # a page with a document type, or a fault that is none: the status says enough
                ""
            )
        raise WinRMTransportError("http", response.status_code, text)

    def _post(self, content: bytes, headers: dict[str, str]) -> tuple[requests.Response, bytes]:
        """Send one request, and read its answer whole."""
        with (
            part("POST", is_request=True, endpoint=self._at.url) as request,
            asking(self._at.host),
        ):
            request.measure("http.request.method", "POST")
            request.measure("url.full", self.endpoint)
            request.measure("server.address", self._at.host)
            request.measure("server.port", self._at.port)
            response, body = self._sent(content, headers)
            request.measure("http.response.status_code", response.status_code)
            if not response.ok:
                request.fail(f"HTTP status {response.status_code}")
            return response, body

    def _sent(self, content: bytes, headers: dict[str, str]) -> tuple[requests.Response, bytes]:
        auth = None
        if self._at.auth is Auth.BASIC and content and self._user is not None:
            auth = (self._user.username, self._user.password)
        connect = self._timeouts.connect.total_seconds()
        patience = Patience(self.line, connect + self.read_timeout)
        try:
            with patience:
                prepared = self._prepared(content, headers, auth)
                response = self._session.send(
                    prepared, timeout=(connect, self.read_timeout), stream=True
                )
                encoding = response.headers.get("content-encoding", "")
                pieces = patience.count(response.raw.stream(PIECE, decode_content=False))
                body = unpacked(pieces, encoding, reply_limit(self._at.answer_limit))
        except (OSError, HTTPError) as error:
            if patience.ran_out:
                raise requests.ReadTimeout("The answer came too slowly.") from error
            raise
        return response, body

    def _prepared(
        self, content: bytes, headers: dict[str, str], auth: tuple[str, str] | None
    ) -> requests.PreparedRequest:
        """A request; what is the same in all of them is put together once."""
        if self._blank_for != self.endpoint:
            self._blank.prepare(method="POST", url=self.endpoint, headers=self._session.headers)
            self._blank_for = self.endpoint
        prepared = self._blank.copy()
        prepared.headers.update(headers)
        prepared.prepare_cookies(self._session.cookies)
        prepared.headers["Content-Length"] = str(len(content))
        prepared.body = content or None
        if auth is not None:
            prepared.prepare_auth(auth)
        return prepared


def _unsealed(sealing: WinRMEncryption, response: requests.Response, body: bytes) -> bytes:
    """What the server said in confidence.

    WinRM and HTTP.SYS themselves refuse in the clear, by a status: that says nothing about the
    message, and its text is not read.
    """
    match = _SEALED.match(response.headers.get("content-type", ""))
    if match is None or not body:
        if response.ok or b"Envelope" in body:
            raise InTheClearError
        return b""
    try:
        return sealing.unwrap_message(body, match[1])
    except Exception as error:
        why = (
            ", because the Kerberos ticket has ended"
            if problem_of(error) is LogOnProblem.TICKET_ENDED
            else ""
        )
        raise UnsealableError(f"an answer that cannot be decrypted{why}") from error


def _sealed(sealing: WinRMEncryption, message: bytes) -> tuple[str, bytes]:
    """The message as it leaves.

    Raises:
        StaleConnectionError: the security context has ended, and nothing was sent.
    """
    try:
        return sealing.wrap_message(message)
    except Exception as error:
        if problem_of(error) is LogOnProblem.TICKET_ENDED:
            raise StaleConnectionError from error
        raise


def _check(body: bytes) -> None:
    with suppress(expat.ExpatError):  # whoever reads it says so
        check_xml(body)
