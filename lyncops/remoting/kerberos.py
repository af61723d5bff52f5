"""Kerberos on this computer: tickets got with a password, tickets that are there already, and what
goes wrong with either.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from types import ModuleType
from typing import Final, Protocol, TypeVar, cast

import attrs
import spnego

from lyncops.remoting.endpoint import Credentials
from lyncops.remoting.logon import LogOnError, LogOnProblem

T = TypeVar("T")
_REMEMBERED: Final = timedelta(seconds=60).total_seconds()
"""How long a realm whose KDC did not answer is not asked again."""
_UNSIGNED: Final = 2**32
_PRINCIPAL: Final = (
    "Write the user name as user@REALM, with the realm in capitals: lync-dr@CONTOSO.COM."
)
_KRB5_CONF: Final = "Check name resolution, port 88 and the realm's kdc in /etc/krb5.conf."
_KINIT: Final = "Run kinit, or configure [credentials]."

# MIT's own numbers (https://web.mit.edu/kerberos/krb5-latest/doc/appdev/refs/macros/index.html,
# "krb5_err"): texts are translated.
_PROBLEMS: Final = {
    -1765328360: LogOnProblem.WRONG_CREDENTIALS,  # KRB5KDC_ERR_PREAUTH_FAILED
    # KRB5KRB_AP_ERR_BAD_INTEGRITY: the answer cannot be read with this password
    -1765328353: (LogOnProblem.WRONG_CREDENTIALS),
    -1765328378: LogOnProblem.WRONG_CREDENTIALS,  # KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN
    -1765328366: LogOnProblem.ACCOUNT_NOT_USABLE,  # KRB5KDC_ERR_CLIENT_REVOKED: locked or disabled
    -1765328361: LogOnProblem.ACCOUNT_NOT_USABLE,  # KRB5KDC_ERR_KEY_EXP: the password has expired
    -1765328383: LogOnProblem.ACCOUNT_NOT_USABLE,  # KRB5KDC_ERR_NAME_EXP: the account has expired
    # KRB5KDC_ERR_POLICY: not at this hour, not from here
    -1765328372: (LogOnProblem.ACCOUNT_NOT_USABLE),
    -1765328228: LogOnProblem.NO_KDC,  # KRB5_KDC_UNREACH
    -1765328230: LogOnProblem.NO_KDC,  # KRB5_REALM_UNKNOWN
    -1765328164: LogOnProblem.NO_KDC,  # KRB5_REALM_CANT_RESOLVE
    -1765328243: LogOnProblem.NO_TICKET,  # KRB5_CC_NOTFOUND
    -1765328189: LogOnProblem.NO_TICKET,  # KRB5_FCC_NOFILE
    -1765328203: LogOnProblem.NO_TICKET,  # KRB5_KT_NOTFOUND
    -1765328352: LogOnProblem.TICKET_ENDED,  # KRB5KRB_AP_ERR_TKT_EXPIRED
    -1765328347: LogOnProblem.CLOCK,  # KRB5KRB_AP_ERR_SKEW
    -1765328351: LogOnProblem.CLOCK,  # KRB5KRB_AP_ERR_TKT_NYV
    -1765328237: LogOnProblem.CLOCK,  # KRB5_KDCREP_SKEW
    -1765328377: LogOnProblem.UNKNOWN_SERVICE,  # KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN
    -1765328250: LogOnProblem.NOT_A_PRINCIPAL,  # KRB5_PARSE_MALFORMED
}
_REASONS: Final = {
    -1765328378: "the domain does not know this user",
    -1765328366: "it is locked or disabled",
    -1765328361: "its password has expired",
    -1765328383: "it has expired",
    -1765328372: "the domain's policy does not let it log on",
    -1765328230: "its realm is unknown here",
}
_MAJORS: Final = {
    7 << 16: LogOnProblem.NO_TICKET,  # GSS_S_NO_CRED (RFC 2744, section 3.9.1)
    11 << 16: LogOnProblem.TICKET_ENDED,  # GSS_S_CREDENTIALS_EXPIRED
    12 << 16: LogOnProblem.TICKET_ENDED,  # GSS_S_CONTEXT_EXPIRED
}
_REMEDIES: Final = {
    LogOnProblem.WRONG_CREDENTIALS: (
        f"Check the user name and the password; a locked account needs time. {_PRINCIPAL}"
    ),
    LogOnProblem.ACCOUNT_NOT_USABLE: (
        "Have the account unlocked, enabled or given a new password in Active Directory."
    ),
    LogOnProblem.NO_KDC: _KRB5_CONF,
    LogOnProblem.NO_TICKET: _KINIT,
    LogOnProblem.TICKET_ENDED: "Run kinit.",
    LogOnProblem.CLOCK: (
        "Set the clocks of this computer and of the server by the domain's time (chronyc makestep,"
        " w32tm /resync)."
    ),
    LogOnProblem.UNKNOWN_SERVICE: (
        'Check the host in the url (setspn -L SERVER); try spn_service = "HTTP" or "HOST", or'
        " spn_host."
    ),
    LogOnProblem.NOT_A_PRINCIPAL: _PRINCIPAL,
    LogOnProblem.MISSING_EXTRA: "Install it: pip install 'lyncops[kerberos]'.",
    LogOnProblem.REFUSED_TICKET: (
        "Check the clock and the service names (setspn -L) of that server."
    ),
}


class _Times(Protocol):
    endtime: int


class _Ticket(Protocol):
    times: _Times
    client: object
    server: object


def _codes(error: BaseException) -> Iterator[int]:
    """The numbers of an error and of what it wraps: of Kerberos itself, and of the interface around
    it.
    """
    each: BaseException | None = error
    while each is not None:
        number = getattr(each, "err_code", None)
        if isinstance(number, int):
            yield number
        minor = getattr(each, "min_code", None)
        if isinstance(minor, int):
            yield minor - _UNSIGNED if minor >= _UNSIGNED // 2 else minor
        each = getattr(each, "base_error", None) or each.__cause__


def _majors(error: BaseException) -> Iterator[int]:
    each: BaseException | None = error
    while each is not None:
        major = getattr(each, "maj_code", None)
        if isinstance(major, int):
            yield major & (0xFF << 16)
        each = getattr(each, "base_error", None) or each.__cause__


def problem_of(error: BaseException) -> LogOnProblem:
    """What an error of the Kerberos libraries means, by its numbers alone."""
    if isinstance(error, ImportError):
        return LogOnProblem.MISSING_EXTRA
    known = [_PROBLEMS[code] for code in _codes(error) if code in _PROBLEMS]
    known += [_MAJORS[major] for major in _majors(error) if major in _MAJORS]
    return known[0] if known else LogOnProblem.OTHER


def error_of(error: Exception, who: str) -> LogOnError:
    """An error of the Kerberos libraries as what it means."""
    problem = problem_of(error)
    codes = list(_codes(error))
    reason = next((_REASONS[code] for code in codes if code in _REASONS), "")
    if problem is LogOnProblem.OTHER:
        reason = f"Kerberos error {next(iter(codes), type(error).__name__)}"
    seen = f"{who}: {reason}" if reason else who
    return LogOnError(problem, seen, remedy=remedy_for(problem))


def remedy_for(problem: LogOnProblem) -> str:
    """What to do about a problem with Kerberos."""
    return _REMEDIES.get(
        problem, "Try kinit and kvno on this computer: they show what Kerberos lacks."
    )


def is_principal(username: str) -> bool:
    """Whether Kerberos knows users by names of this form."""
    name, at, realm = username.rpartition("@")
    return bool(name and at and realm) and "\\" not in username


def principal_of(username: str) -> str:
    """The user's name as Active Directory's realms spell it: in capitals after the @."""
    name, at, realm = username.rpartition("@")
    return f"{name}@{realm.upper()}" if at else username


def in_time(act: Callable[[], T], patience: timedelta, who: str) -> T:
    """Let the Kerberos libraries work beside the program: they wait in code that neither Ctrl-C nor
    a timeout ends.

    Raises:
        LogOnError: they failed, or took longer than `patience`.
    """
    results: list[T] = []
    errors: list[Exception] = []
    over = threading.Event()

    def work() -> None:
        try:
            results.append(act())
        # Krb5Error and GSSError share no other ancestor; all are raised again below.
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        finally:
            over.set()

    threading.Thread(target=work, name="lyncops-kerberos", daemon=True).start()
    if not over.wait(patience.total_seconds()):
        raise LogOnError(
            LogOnProblem.NO_KDC,
            f"{who}: no answer within {patience.total_seconds():g} s",
            remedy=_KRB5_CONF,
        )
    if results:
        return results[0]
    raise errors[0] if isinstance(errors[0], LogOnError) else error_of(errors[0], who) from errors[
        0
    ]


@attrs.frozen(slots=True, kw_only=True)
class _Held:
    cache: str
    begins: float
    ends: float

    @property
    def is_fresh(self) -> bool:
        """Whether it lasts for a while: a new one is got before the old one ends."""
        left = self.ends - datetime.now(UTC).timestamp()
        return left > min(300.0, (self.ends - self.begins) / 10)


class Tickets:
    """The tickets of a program. Safe from every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[Credentials, bool], _Held] = {}
        self._silent: dict[str, tuple[float, LogOnError]] = {}
        self._caches: list[object] = []

    def credential(
        self, user: Credentials | None, *, delegate: bool, patience: timedelta
    ) -> spnego.KerberosCCache | spnego.CredentialCache:
        """What a connection logs on with: a ticket got with the user's password, or whatever this
        computer has.

        Raises:
            LogOnError: the domain refuses the user, or cannot be asked.
        """
        if user is None:
            return spnego.CredentialCache()
        with self._lock:
            held = self._held.get((user, delegate))
            if held is None or not held.is_fresh:
                held = self.ask(
                    realm_of(user),
                    lambda: self._get(user, delegate=delegate),
                    patience,
                    principal_of(user.username),
                )
                self._held[user, delegate] = held
        return spnego.KerberosCCache(held.cache)

    def ask(self, realm: str, act: Callable[[], T], patience: timedelta, who: str) -> T:
        """Do something that asks a realm's KDC; one that has just kept somebody waiting is not
        asked again for a minute.

        Raises:
            LogOnError: it failed.
        """
        when, silence = self._silent.get(realm, (0.0, None))
        if silence is not None and monotonic() - when < _REMEMBERED:
            raise LogOnError(silence.problem, silence.seen, remedy=silence.remedy)
        try:
            return in_time(act, patience, who)
        except LogOnError as error:
            if error.problem is LogOnProblem.NO_KDC:
                self._silent[realm] = monotonic(), error
            raise

    def _get(self, user: Credentials, *, delegate: bool) -> _Held:
        krb5 = _library()
        context = krb5.init_context()
        principal = krb5.parse_name_flags(context, principal_of(user.username).encode())
        options = krb5.get_init_creds_opt_alloc(context)
        krb5.get_init_creds_opt_set_canonicalize(options, True)  # noqa: FBT003 - its own signature
        krb5.get_init_creds_opt_set_forwardable(options, delegate)
        got = krb5.get_init_creds_password(
            context, principal, options, password=user.password.encode("utf-8", "replace")
        )
        cache = krb5.cc_new_unique(context, b"MEMORY")
        krb5.cc_initialize(context, cache, got.client)
        krb5.cc_store_cred(context, cache, got)
        self._caches.append(cache)  # it lives as long as somebody holds it
        ticket = cast("_Ticket", got)
        return _Held(
            cache=f"MEMORY:{cast('bytes', cache.name).decode()}",
            begins=datetime.now(UTC).timestamp(),
            ends=ticket.times.endtime,
        )

    def end(self, user: Credentials | None, *, delegate: bool) -> datetime | None:
        """When the ticket ends with which a user logs on now; None where it is not known."""
        if user is None:
            return default_ticket_end()
        held = self._held.get((user, delegate))
        return None if held is None else datetime.fromtimestamp(held.ends, UTC)

    def has_newer(self, user: Credentials | None, than: datetime, *, delegate: bool) -> bool:
        """Whether a log-on now would rest on a ticket that ends later."""
        held = None if user is None else self._held.get((user, delegate))
        if held is not None and not held.is_fresh:
            return True
        end = self.end(user, delegate=delegate)
        return end is not None and end > than


def realm_of(user: Credentials | None) -> str:
    """The realm that a user belongs to, if the name contains it."""
    return principal_of(user.username).rpartition("@")[2] if user is not None else ""


def default_ticket_end() -> datetime | None:
    """When the ticket ends that kinit got; None where there is none."""
    if sys.platform == "win32":
        return None
    try:
        krb5 = _library()
        context = krb5.init_context()
        tickets = [cast("_Ticket", each) for each in krb5.cc_default(context)]
    # Whatever is wrong with the cache shows itself when somebody logs on.
    except Exception:  # noqa: BLE001
        return None
    ends = [each.times.endtime for each in tickets if str(each.server).startswith("krbtgt/")]
    return datetime.fromtimestamp(max(ends), UTC) if ends else None


def can_renew() -> bool:
    """Whether this computer has a client keytab, with which it gets new tickets by itself."""
    try:
        krb5 = _library()
        context = krb5.init_context()
        return bool(krb5.kt_have_content(context, krb5.kt_client_default(context)))
    # No keytab, an unreadable one, no Kerberos: all the same here.
    except Exception:  # noqa: BLE001
        return False


def _library() -> ModuleType:
    return importlib.import_module("krb5")


def is_available() -> bool:
    """Whether this computer can log on with Kerberos: on Windows always, elsewhere with the extra
    `kerberos`.
    """
    if sys.platform == "win32":
        return True
    try:
        importlib.import_module("gssapi")
        _library()
    except ImportError:
        return False
    return True
