"""`lyncops check` and `lyncops plan`: everything that can be known before anything happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

import click

from lyncops.checks.result import CheckResult
from lyncops.cli.call import Call, details_parameter, json_parameter, with_call
from lyncops.cli.procedure_group import ProcedureGroup
from lyncops.cli.procedure_options import Name, procedure_of
from lyncops.errors import ConfigurationError
from lyncops.plan.codec import plan_to_data, plan_to_json
from lyncops.plan.model import Plan
from lyncops.plan.procedures import PROCEDURES, Procedure
from lyncops.runs.exit_codes import ExitCode
from lyncops.values import Fqdn, Mode, SiteName
from lyncops.views.json_values import to_json
from lyncops.views.plan import check_blocks, plan_blocks

_POOLS = "pools"
Checks = Mapping[Fqdn | SiteName | None, tuple[CheckResult, ...]]
"""The answers by pool or site; by None where they are about the whole deployment."""


def _show_checks(call: Call, checks: Checks, titles: Iterable[str]) -> ExitCode:
    blocks = chain.from_iterable(
        check_blocks(title, results, details=call.details)
        for title, results in zip(titles, checks.values(), strict=True)
    )
    named = {str(pool or ""): results for pool, results in checks.items()}
    call.screen.tell({"checks": to_json(named)}, blocks)
    return _verdict(chain.from_iterable(checks.values()))


def _check_procedure(call: Call, kind: type[Procedure], given: Mapping[str, object]) -> ExitCode:
    procedure = procedure_of(kind, given)
    with call.client() as client:
        checks = client.plan(procedure).checks
    return _show_checks(call, {procedure.target: checks}, [f"Checks of {procedure.title}"])


class CheckGroup(ProcedureGroup):
    """`check PROCEDURE POOL ...`, and `check POOL...` for the question of every day."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a procedure's name the words are pools."""
        words = [word for word in args if not word.startswith("-")]
        asks_for_help = not words and any(word in ctx.help_option_names for word in args)
        named = any(word in PROCEDURES for word in words)
        return super().parse_args(ctx, args if named or asks_for_help else [_POOLS, *args])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The checks of a procedure, or of pools."""
        return _pools_command() if cmd_name == _POOLS else super().get_command(ctx, cmd_name)


def _pools_command() -> click.Command:
    @with_call
    def callback(call: Call, pools: tuple[Fqdn, ...], mode: str | None) -> ExitCode:
        chosen = Mode(mode) if mode else None
        with call.client() as client:
            checks: dict[Fqdn | SiteName | None, tuple[CheckResult, ...]] = {
                pool: client.check(pool, mode=chosen) for pool in pools
            }
        return _show_checks(call, checks, [f"Checks of {pool}" for pool in checks])

    modes = click.Choice([mode.value for mode in Mode])
    return click.Command(
        "POOL...",
        callback=callback,
        params=[
            click.Argument(["pools"], metavar="POOL...", nargs=-1, required=True, type=Name(Fqdn)),
            click.Option(
                ["--mode"], type=modes, help="Is the pool up (planned), or gone (disaster)?"
            ),
            details_parameter(),
            json_parameter(),
        ],
        help="Run the checks of a pool's failover: could it fail over right now?",
    )


def _show_plan(call: Call, kind: type[Procedure], given: Mapping[str, object]) -> ExitCode:
    procedure = procedure_of(kind, given)
    with call.client() as client:
        made = client.plan(procedure)
    save = given["save"]
    if isinstance(save, Path):
        _save(made, save)
    call.screen.tell(to_json(plan_to_data(made)), plan_blocks(made, details=call.details))
    return _verdict(made.checks)


def _verdict(results: Iterable[CheckResult]) -> ExitCode:
    return ExitCode.REFUSED if any(result.refuses for result in results) else ExitCode.DONE


def _save(made: Plan, path: Path) -> None:
    try:
        path.write_text(plan_to_json(made), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"--save: the plan cannot be written to {path}: {error.strerror}.",
            remedy="Name a file that can be written.",
        ) from error


check = CheckGroup(
    "check",
    _check_procedure,
    about=(
        "Run the checks of a procedure, or of each POOL: could it fail over right now?\n\n"
        "\b\n  lyncops check POOL...\n  lyncops check PROCEDURE POOL [OPTIONS]\n\n"
        "Exit code 2 when a check would refuse it."
    ),
)
plan = ProcedureGroup(
    "plan",
    _show_plan,
    more=[
        click.Option(
            ["--save"],
            type=click.Path(path_type=Path, dir_okay=False),
            help="Save the plan here, for `run --plan`.",
        )
    ],
    about=(
        "Show what a procedure would do: checks, steps with their PowerShell, loss, duration.\n\n"
        "Changes nothing. Exit code 2 when a check refuses it."
    ),
)
