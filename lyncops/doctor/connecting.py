"""What the way into an endpoint means: name, TCP, TLS, clock, log-on, session and module. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from lyncops.checks.check import Finding, failed, passed, unknown, warning
from lyncops.checks.words import age, listed, sentence
from lyncops.doctor.examination import EndpointFindings
from lyncops.remoting.approach import Greeting, ServerCertificate, Untrusted
from lyncops.remoting.endpoint import Auth, EndpointKind, TcpAddress
from lyncops.remoting.logon import LogOnProblem
from lyncops.remoting.trust import EXPIRED, OTHER_NAME, UNKNOWN_AUTHORITY
from lyncops.remoting.visit import Refusal, SessionFacts, Stage
from lyncops.values import LyncVersion, Unread

_SOON: Final = timedelta(days=14)
_SKEW: Final = timedelta(minutes=5)
"""What Kerberos allows by default (https://learn.microsoft.com/windows/security, "Maximum tolerance
for computer clock sync")."""
_DRIFT: Final = timedelta(minutes=1)
_BY_PROXY: Final = "The endpoint is reached through a proxy, which does this instead of lyncops."
_MODULES: Final = {
    LyncVersion.V2013: "Lync",
    LyncVersion.V2015: "SkypeForBusiness",
    LyncVersion.V2019: "SkypeForBusiness",
}


def name_resolution(found: EndpointFindings) -> Finding | None:
    """Does the name resolve to an address?"""
    host = (found.endpoint.connect_to or TcpAddress(found.endpoint.host, found.endpoint.port)).host
    match found.approach.addresses:
        case None:
            return unknown(_BY_PROXY, "Check whether a session opens.", blocking=False)
        case Unread(reason=reason):
            return failed(
                f"{host} does not resolve to an address: {sentence(reason)}",
                f"Resolve-DnsName {host} on a server of the domain; then let this computer ask the"
                " same DNS server, or give the endpoint `connect_to`.",
            )
        case addresses:
            told = "is an address" if addresses == (host,) else f"resolves to {listed(addresses)}"
            return passed(f"{host} {told}.")


def tcp(found: EndpointFindings) -> Finding | None:
    """Does the port take connections?"""
    port = (found.endpoint.connect_to or TcpAddress(found.endpoint.host, found.endpoint.port)).port
    where = f"Port {port}"
    match found.approach.connected:
        case None:
            return None
        case Unread(reason=reason) if found.approach.refused:
            return failed(
                f"{where} refuses connections: its machine is up, but nothing is listening there"
                f" ({reason}).",
                _listen(found),
            )
        case Unread(reason=reason):
            return failed(
                f"{where} does not answer: {sentence(reason)} The machine is off, or a firewall"
                " drops the connection.",
                "Get-NetFirewallRule -DisplayGroup 'Windows Remote Management'"
                f" (Enable-NetFirewallRule opens it); Test-NetConnection {found.endpoint.host}"
                f" -Port {port} from another server.",
            )
        case took:
            return passed(f"{where} answers after {took.total_seconds() * 1000:.0f} ms.")


def _listen(found: EndpointFindings) -> str:
    if found.endpoint.kind is EndpointKind.OCS:
        return "Get-Website; Get-CsWindowsService -Name W3SVC: the web service of Lync must run."
    if found.endpoint.tls:
        return (
            "winrm enumerate winrm/config/listener; winrm quickconfig -transport:https makes an"
            " https listener."
        )
    return "winrm enumerate winrm/config/listener; winrm quickconfig makes a listener."


def tls(found: EndpointFindings, now: datetime) -> Finding | None:
    """Is the server's certificate valid?"""
    if not found.endpoint.tls:
        connected = found.approach.connected
        sealed = "http: messages are encrypted by the log-on itself."
        return None if connected is None or isinstance(connected, Unread) else passed(sealed)
    match found.approach.certificate:
        case None:
            return None
        case Untrusted() as refused:
            return failed(
                sentence(f"The TLS handshake with the server failed: {refused.reason}"),
                _certificate_remedy(found, refused),
            )
        case ServerCertificate() as shown:
            told = (
                f"{shown.tls}; the certificate for {listed(shown.names)} by"
                f" {shown.issuer or 'an unnamed authority'}"
            )
            if shown.ends - now < _SOON:
                return warning(f"{told} expires in {age(shown.ends - now)}.", _RENEW)
            return passed(f"{told} is valid until {shown.ends:%Y-%m-%d}.")


_RENEW: Final = (
    "Get a new certificate, then: winrm set winrm/config/Listener?Address=*+Transport=HTTPS"
    " '@{CertificateThumbprint=\"...\"}' (OcsPowershell: Set-CsCertificate -Type"
    " WebServicesInternal -Thumbprint ...)."
)


def _certificate_remedy(found: EndpointFindings, refused: Untrusted) -> str:
    host = found.endpoint.host
    if refused.number == EXPIRED:
        return f"Get-ChildItem Cert:\\LocalMachine\\My shows what there is. {_RENEW}"
    if refused.number in OTHER_NAME:
        return (
            "Use a name of the certificate in the url (with connect_to if it resolves to another"
            " address),"
            f" or get one for {host}."
        )
    if refused.number in UNKNOWN_AUTHORITY:
        return (
            "certutil -ca.cert ca.cer on the authority; name the file (as PEM) as `ca` of this"
            " endpoint."
        )
    return (
        "Get-TlsCipherSuite shows what the server speaks; where it is old, see tls_minimum in"
        " docs/connecting.md."
    )


def http(found: EndpointFindings) -> Finding | None:
    """Does remote PowerShell answer there?"""
    path = f"/{found.endpoint.path}"
    match found.approach.greeting:
        case None:
            return None
        case Unread(reason=reason):
            remedy = (
                "Restart-Service WinRM (for OcsPowershell: W3SVC) on the server. Does the url name"
                " the right port?"
            )
            return failed(f"Nothing there speaks HTTP: {sentence(reason)}", remedy)
        case Greeting(status=401, offers=offers):
            return passed(f"{path} answers, and offers {listed(offers)} for logging on.")
        case Greeting(status=status) if 200 <= status < 300:
            return passed(f"{path} answers without asking for credentials.")
        case Greeting(status=status):
            remedy = (
                "Does the url have the right path (/wsman, or /OcsPowershell over https)? winrm get"
                " winrm/config shows URLPrefix."
            )
            return failed(
                f"{path} answers with HTTP status {status}, instead of asking for credentials.",
                remedy,
            )


def clock(found: EndpointFindings) -> Finding | None:
    """Do the clocks agree?"""
    if not found.approach.arrives:
        return None
    said = found.approach.greeting
    ask = f"w32tm /stripchart /computer:{found.endpoint.host} /samples:1 /dataonly"
    if not isinstance(said, Greeting) or said.ahead is None:
        why = (
            sentence(said.reason)
            if isinstance(said, Unread)
            else "The server does not report its time."
        )
        return unknown(why, ask, blocking=False)
    off = abs(said.ahead)
    told = (
        f"The server's clock is {age(off)} {'ahead of' if said.ahead > timedelta() else 'behind'}"
        " this computer's."
    )
    remedy = "w32tm /resync on the server; on this computer chronyc makestep, or w32tm /resync."
    if off > _SKEW and found.endpoint.auth in (Auth.KERBEROS, Auth.NEGOTIATE):
        return failed(f"{told} Kerberos allows five minutes.", remedy)
    return (
        warning(told, remedy)
        if off > _DRIFT
        else passed("The clocks differ by less than a minute.")
    )


def _ended_at(found: EndpointFindings, *stages: Stage) -> Refusal | None:
    """The refusal, where the way ended at one of these stages."""
    session = found.session
    return session if isinstance(session, Refusal) and session.stage in stages else None


def _got_past(found: EndpointFindings, *stages: Stage) -> bool:
    return found.session is not None and _ended_at(found, *stages) is None


def logon(found: EndpointFindings) -> Finding | None:
    """Does logging on work, and with which mechanism?"""
    refused = _ended_at(found, Stage.CONNECTION, Stage.TLS, Stage.LOGON)
    if refused is not None:
        return failed(sentence(f"{refused.what}{_offers(found)}"), _logon_remedy(refused))
    if found.session is None:
        return None
    used = found.logon
    if used is None:
        if isinstance(found.session, Refusal) and not found.session.is_answer:
            return unknown(
                f"The connection failed before the log-on: {refused_words(found.session)}",
                "See the session.",
                blocking=False,
            )
        if found.endpoint.auth in (Auth.BASIC, Auth.CERTIFICATE):
            return passed(f"Logged on with {found.endpoint.auth.value}, as configured.")
        return warning(
            "The server did not ask for credentials.",
            "winrm get winrm/config/service/auth on the server.",
        )
    told = f"Logged on with {used}"
    if used.fallback:
        return warning(
            f"{told}, not Kerberos: {sentence(used.fallback)}",
            f"setspn -L {found.endpoint.host}; kinit, or a keytab.",
        )
    if used.undelegated:
        return warning(
            f"{told}; delegation was not granted: {sentence(used.undelegated)}", _DELEGATE
        )
    return passed(f"{told}{', which may be carried on' if used.delegated else ''}.")


def refused_words(refused: Refusal) -> str:
    """Why there is no session, as a sentence."""
    return sentence(refused.what)


def _offers(found: EndpointFindings) -> str:
    said = found.approach.greeting
    return (
        f" The server offers {listed(said.offers)}."
        if isinstance(said, Greeting) and said.offers
        else ""
    )


def _logon_remedy(refused: Refusal) -> str:
    if refused.problem is LogOnProblem.NOT_OFFERED:
        return f"winrm get winrm/config/service/auth on the server. {refused.remedy}".strip()
    return refused.remedy or "winrm get winrm/config/service/auth on the server."


_DELEGATE: Final = (
    "Set-ADComputer BACKEND -PrincipalsAllowedToDelegateToAccount (Get-ADComputer FRONTEND) for"
    " each machine behind it; or CredSSP: Enable-WSManCredSSP -Role Server."
)


def session_configuration(found: EndpointFindings) -> Finding | None:
    """Does a session open?"""
    if not _got_past(found, Stage.CONNECTION, Stage.TLS, Stage.LOGON):
        return None
    refused = _ended_at(found, Stage.SESSION)
    name = found.endpoint.configuration
    if refused is not None:
        if refused.is_full:
            return failed(
                sentence(refused.what),
                "winrm enumerate shell; winrm set winrm/config/winrs '@{MaxShellsPerUser=\"30\"}'.",
            )
        return failed(
            sentence(refused.what),
            f"Get-PSSessionConfiguration | Format-List Name, Permission: is {name} there, and may"
            " the account use it?",
        )
    facts = found.session
    if not isinstance(facts, SessionFacts):
        return passed(f"The configuration {name} opens a session.")
    return passed(
        f"The configuration {name} opens a session (protocol"
        f" {facts.protocol[0]}.{facts.protocol[1]})."
    )


def module(found: EndpointFindings) -> Finding | None:
    """Are Lync's cmdlets there, and of which version?"""
    refused = _ended_at(found, Stage.MODULE)
    if refused is not None:
        return failed(
            sentence(refused.what),
            "Get-Module -ListAvailable Lync, SkypeForBusiness: install the administrative tools"
            " (AdminTools.msi), or correct `module` and `configuration` of this endpoint.",
        )
    if not isinstance(found.session, SessionFacts):
        return None
    how = (
        f"The module {found.session.module} was imported"
        if found.session.module
        else "Lync's cmdlets are there from the start"
    )
    if not isinstance(found.version, LyncVersion):
        why = sentence(found.version.reason) if isinstance(found.version, Unread) else ""
        return warning(
            f"{how}; which version that is could not be read. {why}".strip(), "Get-CsServerVersion"
        )
    expected = _MODULES.get(found.version)
    if found.session.module in _MODULES.values() and expected not in (None, found.session.module):
        return warning(
            f"{how}, but the server says {found.version.value}.", f"Import-Module {expected}"
        )
    return passed(f"{how}; the server says {found.version.value}.")
