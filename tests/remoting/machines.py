"""Machines with a handful of cmdlets behind the lab's wire, and sessions to them."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs

from lyncops.cmdlets import GetCsSite, InvokeCsManagementStoreReplication, InvokeCsPoolFailOver
from lyncops.cmdlets.base import Cmdlet
from lyncops.lab.interface import (
    ErrorDetail,
    Invocation,
    Session,
    SimulatedMachine,
    Sink,
    TerminatingError,
)
from lyncops.lab.lab import Lab
from lyncops.lab.wire.faults import Fault, FaultKind, Profile
from lyncops.remoting.clock import Clock, SystemClock
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint
from lyncops.remoting.execution import Execution
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.remoting.retry import RetryPolicy
from lyncops.remoting.sessions import Sessions
from lyncops.values import RemoteObject

FE1 = "fe1.contoso.com"
FE2 = "fe2.contoso.com"
EDGE = "edge1.contoso.com"
READ = GetCsSite()
CHANGE = InvokeCsPoolFailOver(pool_fqdn="pool1.contoso.com", disaster_mode=True)
WARM_UP = InvokeCsManagementStoreReplication()
POLICY = RetryPolicy(
    backoff_first=timedelta(milliseconds=10),
    backoff_limit=timedelta(milliseconds=50),
    jitter=timedelta(milliseconds=5),
    probe_delay=timedelta(milliseconds=20),
    connect_timeout=timedelta(seconds=1),
    open_timeout=timedelta(seconds=1),
    lost_contact=timedelta(seconds=1),
)
Script = Callable[[Invocation, Session, Sink], None]


def answer(_invocation: Invocation, _session: Session, sink: Sink) -> None:
    sink.output(
        RemoteObject(
            {"Identity": "Site:Redmond"},
            ("Microsoft.Rtc.Management.Xds.DisplaySite",),
            "Site:Redmond",
        )
    )


def nothing(_invocation: Invocation, _session: Session, _sink: Sink) -> None:
    return


class Crowd:
    """A cmdlet that ends when so many run at once, and counts them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._changed = threading.Condition()
        self._running = 0
        self.most = 0

    def __call__(self, _invocation: object, _session: Session, sink: Sink) -> None:
        with self._changed:
            self._running += 1
            self.most = max(self.most, self._running)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= self._size, timeout=10)
            self._running -= 1
        sink.output("done")


class Machine:
    """Counts what it ran. `hold` makes every cmdlet wait for `release`, or for a stop."""

    def __init__(self, scripts: Mapping[str, Script] | None = None) -> None:
        self.is_down = False
        self.is_hung = False
        self.executed: Counter[str] = Counter()
        self.modules = {"Lync"}
        self.started = threading.Event()
        self.release = threading.Event()
        self.stopped = threading.Event()
        self.hold = False
        self.scripts: dict[str, Script] = {
            "Import-Module": self._import,
            "Get-CsSite": answer,
            "Invoke-CsPoolFailOver": nothing,
            "Invoke-CsManagementStoreReplication": nothing,
            **(scripts or {}),
        }

    def start_runspace(self, *, is_first: bool) -> None:
        """At once."""

    def run(self, statement: Sequence[Invocation], session: Session, sink: Sink) -> None:
        invocation, *_ = statement
        if invocation.name not in self.scripts:
            raise TerminatingError(
                ErrorDetail(
                    message=f"No {invocation.name}.",
                    category="ObjectNotFound",
                    error_id="CommandNotFoundException",
                )
            )
        self.executed[invocation.name] += 1
        self.started.set()
        if self.hold and invocation.name != "Import-Module":
            self._wait(session)
        self.scripts[invocation.name](invocation, session, sink)

    def _wait(self, session: Session) -> None:
        while not self.release.wait(0.01):
            if session.stopped.is_set():
                self.stopped.set()
                return

    def _import(self, invocation: Invocation, _session: Session, _sink: Sink) -> None:
        name = next(argument.value for argument in invocation.arguments if argument.name == "Name")
        if name not in self.modules:
            raise TerminatingError(
                ErrorDetail(
                    message=f"The module {name} was not found.", category="ResourceUnavailable"
                )
            )


@attrs.frozen
class StubWorld:
    machines: Mapping[str, SimulatedMachine]


class PatientClock:
    """Real time, plus what a test lets pass."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.slept: list[timedelta] = []

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
        SystemClock().sleep(duration)


@attrs.frozen
class Ground:
    """A lab of stub machines, and the way to them."""

    lab: Lab
    machines: Mapping[str, Machine]
    folder: Path

    @property
    def fe1(self) -> Machine:
        return self.machines[FE1]

    def endpoint(
        self,
        machine: str = FE1,
        *,
        scheme: str = "http",
        path: str = "wsman",
        auth: Auth = Auth.NTLM,
        pool: str | None = None,
        dedicated: bool = False,
        ca: bool = True,
    ) -> Endpoint:
        pem = self.folder / "ca.pem"
        pem.write_bytes(self.lab.ca_pem)
        address = self.lab.address(machine, "https" if scheme == "https" else "http")
        return Endpoint(
            url=f"{scheme}://{machine}/{path}",
            auth=auth,
            connect_to=address,
            ca=pem if ca else None,
            pool=pool,
            dedicated=dedicated,
            operation_timeout=timedelta(seconds=1),
            read_timeout=timedelta(seconds=1.3),
        )

    def sessions(
        self,
        *endpoints: Endpoint,
        policy: RetryPolicy = POLICY,
        clock: Clock | None = None,
        password: str | None = None,
    ) -> Sessions:
        credentials = Credentials(
            username=self.lab.username, password=password or self.lab.password
        )
        return Sessions(
            endpoints or (self.endpoint(),),
            credentials=credentials,
            policy=policy,
            clock=clock or SystemClock(),
        )

    def strike(
        self,
        kind: FaultKind,
        action: str,
        *,
        cmdlet: str | None = None,
        times: int | None = 1,
        status: int = 500,
    ) -> Fault:
        return self.lab.faults.add(
            Fault(kind=kind, action=action, cmdlet=cmdlet, times=times, status=status)
        )

    def requests(self, action: str) -> int:
        return self.lab.requests.of(action=action)

    def executed(self, cmdlet: Cmdlet[object]) -> int:
        return sum(machine.executed[cmdlet.NAME] for machine in self.machines.values())


@contextmanager
def ground(
    folder: Path, *names: str, profile: Profile | None = None, credssp: bool = False
) -> Generator[Ground]:
    machines = {name: Machine() for name in names or (FE1,)}
    with Lab.start(StubWorld(machines), profile=profile, credssp=credssp) as lab:
        try:
            yield Ground(lab, machines, folder)
        finally:
            for machine in machines.values():
                machine.release.set()


def interrupt(_record: StreamRecord) -> None:
    signal.raise_signal(signal.SIGINT)


def warmed(sessions: Sessions) -> Sessions:
    """Sessions of which one for READs and one for a CHANGE are open, so that a fault strikes the
    next cmdlet and nothing before.
    """
    for cmdlet in (READ, WARM_UP):
        first: Execution[object] = sessions.run(cmdlet)
        assert not first.errors
    return sessions
