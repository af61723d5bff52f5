"""What can go wrong between client and server: at which moment, what it means, and what was
seen.
"""

from __future__ import annotations

import enum

from lyncops.remoting.logon import LogOnError


class Phase(enum.Enum):
    """What the client was doing when something failed."""

    CREATE = "opening a session"
    COMMAND = "sending a command"
    RECEIVE = "receiving output"
    SEND = "sending an answer"
    SIGNAL = "sending a signal"
    DELETE = "closing a session"
    ATTACH = "reconnecting to a session"


class Symptom(enum.Enum):
    """What a failure means."""

    NOT_SENT = "the server could not be reached; nothing was sent"
    HELD_BACK = "it was held back at the last moment"
    UNTRUSTED = "the server's certificate could not be verified"
    BAD_CREDENTIALS = "the server refused the credentials"
    CANNOT_LOG_ON = "the chosen way to log on does not work between this computer and the server"
    NOT_SERVED = "the address does not serve remote PowerShell"
    NO_CONFIGURATION = "the server has no such session configuration, or none for this user"
    NO_CMDLETS = "the session has no Lync cmdlets"
    NOT_CREATED_BACK_OFF = "the server has too many sessions"
    CREATE_LOST = "the answer about the new session was lost"
    CREATE_HANGS = "the server took the request for a session and did not answer"
    REFUSED = "the server refused"
    FULL = "the session takes no more commands"
    AMBIGUOUS = "the answer about the command was lost: it ran once or not at all"
    RECEIVE_AGAIN = "output was asked for and the answer was lost"
    NOTHING_YET = "the server has no output yet"
    GONE = "the server does not know the session or the command"
    TAKEN_OVER = "another client took the session over"
    DO_NOT_REPEAT = "the answer about sent data was lost"
    REPEATABLE = "the answer was lost, and asking again does no harm"
    OUT_OF_BOUNDS = "the answer is larger or stranger than any that remote PowerShell gives"


class RemotingError(Exception):
    """A request failed: what it means, and what was seen.

    `is_answer` distinguishes a fault of a server that understood the request from everything else,
    after which the connection cannot be used any more. `has_left` tells whether the request itself
    may have left: the legs of a log-on carry none. `logon` is why nobody was let in, where that was
    the reason; `certificate` is OpenSSL's number where the server's was refused.
    """

    def __init__(
        self,
        symptom: Symptom,
        phase: Phase,
        seen: str,
        *,
        is_answer: bool = False,
        logon: LogOnError | None = None,
    ) -> None:
        super().__init__(f"{symptom.value} ({phase.value}: {seen})")
        self.symptom = symptom
        self.phase = phase
        self.seen = seen
        self.is_answer = is_answer
        self.has_left = True
        self.logon = logon
        self.certificate: int | None = None

    @property
    def why(self) -> str:
        """What was seen, and what to do about it if no log-on succeeded."""
        return self.seen if self.logon is None else f"{self.logon}. {self.logon.remedy}".strip()
