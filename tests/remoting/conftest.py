from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remoting.machines import Ground, ground


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Ground]:
    with ground(tmp_path) as served:
        yield served
