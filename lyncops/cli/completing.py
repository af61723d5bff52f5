"""What the shell offers behind a verb: pools and sites of the last reading, runs of the journal."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
from click.shell_completion import CompletionItem

from lyncops.cli.known_names import known
from lyncops.errors import LyncOpsError
from lyncops.runs.finding import LATEST
from lyncops.runs.model import RunSummary

_RUNS: Final = 50


class RunName(click.ParamType[str]):
    """A run: its id, the beginning of it, or `latest`."""

    name = "run"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """As it was typed; `find_run` finds it."""
        del param, ctx
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The newest runs of the journal."""
        del param
        runs = (CompletionItem(run.run_id, help=_about(run)) for run in _runs(ctx))
        offered = (CompletionItem(LATEST, help="the newest run"), *runs)
        return [one for one in offered if str(one.value).startswith(incomplete)]


def names(ctx: click.Context, kind: str, incomplete: str) -> list[CompletionItem]:
    """The pools or sites of the last reading; of pools, those that runs were about as well."""
    found = set(known(config_of(ctx), kind))
    if kind == "pools":
        found |= {run.target for run in _runs(ctx) if "." in run.target}
    wanted = incomplete.casefold()
    return [CompletionItem(name) for name in sorted(found) if name.casefold().startswith(wanted)]


def config_of(ctx: click.Context) -> Path:
    """The configuration that the words before the verb name."""
    given: object = ctx.find_root().params.get("config")
    return given if isinstance(given, Path) else Path("lyncops.toml")


def _runs(ctx: click.Context) -> tuple[RunSummary, ...]:
    """Nothing where the journal does not answer: a shell shows no error."""
    import lyncops

    config, journal = config_of(ctx), str(ctx.find_root().params.get("journal") or "")
    if not config.is_file():
        return ()
    try:
        with lyncops.connect(config, journal=journal) as client:
            return client.runs(limit=_RUNS)
    except (LyncOpsError, OSError):
        return ()


def _about(run: RunSummary) -> str:
    state = run.state.value if run.state else "?"
    return " ".join(filter(None, (run.procedure, run.target, run.mode, state)))
