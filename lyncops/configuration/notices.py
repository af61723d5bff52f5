"""`[notify]`: to whom the states of runs are told, with secrets from the environment only."""

from __future__ import annotations

import os
import re
from typing import Final

import attrs

from lyncops.configuration.tables import Table, suggestion
from lyncops.errors import ConfigurationError

STATES: Final = (
    "running",
    "pending_manual_step",
    "paused_by_failed_step",
    "paused_by_operator",
    "unknown",
    "completed",
    "completed_with_exceptions",
    "cancelled",
    "timed_out",
    "failed",
)
"""The run states that can be reported, by their words."""
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LITERAL: Final = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#@]*:(?!\$\{)[^/?#@]+@", re.IGNORECASE)


@attrs.frozen(slots=True, kw_only=True)
class Notify:
    """Targets as URLs of Apprise, with `${NAME}` in place of a secret, and the states to tell."""

    targets: tuple[str, ...] = ()
    states: tuple[str, ...] = STATES

    def urls(self) -> tuple[str, ...]:
        """The targets with their secrets.

        Raises:
            ConfigurationError: a variable that a target names is not set.
        """
        return tuple(_VARIABLE.sub(_value, target) for target in self.targets)


def _value(found: re.Match[str]) -> str:
    value = os.environ.get(found[1])
    if not value:
        raise ConfigurationError(
            f"[notify] names the variable {found[1]}, which is not set: no notification is sent.",
            remedy=f"Set {found[1]} for this process, or remove the target.",
        )
    return value


def notify_of(table: Table) -> Notify:
    """What the table `[notify]` says."""
    table.allow("targets", "states")
    targets = table.texts("targets")
    for target in targets:
        if "://" not in target:
            raise table.error(
                "targets",
                f"{target!r} is not a URL.",
                'Write a URL of Apprise: "mailtos://lync:${MAIL_PASSWORD}@mail.contoso.com".',
            )
        if _LITERAL.search(target):
            raise table.error(
                "targets",
                "a password does not belong in a file that is copied, mailed and backed up.",
                "Write ${NAME} in its place, and set the variable NAME.",
            )
    states = table.texts("states")
    for state in states:
        if state not in STATES:
            raise table.error("states", f"{state!r} is not a state.", suggestion(state, STATES))
    return Notify(targets=targets, states=states or STATES)
