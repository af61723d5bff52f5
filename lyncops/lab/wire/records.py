"""The records of PowerShell's streams as CLIXML documents: errors, warnings, progress,
information.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from lyncops.lab.interface import ErrorDetail
from lyncops.lab.wire.clixml import ExtendedObject, Int64, UInt32, write
from lyncops.lab.wire.exceptions import thrown
from lyncops.lab.wire.psrp import PipelineState
from lyncops.values import RemoteEnum, RemoteObject

_CATEGORIES: Final = (
    "NotSpecified",
    "OpenError",
    "CloseError",
    "DeviceError",
    "DeadlockDetected",
    "InvalidArgument",
    "InvalidData",
    "InvalidOperation",
    "InvalidResult",
    "InvalidType",
    "MetadataError",
    "NotImplemented",
    "NotInstalled",
    "ObjectNotFound",
    "OperationStopped",
    "OperationTimeout",
    "SyntaxError",
    "ParserError",
    "PermissionDenied",
    "ResourceBusy",
    "ResourceExists",
    "ResourceUnavailable",
    "ReadError",
    "WriteError",
    "FromStdErr",
    "SecurityError",
    "ProtocolError",
    "ConnectionError",
    "AuthenticationError",
    "LimitsExceeded",
    "QuotaExceeded",
    "NotEnabled",
)
"""System.Management.Automation.ErrorCategory, in the order of its numbers."""

_AUTOMATION: Final = "System.Management.Automation"


def _invocation(command: str) -> RemoteObject:
    """InvocationInfo of a command that was called without script text, as Windows writes it."""
    properties: dict[str, object] = {
        "MyCommand": command,
        "BoundParameters": {},
        "UnboundArguments": [],
        "ScriptLineNumber": 0,
        "OffsetInLine": 0,
        "HistoryId": Int64(1),
        "ScriptName": "",
        "Line": "",
        "PositionMessage": "",
        "PSScriptRoot": "",
        "PSCommandPath": None,
        "InvocationName": command,
        "PipelineLength": 0,
        "PipelinePosition": 0,
        "ExpectingInput": False,
        "CommandOrigin": "Internal",
        "DisplayScriptPosition": None,
    }
    name = f"{_AUTOMATION}.InvocationInfo"
    return RemoteObject(properties, (name, "System.Object"), name)


def _error(detail: ErrorDetail, first: str) -> ExtendedObject:
    command = first if detail.activity is None else detail.activity
    number = _CATEGORIES.index(detail.category) if detail.category in _CATEGORIES else 0
    reason, target = detail.exception_type.rpartition(".")[2], detail.target or ""
    properties: dict[str, object] = {
        "Exception": thrown(detail),
        "TargetObject": detail.target,
        "FullyQualifiedErrorId": detail.error_id,
        "InvocationInfo": _invocation(command) if command else None,
        "ErrorCategory_Category": number,
        "ErrorCategory_Activity": command,
        "ErrorCategory_Reason": reason,
        "ErrorCategory_TargetName": target,
        "ErrorCategory_TargetType": "String" if target else "",
        "ErrorCategory_Message": (
            f"{_CATEGORIES[number]}: ({target}:{'String' if target else ''}) [{command}], {reason}"
        ),
        "SerializeExtendedInfo": False,
    }
    return ExtendedObject(
        properties, (f"{_AUTOMATION}.ErrorRecord", "System.Object"), detail.message
    )


def error_record(detail: ErrorDetail, command: str) -> str:
    """A non-terminating error; `command` is the pipeline's first one."""
    return write(_error(detail, command))


def pipeline_state(
    state: PipelineState, detail: ErrorDetail | None = None, command: str = ""
) -> str:
    """The message that ends a pipeline, with the terminating error where there is one."""
    properties: dict[str, object] = {"PipelineState": int(state)}
    if detail is not None:
        properties["ExceptionAsErrorRecord"] = _error(detail, command)
    return write(ExtendedObject(properties))


def informational(kind: str, text: str) -> str:
    """A record of the kind Warning, Verbose or Debug."""
    properties = {
        "InformationalRecord_Message": text,
        "InformationalRecord_SerializeInvocationInfo": False,
    }
    types = (f"{_AUTOMATION}.{kind}Record", f"{_AUTOMATION}.InformationalRecord", "System.Object")
    return write(ExtendedObject(properties, types, text))


def information(text: str, source: str, user: str, computer: str) -> str:
    """An InformationRecord."""
    properties: dict[str, object] = {
        "MessageData": text,
        "Source": source,
        "TimeGenerated": datetime.now(UTC),
        "Tags": [],
        "User": user,
        "Computer": computer,
        "ProcessId": UInt32(4711),
        "NativeThreadId": UInt32(1),
        "ManagedThreadId": UInt32(1),
    }
    return write(
        ExtendedObject(properties, (f"{_AUTOMATION}.InformationRecord", "System.Object"), text)
    )


def progress(activity: str, status: str, percent: int) -> str:
    """A ProgressRecord; 100 per cent is sent as Completed."""
    names = (f"{_AUTOMATION}.ProgressRecordType",)
    kind = (
        RemoteEnum("Completed", 1, names) if percent >= 100 else RemoteEnum("Processing", 0, names)
    )
    properties = {
        "Activity": activity or " ",
        "ActivityId": 0,
        "StatusDescription": status or " ",
        "CurrentOperation": None,
        "ParentActivityId": -1,
        "PercentComplete": percent,
        "Type": kind,
        "SecondsRemaining": -1,
    }
    return write(ExtendedObject(properties))
