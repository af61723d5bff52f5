"""Servers that answer with too much, too deeply, or drop by drop."""

from __future__ import annotations

import gzip
import resource
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from lyncops.cmdlets import GetCsServerVersion, InvokeCsPoolFailOver
from lyncops.remoting.bounds import LARGE, weight_of
from lyncops.remoting.psrp.decoding import decode_message
from lyncops.values import Outcome, Unread
from tests.independent.desk import desk_for
from tests.independent.http import Page
from tests.independent.psrp import Handler
from tests.independent.server import Server

FAILOVER: Final = InvokeCsPoolFailOver(pool_fqdn="pool1.contoso.com")
READ: Final = GetCsServerVersion()
SCRIPTS: Final[dict[str, Handler]] = {
    "Get-CsServerVersion": lambda _name, _arguments: ["Microsoft Lync Server 2013 (5.0.8308.0)"],
    "Invoke-CsPoolFailOver": lambda _name, _arguments: [],
}
SOAP: Final = ("Content-Type", "application/soap+xml;charset=UTF-8")
LAUGHS: Final = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ENTITIES: Final = f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]><x>&l9;</x>'.encode()
ZEROS: Final = gzip.compress(b"<a>" + bytes(100 * 1024 * 1024), compresslevel=1)


def _repeated(part: bytes, count: int) -> bytes:
    return b"<s:Envelope xmlns:s='x'>" + part * count


BOMBS: Final[dict[str, Callable[[], Page]]] = {
    "entities": lambda: Page(status=200, body=ENTITIES, headers=(SOAP,)),
    "packed": lambda: Page(status=200, body=ZEROS, headers=(SOAP, ("Content-Encoding", "gzip"))),
    "strangely-packed": lambda: Page(
        status=200, body=b"x" * 100, headers=(SOAP, ("Content-Encoding", "br"))
    ),
    "deep": lambda: Page(status=200, body=_repeated(b"<a>", 300_000), headers=(SOAP,)),
    "many": lambda: Page(status=200, body=_repeated(b"<a/>", 1_100_000), headers=(SOAP,)),
    "large": lambda: Page(status=200, body=_repeated(b" ", 9 * 1024 * 1024), headers=(SOAP,)),
}


@pytest.mark.parametrize("verb", ["Receive", "Command"])
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_ends_at_once_and_says_so(tmp_path: Path, bomb: str, verb: str) -> None:
    page = BOMBS[bomb]()
    with (
        Server(tmp_path, SCRIPTS) as server,
        desk_for(tmp_path, server, endpoint='answer_limit = "8 MB"\n').sessions() as sessions,
    ):
        for cmdlet in (READ, FAILOVER):
            assert sessions.run(cmdlet).outcome is Outcome.SUCCEEDED
        server.after = lambda asked: page if asked.verb == verb else None
        before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        for cmdlet in (READ, FAILOVER):
            done = sessions.run(cmdlet)
            # An answer to the command itself says nothing that its output does not say better.
            assert done.outcome is (Outcome.SUCCEEDED if verb == "Command" else Outcome.UNKNOWN)
            assert verb == "Command" or "larger or stranger" in done.reason
            assert done.attempts == 1
        assert server.executions["invoke-cspoolfailover"] == 2
        assert time.monotonic() - begun < 8
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024


def test_output_that_never_ends_is_given_up(tmp_path: Path) -> None:
    def endless(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        yield from ("x" * 200_000 for _ in range(100))

    scripts = {**SCRIPTS, "Get-CsServerVersion": endless}
    with (
        Server(tmp_path, scripts) as server,
        desk_for(tmp_path, server, endpoint='answer_limit = "4 MB"\n').sessions() as sessions,
    ):
        done = sessions.run(READ)
    assert done.outcome is Outcome.UNKNOWN
    assert "more than 4 MB" in done.reason
    assert done.attempts == 1


MANY: Final[dict[str, Handler]] = {
    "objects": lambda _name, _arguments: ({"Name": f"{n}", "Is": True} for n in range(50_000)),
    "texts": lambda _name, _arguments: (f"text {n}" for n in range(50_000)),
}


@pytest.mark.parametrize("kind", MANY)
def test_objects_that_would_fill_the_memory_are_given_up(tmp_path: Path, kind: str) -> None:
    """They come in replies that are small, and unpack to several times as much."""
    scripts = {**SCRIPTS, "Get-CsServerVersion": MANY[kind]}
    with (
        Server(tmp_path, scripts) as server,
        desk_for(tmp_path, server, endpoint='answer_limit = "2 MB"\n').sessions() as sessions,
    ):
        done = sessions.run(READ)
    assert done.outcome is Outcome.UNKNOWN
    assert "its objects take more than 2 MB of memory" in done.reason
    assert done.attempts == 1
    assert 1_000 < len(done.output) < 25_000


PARTS: Final = {
    "properties": '<Obj><Props><S N="Identity">fe1.contoso.com</S><B N="Is">true</B></Props></Obj>',
    "empty": "<Obj/>",
    "lists": "<Obj><LST/></Obj>",
    "dictionaries": "<Obj><DCT/></Obj>",
    "numbers": "<D>1.5</D>",
    "texts": "<S>one</S>",
    "wide texts": "<S>" + "x" * 1_000 + "\u00e4\u20ac</S>",
    "nothing": "<Nil/>",
}


@pytest.mark.parametrize("part", PARTS)
def test_what_is_estimated_is_about_what_it_takes(part: str) -> None:
    limit, weight = 4 * 1024 * 1024, 0
    one = f"{PARTS[part] * 200}".encode()
    message = b'<Obj RefId="0"><LST>' + one + b"</LST></Obj>"
    decode_message(message)  # what is made once
    kept: list[object] = []
    tracemalloc.start()
    try:
        while (weight := weight + weight_of(message)) <= limit:
            kept.append(decode_message(message))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2.5 * limit


@pytest.mark.parametrize("part", [b"<Nil/>", b"<LST>"])
def test_an_object_of_a_million_parts_is_unread(part: bytes) -> None:
    assert isinstance(decode_message(b"<Obj>" + part * LARGE + b"</Obj>"), Unread)


class Dripper:
    """Takes connections and answers a byte at a time, for ever."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.asked = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.asked += 1
            threading.Thread(target=self._drip, args=(connection,), daemon=True).start()

    def _drip(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(10_000)
                connection.sendall(self._head)
                while not self._over.wait(0.1):
                    connection.sendall(b"x")
            except OSError:
                return

    def close(self) -> None:
        self._over.set()
        self._socket.close()


@contextmanager
def dripping(head: bytes) -> Generator[Dripper]:
    one = Dripper(head)
    try:
        yield one
    finally:
        one.close()


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 401 No\r\nContent-Length: 100000\r\n\r\n"]
)
def test_a_server_that_drips_does_not_hold_the_client(tmp_path: Path, head: bytes) -> None:
    with Server(tmp_path, SCRIPTS, tls=False) as server, dripping(head) as slow:
        desk = desk_for(tmp_path, server, open_timeout="1s", more='connect_timeout = "500ms"\n')
        text = desk.config.read_text(encoding="utf-8")
        first = (
            '[[endpoint]]\nurl = "http://fe9.contoso.com/OcsPowershell"\nauth = "ntlm"\nconnect_to'
            f' = "127.0.0.1:{slow.port}"\n'
        )
        first += 'operation_timeout = "1s"\nread_timeout = "1100ms"\n'
        desk.config.write_text(
            text.replace("[[endpoint]]", f"{first}[[endpoint]]", 1), encoding="utf-8"
        )
        begun = time.monotonic()
        with desk.sessions() as sessions:
            done = sessions.run(READ)
        assert done.outcome is Outcome.SUCCEEDED
        assert slow.asked >= 1
        assert time.monotonic() - begun < 10
