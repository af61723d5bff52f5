"""`lyncops snapshot`: the deployment in a file."""

from __future__ import annotations

from pathlib import Path

import click

from lyncops.cli.call import Call, json_option, with_call
from lyncops.cli.documents import FILE, write_file
from lyncops.cli.failures import report_unread
from lyncops.deployment.anonymous import anonymised
from lyncops.deployment.codec import deployment_to_json, snapshot_id
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.errors import EndpointError
from lyncops.runs.exit_codes import ExitCode
from lyncops.text.harmless import harmless
from lyncops.values import Unread
from lyncops.views.blocks import Text, Tone


@click.command()
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    type=FILE,
    help="Where to write it.",
)
@click.option(
    "--anonymise",
    is_flag=True,
    help="Replace every name with an invented one, the same one everywhere.",
)
@click.option(
    "--count-users",
    is_flag=True,
    help="Count the users of each pool (slow: every user is fetched).",
)
@json_option
@with_call
def snapshot(call: Call, out: Path, *, anonymise: bool, count_users: bool) -> ExitCode:
    """Read the deployment and write it to a file. It contains names, but no passwords.

    `status`, `check`, `plan`, `readiness` and `drill` read it with --from.

    Exit codes: 0 everything was read; 7 some of it was not; 4 the topology could not be read.
    """
    wanted = (Facet.TEST_USERS, *((Facet.USERS,) if count_users else ()))
    scope = EVERYTHING | Scope.of(*wanted)
    try:
        with call.client() as client:
            deployment = client.status(scope)
    except EndpointError as error:
        return report_unread(error, as_json=call.screen.json)
    if anonymise:
        deployment = anonymised(deployment)
    write_file(out, deployment_to_json(deployment) + "\n", option="--out")
    unread = tuple(harmless(str(one)) for one in deployment.unread)
    content_id = snapshot_id(deployment)
    call.screen.tell(
        {"file": str(out), "snapshot": content_id, "unread": list(unread)},
        [
            Text(f"{deployment.name} was written to {out} (snapshot {content_id[:12]})."),
            *(Text(f"Not read: {one}", Tone.CAREFUL) for one in unread),
        ],
    )
    if isinstance(deployment.pools, Unread):
        return ExitCode.UNKNOWN
    return ExitCode.DONE_WITH_EXCEPTIONS if unread else ExitCode.DONE
