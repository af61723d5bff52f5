"""WSMan before a real PowerShell: each shell is one engine process, and what client and engine say
passes through untouched.
"""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

from tests.engine.process import POOL, Engine, EngineError
from tests.independent.manners import Manners
from tests.independent.server import FaultError, WsmanServer

_PIPELINE_STATE: Final = struct.pack("<I", 0x00041006)
# Stopped, Completed, Failed (MS-PSRP 2.2.3.5)
_FINAL: Final = re.compile(rb'N="PipelineState">[345]<')
_NAME: Final = re.compile(rb'<S N="Cmd">([^<]*)</S>')


class Pipeline:
    """One pipeline of the engine, as the front sees it."""

    def __init__(self, shell: Shell, guid: str, name: str) -> None:
        self._shell = shell
        self._guid = guid
        self.name = name
        self.waiting = bytearray()
        self.done = False
        self._message = bytearray()

    def stop(self) -> None:
        """The client's signal."""
        if not self.done:
            self._shell.engine.signal(self._guid)

    def hear(self, data: bytes) -> None:
        """Fragments of the engine. The state that ends a pipeline is its last message."""
        self.waiting += data
        while len(data) >= 21:  # MS-PSRP 2.2.4: object id, fragment id, flags, length
            flags, length = data[16], int.from_bytes(data[17:21], "big")
            if flags & 1:
                self._message.clear()
            self._message += data[21 : 21 + length]
            if (
                flags & 2
                and bytes(self._message[4:8]) == _PIPELINE_STATE
                and _FINAL.search(self._message)
            ):
                self.done = True
            data = data[21 + length :]


class Shell:
    """One shell: an engine process, its pool and its pipelines.

    Each pipeline is received for itself.
    """

    def __init__(
        self, pwsh: Path, home: Path, options: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self.lock = threading.Condition(threading.RLock())
        self.own = bytearray()
        self._pipelines: dict[str, Pipeline] = {}
        self.engine = Engine(pwsh, home, options=options, environment=environment, heard=self._hear)

    def take(self, data: bytes, command_id: str = "", stream: str = "stdin") -> None:
        """Bytes from the client, for the pool or for one command."""
        self.engine.data(
            command_id.lower() or POOL, data, "PromptResponse" if stream == "pr" else "Default"
        )

    def start(self, command_id: str, fragment: bytes) -> Pipeline:
        """Begin a pipeline."""
        guid = command_id.lower()
        named = _NAME.search(fragment)
        pipeline = Pipeline(self, guid, named[1].decode() if named else "")
        with self.lock:
            self._pipelines[guid] = pipeline
        self.engine.command(guid)
        self.engine.data(guid, fragment)
        return pipeline

    def find(self, command_id: str) -> Pipeline | None:
        """The pipeline of that id."""
        return self._pipelines.get(command_id.lower())

    def forget(self, command_id: str) -> None:
        """Close it."""
        guid = command_id.lower()
        if self._pipelines.pop(guid, None) is not None:
            self.engine.close(guid)

    def _hear(self, guid: str, data: bytes) -> None:
        with self.lock:
            pipeline = self._pipelines.get(guid)
            if pipeline is not None:
                pipeline.hear(data)
            elif guid == POOL:
                self.own += data
            self.lock.notify_all()


@attrs.frozen(kw_only=True)
class Setting:
    """What the engine's processes are started with."""

    pwsh: Path
    home: Path
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = attrs.field(factory=dict[str, str])


class EngineServer(WsmanServer[Shell]):
    """The front. `executions` counts the commands that were sent, by name in lower case."""

    def __init__(
        self, folder: Path, setting: Setting, *, tls: bool = False, manners: Manners | None = None
    ) -> None:
        super().__init__(folder, tls=tls, manners=manners or Manners(knows_reconnect=True))
        self._setting = setting
        self._engines: list[Engine] = []

    def opened(self, creation: bytes) -> Shell:
        """Start a process and open its pool."""
        setting = self._setting
        shell = Shell(setting.pwsh, setting.home, setting.options, setting.environment)
        with self.lock:
            self._engines.append(shell.engine)
        try:
            shell.take(creation)
        except EngineError as error:
            raise FaultError(2150859174, str(error)) from error
        return shell

    def closed(self, pool: Shell) -> None:
        """End the process."""
        pool.engine.kill()

    def die(self) -> None:
        super().die()
        for engine in self._engines:
            engine.kill()
