"""What the messages of a running command say: stream records, error records, the pipeline's state,
calls to the host.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Final, cast

import attrs

from lyncops.remoting.psrp.messages import MessageType
from lyncops.remoting.psrp.streams import Cause, ErrorRecord, StreamKind, StreamRecord
from lyncops.values import RemoteEnum, RemoteObject, Unread

_CATEGORIES: Final = (
    *(
        "NotSpecified",
        "OpenError",
        "CloseError",
        "DeviceError",
        "DeadlockDetected",
        "InvalidArgument",
        "InvalidData",
    ),
    *(
        "InvalidOperation",
        "InvalidResult",
        "InvalidType",
        "MetadataError",
        "NotImplemented",
        "NotInstalled",
        "ObjectNotFound",
    ),
    *(
        "OperationStopped",
        "OperationTimeout",
        "SyntaxError",
        "ParserError",
        "PermissionDenied",
        "ResourceBusy",
        "ResourceExists",
    ),
    *(
        "ResourceUnavailable",
        "ReadError",
        "WriteError",
        "FromStdErr",
        "SecurityError",
        "ProtocolError",
        "ConnectionError",
    ),
    *("AuthenticationError", "LimitsExceeded", "QuotaExceeded", "NotEnabled"),
)
_MAX_CAUSES: Final = 20
_NO_MESSAGE: Final = "The server gave no message."
_VOID_METHODS: Final = frozenset(
    {*range(6, 11), *range(13, 23), 28, 30, 32, 34, 36, 38, 40, 42, 47, 48, 49, 51, 52, 53}
)
"""Methods of the host that want no answer: they write, or set something (MS-PSRP 2.2.3.17)."""
_WRITING: Final = {
    **dict.fromkeys(range(13, 18), StreamKind.INFORMATION),
    18: StreamKind.INFORMATION,
    19: StreamKind.DEBUG,
    21: StreamKind.VERBOSE,
    22: StreamKind.WARNING,
}
_INFORMATIONAL: Final = {
    MessageType.DEBUG_RECORD: StreamKind.DEBUG,
    MessageType.VERBOSE_RECORD: StreamKind.VERBOSE,
    MessageType.WARNING_RECORD: StreamKind.WARNING,
}


class PipelineState(enum.IntEnum):
    """The states of a pipeline (MS-PSRP 2.2.3.5)."""

    NOT_STARTED = 0
    RUNNING = 1
    STOPPING = 2
    STOPPED = 3
    COMPLETED = 4
    FAILED = 5
    DISCONNECTED = 6

    @property
    def is_end(self) -> bool:
        """Whether nothing comes after it."""
        return self in {PipelineState.STOPPED, PipelineState.COMPLETED, PipelineState.FAILED}


@attrs.frozen(slots=True)
class HostCall:
    """The server asks something of the host; `wants_answer`: whether it waits."""

    call_id: int
    method: int
    wants_answer: bool


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object) -> int | None:
    if isinstance(value, RemoteEnum):
        return value.number
    return value if isinstance(value, int) else None


def _category(record: RemoteObject) -> str:
    value = record.get("ErrorCategory_Category")
    number = _number(value)
    if number is not None:
        return _CATEGORIES[number] if 0 <= number < len(_CATEGORIES) else str(number)
    spoken = _text(value) or _text(record.get("ErrorCategory_Message")).partition(":")[0]
    return spoken if spoken in _CATEGORIES else _CATEGORIES[0]


def _causes(thrown: object) -> Iterator[Cause]:
    """The chain of exceptions; each may also have been written as a mere text."""
    for _ in range(_MAX_CAUSES):
        if thrown is None or thrown == "":
            return
        about = thrown if isinstance(thrown, RemoteObject) else RemoteObject(text=_text(thrown))
        kinds = [name.removeprefix("Deserialized.") for name in about.type_names]
        yield Cause(
            message=_text(about.get("Message")) or _text(about.text),
            exception_type=kinds[0] if kinds else "",
            code=_number(about.get("NativeErrorCode")),
        )
        thrown = about.get("InnerException")


def error_record(value: object, *, terminating: bool = False) -> ErrorRecord:
    """An ErrorRecord as the server wrote it; a bare text or object serves as the message."""
    if isinstance(value, Unread):
        return ErrorRecord(
            message=f"The server wrote an error that cannot be read: {value.reason}.",
            terminating=terminating,
        )
    if not isinstance(value, RemoteObject):
        return ErrorRecord(message=_text(value) or _NO_MESSAGE, terminating=terminating)
    thrown = value.get("Exception")
    causes = tuple(_causes(thrown))
    messages = (
        value.get("ErrorDetails_Message"),
        *(cause.message for cause in causes[:1]),
        value.text,
        value.get("ErrorCategory_Message"),
    )
    return ErrorRecord(
        message=next((text for each in messages if (text := _text(each))), _NO_MESSAGE),
        category=_category(value),
        fully_qualified_error_id=_text(value.get("FullyQualifiedErrorId")),
        target=_text(value.get("ErrorCategory_TargetName")) or _text(value.get("TargetObject")),
        exception_type=next((cause.exception_type for cause in causes), "")
        or _text(value.get("ErrorCategory_Reason")),
        terminating=terminating,
        causes=causes,
    )


def pipeline_state(value: object) -> tuple[PipelineState | None, ErrorRecord | None]:
    """The state in a message, and the error that ended the pipeline."""
    if not isinstance(value, RemoteObject):
        return None, None
    number = _number(value.get("PipelineState"))
    state = PipelineState(number) if number is not None and number in set(PipelineState) else None
    error = value.get("ExceptionAsErrorRecord")
    return state, (
        None if error is None else error_record(error, terminating=state is PipelineState.FAILED)
    )


def stream_record(kind: int, value: object) -> StreamRecord | None:
    """A record of one of the streams other than output and error; None where the message is
    none.
    """
    record = value if isinstance(value, RemoteObject) else RemoteObject(text=_text(value))
    if kind == MessageType.PROGRESS_RECORD:
        words = (
            record.get("Activity"),
            record.get("StatusDescription"),
            record.get("CurrentOperation"),
        )
        percent = _number(record.get("PercentComplete"))
        return StreamRecord(
            kind=StreamKind.PROGRESS,
            text=": ".join(text for each in words if (text := _text(each).strip())),
            percent=percent if percent is not None and 0 <= percent <= 100 else None,
        )
    if kind == MessageType.INFORMATION_RECORD:
        said = record.get("MessageData")
        inner = said.get("Message") if isinstance(said, RemoteObject) else None
        return StreamRecord(
            kind=StreamKind.INFORMATION,
            text=_text(inner if inner is not None else said) or _text(record.text),
        )
    stream = _INFORMATIONAL.get(MessageType(kind)) if kind in set(MessageType) else None
    if stream is None:
        return None
    said = record.get("InformationalRecord_Message", "Message")
    return StreamRecord(kind=stream, text=_text(said) if said is not None else _text(record.text))


def host_call(value: object) -> tuple[HostCall | None, StreamRecord | None]:
    """A call to the host, and what it writes where it writes something."""
    if not isinstance(value, RemoteObject):
        return None, None
    call_id, method = _number(value.get("ci")), _number(value.get("mi"))
    if call_id is None or method is None:
        return None, None
    arguments = value.get("mp")
    words = cast("list[object]", arguments) if isinstance(arguments, list) else []
    texts = [each for each in words if isinstance(each, str)]
    written = (
        StreamRecord(kind=_WRITING[method], text=texts[-1].rstrip("\r\n"))
        if method in _WRITING and texts
        else None
    )
    return HostCall(call_id, method, method not in _VOID_METHODS), written
