"""The servers of a lab: one address for each machine and scheme, a thread for each connection."""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import BinaryIO, Final, Literal

import attrs
from spnego.exceptions import SpnegoError
from spnego.tls import CredSSPTLSContext

from lyncops.lab.interface import Caller, SimulatedMachine
from lyncops.lab.wire import soap
from lyncops.lab.wire.authentication import Authenticator, Connection, Directory, certificate_hash
from lyncops.lab.wire.certificates import Authority, common_name, server_context
from lyncops.lab.wire.encryption import SecurityContext, UndecryptableError, decrypt, encrypt, is_encrypted, protocol_of
from lyncops.lab.wire.faults import Fault, FaultKind, Faults, Profile
from lyncops.lab.wire.http import BadRequestError, HttpAnswer, HttpRequest, cut, is_gone, read_request, write_answer
from lyncops.lab.wire.service import Answer, WSManService
from lyncops.lab.wire.shells import ClientGoneError

Scheme = Literal["http", "https"]

_LOG: Final = logging.getLogger(__name__)
_WATCH: Final = 0.05
"""Seconds between two looks at which machines are down."""
_IDLE_CONNECTION: Final = 3600.0
_HANDSHAKE: Final = 10.0


class RequestCounter:
    """HTTP requests, counted by machine and action. An action is Create, Command, ... or Authenticate for a logon's steps."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, machine: str, action: str) -> None:
        """One more."""
        with self._lock:
            self._counts[machine, action] += 1

    @property
    def by_machine_and_action(self) -> Mapping[tuple[str, str], int]:
        """A copy of all counts."""
        with self._lock:
            return dict(self._counts)

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.by_machine_and_action.values())

    def of(self, *, machine: str | None = None, action: str | None = None) -> int:
        """Requests to a machine, of an action, or both."""
        counts = self.by_machine_and_action.items()
        return sum(
            number
            for (one_machine, one_action), number in counts
            if machine in {None, one_machine} and (action is None or action.casefold() == one_action.casefold())
        )

    def reset(self) -> None:
        """Begin again at zero."""
        with self._lock:
            self._counts.clear()


@attrs.frozen(slots=True, kw_only=True)
class Surroundings:
    """What the machines of a lab share on the wire."""

    directory: Directory
    authority: Authority
    stranger: Authority
    faults: Faults
    requests: RequestCounter
    credssp: CredSSPTLSContext | None = None


class _DropConnectionError(Exception):
    """The connection is to be cut without an answer."""


class MachineServer:
    """One machine on the wire: its service, its listening sockets, its connections."""

    def __init__(
        self, name: str, machine: SimulatedMachine, names: tuple[str, ...], profile: Profile, around: Surroundings
    ) -> None:
        self.name = name
        self.profile = profile
        self.service = WSManService(name, machine, profile)
        self._machine = machine
        self._names = names
        self._around = around
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._tls: dict[bool, tuple[ssl.SSLContext, bytes]] = {}
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()

    @property
    def is_down(self) -> bool:
        """Crashed: nothing listens."""
        return self._machine.is_down

    def serve(self, sock: socket.socket, scheme: Scheme) -> None:
        """Serve a connection on a thread of its own."""
        with self._lock:
            if self._closing.is_set():
                cut(sock)
                return
            self._open.add(sock)
            thread = threading.Thread(target=self._serve, args=(sock, scheme), name=f"lab-{self.name}", daemon=True)
            self._threads = [one for one in self._threads if one.is_alive()]
            self._threads.append(thread)
        thread.start()

    def cut_connections(self) -> None:
        """Cut every connection, as a crash does."""
        with self._lock:
            connections = tuple(self._open)
        for sock in connections:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def crash(self) -> None:
        """The machine has gone down: connections and shells with it."""
        self.cut_connections()
        self.service.restart()

    def close(self) -> None:
        """End everything and wait for the threads."""
        self._closing.set()
        self.cut_connections()
        self.service.close()
        for thread in self._threads:
            thread.join(5)

    def _context(self) -> tuple[ssl.SSLContext, bytes]:
        untrusted = self.profile.untrusted_certificate
        with self._lock:
            if untrusted not in self._tls:
                issuer = self._around.stranger if untrusted else self._around.authority
                issued = issuer.server(self._names)
                self._tls[untrusted] = server_context(issued, self._around.authority), certificate_hash(issued.der)
            return self._tls[untrusted]

    def _serve(self, sock: socket.socket, scheme: Scheme) -> None:
        current = sock
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._hold_while_hung(current)
            connection = Connection(secure=False, allow_unencrypted=self.profile.allow_unencrypted, credssp=self._around.credssp)
            if scheme == "https":
                current, connection = self._secure(sock)
            with current.makefile("rb") as stream:
                _Conversation(self, self._around, current, stream, connection).run()
        except (OSError, _DropConnectionError, ClientGoneError):
            pass  # the connection is over, and the client sees it
        except BadRequestError as error:
            with contextlib.suppress(OSError):
                write_answer(current, HttpAnswer(400, str(error).encode(), "text/plain"))
        finally:
            with self._lock:
                self._open.discard(sock)
                self._open.discard(current)
            cut(current)

    def _secure(self, sock: socket.socket) -> tuple[socket.socket, Connection]:
        context, digest = self._context()
        sock.settimeout(_HANDSHAKE)
        secured = context.wrap_socket(sock, server_side=True)
        with self._lock:
            self._open.discard(sock)
            self._open.add(secured)
        peer = secured.getpeercert(binary_form=True)
        secured.settimeout(_IDLE_CONNECTION)
        name = None if peer is None else common_name(peer)
        return secured, Connection(secure=True, certificate_hash=digest, peer_name=name, credssp=self._around.credssp)

    def _hold_while_hung(self, sock: socket.socket) -> None:
        """A hung machine takes a connection and never answers; once it is itself again, the connection is cut."""
        hung = self._machine.is_hung
        if not hung:
            return
        while hung and not self._closing.wait(_WATCH) and not is_gone(sock):
            hung = self._machine.is_hung
        raise _DropConnectionError

    def check_alive(self, sock: socket.socket) -> None:
        """Raises _DropConnectionError when the machine is down, and after a hang."""
        if self._machine.is_down or self._closing.is_set():
            raise _DropConnectionError
        self._hold_while_hung(sock)

    def hang(self, sock: socket.socket) -> None:
        """Do not answer until the client or the lab has gone."""
        while not is_gone(sock) and not self._closing.wait(_WATCH):
            pass
        raise _DropConnectionError


class _Conversation:
    """One connection: requests in, answers out."""

    def __init__(
        self, server: MachineServer, around: Surroundings, sock: socket.socket, stream: BinaryIO, connection: Connection
    ) -> None:
        self._server = server
        self._around = around
        self._sock = sock
        self._stream = stream
        self._secure = connection.secure
        self._authenticator = Authenticator(around.directory, connection)

    def run(self) -> None:
        while (request := read_request(self._stream)) is not None:
            self._server.check_alive(self._sock)
            answer = self._answer(request)
            self._server.check_alive(self._sock)
            write_answer(self._sock, answer)
            if request.header("connection").lower() == "close":
                return

    def _count(self, action: str) -> None:
        self._around.requests.count(self._server.name, action)

    def _answer(self, request: HttpRequest) -> HttpAnswer:
        endpoint = request.path.partition("?")[0].strip("/").casefold()
        ocs = endpoint == "ocspowershell"
        if endpoint not in {"wsman", "ocspowershell"} or (ocs and not self._secure):
            self._count("Unknown")
            return HttpAnswer(404)
        if request.method != "POST":
            self._count("Unknown")
            return HttpAnswer(405)
        verdict = self._authenticator.judge(request.header("authorization"))
        if verdict.caller is None:
            self._count("Authenticate")
            schemes = (verdict.header,) if verdict.header else self._authenticator.challenges
            return HttpAnswer(401, headers=[("WWW-Authenticate", one) for one in schemes])
        headers = [("WWW-Authenticate", verdict.header)] if verdict.header else []
        if not request.body:
            self._count("Authenticate")
            return HttpAnswer(200, headers=headers)
        answer = self._open(request, attrs.evolve(verdict.caller, ocs=ocs))
        return attrs.evolve(answer, headers=[*answer.headers, *headers]) if headers else answer

    def _open(self, request: HttpRequest, caller: Caller) -> HttpAnswer:
        """Decrypt, act, encrypt."""
        content_type = request.header("content-type")
        if not is_encrypted(content_type):
            if not self._secure and not self._server.profile.allow_unencrypted:
                self._count("Unknown")
                return HttpAnswer(401, headers=[("WWW-Authenticate", "Negotiate")])
            return self._act(request.body, caller)
        context = self._authenticator.context
        plain = None if context is None else _decrypted(context, request.body)
        if context is None or plain is None:
            self._count("Unknown")
            return HttpAnswer(400)  # what Windows answers to a message of an older security context
        answer = self._act(plain, caller)
        if not answer.body:
            return answer
        sealed_type, sealed = encrypt(context, answer.body, protocol_of(content_type))
        return attrs.evolve(answer, body=sealed, content_type=sealed_type)

    def _act(self, body: bytes, caller: Caller) -> HttpAnswer:
        try:
            request = soap.parse(body)
        except soap.MalformedRequestError:
            self._count("Unknown")
            return HttpAnswer(400)
        self._count(request.verb)
        service, faults, name = self._server.service, self._around.faults, self._server.name
        cmdlets = service.cmdlets_of(request) if faults.waiting else ()
        try:
            before = faults.strike(name, request.verb, cmdlets, before=True)
            if before is not None and (struck := self._strike(before, None)) is not None:
                return struck
            answer = service.handle(request, caller, lambda: is_gone(self._sock))
        except soap.WSManFaultError as problem:
            return HttpAnswer(500, soap.fault(request, problem, name))
        after = faults.strike(name, request.verb, cmdlets, before=False)
        if after is not None and (struck := self._strike(after, answer)) is not None:
            return struck
        return HttpAnswer(200, answer.body)

    def _strike(self, fault: Fault, answer: Answer | None) -> HttpAnswer | None:
        """What a fault does to this request; None where the request goes on."""
        if fault.kind in {FaultKind.STATUS_BEFORE, FaultKind.STATUS_AFTER}:
            return HttpAnswer(fault.status, headers=[("WWW-Authenticate", "Negotiate")] if fault.status == 401 else [])
        if fault.kind in {FaultKind.HANG_BEFORE, FaultKind.HANG_AFTER}:
            self._server.hang(self._sock)
        if fault.kind is FaultKind.TAKEN_OVER:
            raise soap.connected_elsewhere()
        if fault.kind is FaultKind.QUOTA:
            raise soap.quota_exceeded(self._server.profile.max_shells_per_user)
        if fault.kind is FaultKind.REPLAY_REPLY and answer is not None and answer.undo is not None:
            answer.undo()
        raise _DropConnectionError


def _decrypted(context: SecurityContext, body: bytes) -> bytes | None:
    try:
        return decrypt(context, body)
    except (UndecryptableError, SpnegoError, ValueError):
        return None


@attrs.define(eq=False)
class _Listener:
    server: MachineServer
    scheme: Scheme
    port: int = 0
    sock: socket.socket | None = None

    def open(self) -> socket.socket:
        """Listen, on the same port as before."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", self.port))
            sock.listen(128)
            sock.settimeout(0)
        except OSError:
            sock.close()
            raise
        self.port = sock.getsockname()[1]
        self.sock = sock
        return sock


class Listeners:
    """All listening sockets of a lab on one thread; addresses are opened when they are first asked for."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._listeners: dict[tuple[str, Scheme], _Listener] = {}
        self._selector = selectors.DefaultSelector()
        self._closing = False
        self._wake, woken = socket.socketpair()
        self._woken = woken
        self._selector.register(woken, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._accept, name="lab-accept", daemon=True)
        self._thread.start()

    def address(self, server: MachineServer, scheme: Scheme) -> tuple[str, int]:
        """Where a machine is reached."""
        with self._lock:
            listener = self._listeners.get((server.name, scheme))
            if listener is None:
                listener = self._listeners[server.name, scheme] = _Listener(server, scheme)
                self._register(listener)
                if server.is_down:
                    self._withdraw(listener)
            return "127.0.0.1", listener.port

    def addresses(self) -> Mapping[tuple[str, Scheme], str]:
        """The addresses that are open, or closed only while their machine is down."""
        with self._lock:
            return {key: f"127.0.0.1:{listener.port}" for key, listener in self._listeners.items()}

    def _register(self, listener: _Listener) -> None:
        self._selector.register(listener.open(), selectors.EVENT_READ, listener)
        self._wake.send(b".")

    def _withdraw(self, listener: _Listener) -> None:
        if listener.sock is not None:
            self._selector.unregister(listener.sock)
            listener.sock.close()
            listener.sock = None

    def synchronise(self) -> None:
        """Close the sockets of machines that are down, open those of machines that came back."""
        with self._lock:
            for listener in self._listeners.values():
                down = listener.server.is_down
                if down and listener.sock is not None:
                    self._withdraw(listener)
                    listener.server.crash()
                elif not down and listener.sock is None:
                    with contextlib.suppress(OSError):  # the port may still be in use; the next look tries again
                        self._register(listener)

    def _accept(self) -> None:
        looked = time.monotonic()
        while not self._closing:
            ready = self._selector.select(_WATCH)
            if time.monotonic() - looked >= _WATCH:
                self.synchronise()
                looked = time.monotonic()
            for key, _ in ready:
                if isinstance(key.data, _Listener):
                    self._accept_one(key.data)
                else:
                    self._woken.recv(4096)

    def _accept_one(self, listener: _Listener) -> None:
        with self._lock:
            if listener.sock is None:
                return
            try:
                sock, _ = listener.sock.accept()
            except OSError:
                return
        sock.settimeout(None)
        if listener.server.is_down:
            cut(sock)
            return
        listener.server.serve(sock, listener.scheme)

    def close(self) -> None:
        """Stop listening."""
        self._closing = True
        self._wake.send(b".")
        self._thread.join(5)
        with self._lock:
            for listener in self._listeners.values():
                self._withdraw(listener)
        self._selector.close()
        self._wake.close()
        self._woken.close()
