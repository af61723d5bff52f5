"""Who calls: Basic, NTLM and Negotiate, CredSSP, client certificates.

A connection's authentication is the connection's own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import importlib
import itertools
import logging
import os
import tempfile
import threading
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final, cast

import attrs
import spnego
import spnego.exceptions
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError
from spnego.tls import CredSSPTLSContext

from lyncops.errors import InvalidValueError
from lyncops.lab.interface import Caller
from lyncops.lab.wire.encryption import SecurityContext

_LOG: Final = logging.getLogger("lyncops.lab")
_UNNAMED: Final = "?"
_GSS_ERROR: Final = cast("type[Exception]", vars(spnego.exceptions)["GSSError"])  # untyped there
_CREDSSP_REFUSED: Final = "Authentication failure"
"""The stage at which pyspnego's CredSSP acceptor does not raise but reports the reason to its
client (MS-CSSP, TSRequest, errorCode).
"""
_CERTIFICATE_HEADER: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"


@attrs.frozen(slots=True)
class Account:
    """A user of the lab."""

    caller: Caller
    password: str = attrs.field(repr=False)

    @property
    def domain(self) -> str:
        """The part before the backslash, or empty."""
        return self.caller.user.rpartition("\\")[0]

    @property
    def user(self) -> str:
        """The part after the backslash."""
        return self.caller.user.rpartition("\\")[2]

    def is_called(self, name: str) -> bool:
        """Whether `name` means this user: with domain, without, or as user@domain."""
        plain = {self.caller.user, self.user, f"{self.user}@{self.domain}"}
        return name.casefold() in {one.casefold() for one in plain} or name.casefold().startswith(
            f"{self.user}@{self.domain}.".casefold()
        )


class NtlmUsers:
    """The one file of NTLM users that pyspnego's acceptor reads, named by an environment variable
    of the whole process.

    It holds the accounts of every lab that runs in this process, and goes away with the last of
    them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: list[Account] = []
        self._path: Path | None = None
        self._before: str | None = None

    def add(self, accounts: Collection[Account]) -> None:
        """Let these users log on.

        Raises:
            InvalidValueError: one of them is there already, with another password.
        """
        with self._lock:
            for known, fresh in itertools.product(self._accounts, accounts):
                if known.is_called(fresh.caller.user) and known.password != fresh.password:
                    raise InvalidValueError(
                        f"{fresh.caller.user} has another password in another lab of this process.",
                        remedy=(
                            "Give every lab of a process the same password: pyspnego's acceptor"
                            " reads one file of users."
                        ),
                    )
            self._accounts += accounts
            if self._path is None:
                handle, name = tempfile.mkstemp(prefix="lyncops-lab-", suffix=".users")
                os.close(handle)
                self._path, self._before = Path(name), os.environ.get("NTLM_USER_FILE")
                os.environ["NTLM_USER_FILE"] = name
            self._write(self._path)

    def remove(self, accounts: Iterable[Account]) -> None:
        """Take these users back."""
        with self._lock:
            for account in accounts:
                self._accounts.remove(account)
            if self._path is None:
                return
            if self._accounts:
                self._write(self._path)
                return
            self._path.unlink(missing_ok=True)
            self._path = None
            if self._before is None:
                os.environ.pop("NTLM_USER_FILE", None)
            else:
                os.environ["NTLM_USER_FILE"] = self._before

    def _write(self, path: Path) -> None:
        lines: dict[str, None] = {}
        for one in self._accounts:
            forms = (
                f"{one.domain}:{one.user}",
                f":{one.user}",
                f":{one.user}@{one.domain}",
                f":{one.user}@{one.domain}.com",
            )
            lines.update(dict.fromkeys(f"{form}:{one.password}" for form in forms))
        fresh = path.with_suffix(".new")
        fresh.write_text("\n".join(lines), encoding="utf-8")
        fresh.chmod(0o600)
        fresh.replace(path)


NTLM_USERS: Final = NtlmUsers()
"""The process's only one."""


class Directory:
    """The accounts of a lab, and how often a logon failed (a client that tries again and again
    locks an account out).
    """

    def __init__(self, accounts: Iterable[Account]) -> None:
        self.accounts = tuple(accounts)
        self.failures: Counter[str] = Counter()
        self._lock = threading.Lock()

    def find(self, name: str) -> Account | None:
        """The account of this name."""
        return next((one for one in self.accounts if one.is_called(name)), None)

    def check(self, name: str, password: str) -> Account | None:
        """The account, when the password is right."""
        account = self.find(name)
        if account is not None and hmac.compare_digest(
            account.password.encode(), password.encode()
        ):
            return account
        self.failed(name)
        return None

    def failed(self, name: str) -> None:
        """A logon failed."""
        with self._lock:
            self.failures[name.casefold()] += 1


@attrs.frozen(slots=True, kw_only=True)
class Connection:
    """What the authentication must know of a connection."""

    secure: bool
    allow_unencrypted: bool = False
    certificate_hash: bytes | None = (
        None  # SHA-256 of the server's certificate, for the channel binding
    )
    peer_name: str | None = None  # the common name of a client certificate that this lab issued
    credssp: CredSSPTLSContext | None = None


@attrs.frozen(slots=True)
class LogOnResult:
    """Who calls (None: not known yet, or refused), and the header that goes with the answer."""

    caller: Caller | None
    header: str = ""


class Authenticator:
    """The authentication of one connection."""

    def __init__(self, directory: Directory, connection: Connection) -> None:
        self._directory = directory
        self._connection = connection
        self._context: spnego.ContextProxy | None = None
        self._scheme = ""
        self._caller: Caller | None = None

    @property
    def context(self) -> SecurityContext | None:
        """What opens and seals messages, once NTLM, Negotiate or CredSSP has succeeded."""
        return self._context if self._context is not None and self._context.complete else None

    @property
    def challenges(self) -> tuple[str, ...]:
        """The schemes that the server offers."""
        secure = self._connection.secure
        schemes = ["Negotiate", *(["CredSSP"] if self._connection.credssp is not None else [])]
        if secure or self._connection.allow_unencrypted:
            schemes.append('Basic realm="WSMAN"')
        return tuple(schemes)

    def judge(self, header: str) -> LogOnResult:
        """Take the request's Authorization header (empty: none) and say who calls."""
        scheme, _, rest = header.strip().partition(" ")
        if not header:
            return LogOnResult(self._caller)
        if header.strip() == _CERTIFICATE_HEADER:
            return LogOnResult(self._certificate())
        if scheme.lower() == "basic":
            return LogOnResult(self._basic(rest))
        if scheme.lower() in {"negotiate", "ntlm", "credssp"}:
            return self._token(scheme, rest)
        return LogOnResult(None)

    def _certificate(self) -> Caller | None:
        name = self._connection.peer_name
        account = None if name is None else self._directory.find(name)
        return None if account is None else account.caller

    def _basic(self, encoded: str) -> Caller | None:
        if not (self._connection.secure or self._connection.allow_unencrypted):
            return None
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        account = self._directory.check(name, password)
        return None if account is None else attrs.evolve(account.caller, delegated=True)

    def _new_context(self, scheme: str) -> spnego.ContextProxy:
        _raise_at_once()
        options = spnego.NegotiateOptions.use_negotiate
        if scheme == "credssp":
            return spnego.server(
                protocol="credssp", options=options, credssp_tls_context=self._connection.credssp
            )
        digest = self._connection.certificate_hash
        bindings = (
            None
            if digest is None
            else GssChannelBindings(application_data=b"tls-server-end-point:" + digest)
        )
        return spnego.server(protocol="negotiate", options=options, channel_bindings=bindings)

    def _token(self, scheme: str, encoded: str) -> LogOnResult:
        name = scheme.lower()
        if self._context is None or self._context.complete or self._scheme != name:
            self._context, self._scheme, self._caller = self._new_context(name), name, None
        context = self._context
        try:
            answer = context.step(base64.b64decode(encoded, validate=True))
        except (SpnegoError, _GSS_ERROR, ValueError) as error:
            return self._refused(why=str(error))
        header = f"{scheme} {base64.b64encode(answer).decode()}" if answer else ""
        if context.get_extra_info("auth_stage") == _CREDSSP_REFUSED:
            return self._refused(header, why="the client is told")
        if context.complete:
            account = self._directory.find(context.client_principal or "")
            # A user of another lab in this process: they share one file of users
            if account is None:
                return self._refused(why=f"no account {context.client_principal}")
            self._caller = attrs.evolve(
                account.caller, delegated=name == "credssp" or _is_delegated(context)
            )
        return LogOnResult(self._caller, header)

    def _refused(self, header: str = "", *, why: str) -> LogOnResult:
        """A logon has failed; the next one on this connection starts over."""
        _LOG.warning("A logon by %s was refused: %s", self._scheme, why)
        self._context = None
        self._directory.failed(_UNNAMED)  # pyspnego does not say whose logon failed
        return LogOnResult(None, header)


def _raise_at_once() -> None:
    """Let the Kerberos library say at once that it refuses a token, where it is installed; it would
    wait for the next call.
    """
    try:
        gssapi = importlib.import_module("gssapi")
    except ImportError:
        return
    gssapi.SecurityContext.__DEFER_STEP_ERRORS__ = False


def _is_delegated(context: spnego.ContextProxy) -> bool:
    """Whether a Kerberos client handed over a ticket to go on with."""
    return context.negotiated_protocol == "kerberos" and bool(
        context.context_attr & spnego.ContextReq.delegate
    )


def certificate_hash(der: bytes) -> bytes:
    """The hash of a channel binding token (RFC 5929; this lab's certificates are signed with
    SHA-256).
    """
    return hashlib.sha256(der).digest()
