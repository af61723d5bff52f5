"""`-Report` files (fact: report-files), and that `complete` in one of them is no success.

A run that ends on its own has both closing lines, also when it logged errors; one that a
terminating error stopped has neither.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import attrs

_STATUS: Final = '<Info Title="Command Status">{}</Info>'
_CLOSING: Final = _STATUS.format("Command processing is complete.") + _STATUS.format(
    "Command run is complete."
)


@attrs.define(slots=True)
class Report:
    """What a cmdlet logged for its report: titles and texts of errors."""

    errors: list[tuple[str, str]] = attrs.field(factory=list[tuple[str, str]])

    def render(self, cmdlet: str, at: datetime, terminating: str | None) -> str:
        """The text of a cmdlet's file; `terminating` is the message that stopped the run."""
        time = f"{at:%Y-%m-%d %H:%M:%S}Z"
        rows = "".join(
            f"<Error Title={quoteattr(title)}>{escape(text)}</Error>" for title, text in self.errors
        )
        if terminating is not None:
            wrapped = f'An error occurred: "System.InvalidOperationException" "{terminating}"'
            end = f'<Error Title="Error">{escape(wrapped)}</Error>'
        else:
            end = f'{_CLOSING}<Complete Time="{time}"/>'
        return (
            f'<CsMgmtLog Name="{cmdlet}"><Action Name="{cmdlet}"'
            f' Time="{time}">{rows}{end}</Action></CsMgmtLog>'
        )


def default_path(cmdlet: str, user: str, unique: str) -> str:
    """Where a report is written by default: the temporary folder of the user's profile."""
    name = user.rpartition("\\")[2]
    return f"C:\\Users\\{name}\\AppData\\Local\\Temp\\{cmdlet}-{unique}.html"
