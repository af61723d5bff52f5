"""Every way in which the wire can be cut around one cmdlet, and what has to come of it."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import EndpointError
from lyncops.lab.interface import Invocation, Session, Sink
from lyncops.lab.wire.faults import FaultKind, Profile
from lyncops.remoting.endpoint import Auth, Endpoint
from lyncops.remoting.execution import Execution
from lyncops.remoting.sessions import Sessions
from lyncops.values import Effect, Outcome
from tests.remoting.machines import CHANGE, FE1, POLICY, READ, Ground, Script, ground, warmed

_PATIENT: Final = attrs.evolve(
    POLICY, connect_timeout=timedelta(seconds=10), open_timeout=timedelta(seconds=10)
)
"""On a busy machine too the sessions are open before anything is cut."""
STATUSES: Final = (400, 401, 500, 503)


@attrs.frozen(kw_only=True)
class Channel:
    """A way to talk to a server."""

    name: str
    scheme: str
    auth: Auth
    disconnects: bool = True

    def endpoint(self, ground: Ground) -> Endpoint:
        """The server behind it."""
        usual = ground.endpoint(scheme=self.scheme, auth=self.auth)
        return attrs.evolve(usual, read_timeout=timedelta(seconds=4))


CHANNELS: Final = (
    Channel(name="basic over TLS", scheme="https", auth=Auth.BASIC),
    Channel(name="NTLM with message encryption", scheme="http", auth=Auth.NTLM),
    Channel(name="negotiate over TLS", scheme="https", auth=Auth.NEGOTIATE),
    Channel(name="CredSSP over TLS", scheme="https", auth=Auth.CREDSSP),
    Channel(name="NTLM, no disconnect", scheme="http", auth=Auth.NTLM, disconnects=False),
)


@attrs.frozen(kw_only=True)
class Cut:
    """What happens to one request of the cmdlet, or (`event`) to the server."""

    action: str = ""
    kind: FaultKind | None = None
    status: int = 0
    event: str = ""

    def __str__(self) -> str:
        if self.kind is None:
            return self.event
        status = f" {self.status}" if self.status else ""
        return f"{self.action}: {self.kind.value}{status}"


_KINDS: Final = (
    FaultKind.DROP_BEFORE,
    FaultKind.DROP_AFTER,
    FaultKind.LOSE_REPLY,
    FaultKind.REPLAY_REPLY,
    FaultKind.STATUS_BEFORE,
    FaultKind.STATUS_AFTER,
    FaultKind.HANG_BEFORE,
    FaultKind.HANG_AFTER,
)
EVENTS: Final = (
    "restart before it is sent",
    "restart while it runs",
    "idle disconnect before it is sent",
    "idle disconnect while it runs",
)


def every_cut() -> tuple[Cut, ...]:
    """All of them: each kind of fault at each request of a cmdlet, and what servers do."""
    found = [
        Cut(action=action, kind=kind, status=status)
        for action in ("Command", "Receive", "Signal")
        for kind in _KINDS
        for status in (
            STATUSES if kind in (FaultKind.STATUS_BEFORE, FaultKind.STATUS_AFTER) else (0,)
        )
    ]
    return (*found, *(Cut(event=event) for event in EVENTS))


@attrs.frozen(kw_only=True)
class Row:
    """What came of a cmdlet: its outcome, how often the server ran it, and what was found when it
    was looked for again.
    """

    channel: str
    cut: str
    effect: Effect
    outcome: str
    executions: int
    attempts: int
    found: str = ""


@contextmanager
def server(channel: Channel, folder: Path) -> Generator[Ground]:
    """A server that offers a channel."""
    profile = Profile(disconnects=channel.disconnects)
    with ground(folder, FE1, profile=profile, credssp=channel.auth is Auth.CREDSSP) as one:
        yield one


def play(one: Ground, channel: Channel, cut: Cut, cmdlet: Cmdlet[object]) -> Row:
    """Run a cmdlet in sessions that are open, with that cut on its way."""
    machine, name = one.fe1, cmdlet.NAME
    usual = machine.scripts[name]
    with warmed(one.sessions(channel.endpoint(one), policy=_PATIENT)) as sessions:
        before = one.executed(cmdlet)
        _set_up(one, cut, name, usual)
        try:
            found = _run(sessions, cmdlet)
        finally:
            one.lab.faults.clear()
            machine.scripts[name] = usual
        return attrs.evolve(
            found, channel=channel.name, cut=str(cut), executions=one.executed(cmdlet) - before
        )


def _run(sessions: Sessions, cmdlet: Cmdlet[object]) -> Row:
    effect = cmdlet.effect
    try:
        execution = sessions.run(cmdlet)
    except EndpointError as error:
        name = type(error).__name__
        return Row(channel="", cut="", effect=effect, outcome=name, executions=0, attempts=0)
    return Row(
        channel="",
        cut="",
        effect=effect,
        outcome=_told(execution),
        executions=0,
        attempts=execution.attempts,
        found=_found(sessions, execution, cmdlet),
    )


def _found(sessions: Sessions, execution: Execution[object], cmdlet: Cmdlet[object]) -> str:
    """What is found when a command with an unknown outcome is looked for, as a run does."""
    if execution.outcome is not Outcome.UNKNOWN or execution.address is None:
        return ""
    try:
        return _told(sessions.collect(execution.address, cmdlet))
    except EndpointError as error:
        return type(error).__name__


def _told(execution: Execution[object]) -> str:
    proof = f" ({execution.proof.value})" if execution.proof is not None else ""
    return f"{execution.outcome.value}{proof}"


def _set_up(one: Ground, cut: Cut, name: str, usual: Script) -> None:
    if cut.kind is not None:
        one.strike(cut.kind, cut.action, cmdlet=name, status=cut.status or 500)
        return
    happen = one.lab.restart if cut.event.startswith("restart") else one.lab.disconnect_idle
    if cut.event.endswith("before it is sent"):
        happen()
        return
    once = iter([True])

    def script(invocation: Invocation, session: Session, sink: Sink) -> None:
        if next(once, False):
            happen()
        usual(invocation, session, sink)

    one.fe1.scripts[name] = script


def table(folder: Path, channels: Iterable[Channel] = CHANNELS) -> Generator[Row]:
    """Every combination, played."""
    for number, channel in enumerate(channels):
        where = folder / str(number)
        where.mkdir()
        with server(channel, where) as one:
            for cmdlet in (READ, CHANGE):
                for cut in every_cut():
                    yield play(one, channel, cut, cmdlet)
