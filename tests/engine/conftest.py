from __future__ import annotations

import fcntl
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.engine.front import EngineServer, Setting
from tests.engine.generation import build
from tests.engine.location import engine
from tests.engine.world import World
from tests.needs import ENGINE

MODULES = {"2013": "Lync", "2015": "SkypeForBusiness", "2019": "SkypeForBusiness"}


@pytest.fixture(scope="session")
def pwsh() -> Path:
    """The engine; without one the test is skipped, or fails where the engine is demanded."""
    found = engine()
    return found if found is not None else ENGINE.missing()


@pytest.fixture(scope="session")
def module(pwsh: Path, request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """`module(version)`: a folder for PSModulePath with the Lync module of that version, compiled once and kept."""
    cache = request.config.cache
    assert cache is not None
    folder = cache.mkdir("engine")

    def built(version: str) -> Path:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return build(pwsh, folder, version, MODULES[version])

    return built


Fronts = Callable[..., EngineServer]


@pytest.fixture
def front(pwsh: Path, module: Callable[[str], Path], tmp_path: Path) -> Generator[Fronts]:
    """`front(world, version="2015", tls=False, options=())`: a running WSMan server before the engine."""
    with ExitStack() as open_fronts:

        def serve(world: World, *, version: str = "2015", tls: bool = False, options: tuple[str, ...] = ()) -> EngineServer:
            environment = {**world.environment, "PSModulePath": str(module(version))}
            setting = Setting(pwsh=pwsh, home=tmp_path / "home", options=options, environment=environment)
            return open_fronts.enter_context(EngineServer(tmp_path, setting, tls=tls))

        yield serve


@pytest.fixture
def world() -> Generator[World]:
    """A world that answers nothing yet."""
    with World() as made:
        yield made
