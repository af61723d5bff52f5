"""`lyncops runs watch`: a run that goes on in another terminal, read from the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import click
from rich.live import Live

from lyncops.cli.call import Call, json_option, with_call
from lyncops.cli.completing import RunName
from lyncops.cli.procedure_options import Pause
from lyncops.cli.progress import LiveTable
from lyncops.cli.screen import say_aside
from lyncops.runs.exit_codes import ExitCode, exit_code
from lyncops.runs.finding import find_run
from lyncops.runs.model import Run
from lyncops.runs.watched import changes
from lyncops.values import JsonValue
from lyncops.views.blocks import Text
from lyncops.views.live import LiveRun
from lyncops.views.run import run_blocks


@click.command()
@click.argument("run_id", metavar="RUN", type=RunName())
@click.option(
    "--every",
    type=Pause(),
    metavar="DURATION",
    default=timedelta(seconds=1),
    help="The time between two looks into the journal (default: 1s).",
)
@json_option
@with_call
def watch(call: Call, run_id: str, every: timedelta) -> ExitCode:
    """Follow RUN from another terminal, until it is over or pauses. Changes nothing.

    A table on a terminal, a line for each change in a pipe, an object on a line with --json. The
    exit code tells the state of RUN, like that of `run`; 5 when you stop watching with Ctrl-C: RUN
    itself goes on.
    """
    with call.client() as client:
        found = client.follow(find_run(run_id, client.runs), every=every)
        try:
            run = _shown(call, found) if call.screen.is_terminal else _told(call, found)
        except KeyboardInterrupt:
            say_aside("Stopped watching; the run itself goes on.")
            return ExitCode.PAUSED
    call.screen.say(*run_blocks(run))
    return exit_code(run.state)


def _shown(call: Call, found: Iterator[Run]) -> Run:
    """Drawn over at each change, and each second, since the time goes on."""
    run = next(found)
    console = call.screen.console()
    table = LiveTable(LiveRun.of(run), console)
    with Live(get_renderable=table.render, console=console, refresh_per_second=4):
        for run in found:
            table.show(LiveRun.of(run))
    return run


def _told(call: Call, found: Iterator[Run]) -> Run:
    before: Run | None = None
    for run in found:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        lines = tuple(changes(before, run))
        call.screen.say(*(Text(f"{now}  {line}") for line in lines))
        if lines:
            call.screen.tell_line(_data(run))
        before = run
    assert before is not None  # noqa: S101 -- the first look always answers
    return before


def _data(run: Run) -> JsonValue:
    return {
        "run": run.run_id,
        "state": run.state.value,
        "why": run.why,
        "steps": [{"id": one.step.step_id, "state": one.state.value} for one in run.steps],
    }
