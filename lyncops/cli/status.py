"""The verb `status`."""

from __future__ import annotations

import click

from lyncops.cli.call import Call, json_option, with_call
from lyncops.deployment.codec import deployment_to_dict
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.runs.exit_codes import ExitCode
from lyncops.views.json_values import to_json
from lyncops.views.status import status_blocks


@click.command()
@click.option("--users", is_flag=True, help="Count the users of each pool; every user travels over the wire for that.")
@json_option
@with_call
def status(call: Call, users: bool) -> ExitCode:
    """Show the deployment: sites, pools, pairs, Central Management store, Edge pools, and what cannot be read."""
    with call.client() as client:
        deployment = client.status(EVERYTHING | Scope.of(Facet.USERS) if users else EVERYTHING)
    call.screen.tell(to_json(deployment_to_dict(deployment)), status_blocks(deployment))
    return ExitCode.DONE
