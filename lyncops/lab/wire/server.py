"""One machine on the wire: its service, its TLS, and a thread for each connection."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import Final, Literal

import attrs
from spnego.tls import CredSSPTLSContext

from lyncops.lab.interface import SimulatedMachine
from lyncops.lab.wire.authentication import Connection, Directory, certificate_hash
from lyncops.lab.wire.certificates import Authority, common_name, server_context
from lyncops.lab.wire.conversation import Conversation, Party
from lyncops.lab.wire.counter import RequestCounter
from lyncops.lab.wire.faults import Faults, Profile
from lyncops.lab.wire.http import BadRequestError, HttpAnswer, cut, write_answer
from lyncops.lab.wire.liveness import DropConnectionError, Liveness
from lyncops.lab.wire.service import WSManService
from lyncops.lab.wire.shells import ClientGoneError

Scheme = Literal["http", "https"]

_IDLE_CONNECTION: Final = 3600.0
_HANDSHAKE: Final = 10.0


@attrs.define(slots=True, kw_only=True)
class ServerContext:
    """What the machines of a lab share on the wire.

    `credssp` (None: not offered) may be set at any time.
    """

    directory: Directory
    authority: Authority
    stranger: Authority
    faults: Faults
    requests: RequestCounter
    credssp: CredSSPTLSContext | None = None


class MachineServer:
    """One machine on the wire: its service, its listening sockets, its connections."""

    def __init__(
        self,
        name: str,
        machine: SimulatedMachine,
        names: tuple[str, ...],
        profile: Profile,
        around: ServerContext,
    ) -> None:
        self.name = name
        self.profile = profile
        self.service = WSManService(name, machine, profile)
        self._liveness = Liveness(machine)
        self._names = names
        self._around = around
        self._party = Party(
            name=name,
            service=self.service,
            profile=profile,
            liveness=self._liveness,
            directory=around.directory,
            faults=around.faults,
            requests=around.requests,
        )
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._tls: dict[bool, tuple[ssl.SSLContext, bytes]] = {}
        self._threads: list[threading.Thread] = []

    @property
    def is_down(self) -> bool:
        """Crashed: nothing listens."""
        return self._liveness.is_down

    def serve(self, sock: socket.socket, scheme: Scheme) -> None:
        """Serve a connection on a thread of its own."""
        with self._lock:
            if self._liveness.is_closing:
                cut(sock)
                return
            self._open.add(sock)
            thread = threading.Thread(
                target=self._serve, args=(sock, scheme), name=f"lab-{self.name}", daemon=True
            )
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
        self._liveness.close()
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
                self._tls[untrusted] = (
                    server_context(issued, self._around.authority),
                    certificate_hash(issued.der),
                )
            return self._tls[untrusted]

    def _serve(self, sock: socket.socket, scheme: Scheme) -> None:
        current = sock
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._liveness.hold_while_hung(current)
            connection = Connection(
                secure=False,
                allow_unencrypted=self.profile.allow_unencrypted,
                credssp=self._around.credssp,
            )
            if scheme == "https":
                current, connection = self._secure(sock)
            with current.makefile("rb") as stream:
                Conversation(self._party, current, stream, connection).run()
        except (OSError, DropConnectionError, ClientGoneError):
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
        return secured, Connection(
            secure=True, certificate_hash=digest, peer_name=name, credssp=self._around.credssp
        )
