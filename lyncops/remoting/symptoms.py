"""What a failure means, as one pure function over exceptions."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

import requests
from pypsrp.exceptions import WinRMError, WinRMTransportError, WSManFaultError
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from lyncops.remoting.bounds import BoundsError
from lyncops.remoting.connections import RedirectedError
from lyncops.remoting.failures import Phase, RemotingError, Symptom
from lyncops.remoting.http import InTheClearError, UnsealableError
from lyncops.remoting.line import StaleConnectionError
from lyncops.remoting.logon import LoggedOutError, LogOnError, LogOnProblem
from lyncops.remoting.trust import REASONS

OPERATION_TIMED_OUT: Final = 2150858793
INVALID_SELECTORS: Final = 2150858843
TAKEN_OVER: Final = 2150859213
MAX_SHELLS: Final = 2150859173
_QUOTAS: Final = frozenset(
    {
        2150858815,
        *range(2150859173, 2150859177),
        2150859179,
        *range(2150859236, 2150859243),
        "w:QuotaLimit",
    }
)
"""ERROR_WSMAN_QUOTA_* of winerror.h: shells, operations, users, memory. A fault without a number
has its subcode in that place."""
_NO_CONFIGURATION: Final = frozenset({5, 2150858754, 2150858811, 2150859180, "w:AccessDenied"})
"""Access denied, both codes of a resource URI that is not known, and remote shells that are not
allowed."""


_LOST: Final = {
    Phase.CREATE: Symptom.CREATE_LOST,
    Phase.COMMAND: Symptom.AMBIGUOUS,
    Phase.RECEIVE: Symptom.RECEIVE_AGAIN,
    Phase.SEND: Symptom.DO_NOT_REPEAT,
    Phase.SIGNAL: Symptom.REPEATABLE,
    Phase.DELETE: Symptom.REPEATABLE,
    Phase.ATTACH: Symptom.REPEATABLE,
}
_SPEAKING: Final = (
    *(LogOnError, LoggedOutError, BoundsError, RedirectedError),
    *(InTheClearError, UnsealableError, StaleConnectionError),
)
"""The errors of lyncops's own channel, whose texts are for people."""
_NOT_SERVED: Final = frozenset({402, 403, 404, 405, 407, 410, 501})


_OTHER_VERSIONS: Final = frozenset(
    {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_VERSION_NUMBER"}
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception, and all that it wraps: as cause, as context, as urllib3's `reason`, or as an
    argument.
    """
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]


def _fault(error: WSManFaultError, phase: Phase) -> Symptom:
    code = error.code
    known = {INVALID_SELECTORS: Symptom.GONE, TAKEN_OVER: Symptom.TAKEN_OVER}
    if code in known:
        return known[code]
    if code == OPERATION_TIMED_OUT and phase in {Phase.RECEIVE, Phase.CREATE}:
        return Symptom.NOTHING_YET
    if phase is Phase.CREATE:
        if code in _QUOTAS:
            return Symptom.NOT_CREATED_BACK_OFF
        return Symptom.NO_CONFIGURATION if code in _NO_CONFIGURATION else Symptom.REFUSED
    if phase is Phase.COMMAND and code in _QUOTAS:
        return Symptom.FULL
    return Symptom.REFUSED if phase is Phase.ATTACH else _LOST[phase]


def _is_foreign(error: BaseException) -> bool:
    """Whether pypsrp says of a well-formed answer that it does not belong to the question."""
    return type(error) is WinRMError


def _behind(error: BaseException) -> BaseException:
    """The HTTP error in place of the empty fault that pypsrp makes of a page in XHTML."""
    empty = isinstance(error, WSManFaultError) and error.code is None and not error.reason
    return (
        error.__context__ if empty and isinstance(error.__context__, WinRMTransportError) else error
    )


def _logon(error: LogOnError, phase: Phase) -> Symptom:
    if error.problem is LogOnProblem.NO_KDC and phase is not Phase.CREATE:
        return Symptom.NOT_SENT  # it may answer again while a command runs
    return Symptom.BAD_CREDENTIALS if error.problem.bars else Symptom.CANNOT_LOG_ON


def _logged_out(error: LoggedOutError, phase: Phase) -> Symptom:
    """A 401 to a message. Only the first message of a session is sure to have done nothing."""
    if phase not in {Phase.CREATE, Phase.ATTACH}:
        return _LOST[phase]
    if error.refusal is not None:
        return Symptom.BAD_CREDENTIALS
    return Symptom.REFUSED if phase is Phase.CREATE else _LOST[phase]


def _known(error: BaseException, phase: Phase) -> Symptom | None:
    """What an error says by its class."""
    if isinstance(error, WSManFaultError):
        return _fault(error, phase)
    if isinstance(error, LogOnError):
        return _logon(error, phase)
    if isinstance(error, LoggedOutError):
        return _logged_out(error, phase)
    if isinstance(error, StaleConnectionError):
        return Symptom.NOT_SENT
    if isinstance(error, BoundsError):
        return Symptom.OUT_OF_BOUNDS
    if isinstance(error, WinRMTransportError):
        refused = phase in {Phase.CREATE, Phase.ATTACH} and error.code in _NOT_SERVED
        return Symptom.NOT_SERVED if refused else _LOST[phase]
    return None


def _by_cause(error: BaseException) -> Symptom | None:
    """What an error says by what caused it: the connection was never made, or not trusted."""
    causes = list(_causes(error))
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in causes):
        return Symptom.UNTRUSTED
    if any(
        isinstance(each, NewConnectionError | ConnectTimeoutError | requests.ConnectTimeout)
        for each in causes
    ):
        return Symptom.NOT_SENT
    return None


def classify(error: BaseException, phase: Phase) -> Symptom:
    """What `error` means when it came while doing `phase`."""
    error = _behind(error)
    known = _known(error, phase) or _by_cause(error)
    if known is not None or phase is not Phase.CREATE:
        return known or _LOST[phase]
    if isinstance(
        error, requests.exceptions.SSLError | RedirectedError | ValueError | LookupError
    ) or _is_foreign(error):
        return Symptom.NOT_SERVED
    return Symptom.CREATE_HANGS if isinstance(error, requests.ReadTimeout) else _LOST[phase]


def _number_of(error: BaseException) -> int | None:
    number: object = getattr(error, "verify_code", None)
    return number if isinstance(number, int) else None


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        number = _number_of(error)
        said = str(getattr(error, "verify_message", "")) or "it cannot be verified"
        return said if number is None else REASONS.get(number, said)
    reason = _reason_of(error)
    if reason in _OTHER_VERSIONS:
        return (
            "the server and this computer have no version of TLS in common; tls_minimum lets older"
            f" ones in ({reason})"
        )
    return f"TLS: {reason}"


def _reason_of(error: ssl.SSLError) -> str:
    """OpenSSL's name of the reason; one that was raised by a library in Python has only a text."""
    name: object = getattr(error, "reason", None)
    return str(name or error.args[-1])


def describe(error: BaseException) -> str:
    """One line about a failure, without the objects' addresses that the libraries print, and
    without any message body.
    """
    error = _behind(error)
    if isinstance(error, ET.ParseError) or _is_foreign(error):
        return "an answer that is not remote PowerShell's"
    if isinstance(error, WSManFaultError):
        return f"fault {error.code}: {error.reason or 'no reason given'}"
    if isinstance(error, WinRMTransportError):
        return f"HTTP status {error.code}"
    if isinstance(error, _SPEAKING):
        return str(error)
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    for each in _causes(error):
        if isinstance(each, ssl.SSLError):
            return _tls(each)
        if (
            isinstance(each, OSError)
            and not isinstance(each, requests.RequestException)
            and each.strerror
        ):
            return each.strerror
    return type(error).__name__


def failure_of(error: BaseException, phase: Phase) -> RemotingError:
    """`error` as what it means."""
    failure = RemotingError(
        classify(error, phase),
        phase,
        describe(error),
        is_answer=isinstance(_behind(error), WSManFaultError),
        logon=_logon_error(error),
    )
    failure.certificate = next(filter(None, map(_number_of, _causes(error))), None)
    return failure


def _logon_error(error: BaseException) -> LogOnError | None:
    return (
        error.refusal
        if isinstance(error, LoggedOutError)
        else error
        if isinstance(error, LogOnError)
        else None
    )
