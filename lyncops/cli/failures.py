"""What went wrong, in one sentence with its remedy, and the exit code for scripts."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import TracebackType

import click

from lyncops import errors
from lyncops.cli.screen import say_aside
from lyncops.runs.exit_codes import ExitCode, exit_code_of
from lyncops.text.harmless import harmless, json_text
from lyncops.values import JsonValue
from lyncops.views.see import see_check, see_error


def report_error(error: errors.LyncOpsError, *, as_json: bool) -> ExitCode:
    """Say what went wrong and what to do."""
    return report(
        exit_code_of(error),
        type(error).__name__,
        error.what,
        error.remedy,
        as_json=as_json,
        check_id=error.check_id if isinstance(error, errors.PlanRefusedError) else "",
    )


def report_unread(error: errors.EndpointError, *, as_json: bool) -> ExitCode:
    """Say that nothing could be read, for a verb whose exit code is an answer: 4, which is none; 1
    where the caller is at fault.
    """
    code = exit_code_of(error)
    told = ExitCode.UNKNOWN if code is ExitCode.REFUSED else code
    return report(told, type(error).__name__, error.what, error.remedy, as_json=as_json)


def report_usage(error: click.ClickException, *, as_json: bool) -> ExitCode:
    """Say what is wrong with the command line."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        print(error.format_message(), file=sys.stderr, flush=True)
        return ExitCode.WRONG_USE
    context = error.ctx if isinstance(error, click.UsageError) else None
    remedy = f"See `{context.command_path} --help`." if context else "See `lyncops --help`."
    return report(
        ExitCode.WRONG_USE,
        "UsageError",
        " ".join(error.format_message().split()),
        remedy,
        as_json=as_json,
    )


def report_interrupt(*, as_json: bool) -> ExitCode:
    """Say that the operator stopped it, and how a run goes on."""
    remedy = (
        "If a run was in progress, `lyncops runs list` shows it and `lyncops resume RUN` continues"
        " it."
    )
    return report(
        ExitCode.PAUSED, "Interrupted", "Stopped by the operator.", remedy, as_json=as_json
    )


def report_defect(
    kind: type[BaseException], error: BaseException, _trace: TracebackType | None, *, as_json: bool
) -> None:
    """Say that lyncops itself is at fault, in place of a traceback (an exception
    hook).
    """
    what = f"lyncops has a defect: {kind.__name__}: {error}".rstrip(": .") + "."
    remedy = (
        "Run it again with LYNCOPS_DEBUG=1 and report what it prints; `lyncops runs list` shows"
        " whether a run is left open."
    )
    report(ExitCode.WRONG_USE, "Defect", " ".join(what.split()), remedy, as_json=as_json)


def report(  # noqa: PLR0913 -- what there is to say
    code: ExitCode, kind: str, what: str, remedy: str, *, as_json: bool, check_id: str = ""
) -> ExitCode:
    """Print the sentence and its remedy on standard error, on a terminal with the page that says
    more; with --json also an error object on standard output.
    """
    see = see_check(check_id) if check_id else see_error(kind)
    if as_json:
        error: JsonValue = {
            "type": kind,
            "message": what,
            "remedy": remedy,
            "exit_code": int(code),
            "see": see,
        }
        with suppress(OSError):  # a full disk must not hide the exit code
            print(json_text({"error": error}, indent=2), flush=True)
    say_aside(harmless(f"{what} {remedy}").rstrip())
    if sys.stderr.isatty():
        say_aside(f"More: {see}")
    return code
