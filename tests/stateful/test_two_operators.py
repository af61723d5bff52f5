"""Two operators cannot collide, whatever happens to them, and nothing is lost."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from lyncops.runs.journal import open_journal
from tests.postgres import Postgres
from tests.stateful.two_operators import TwoOperators

pytestmark = [pytest.mark.unmeasured, pytest.mark.timeout(600)]


def test_two_operators_cannot_collide_and_every_run_ends(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = settings().max_examples >= 150
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr("lyncops.remoting.clock.time", clock)
    journal = open_journal(postgres.database())

    class Here(TwoOperators):
        def __init__(self) -> None:
            super().__init__(journal, clock)

    try:
        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=75 if everything else 15,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
                phases=[Phase.generate],
            ),
        )
    finally:
        journal.close()
