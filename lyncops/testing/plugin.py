"""The fixtures for pytest. What they need is imported when a test asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import pytest

if TYPE_CHECKING:
    from lyncops.client import Client
    from lyncops.lab.lab import Lab
    from lyncops.testing.memory import InMemory

RATE: Final = 3000.0
"""How much faster than real time a lab's clock runs here: an hour passes in 1.2 s."""

_MARKER: Final = (
    "lyncops(scenario='two-sites', rate=3000.0): which deployment the fixtures of lyncops simulate "
    "(a name of `lyncops lab scenarios` or the path of a TOML file), and how much faster than "
    "real time a lab's clock runs."
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


def _asked(request: pytest.FixtureRequest, name: str, default: object) -> object:
    marker = request.node.get_closest_marker("lyncops")
    return default if marker is None else marker.kwargs.get(name, default)


@pytest.fixture
def lyncops_lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A simulated deployment behind real WinRM on 127.0.0.1, new for each test."""
    try:
        from lyncops.lab.lab import Lab
    except ModuleNotFoundError as error:
        pytest.fail(f'The lab needs {error.name}: pip install "lyncops[testing]".', pytrace=False)

    scenario, rate = _asked(request, "scenario", "two-sites"), _asked(request, "rate", RATE)
    with Lab.start(cast("str | Path", scenario), rate=cast("float | None", rate)) as lab:
        yield lab


@pytest.fixture
def lyncops_config(lyncops_lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lyncops.toml that points at `lyncops_lab`; the password is where it says."""
    from lyncops.lab.lab import ENVIRONMENT_VARIABLE

    monkeypatch.setenv(ENVIRONMENT_VARIABLE, lyncops_lab.password)
    return lyncops_lab.write_config(tmp_path / "lyncops")


@pytest.fixture
def lyncops_client(lyncops_config: Path) -> Iterator[Client]:
    """A client that is connected with `lyncops_lab`."""
    from lyncops import connect

    with connect(lyncops_config) as client:
        yield client


@pytest.fixture
def lyncops_in_memory(request: pytest.FixtureRequest) -> Iterator[InMemory]:
    """A deployment in this process with a client: without sockets, and waiting takes no time."""
    from lyncops.testing.memory import in_memory

    with in_memory(cast("str | Path", _asked(request, "scenario", "two-sites"))) as deployment:
        yield deployment
