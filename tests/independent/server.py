"""WSMan over HTTP for `psrp.py`: the standard library's server, with manners and faults that a test
can choose.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import struct
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Generic, Protocol, Self, TypeVar
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import attrs

from tests.independent.http import Alive, DropError, Http, Page, Talking
from tests.independent.logon import Logon
from tests.independent.manners import Manners
from tests.independent.psrp import Handler, Pool, unknown_cmdlet

__all__ = [
    "PASSWORD",
    "USER",
    "Asked",
    "DropError",
    "FaultError",
    "Manners",
    "Page",
    "Server",
    "WsmanServer",
]

S: Final = "http://www.w3.org/2003/05/soap-envelope"
A: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
W: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
RSP: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
F: Final = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
PWSH: Final = "http://schemas.microsoft.com/powershell"
TIMED_OUT: Final = 2150858793
UNKNOWN_SELECTORS: Final = 2150858843
USER: Final = "CONTOSO\\admin"
PASSWORD: Final = "Gr0ßes-Geheimnis&<'\""


class FaultError(Exception):
    """A SOAP fault; `code` None: one without a WSManFault in its detail."""

    def __init__(
        self, code: int | None, reason: str = "No.", subcode: str = "w:InternalError"
    ) -> None:
        super().__init__(reason)
        self.code, self.reason, self.subcode = code, reason, subcode


@attrs.frozen(slots=True, kw_only=True)
class Asked:
    """A request as the hooks see it. `cmdlet` is known of a Command, after it has been read."""

    verb: str
    number: int
    path: str
    cmdlet: str = ""


Hook = Callable[[Asked], Page | None]


class Work(Protocol):
    """One running pipeline."""

    name: str
    waiting: bytearray
    done: bool

    def stop(self) -> None:
        """The client's signal."""
        ...


class Runspaces(Protocol):
    """The pool of one shell."""

    lock: threading.Condition
    own: bytearray

    def take(self, data: bytes, command_id: str = "", stream: str = "stdin") -> None:
        """Bytes from the client, for the pool or for one command."""
        ...

    def start(self, command_id: str, fragment: bytes) -> Work:
        """Begin a pipeline."""
        ...

    def find(self, command_id: str) -> Work | None:
        """The pipeline of that id."""
        ...

    def forget(self, command_id: str) -> None:
        """Remove it."""
        ...


P = TypeVar("P", bound=Runspaces)


class WsmanServer(ABC, Generic[P]):
    """One server, whatever its shells are; `before` and `after` a request's effect a hook may
    answer in its place.
    """

    def __init__(self, folder: Path, *, tls: bool = True, manners: Manners | None = None) -> None:
        self.manners = manners or Manners()
        self.before: Hook = lambda _asked: None
        self.after: Hook = lambda _asked: None
        self.pools: dict[str, P] = {}
        self.executions: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.logins = 0
        self.refused = 0
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        self.connected = threading.Condition()
        self.tls = tls
        self.logon = Logon(USER, PASSWORD, folder)
        self._http = Http(("127.0.0.1", 0), Talking)
        self._http.wsman = self
        self.ca = folder / "ca.pem"
        if tls:
            self._http.context = self.logon.tls(self.ca)

    @abstractmethod
    def opened(self, creation: bytes) -> P:
        """A new pool, from what the client wants of it."""

    def closed(self, pool: P) -> None:
        """A pool was deleted."""

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self.die()
        with self.connected:
            self.connected.wait_for(lambda: not self.connections, timeout=2)
        self.logon.forget()

    def die(self) -> None:
        """Cut every connection and accept no other."""
        self._http.shutdown()
        self._http.server_close()
        with self.connected:
            connections = tuple(self.connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def answer(self, path: str, text: str, alive: Alive = lambda: True) -> Page:
        """One envelope."""
        envelope = ET.XML(text)
        header = envelope.find(f"{{{S}}}Header")
        body = envelope.find(f"{{{S}}}Body")
        assert header is not None
        assert body is not None
        verb = (header.findtext(f"{{{A}}}Action") or "").rpartition("/")[2]
        with self.lock:
            self.requests[verb] += 1
            asked = Asked(verb=verb, number=self.requests[verb], path=path, cmdlet="")
        relates = header.findtext(f"{{{A}}}MessageID") or ""
        try:
            if (page := self.before(asked)) is not None:
                return page
            said, cmdlet = self._serve(verb, header, body, alive)
            if (page := self.after(attrs.evolve(asked, cmdlet=cmdlet))) is not None:
                return page
            return self._page(200, relates, f"{verb}Response", said)
        except FaultError as fault:
            return self._page(500, relates, "fault", _fault(fault))

    def _page(self, status: int, relates: str, action: str, body: str) -> Page:
        text = (
            f'<s:Envelope xmlns:s="{S}" xmlns:a="{A}" xmlns:w="{W}" xmlns:rsp="{RSP}" xmlns:f="{F}"'
            f' xmlns:p="{PWSH}"><s:Header>'
            f"<a:Action>{RSP}/{action}</a:Action><a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>"
            f"<a:RelatesTo>{relates}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        kind = ("Content-Type", "application/soap+xml;charset=UTF-8")
        return Page(status=status, body=self.manners.rewrite(text).encode(), headers=(kind,))

    def _serve(
        self, verb: str, header: ET.Element, body: ET.Element, alive: Alive
    ) -> tuple[str, str]:
        if verb == "Create":
            return self._create(body), ""
        selectors = {each.get("Name"): each.text or "" for each in header.iter(f"{{{W}}}Selector")}
        pool = self.pools.get(selectors.get("ShellId", ""))
        if pool is None:
            raise FaultError(
                UNKNOWN_SELECTORS, "The shell was not found on the server.", "w:InvalidSelectors"
            )
        inner = body[0] if len(body) else ET.Element("nothing")
        match verb:
            case "Command":
                arguments = base64.b64decode(inner.findtext(f"{{{RSP}}}Arguments") or "")
                command_id = inner.get("CommandId") or str(uuid.uuid4())
                work = pool.start(command_id, arguments)
                return (
                    f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>",
                    work.name,
                )
            case "Receive":
                return self._receive(pool, header, inner, alive), ""
            case "Send":
                for stream in inner.iter(f"{{{RSP}}}Stream"):
                    pool.take(
                        base64.b64decode(stream.text or ""),
                        stream.get("CommandId") or "",
                        stream.get("Name") or "",
                    )
                return "<rsp:SendResponse/>", ""
            case "Signal":
                self._signal(pool, inner)
                return "<rsp:SignalResponse/>", ""
            case "Delete":
                self.closed(self.pools.pop(selectors["ShellId"]))
                return "", ""
            case _:
                return self._of_shell(verb, selectors["ShellId"]), ""

    def _of_shell(self, verb: str, shell_id: str) -> str:
        if verb in {"Reconnect", "Disconnect"} and self.manners.knows_reconnect:
            return f"<rsp:{verb}Response/>"
        if verb == "Get" and self.manners.knows_get:
            return (
                f"<rsp:Shell><rsp:ShellId>{shell_id}</rsp:ShellId><rsp:State>Connected"
                f"</rsp:State></rsp:Shell>"
            )
        raise FaultError(2150858751, f"{verb} is not supported.", "a:ActionNotSupported")

    def _signal(self, pool: P, inner: ET.Element) -> None:
        command_id = inner.get("CommandId") or ""
        self._work(pool, command_id).stop()
        if (inner.findtext(f"{{{RSP}}}Code") or "").endswith("Terminate"):
            pool.forget(command_id)

    def _create(self, body: ET.Element) -> str:
        asked = body[0].get("ShellId") or str(uuid.uuid4())
        shell_id = self.manners.shell_id(asked)
        pool = self.opened(base64.b64decode(body[0].findtext(f"{{{PWSH}}}creationXml") or ""))
        with self.lock:
            self.pools[shell_id] = pool
        described = (
            f"<rsp:Shell><rsp:ShellId>{shell_id}</rsp:ShellId><rsp:State>Connected</rsp:State>"
            f"</rsp:Shell>"
        )
        return (
            f"<x:ResourceCreated"
            f" xmlns:x='http://schemas.xmlsoap.org/ws/2004/09/transfer'><a:Address>http://x</a:Address>"
            f"<a:ReferenceParameters><w:ResourceURI>{PWSH}/Microsoft.PowerShell</w:ResourceURI><w:SelectorSet>"
            "<w:Selector"
            f' Name="ShellId">{shell_id}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
            f"</x:ResourceCreated>"
            f"{described if self.manners.describe else ''}"
        )

    def _work(self, pool: P, command_id: str) -> Work:
        work = pool.find(command_id)
        if work is None:
            raise FaultError(UNKNOWN_SELECTORS, "The command was not found.", "w:InvalidSelectors")
        return work

    def _receive(self, pool: P, header: ET.Element, inner: ET.Element, alive: Alive) -> str:
        desired = inner.find(f"{{{RSP}}}DesiredStream")
        command_id = desired.get("CommandId") if desired is not None else None
        work = self._work(pool, command_id) if command_id else None
        waits = re.search(r"PT(\d+(?:\.\d+)?)S", header.findtext(f"{{{W}}}OperationTimeout") or "")
        end = time.monotonic() + (float(waits[1]) if waits else 20.0)
        with pool.lock:
            queue = bytearray() if self.manners.mute else pool.own if work is None else work.waiting
            while not (
                work.done
                if work is not None and self.manners.by_fragments
                else queue or (work is not None and work.done)
            ):
                left = end - time.monotonic()
                if left <= 0 or (not pool.lock.wait(min(left, 0.5)) and time.monotonic() >= end):
                    raise FaultError(
                        TIMED_OUT,
                        "The WS-Management service cannot complete the operation in time.",
                        "w:TimedOut",
                    )
                if not alive():  # what comes now is for the next who asks
                    raise DropError
            if not alive():
                raise DropError
            data = bytes(queue[: self.manners.reply])
            del queue[: self.manners.reply]
            done = work is not None and work.done and not queue
        return self._streams(data, command_id, done=done)

    def _whole(self, queue: bytearray) -> int:
        """How many bytes the next reply holds: whole fragments, but at least one."""
        size = 0
        while size < len(queue):
            (length,) = struct.unpack_from(">I", queue, size + 17)
            if size and size + 21 + length > self.manners.reply:
                break
            size += 21 + length
        return size

    def _streams(self, data: bytes, command_id: str | None, *, done: bool) -> str:
        manners = self.manners
        name = f' CommandId="{command_id}"' if command_id else ""
        step = manners.stream
        parts = [data[at : at + step] for at in range(0, len(data), step)]
        streams = "".join(
            f'<rsp:Stream Name="stdout"{name}>{base64.b64encode(part).decode()}</rsp:Stream>'
            for part in parts
        )
        if done and manners.empty_last:
            streams += (
                f'<rsp:Stream Name="stdout"{name} End="TRUE"/>\n<rsp:Stream Name="stdout"{name}'
                ' End="true">  </rsp:Stream>'
            )
        state = ""
        if command_id:
            code = "<rsp:ExitCode>0</rsp:ExitCode>" if done and manners.exit_code else ""
            state = (
                f"<rsp:CommandState{name}"
                f' State="{RSP}/CommandState/{"Done" if done else "Running"}">{code}'
                f"</rsp:CommandState>"
            )
        inside = state + streams if manners.state_first else streams + state
        return f"<rsp:ReceiveResponse>{inside}</rsp:ReceiveResponse>"


def _fault(fault: FaultError) -> str:
    detail = (
        f'<s:Detail><f:WSManFault Code="{fault.code}" Machine="fe">'
        f"<f:Message>{escape(fault.reason)}</f:Message></f:WSManFault></s:Detail>"
        if fault.code is not None
        else ""
    )
    return (
        f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode></s:Code>"
        "<s:Reason><s:Text"
        f' xml:lang="en-US">{escape(fault.reason)}</s:Text></s:Reason>{detail}</s:Fault>'
    )


class Server(WsmanServer[Pool]):
    """A server whose cmdlets are `scripts`."""

    def __init__(
        self,
        folder: Path,
        scripts: Mapping[str, Handler],
        *,
        tls: bool = True,
        manners: Manners | None = None,
    ) -> None:
        super().__init__(folder, tls=tls, manners=manners)
        self.scripts = {name.lower(): script for name, script in scripts.items()}
        self.calls: list[tuple[str, dict[str, object]]] = []

    def opened(self, creation: bytes) -> Pool:
        pool = Pool(self.manners.protocol, self.run, bom=self.manners.bom)
        pool.take(creation)
        return pool

    def run(self, name: str, arguments: Mapping[str, object]) -> Iterable[object]:
        with self.lock:
            self.executions[name.lower()] += 1
            self.calls.append((name, dict(arguments)))
        return self.scripts.get(name.lower(), unknown_cmdlet)(name, arguments)
