"""Why an endpoint cannot serve, as errors for people."""

from __future__ import annotations

from collections.abc import Sequence

from lyncops.errors import AuthenticationFailedError, EndpointError, MisconfiguredEndpointError, UntrustedCertificateError
from lyncops.remoting.endpoint import Endpoint
from lyncops.remoting.failures import RemotingError, Symptom


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
                remedy="Check the name, the port and the firewall, or add another [[endpoint]] to lyncops.toml.",
            )
        case Symptom.UNTRUSTED:
            return UntrustedCertificateError(
                f"The certificate of {endpoint.url} cannot be verified: {failure.seen}.",
                remedy="Name the certificate of its authority as `ca` of this endpoint in lyncops.toml.",
            )
        case Symptom.BAD_CREDENTIALS:
            return AuthenticationFailedError(
                f"{endpoint.url} refused the credentials ({endpoint.auth.value}, {failure.seen}); they were tried once.",
                remedy="Check user name and password, and that the server offers this auth; a locked account needs time.",
            )
        case Symptom.CANNOT_LOG_ON:
            return MisconfiguredEndpointError(
                f"{endpoint.url}: {endpoint.auth.value} does not work between this computer and the server: {failure.seen}.",
                remedy="Choose another auth, or install what this one needs: lyncops[kerberos] or lyncops[credssp].",
            )
        case Symptom.NO_CONFIGURATION:
            return MisconfiguredEndpointError(
                f"{endpoint.url} opens no session of the configuration {endpoint.configuration}: {failure.seen}.",
                remedy="Check `configuration` of this endpoint in lyncops.toml, and on the server Get-PSSessionConfiguration.",
            )
        case Symptom.NO_CMDLETS:
            return MisconfiguredEndpointError(
                f"{endpoint.url} opens a session, but {failure.seen}.",
                remedy="Check `module` and `configuration` of this endpoint in lyncops.toml, and what is installed there.",
            )
        case Symptom.NOT_CREATED_BACK_OFF:
            return TooManySessionsError(
                f"{endpoint.url} has too many sessions: {failure.seen}.",
                remedy="Close other sessions of this user, or raise MaxShellsPerUser on the server.",
            )
        case _:
            lost = failure.symptom in {Symptom.CREATE_LOST, Symptom.CREATE_HANGS, Symptom.GONE}
            return (UnreachableError if lost else EndpointError)(
                f"{endpoint.url} does not serve: {failure.symptom.value} ({failure.seen}).",
                remedy="Check that remote PowerShell answers at this address, or add another [[endpoint]] to lyncops.toml.",
            )


def nobody_answers(refusals: Sequence[EndpointError]) -> EndpointError:
    """Why none of several endpoints can serve: the one reason, or all of them together."""
    if len(refusals) == 1:
        return refusals[0]
    # What may be mended by waiting comes first: then it is worth trying again.
    kinds = (UnreachableError, UntrustedCertificateError, MisconfiguredEndpointError)
    kind = next((kind for kind in kinds if any(isinstance(each, kind) for each in refusals)), EndpointError)
    return kind(
        f"No endpoint answers: {' '.join(each.what for each in refusals)}",
        remedy="Check names, ports and firewalls, or add another [[endpoint]] to lyncops.toml.",
    )
