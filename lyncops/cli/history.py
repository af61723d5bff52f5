"""`lyncops runs`: what was done, read from the journal."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from lyncops.cli.call import Call, json_option, with_call
from lyncops.cli.completing import RunName
from lyncops.cli.documents import deliver, to_option
from lyncops.cli.journal_upkeep import export, import_, prune
from lyncops.cli.watching import watch
from lyncops.runs.chain import ChainState
from lyncops.runs.exit_codes import ExitCode, exit_code
from lyncops.runs.finding import find_run
from lyncops.runs.report import Report
from lyncops.runs.report_data import chain_data
from lyncops.values import JsonValue
from lyncops.views.blocks import Text
from lyncops.views.chain import chain_blocks
from lyncops.views.html.report import report_page
from lyncops.views.run import run_blocks, runs_blocks


@click.group()
def runs() -> None:
    """What was done: list, show, watch, report, verify or cancel runs, and look after the journal.

    Where a RUN is asked for, the beginning of its id is enough, and `latest` is the newest.
    """


for _command in (watch, export, import_, prune):
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
@click.argument("run_id", metavar="RUN", type=RunName())
@json_option
@with_call
def show(call: Call, run_id: str) -> ExitCode:
    """Show the state of RUN. The exit code shows it, as with `run`."""
    with call.client() as client:
        run = client.show(find_run(run_id, client.runs))
    call.screen.tell(Report.of(run).data(), run_blocks(run))
    return exit_code(run.state)


@runs.command()
@click.argument("run_id", metavar="RUN", type=RunName())
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "json"]),
    default="text",
    show_default=True,
    help="html: one page that can be printed, with pictures; it loads nothing from anywhere.",
)
@to_option
@json_option
@with_call
def report(call: Call, run_id: str, form: str, path: Path | None) -> ExitCode:
    """The report of RUN for people: what was checked, done, seen and lost, and when."""
    with call.client() as client:
        told = client.report(find_run(run_id, client.runs))
    match "json" if call.screen.json else form:
        case "html":
            deliver(call.screen, report_page(told), path)
        case "json":
            deliver(call.screen, f"{told.json()}\n", path)
        case "markdown":
            deliver(call.screen, told.markdown(), path)
        case _ if path is not None:
            deliver(call.screen, told.text(), path)
        case _:
            call.screen.say(*map(Text, told.text().splitlines()))
    return ExitCode.DONE


_CHAIN_CODES: Final = {
    ChainState.INTACT: ExitCode.DONE,
    ChainState.INTACT_FROM_A_LATER_ENTRY: ExitCode.DONE_WITH_EXCEPTIONS,
    ChainState.NOT_CHAINED: ExitCode.UNKNOWN,
    ChainState.BROKEN: ExitCode.FAILED,
}


@runs.command()
@click.argument("run_id", metavar="RUN", type=RunName())
@click.option(
    "--kept",
    metavar="HASH",
    default="",
    help="A hash of RUN that was kept outside of the journal, as its report shows it.",
)
@json_option
@with_call
def verify(call: Call, run_id: str, kept: str) -> ExitCode:
    """Are the journal's entries of RUN as they were written? Follows its hash chain.

    Anyone who can write to the whole journal can recompute all hashes. Only a hash that was kept
    elsewhere (--kept) reveals that.

    Exit codes: 0 as they were written; 3 an entry was changed, removed, inserted or moved; 7 an
    older lyncops wrote the first entries, without hashes, and those after them are as they were
    written; 4 not chained: an older lyncops wrote all of it; 1 there is no such run.
    """
    with call.client() as client:
        found = client.verify(find_run(run_id, client.runs), kept=kept)
    call.screen.tell(chain_data(found), chain_blocks(found))
    return _CHAIN_CODES[found.state]


@runs.command()
@click.argument("run_id", metavar="RUN", type=RunName())
@click.option(
    "--reason", metavar="TEXT", required=True, help="The reason; recorded in the journal."
)
@json_option
@with_call
def cancel(call: Call, run_id: str, reason: str) -> ExitCode:
    """Give up RUN and release its pools. Nothing is undone, and nothing is stopped on a server."""
    with call.client() as client:
        run = client.cancel(find_run(run_id, client.runs), reason=reason)
    call.screen.tell(Report.of(run).data(), run_blocks(run))
    return ExitCode.DONE
