"""`lyncops check` and `lyncops plan`: everything that can be known before anything happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Final

import click

from lyncops.checks.result import CheckResult
from lyncops.cli.call import Call, details_parameter, from_parameter, json_parameter, with_call
from lyncops.cli.documents import FILE, deliver, to_parameter, write_file
from lyncops.cli.procedure_group import ProcedureGroup
from lyncops.cli.procedure_options import Name, procedure_of
from lyncops.cli.reading import reading
from lyncops.plan.codec import plan_to_data, plan_to_json
from lyncops.plan.model import Plan
from lyncops.plan.procedures import PROCEDURES, Procedure
from lyncops.runs.exit_codes import ExitCode
from lyncops.text.harmless import json_text
from lyncops.values import Fqdn, JsonValue, Mode, SiteName
from lyncops.views.blocks import plain_lines
from lyncops.views.html.runbook import runbook_page
from lyncops.views.json_values import to_json
from lyncops.views.plan import check_blocks, plan_blocks
from lyncops.views.runbook import Runbook
from lyncops.views.runbook_script import runbook_script
from lyncops.views.runbook_text import runbook_markdown
from lyncops.views.see import more_blocks, see_checks

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
    call.screen.lead(more_blocks(chain.from_iterable(checks.values())))
    return _verdict(chain.from_iterable(checks.values()))


def _check_procedure(call: Call, kind: type[Procedure], given: Mapping[str, object]) -> ExitCode:
    procedure = procedure_of(kind, given)
    with call.client() as client, reading(call.screen):
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
        with call.client() as client, reading(call.screen):
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
            from_parameter(),
            details_parameter(),
            json_parameter(),
        ],
        help="Run the checks of a pool's failover: could it fail over right now?",
    )


def _show_plan(call: Call, kind: type[Procedure], given: Mapping[str, object]) -> ExitCode:
    procedure = procedure_of(kind, given)
    with call.client() as client, reading(call.screen):
        made = client.plan(procedure)
        is_reached = client.is_reached(made)
    save = given["save"]
    if isinstance(save, Path):
        write_file(save, plan_to_json(made), option="--save")
    path = given["path"]
    form = "json" if call.screen.json else str(given["form"])
    call.screen.json = form == "json"
    if form in _RUNBOOKS or isinstance(path, Path):
        to = path if isinstance(path, Path) else None
        deliver(call.screen, _document(made, form, call, is_reached=is_reached), to)
    else:
        blocks = plan_blocks(made, details=call.details, is_reached=is_reached)
        call.screen.tell(_data(made, is_reached=is_reached), blocks)
        call.screen.lead(more_blocks(() if is_reached else made.checks))
    return ExitCode.DONE if is_reached else _verdict(made.checks)


_RUNBOOKS: Final[Mapping[str, Callable[[Runbook], str]]] = {
    "markdown": runbook_markdown,
    "html": runbook_page,
    "ps1": runbook_script,
}


def _data(made: Plan, *, is_reached: bool) -> JsonValue:
    data = {**plan_to_data(made), "see": see_checks(made.checks)}
    return to_json({**data, "changed": False, "nothing_to_do": is_reached})


def _document(made: Plan, form: str, call: Call, *, is_reached: bool) -> str:
    if form in _RUNBOOKS:
        return _RUNBOOKS[form](Runbook.of(made))
    if form == "json":
        return json_text(_data(made, is_reached=is_reached), indent=2) + "\n"
    blocks = plan_blocks(made, details=call.details, is_reached=is_reached)
    return "".join(f"{line}\n" for block in blocks for line in plain_lines(block))


def _verdict(results: Iterable[CheckResult]) -> ExitCode:
    return ExitCode.REFUSED if any(result.refuses for result in results) else ExitCode.DONE


check = CheckGroup(
    "check",
    _check_procedure,
    more=[from_parameter()],
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
        from_parameter(),
        click.Option(
            ["--save"],
            type=FILE,
            help="Save the plan here, for `run --plan`.",
        ),
        click.Option(
            ["--format", "form"],
            type=click.Choice(["text", "json", *_RUNBOOKS]),
            default="text",
            show_default=True,
            help=(
                "markdown, html, ps1: a runbook that a person can follow when lyncops is gone. ps1"
                " asks before and after each step."
            ),
        ),
        to_parameter(),
    ],
    about=(
        "Show what a procedure would do: checks, steps with their PowerShell, loss, duration.\n\n"
        "Changes nothing. Exit code 2 when a check refuses it; 0 when there is nothing to do."
    ),
)
