"""The command line's first word: the verbs, each in a module of its own that is imported when it is
used.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs
import click

from lyncops.cli.log import show_log
from lyncops.runs.exit_codes import ExitCode


@attrs.frozen(slots=True)
class _Verb:
    """Where a verb is, and what the overview says about it without importing it."""

    module: str
    about: str


_VERBS: Final[Mapping[str, _Verb]] = {
    "status": _Verb("status", "Show the deployment: sites, pools, pairs, store, Edge pools."),
    "doctor": _Verb("doctor", "Is everything that a rescue needs reachable and usable?"),
    "readiness": _Verb(
        "readiness", "Which pools could be failed over right now, and what would be lost?"
    ),
    "check": _Verb("planning", "Run the checks of a procedure, or of pools."),
    "plan": _Verb("planning", "Show what a procedure would do. Changes nothing."),
    "run": _Verb("running", "Execute a procedure, or a saved plan."),
    "resume": _Verb("running", "Continue a run that stopped."),
    "runs": _Verb(
        "history",
        "Past and open runs: list, watch, report, verify, cancel, export and more.",
    ),
    "backup-service": _Verb(
        "backup_service", "The service that copies each pool's data to its backup pool."
    ),
    "init": _Verb("init", "Write a commented lyncops.toml, from questions or options."),
    "completion": _Verb(
        "completion", "Print the script that completes verbs, pools and runs in a shell."
    ),
    "snapshot": _Verb("snapshot", "Write the deployment to a file, to look at or rehearse with."),
    "drill": _Verb("drill", "Rehearse a disaster on a copy of your own deployment."),
    "exporter": _Verb("exporter", "Metrics for Prometheus, over HTTP or in a file."),
    "lab": _Verb("lab", "Run a simulated deployment, and make things go wrong in it."),
}
_EXIT_CODES: Final = """\b
Exit codes:
  0  done and verified
  1  wrong use or configuration
  2  a precondition failed, nothing was changed
  3  failed, state known
  4  outcome unknown
  5  paused
  6  locked by another run
  7  done, with exceptions that are listed
"""


class Verbs(click.Group):
    """A group that imports a verb only when it is used, so that `lyncops status` does not load the
    lab.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of their use."""
        del ctx
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of that name, which its module holds under the same name."""
        del ctx
        if cmd_name not in _VERBS:
            return None
        module = importlib.import_module(f"lyncops.cli.{_VERBS[cmd_name].module}")
        command: object = getattr(module, cmd_name.replace("-", "_"))
        if not isinstance(command, click.Command):
            return None
        from lyncops.cli.examples import add_examples

        add_examples(command, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that is meant; of a mistyped one, the nearest is named."""
        near = difflib.get_close_matches(args[0], _VERBS, n=1) if args else []
        if args and args[0] not in _VERBS and near:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The overview of the verbs."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.about) for name, verb in _VERBS.items()])


@click.group(
    cls=Verbs,
    epilog=_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("lyncops.toml"),
    envvar="LYNCOPS_CONFIG",
    show_default=True,
    help="The configuration of the deployment (also: LYNCOPS_CONFIG).",
)
@click.option(
    "--journal",
    metavar="URL",
    default="",
    help="Use this journal instead of the configured one: sqlite:///rescue.db.",
)
@click.option("--json", is_flag=True, help="Print JSON, and nothing else, on standard output.")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Report retries and servers that do not answer, on standard error.",
)
@click.version_option(package_name="lyncops")
@click.pass_context
def lyncops(context: click.Context, config: Path, journal: str, json: bool, verbose: bool) -> None:
    """Disaster recovery of Lync Server 2013 and Skype for Business Server: checked, shown,
    executed, verified, reported.
    """
    from lyncops.cli.call import Call
    from lyncops.cli.screen import Screen

    if verbose:
        show_log()
    context.obj = Call(config, Screen(json=json), journal)


@lyncops.result_callback()
@click.pass_context
def _answered(context: click.Context, /, code: object, **_options: object) -> object:
    """An answer that was not delivered is not a success; the exit code of a run stays."""
    from lyncops.cli.call import Call

    call = context.find_object(Call)
    hidden = call is not None and call.screen.is_lost and not call.has_run
    return (
        ExitCode.WRONG_USE
        if hidden and code in (ExitCode.DONE, ExitCode.DONE_WITH_EXCEPTIONS)
        else code
    )
