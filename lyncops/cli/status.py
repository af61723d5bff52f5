"""The verb `status`."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from lyncops.checks.overview import overview
from lyncops.checks.result import Verdict
from lyncops.cli.call import Call, from_option, json_option, with_call
from lyncops.cli.failures import report_unread
from lyncops.cli.known_names import remember
from lyncops.cli.procedure_options import Pause
from lyncops.cli.reading import reading
from lyncops.cli.screen import say_aside
from lyncops.deployment.codec import deployment_to_dict
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.errors import EndpointError, JournalError
from lyncops.runs.exit_codes import ExitCode
from lyncops.runs.model import RunSummary
from lyncops.text.harmless import harmless
from lyncops.values import Unread
from lyncops.views.json_values import to_json
from lyncops.views.status import status_blocks

if TYPE_CHECKING:
    from lyncops.client import Client

_CODES: Final = {
    Verdict.PASSED: ExitCode.DONE,
    Verdict.WARNING: ExitCode.DONE_WITH_EXCEPTIONS,
    Verdict.UNKNOWN: ExitCode.DONE_WITH_EXCEPTIONS,
    Verdict.FAILED: ExitCode.REFUSED,
}


@click.command()
@click.option(
    "--users",
    is_flag=True,
    help="Count the users of each pool (slow: every user is fetched).",
)
@click.option("--watch", is_flag=True, help="Read again and again, until Ctrl-C.")
@click.option(
    "--every",
    type=Pause(),
    metavar="DURATION",
    default=timedelta(seconds=30),
    help="With --watch: the time between two readings (default: 30s).",
)
@from_option
@json_option
@with_call
def status(call: Call, *, users: bool, watch: bool, every: timedelta) -> ExitCode:
    """Show the deployment: what deserves attention, sites, pools, pairs, store, Edge pools, open
    runs.

    Exit codes: 0 all is well; 7 something deserves attention or could not be read; 2 users have no
    service, or the Central Management store is not active on exactly one pool; 4 the topology could
    not be read. With --watch those of the last reading.
    """
    code = _look(call, users=users)
    try:
        while watch and code is not ExitCode.WRONG_USE:
            call.pause(every)
            if call.screen.is_terminal:
                call.screen.console().clear()
            code = _look(call, users=users, in_one_line=True)
    except KeyboardInterrupt:
        say_aside("Stopped by the operator.")
    return code


def _look(call: Call, *, users: bool, in_one_line: bool = False) -> ExitCode:
    """One reading, shown; its exit code."""
    try:
        with call.client() as client, reading(call.screen):
            deployment = client.status(EVERYTHING | Scope.of(Facet.USERS) if users else EVERYTHING)
            open_runs = _open_runs(client)
    except EndpointError as error:
        return report_unread(error, as_json=call.screen.json)
    if call.snapshot is None:
        remember(call.config, deployment)
    is_read = not isinstance(deployment.pools, Unread)
    verdict = overview(deployment).verdict if is_read else Verdict.UNKNOWN
    names = [run.run_id for run in open_runs]
    data = to_json({**deployment_to_dict(deployment), "verdict": verdict, "open_runs": names})
    if in_one_line:
        call.screen.tell_line(data)
        call.screen.say(*status_blocks(deployment, open_runs=open_runs))
    else:
        call.screen.tell(data, status_blocks(deployment, open_runs=open_runs))
    return _CODES[verdict] if is_read else ExitCode.UNKNOWN


def _open_runs(client: Client) -> tuple[RunSummary, ...]:
    """The runs that are not over, of the newest fifty.

    A journal that cannot be read does not hide the deployment.
    """
    try:
        return tuple(run for run in client.runs(limit=50) if run.is_open)
    except JournalError as error:
        print(f"lyncops: warning: {harmless(str(error))}", file=sys.stderr, flush=True)
        return ()
