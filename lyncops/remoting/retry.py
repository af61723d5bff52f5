"""Who may try again, how often and how long: the policy as a value, the loops through tenacity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

import attrs
import tenacity

from lyncops.errors import ConfigurationError
from lyncops.remoting.clock import Clock
from lyncops.remoting.parts import logger

log = logger("lyncops.remoting")


@attrs.frozen(slots=True, kw_only=True)
class RetryPolicy:
    """How patient lyncops is.

    READ cmdlets are tried again up to `read_attempts` times, and take `read_deadline` at most.
    CHANGE cmdlets are sent again only when it is proven that the server did not start them, up to
    `change_attempts` times; the proof is `probes` questions for the command, `probe_delay` apart.
    Between attempts passes `backoff_first`, doubled each time up to `backoff_limit`, plus up to
    `jitter`.
    """

    read_attempts: int = 4
    read_deadline: timedelta = timedelta(seconds=60)
    change_attempts: int = 3
    probes: int = 2
    probe_delay: timedelta = timedelta(seconds=2)
    backoff_first: timedelta = timedelta(milliseconds=500)
    backoff_limit: timedelta = timedelta(seconds=10)
    jitter: timedelta = timedelta(milliseconds=500)
    connect_timeout: timedelta = timedelta(seconds=5)
    """For the TCP connection: a dead server must not hold up the rescue."""
    open_timeout: timedelta = timedelta(seconds=20)
    """For the first answer of a server: one that hangs must not hold it up either."""
    open_attempts: int = 4
    """How often another session is opened after a lost answer or a quota fault."""
    lost_contact: timedelta = timedelta(minutes=3)
    """How long a CHANGE that was started is looked for before it is let go as unknown; a READ waits
    for `read_deadline`."""
    idle_probe: timedelta = timedelta(seconds=45)
    """A session that idled longer is asked whether it still lives before it is used."""
    parallel: int = 8
    """How many READ cmdlets the servers run side by side; machines that answer for themselves alone
    do not count."""

    def __attrs_post_init__(self) -> None:
        for name in ("read_attempts", "change_attempts", "probes", "open_attempts", "parallel"):
            if getattr(self, name) < 1:
                raise ConfigurationError(
                    f"retry: {name} is {getattr(self, name)}.", remedy="Write 1 or more."
                )
        for field in attrs.fields(RetryPolicy):
            value = getattr(self, field.name)
            if isinstance(value, timedelta) and value < timedelta():
                raise ConfigurationError(
                    f"retry: {field.name} is negative.", remedy="Write a duration such as 5s."
                )
        if not self.connect_timeout or not self.open_timeout:
            raise ConfigurationError(
                "retry: connect_timeout and open_timeout must not be zero.",
                remedy="Write a duration such as 5s.",
            )


@attrs.frozen(slots=True, kw_only=True)
class Limits:
    """How often and until when one thing is tried again."""

    attempts: int
    until: datetime | None = None


def retrying(
    policy: RetryPolicy, clock: Clock, limits: Limits, *, again: Callable[[object], bool], what: str
) -> tenacity.Retrying:
    """A tenacity loop: exponential backoff with jitter, up to the limits; each retry is logged with
    its reason.

    `again` decides for an exception or a result whether it is worth another try; that of the last
    one is raised or returned.
    """

    def left() -> timedelta:
        return timedelta.max if limits.until is None else limits.until - clock.now()

    def stop(state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= limits.attempts or left() <= timedelta()

    def sleep(seconds: float) -> None:
        clock.sleep(max(timedelta(), min(timedelta(seconds=seconds), left())))

    def tell(state: tenacity.RetryCallState) -> None:
        outcome = state.outcome
        reason = outcome and (
            outcome.exception() if outcome.failed else cast("object", outcome.result())
        )
        log.warning(
            "%s: attempt %d of %d: %s; trying again in %.1f s",
            what,
            state.attempt_number,
            limits.attempts,
            reason,
            state.upcoming_sleep,
        )

    return tenacity.Retrying(
        stop=stop,
        wait=tenacity.wait_exponential(
            multiplier=policy.backoff_first.total_seconds(),
            max=policy.backoff_limit.total_seconds(),
        )
        + tenacity.wait_random(0, policy.jitter.total_seconds()),
        retry=tenacity.retry_any(
            tenacity.retry_if_exception(again), tenacity.retry_if_result(again)
        ),
        sleep=sleep,
        before_sleep=tell,
        retry_error_callback=_last,
    )


def _last(state: tenacity.RetryCallState) -> object:
    return cast("object", state.outcome.result()) if state.outcome is not None else None
