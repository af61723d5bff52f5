"""All that one command wrote, taken message by message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

import attrs

from lyncops.remoting.psrp.decoding import decode_message
from lyncops.remoting.psrp.messages import Message, MessageType
from lyncops.remoting.psrp.records import (
    HostCall,
    PipelineState,
    error_record,
    host_call,
    pipeline_state,
    stream_record,
)
from lyncops.remoting.psrp.streams import ErrorRecord, StreamKind, StreamRecord

_NOBODY: Final = UUID(int=0)


@attrs.define
class Transcript:
    """All that a command wrote, in the order of its arrival; `records` has all streams but the
    output.
    """

    pipeline_id: UUID
    on_record: Callable[[StreamRecord], None] | None = None
    state: PipelineState | None = None
    output: list[object] = attrs.field(factory=list[object])
    errors: list[ErrorRecord] = attrs.field(factory=list[ErrorRecord])
    records: list[StreamRecord] = attrs.field(factory=list[StreamRecord])

    def take(self, message: Message) -> HostCall | None:
        """Add a message; a call to the host that waits for an answer is handed back."""
        if message.pipeline_id not in {self.pipeline_id, _NOBODY}:
            return None
        is_output = message.kind == MessageType.PIPELINE_OUTPUT
        value = decode_message(message.data, forgiving=not is_output)
        if is_output:
            self.output.append(value)
            if self.on_record is not None:  # told, and not kept: it is in `output`
                text = "" if value is None else str(value)
                self.on_record(StreamRecord(kind=StreamKind.OUTPUT, text=text))
        elif message.kind == MessageType.ERROR_RECORD:
            self.fail(error_record(value))
        elif message.kind == MessageType.PIPELINE_STATE:
            self.state, error = pipeline_state(value)
            if error is not None:
                self._end_with(error)
        elif message.kind in {MessageType.PIPELINE_HOST_CALL, MessageType.RUNSPACE_POOL_HOST_CALL}:
            call, written = host_call(value)
            self._tell(written)
            return call if call is not None and call.wants_answer else None
        else:
            self._tell(stream_record(message.kind, value))
        return None

    def fail(self, error: ErrorRecord) -> None:
        """Add an error."""
        self.errors.append(error)
        self._tell(StreamRecord(kind=StreamKind.ERROR, text=str(error)))

    def _end_with(self, error: ErrorRecord) -> None:
        """What ended the pipeline; a server may have written the same record to the error stream
        before.
        """
        alike = attrs.evolve(error, terminating=False)
        if alike in self.errors:
            self.errors[self.errors.index(alike)] = error
        else:
            self.fail(error)

    def _tell(self, record: StreamRecord | None) -> None:
        if record is not None:
            self.records.append(record)
            if self.on_record is not None:
                self.on_record(record)
