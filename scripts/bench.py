"""How fast lyncops is, against raw pypsrp and the same server process, measured in one run.

python3 scripts/bench.py            prints the figures, the targets, and whether they are reached
python3 scripts/bench.py --json     the same as JSON
python3 scripts/bench.py --scale    only the sizes: snapshot, readiness and memory

The server is the lab, in a process of its own, over HTTP with NTLM message encryption; a session
costs it a second. Every cmdlet of the snapshots takes 50 ms longer on the server. The plain script
asks exactly what lyncops asked, of the same machines, one cmdlet after the other, and does nothing
with the answers. The limit is what the server alone needs: its session, and the cmdlets of all
runspaces side by side. `failover_overhead_s` is the time that a whole planned failover takes, from
the reading to the report, while no server is asked: a cmdlet, or the session for it. Growth is the
growth in time from one size to the next, divided by that in pools; the worst of all steps. Beyond
200 pools the plain script is not run: its time is that at 200 pools for each cmdlet, times the
cmdlets (`plain_by_rule_s`). Memory is the growth of the peak from one size to the next for each
pool. 32 readings go through one runspace and through all, with and without 80 ms of network, in the
lab and on a real PowerShell engine where one is found (LYNCOPS_PWSH, else PATH).
"""

from __future__ import annotations

import bootstrap

if __name__ == "__main__":
    bootstrap.run_inside(__file__, "cli", "lab")

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from unittest.mock import patch

from lyncops.remoting.endpoint import Credentials, Endpoint
from lyncops.remoting.retry import RetryPolicy
from lyncops.values import ANYWHERE, OnMachine, Place

if TYPE_CHECKING:
    from lyncops.client import Client
    from lyncops.cmdlets.base import Cmdlet
    from lyncops.remoting.execution import Execution

R = TypeVar("R")
Asked = tuple[str | None, str, dict[str, Any]]

SIZES: Final = (2, 20, 200, 1000, 2000)
PLAIN: Final = 200
"""To this size the plain script is run."""
DELAY: Final = timedelta(milliseconds=50)
SESSION_COST: Final = timedelta(seconds=1)
FAST: Final = 600.0
"""How fast the clock of the lab goes while a failover waits for the lab's services."""
TARGETS: Final = {
    "cmdlet_time_ratio": ("at most", 1.10),
    "cmdlet_requests_ratio": ("at most", 1.0),
    "import_ratio": ("at most", 0.4),
    "snapshot_200_speedup": ("at least", 8.0),
    "snapshot_200_lyncops_limit_ratio": ("at most", 1.4),
    "snapshot_200_lyncops_sessions": ("at most", 1.0),
    "engine_0ms_ratio": ("at most", 1.1),
    "engine_80ms_ratio": ("at most", 0.4),
    "snapshot_growth_per_pool": ("at most", 1.0),
    "snapshot_1000_and_readiness_s": ("at most", 60.0),
    "memory_per_pool_kb": ("at most", 60.0),
    "readiness_growth_per_pool": ("at most", 1.2),
    "failover_overhead_s": ("at most", 2.0),
}
ROUNDS: Final = 150


def main() -> int:
    """Measure everything and print it; 0 when all targets are reached."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--scale", action="store_true", help="only what grows with the pools")
    parser.add_argument(
        "--sizes", nargs="+", type=int, default=SIZES, metavar="POOLS", help="of which deployments"
    )
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        name, *arguments = options.part
        return PARTS[name](*arguments)
    figures = measure(sorted(options.sizes), scale_only=options.scale)
    reached = {
        name: judged(figures[name], *target) for name, target in TARGETS.items() if name in figures
    }
    if options.json:
        print(json.dumps({"figures": figures, "targets": TARGETS, "reached": reached}, indent=2))
    else:
        show(figures, reached)
    return 0 if all(reached.values()) else 1


def judged(value: float, relation: str, target: float) -> bool:
    """Whether a figure reaches its target."""
    return value <= target if relation == "at most" else value >= target


def show(figures: dict[str, float], reached: dict[str, bool]) -> None:
    """Print the figures for people."""
    for name, value in figures.items():
        target = f"   target: {TARGETS[name][0]} {TARGETS[name][1]:g}: " if name in TARGETS else ""
        verdict = ("reached" if reached[name] else "NOT REACHED") if name in TARGETS else ""
        print(f"{name:<36} {value:>12,.3f}{target}{verdict}")
    for name in TARGETS.keys() - figures.keys():
        print(f"{name:<36} not measured: --scale, or no PowerShell engine (LYNCOPS_PWSH)")


def measure(sizes: Sequence[int], *, scale_only: bool = False) -> dict[str, float]:
    """All figures by name; times are in the unit that the name ends with."""
    figures: dict[str, float] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="lyncops-bench-") as name, served(name, size):
            if size == sizes[0] and not scale_only:
                figures |= part("session", name) | imports() | part("readings", name)
            figures |= {
                f"snapshot_{size}_{key}": value
                for key, value in snapshot(Path(name), size, figures).items()
            }
    if not scale_only:
        with tempfile.TemporaryDirectory(prefix="lyncops-bench-") as name, served(name, 2, FAST):
            figures |= part("failover", name)
    return figures | scaled(figures, sizes)


def snapshot(folder: Path, size: int, known: dict[str, float]) -> dict[str, float]:
    """Read one deployment with lyncops, then ask the same one by one up to `PLAIN` pools."""
    mine = part("snapshot", str(folder))
    figures = {f"lyncops_{key}": value for key, value in mine.items()}
    if size <= PLAIN:
        plain = part("sequential", str(folder))
        figures |= {f"plain_{key}": value for key, value in plain.items()}
        return figures | {"speedup": plain["s"] / mine["s"]}
    each = known[f"snapshot_{PLAIN}_plain_s"] / known[f"snapshot_{PLAIN}_lyncops_cmdlets"]
    by_rule = each * mine["cmdlets"]
    return figures | {"plain_by_rule_s": by_rule, "speedup": by_rule / mine["s"]}


def scaled(figures: dict[str, float], sizes: Sequence[int]) -> dict[str, float]:
    """How time and memory grow from one size to the next; the latter from `PLAIN` pools on."""
    steps = tuple(itertools.pairwise(sizes))
    large = tuple(step for step in steps if step[0] >= PLAIN)

    def of(name: str, size: int) -> float:
        return figures[f"snapshot_{size}_lyncops_{name}"]

    def growth(name: str, steps: Iterable[tuple[int, int]]) -> float:
        return max(of(name, to) / of(name, since) / (to / since) for since, to in steps)

    found: dict[str, float] = {}
    if steps:
        found["snapshot_growth_per_pool"] = growth("s", steps)
    if large:
        found["readiness_growth_per_pool"] = growth("readiness_s", large)
        found["memory_per_pool_kb"] = max(
            1024 * (of("peak_mb", to) - of("peak_mb", since)) / (to - since) for since, to in large
        )
    if 1000 in sizes:
        found["snapshot_1000_and_readiness_s"] = of("s", 1000) + of("readiness_s", 1000)
    return found


def imports() -> dict[str, float]:
    """What the imports cost in fresh interpreters, beyond starting one."""
    times = {
        code: [timed_process(code) for _ in range(9)]
        for code in ("pass", "import lyncops", "import pypsrp")
    }
    empty, mine, theirs = (min(values) for values in times.values())
    cost, other = max(mine - empty, 0.0), theirs - empty
    return {
        "import_lyncops_ms": 1000 * cost,
        "import_pypsrp_ms": 1000 * other,
        "import_ratio": cost / other,
    }


def timed_process(code: str) -> float:
    """How long an interpreter takes over `code`."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begin


def part(name: str, *arguments: str) -> dict[str, float]:
    """Run one measurement in a process of its own, so that memory and imports are its own too."""
    done = subprocess.run(
        [sys.executable, __file__, "--part", name, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


@contextmanager
def served(folder: str, size: int, rate: float = 1.0) -> Generator[None]:
    """The server process, with a deployment of one size, until the block ends: what is not asked
    takes no time from what is.
    """
    command = [sys.executable, __file__, "--part", "serve", folder, f"{size}", f"{rate}"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as server:
        ready: dict[str, str] = json.loads(server.stdout.readline() if server.stdout else "{}")
        os.environ |= ready
        yield
        server.communicate("")


def serve(folder: str, size: str, rate: str) -> int:
    """Serve a deployment of one size until standard input closes."""
    from lyncops.lab.control.server import ControlServer
    from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
    from lyncops.lab.scenarios.generator import scenario_of_size
    from lyncops.lab.simulation import Simulation

    world = Simulation(scenario_of_size(int(size), standard=True), rate=float(rate))
    world.switches.session_cost = SESSION_COST
    # One session asks about every machine, so that both scripts ask the same
    world.switches.double_hop_to_machines = False
    world.switches.enforce_double_hop = False
    out = Path(folder)
    with Lab.start(world) as lab:
        lab.write_config(out, auth="ntlm")
        with ControlServer(lab.served, out):
            print(json.dumps({ENVIRONMENT_VARIABLE: lab.password}), flush=True)
            sys.stdin.read()
    return 0


def session(folder: str) -> int:
    """One cmdlet and one session, lyncops and raw pypsrp by turns."""
    import lyncops
    from lyncops.cmdlets import GetCsSite

    config = Path(folder, "lyncops.toml")
    cmdlet = GetCsSite()

    def open_mine() -> None:
        with lyncops.connect(config) as client:
            client.run_cmdlet(cmdlet)

    def open_theirs() -> None:
        with raw_pool(config) as run:
            run("Get-CsSite", {})

    opening = by_turns(open_mine, open_theirs, rounds=12)
    with lyncops.connect(config) as client, raw_pool(config) as run:

        def mine() -> None:
            client.run_cmdlet(cmdlet)

        def theirs() -> None:
            run("Get-CsSite", {})

        running = by_turns(mine, theirs, rounds=ROUNDS)
        requests = [counted(Path(folder), action) for action in (mine, theirs)]
    figures = {
        "cmdlet_lyncops_ms": 1000 * running[0],
        "cmdlet_pypsrp_ms": 1000 * running[1],
        "cmdlet_time_ratio": running[0] / running[1],
        "cmdlet_lyncops_requests": requests[0],
        "cmdlet_pypsrp_requests": requests[1],
        "cmdlet_requests_ratio": requests[0] / requests[1],
        "session_lyncops_ms": 1000 * opening[0],
        "session_pypsrp_ms": 1000 * opening[1],
        "session_time_ratio": opening[0] / opening[1],
        "session_lyncops_requests": counted(Path(folder), open_mine),
        "session_pypsrp_requests": counted(Path(folder), open_theirs),
    }
    print(json.dumps(figures))
    return 0


def by_turns(
    mine: Callable[[], None], theirs: Callable[[], None], *, rounds: int
) -> tuple[float, float]:
    """The median of each, measured by turns, so that whatever else the machine does strikes
    both.
    """
    times: dict[Callable[[], None], list[float]] = {mine: [], theirs: []}
    for _ in range(rounds):
        for action, taken in times.items():
            begin = time.perf_counter()
            action()
            taken.append(time.perf_counter() - begin)
    return statistics.median(times[mine]), statistics.median(times[theirs])


def counted(folder: Path, action: Callable[[], None]) -> int:
    """How many HTTP requests the server sees of an action."""
    before = total_requests(folder)
    action()
    return total_requests(folder) - before


def total_requests(folder: Path, kind: str = "requests") -> int:
    """All HTTP requests that the server of a deployment has seen, or those for sessions."""
    from lyncops.lab.control.asking import ask

    shown: Any = ask(folder, "show", ())
    return int(shown[kind])


def read_snapshot(folder: str) -> int:
    """One snapshot with lyncops; what it asked is written down for the plain script."""
    import lyncops
    from lyncops.procedures.readiness import readiness

    out = Path(folder)
    delay(out)
    before, sessions = total_requests(out), total_requests(out, "sessions")
    begin = time.perf_counter()
    with lyncops.connect(out / "lyncops.toml") as client, recorded(client) as asked:
        deployment = client.status()
    took = time.perf_counter() - begin
    if deployment.unread:
        raise SystemExit(f"The snapshot is not whole: {deployment.unread[0]}")
    begin = time.perf_counter()
    found = readiness(deployment)
    judged_in = time.perf_counter() - begin
    if len(found.pools) != len(deployment.front_end_pools):
        raise SystemExit(f"Readiness was not asked of every pool: {found!r}")
    (out / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    limit = SESSION_COST + len(asked) * DELAY / RetryPolicy().parallel
    figures = {
        "s": took,
        "readiness_s": judged_in,
        "limit_ratio": took / limit.total_seconds(),
        "requests": total_requests(out) - before,
        "sessions": (
            (total_requests(out, "sessions") - sessions) / len({machine for machine, _, _ in asked})
        ),
        "cmdlets": len(asked),
        "peak_mb": peak_memory(),
    }
    print(json.dumps(figures))
    return 0


def failover(folder: str) -> int:
    """A whole planned failover, and the time of it in which no server is asked."""
    import lyncops
    from lyncops.plan.procedures import PoolFailover
    from lyncops.remoting.sessions import Sessions
    from lyncops.runs.model import RunState
    from lyncops.values import Fqdn, Mode

    asked: list[tuple[float, float]] = []
    run = Sessions.run

    def note(
        sessions: Sessions,
        cmdlet: Cmdlet[R],
        **options: Any,  # noqa: ANN401 - whatever the method takes
    ) -> Execution[R]:
        begin = time.perf_counter()
        try:
            return run(sessions, cmdlet, **options)
        finally:
            asked.append((begin, time.perf_counter()))

    request = PoolFailover(pool=Fqdn("pool1.contoso.com"), mode=Mode.PLANNED)
    begin = time.perf_counter()
    with (
        patch.object(Sessions, "run", note),
        lyncops.connect(Path(folder, "lyncops.toml")) as client,
    ):
        done = client.run(client.plan(request))
    took = time.perf_counter() - begin
    if done.state is not RunState.COMPLETED:
        raise SystemExit(f"The failover did not end: {done.state.value} {done.why}")
    figures = {"failover_s": took, "failover_overhead_s": took - covered(asked)}
    print(json.dumps(figures))
    return 0


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """How long at least one of these spans lasts."""
    total, until = 0.0, 0.0
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total


def read_many(folder: str) -> int:
    """32 readings, in the lab and on the engine."""
    import bench_readings

    settings = tomllib.loads(Path(folder, "lyncops.toml").read_text(encoding="utf-8"))
    first, user = settings["endpoint"][0], settings["credentials"]
    endpoint = Endpoint(url=first["url"], auth=first["auth"], connect_to=first["connect_to"])
    credentials = Credentials(username=user["username"], password=os.environ[user["password_env"]])
    print(
        json.dumps(
            bench_readings.in_the_lab(endpoint, credentials) | bench_readings.on_the_engine()
        )
    )
    return 0


@contextmanager
def recorded(client: Client) -> Generator[list[Asked]]:
    """Write down what the client's sessions are asked, and on which machine where that matters."""
    asked: list[Asked] = []
    submit = client.connection.sessions.submit

    def note(
        cmdlet: Cmdlet[R], *, place: Place = ANYWHERE, deadline: timedelta | None = None
    ) -> Future[Execution[R]]:
        machine = str(place.machine) if isinstance(place, OnMachine) else None
        asked.append(
            (
                machine,
                cmdlet.NAME,
                {name: plain(value) for name, value in cmdlet.arguments().items()},
            )
        )
        return submit(cmdlet, place=place, deadline=deadline)

    with patch.object(client.connection.sessions, "submit", note):
        yield asked


def plain(value: object) -> object:
    """A parameter as a plain script would write it."""
    return value if isinstance(value, (bool, int)) else str(value)


def read_sequentially(folder: str) -> int:
    """Ask the same as the snapshot did, one after the other."""
    out = Path(folder)
    asked: Iterable[Asked] = json.loads((out / "asked.json").read_text(encoding="utf-8"))
    before = total_requests(out)
    begin = time.perf_counter()
    with raw_pool(out / "lyncops.toml") as run:
        for machine, name, arguments in asked:
            if machine is None:
                run(name, arguments)
                continue
            with raw_pool(out / "lyncops.toml", machine) as run_there:
                run_there(name, arguments)
    took = time.perf_counter() - begin
    print(
        json.dumps({"s": took, "requests": total_requests(out) - before, "peak_mb": peak_memory()})
    )
    return 0


def delay(out: Path) -> None:
    """Let every cmdlet of this deployment take longer on the server."""
    from lyncops.lab.control.asking import ask

    ask(out, "profile", (f"delay={DELAY / timedelta(milliseconds=1):g}ms",))


@contextmanager
def raw_pool(
    config: Path, machine: str | None = None
) -> Generator[Callable[[str, dict[str, Any]], None]]:
    """A runspace pool of pypsrp alone, on the first server or on a machine; the module imported, as
    a person must.
    """
    from pypsrp.powershell import PowerShell, RunspacePool
    from pypsrp.wsman import WSMan

    settings = tomllib.loads(config.read_text(encoding="utf-8"))
    places = {
        place.get("name"): place["connect_to"]
        for place in (*settings["endpoint"][:1], *settings["machine"])
    }
    host, _, port = places[machine].partition(":")
    wsman = WSMan(
        host,
        port=int(port),
        ssl=False,
        auth="ntlm",
        username=settings["credentials"]["username"],
        password=os.environ[settings["credentials"]["password_env"]],
        no_proxy=True,
    )

    def run(name: str, arguments: dict[str, Any]) -> None:
        shell = PowerShell(pool)
        shell.add_cmdlet(name)
        shell.add_parameters(arguments)
        methodcaller("invoke")(shell)
        if shell.streams.error:
            raise SystemExit(f"{name}: {shell.streams.error[0]}")

    with wsman, RunspacePool(wsman) as pool:
        run("Import-Module", {"Name": "Lync"})
        yield run


def peak_memory() -> float:
    """The most memory that this process has had, in megabytes; 0 if the system does not
    report it.
    """
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform != "darwin" else peak / 1024 / 1024


PARTS: Final[dict[str, Callable[..., int]]] = {
    "serve": serve,
    "session": session,
    "snapshot": read_snapshot,
    "sequential": read_sequentially,
    "readings": read_many,
    "failover": failover,
}


if __name__ == "__main__":
    sys.exit(main())
