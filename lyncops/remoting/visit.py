"""A look at one endpoint and no other: what it takes to open a session there, and what that session
can do.
"""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Final, Protocol, TypeVar, runtime_checkable

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import EndpointError, LyncOpsError
from lyncops.remoting.approach import Approach, approach
from lyncops.remoting.attempt import Job
from lyncops.remoting.closer import CommandCloser
from lyncops.remoting.endpoint import Endpoint
from lyncops.remoting.execution import Execution
from lyncops.remoting.failures import RemotingError, Symptom
from lyncops.remoting.health import Health
from lyncops.remoting.lane import ReadingLane
from lyncops.remoting.logon import LogOn, LogOnProblem
from lyncops.remoting.session import Session
from lyncops.remoting.session_context import SessionContext

R = TypeVar("R")
_POLITE: Final = timedelta(seconds=5)


class Stage(enum.Enum):
    """Where the way into a session ended."""

    CONNECTION = "the connection"
    TLS = "TLS"
    LOGON = "the log-on"
    SESSION = "the session"
    MODULE = "Lync's cmdlets"


_STAGES: Final = {
    Symptom.NOT_SENT: Stage.CONNECTION,
    Symptom.UNTRUSTED: Stage.TLS,
    Symptom.BAD_CREDENTIALS: Stage.LOGON,
    Symptom.CANNOT_LOG_ON: Stage.LOGON,
    Symptom.NO_CMDLETS: Stage.MODULE,
}


@attrs.frozen(slots=True, kw_only=True)
class Refusal:
    """Why there is no session.

    `problem` is what is wrong with the log-on, where that is the reason.
    """

    stage: Stage
    what: str
    remedy: str = ""
    problem: LogOnProblem | None = None
    is_full: bool = False  # the quota of sessions is used up
    is_answer: bool = False  # the server heard the request, so that it had let somebody in


@attrs.frozen(slots=True, kw_only=True)
class SessionFacts:
    """What is known of a session that is open.

    `module` is empty where the cmdlets were there without importing one.
    """

    protocol: tuple[int, int]
    runspaces: int
    module: str


class Visit:
    """One session with one endpoint. It belongs to one thread at a time; close it in the end."""

    def __init__(self, around: SessionContext, health: Health) -> None:
        # A second try would show nothing new, and be slow where everything is dead.
        self._around = attrs.evolve(around, policy=attrs.evolve(around.policy, open_attempts=1))
        self._health = health
        self._closer = CommandCloser(self._around)
        self._session = Session(self._around, runspaces=1)
        self._lane = ReadingLane(self._session, self._closer)

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint."""
        return self._around.endpoint

    @property
    def username(self) -> str:
        """Who is to log on; empty where that is whoever this computer has a ticket of."""
        user = self.endpoint.credentials or self._around.credentials
        return user.username if user is not None else ""

    @property
    def logon(self) -> LogOn | None:
        """How the endpoint was logged on to; None where it was not, or not by a handshake (basic,
        certificate).
        """
        return self._around.logons.used().get(self.endpoint.url)

    def approach(self) -> Approach:
        """Go there without credentials."""
        return approach(
            self.endpoint, self._around.clock, patience=self._around.policy.connect_timeout
        )

    def open(self) -> SessionFacts | Refusal:
        """Open the session. Credentials that were refused anywhere are not tried again here."""
        try:
            shell = self._lane.ready(patient=False)
        except EndpointError as error:
            self._health.is_down(self.endpoint, error)
            return _refusal(error)
        except LyncOpsError as error:
            return _refusal(error)
        module = self._around.modules.get(self.endpoint.url, "")
        return SessionFacts(
            protocol=shell.pool.protocol, runspaces=shell.pool.runspaces, module=module
        )

    def ask(self, cmdlet: Cmdlet[R], *, deadline: timedelta) -> Execution[R]:
        """Run one READ in the session.

        Raises:
            EndpointError: the session is gone, and there is no other.
        """
        until = self._around.clock.now() + deadline
        return self._lane.attempt(
            Job(cmdlet=cmdlet, deadline=deadline, until=until), patient=False
        ).execution

    def disconnects(self) -> str:
        """Let go of the session and take it back; empty where that works, else why it does not.

        Raises:
            EndpointError: the session is gone, and there is no other.
        """
        shell = self._lane.ready(patient=False)
        if shell.pool.protocol < (2, 2):
            return "its PowerShell is older than 3.0"
        try:
            shell.disconnect(wait=_POLITE)
            shell.reconnect(wait=_POLITE)
        except RemotingError as failure:
            self._lane.doubt()
            return failure.seen
        return ""

    def close(self) -> None:
        """Close the session."""
        self._closer.close()
        self._lane.close(delete_shell=True)


def _refusal(error: LyncOpsError) -> Refusal:
    failure = error.__cause__
    if not isinstance(failure, RemotingError):
        return Refusal(stage=Stage.SESSION, what=error.what, remedy=error.remedy)
    stage = _STAGES.get(failure.symptom, Stage.SESSION)
    return Refusal(
        stage=stage,
        what=error.what,
        remedy=error.remedy,
        problem=failure.logon.problem if failure.logon is not None else None,
        is_full=failure.symptom is Symptom.NOT_CREATED_BACK_OFF,
        is_answer=failure.is_answer or stage is Stage.MODULE,
    )


@runtime_checkable
class CanVisit(Protocol):
    """Sessions that let somebody look at each of their endpoints; a model of Lync in their place
    has none.
    """

    def visits(self) -> tuple[Visit, ...]:
        """A visit to each endpoint, in the order of the configuration.

        Credentials that one of them saw refused no other tries.
        """
        ...
