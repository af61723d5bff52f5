from __future__ import annotations

from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from tests.stateful.machine import Maintenance, Recovery

pytestmark = pytest.mark.timeout(1800)  # 100 sequences take some 40 s of a processor; other work may share it

# 100 sequences of each kind, 1,000 in the nightly profile.
SEQUENCES: Final = settings(
    max_examples=1000 if settings().max_examples >= 2000 else 100,
    stateful_step_count=7,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

TestRecovery = Recovery.TestCase
TestRecovery.settings = SEQUENCES
TestMaintenance = Maintenance.TestCase
TestMaintenance.settings = SEQUENCES
