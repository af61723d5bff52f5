from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import attrs
import pytest

from lyncops.checks.synchronisation import SyncState
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import Scope
from lyncops.errors import AuthenticationFailedError, EndpointError
from lyncops.runs.backup_service import SCOPE, BackupServiceWatch
from lyncops.values import Unread
from tests.deployments import NOW, P1, two_sites

S, C, E = ExportState.STEADY, ExportState.NON_STEADY, ExportState.ERROR
Seen = ExportState | Exception


@attrs.define
class FakeClock:
    """Time passes only when somebody sleeps."""

    time: datetime = NOW
    slept: list[timedelta] = attrs.field(factory=list[timedelta])

    def now(self) -> datetime:
        return self.time

    def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
        self.time += duration


def reader(*seen: Seen) -> Callable[[Scope], Deployment]:
    """Reads one state after the other; the last one stays."""
    left = list(seen)

    def read(scope: Scope) -> Deployment:
        assert scope == SCOPE
        now = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(now, Exception):
            raise now
        module = (
            BackupModule(name="ConfServices.DataConf", export=now, import_=ImportState.NORMAL),
        )
        pools = two_sites().pools
        changed = (
            ()
            if isinstance(pools, Unread)
            else tuple(
                attrs.evolve(pool, backup_modules=module) if pool.fqdn == P1 else pool
                for pool in pools
            )
        )
        return attrs.evolve(two_sites(), pools=changed)

    return read


MINUTE: Final = timedelta(minutes=1)
SILENCE: Final = EndpointError("no endpoint answers")


def follow(
    *seen: Seen, timeout: timedelta | None = None, until_steady: bool = False
) -> list[SyncState]:
    watch = BackupServiceWatch(read=reader(*seen), clock=FakeClock(), every=MINUTE)
    return [report.state for report in watch.follow(timeout=timeout, until_steady=until_steady)]


def test_it_ends_when_everything_is_steady() -> None:
    assert follow(C, C, S, until_steady=True) == [
        SyncState.COPYING,
        SyncState.COPYING,
        SyncState.STEADY,
    ]
    assert follow(S, until_steady=True) == [SyncState.STEADY]


def test_an_error_that_stays_ends_it_and_one_that_goes_does_not() -> None:
    assert follow(C, E, E, S, until_steady=True) == [
        SyncState.COPYING,
        SyncState.ERROR,
        SyncState.ERROR,
    ]
    assert follow(E, C, E, S, until_steady=True)[-1] is SyncState.STEADY


def test_it_ends_when_time_is_up_with_a_last_reading() -> None:
    assert follow(C, timeout=MINUTE * 2.5, until_steady=True) == [SyncState.COPYING] * 4
    assert follow(S, timeout=timedelta(0)) == [SyncState.STEADY]
    assert follow(S, timeout=MINUTE) == [SyncState.STEADY] * 2, "without until_steady it goes on"


def test_it_never_sleeps_beyond_the_timeout() -> None:
    clock = FakeClock()
    watch = BackupServiceWatch(read=reader(C), clock=clock, every=MINUTE)
    list(watch.follow(timeout=MINUTE * 1.5))
    assert clock.slept == [MINUTE, MINUTE / 2]


def test_silence_after_an_answer_is_a_report_and_before_it_an_error() -> None:
    assert follow(C, SILENCE, S, until_steady=True) == [
        SyncState.COPYING,
        SyncState.UNKNOWN,
        SyncState.STEADY,
    ]
    with pytest.raises(EndpointError):
        follow(SILENCE, S)


def test_refused_credentials_are_not_tried_again() -> None:
    with pytest.raises(AuthenticationFailedError):
        follow(C, AuthenticationFailedError("refused"), S, until_steady=True)
