"""What a running command writes besides its objects: the records of PowerShell's streams."""

from __future__ import annotations

import enum

import attrs

from lyncops.text.sentences import each_once


class StreamKind(enum.StrEnum):
    """The seven streams of PowerShell."""

    OUTPUT = "output"
    ERROR = "error"
    WARNING = "warning"
    VERBOSE = "verbose"
    DEBUG = "debug"
    INFORMATION = "information"
    PROGRESS = "progress"


@attrs.frozen(slots=True, kw_only=True)
class Cause:
    """One exception of a chain.

    `code` is the native error code (5 access denied, 1722 RPC server unavailable) where it has one.
    """

    message: str
    exception_type: str = ""
    code: int | None = None

    @property
    def says_something(self) -> bool:
        """Whether it says more than its own type's name, as .NET does if no message was given."""
        return bool(self.message) and len(self.message) > (len(self.exception_type) + 40) * (
            self.exception_type in self.message
        )

    def __str__(self) -> str:
        code = f" ({self.code})" if self.code is not None else ""
        return f"{self.exception_type or 'exception'}: {self.message}{code}"


@attrs.frozen(slots=True, kw_only=True)
class ErrorRecord:
    """One error that a cmdlet wrote, terminating or not.

    `message` is what PowerShell would show; `causes` the exceptions behind it, from the outermost
    to the innermost.
    """

    message: str
    category: str = "NotSpecified"
    fully_qualified_error_id: str = ""
    target: str = ""
    exception_type: str = ""
    terminating: bool = False
    causes: tuple[Cause, ...] = ()

    @property
    def reason(self) -> str:
        """The innermost words that say something: outer ones often only say that something
        failed.
        """
        return next(
            (cause.message for cause in reversed(self.causes) if cause.says_something), self.message
        )

    def __str__(self) -> str:
        return each_once((self.message, self.reason))


@attrs.frozen(slots=True, kw_only=True)
class StreamRecord:
    """One record of one stream, as it arrived; handed to the callback that follows a cmdlet
    live.
    """

    kind: StreamKind
    text: str
    percent: int | None = None  # progress only, 0 to 100
