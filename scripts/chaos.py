"""Random faults against full cycles of failover and failback by two operators, for some minutes.

python3 scripts/chaos.py --minutes 30             the journal is a file of SQLite
python3 scripts/chaos.py --minutes 30 --postgres  it is in a real PostgreSQL, which is restarted too
python3 scripts/chaos.py --minutes 3 --seed 7     the same weather again

Prints cycles, faults by kind, executions against journalled attempts, and violations: an execution
without an attempt, two runs that change a pair at once, a run that cannot be brought to its end, a
deployment that is not as before, a command that says that it was used wrongly.
"""

from __future__ import annotations

import bootstrap

if __name__ == "__main__":
    bootstrap.run_inside(__file__, "test")

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.crash.storm import Storm, Tally


def main() -> int:
    """Rage; 0 when nothing was violated."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000))
    parser.add_argument("--postgres", action="store_true", help="the journal is in PostgreSQL")
    options = parser.parse_args()
    begin = time.monotonic()
    print(f"seed {options.seed}", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lyncops-chaos-")))
        journal, restart = "", None
        if options.postgres:
            from tests.postgres import Postgres

            server = Postgres.create()
            stack.callback(server.remove)
            journal, restart = server.database(), server.restart
        storm = stack.enter_context(
            Storm.over(folder, options.seed, journal=journal, restart=restart)
        )
        while time.monotonic() - begin < 60 * options.minutes:
            known = len(storm.tally.violations)
            storm.cycle()
            show_progress(storm.tally, time.monotonic() - begin)
            for violation in storm.tally.violations[known:]:
                print(f"  {violation}", flush=True)
    show(storm.tally, time.monotonic() - begin)
    return 1 if storm.tally.violations else 0


def show_progress(tally: Tally, seconds: float) -> None:
    """One line for each cycle."""
    print(
        f"{seconds:7.1f} s  cycle {tally.cycles}: {tally.faults.total()} faults,"
        f" {sum(tally.executions.values())} executions for {sum(tally.attempts.values())} attempts,"
        f" {len(tally.violations)} violations",
        flush=True,
    )


def show(tally: Tally, seconds: float) -> None:
    """What was counted."""
    print(f"\n{tally.cycles} cycles in {seconds:.0f} s, {tally.commands} commands")
    print(f"of them {tally.resumes} resumed; exit codes: {_listed(tally.codes)}")
    print(f"runs ended: {_listed(tally.states)}")
    print(f"faults: {_listed(tally.faults)}; {tally.faults.total()} in all")
    for name, number in sorted(tally.executions.items()):
        print(f"{name:<36} {number:>5} executions {tally.attempts.get(name, 0):>5} attempts")
    print(f"violations: {len(tally.violations)}")
    for violation in tally.violations:
        print(f"  {violation}")


def _listed(counts: Mapping[str, int] | Mapping[int, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items(), key=str))


if __name__ == "__main__":
    sys.exit(main())
