"""32 readings through one runspace and through all of them, with and without a long way to the
server: part of bench.py.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Generator
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lyncops.cmdlets import GetCsServerVersion, GetCsSite
from lyncops.remoting.clock import SystemClock
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint, TcpAddress
from lyncops.remoting.retry import RetryPolicy
from lyncops.remoting.sessions import Sessions
from tests.relay import Relay, address

if TYPE_CHECKING:
    from lyncops.cmdlets.base import Cmdlet

READINGS: Final = 32
ROUNDS: Final = {timedelta(): 9, timedelta(milliseconds=80): 3}
"""How often each is measured, by the round trip: without one they take a fifth of a second."""


def measure(
    endpoint: Endpoint, user: Credentials, cmdlet: Cmdlet[object], name: str
) -> dict[str, float]:
    """Seconds for all readings in a session that is open, and the share that several runspaces take
    of what one takes.
    """
    figures: dict[str, float] = {}
    most = RetryPolicy().parallel
    for round_trip, rounds in ROUNDS.items():
        with Relay([address(str(endpoint.connect_to))], delay=round_trip / 2) as relay:
            there = _through(endpoint, relay)
            times: dict[int, list[float]] = {1: [], most: []}
            for _ in range(rounds):
                for parallel, taken in times.items():
                    taken.append(_read(there, user, cmdlet, parallel))
        label = f"{name}_{round_trip / timedelta(milliseconds=1):.0f}ms"
        one, many = (statistics.median(taken) for taken in times.values())
        figures |= {
            f"{label}_1_runspace_s": one,
            f"{label}_{most}_runspaces_s": many,
            f"{label}_ratio": many / one,
        }
    return figures


def _through(endpoint: Endpoint, relay: Relay) -> Endpoint:
    return Endpoint(
        url=endpoint.url,
        auth=endpoint.auth,
        connect_to=TcpAddress.parse(relay.address),
        ca=endpoint.ca,
    )


def _read(endpoint: Endpoint, user: Credentials, cmdlet: Cmdlet[object], parallel: int) -> float:
    policy = RetryPolicy(parallel=parallel, open_timeout=timedelta(seconds=60))
    with Sessions([endpoint], credentials=user, policy=policy, clock=SystemClock()) as sessions:
        if sessions.run(cmdlet).attempts != 1:
            raise SystemExit("The first reading was not answered at once.")
        begin = time.perf_counter()
        readings = [sessions.submit(cmdlet) for _ in range(READINGS)]
        wait(readings)
        took = time.perf_counter() - begin
    for answer in (reading.result() for reading in readings):
        if answer.reason or answer.attempts != 1:
            raise SystemExit(
                f"Not every reading was answered at once: {answer.reason} ({answer.attempts}"
                f" attempts, {parallel} runspaces)"
            )
    return took


def in_the_lab(endpoint: Endpoint, user: Credentials) -> dict[str, float]:
    """Against the lab, which is another process."""
    return measure(endpoint, user, GetCsSite(), "lab")


def on_the_engine() -> dict[str, float]:
    """Against a real PowerShell, where one is found; nothing where there is none."""
    from tests.engine.location import engine

    pwsh = engine()
    if pwsh is None:
        return {}
    with _front(pwsh) as (endpoint, user):
        return measure(endpoint, user, GetCsServerVersion(), "engine")


@contextmanager
def _front(pwsh: Path) -> Generator[tuple[Endpoint, Credentials]]:
    from tests.engine.front import EngineServer, Setting
    from tests.engine.generation import build
    from tests.engine.world import World, output
    from tests.independent.server import PASSWORD, USER

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lyncops-bench-")))
        world = stack.enter_context(World())
        world.handlers["Get-CsServerVersion"] = lambda _call: [
            output("Microsoft Lync Server 2013 (5.0.8308.0)")
        ]
        modules = build(pwsh, folder, "2013", "Lync") / "flat"
        environment = {
            **os.environ,
            **world.environment,
            "PSModulePath": str(modules),
            "LYNCOPS_MACHINE": "fe1.contoso.com",
        }
        server = stack.enter_context(
            EngineServer(
                folder, Setting(pwsh=pwsh, home=folder / "home", environment=environment), tls=False
            )
        )
        there = TcpAddress("127.0.0.1", server.port)
        url = f"http://fe1.contoso.com:{server.port}/wsman"
        yield (
            Endpoint(url=url, auth=Auth.NTLM, connect_to=there),
            Credentials(username=USER, password=PASSWORD),
        )
