from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from lyncops.lab.model.clock import LabClock

START = datetime(2014, 3, 3, tzinfo=UTC)


def test_a_jumping_clock_moves_when_somebody_sleeps() -> None:
    clock = LabClock(START)
    assert clock.now() == START
    assert clock.sleep(timedelta(hours=1))
    assert clock.now() == START + timedelta(hours=1)
    clock.sleep(-timedelta(hours=1))
    assert clock.now() == START + timedelta(hours=1)
    assert clock.rate is None


def test_a_cancelled_sleep_says_so() -> None:
    cancelled = threading.Event()
    cancelled.set()
    assert not LabClock(START).sleep(timedelta(hours=1), cancelled)
    assert not LabClock(START, 600).sleep(timedelta(hours=1), cancelled)


def test_a_fast_clock_waits_a_fraction_of_the_time() -> None:
    clock = LabClock(START, 36_000.0)
    assert clock.sleep(timedelta(minutes=10))
    assert clock.now() >= START + timedelta(minutes=10)


def test_advance_wakes_sleepers() -> None:
    clock = LabClock(START, 1.0)
    woke: list[bool] = []
    sleeper = threading.Thread(target=lambda: woke.append(clock.sleep(timedelta(hours=1))))
    sleeper.start()
    clock.advance(timedelta(hours=2))
    sleeper.join(10)
    assert woke == [True]


def test_a_sleeper_can_be_cancelled() -> None:
    clock, cancelled, woke = LabClock(START, 1.0), threading.Event(), list[bool]()
    sleeper = threading.Thread(
        target=lambda: woke.append(clock.sleep(timedelta(hours=1), cancelled))
    )
    sleeper.start()
    cancelled.set()
    sleeper.join(10)
    assert woke == [False]
