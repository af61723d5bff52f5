"""`lyncops readiness`: could every pool be failed over right now?"""

from __future__ import annotations

from typing import Final

import click

from lyncops.cli.call import Call, details_option, from_option, json_option, with_call
from lyncops.cli.failures import report_unread
from lyncops.cli.procedure_options import Name
from lyncops.cli.reading import reading
from lyncops.errors import EndpointError
from lyncops.procedures.readiness import ReadinessVerdict
from lyncops.runs.exit_codes import ExitCode
from lyncops.values import Fqdn
from lyncops.views.readiness import findings, readiness_blocks, readiness_data
from lyncops.views.see import more_blocks

_CODES: Final = {
    None: ExitCode.UNKNOWN,
    ReadinessVerdict.READY: ExitCode.DONE,
    ReadinessVerdict.READY_WITH_WARNINGS: ExitCode.DONE_WITH_EXCEPTIONS,
    ReadinessVerdict.NOT_READY: ExitCode.REFUSED,
}


@click.command()
@click.argument("pools", metavar="[POOL]...", nargs=-1, type=Name(Fqdn))
@details_option
@click.option(
    "--count-users",
    is_flag=True,
    help="Count the users of all pools: can a backup pool carry both?",
)
@click.option("--verify", is_flag=True, help="Test whether the pools' test users are served now.")
@from_option
@json_option
@with_call
def readiness(call: Call, pools: tuple[str, ...], *, count_users: bool, verify: bool) -> ExitCode:
    """Could every Front End pool (or every POOL) be failed over right now: in which mode, at what
    loss, what is in the way?

    Exit codes: 0 every pool is ready; 7 every pool is ready, some with warnings; 2 some pool is not
    ready; 4 the topology could not be read.
    """
    try:
        with call.client() as client, reading(call.screen):
            found = client.readiness(*pools, count_users=count_users, verify=verify)
    except EndpointError as error:
        return report_unread(error, as_json=call.screen.json)
    call.screen.tell(readiness_data(found), readiness_blocks(found, details=call.details))
    call.screen.lead(more_blocks(findings(found, details=call.details)))
    return _CODES[found.verdict]
