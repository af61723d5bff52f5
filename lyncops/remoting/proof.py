"""Why it is certain that a server did not start a command: the closed list.

Nothing else counts (`docs/safety.md`).
"""

from __future__ import annotations

import enum


class Proof(enum.StrEnum):
    """Evidence that no passing of time, nothing that lyncops did, and no other client can produce.

    The value is what a person reads in the report. A member may be added only if it keeps that
    rule.
    """

    NO_CONNECTION = "no connection to the server could be made; nothing was sent"
    NO_LOGON = "the log-on failed before the command was sent"
    HELD_BACK = "lyncops held it back at the last moment; nothing was sent"
    REFUSED = "the server answered this very request with a refusal"
    NEVER_HEARD_OF = (
        "the process that sent it asked at once, and the server had never heard of it in a session"
        " that lived"
    )
