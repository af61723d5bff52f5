from __future__ import annotations

import fcntl
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TypeVar

import attrs
import pytest

from lyncops.cmdlets import Cmdlet
from lyncops.remoting.execution import Execution
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.remoting.sessions import Sessions
from tests.engine.deployment import EDGE_SERVERS, P1, P2, Deployment
from tests.engine.front import EngineServer, Setting
from tests.engine.generation import build
from tests.engine.location import engine
from tests.engine.outside import Outside
from tests.engine.world import Action, Handler, World
from tests.independent.desk import Desk, desk_for
from tests.needs import ENGINE

R = TypeVar("R")
MODULES: Final = {"2013": "Lync", "2015": "SkypeForBusiness", "2019": "SkypeForBusiness"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs here is covered by the tests of each room too."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.unmeasured)


@pytest.fixture(scope="session")
def pwsh() -> Path:
    """The engine; without one the test is skipped, or fails where the engine is demanded."""
    found = engine()
    return found if found is not None else ENGINE.missing()


@pytest.fixture(scope="session")
def module(pwsh: Path, request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """`module(version)`: the folder of that version's Lync module, compiled once and kept; see
    `build`.
    """
    cache = request.config.cache
    assert cache is not None
    folder = cache.mkdir("engine")

    def built(version: str) -> Path:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return build(pwsh, folder, version, MODULES[version])

    return built


@attrs.frozen(kw_only=True)
class Fronts:
    """Makes WSMan servers before the engine; they run until the fixture ends."""

    pwsh: Path
    module: Callable[[str], Path]
    folder: Path
    stack: ExitStack

    def __call__(
        self,
        world: World,
        *,
        version: str = "2015",
        tls: bool = False,
        options: tuple[str, ...] = (),
        machine: str = "fe2a.contoso.com",
        form: str = "flat",
    ) -> EngineServer:
        """A running one. `form` is the module's: see `build`."""
        modules = self.module(version) / form
        environment = {
            **world.environment,
            "PSModulePath": str(modules),
            "LYNCOPS_MACHINE": machine,
        }
        setting = Setting(
            pwsh=self.pwsh, home=self.folder / "home", options=options, environment=environment
        )
        return self.stack.enter_context(EngineServer(self.folder, setting, tls=tls))


@pytest.fixture
def front(pwsh: Path, module: Callable[[str], Path], tmp_path: Path) -> Generator[Fronts]:
    """Servers of this test."""
    with ExitStack() as stack:
        yield Fronts(pwsh=pwsh, module=module, folder=tmp_path, stack=stack)


@attrs.frozen(kw_only=True)
class Bench:
    """A world, a session of lyncops on an engine before it, and the server between: shared by the
    tests of a file.
    """

    world: World
    server: EngineServer
    sessions: Sessions

    def run(self, cmdlet: Cmdlet[R], *answer: Action) -> Execution[R]:
        """Run the cmdlet, which does as it is told."""
        return self.following(cmdlet, lambda _call: answer)

    def following(
        self,
        cmdlet: Cmdlet[R],
        handler: Handler,
        on_record: Callable[[StreamRecord], None] | None = None,
    ) -> Execution[R]:
        """Run the cmdlet with that handler."""
        self.world.handlers[cmdlet.NAME] = handler
        try:
            return self.sessions.run(cmdlet, on_record=on_record)
        finally:
            del self.world.handlers[cmdlet.NAME]


@pytest.fixture(scope="module")
def bench(
    pwsh: Path, module: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Generator[Bench]:
    """One engine for the whole file."""
    folder = tmp_path_factory.mktemp("bench")
    with World() as world, ExitStack() as stack:
        server = Fronts(pwsh=pwsh, module=module, folder=folder, stack=stack)(world)
        sessions = stack.enter_context(
            desk_for(folder, server, path="wsman", open_timeout="30s").sessions()
        )
        yield Bench(world=world, server=server, sessions=sessions)


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
def site(
    world: World, front: Fronts, tmp_path: Path, request: pytest.FixtureRequest
) -> Generator[Site]:
    """Two pairs of pools through an engine on a Front End, and each Edge server through one of its
    own.

    The parameter, where a test gives one, is the module's form: see `build`.
    """
    deployment = Deployment()
    server = front(deployment.install(world), form=getattr(request, "param", "flat"))
    machines = "".join(
        f'[[machine]]\nname = "{name}"\nurl = "http://{name}:5985/wsman"\nauth = "ntlm"\n'
        f'connect_to = "127.0.0.1:{front(world, machine=name).port}"\n'
        for names in EDGE_SERVERS.values()
        for name in names
    )
    with Outside() as outside:
        more = 'settle = "2s"\n' + machines + outside.configuration
        pools = tuple(f'pool = "{pool}"\n' for pool in (P1, P2))
        desk = desk_for(
            tmp_path, server, server, path="wsman", open_timeout="30s", endpoint=pools, more=more
        )
        yield Site(world=world, deployment=deployment, server=server, desk=desk, outside=outside)
