"""Why an endpoint cannot serve, as errors for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lyncops.errors import (
    AuthenticationFailedError,
    EndpointError,
    MisconfiguredEndpointError,
    UntrustedCertificateError,
)
from lyncops.remoting.endpoint import Endpoint
from lyncops.remoting.failures import RemotingError, Symptom
from lyncops.remoting.logon import LogOnProblem
from lyncops.remoting.trust import remedy_for


class UnreachableError(EndpointError):
    """The endpoint did not answer; it may do so later."""


class TooManySessionsError(UnreachableError):
    """The server's quota of sessions is used up."""


def endpoint_error(endpoint: Endpoint, failure: RemotingError) -> EndpointError:
    """Why an endpoint cannot serve, in words for people, with the cure."""
    match failure.symptom:
        case Symptom.NOT_SENT:
            return UnreachableError(
                f"{endpoint.url} cannot be reached: {failure.seen}.",
                remedy=(
                    "Check the name, the port and the firewall, or add another [[endpoint]] to"
                    " lyncops.toml."
                ),
            )
        case Symptom.UNTRUSTED:
            return UntrustedCertificateError(
                f"The certificate of {endpoint.url} cannot be verified: {failure.seen}.",
                remedy=remedy_for(failure.certificate),
            )
        case Symptom.BAD_CREDENTIALS | Symptom.CANNOT_LOG_ON:
            return _not_let_in(endpoint, failure)
        case Symptom.NO_CONFIGURATION:
            return MisconfiguredEndpointError(
                f"{endpoint.url} opens no session with the configuration {endpoint.configuration}:"
                f" {failure.seen}.",
                remedy=(
                    "Check `configuration` of this endpoint in lyncops.toml, and on the server"
                    " Get-PSSessionConfiguration."
                ),
            )
        case Symptom.NO_CMDLETS:
            return MisconfiguredEndpointError(
                f"{endpoint.url} opens a session, but {failure.seen}.",
                remedy=(
                    "Check `module` and `configuration` of this endpoint in lyncops.toml, and what"
                    " is installed there."
                ),
            )
        case Symptom.NOT_CREATED_BACK_OFF:
            return TooManySessionsError(
                f"{endpoint.url} has too many sessions: {failure.seen}.",
                remedy=(
                    "Close other sessions of this user, or raise MaxShellsPerUser on the server."
                ),
            )
        case _:
            lost = failure.symptom in {Symptom.CREATE_LOST, Symptom.CREATE_HANGS, Symptom.GONE}
            return (UnreachableError if lost else EndpointError)(
                f"{endpoint.url} does not work: {failure.symptom.value} ({failure.seen}).",
                remedy=(
                    "Check that remote PowerShell answers at this address, or add another"
                    " [[endpoint]] to lyncops.toml."
                ),
            )


_MISCONFIGURED: Final = frozenset(
    {
        LogOnProblem.MISSING_EXTRA,
        LogOnProblem.NOT_OFFERED,
        LogOnProblem.NOT_A_PRINCIPAL,
        LogOnProblem.UNKNOWN_SERVICE,
        LogOnProblem.HANDSHAKE,
    }
)


def _not_let_in(endpoint: Endpoint, failure: RemotingError) -> EndpointError:
    logon = failure.logon
    what = f"Logging on to {endpoint.url} failed: {logon if logon is not None else failure.seen}"
    remedy = (
        logon.remedy if logon is not None else ""
    ) or "Check user name, password and auth of this endpoint."
    if failure.symptom is Symptom.BAD_CREDENTIALS:
        return AuthenticationFailedError(f"{what}; the credentials were tried once.", remedy=remedy)
    wrong = logon is None or logon.problem in _MISCONFIGURED
    return (MisconfiguredEndpointError if wrong else EndpointError)(f"{what}.", remedy=remedy)


def nobody_answers(refusals: Sequence[EndpointError]) -> EndpointError:
    """Why none of several endpoints can serve: the one reason, or all of them together."""
    if len(refusals) == 1:
        return refusals[0]
    # What waiting may cure comes first: then it is worth trying again.
    kinds = (UnreachableError, UntrustedCertificateError, MisconfiguredEndpointError)
    kind = next(
        (kind for kind in kinds if any(isinstance(each, kind) for each in refusals)), EndpointError
    )
    return kind(
        f"No endpoint answers: {' '.join(each.what for each in refusals)}",
        remedy=" ".join(dict.fromkeys(each.remedy for each in refusals if each.remedy)),
    )
