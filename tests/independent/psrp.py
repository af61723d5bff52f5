"""A server of PowerShell remoting that owes nothing to lyncops: psrpcore's server side, with what
it lacks added by hand.
"""

from __future__ import annotations

import itertools
import struct
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Final, cast

import attrs
import psrpcore
from psrpcore import types as ps
from psrpcore._payload import create_fragment

OUTPUT: Final = 0x00041004
ERROR: Final = 0x00041005
STATE: Final = 0x00041006
COMPLETED: Final = 4
STOPPED: Final = 3
FAILED: Final = 5


@attrs.frozen(slots=True)
class Raw:
    """A message as XML text, for what psrpcore cannot say."""

    xml: str
    kind: int = OUTPUT


@attrs.frozen(slots=True)
class Problem:
    """A non-terminating error."""

    message: str
    error_id: str = "Problem,Microsoft.Rtc.Management"
    category: ps.ErrorCategory = ps.ErrorCategory.InvalidOperation
    exception: str = "System.InvalidOperationException"


@attrs.frozen(slots=True)
class Fatal:
    """A terminating error: the pipeline fails with it."""

    problem: Problem


@attrs.frozen(slots=True)
class Say:
    """A record of another stream: debug, verbose, warning, information, progress."""

    stream: str
    text: str


@attrs.frozen(slots=True)
class Prompt:
    """A question to the operator (PromptForChoice), whose answer the server waits for."""

    text: str


@attrs.frozen(slots=True)
class OnTheWire:
    """An object, and what the client gets to see of it."""

    item: object
    seen: object


@attrs.frozen(slots=True)
class Pause:
    """Wait until the event is set, or the pipeline is stopped."""

    until: threading.Event


@attrs.frozen(slots=True)
class Ends:
    """End the pipeline in this state and with nothing more said."""

    state: int


Handler = Callable[[str, Mapping[str, object]], Iterable[object]]


def unknown_cmdlet(name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    """What PowerShell says of a cmdlet that is outside the caller's role."""
    said = (
        f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or"
        " operable program."
    )
    kind = "System.Management.Automation.CommandNotFoundException"
    yield Fatal(Problem(said, "CommandNotFoundException", ps.ErrorCategory.ObjectNotFound, kind))


def _exception(problem: Problem) -> ps.NETException:
    error = ps.NETException(Message=problem.message, HResult=-2146233087)
    error.PSObject.type_names = [problem.exception, "System.Exception", "System.Object"]
    return error


def _record(problem: Problem) -> ps.ErrorRecord:
    info = ps.ErrorCategoryInfo(
        Category=problem.category, Reason=problem.exception.rpartition(".")[2]
    )
    return ps.ErrorRecord(
        Exception=_exception(problem), CategoryInfo=info, FullyQualifiedErrorId=problem.error_id
    )


def _expanded(items: Iterable[object], arguments: Mapping[str, object]) -> Iterable[object]:
    """What `Select-Object -ExpandProperty` makes of them."""
    for each in items:
        item = each.item if isinstance(each, OnTheWire) else each
        inner = (
            getattr(item, str(arguments["ExpandProperty"]), None)
            if isinstance(item, ps.PSObject)
            else None
        )
        yield from inner if isinstance(inner, list) else [item]


class Pool:
    """One runspace pool and its pipelines."""

    def __init__(
        self,
        protocol: str,
        run: Callable[[str, Mapping[str, object]], Iterable[object]],
        *,
        bom: bool,
    ) -> None:
        self.core = psrpcore.ServerRunspacePool()
        self.core.our_capability.protocolversion = ps.PSVersion(protocol)
        self.lock = threading.Condition(threading.RLock())
        self.answered = threading.Event()
        self.pipelines: dict[str, Work] = {}
        self._run = run
        self.bom = bom
        self.own = bytearray()

    def take(self, data: bytes, command_id: str = "", stream: str = "stdin") -> None:
        """Bytes from the client; psrpcore sorts them itself."""
        del command_id, stream
        with self.lock:
            self.core.receive_data(psrpcore.PSRPPayload(data, psrpcore.StreamType.default, None))
            while (event := self.core.next_event()) is not None:
                if isinstance(event, psrpcore.PipelineHostResponseEvent):
                    self.answered.set()
            self.drain()

    def drain(self) -> None:
        """Sort what psrpcore wants to send by who asked for it."""
        with self.lock:
            while (payload := self.core.data_to_send()) is not None:
                key = "" if payload.pipeline_id is None else str(payload.pipeline_id).upper()
                work = self.pipelines.get(key)
                (self.own if work is None else work.waiting).extend(payload.data)
            self.lock.notify_all()

    def start(self, command_id: str, fragment: bytes) -> Work:
        """Begin a pipeline."""
        with self.lock:
            core = psrpcore.ServerPipeline(self.core, uuid.UUID(command_id))
            work = self.pipelines[command_id.upper()] = Work(self, core)
            self.take(fragment)
            command, *piped = cast("psrpcore.PowerShell", core.metadata).commands
            work.name = command.command_text
            work.arguments = {name or "": value for name, value in command.parameters}
            work.piped = [
                (each.command_text, {name or "": value for name, value in each.parameters})
                for each in piped
            ]
        threading.Thread(target=work.run, args=(self._run,), daemon=True).start()
        return work

    def find(self, command_id: str) -> Work | None:
        """The pipeline of that id."""
        return self.pipelines.get(command_id.upper())

    def forget(self, command_id: str) -> None:
        """Remove it."""
        self.pipelines.pop(command_id.upper(), None)

    def raw(self, kind: int, xml: str, pipeline_id: uuid.UUID) -> bytes:
        """One message by hand."""
        head = struct.pack(
            "<II16s16s", 1, kind, self.core.runspace_pool_id.bytes_le, pipeline_id.bytes_le
        )
        body = head + (b"\xef\xbb\xbf" if self.bom else b"") + xml.encode()
        return create_fragment(self.core._fragment_counter, 0, body, end=True)


class Work:
    """One running pipeline."""

    def __init__(self, pool: Pool, core: psrpcore.ServerPipeline) -> None:
        self.pool = pool
        self.core = core
        self.name = ""
        self.arguments: dict[str, object] = {}
        self.piped: list[tuple[str, dict[str, object]]] = []
        self.waiting = bytearray()
        self.done = False
        self.stopped = threading.Event()

    def run(self, handler: Handler) -> None:
        """Execute."""
        with self.pool.lock:
            self.core.start()
            self.pool.drain()
        written = handler(self.name, self.arguments)
        for name, arguments in self.piped:
            # A script for the second command speaks in its place: a restricted endpoint has a
            # Select-Object of its own.
            written = itertools.chain(handler(name, arguments), _expanded(written, arguments))
        for item in itertools.chain(written, [Ends(COMPLETED)]):
            if self.stopped.is_set():
                return
            self._tell(item)
            if self.done:
                return

    def stop(self) -> None:
        """The client's signal."""
        with self.pool.lock:
            if not self.done:
                self.stopped.set()
                self.core.stop()
                self._end()

    def _end(self) -> None:
        self.pool.drain()
        self.done = True
        self.pool.lock.notify_all()

    def _tell(self, item: object) -> None:
        if isinstance(item, Pause):
            while not item.until.wait(0.01) and not self.stopped.is_set():
                pass
            return
        if isinstance(item, Prompt):
            self._prompt(item)
            return
        with self.pool.lock:
            if not self.done:
                self._write(item)
                self.pool.drain()

    def _prompt(self, item: Prompt) -> None:
        with self.pool.lock:
            method = ps.HostMethodIdentifier.PromptForChoice
            self.core.host_call(method, ["Confirm", item.text, [], 0])
            self.pool.drain()
        while not self.pool.answered.wait(0.01) and not self.stopped.is_set():
            pass

    def _write(self, item: object) -> None:
        core = self.core
        match item:
            case Raw():
                self.pool.drain()
                self.waiting += self.pool.raw(item.kind, item.xml, core.pipeline_id)
            case OnTheWire():
                core.write_output(item.seen)
            case Problem():
                category = ps.ErrorCategoryInfo(Category=item.category)
                core.write_error(
                    _exception(item), category_info=category, fully_qualified_error_id=item.error_id
                )
            case Fatal():
                core.prepare_message(
                    ps.PipelineState(
                        PipelineState=FAILED, ExceptionAsErrorRecord=_record(item.problem)
                    )
                )
                self._end()
            case Ends():
                if item.state == COMPLETED:
                    core.complete()
                else:
                    core.prepare_message(ps.PipelineState(PipelineState=item.state))
                self._end()
            case Say():
                self._say(item)
            case _:
                core.write_output(item)

    def _say(self, item: Say) -> None:
        core = self.core
        match item.stream:
            case "information":
                core.write_information(item.text, "script")
            case "progress":
                core.write_progress(item.text, 1, "working", percent_complete=40)
            case "debug":
                core.write_debug(item.text)
            case "verbose":
                core.write_verbose(item.text)
            case _:
                core.write_warning(item.text)
