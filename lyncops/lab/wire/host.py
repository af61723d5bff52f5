"""All machines of a lab on the wire: their addresses, accounts, certificates, faults and
counters.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import spnego.tls

from lyncops.errors import InvalidValueError
from lyncops.lab.interface import SimulatedMachine
from lyncops.lab.wire.authentication import NTLM_USERS, Account, Directory
from lyncops.lab.wire.certificates import Authority
from lyncops.lab.wire.counter import RequestCounter
from lyncops.lab.wire.faults import Faults, Profile
from lyncops.lab.wire.listeners import Listeners
from lyncops.lab.wire.server import MachineServer, Scheme, ServerContext


def _credssp_context() -> spnego.tls.CredSSPTLSContext:
    """A TLS context for the CredSSP acceptor, with a key of its own."""
    context = spnego.tls.default_tls_context(usage="accept")
    certificate, key, public_key = spnego.tls.generate_tls_certificate()
    with TemporaryDirectory(prefix="lyncops-lab-") as folder:
        chain = Path(folder) / "credssp.pem"
        chain.touch(mode=0o600)
        chain.write_bytes(certificate + key)
        context.context.load_cert_chain(chain)
    context.public_key = public_key
    return context


class WireHost:
    """Serves machines on loopback.

    A server, and its address, comes to be when it is first asked for.
    """

    def __init__(
        self,
        machines: Mapping[str, SimulatedMachine],
        accounts: Iterable[Account],
        *,
        profile: Profile | None = None,
        names: Mapping[str, Iterable[str]] | None = None,
        credssp: bool = False,
    ) -> None:
        """`names`: what else a machine's certificate is for, such as its pool's name."""
        self._machines = {name.casefold(): machine for name, machine in machines.items()}
        self._names = {name.casefold(): tuple(more) for name, more in (names or {}).items()}
        self._accounts = tuple(accounts)
        self._profile = profile or Profile()
        self._lock = threading.Lock()
        self._servers: dict[str, MachineServer] = {}
        self._closed = False
        self.faults = Faults()
        self.requests = RequestCounter()
        self.directory = Directory(self._accounts)
        self._around = ServerContext(
            directory=self.directory,
            authority=Authority(),
            stranger=Authority("a stranger's CA"),
            faults=self.faults,
            requests=self.requests,
        )
        if credssp:
            self.offer_credssp()
        NTLM_USERS.add(self._accounts)
        self._listeners = Listeners()

    def offer_credssp(self) -> None:
        """Let every connection from now on be asked to log on with CredSSP, too.

        Windows does so only where it was enabled.
        """
        with self._lock:
            self._around.credssp = self._around.credssp or _credssp_context()

    @property
    def credssp(self) -> spnego.tls.CredSSPTLSContext | None:
        """The TLS context of CredSSP, where the host offers it."""
        return self._around.credssp

    @property
    def authority(self) -> Authority:
        """The CA that signed the machines' certificates."""
        return self._around.authority

    def server(self, machine: str) -> MachineServer:
        """The server of a machine.

        Raises:
            InvalidValueError: the lab has no such machine.
        """
        name = machine.casefold()
        found = self._machines.get(name)
        if found is None:
            known = ", ".join(self._machines)
            raise InvalidValueError(
                f"The lab has no machine {machine}.", remedy=f"Name one of: {known}."
            )
        with self._lock:
            if name not in self._servers:
                names = (name, *self._names.get(name, ()))
                self._servers[name] = MachineServer(
                    name, found, names, attrs.evolve(self._profile), self._around
                )
            return self._servers[name]

    @property
    def failed_logons(self) -> int:
        """How often somebody came with wrong credentials."""
        return self.directory.failures.total()

    def servers(self, machine: str | None = None) -> tuple[MachineServer, ...]:
        """The server of one machine, or of all that the lab has."""
        return tuple(
            self.server(one) for one in ([machine] if machine is not None else self._machines)
        )

    def address(self, machine: str, scheme: Scheme = "http") -> str:
        """Where a machine is reached, `127.0.0.1:40001`."""
        host, port = self._listeners.address(self.server(machine), scheme)
        return f"{host}:{port}"

    def addresses(self) -> Mapping[tuple[str, Scheme], str]:
        """The addresses that were asked for so far."""
        return self._listeners.addresses()

    def restart(self, machine: str | None = None) -> None:
        """Restart the remoting service of one machine, or of all: every shell is gone, with the
        commands that ran in it.
        """
        for server in self.servers(machine):
            server.service.restart()

    def disconnect_idle(self, machine: str | None = None) -> int:
        """Turn the connected shells Disconnected, as minutes of silence do; returns how many there
        were.
        """
        return sum(server.service.disconnect_idle() for server in self.servers(machine))

    def synchronise(self) -> None:
        """See at once, not some milliseconds later, which machines have gone down or come back."""
        self._listeners.synchronise()

    def close(self) -> None:
        """End everything: listeners, connections, shells, threads. A second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._listeners.close()
        for server in self._servers.values():
            server.close()
        NTLM_USERS.remove(self._accounts)
