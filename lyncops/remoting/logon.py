"""Proving who one is: what can go wrong with it, and what was agreed on."""

from __future__ import annotations

import enum
from datetime import datetime

import attrs


class LogOnProblem(enum.Enum):
    """Why a log-on failed."""

    WRONG_CREDENTIALS = "the user name or the password is wrong"
    ACCOUNT_NOT_USABLE = "the account cannot be used"
    NO_KDC = "no domain controller (KDC) answers"
    NO_TICKET = "there is no Kerberos ticket"
    TICKET_ENDED = "the Kerberos ticket has expired"
    CLOCK = "the clocks differ too much for Kerberos"
    UNKNOWN_SERVICE = "the domain does not know the server by the name that lyncops uses"
    NOT_A_PRINCIPAL = "the user name is not a Kerberos principal"
    MISSING_EXTRA = "a package that this way to log on needs is not installed"
    NOT_OFFERED = "the server does not offer this way to log on"
    REFUSED_TICKET = "the server refused a valid Kerberos ticket"
    IMPOSTOR = "the server did not prove that it is the one that was reached"
    HANDSHAKE = "the two sides could not agree before any password was sent"
    OTHER = "the log-on failed"

    @property
    def bars(self) -> bool:
        """Whether trying again, here or elsewhere, could lock the account or cannot help."""
        return self in {
            LogOnProblem.WRONG_CREDENTIALS,
            LogOnProblem.ACCOUNT_NOT_USABLE,
            LogOnProblem.IMPOSTOR,
        }


class LogOnError(Exception):
    """A log-on failed. Nothing was sent but what the log-on itself needs."""

    def __init__(self, problem: LogOnProblem, seen: str, *, remedy: str = "") -> None:
        super().__init__(f"{problem.value} ({seen})")
        self.problem = problem
        self.seen = seen
        self.remedy = remedy


class LoggedOutError(Exception):
    """The server answered 401 to a message; `refusal` where that message carried the password."""

    def __init__(self, refusal: LogOnError | None = None) -> None:
        super().__init__("HTTP status 401")
        self.refusal = refusal


@attrs.frozen(slots=True, kw_only=True)
class LogOn:
    """How lyncops logged on to an endpoint.

    `service` is the Kerberos name of the server that was asked for. `delegated`: whether the server
    may use the identity on a third machine. `ends` is when the ticket ends, where there is one, and
    `renewable` whether lyncops gets another by itself. `fallback` says why Kerberos was not used,
    `undelegated` why delegation that was asked for was not granted.
    """

    mechanism: str
    service: str = ""
    delegated: bool = False
    ends: datetime | None = None
    renewable: bool = True
    fallback: str = ""
    undelegated: str = ""

    def __str__(self) -> str:
        return f"{self.mechanism} ({self.service})" if self.service else self.mechanism

    def warnings(self, url: str, *, until: datetime | None = None) -> tuple[str, ...]:
        """What somebody should know who goes on with this log-on, in sentences.

        `until`: when what they have in mind will end.
        """
        found: list[str] = []
        if self.fallback:
            found.append(f"{url}: logged on with NTLM, not Kerberos: {self.fallback}.")
        if self.undelegated:
            found.append(f"{url}: delegation was asked for and not granted: {self.undelegated}.")
        if until is not None and self.ends is not None and not self.renewable and self.ends < until:
            found.append(
                f"{url}: the Kerberos ticket expires at {self.ends.astimezone():%H:%M}, before the"
                " expected end. Run kinit first."
            )
        return tuple(found)
