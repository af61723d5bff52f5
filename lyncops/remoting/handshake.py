"""The legs of a log-on: tokens to and fro with empty messages, so that no command ever travels with
one.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
import warnings
from datetime import timedelta
from typing import Final, Protocol

import attrs
import requests
import spnego
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import BadBindingsError, SpnegoError
from spnego.tls import default_tls_context

from lyncops.remoting.endpoint import Auth, ChannelBinding, Credentials, Endpoint
from lyncops.remoting.kerberos import (
    Tickets,
    can_renew,
    error_of,
    is_available,
    is_principal,
    problem_of,
    realm_of,
    remedy_for,
)
from lyncops.remoting.line import Line
from lyncops.remoting.logon import LogOn, LogOnError, LogOnProblem

_LEGS: Final = 10
_TOKEN: Final = re.compile(
    r"(?:Kerberos|Negotiate|NTLM|CredSSP)\s+([A-Za-z0-9+/=]+)", re.IGNORECASE
)
_SCHEMES: Final = {
    Auth.NEGOTIATE: ("Negotiate", "Kerberos", "NTLM"),
    Auth.KERBEROS: ("Negotiate", "Kerberos"),
    Auth.NTLM: ("Negotiate", "NTLM"),
    Auth.CREDSSP: ("CredSSP",),
}
_TLS: Final = "TLS Handshake"
_BEFORE_PASSWORD: Final = frozenset({_TLS, "Authentication 1"})
"""pyspnego's names for the stages of CredSSP (MS-CSSP 3.1.5) in which nothing that depends on the
password is sent."""
ADVICE: Final = (
    "Check user name and password, and that the server offers this auth; a locked account needs"
    " time."
)


class Post(Protocol):
    """Sends an empty message, with a token or without."""

    def __call__(self, authorization: str = "") -> requests.Response:
        """The server's answer, whatever its status."""
        ...


@attrs.frozen(slots=True, kw_only=True)
class Agreed:
    """A context that seals messages, how it came to be, and the scheme under which the server knows
    it.
    """

    context: spnego.ContextProxy
    logon: LogOn
    scheme: str


@attrs.frozen(slots=True)
class _Opening:
    """A context and its first token; `fallback` says why Kerberos was not used where it was to be
    tried.
    """

    context: spnego.ContextProxy
    token: bytes | None
    fallback: str = ""


@attrs.frozen(kw_only=True)
class Handshake:
    """One log-on over one connection."""

    endpoint: Endpoint
    user: Credentials | None
    tickets: Tickets
    patience: timedelta
    line: Line

    def run(self, post: Post, offers: str) -> Agreed:
        """Log on to a server that answered 401 with `offers`.

        Raises:
            LogOnError: it failed; no message was sent.
        """
        scheme = self._scheme(offers)
        opening = self._open(scheme)
        context, token = opening.context, opening.token
        for _ in range(_LEGS):
            answer = post(f"{scheme} {base64.b64encode(token or b'').decode()}")
            received = _token_of(answer)
            refused = answer.status_code == 401
            token = None if received is None or context.complete else self._step(context, received)
            if not refused and token is None:
                return Agreed(context=context, logon=self._logon(opening), scheme=scheme.lower())
            if token is None:
                raise self._refused(context, opening.fallback)
        raise LogOnError(LogOnProblem.OTHER, f"no end after {_LEGS} messages", remedy=ADVICE)

    def _scheme(self, offers: str) -> str:
        offered = {word.strip().partition(" ")[0].lower() for word in offers.split(",")}
        for scheme in _SCHEMES[self.endpoint.auth]:
            if scheme.lower() in offered:
                return scheme
        seen = ", ".join(sorted(each for each in offered if each)) or "nothing"
        raise LogOnError(
            LogOnProblem.NOT_OFFERED,
            f"{self.endpoint.auth.value} is configured, and the server offers {seen}",
            remedy=(
                "Choose an auth that the server offers, or enable this one there (winrm get"
                " winrm/config/service/auth)."
            ),
        )

    def _open(self, scheme: str) -> _Opening:
        auth = self.endpoint.auth
        if auth is Auth.CREDSSP:
            return self._begin(self._credssp())
        if auth is Auth.NTLM or scheme == "NTLM":
            return self._begin(self._new("ntlm", self._password()))
        if sys.platform == "win32":  # SSPI knows who is logged on, and chooses by itself
            return self._begin(self._new(auth.value, self.user))
        try:
            return self._kerberos()
        except LogOnError as error:
            if (
                auth is Auth.KERBEROS
                or scheme == "Kerberos"
                or self.user is None
                or error.problem.bars
            ):
                raise
            fallback = f"{error.problem.value} ({error.seen})"
            return attrs.evolve(self._begin(self._new("ntlm", self.user)), fallback=fallback)

    def _begin(self, context: spnego.ContextProxy) -> _Opening:
        return _Opening(context, self._step(context, None))

    def _password(self) -> Credentials:
        if self.user is None:
            raise LogOnError(
                LogOnProblem.NOT_OFFERED,
                "NTLM needs a user name and a password",
                remedy="Write [credentials].",
            )
        return self.user

    def _new(self, protocol: str, user: Credentials | None) -> spnego.ContextProxy:
        return spnego.client(
            user.username if user is not None else None,
            user.password if user is not None else None,
            hostname=self._host,
            service=self.endpoint.spn_service,
            channel_bindings=self._bindings(),
            context_req=self._wishes(),
            protocol=protocol,
        )

    @property
    def _host(self) -> str:
        return self.endpoint.spn_host or self.endpoint.host

    @property
    def _service(self) -> str:
        return f"{self.endpoint.spn_service}/{self._host}"

    def _wishes(self) -> spnego.ContextReq:
        delegate = spnego.ContextReq.delegate if self.endpoint.delegate else spnego.ContextReq.none
        return spnego.ContextReq.default | delegate

    def _credssp(self) -> spnego.ContextProxy:
        user, tls = self._password(), default_tls_context(usage="initiate")
        if self.endpoint.tls_minimum is not None:
            tls.context.minimum_version = self.endpoint.tls_minimum.version
        return spnego.client(
            user.username,
            user.password,
            hostname=self.endpoint.host,
            service="HTTP",
            protocol="credssp",
            credssp_tls_context=tls,
            credssp_negotiate_context=self._within_credssp(user),
        )

    def _within_credssp(self, user: Credentials) -> spnego.ContextProxy | None:
        """How CredSSP finds out who calls; None: as pyspnego does by itself.

        For a principal it would try a password that Kerberos refuses by NTLM as well. A password
        that the domain has let in with a ticket is tried no more.
        """
        if sys.platform == "win32" or not is_principal(user.username) or not is_available():
            return None
        try:
            self._kerberos()
        except LogOnError as error:
            if error.problem.bars:
                raise
            return self._new("ntlm", user)
        ticket = self.tickets.credential(
            user, delegate=self.endpoint.delegate, patience=self.patience
        )
        return spnego.client(
            ticket, hostname=self._host, service=self.endpoint.spn_service, protocol="negotiate"
        )

    def _kerberos(self) -> _Opening:
        """A context with its ticket for the server: whatever Kerberos lacks shows itself before
        anything is sent.
        """
        if not is_available():
            raise _problem(LogOnProblem.MISSING_EXTRA, "Kerberos")
        if (
            self.user is not None
            and not is_principal(self.user.username)
            and self._must_be_principal(self.user.username)
        ):
            raise _problem(LogOnProblem.NOT_A_PRINCIPAL, self.user.username)
        credential = self.tickets.credential(
            self.user, delegate=self.endpoint.delegate, patience=self.patience
        )

        def prepare() -> _Opening:
            context = spnego.client(
                credential,
                hostname=self._host,
                service=self.endpoint.spn_service,
                channel_bindings=self._bindings(),
                context_req=self._wishes(),
                protocol="kerberos",
            )
            return _Opening(context, context.step())

        return self.tickets.ask(realm_of(self.user), prepare, self.patience, self._service)

    def _must_be_principal(self, username: str) -> bool:
        """A bare name means an account of the server itself to `negotiate`, and one of the default
        realm to `kerberos`.
        """
        return "\\" in username or self.endpoint.auth is Auth.NEGOTIATE

    def _bindings(self) -> GssChannelBindings | None:
        wish, certificate = self.endpoint.channel_binding, self.line.certificate
        if wish is ChannelBinding.OFF or not self.endpoint.auth.binds_to_tls:
            return None
        digest = None if certificate is None else _digest(certificate)
        if digest is not None:
            return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)
        if wish is ChannelBinding.REQUIRED:
            raise LogOnError(
                LogOnProblem.HANDSHAKE,
                "channel_binding is required, and the server's certificate has no signature that it"
                " can be made from",
                remedy='Give the server another certificate, or write channel_binding = "auto".',
            )
        return None

    def _step(self, context: spnego.ContextProxy, token: bytes | None) -> bytes | None:
        try:
            return context.step(token)
        except (SpnegoError, ValueError) as error:
            is_own = (
                context.negotiated_protocol == "kerberos" and self.endpoint.auth is not Auth.CREDSSP
            )
            if is_own or problem_of(error) is not LogOnProblem.OTHER:
                raise error_of(error, self._service) from error
            if isinstance(error, BadBindingsError):
                raise LogOnError(
                    LogOnProblem.IMPOSTOR,
                    "CredSSP; the server's proof is for another key than that of the connection",
                    remedy=(
                        "Find out what is between this computer and the server; use https, or"
                        " Kerberos."
                    ),
                ) from error
            raise self._refused(context, said=_reason(error)) from error

    def _refused(
        self, context: spnego.ContextProxy, fallback: str = "", *, said: str = "HTTP status 401"
    ) -> LogOnError:
        """What a 401 without a token to go on with means: a password that was tried, or none that
        could have been. `said`: what the server or pyspnego said instead.
        """
        auth = self.endpoint.auth
        stage = context.get_extra_info("auth_stage") if auth is Auth.CREDSSP else None
        if stage != _TLS and context.negotiated_protocol == "kerberos":
            return _problem(LogOnProblem.REFUSED_TICKET, self._service)
        if stage in _BEFORE_PASSWORD:
            return LogOnError(
                LogOnProblem.HANDSHAKE,
                "CredSSP's own TLS",
                remedy=(
                    "Check the certificate of the server's CredSSP; servers of 2008 R2 want"
                    ' tls_minimum = "1.0".'
                ),
            )
        hint = (
            ' Behind a device that ends TLS, write channel_binding = "off".'
            if self.endpoint.tls and auth.binds_to_tls
            else ""
        )
        how = f"NTLM, not Kerberos, because {fallback}" if fallback else auth.value
        return LogOnError(
            LogOnProblem.WRONG_CREDENTIALS,
            f"{how}; {said}",
            remedy=f"{ADVICE}{hint}",
        )

    def _logon(self, opening: _Opening) -> LogOn:
        context = opening.context
        mechanism = context.negotiated_protocol or self.endpoint.auth.value
        if self.endpoint.auth is Auth.CREDSSP:
            return LogOn(mechanism="credssp", delegated=True)
        is_kerberos = mechanism == "kerberos"
        delegated = is_kerberos and bool(context.context_attr & spnego.ContextReq.delegate)
        return LogOn(
            mechanism=mechanism,
            service=self._service if is_kerberos else "",
            delegated=delegated,
            undelegated=_why_not(mechanism) if self.endpoint.delegate and not delegated else "",
            ends=(
                self.tickets.end(self.user, delegate=self.endpoint.delegate)
                if is_kerberos
                else None
            ),
            renewable=not is_kerberos or self.user is not None or can_renew(),
            fallback=opening.fallback,
        )


def _why_not(mechanism: str) -> str:
    if mechanism != "kerberos":
        return f"{mechanism} has no delegation"
    return (
        "the ticket is not forwardable (kinit -f), or the domain does not trust the server for it"
    )


def _problem(problem: LogOnProblem, seen: str) -> LogOnError:
    return LogOnError(problem, seen, remedy=remedy_for(problem))


def _reason(error: Exception) -> str:
    """Why no next message could be made: the Windows status (MS-ERREF 2.3) of the server's refusal,
    or what was wrong with its answer.
    """
    told = error.base_error if isinstance(error, SpnegoError) else None
    status = getattr(told, "winerror", None)
    return f"status 0x{status & 0xFFFFFFFF:08X}" if isinstance(status, int) else str(error)


def _token_of(answer: requests.Response) -> bytes | None:
    match = _TOKEN.search(answer.headers.get("www-authenticate", ""))
    if match is None:
        return None
    try:
        return base64.b64decode(match[1], validate=True) or None
    except binascii.Error:
        return None


def _digest(der: bytes) -> bytes | None:
    """The hash of a certificate that a log-on is bound to (RFC 5929, section 4.1); None where it
    has no such hash.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about certificates that are odd in other ways
            algorithm = x509.load_der_x509_certificate(der).signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        return None
    if algorithm is None:
        return None
    digest = hashes.Hash(hashes.SHA256() if algorithm.name in {"md5", "sha1"} else algorithm)
    digest.update(der)
    return digest.finalize()
