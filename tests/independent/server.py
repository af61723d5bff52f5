"""WSMan over HTTP for `psrp.py`: the standard library's server, with manners and faults that a test can choose."""

from __future__ import annotations

import base64
import contextlib
import gzip
import http.server
import re
import socket
import socketserver
import ssl
import struct
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import attrs

from tests.independent.logon import Logon
from tests.independent.psrp import Handler, Pool, Work, unknown_cmdlet

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


@attrs.frozen(slots=True, kw_only=True)
class Page:
    """An answer that is not WSMan's."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),)


class DropError(Exception):
    """Cut the connection."""


class FaultError(Exception):
    """A SOAP fault; `code` None: one without a WSManFault in its detail."""

    def __init__(self, code: int | None, reason: str = "No.", subcode: str = "w:InternalError") -> None:
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


@attrs.define(kw_only=True)
class Manners:
    """How the server speaks, all of it legal."""

    protocol: str = "2.3"
    bom: bool = False
    chunked: bool = False
    close: bool = False
    gzip: bool = False
    stream: int = 100_000  # bytes in one Stream element
    reply: int = 400_000  # bytes in one Receive
    by_fragments: bool = False  # as Windows: `reply` cuts between fragments; and a Receive waits for its command's end
    empty_last: bool = False
    state_first: bool = False
    exit_code: bool = True
    shell_id: Callable[[str], str] = str
    rewrite: Callable[[str], str] = str
    describe: bool = True
    mute: bool = False  # the pool never opens
    knows_get: bool = True
    offers: tuple[str, ...] = ("Negotiate", 'Basic realm="WSMAN"')


class Server:
    """One server. `scripts` are its cmdlets; `before` and `after` a request's effect a hook may answer in its place."""

    def __init__(self, folder: Path, scripts: Mapping[str, Handler], *, tls: bool = True, manners: Manners | None = None) -> None:
        self.scripts = {name.lower(): script for name, script in scripts.items()}
        self.manners = manners or Manners()
        self.before: Hook = lambda _asked: None
        self.after: Hook = lambda _asked: None
        self.pools: dict[str, Pool] = {}
        self.executions: Counter[str] = Counter()
        self.calls: list[tuple[str, dict[str, object]]] = []
        self.requests: Counter[str] = Counter()
        self.logins = 0
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        self.connected = threading.Condition()
        self.tls = tls
        self.logon = Logon(USER, PASSWORD, folder)
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.wsman = self
        self._context: ssl.SSLContext | None = None
        self.ca = folder / "ca.pem"
        if tls:
            self._context = self.logon.tls(self.ca)
            self._http.context = self._context

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
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

    def run(self, name: str, arguments: Mapping[str, object]) -> Iterable[object]:
        with self.lock:
            self.executions[name.lower()] += 1
            self.calls.append((name, dict(arguments)))
        return self.scripts.get(name.lower(), unknown_cmdlet)(name, arguments)

    # -- WSMan ---------------------------------------------------------------------------------------------------------------

    def answer(self, path: str, text: str) -> Page:
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
            said, cmdlet = self._serve(verb, header, body)
            if (page := self.after(attrs.evolve(asked, cmdlet=cmdlet))) is not None:
                return page
            return self._page(200, relates, f"{verb}Response", said)
        except FaultError as fault:
            return self._page(500, relates, "fault", _fault(fault))

    def _page(self, status: int, relates: str, action: str, body: str) -> Page:
        text = (
            f'<s:Envelope xmlns:s="{S}" xmlns:a="{A}" xmlns:w="{W}" xmlns:rsp="{RSP}" xmlns:f="{F}" xmlns:p="{PWSH}"><s:Header>'
            f"<a:Action>{RSP}/{action}</a:Action><a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>"
            f"<a:RelatesTo>{relates}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        kind = ("Content-Type", "application/soap+xml;charset=UTF-8")
        return Page(status=status, body=self.manners.rewrite(text).encode(), headers=(kind,))

    def _serve(self, verb: str, header: ET.Element, body: ET.Element) -> tuple[str, str]:
        if verb == "Create":
            return self._create(body), ""
        selectors = {each.get("Name"): each.text or "" for each in header.iter(f"{{{W}}}Selector")}
        pool = self.pools.get(selectors.get("ShellId", ""))
        if pool is None:
            raise FaultError(UNKNOWN_SELECTORS, "The shell was not found on the server.", "w:InvalidSelectors")
        inner = body[0] if len(body) else ET.Element("nothing")
        match verb:
            case "Command":
                arguments = base64.b64decode(inner.findtext(f"{{{RSP}}}Arguments") or "")
                command_id = inner.get("CommandId") or str(uuid.uuid4())
                work = pool.start(command_id, arguments)
                return f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>", work.name
            case "Receive":
                return self._receive(pool, header, inner), ""
            case "Send":
                pool.take(b"".join(base64.b64decode(stream.text or "") for stream in inner.iter(f"{{{RSP}}}Stream")))
                return "<rsp:SendResponse/>", ""
            case "Signal":
                self._signal(pool, inner)
                return "<rsp:SignalResponse/>", ""
            case "Delete":
                self.pools.pop(selectors["ShellId"], None)
                return "", ""
            case "Get" if self.manners.knows_get:
                return (
                    f"<rsp:Shell><rsp:ShellId>{selectors['ShellId']}</rsp:ShellId><rsp:State>Connected</rsp:State></rsp:Shell>",
                    "",
                )
            case _:
                raise FaultError(2150858751, f"{verb} is not supported.", "a:ActionNotSupported")

    def _signal(self, pool: Pool, inner: ET.Element) -> None:
        command_id = inner.get("CommandId") or ""
        self._work(pool, command_id).stop()
        if (inner.findtext(f"{{{RSP}}}Code") or "").endswith("Terminate"):
            pool.pipelines.pop(command_id.upper(), None)

    def _create(self, body: ET.Element) -> str:
        asked = body[0].get("ShellId") or str(uuid.uuid4())
        shell_id = self.manners.shell_id(asked)
        pool = Pool(self.manners.protocol, self.run, bom=self.manners.bom)
        pool.take(base64.b64decode(body[0].findtext(f"{{{PWSH}}}creationXml") or ""))
        with self.lock:
            self.pools[shell_id] = pool
        described = f"<rsp:Shell><rsp:ShellId>{shell_id}</rsp:ShellId><rsp:State>Connected</rsp:State></rsp:Shell>"
        return (
            f"<x:ResourceCreated xmlns:x='http://schemas.xmlsoap.org/ws/2004/09/transfer'><a:Address>http://x</a:Address>"
            f"<a:ReferenceParameters><w:ResourceURI>{PWSH}/Microsoft.PowerShell</w:ResourceURI><w:SelectorSet>"
            f'<w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>'
            f"{described if self.manners.describe else ''}"
        )

    def _work(self, pool: Pool, command_id: str) -> Work:
        work = pool.pipelines.get(command_id.upper())
        if work is None:
            raise FaultError(UNKNOWN_SELECTORS, "The command was not found.", "w:InvalidSelectors")
        return work

    def _receive(self, pool: Pool, header: ET.Element, inner: ET.Element) -> str:
        desired = inner.find(f"{{{RSP}}}DesiredStream")
        command_id = desired.get("CommandId") if desired is not None else None
        work = self._work(pool, command_id) if command_id else None
        waits = re.search(r"PT(\d+(?:\.\d+)?)S", header.findtext(f"{{{W}}}OperationTimeout") or "")
        end = time.monotonic() + (float(waits[1]) if waits else 20.0)
        with pool.lock:
            queue = bytearray() if self.manners.mute else pool.own if work is None else work.waiting
            while not (work.done if work is not None and self.manners.by_fragments else queue or (work is not None and work.done)):
                left = end - time.monotonic()
                if left <= 0 or (not pool.lock.wait(min(left, 0.5)) and time.monotonic() >= end):
                    raise FaultError(TIMED_OUT, "The WS-Management service cannot complete the operation in time.", "w:TimedOut")
            size = self._whole(queue) if self.manners.by_fragments else self.manners.reply
            data = bytes(queue[:size])
            del queue[:size]
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
        streams = "".join(f'<rsp:Stream Name="stdout"{name}>{base64.b64encode(part).decode()}</rsp:Stream>' for part in parts)
        if done and manners.empty_last:
            streams += f'<rsp:Stream Name="stdout"{name} End="TRUE"/>\n<rsp:Stream Name="stdout"{name} End="true">  </rsp:Stream>'
        state = ""
        if command_id:
            code = "<rsp:ExitCode>0</rsp:ExitCode>" if done and manners.exit_code else ""
            state = f'<rsp:CommandState{name} State="{RSP}/CommandState/{"Done" if done else "Running"}">{code}</rsp:CommandState>'
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
        f'<s:Reason><s:Text xml:lang="en-US">{escape(fault.reason)}</s:Text></s:Reason>{detail}</s:Fault>'
    )


class _Http(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    wsman: Server
    context: ssl.SSLContext | None = None

    def handle_error(self, request: object, client_address: object) -> None:
        """Cut connections are no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    @property
    def site(self) -> _Http:
        """The server that this connection belongs to."""
        assert isinstance(self.server, _Http)
        return self.server

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.site.context is not None:
            self.request = self.site.context.wrap_socket(self.request, server_side=True)
        super().setup()
        with self.site.wsman.connected:
            self.site.wsman.connections.add(self.request)
        self.talk = self.site.wsman.logon.connection()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.request.close()
        with self.site.wsman.connected:
            self.site.wsman.connections.discard(self.request)
            self.site.wsman.connected.notify_all()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._send(Page(status=405, body=b"<html><body>Method not allowed</body></html>"))

    def do_POST(self) -> None:
        server = self.site.wsman
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        header = self.headers.get("Authorization") or ""
        with server.lock:
            server.logins += bool(header)
        allowed, extra = self.talk.judge(header)
        if not allowed:
            offers = (("WWW-Authenticate", extra),) if extra else tuple(("WWW-Authenticate", one) for one in server.manners.offers)
            self._send(Page(status=401, headers=offers))
            return
        sealed = self.headers.get("Content-Type", "").startswith("multipart/encrypted")
        if not body:
            self._send(Page(status=200, headers=(("WWW-Authenticate", extra),) if extra else ()))
            return
        try:
            page = server.answer(self.path, (self.talk.open(body) if sealed else body).decode())
        except DropError:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        if extra:
            page = attrs.evolve(page, headers=(*page.headers, ("WWW-Authenticate", extra)))
        if sealed and page.body and any("soap" in value for _, value in page.headers):
            kind, body = self.talk.seal(page.body)
            page = attrs.evolve(page, body=body, headers=(("Content-Type", kind),))
        self._send(page)

    def _send(self, page: Page) -> None:
        manners = self.site.wsman.manners
        body = gzip.compress(page.body) if manners.gzip and page.body else page.body
        self.send_response(page.status)
        for name, value in page.headers:
            self.send_header(name, value)
        if manners.gzip and page.body:
            self.send_header("Content-Encoding", "gzip")
        if manners.close:
            self.send_header("Connection", "close")
            self.close_connection = True
        if manners.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(body), 1000):
                piece = body[at : at + 1000]
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        self.wfile.flush()
