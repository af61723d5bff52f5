"""The verb `status`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from lyncops.checks.overview import overview
from lyncops.checks.result import Verdict
from lyncops.cli.call import Call, json_option, with_call
from lyncops.cli.failures import report_unread
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
@json_option
@with_call
def status(call: Call, users: bool) -> ExitCode:
    """Show the deployment: what deserves attention, sites, pools, pairs, store, Edge pools, open
    runs.

    Exit codes: 0 all is well; 7 something deserves attention or could not be read; 2 users have no
    service, or the Central Management store is not active on exactly one pool; 4 the topology could
    not be read.
    """
    try:
        with call.client() as client:
            deployment = client.status(EVERYTHING | Scope.of(Facet.USERS) if users else EVERYTHING)
            open_runs = () if call.screen.json else _open_runs(client)
    except EndpointError as error:
        return report_unread(error, as_json=call.screen.json)
    call.screen.tell(
        to_json(deployment_to_dict(deployment)), status_blocks(deployment, open_runs=open_runs)
    )
    if isinstance(deployment.pools, Unread):
        return ExitCode.UNKNOWN
    return _CODES[overview(deployment).verdict]


def _open_runs(client: Client) -> tuple[RunSummary, ...]:
    """The runs that are not over, of the newest fifty.

    A journal that cannot be read does not hide the deployment.
    """
    try:
        return tuple(run for run in client.runs(limit=50) if run.is_open)
    except JournalError as error:
        print(f"lyncops: warning: {harmless(str(error))}", file=sys.stderr, flush=True)
        return ()
