"""One `pwsh -SSHServerMode` process: a runspace pool that is spoken to in packets on its standard
input and output.

The packets are those of PowerShell's out-of-process transport (OutOfProcTransportManager.cs of
PowerShell's own source).
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

POOL: Final = "00000000-0000-0000-0000-000000000000"
_PACKET: Final = re.compile(r"<(\w+)\s[^>]*?PSGuid='([0-9a-fA-F-]+)'\s*/?>(?:([^<]*)</)?")
_PATIENCE: Final = 60.0  # seconds for an acknowledgement on a busy machine


class EngineError(Exception):
    """The engine ended, or does not answer."""


class Engine:
    """A process, and `heard(guid, data)` for what it writes."""

    def __init__(
        self,
        pwsh: Path,
        home: Path,
        *,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        heard: Callable[[str, bytes], None],
    ) -> None:
        self._heard = heard
        self._acknowledged: dict[tuple[str, str], threading.Semaphore] = {}
        self._writing = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}
        self.ended = threading.Event()
        self._process = subprocess.Popen(
            [str(pwsh), "-NoLogo", "-NoProfile", "-SSHServerMode", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**_environment(home), **(environment or {})},
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def data(self, guid: str, data: bytes, stream: str = "Default") -> None:
        """PSRP fragments for a pipeline or the pool."""
        self._ask(
            f"<Data Stream='{stream}' PSGuid='{guid}'>{base64.b64encode(data).decode()}</Data>",
            "DataAck",
            guid,
        )

    def command(self, guid: str) -> None:
        """A pipeline begins."""
        self._ask(f"<Command PSGuid='{guid}' />", "CommandAck", guid)

    def signal(self, guid: str) -> None:
        """Stop a pipeline."""
        self._ask(f"<Signal PSGuid='{guid}' />", "SignalAck", guid)

    def close(self, guid: str) -> None:
        """Close a pipeline."""
        self._ask(f"<Close PSGuid='{guid}' />", "CloseAck", guid)

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _ask(self, packet: str, answer: str, guid: str) -> None:
        with self._writing:
            turn = self._turns.setdefault(guid, threading.Lock())
            acknowledged = self._acknowledged.setdefault((answer, guid), threading.Semaphore(0))
        with turn:
            self._write(packet)
            if not acknowledged.acquire(timeout=_PATIENCE) or self.ended.is_set():
                raise EngineError(f"The engine does not answer {packet[:60]}.")

    def _write(self, packet: str) -> None:
        assert self._process.stdin is not None
        try:
            with self._writing:
                self._process.stdin.write(packet.encode() + b"\n")
                self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise EngineError("The engine has ended.") from error

    def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._take(line.decode())
        except (OSError, ValueError):
            pass  # killed
        self.ended.set()
        with self._writing:
            waiting = tuple(self._acknowledged.values())
        for each in waiting:
            each.release()

    def _take(self, line: str) -> None:
        packet = _PACKET.match(line.strip())
        if packet is None:
            return
        name, guid, content = packet[1], packet[2].lower(), packet[3]
        if name == "Data":
            self._heard(guid, base64.b64decode(content))
        else:
            with self._writing:
                acknowledged = self._acknowledged.setdefault((name, guid), threading.Semaphore(0))
            acknowledged.release()


def _environment(home: Path) -> dict[str, str]:
    """The tests' environment, without what would make a PowerShell of a person's differ from
    another's.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PS", "COVERAGE", "COV_"))
    }
    own = {
        "HOME": str(home),
        "POWERSHELL_TELEMETRY_OPTOUT": "1",
        "POWERSHELL_UPDATECHECK": "Off",
        "DOTNET_TieredPGO": "0",
    }
    return kept | own | {f"XDG_{each}_HOME": str(home) for each in ("CACHE", "CONFIG", "DATA")}
