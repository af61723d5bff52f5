"""`lyncops run` and `lyncops resume`: the verbs that change the deployment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import attrs
import click

from lyncops.cli.call import Call, details_parameter, json_option, json_parameter, with_call
from lyncops.cli.completing import RunName
from lyncops.cli.procedure_group import ProcedureGroup
from lyncops.cli.procedure_options import procedure_of
from lyncops.cli.progress import progress
from lyncops.cli.reading import reading
from lyncops.errors import ConfigurationError, InvalidValueError, PlanRefusedError, RunLockedError
from lyncops.plan.codec import plan_from_json
from lyncops.plan.model import Plan
from lyncops.plan.procedures import Procedure
from lyncops.runs.exit_codes import ExitCode, exit_code
from lyncops.runs.finding import LATEST, find_run
from lyncops.runs.model import Run
from lyncops.runs.report import Report
from lyncops.values import Mode, Outcome
from lyncops.views.blocks import Text, Tone
from lyncops.views.json_values import to_json
from lyncops.views.plan import plan_blocks, question_blocks, rehearsal_blocks
from lyncops.views.plan_data import nothing_to_do_data
from lyncops.views.run import run_blocks
from lyncops.views.see import more_blocks
from lyncops.views.status import topology_blocks

if TYPE_CHECKING:
    from lyncops.client import Client

_STEAL_LOCK: Final = "Take the lock of the pools from another run; recorded in the journal."


@attrs.frozen(slots=True, kw_only=True)
class HowToRun:
    """How a plan is executed, whatever it is."""

    yes: bool = False
    rehearse: bool = False
    steal_lock: bool = False
    reason: tuple[str, ...] = ()
    saved: bool = False  # the plan is from a file: it may be old, or executed already
    again: bool = False

    @classmethod
    def of(cls, given: Mapping[str, object], before: Mapping[str, object]) -> HowToRun:
        """What was said behind the procedure, or `before` it."""
        return cls(
            yes=bool(given["yes"] or before.get("yes")),
            rehearse=bool(given["rehearse"] or before.get("rehearse")),
            steal_lock=bool(given["steal_lock"] or before.get("steal_lock")),
            reason=cast("tuple[str, ...]", given["reason"] or before.get("reason", ())),
        )


def execution_parameters() -> list[click.Parameter]:
    """The options of `HowToRun`, but for the reason, which the overrides bring."""
    return [
        click.Option(
            ["--yes"],
            is_flag=True,
            help="Do not ask for confirmation; needed where no one can answer, as in a script.",
        ),
        click.Option(
            ["--rehearse"],
            is_flag=True,
            help="Send the cmdlets with -WhatIf only, where the outcome can be shown that way.",
        ),
        click.Option(["--steal-lock"], is_flag=True, help=_STEAL_LOCK),
    ]


def run_procedure(call: Call, kind: type[Procedure], given: Mapping[str, object]) -> ExitCode:
    """Plan a procedure and execute it.

    Raises:
        InvalidValueError: the options make no sense, or confirmation is impossible and `--yes` is
        missing. PlanRefusedError: a check refuses the plan; nothing was changed.
    """
    procedure = procedure_of(kind, given)
    above = click.get_current_context().parent
    before = {} if above is None else above.params
    if before.get("plan_file") is not None:
        raise _unclear()
    return execute(call, HowToRun.of(given, before), lambda client: client.plan(procedure))


def execute(call: Call, how: HowToRun, make: Callable[[Client], Plan]) -> ExitCode:
    """Make a plan, show it, ask, run it and say how it ended.

    Raises:
        InvalidValueError: confirmation is impossible, and `--yes` was not given.
        PlanRefusedError: a check refuses the plan; nothing was changed.
        RunLockedError: nothing is to be done, but a run that is not over has these pools.
    """
    with call.client() as client:
        with reading(call.screen):
            plan = make(client)
            is_reached = not how.saved and client.is_reached(plan)
        call.screen.say(*plan_blocks(plan, details=call.details, is_reached=is_reached))
        if is_reached:
            _require_no_open_run(client, plan)
            call.screen.tell(nothing_to_do_data(plan), ())
            return ExitCode.DONE
        _require_no_refusal(plan)
        call.screen.lead(more_blocks(plan.checks))
        if how.rehearse:
            return _rehearse(call, client, plan)
        if not (how.yes or call.screen.can_ask):
            raise InvalidValueError(
                "Cannot ask for confirmation: standard input or output is not a terminal. Nothing"
                " was changed.",
                remedy="Check the plan, then add --yes.",
            )
        if how.saved and not _thought_over(call, how, client.second_thoughts(plan)):
            call.screen.say(Text("Nothing was changed."))
            return ExitCode.PAUSED
        call.warn_of_the_journal(client)
        call.warn_of_log_ons(client, until=datetime.now(UTC) + plan.estimate)
        if not how.yes and not _agreed(call, client, plan):
            call.screen.say(Text("Nothing was changed."))
            return ExitCode.PAUSED
        with progress(call.screen, plan) as observer:
            done = client.run(
                plan,
                reason=" ".join(how.reason),
                steal_lock=how.steal_lock,
                observers=(observer,),
            )
    return _tell(call, done)


def _require_no_refusal(plan: Plan) -> None:
    if plan.refusals:
        names = ", ".join(check.check_id for check in plan.refusals)
        raise PlanRefusedError(
            f"{plan.procedure.title} is refused by {names}; nothing was changed.",
            remedy=plan.refusals[0].remedy,
            check_id=plan.refusals[0].check_id,
        )


def _require_no_open_run(client: Client, plan: Plan) -> None:
    """What shows already may be half of what an open run does."""
    if (run := client.open_run_of(plan)) is not None:
        raise RunLockedError(
            f"The run {run.run_id} has these pools and is {run.state.value.replace('_', ' ')};"
            " nothing was changed.",
            remedy=f"Go on with it: lyncops resume {run.run_id}.",
            run_id=run.run_id,
        )


def _thought_over(call: Call, how: HowToRun, reasons: tuple[str, ...]) -> bool:
    """Say what speaks against a saved plan, and ask about it separately: --yes does not answer it.

    Raises:
        InvalidValueError: confirmation is impossible, and `--again` was not given.
    """
    call.screen.say(*(Text(reason, Tone.CAREFUL) for reason in reasons))
    if not reasons or how.again:
        return True
    if how.yes or not call.screen.can_ask:
        raise InvalidValueError(
            f"{reasons[0]} Nothing was changed.",
            remedy="Make the plan again, or add --again to run this one all the same.",
        )
    return click.confirm("Run it all the same?", default=False)


def _agreed(call: Call, client: Client, plan: Plan) -> bool:
    """Say once more what is about to happen, last, where the eye is; and ask.

    A disaster wants its target typed.
    """
    call.screen.say(
        *topology_blocks(client.reading_of(plan), plan.pools_to_lock), *question_blocks(plan)
    )
    if plan.procedure.mode is not Mode.DISASTER:
        return click.confirm(f"Run these {len(plan.steps)} steps now?", default=False)
    target = str(plan.procedure.target)
    typed: str = click.prompt(
        f"Type {target} to run it, anything else to stop", default="", show_default=False
    )
    return typed.strip().casefold() == target.casefold()


@click.command()
@click.argument("run_id", metavar="[RUN]", type=RunName(), default=LATEST)
@click.option("--steal-lock", is_flag=True, help=_STEAL_LOCK)
@click.option(
    "--send-again",
    is_flag=True,
    help=("Send the command with the unknown outcome again: it may run twice. Needs --reason."),
)
@click.option(
    "--reason",
    default="",
    help="Why it is safe to send it again; recorded in the journal and the report.",
)
@json_option
@with_call
def resume(call: Call, run_id: str, steal_lock: bool, send_again: bool, reason: str) -> ExitCode:
    """Continue RUN: after a pause, after a manual step, or after its process died.

    RUN is an id or the beginning of one; without it, or with `latest`, the latest run goes on.
    """
    if send_again != bool(reason.strip()):
        raise InvalidValueError(
            "--send-again and --reason belong together.",
            remedy='Write both: --send-again --reason "why it is safe to send it again".',
        )
    with call.client() as client:
        run_id = find_run(run_id, client.runs)
        before = client.show(run_id)
        call.warn_of_the_journal(client)
        with progress(call.screen, before.plan, before) as observer:
            done = client.resume(
                run_id, steal_lock=steal_lock, send_again=reason.strip(), observers=(observer,)
            )
    return _tell(call, done)


@with_call
def _run_saved(call: Call, /, plan_file: Path | None, **given: object) -> ExitCode:
    """Run a saved plan, where no procedure is named."""
    if click.get_current_context().invoked_subcommand is not None:
        return ExitCode.DONE
    if plan_file is None:
        raise _unclear()
    how = attrs.evolve(HowToRun.of(given, {}), saved=True, again=bool(given["again"]))
    return execute(call, how, lambda _: _read(plan_file))


def _unclear() -> InvalidValueError:
    return InvalidValueError(
        "It is not clear what to run.", remedy="Write either PROCEDURE POOL or --plan FILE."
    )


def _read(path: Path) -> Plan:
    try:
        return plan_from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"--plan: {path} cannot be read: {error}.",
            remedy="Save one with `lyncops plan ... --save FILE`.",
        ) from error


def _rehearse(call: Call, client: Client, plan: Plan) -> ExitCode:
    rehearsals = client.rehearse(plan)
    call.screen.tell({"rehearsals": to_json(rehearsals)}, rehearsal_blocks(rehearsals))
    outcomes = {each.execution.outcome for each in rehearsals if each.execution is not None}
    if Outcome.FAILED in outcomes:
        return ExitCode.FAILED
    return ExitCode.UNKNOWN if Outcome.UNKNOWN in outcomes else ExitCode.DONE


def _tell(call: Call, done: Run) -> ExitCode:
    call.has_run = True
    call.screen.tell(Report.of(done).data(), run_blocks(done))
    return exit_code(done.state)


_SAVED: Final = click.Command(
    "saved",
    callback=_run_saved,
    params=[
        click.Option(
            ["--plan", "plan_file"], type=click.Path(path_type=Path), help="Run this saved plan."
        ),
        click.Option(["--reason"], metavar="TEXT", multiple=True, help="Why; the report shows it."),
        click.Option(
            ["--again"],
            is_flag=True,
            help="Run it although it was executed already, or is older than plan_age.",
        ),
        *execution_parameters(),
        details_parameter(),
        json_parameter(),
    ],
)
run = ProcedureGroup(
    "run",
    run_procedure,
    more=execution_parameters(),
    alone=_SAVED,
    about="Execute a procedure, or a saved plan: show the plan, ask, act, read back, report.",
)
