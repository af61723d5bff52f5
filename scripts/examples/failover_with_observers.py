"""Fail a pool over, and notify people and programs of its progress.

python3 failover_with_observers.py lyncops.toml pool1.contoso.com --mode planned
python3 failover_with_observers.py lyncops.toml pool1.contoso.com --mode disaster --accept-data-loss

`--events events.jsonl` writes what happens for a program that follows the file.

The exit code is 0 where it is done, 2 where a check refuses it, 4 where nobody knows how it ended,
and 3 where it stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import lyncops


class Lines:
    """An observer that prints one line for each thing worth a line."""

    def observe(self, event: lyncops.Event) -> None:
        """Print it."""
        match event:
            case lyncops.RunChanged():
                print(f"{event.at:%H:%M:%S}  the run is {event.state} {event.why}", flush=True)
            case lyncops.StepChanged():
                print(
                    f"{event.at:%H:%M:%S}  {event.step_id}: {event.state} {event.why}", flush=True
                )
            case lyncops.AttemptPrepared():
                print(
                    f"{event.at:%H:%M:%S}  {event.step_id}: sending to {event.address.endpoint}",
                    flush=True,
                )
            case _:
                pass


class JsonLines:
    """An observer that appends each event to a file, for a chat bot or a dashboard."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def observe(self, event: lyncops.Event) -> None:
        """Write it. What an observer raises is logged, and never stops a run."""
        data = {
            "event": type(event).__name__,
            "run_id": event.run_id,
            "at": event.at.isoformat(),
            "step_id": getattr(event, "step_id", None),
            "state": getattr(event, "state", None),
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(data)}\n")


def main() -> int:
    """Plan, show, run with both observers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", help="the path of lyncops.toml")
    parser.add_argument("pool", help="the pool that first homed the users")
    parser.add_argument("--mode", choices=["planned", "disaster"], required=True)
    parser.add_argument("--accept-data-loss", action="store_true")
    parser.add_argument("--events", type=Path, help="the file for the JSON lines")
    options = parser.parse_args()
    observers: list[lyncops.Observer] = [Lines()]
    if options.events:
        observers.append(JsonLines(options.events))
    try:
        procedure = lyncops.PoolFailover(
            pool=options.pool, mode=options.mode, accept_data_loss=options.accept_data_loss
        )
        with lyncops.connect(options.config) as client:
            return carry_out(client, procedure, observers)
    except lyncops.LyncOpsError as error:
        print(error, file=sys.stderr)
        return 1


def carry_out(
    client: lyncops.Client, procedure: lyncops.Procedure, observers: list[lyncops.Observer]
) -> int:
    """Run the plan, and go on where a person has done a manual step."""
    plan = client.plan(procedure)
    print(plan)
    if plan.is_refused:
        return 2
    run = client.run(plan, observers=observers)
    while run.state == lyncops.RunState.PENDING_MANUAL_STEP:
        input(f"{run.why} Press Enter when it is done: ")
        run = client.resume(run.run_id, observers=observers)
    print(client.report(run.run_id))
    if run.state == lyncops.RunState.UNKNOWN:
        return 4
    return 0 if run.state in ("completed", "completed_with_exceptions") else 3


if __name__ == "__main__":
    sys.exit(main())
