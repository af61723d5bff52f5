from __future__ import annotations

from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from tests.stateful.machine import LostSites, Maintenance, Recovery

pytestmark = [
    # It takes a processor for up to a minute, and other work may share that
    pytest.mark.timeout(3600),
    pytest.mark.unmeasured,  # what it runs is covered by tests that name what they want
]

ALL: Final = settings().max_examples >= 150


def sequences(number: int, *, steps: int) -> settings:
    """Four times as many with --all: 120 in all; otherwise the first class alone, 15."""
    return settings(
        max_examples=number * 4 if ALL else number,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )


TestRecovery = Recovery.TestCase
TestRecovery.settings = sequences(15, steps=5)
TestLostSites = pytest.mark.slow(LostSites.TestCase)
TestLostSites.settings = sequences(6, steps=2)
TestMaintenance = pytest.mark.slow(Maintenance.TestCase)
# Where nothing is down nothing is refused, so that each takes longer
TestMaintenance.settings = sequences(9, steps=4)
