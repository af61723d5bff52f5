"""`lyncops runs`: what was done, read from the journal."""

from __future__ import annotations

import click

from lyncops.cli.call import Call, json_option, with_call
from lyncops.cli.journal_upkeep import export, import_, prune
from lyncops.runs.exit_codes import ExitCode, exit_code
from lyncops.runs.finding import find_run
from lyncops.runs.report import Report
from lyncops.values import JsonValue
from lyncops.views.blocks import Text
from lyncops.views.run import run_blocks, runs_blocks


@click.group()
def runs() -> None:
    """What was done: list the runs, show one, report one, give one up, and look after the journal.

    Where a RUN is asked for, the beginning of its id is enough, and `latest` is the newest.
    """


for _command in (export, import_, prune):
    runs.add_command(_command)


@runs.command(name="list")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="How many runs to show.",
)
@click.option("--before", metavar="RUN", default="", help="Only runs that are older than this one.")
@json_option
@with_call
def list_runs(call: Call, limit: int, before: str) -> ExitCode:
    """List the runs of the journal, newest first."""
    with call.client() as client:
        more = client.runs(limit=limit + 1, before=before)
    found = more[:limit]
    next_page = (
        f"There are more: lyncops runs list --before {found[-1].run_id}"
        if len(more) > limit
        else ""
    )
    summary: list[JsonValue] = [
        {
            "run_id": run.run_id,
            "procedure": run.procedure,
            "target": run.target,
            "mode": run.mode or None,
            "state": run.state.value if run.state else None,
            "operator": run.operator,
            "created_at": run.created_at.isoformat() if run.created_at else None,
        }
        for run in found
    ]
    call.screen.tell(
        {"runs": summary, "more": bool(next_page)},
        (*runs_blocks(found), *([Text(next_page)] if next_page else [])),
    )
    return ExitCode.DONE


@runs.command()
@click.argument("run_id", metavar="RUN")
@json_option
@with_call
def show(call: Call, run_id: str) -> ExitCode:
    """Show the state of RUN. The exit code tells it, like that of `run`."""
    with call.client() as client:
        run = client.show(find_run(run_id, client.runs))
    call.screen.tell(Report.of(run).data(), run_blocks(run))
    return exit_code(run.state)


@runs.command()
@click.argument("run_id", metavar="RUN")
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown"]), default="text", show_default=True
)
@json_option
@with_call
def report(call: Call, run_id: str, form: str) -> ExitCode:
    """Tell RUN to people: what was checked, done, seen and lost, and when."""
    with call.client() as client:
        told = client.report(find_run(run_id, client.runs))
    call.screen.tell(
        told.data(),
        map(Text, (told.markdown() if form == "markdown" else told.text()).splitlines()),
    )
    return ExitCode.DONE


@runs.command()
@click.argument("run_id", metavar="RUN")
@click.option(
    "--reason", metavar="TEXT", required=True, help="The reason; recorded in the journal."
)
@json_option
@with_call
def cancel(call: Call, run_id: str, reason: str) -> ExitCode:
    """Give RUN up and free its pools. Nothing is undone, and nothing is stopped at a server."""
    with call.client() as client:
        run = client.cancel(find_run(run_id, client.runs), reason=reason)
    call.screen.tell(Report.of(run).data(), run_blocks(run))
    return ExitCode.DONE
