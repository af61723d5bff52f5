from __future__ import annotations

import fcntl
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import attrs
import pytest

from tests.engine.deployment import EDGE_SERVERS, P1, P2, Deployment
from tests.engine.front import EngineServer, Setting
from tests.engine.generation import build
from tests.engine.location import engine
from tests.engine.outside import Outside
from tests.engine.world import World
from tests.independent.desk import Desk, desk_for
from tests.needs import ENGINE

MODULES = {"2013": "Lync", "2015": "SkypeForBusiness", "2019": "SkypeForBusiness"}


@pytest.fixture(scope="session")
def pwsh() -> Path:
    """The engine; without one the test is skipped, or fails where the engine is demanded."""
    found = engine()
    return found if found is not None else ENGINE.missing()


@pytest.fixture(scope="session")
def module(pwsh: Path, request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """`module(version)`: the folder of that version's Lync module, compiled once and kept; see `build`."""
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

        def serve(
            world: World,
            *,
            version: str = "2015",
            tls: bool = False,
            options: tuple[str, ...] = (),
            machine: str = "fe2a.contoso.com",
            deep: bool = False,
        ) -> EngineServer:
            modules = module(version) / ("deep" if deep else "flat")
            environment = {**world.environment, "PSModulePath": str(modules), "LYNCOPS_MACHINE": machine}
            setting = Setting(pwsh=pwsh, home=tmp_path / "home", options=options, environment=environment)
            return open_fronts.enter_context(EngineServer(tmp_path, setting, tls=tls))

        yield serve


@pytest.fixture
def world() -> Generator[World]:
    """A world that answers nothing yet."""
    with World() as made:
        yield made


@attrs.frozen(kw_only=True)
class Site:
    """The deployment behind real engines, and an operator before it."""

    world: World
    deployment: Deployment
    server: EngineServer
    desk: Desk
    outside: Outside


@pytest.fixture
def site(world: World, front: Fronts, tmp_path: Path, request: pytest.FixtureRequest) -> Generator[Site]:
    """Two pairs of pools through an engine on a Front End, and each Edge server through one of its own.

    The parameter, where a test gives one: whether a types file raises the depth to which values are serialised.
    """
    deployment = Deployment()
    server = front(deployment.install(world), deep=getattr(request, "param", True))
    machines = "".join(
        f'[[machine]]\nname = "{name}"\nurl = "http://{name}:5985/wsman"\nauth = "ntlm"\n'
        f'connect_to = "127.0.0.1:{front(world, machine=name).port}"\n'
        for names in EDGE_SERVERS.values()
        for name in names
    )
    with Outside() as outside:
        more = 'settle = "2s"\nparallel = 1\n' + machines + outside.configuration
        pools = tuple(f'pool = "{pool}"\n' for pool in (P1, P2))
        desk = desk_for(tmp_path, server, server, path="wsman", open_timeout="30s", endpoint=pools, more=more)
        yield Site(world=world, deployment=deployment, server=server, desk=desk, outside=outside)
