"""Reading conditions: once, or until they hold or time is up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import Scope
from lyncops.errors import AuthenticationFailedError, LyncOpsError
from lyncops.plan.conditions import Condition, Evaluation, all_hold, scope_of
from lyncops.remoting.clock import Clock

Read = Callable[[Scope], Deployment]
"""Reads afresh what a scope asks for."""

POLL: Final = timedelta(seconds=15)
STALLED: Final = timedelta(minutes=5)
"""How long to wait for what shows no sign of life: a change reaches a replica that lives in two to
three minutes (fact: replica-age).
"""
_NOTHING_TO_ASK: Final = Evaluation(holds=True, evidence="")


@attrs.frozen(slots=True, kw_only=True)
class Patience:
    """How long to wait, and how often to look.

    `within` counts again from each answer that says that the servers are at work on it, until
    `at_most` is over. What has stalled is waited for `STALLED` at most.
    """

    within: timedelta
    poll: timedelta = POLL
    at_most: timedelta = timedelta(0)


@attrs.frozen(slots=True, kw_only=True)
class Watcher:
    """Asks the servers whether conditions hold."""

    read: Read
    clock: Clock
    poll: timedelta | None = None  # instead of what each step says

    def look(self, conditions: Sequence[Condition]) -> Evaluation:
        """Whether all hold, by one fresh reading; unknown where it cannot be read."""
        if not conditions:
            return _NOTHING_TO_ASK
        try:
            return all_hold(conditions, self.read(scope_of(conditions)))
        except AuthenticationFailedError:
            raise  # asking again and again would lock the account
        except LyncOpsError as error:
            return Evaluation(holds=None, evidence=f"It could not be read: {error}")

    def wait(
        self,
        conditions: Sequence[Condition],
        *,
        within: timedelta | Patience,
        until_known: bool = False,
        tell: Callable[[Evaluation, datetime], None],
    ) -> Evaluation:
        """Read until all hold (`until_known`: or one does not) or `within` is over; the last truth
        that was seen.

        `tell` receives each evaluation and when the waiting would end.

        At least one reading is made, and one at the very end, so that what came true in the last
        pause counts.
        """
        patience = within if isinstance(within, Patience) else Patience(within=within)
        began = self.clock.now()
        until = began + patience.within
        while True:
            truth = self.look(conditions)
            now = self.clock.now()
            if truth.at_work:
                until = max(until, min(now + patience.within, began + patience.at_most))
            if truth.stalled:
                until = min(until, max(now, began + STALLED))
            tell(truth, until)
            if truth.holds or (until_known and truth.holds is not None) or now >= until:
                return truth
            self.clock.sleep(min(self.poll or patience.poll, until - now))
