"""`lyncops runs export`, `import` and `prune`: finished runs, from journal to journal and out of
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from lyncops.cli.call import Call, json_option, with_call
from lyncops.errors import InvalidValueError
from lyncops.runs.exit_codes import ExitCode
from lyncops.values import JsonValue
from lyncops.views.blocks import Text, Tone
from lyncops.views.run import runs_blocks


@click.command()
@click.argument("run_ids", metavar="[RUN]...", nargs=-1)
@click.option(
    "--to",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write; it must not exist yet.",
)
@json_option
@with_call
def export(call: Call, run_ids: Sequence[str], path: Path) -> ExitCode:
    """Write finished runs (all, or the RUNs named) into a file, to be imported into another
    journal.
    """
    with call.client() as client:
        done = client.export_runs(path, run_ids)
    blocks = [Text(f"{_runs(done.written)} written to {path}.", Tone.GOOD)]
    blocks += [
        Text(f"left out, it is not finished yet: {run_id}", Tone.CAREFUL)
        for run_id in done.left_out
    ]
    call.screen.tell(
        {"file": str(path), "exported": list(done.written), "left_out": list(done.left_out)}, blocks
    )
    return ExitCode.DONE_WITH_EXCEPTIONS if done.left_out else ExitCode.DONE


@click.command(name="import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@json_option
@with_call
def import_(call: Call, path: Path) -> ExitCode:
    """Write the runs of FILE into the journal; what is there already is left as it is."""
    with call.client() as client:
        done = client.import_runs(path)
    known = f" {_runs(done.known)} already there." if done.known else ""
    data: dict[str, JsonValue] = {
        "file": str(path),
        "imported": list(done.added),
        "already_there": list(done.known),
        "changed": bool(done.added),
    }
    call.screen.tell(data, [Text(f"{_runs(done.added)} imported.{known}", Tone.GOOD)])
    return ExitCode.DONE


@click.command()
@click.option(
    "--before",
    "day",
    metavar="DATE",
    required=True,
    help="Runs that finished before this date (UTC): 2013-11-21.",
)
@click.option(
    "--yes",
    is_flag=True,
    help="Do not ask for confirmation; needed where no one can answer, as in a script.",
)
@json_option
@with_call
def prune(call: Call, day: str, yes: bool) -> ExitCode:
    """Delete old runs that are over, each with all that was journalled of it.

    Export them first to keep them.
    """
    before = _moment(day)
    with call.client() as client:
        found = client.prunable_runs(before)
        if not found:
            call.screen.tell(
                {"pruned": [], "changed": False},
                [Text(f"No run finished before {before:%Y-%m-%d %H:%M} UTC.")],
            )
            return ExitCode.DONE
        call.screen.say(
            *runs_blocks(found[:_SHOWN]),
            *([Text(f"... {len(found)} in all")] if len(found) > _SHOWN else []),
        )
        if not yes and not _asked(call, len(found)):
            call.screen.say(Text("Nothing was deleted."))
            return ExitCode.PAUSED
        gone = client.prune_runs(before)
    data: dict[str, JsonValue] = {"pruned": [run.run_id for run in gone], "changed": True}
    call.screen.tell(data, [Text(f"{_runs(gone)} deleted.", Tone.GOOD)])
    return ExitCode.DONE


_SHOWN: Final = 20


def _asked(call: Call, count: int) -> bool:
    if not call.screen.can_ask:
        raise InvalidValueError(
            "Cannot ask for confirmation: standard input or output is not a terminal.",
            remedy="Add --yes to delete them.",
        )
    return click.confirm(f"\nDelete {count} runs for good?", default=False)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValueError(
            f"--before: {text!r} is not a date.", remedy="Write it as 2013-11-21."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _runs(runs: Sequence[object]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"
