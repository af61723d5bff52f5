"""A simulated deployment, served over real WinRM: `with Lab.start("two-sites") as lab:`."""

from __future__ import annotations

import enum
import json
import math
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from lyncops.errors import InvalidValueError
from lyncops.lab.control.injections import Injector
from lyncops.lab.interface import Caller, SimulatedMachine
from lyncops.lab.model.world import ADMINISTRATOR
from lyncops.lab.places import Place, SimulatedWorld, places
from lyncops.lab.served import ServedSimulation
from lyncops.lab.simulation import Simulation
from lyncops.lab.wire.authentication import Account
from lyncops.lab.wire.counter import RequestCounter
from lyncops.lab.wire.faults import Faults, Profile
from lyncops.lab.wire.host import WireHost
from lyncops.lab.wire.server import Scheme

if TYPE_CHECKING:
    from lyncops.lab.wire.doors import Doors
    from lyncops.lab.wire.outside import OutsideHost
    from lyncops.values import JsonValue

ENVIRONMENT_VARIABLE: Final = "LYNCOPS_PASSWORD"
# One for all labs of a process: pyspnego reads one file of users per process
_PASSWORD: Final = secrets.token_urlsafe(12)
_PORTS: Final[Mapping[Scheme, int]] = {"http": 5985, "https": 5986}


class EndpointKind(enum.Enum):
    """Which of a machine's two endpoints a configuration points at."""

    WINRM = "winrm"
    OCS = "ocs"


class LabAuth(enum.Enum):
    """The ways to log on that a lab offers.

    Kerberos is none of them: it needs a domain, which loopback has not.
    """

    NTLM = "ntlm"
    NEGOTIATE = "negotiate"
    BASIC = "basic"
    CERTIFICATE = "certificate"
    CREDSSP = "credssp"

    @property
    def needs_tls(self) -> bool:
        """Whether it is no way to log on over http."""
        return self in {LabAuth.BASIC, LabAuth.CERTIFICATE}

    @property
    def hops(self) -> bool:
        """Whether a WinRM endpoint can carry the caller's identity on to other machines."""
        return self in {LabAuth.BASIC, LabAuth.CREDSSP}

    @classmethod
    def chosen(cls, given: LabAuth | str | None, kind: EndpointKind | str) -> LabAuth:
        """What was given, else one that can do everything: OcsPowershell asks other machines in its
        own name.

        Raises:
            InvalidValueError: the lab does not offer it.
        """
        if given is None:
            return cls.NTLM if EndpointKind(kind) is EndpointKind.OCS else cls.CREDSSP
        return given if isinstance(given, LabAuth) else cls.read(given)

    @classmethod
    def read(cls, text: str) -> LabAuth:
        """The way to log on of that name.

        Raises:
            InvalidValueError: the lab does not offer it; for Kerberos the message says why.
        """
        offered = ", ".join(one.value for one in cls)
        if text == "kerberos":
            raise InvalidValueError(
                "Kerberos cannot be tried in the lab: it needs a domain with a key distribution"
                " centre, which loopback has not.",
                remedy=f"Choose one of: {offered}.",
            )
        if text not in {one.value for one in cls}:
            raise InvalidValueError(
                f"The lab offers no auth {text!r}.", remedy=f"Choose one of: {offered}."
            )
        return cls(text)


class Lab:
    """A simulated deployment and its servers on 127.0.0.1.

    Use it in a `with` block, or close it.
    """

    def __init__(
        self,
        world: Simulation | SimulatedWorld,
        *,
        profile: Profile | None = None,
        credssp: bool = False,
    ) -> None:
        self._world = world
        caller = world.caller if isinstance(world, Simulation) else ADMINISTRATOR
        self._caller: Caller = caller
        self.username: str = caller.user
        self.password: str = _PASSWORD
        names = {one.machine: (one.pool,) for one in places(world) if one.pool != one.machine}
        accounts = [Account(caller, self.password)]
        machines: dict[str, SimulatedMachine] = {
            str(name): machine for name, machine in world.machines.items()
        }
        self.host = WireHost(machines, accounts, profile=profile, names=names, credssp=credssp)
        self._served = ServedSimulation(world, self.host) if isinstance(world, Simulation) else None

    @classmethod
    def start(
        cls,
        scenario: str | Path | Simulation | SimulatedWorld = "two-sites",
        *,
        rate: float | None = 600.0,
        profile: Profile | None = None,
        credssp: bool = False,
    ) -> Self:
        """Serve a scenario (by name or path), or an existing world.

        Its clock runs `rate` times faster than real time (None: it jumps whenever a cmdlet waits).
        `credssp` offers CredSSP too.

        Raises:
            ScenarioError: there is no such scenario, or it contradicts itself.
        """
        world = (
            Simulation.load(scenario, rate=rate) if isinstance(scenario, str | Path) else scenario
        )
        return cls(world, profile=profile, credssp=credssp)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def served(self) -> ServedSimulation:
        """The simulation and its servers.

        Raises:
            InvalidValueError: this lab was started with something simpler.
        """
        if self._served is None:
            raise InvalidValueError(
                "This lab serves machines without a world.", remedy="Start it with a scenario."
            )
        return self._served

    @property
    def world(self) -> Simulation:
        """The model behind the wire.

        Raises:
            InvalidValueError: this lab was started with something simpler.
        """
        return self.served.simulation

    @property
    def outside(self) -> OutsideHost:
        """The DNS server and the ports that partners see; they are served from the first use on."""
        return self.served.outside

    @property
    def faults(self) -> Faults:
        """What the wire does wrong on purpose."""
        return self.host.faults

    @property
    def requests(self) -> RequestCounter:
        """HTTP requests so far, by machine and action."""
        return self.host.requests

    @property
    def failed_logons(self) -> int:
        """How often somebody came with wrong credentials."""
        return self.host.failed_logons

    @property
    def ca_pem(self) -> bytes:
        """The certificate of the lab's CA."""
        return self.host.authority.pem

    def executions(self, name: str) -> int:
        """How often the effect of a CHANGE cmdlet really started; its name in any letter case."""
        wanted = name.casefold()
        return sum(
            number
            for cmdlet, number in self.world.executions.items()
            if cmdlet.casefold() == wanted
        )

    def address(self, machine: str, scheme: Scheme = "http") -> str:
        """Where a machine is reached, `127.0.0.1:40001`."""
        return self.host.address(machine, scheme)

    def profile(self, machine: str) -> Profile:
        """What kind of server a machine is; may be changed at any time."""
        return self.host.server(machine).profile

    @property
    def doors(self) -> Doors:
        """The ports that show from here whether a machine is up; they are served, and in
        configurations, from the first use on.
        """
        return self.served.doors

    def crash(self, name: str) -> None:
        """Switch off a machine, a pool, a SQL Server or `site:NAME`; its ports are closed when this
        returns.
        """
        self.served.crash(name)

    def hang(self, name: str) -> None:
        """Let a machine, a pool or a site accept connections and answer nothing."""
        self.served.hang(name)

    def recover(self, name: str) -> None:
        """Bring it back, on the same ports."""
        self.served.recover(name)

    def restart(self, machine: str | None = None) -> None:
        """Restart the remoting service of one machine, or of all: every shell is gone, with the
        commands that ran in it.
        """
        self.host.restart(machine)

    def disconnect_idle(self, machine: str | None = None) -> int:
        """Turn the connected shells Disconnected, as minutes of silence do; returns how many there
        were.
        """
        return self.host.disconnect_idle(machine)

    def delay(self, duration: timedelta, *, machine: str | None = None) -> None:
        """Let every cmdlet take this much longer, in real time, on one machine or on all."""
        for server in self.host.servers(machine):
            server.profile.delay = duration

    def inject(self, name: str, *arguments: str) -> JsonValue:
        """Do what `lyncops lab inject NAME ARGUMENTS` does.

        Raises:
            LyncOpsError: the name or an argument means nothing.
        """
        return Injector(self.served).inject(name, arguments)

    def write_client_certificate(self, folder: Path) -> tuple[Path, Path]:
        """A certificate of the lab's user and its key, for certificate authentication."""
        issued = self.host.authority.client(self.username)
        certificate, key = folder / "client.pem", folder / "client-key.pem"
        certificate.write_bytes(issued.certificate)
        key.touch(mode=0o600)
        key.write_bytes(issued.key)
        return certificate, key

    def write_config(
        self,
        folder: Path | str,
        *,
        auth: LabAuth | str | None = None,
        kind: EndpointKind | str = EndpointKind.WINRM,
        scheme: Scheme | None = None,
    ) -> Path:
        """Write a lyncops.toml that points at this lab, with the CA beside it; the password is to
        be in LYNCOPS_PASSWORD.

        Every Front End is an endpoint, in the order of the topology, and every Edge server a
        machine. Without an `auth`, it is one with which a Front End can ask other machines. With
        CredSSP the lab offers it from then on. Kerberos cannot be tried on loopback.

        Raises:
            InvalidValueError: the lab does not offer this way to log on.
        """
        way = LabAuth.chosen(auth, kind)
        if scheme == "http" and way.needs_tls:
            raise InvalidValueError(
                f"The lab offers {way.value} over TLS only.",
                remedy="Choose https, or another auth.",
            )
        where, chosen = Path(folder), EndpointKind(kind)
        where.mkdir(parents=True, exist_ok=True)
        (where / "ca.pem").write_bytes(self.ca_pem)
        secure: Scheme = "https" if way.needs_tls else "http"
        if way is LabAuth.CERTIFICATE:
            self.write_client_certificate(where)
        if way is LabAuth.CREDSSP:
            self.host.offer_credssp()
        lines = ["[deployment]", f"name = {_quoted(self._name)}", 'version = "auto"', ""]
        for place in places(self._world):
            # Edge servers have no OcsPowershell
            through = EndpointKind.WINRM if place.edge else chosen
            over: Scheme = "https" if through is EndpointKind.OCS else scheme or secure
            lines += self._endpoint(place, way, through, over)
        lines += [
            "[credentials]",
            f"username = {_quoted(self.username)}",
            f"password_env = {_quoted(ENVIRONMENT_VARIABLE)}",
            "",
        ]
        lines += ["[retry]", 'poll_interval = "200ms"', f'settle = "{self._settle}s"', ""]
        lines += self._network(self._served) if self._served is not None else []
        path = where / "lyncops.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    @property
    def _settle(self) -> int:
        """How long a client may wait for an effect: twenty minutes of the lab's clock, but real
        seconds for the reading itself.
        """
        rate = self._world.clock.rate if isinstance(self._world, Simulation) else None
        return max(5, math.ceil(1200 / rate)) if rate else 5

    @property
    def _name(self) -> str:
        return self._world.scenario.name if isinstance(self._world, Simulation) else "lab"

    def _endpoint(
        self, place: Place, auth: LabAuth, kind: EndpointKind, scheme: Scheme
    ) -> list[str]:
        path = "OcsPowershell" if kind is EndpointKind.OCS else "wsman"
        port = "" if kind is EndpointKind.OCS else f":{_PORTS[scheme]}"
        fields = {"name": place.machine} if place.edge else {}
        fields["url"] = f"{scheme}://{place.machine}{port}/{path}"
        fields["auth"] = auth.value
        fields["connect_to"] = self.address(place.machine, scheme)
        fields["pool"] = place.pool
        if scheme == "https":
            fields["ca"] = "ca.pem"
        if auth is LabAuth.CERTIFICATE:
            fields |= {"certificate": "client.pem", "certificate_key": "client-key.pem"}
        return [
            "[[machine]]" if place.edge else "[[endpoint]]",
            *(f"{key} = {_quoted(text)}" for key, text in fields.items()),
            "",
        ]

    def _network(self, served: ServedSimulation) -> list[str]:
        connections = (
            f"{_quoted(outer)} = {_quoted(inner)}" for outer, inner in served.connections().items()
        )
        return [
            "[network]",
            f"resolver = {_quoted(served.outside.resolver)}",
            "",
            "[network.connect_to]",
            *connections,
            "",
        ]

    def close(self) -> None:
        """End every server and thread."""
        if self._served is not None:
            self._served.close()
        self.host.close()


def _quoted(text: str) -> str:
    return json.dumps(text)  # a JSON string is a TOML basic string
