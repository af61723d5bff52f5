"""`-Report` files (fact: report-files), and that `complete` in one of them is no success.

A run that ends on its own has both closing lines, also when it logged errors; one that a terminating error stopped has neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

import attrs

if TYPE_CHECKING:
    from lyncops.lab.call import Call

_STATUS: Final = '<Info Title="Command Status">{}</Info>'
_CLOSING: Final = _STATUS.format("Command processing is complete.") + _STATUS.format("Command run is complete.")


@attrs.define(slots=True)
class Report:
    """What a cmdlet logged for its report: titles and texts of errors."""

    errors: list[tuple[str, str]] = attrs.field(factory=list[tuple[str, str]])

    def render(self, call: Call, terminating: str | None) -> str:
        """The file's text; `terminating` is the message that stopped the run."""
        time = f"{call.world.now():%Y-%m-%d %H:%M:%S}Z"
        rows = "".join(f"<Error Title={quoteattr(title)}>{escape(text)}</Error>" for title, text in self.errors)
        if terminating is not None:
            wrapped = f'An error occurred: "System.InvalidOperationException" "{terminating}"'
            end = f'<Error Title="Error">{escape(wrapped)}</Error>'
        else:
            end = f'{_CLOSING}<Complete Time="{time}"/>'
        return f'<CsMgmtLog Name="{call.name}"><Action Name="{call.name}" Time="{time}">{rows}{end}</Action></CsMgmtLog>'

    def path(self, call: Call) -> str:
        """Where it goes: -Report, or the profile's temporary folder."""
        user = call.session.caller.user.rpartition("\\")[2]
        name = f"{call.name}-{call.new_id()}.html"
        return call.text("Report") or f"C:\\Users\\{user}\\AppData\\Local\\Temp\\{name}"
