"""What the compiled cmdlets do: they ask here, over a loopback connection, and are told line by
line.

PowerShell binds, converts, asks for confirmation, serialises and fails; the answers are plain
values, so that the state of the deployment is in one place although each shell is a process of its
own.
"""

from __future__ import annotations

import json
import select
import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from types import TracebackType
from typing import Final, Self, cast

import attrs

Json = object
Action = Mapping[str, Json]
Answer = Generator[Action, Json, None]
END: Final[Action] = {"do": "end"}


@attrs.frozen(kw_only=True)
class Call:
    """A cmdlet as PowerShell bound it, on `machine`.

    `proceed` is False after -WhatIf or a refused confirmation.
    """

    cmdlet: str
    stage: str
    proceed: bool
    parameter_set: str
    process: int
    machine: str
    parameters: Mapping[str, Json]

    def text(self, name: str) -> str:
        """A parameter as text; empty when it was not given."""
        value = self.parameters.get(name)
        return "" if value is None else str(value)


Handler = Callable[[Call], Iterable[Action]]


def output(value: Json) -> Action:
    """An object in the pipeline."""
    return {"do": "output", "value": value}


def thing(kind: str, /, **properties: Json) -> Json:
    """A value of one of the module's types, named without `Microsoft.Rtc.Management.`."""
    return {"$type": f"Microsoft.Rtc.Management.{kind}", "properties": properties}


def script(text: str) -> Json:
    """A value that PowerShell makes itself."""
    return {"$script": text}


@attrs.frozen
class Problem:
    """An exception and its record."""

    message: str
    error_id: str = attrs.field(default="Problem", kw_only=True)
    category: str = attrs.field(default="InvalidOperation", kw_only=True)
    exception: str = attrs.field(default="System.InvalidOperationException", kw_only=True)
    code: int | None = attrs.field(default=None, kw_only=True)
    inner: Problem | None = attrs.field(default=None, kw_only=True)

    def _plain(self) -> dict[str, Json]:
        inner = None if self.inner is None else self.inner._plain()
        own = {
            "message": self.message,
            "id": self.error_id,
            "category": self.category,
            "exception": self.exception,
        }
        return {**own, "code": self.code, "inner": inner}

    def written(self) -> Action:
        """WriteError: the pipeline goes on."""
        return {"do": "error", **self._plain()}

    def thrown(self) -> Action:
        """ThrowTerminatingError."""
        return {"do": "throw", **self._plain()}

    def raised(self) -> Action:
        """An exception that the cmdlet does not catch."""
        return {"do": "raise", **self._plain()}


def say(stream: str, text: str) -> Action:
    """A line of the streams verbose, warning, debug, information or host."""
    return {"do": stream, "text": text}


def progress(activity: str, status: str, percent: int) -> Action:
    """A progress record."""
    return {"do": "progress", "text": activity, "status": status, "percent": percent}


def ask(how: str, text: str = "Are you sure?") -> Action:
    """A question to the operator: shouldContinue, choice or readLine.

    Its answer comes back from the `yield`.
    """
    return {"do": how, "text": text}


def until(event: threading.Event) -> Action:
    """Wait for the event, or until the cmdlet is stopped. The cmdlet does not see it."""
    return {"do": "wait", "until": event}


class World:
    """Answers to the cmdlets, by name; `calls` are those that were to do something."""

    def __init__(self, handlers: Mapping[str, Handler] | None = None) -> None:
        self.handlers: dict[str, Handler] = dict(handlers or {})
        self.begins: dict[str, Handler] = {}
        self.calls: list[Call] = []
        self.rehearsed: list[Call] = []
        self.stopped: list[Call] = []
        self.lock = threading.Condition(threading.RLock())
        self.closing = threading.Event()
        self._server = _Loopback(("127.0.0.1", 0), _Talk)
        self._server.world = self

    @property
    def environment(self) -> dict[str, str]:
        """How the module's cmdlets find this world."""
        return {"LYNCOPS_WORLD_PORT": str(self._server.server_address[1])}

    def await_stop(self, cmdlet: str) -> bool:
        """Wait until a cmdlet of that name has been stopped."""
        with self.lock:
            return self.lock.wait_for(
                lambda: any(call.cmdlet == cmdlet for call in self.stopped), timeout=60
            )

    @property
    def executions(self) -> Counter[str]:
        """How often each cmdlet did its work."""
        with self.lock:
            return Counter(call.cmdlet for call in self.calls)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, call: Call) -> Iterable[Action]:
        """What is to be done."""
        if call.stage == "begin":
            begin = self.begins.get(call.cmdlet)
            return begin(call) if begin is not None else ()
        with self.lock:
            (self.calls if call.proceed else self.rehearsed).append(call)
        handler = self.handlers.get(call.cmdlet)
        return handler(call) if handler is not None and call.proceed else ()


class _Loopback(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64
    world: World

    def handle_error(self, request: object, client_address: object) -> None:
        """A cmdlet that was stopped hangs up."""


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Loopback)
        world = self.server.world
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        said = cast("dict[str, Json]", json.loads(self.rfile.readline()))
        call = Call(
            cmdlet=str(said["cmdlet"]),
            stage=str(said["stage"]),
            proceed=bool(said["proceed"]),
            parameter_set=str(said["set"]),
            process=cast("int", said["process"]),
            machine=str(said["machine"] or ""),
            parameters=cast("dict[str, Json]", said["parameters"]),
        )
        try:
            self._tell(world, world.answer(call))
        except (OSError, ValueError):
            with world.lock:
                world.stopped.append(call)
                world.lock.notify_all()

    def _tell(self, world: World, answer: Iterable[Action]) -> None:
        if isinstance(answer, Generator):
            self._converse(world, cast("Generator[Action, Json, None]", answer))
        else:
            for action in answer:
                self._do(world, action)
        self.wfile.write(json.dumps(END).encode() + b"\n")

    def _converse(self, world: World, answer: Generator[Action, Json, None]) -> None:
        try:
            action = next(answer)
            while True:
                action = answer.send(self._do(world, action))
        except StopIteration:
            return

    def _do(self, world: World, action: Action) -> Json:
        event = action.get("until")
        if isinstance(event, threading.Event):
            while not event.wait(0.02):
                if world.closing.is_set() or select.select([self.request], [], [], 0)[0]:
                    raise ConnectionResetError
            return None
        self.wfile.write(json.dumps(action).encode() + b"\n")
        line = self.rfile.readline()
        if not line:
            raise ConnectionResetError
        return cast("Json", json.loads(line))
