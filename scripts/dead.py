"""What machines that are dead cost: status, plan and a whole disaster failover, in a lab.

python3 scripts/dead.py             the table: 3, 30 and 100 machines that swallow what is sent to
                                    them, or take connections and stay silent
python3 scripts/dead.py --most 3    only the small numbers
python3 scripts/dead.py --run       the disaster failover too, dead machines that swallow against
                                    such that refuse

Each command is a process of its own, as an operator types it. `endpoints`: so many dead ones are
listed before the living one. `machines`: so many Edge servers that only answer for themselves.
"""

from __future__ import annotations

import bootstrap

if __name__ == "__main__":
    bootstrap.run_inside(__file__, "test")

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.simulation import Simulation

P1, P2, EDGE = (f"{name}.contoso.com" for name in ("pool1", "pool2", "edge1"))
_RATE: Final = 600.0


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=int, default=100, help="how many dead machines at most")
    parser.add_argument("--run", action="store_true", help="a disaster failover too")
    options = parser.parse_args()
    if options.run:
        show_runs()
    counts = [count for count in (3, 30, 100) if count <= options.most]
    print("| what is dead | number | status | plan |\n| --- | --- | --- | --- |", flush=True)
    for what in ("endpoints", "machines"):
        for kind in KINDS:
            for count in counts:
                status, plan = measured(what, kind, count)
                print(f"| {what}, {kind} | {count} | {status:.1f} s | {plan:.1f} s |", flush=True)
    return 0


@contextmanager
def refusing() -> Generator[int]:
    """A port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    yield port


@contextmanager
def swallowing() -> Generator[int]:
    """A port whose queue is full: what is sent to it is never answered."""
    with ExitStack() as held:
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = int(listener.getsockname()[1])
        for _ in range(4):
            one = held.enter_context(socket.socket())
            one.setblocking(False)  # noqa: FBT003 - its name
            one.connect_ex(("127.0.0.1", port))
        yield port


@contextmanager
def silent() -> Generator[int]:
    """A port that takes connections, and never answers."""
    taken: list[socket.socket] = []

    def take() -> None:
        with suppress(OSError):
            while True:
                taken.append(listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
    for each in taken:
        each.close()


KINDS: Final = {"refusing": refusing, "swallowing": swallowing, "silent": silent}


def measured(what: str, kind: str, count: int) -> tuple[float, float]:
    """How long `status` and `plan` take."""
    pools = 2 * count if what == "machines" else 2
    with tempfile.TemporaryDirectory(prefix="lyncops-dead-") as name, ExitStack() as held:
        world = Simulation(scenario_of_size(pools, standard=True), rate=_RATE)
        lab = held.enter_context(Lab.start(world))
        port = held.enter_context(KINDS[kind]())
        config = lab.write_config(Path(name), auth="basic")
        text = config.read_text("utf-8")
        config.write_text(
            with_dead_machines(text, port)
            if what == "machines"
            else with_dead_endpoints(text, port, count),
            "utf-8",
        )
        plan = ("plan", "pool-failover", P1, "--mode", "planned")
        return timed(config, lab, "status"), timed(config, lab, *plan)


def with_dead_machines(text: str, port: int) -> str:
    """Every Edge server at the dead port."""
    return re.sub(
        r'(\[\[machine\]\]\nname = "edge[^\[]*?connect_to = ")[^"]*',
        rf"\g<1>127.0.0.1:{port}",
        text,
    )


def with_dead_endpoints(text: str, port: int, count: int) -> str:
    """So many dead endpoints before the living ones."""
    dead = "".join(
        f'[[endpoint]]\nurl = "https://dead{number}.contoso.com:5986/wsman"\nauth = "basic"\n'
        f'connect_to = "127.0.0.1:{port}"\n\n'
        for number in range(count)
    )
    return text.replace("[[endpoint]]", f"{dead}[[endpoint]]", 1)


def timed(config: Path, lab: Lab, *arguments: str) -> float:
    """The wall time of one command."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "lyncops", "--config", str(config), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, ENVIRONMENT_VARIABLE: lab.password},
    )
    took = time.perf_counter() - begun
    if done.returncode not in (0, 2, 7):
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}")
    return took


def show_runs() -> None:
    """A disaster failover: the lost pool's Front Ends and the Edge server swallow, or refuse."""
    print("| disaster failover | wall time | exit code |\n| --- | --- | --- |", flush=True)
    for kind in KINDS:
        seconds, code = failover(kind)
        print(f"| dead machines are {kind} | {seconds:.1f} s | {code} |", flush=True)
    print()


def failover(kind: str) -> tuple[float, int]:
    """One, with three Front Ends and two Edge servers that are dead."""
    with tempfile.TemporaryDirectory(prefix="lyncops-dead-") as name, ExitStack() as held:
        world = Simulation(scenario_of_size(4, front_ends=3), rate=_RATE)
        lab = held.enter_context(Lab.start(world))
        port = held.enter_context(KINDS[kind]())
        config = lab.write_config(Path(name), auth="basic")
        text = with_dead_machines(config.read_text("utf-8"), port)
        text = re.sub(
            r'(url = "https://fe1-[^\[]*?connect_to = ")[^"]*', rf"\g<1>127.0.0.1:{port}", text
        )
        config.write_text(text, "utf-8")
        lab.crash(P1)
        begun = time.perf_counter()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "lyncops", "--config", str(config)),
                *("run", "pool-failover", P1, "--mode", "disaster", "--accept-data-loss"),
                *("--no-export", "--yes"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={**os.environ, ENVIRONMENT_VARIABLE: lab.password},
        )
        if done.returncode not in (0, 7):
            print(done.stdout[-3000:], file=sys.stderr)
        return time.perf_counter() - begun, done.returncode


if __name__ == "__main__":
    sys.exit(main())
