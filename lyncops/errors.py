"""All errors that lyncops raises, in one tree: a message says what happened and to which object,
`remedy` what to do.
"""

from __future__ import annotations


class LyncOpsError(Exception):
    """The root of the tree.

    `what` is one sentence about what happened and to which object; `remedy` is one sentence about
    what to do next.
    """

    def __init__(self, what: str, *, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".strip()


class InvalidValueError(LyncOpsError, ValueError):
    """A value given by the caller has no meaning here."""


class ConfigurationError(LyncOpsError, ValueError):
    """`lyncops.toml` (or an option on the command line) cannot be used; the message names the file
    and the field.
    """


class UnsupportedByVersionError(LyncOpsError):
    """The server's version has no such cmdlet, parameter or feature.

    Raised before anything is sent.
    """


class EndpointError(LyncOpsError, ConnectionError):
    """No endpoint could be reached; the message lists what each one answered."""


class AuthenticationFailedError(EndpointError):
    """The server refused the credentials.

    Never tried again by itself: a second try may lock the account.
    """


class UntrustedCertificateError(EndpointError):
    """The server's TLS certificate could not be verified."""


class MisconfiguredEndpointError(EndpointError):
    """An endpoint answers, but not to what is configured: its session configuration, its module,
    the way to log on.
    """


class CmdletError(LyncOpsError):
    """A cmdlet did not succeed; `cmdlet` and `endpoint` say which one, and where it was sent.

    Raised by `Execution.unwrap`.
    """

    def __init__(
        self, what: str, *, remedy: str = "", cmdlet: str = "", endpoint: str = ""
    ) -> None:
        super().__init__(what, remedy=remedy)
        self.cmdlet = cmdlet
        self.endpoint = endpoint


class CmdletFailedError(CmdletError):
    """A cmdlet ended, and failed, or no server ever started it."""


class OutcomeUnknownError(CmdletError):
    """A cmdlet was sent and its outcome is not known: read the state back before anything else."""


class PlanRefusedError(LyncOpsError):
    """A check failed, so that the plan must not run. Nothing was changed.

    `check_id` names the first that refuses it; empty where something else does.
    """

    def __init__(self, what: str, *, remedy: str = "", check_id: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.check_id = check_id


class PlanFormatError(LyncOpsError, ValueError):
    """A saved plan cannot be read, or was altered after it was saved."""


class RunLockedError(LyncOpsError):
    """Another run holds the lock of this pair of pools; `run_id` names it."""

    def __init__(self, what: str, *, remedy: str = "", run_id: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.run_id = run_id


class JournalError(LyncOpsError):
    """The journal cannot be opened, written or read. Nothing is sent while it cannot be written."""


class RunCutOffError(JournalError):
    """The journal went away in the middle of run `run_id`.

    `is_unknown`: a change was sent, and its end is not in the journal.
    """

    def __init__(
        self, what: str, *, remedy: str = "", run_id: str = "", is_unknown: bool = False
    ) -> None:
        super().__init__(what, remedy=remedy)
        self.run_id = run_id
        self.is_unknown = is_unknown


class ScenarioError(LyncOpsError, ValueError):
    """A lab scenario contradicts itself or cannot be read; the message names the file and the
    field.
    """
