"""A machine with a few cmdlets, and ways to talk to it: unmodified pypsrp, and raw envelopes."""

from __future__ import annotations

import base64
import http.client
import importlib
import struct
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, cast
from xml.etree import ElementTree as ET

import attrs
import psrpcore.types
import pypsrp.powershell
import pypsrp.wsman

from lyncops.lab.interface import Caller, ErrorDetail, Invocation, Session, Sink, TerminatingError
from lyncops.lab.wire import soap
from lyncops.lab.wire.authentication import Account
from lyncops.lab.wire.clixml import write
from lyncops.lab.wire.faults import Profile
from lyncops.lab.wire.host import WireHost
from lyncops.lab.wire.xmltext import parse_xml
from lyncops.values import RemoteObject

Untyped: TypeAlias = Any
"""A thing of pypsrp, which has no complete types."""
RunspacePool: Untyped = pypsrp.powershell.RunspacePool
PowerShell: Untyped = pypsrp.powershell.PowerShell
_CREDSSP: Untyped = importlib.import_module("requests_credssp.exceptions")
CredSspError: type[Exception] = _CREDSSP.AuthenticationException
CredSspStatusError: type[Exception] = _CREDSSP.NTStatusException

NAME = "fe1.contoso.com"
USER = "CONTOSO\\admin"
PASSWORD = "Pa55-word"
PS_URI = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
_TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
_ACTIONS = dict.fromkeys(("Create", "Delete", "Get"), _TRANSFER) | {
    "Enumerate": "http://schemas.xmlsoap.org/ws/2004/09/enumeration/"
}


class StubMachine:
    def __init__(self) -> None:
        self.is_down = False
        self.is_hung = False
        self.executed: Counter[str] = Counter()
        self.seen: list[Invocation] = []
        self.statements: list[tuple[Invocation, ...]] = []
        self.callers: list[Caller] = []
        self.started = threading.Event()
        self.release = threading.Event()
        self.stopped = threading.Event()

    def start_runspace(self, *, is_first: bool) -> None:
        """At once."""

    def run(self, statement: Sequence[Invocation], session: Session, sink: Sink) -> None:
        self.statements.append(tuple(statement))
        invocation, *_ = statement
        self.executed[invocation.name] += 1
        self.seen.append(invocation)
        self.callers.append(session.caller)
        self._cmdlets().get(invocation.name, self._missing)(invocation, session, sink)

    def _cmdlets(self) -> dict[str, Callable[[Invocation, Session, Sink], None]]:
        return {
            "Get-It": self._get,
            "Wait-It": self._wait,
            "Stop-It": self._boom,
            "Write-It": self._write,
            "Set-It": self._set,
        }

    def _missing(self, invocation: Invocation, _session: Session, _sink: Sink) -> None:
        raise TerminatingError(
            ErrorDetail(
                message=f"No {invocation.name}",
                category="ObjectNotFound",
                error_id="CommandNotFoundException",
            )
        )

    def _get(self, invocation: Invocation, _session: Session, sink: Sink) -> None:
        wanted = next((one.value for one in invocation.arguments if one.name == "Count"), 1)
        assert isinstance(wanted, int)
        for number in range(wanted):
            sink.output(
                RemoteObject(
                    {"Identity": f"pool{number}"},
                    ("Microsoft.Rtc.Thing", "System.Object"),
                    "a thing",
                )
            )

    def _set(self, _invocation: Invocation, _session: Session, _sink: Sink) -> None:
        pass

    def _wait(self, _invocation: Invocation, session: Session, sink: Sink) -> None:
        sink.output("first")
        self.started.set()
        while not session.stopped.wait(0.01):
            if self.release.is_set():
                sink.output("last")
                return
        self.stopped.set()

    def _boom(self, _invocation: Invocation, _session: Session, sink: Sink) -> None:
        sink.output("before")
        raise TerminatingError(
            ErrorDetail(
                message="It broke.", category="InvalidOperation", error_id="Broken", target="pool1"
            )
        )

    def _write(self, _invocation: Invocation, _session: Session, sink: Sink) -> None:
        sink.error(
            ErrorDetail(
                message="not so bad", category="ObjectNotFound", error_id="Minor", target="pool1"
            )
        )
        sink.warning("beware")
        sink.verbose("in detail")
        sink.debug("in depth")
        sink.information("by the way")
        sink.progress("moving", "half way", 50)
        sink.progress("moving", "done", 100)


@attrs.frozen
class Served:
    host: WireHost
    machine: StubMachine
    ca: Path

    @property
    def profile(self) -> Profile:
        return self.host.server(NAME).profile

    def address(self, scheme: str = "http") -> tuple[str, int]:
        name, _, port = self.host.address(NAME, "https" if scheme == "https" else "http").partition(
            ":"
        )
        return name, int(port)

    def wsman(self, scheme: str = "http", auth: str = "ntlm", **more: Untyped) -> Untyped:
        host, port = self.address(scheme)
        options: dict[str, Any] = {
            "operation_timeout": 2,
            "read_timeout": 3,
            "connection_timeout": 3,
            "no_proxy": True,
        }
        options |= {
            "username": USER,
            "password": PASSWORD,
            "cert_validation": str(self.ca) if scheme == "https" else True,
        }
        return pypsrp.wsman.WSMan(
            host, port=port, ssl=scheme == "https", auth=auth, **(options | more)
        )

    @contextmanager
    def pool(self, scheme: str = "http", auth: str = "ntlm", **more: Untyped) -> Generator[Untyped]:
        with self.wsman(scheme, auth, **more) as wsman, RunspacePool(wsman) as pool:
            yield pool


@contextmanager
def served(
    folder: Path,
    *,
    profile: Profile | None = None,
    credssp: bool = False,
    user: str = USER,
    password: str = PASSWORD,
) -> Generator[Served]:
    machine = StubMachine()
    account = Account(Caller(user, frozenset({"CsAdministrator"})), password)
    host = WireHost({NAME: machine}, [account], profile=profile, credssp=credssp)
    ca = folder / "ca.pem"
    ca.write_bytes(host.authority.pem)
    try:
        yield Served(host, machine, ca)
    finally:
        host.close()


def command(pool: Untyped, name: str, **parameters: object) -> Untyped:
    shell: Untyped = PowerShell(pool)
    shell.add_cmdlet(name)
    for key, value in parameters.items():
        shell.add_parameter(key, value)
    return shell


@attrs.frozen
class Fragment:
    object_id: int
    number: int
    flags: int
    blob: bytes

    @property
    def kind(self) -> int:
        (kind,) = struct.unpack_from("<I", self.blob, 4)
        assert isinstance(kind, int)
        return kind

    @property
    def pool(self) -> uuid.UUID:
        return uuid.UUID(bytes_le=self.blob[8:24])

    @property
    def document(self) -> bytes:
        return self.blob[40:]


def fragments_of(data: bytes) -> list[Fragment]:
    found: list[Fragment] = []
    while data:
        object_id, number, flags, length = struct.unpack_from(">QQBI", data)
        found.append(Fragment(object_id, number, flags, data[21 : 21 + length]))
        data = data[21 + length :]
    return found


def client_message(
    object_id: int, kind: int, pool: uuid.UUID, document: str, pipeline: uuid.UUID | None = None
) -> bytes:
    blob = (
        struct.pack("<II", 2, kind)
        + pool.bytes_le
        + (pipeline or uuid.UUID(int=0)).bytes_le
        + document.encode()
    )
    return struct.pack(">QQBI", object_id, 0, 3, len(blob)) + blob


CAPABILITY = (
    '<Obj RefId="0"><MS><Version N="protocolversion">2.3</Version><Version'
    ' N="PSVersion">2.0</Version><Version N="SerializationVersion">1.1.0.1</Version></MS></Obj>'
)
INIT = '<Obj RefId="0"><MS><I32 N="MinRunspaces">1</I32><I32 N="MaxRunspaces">2</I32></MS></Obj>'


def pipeline_document(*statements: str, script: bool = False) -> str:
    flag = "true" if script else "false"
    listed = "".join(
        f'<Obj><MS><Obj N="Cmds"><LST><Obj><MS><S N="Cmd">{one}</S><B N="IsScript">{flag}</B><Obj'
        ' N="Args"><LST /></Obj></MS></Obj></LST></Obj></MS></Obj>'
        for one in statements
    )
    return (
        '<Obj RefId="0"><MS><Obj N="PowerShell"><MS><Obj'
        f' N="ExtraCmds"><LST>{listed}</LST></Obj></MS></Obj></MS></Obj>'
    )


@attrs.define
class RawClient:
    """Envelopes as a recording has them, over http with Basic (the server must allow unencrypted
    traffic).
    """

    address: tuple[str, int]
    session_id: str = attrs.field(factory=lambda: str(uuid.uuid4()).upper())
    shell: uuid.UUID = attrs.field(factory=uuid.uuid4)
    objects: int = 0

    def post(
        self, body: bytes | str, path: str = "/wsman", user: str = USER, password: str = PASSWORD
    ) -> tuple[int, bytes]:
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        connection = http.client.HTTPConnection(*self.address, timeout=5)
        try:
            connection.request(
                "POST",
                path,
                body,
                {
                    "Authorization": f"Basic {token}",
                    "Content-Type": "application/soap+xml;charset=UTF-8",
                },
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(
        self,
        verb: str,
        body: str = "",
        *,
        shell: str | None = None,
        timeout: str = "PT1S",
        uri: str = PS_URI,
        size: int = 153600,
    ) -> tuple[int, ET.Element]:
        namespace = _ACTIONS.get(verb, "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/")
        chosen = str(self.shell).upper() if shell is None else shell
        selectors = (
            f'<w:SelectorSet><w:Selector Name="ShellId">{chosen}</w:Selector></w:SelectorSet>'
            if chosen
            else ""
        )
        status, answer = self.post(
            f'<s:Envelope xmlns:s="{soap.S}" xmlns:a="{soap.A}" xmlns:w="{soap.W}"'
            f' xmlns:p="{soap.P}" xmlns:rsp="{soap.RSP}" '
            'xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"><s:Header>'
            f"<a:Action>{namespace}{verb}</a:Action><a:MessageID>uuid:{uuid.uuid4()}</a:MessageID><w:MaxEnvelopeSize>{size}"
            f"</w:MaxEnvelopeSize><w:OperationTimeout>{timeout}</w:OperationTimeout><w:ResourceURI>{uri}</w:ResourceURI>"
            f"<p:SessionId>uuid:{self.session_id}</p:SessionId>{selectors}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        return status, parse_xml(answer)

    def message(self, kind: int, document: str, pipeline: uuid.UUID | None = None) -> str:
        self.objects += 1
        return base64.b64encode(
            client_message(self.objects, kind, self.shell, document, pipeline)
        ).decode()

    def create(self) -> tuple[int, ET.Element]:
        said = base64.b64decode(self.message(0x00010002, CAPABILITY)) + base64.b64decode(
            self.message(0x00010004, INIT)
        )
        xml = f'<creationXml xmlns="{soap.PWSH}">{base64.b64encode(said).decode()}</creationXml>'
        return self.ask(
            "Create",
            "<rsp:Shell"
            f' ShellId="{self.shell}"><rsp:OutputStreams>stdout</rsp:OutputStreams>{xml}'
            f"</rsp:Shell>",
            shell="",
        )

    def open(self) -> None:
        assert self.create()[0] == 200
        self.receive()
        self.receive()

    def command(self, *names: str, script: bool = False) -> uuid.UUID:
        pipeline = uuid.uuid4()
        said = self.message(0x00021006, pipeline_document(*names, script=script), pipeline)
        status, _ = self.ask(
            "Command",
            "<rsp:CommandLine"
            f' CommandId="{pipeline}"><rsp:Command/><rsp:Arguments>{said}</rsp:Arguments>'
            f"</rsp:CommandLine>",
        )
        assert status == 200
        return pipeline

    def receive(
        self, pipeline: uuid.UUID | None = None, **more: Untyped
    ) -> tuple[list[Fragment], ET.Element]:
        status, answer = self.try_receive(pipeline, **more)
        assert status == 200, ET.tostring(answer)
        data = b"".join(
            base64.b64decode(one.text or "") for one in answer.iter(f"{{{soap.RSP}}}Stream")
        )
        return fragments_of(data), answer

    def try_receive(
        self, pipeline: uuid.UUID | None = None, **more: Untyped
    ) -> tuple[int, ET.Element]:
        attribute = f' CommandId="{pipeline}"' if pipeline else ""
        return self.ask(
            "Receive",
            f"<rsp:Receive><rsp:DesiredStream{attribute}>stdout</rsp:DesiredStream></rsp:Receive>",
            **more,
        )

    def signal(self, pipeline: uuid.UUID, code: str) -> tuple[int, ET.Element]:
        return self.ask(
            "Signal", f'<rsp:Signal CommandId="{pipeline}"><rsp:Code>{code}</rsp:Code></rsp:Signal>'
        )

    def collect(self, pipeline: uuid.UUID) -> list[Fragment]:
        found: list[Fragment] = []
        while True:
            fragments, answer = self.receive(pipeline)
            found += fragments
            if answer.find(f".//{{{soap.RSP}}}CommandState") is not None:
                return found


def fault_code(answer: ET.Element) -> int:
    fault = answer.find(".//{http://schemas.microsoft.com/wbem/wsman/1/wsmanfault}WSManFault")
    assert fault is not None, ET.tostring(answer)
    return int(fault.get("Code", "0"))


def by_psrpcore(value: object) -> Untyped:
    """What psrpcore makes of the document that the lab writes."""
    return cast(
        "Untyped",
        psrpcore.types.deserialize(
            parse_xml(write(value).encode()), psrpcore.types.PSCryptoProvider()
        ),
    )
