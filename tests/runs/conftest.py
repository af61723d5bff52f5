from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Postgres
from tests.runs.scene import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


@pytest.fixture(params=["sqlite", "postgres"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """An office whose journal is in a file of SQLite, and then in a real PostgreSQL."""
    postgres: Postgres | None = (
        request.getfixturevalue("postgres") if request.param == "postgres" else None
    )
    office = Office(tmp_path, database=postgres.database() if postgres else "")
    yield office
    office.close()
