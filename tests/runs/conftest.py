from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs.scene import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


@pytest.fixture(scope="session", autouse=True)
def no_power_cuts() -> Iterator[None]:
    """These tests kill processes, not computers: the disk need not be waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lyncops.runs.sql_journal.PRAGMAS", ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=ON"))
        yield
