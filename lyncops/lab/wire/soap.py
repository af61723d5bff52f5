"""WSMan envelopes: requests read, replies and faults written, shaped as Windows Server writes them.

See MS-WSMV, and the recordings in pypsrp's tests.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import attrs

from lyncops.lab.wire.xmltext import MalformedXmlError, parse_xml

S: Final = "http://www.w3.org/2003/05/soap-envelope"
A: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
W: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
P: Final = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
RSP: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
PWSH: Final = "http://schemas.microsoft.com/powershell"
"""Namespaces of requests."""

SHELL_URI: Final = RSP
COMMAND_URI: Final = f"{RSP}/Command"
CONFIG_URI: Final = "http://schemas.microsoft.com/wbem/wsman/1/config"

_TRANSFER: Final = "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
_ENUMERATION: Final = "http://schemas.xmlsoap.org/ws/2004/09/enumeration/"
_FAULT_ACTION: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
_UNEXPECTED_SELECTORS: Final = (
    "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/UnexpectedSelectors"
)
_ANONYMOUS: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
_DURATION: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_DEFAULT_ENVELOPE: Final = 153_600
_ENVELOPE_OPEN: Final = (
    f'<s:Envelope xml:lang="en-US" xmlns:s="{S}" xmlns:a="{A}"'
    ' xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer"'
    f' xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:w="{W}" xmlns:rsp="{RSP}"'
    f' xmlns:p="{P}">'
)


class MalformedRequestError(Exception):
    """The body of a request is no WSMan envelope."""


class WSManFaultError(Exception):
    """A refusal that the client sees as a WSManFault with this code, over HTTP 500; `code` None:
    without a number.
    """

    def __init__(
        self, code: int | None, subcode: str, reason: str, *, sender: bool = True, message: str = ""
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.subcode = subcode
        self.reason = reason
        self.sender = sender
        self.message = message or reason


@attrs.frozen(slots=True, kw_only=True)
class Request:
    """One WSMan request: the header's fields that matter, and the body's one element (or None)."""

    action: str
    message_id: str
    resource_uri: str = ""
    session_id: str = ""
    selectors: Mapping[str, str] = attrs.field(factory=dict[str, str])
    operation_timeout: timedelta = timedelta(seconds=60)
    max_envelope: int = _DEFAULT_ENVELOPE
    body: ET.Element | None = None

    @property
    def verb(self) -> str:
        """The last word of the action: Create, Command, Receive, ..."""
        return self.action.rpartition("/")[2]

    @property
    def shell_id(self) -> str:
        """The shell that the request is for, in upper case; empty where none was named."""
        return self.selectors.get("ShellId", "").upper()


def parse_duration(text: str) -> timedelta:
    """Read an xsd:duration of days and less, `PT20.5S`.

    Raises:
        MalformedRequestError: the text is no such duration.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise MalformedRequestError(f"{text!r} is not a duration.")
    days, hours, minutes, seconds = (float(part) if part else 0.0 for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def parse(data: bytes) -> Request:
    """Read a request.

    Raises:
        MalformedRequestError: the data is no WSMan envelope with an action and a message id.
    """
    try:
        root = parse_xml(data)
    except MalformedXmlError as error:
        raise MalformedRequestError(str(error)) from error
    header, body = root.find(f"{{{S}}}Header"), root.find(f"{{{S}}}Body")
    if header is None or body is None:
        raise MalformedRequestError("The request is not a SOAP envelope.")

    def text(namespace: str, name: str) -> str:
        return (header.findtext(f"{{{namespace}}}{name}") or "").strip()

    action, message_id = text(A, "Action"), text(A, "MessageID")
    if not action or not message_id:
        raise MalformedRequestError("The request has no Action or no MessageID.")
    timeout, size = text(W, "OperationTimeout"), text(W, "MaxEnvelopeSize")
    return Request(
        action=action,
        message_id=message_id,
        resource_uri=text(W, "ResourceURI"),
        session_id=text(P, "SessionId").upper(),
        selectors={
            one.get("Name", ""): one.text or ""
            for one in header.iterfind(f"{{{W}}}SelectorSet/{{{W}}}Selector")
        },
        operation_timeout=parse_duration(timeout) if timeout else timedelta(seconds=60),
        max_envelope=int(size) if size.isdecimal() else _DEFAULT_ENVELOPE,
        body=next(iter(body), None),
    )


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    return (
        f"{_ENVELOPE_OPEN}<s:Header><a:Action>{action}</a:Action><a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
        f"<a:To>{_ANONYMOUS}</a:To><a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def reply(request: Request, body: str = "") -> bytes:
    """The reply to a request, with `body` (XML; prefixes s a x n w rsp p are bound)."""
    return _envelope(f"{request.action}Response", request.message_id, body)


def fault(request: Request, problem: WSManFaultError, machine: str) -> bytes:
    """The reply with a fault."""
    reason, message = escape(problem.reason), escape(problem.message)
    detail = (
        f"<w:FaultDetail>{_UNEXPECTED_SELECTORS}</w:FaultDetail>"
        if problem.subcode == "w:InvalidSelectors"
        else ""
    )
    number = "" if problem.code is None else f' Code="{problem.code}"'
    body = (
        f"<s:Fault><s:Code><s:Value>s:{'Sender' if problem.sender else 'Receiver'}</s:Value>"
        f"<s:Subcode><s:Value>{problem.subcode}"
        "</s:Value></s:Subcode></s:Code><s:Reason><s:Text"
        f' xml:lang="en-US">{reason}</s:Text></s:Reason><s:Detail>{detail}'
        f'<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"{number} '
        f'Machine="{escape(machine)}"><f:Message>{message}</f:Message></f:WSManFault></s:Detail></s:Fault>'
    )
    return _envelope(_FAULT_ACTION, request.message_id, body)


def invalid_selectors() -> WSManFaultError:
    """The shell or the command is not known here: never was, deleted, or already collected."""
    return WSManFaultError(
        2150858843,
        "w:InvalidSelectors",
        "The WS-Management service cannot process the request because the request contained invalid"
        " selectors for the resource. ",
        message=(
            "The Windows Remote Shell received a request to perform an operation on a command"
            " identifier that does not exist. Either the command has completed execution or the"
            " client specified an invalid command identifier. "
        ),
    )


def timed_out() -> WSManFaultError:
    """Nothing came within the operation timeout: ask again."""
    text = (
        "The WS-Management service cannot complete the operation within the time specified in"
        " OperationTimeout.  "
    )
    return WSManFaultError(2150858793, "w:TimedOut", text, sender=False)


def aborted() -> WSManFaultError:
    """A pending Receive that a Disconnect, Connect or Delete ended."""
    text = (
        "The I/O operation has been aborted because of either a thread exit or an application"
        " request. "
    )
    return WSManFaultError(995, "w:InternalError", text, sender=False)


def quota_exceeded(limit: int) -> WSManFaultError:
    """MaxShellsPerUser is reached: nothing was created."""
    text = (
        "The WS-Management service cannot process the request. This user is allowed a maximum"
        f" number of {limit} concurrent shells, which has been exceeded. Close existing shells or"
        " raise the quota for this user. "
    )
    return WSManFaultError(2150859173, "w:QuotaLimit", text)


def too_many_commands() -> WSManFaultError:
    """MaxConcurrentCommandsPerShell is reached: no number, as seen on Server 2012 R2
    (https://github.com/jborean93/pypsrp/issues/148).
    """
    text = (
        "The WS-Management service cannot process the request. The maximum number of concurrent"
        " commands per shell has been exceeded. Retry the request later or raise the Maximum"
        " Commands per Shell quota. "
    )
    return WSManFaultError(None, "w:InternalError", text)


def too_many_processes(limit: int) -> WSManFaultError:
    """MaxProcessesPerShell is reached (https://github.com/ansible/ansible/pull/74985)."""
    text = (
        "The WS-Management service cannot process the request. This user is allowed a maximum"
        f" number of {limit} processes per shell, which has been exceeded. "
    )
    return WSManFaultError(2150859241, "w:QuotaLimit", text)


def connected_elsewhere() -> WSManFaultError:
    """ERROR_WINRS_SHELL_CONNECTED_TO_DIFFERENT_CLIENT: another client has taken the session
    over.
    """
    text = (
        "The WS-Management service cannot process the request. The specified shell is connected to"
        " a different client. "
    )
    return WSManFaultError(2150859213, "w:InternalError", text)


def disconnected() -> WSManFaultError:
    """ERROR_WINRS_SHELL_DISCONNECTED: the shell waits for a Reconnect or Connect."""
    text = (
        "The WS-Management service cannot process the request because the shell is disconnected. "
    )
    return WSManFaultError(2150859204, "w:InternalError", text)


def disconnect_not_supported() -> WSManFaultError:
    """ERROR_WINRS_SHELL_DISCONNECT_NOT_SUPPORTED: a plug-in or protocol before 2.2."""
    text = (
        "The WS-Management service cannot process the request because the shell does not support"
        " the Disconnect operation. "
    )
    return WSManFaultError(2150859205, "w:UnsupportedFeature", text)


def reconnect_not_valid() -> WSManFaultError:
    """ERROR_WINRS_SHELL_CLIENTSESSIONID_MISMATCH: Reconnect is for the client that disconnected."""
    text = (
        "The WS-Management service cannot process the request because the client session ID does"
        " not match the shell's. "
    )
    return WSManFaultError(2150859206, "w:InternalError", text)


def already_exists() -> WSManFaultError:
    """ERROR_WINRS_SHELL_CLIENTID_RESOURCE_CONFLICT: the client chose the id of a shell that
    lives.
    """
    text = (
        "The WS-Management service cannot process the request because a shell with the given"
        " identifier already exists. "
    )
    return WSManFaultError(2150859223, "w:AlreadyExists", text)


def not_supported(action: str) -> WSManFaultError:
    """The service has no such action."""
    text = f"The action {action} is not supported by the service. "
    return WSManFaultError(2150858771, "a:ActionNotSupported", text)


def access_denied() -> WSManFaultError:
    """The shell belongs to another user."""
    return WSManFaultError(5, "w:AccessDenied", "Access is denied. ")


def unusable(why: str) -> WSManFaultError:
    """The request is well formed but its content has no meaning here."""
    return WSManFaultError(
        2150858787,
        "w:SchemaValidationError",
        f"The WS-Management service cannot process the request. {why} ",
    )
