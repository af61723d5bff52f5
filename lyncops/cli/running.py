"""`lyncops run` and `lyncops resume`: the verbs that change the deployment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, TypeVar, Unpack

import click

from lyncops.cli.blocks import Text
from lyncops.cli.call import Call, json_option, with_call
from lyncops.cli.json_values import to_json
from lyncops.cli.progress import progress
from lyncops.cli.requests import Options, request_of, request_options, summaries
from lyncops.cli.show_plan import plan_blocks, rehearsal_blocks
from lyncops.cli.show_run import run_blocks
from lyncops.errors import ConfigurationError, InvalidValueError, PlanRefusedError
from lyncops.plan.codec import plan_from_json
from lyncops.plan.model import Plan
from lyncops.procedures.catalogue import procedure_named
from lyncops.runs.exit_codes import ExitCode, exit_code
from lyncops.runs.model import Run
from lyncops.runs.report import Report
from lyncops.values import Outcome

if TYPE_CHECKING:
    from lyncops.client import Client

F = TypeVar("F", bound=Callable[..., object])


class HowToRun(TypedDict):
    """How a plan is executed, whatever it is."""

    yes: bool
    rehearse: bool
    steal_lock: bool
    reason: tuple[str, ...]


class RunOptions(Options):
    """The options of `run` beside those of the procedure."""

    plan_file: Path | None
    yes: bool
    rehearse: bool
    steal_lock: bool


def execution_options(verb: F) -> F:
    """Give a verb the options of `HowToRun`, but for the reason."""
    for option in reversed(_EXECUTION):
        verb = option(verb)
    return verb


_EXECUTION: Final = (
    click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can answer."),
    click.option("--rehearse", is_flag=True, help="Only send the cmdlets with -WhatIf, where that can show something."),
    click.option("--steal-lock", is_flag=True, help="Take the pools away from another run that holds them; the journal keeps it."),
)


@click.command(epilog=summaries())
@click.argument("procedure", required=False)
@click.argument("pool", required=False)
@click.option("--plan", "plan_file", type=click.Path(path_type=Path), help="Run this saved plan.")
@request_options
@execution_options
@json_option
@with_call
def run(call: Call, procedure: str | None, pool: str | None, **options: Unpack[RunOptions]) -> ExitCode:
    """Execute PROCEDURE for POOL, or a saved plan: show the plan, ask, act, read back, report."""
    how = HowToRun(yes=options["yes"], rehearse=options["rehearse"], steal_lock=options["steal_lock"], reason=options["reason"])
    return execute(call, how, lambda client: _plan(client, procedure, pool, options))


def execute(call: Call, how: HowToRun, make: Callable[[Client], Plan]) -> ExitCode:
    """Make a plan, show it, ask, run it and tell how it ended.

    Raises:
        InvalidValueError: nobody is there to be asked, and `--yes` was not given.
        PlanRefusedError: a check refuses the plan; nothing was changed.
    """
    if not (how["yes"] or how["rehearse"] or call.screen.can_ask):
        raise InvalidValueError(
            "Nobody is there to be asked whether to start: standard input or output is no terminal.",
            remedy="Look at the plan with `lyncops plan`, then add --yes.",
        )
    with call.client() as client:
        plan = make(client)
        call.screen.say(*plan_blocks(plan))
        if plan.refusals:
            raise PlanRefusedError(
                f"{plan.procedure} of {plan.target} is refused by {', '.join(check.check_id for check in plan.refusals)}; "
                "nothing was changed.",
                remedy=plan.refusals[0].remedy,
            )
        if how["rehearse"]:
            return _rehearse(call, client, plan)
        if not how["yes"] and not click.confirm(f"\nRun these {len(plan.steps)} steps now?", default=False):
            call.screen.say(Text("Nothing was changed."))
            return ExitCode.PAUSED
        with progress(call.screen, plan) as observer:
            done = client.run(plan, reason=" ".join(how["reason"]), steal_lock=how["steal_lock"], observers=(observer,))
    return _tell(call, done)


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--steal-lock", is_flag=True, help="Take the pools away from another run that holds them; the journal keeps it.")
@json_option
@with_call
def resume(call: Call, run_id: str, steal_lock: bool) -> ExitCode:
    """Go on with RUN: a paused one, one whose manual step is done, or one whose process died."""
    with call.client() as client:
        plan = client.show(run_id).plan
        with progress(call.screen, plan) as observer:
            done = client.resume(run_id, steal_lock=steal_lock, observers=(observer,))
    return _tell(call, done)


def _plan(client: Client, procedure: str | None, pool: str | None, options: RunOptions) -> Plan:
    path = options["plan_file"]
    if path is None and procedure is not None and pool is not None:
        asked = procedure_named(procedure)
        return client.plan(asked.name, request_of(asked, pool, options))
    if path is None or procedure is not None:
        raise InvalidValueError("What to run is not clear.", remedy="Write either PROCEDURE POOL or --plan FILE.")
    try:
        return plan_from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"--plan: {path} cannot be read: {error}.", remedy="Save one with `lyncops plan ... --save FILE`."
        ) from error


def _rehearse(call: Call, client: Client, plan: Plan) -> ExitCode:
    rehearsals = client.rehearse(plan)
    call.screen.tell({"rehearsals": to_json(rehearsals)}, rehearsal_blocks(rehearsals))
    outcomes = {rehearsal.execution.outcome for rehearsal in rehearsals if rehearsal.execution is not None}
    if Outcome.FAILED in outcomes:
        return ExitCode.FAILED
    return ExitCode.UNKNOWN if Outcome.UNKNOWN in outcomes else ExitCode.DONE


def _tell(call: Call, done: Run) -> ExitCode:
    call.screen.tell(Report.of(done).data(), run_blocks(done))
    return exit_code(done.state)
