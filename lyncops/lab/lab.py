"""A simulated deployment, served: `with Lab.start("two-sites") as lab:`."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Protocol, Self

import attrs

from lyncops.lab.interface import Caller, SimulatedMachine
from lyncops.lab.wire.authentication import NTLM_USERS, Account, Directory
from lyncops.lab.wire.certificates import Authority
from lyncops.lab.wire.faults import Faults, Profile
from lyncops.lab.wire.server import Listeners, MachineServer, RequestCounter, Scheme, Surroundings

_PASSWORD: Final = secrets.token_urlsafe(12)
"""One password for all labs of a process: pyspnego reads NTLM users from one file for the whole process."""


class SimulatedWorld(Protocol):
    """What a Lab needs of a model."""

    @property
    def machines(self) -> Mapping[str, SimulatedMachine]: ...


class Lab:
    def __init__(self, world: SimulatedWorld, *, profile: Profile | None = None) -> None:
        self.world = world
        self.username = "CONTOSO\\admin"
        self.password = _PASSWORD
        self.faults = Faults()
        self.requests = RequestCounter()
        self._accounts = (Account(Caller(self.username), self.password),)
        self.directory = Directory(self._accounts)
        self._around = Surroundings(
            directory=self.directory, authority=Authority(), stranger=Authority("another CA"), faults=self.faults, requests=self.requests
        )
        self._profile = profile or Profile()
        self._lock = threading.Lock()
        self._servers: dict[str, MachineServer] = {}
        NTLM_USERS.add(self._accounts)
        self._listeners = Listeners()

    @classmethod
    def start(cls, world: SimulatedWorld, *, profile: Profile | None = None) -> Self:
        return cls(world, profile=profile)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def ca_pem(self) -> bytes:
        return self._around.authority.pem

    def server(self, machine: str) -> MachineServer:
        name = machine.lower()
        with self._lock:
            if name not in self._servers:
                self._servers[name] = MachineServer(name, self.world.machines[name], (name,), attrs.evolve(self._profile), self._around)
            return self._servers[name]

    def address(self, machine: str, scheme: Scheme = "http") -> str:
        host, port = self._listeners.address(self.server(machine), scheme)
        return f"{host}:{port}"

    def close(self) -> None:
        self._listeners.close()
        for server in self._servers.values():
            server.close()
        NTLM_USERS.remove(self._accounts)
