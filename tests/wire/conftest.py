from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lyncops.lab.wire.faults import Profile
from tests.wire.stub import RawClient, Served, served


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as one:
        yield one


@pytest.fixture
def open_lab(tmp_path: Path) -> Iterator[Served]:
    """A lab that takes unencrypted traffic, so that a test can write envelopes by hand."""
    with served(tmp_path, profile=Profile(allow_unencrypted=True)) as one:
        yield one


@pytest.fixture
def raw(open_lab: Served) -> RawClient:
    return RawClient(open_lab.address())
