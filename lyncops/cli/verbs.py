"""The verbs of the command line. They ask the client and show its answers; they decide nothing."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

import click

from lyncops.cli.call import Call, json_option, with_call
from lyncops.cli.json_values import to_json
from lyncops.cli.log import show_log
from lyncops.cli.screen import Screen
from lyncops.cli.show_status import status_blocks
from lyncops.deployment.codec import deployment_to_dict
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.runs.exit_codes import ExitCode

_VERBS: Final = {
    "status": "lyncops.cli.verbs",
    "readiness": "lyncops.cli.readiness",
    "check": "lyncops.cli.planning",
    "plan": "lyncops.cli.planning",
    "run": "lyncops.cli.running",
    "resume": "lyncops.cli.running",
    "runs": "lyncops.cli.history",
    "backup-service": "lyncops.cli.backup_service",
    "lab": "lyncops.cli.lab",
}


class Verbs(click.Group):
    """A group that imports a verb only when it is used, so that `lyncops status` does not load the lab."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of their use."""
        del ctx
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of that name, which its module holds under the same name."""
        del ctx
        if cmd_name not in _VERBS:
            return None
        command: object = getattr(importlib.import_module(_VERBS[cmd_name]), cmd_name.replace("-", "_"))
        return command if isinstance(command, click.Command) else None


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("lyncops.toml"),
    envvar="LYNCOPS_CONFIG",
    show_default=True,
    help="The configuration of the deployment (also: LYNCOPS_CONFIG).",
)
@click.option("--json", is_flag=True, help="Answer with JSON on standard output, and nothing else there.")
@click.option("-v", "--verbose", is_flag=True, help="Say on standard error what is tried again, and which servers do not answer.")
@click.version_option(package_name="lyncops")
@click.pass_context
def lyncops(context: click.Context, config: Path, json: bool, verbose: bool) -> None:
    r"""Disaster recovery of Lync Server 2013 and Skype for Business Server: checked, shown, executed, verified, reported.

    \b
    Exit codes: 0 done and verified; 1 wrong use or configuration; 2 a precondition failed, nothing was changed;
    3 failed, state known; 4 outcome unknown; 5 paused; 6 locked by another run; 7 done, with exceptions.
    """
    if verbose:
        show_log()
    context.obj = Call(config, Screen(json=json))


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
