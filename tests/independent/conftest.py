"""What all tests on the independent server share."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lyncops.runs import steps


@pytest.fixture(autouse=True)
def short_wait_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait two seconds, not thirty, for the effect of a cmdlet that failed: here it comes at once
    or never.
    """
    monkeypatch.setattr(steps, "AFTER_FAILURE", timedelta(seconds=2))
