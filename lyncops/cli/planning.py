"""`lyncops check` and `lyncops plan`: everything that can be known before anything happens."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Unpack

import click

from lyncops.checks.result import CheckResult
from lyncops.cli.call import Call, json_option, with_call
from lyncops.cli.json_values import to_json
from lyncops.cli.requests import Options, request_of, request_options, summaries
from lyncops.cli.show_plan import check_blocks, plan_blocks
from lyncops.errors import ConfigurationError, InvalidValueError
from lyncops.plan.codec import plan_to_data, plan_to_json
from lyncops.plan.model import Plan
from lyncops.procedures.catalogue import PROCEDURES, procedure_named
from lyncops.runs.exit_codes import ExitCode
from lyncops.values import Fqdn, Mode


@click.command(epilog=summaries())
@click.argument("subjects", metavar="PROCEDURE POOL | POOL...", nargs=-1, required=True)
@request_options
@json_option
@with_call
def check(call: Call, subjects: tuple[str, ...], **options: Unpack[Options]) -> ExitCode:
    """Answer the checks of a procedure, or of every POOL: could it fail over right now?

    Exit code 2 when a check would refuse it.
    """
    with call.client() as client:
        if subjects[0] in PROCEDURES:
            procedure, pool = PROCEDURES[subjects[0]], _only_pool(subjects)
            results = {pool: client.plan(procedure.name, request_of(procedure, pool, options)).checks}
        else:
            mode = Mode(options["mode"]) if options["mode"] else None
            results = {pool: client.check(pool, mode=mode) for pool in map(Fqdn, subjects)}
    blocks = chain.from_iterable(check_blocks(f"Checks of {pool}", checks) for pool, checks in results.items())
    call.screen.tell({"checks": to_json(results)}, blocks)
    return _verdict(chain.from_iterable(results.values()))


@click.command(epilog=summaries())
@click.argument("procedure")
@click.argument("pool")
@request_options
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan here, for `run --plan`.")
@json_option
@with_call
def plan(call: Call, procedure: str, pool: str, save: Path | None, **options: Unpack[Options]) -> ExitCode:
    """Show what PROCEDURE would do: checks, steps with their PowerShell, expected loss, duration. Changes nothing.

    Exit code 2 when a check refuses it.
    """
    asked = procedure_named(procedure)
    request = request_of(asked, pool, options)
    with call.client() as client:
        made = client.plan(asked.name, request)
    if save is not None:
        _save(made, save)
    call.screen.tell(to_json(plan_to_data(made)), plan_blocks(made))
    return _verdict(made.checks)


def _only_pool(subjects: tuple[str, ...]) -> str:
    if len(subjects) != 2:
        raise InvalidValueError(f"{subjects[0]} is asked for with one POOL.", remedy=f"Write: lyncops check {subjects[0]} POOL.")
    return subjects[1]


def _verdict(results: Iterable[CheckResult]) -> ExitCode:
    return ExitCode.REFUSED if any(result.refuses for result in results) else ExitCode.DONE


def _save(made: Plan, path: Path) -> None:
    try:
        path.write_text(plan_to_json(made), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"--save: the plan cannot be written to {path}: {error.strerror}.", remedy="Name a file that can be written."
        ) from error
