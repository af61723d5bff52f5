"""`lyncops backup-service`: show it, set it, force a copy, watch it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

import attrs
import click
from rich.console import Group
from rich.live import Live

from lyncops.checks.synchronisation import BackupServiceReport, SyncState
from lyncops.cli.call import Call, json_option, with_call
from lyncops.cli.failures import report_unread
from lyncops.cli.procedure_group import procedure_command
from lyncops.cli.procedure_options import Duration, Name, Pause
from lyncops.cli.reading import reading
from lyncops.cli.running import execution_parameters, run_procedure
from lyncops.cli.screen import Screen, drawn, say_aside
from lyncops.errors import EndpointError, InvalidValueError
from lyncops.plan.procedures import BackupServiceSet, BackupServiceSync, Procedure
from lyncops.runs.exit_codes import ExitCode
from lyncops.values import Fqdn
from lyncops.views.backup_service import (
    EXIT_WORDS,
    TONES,
    Changes,
    report_blocks,
    report_data,
    status_blocks,
)
from lyncops.views.blocks import Text

_CODES: Final = {
    SyncState.STEADY: ExitCode.DONE,
    SyncState.COPYING: ExitCode.FAILED,
    SyncState.ERROR: ExitCode.FAILED,
    SyncState.UNKNOWN: ExitCode.UNKNOWN,
}


@attrs.define(slots=True)
class Followed:
    """Shows report after report: drawn over on a terminal, else what changed."""

    _screen: Screen
    _live: Live | None = attrs.field(default=None, init=False)
    _changes: Changes = attrs.field(factory=Changes, init=False)

    def __enter__(self) -> Self:
        if self._screen.is_terminal:
            self._live = Live(console=self._screen.console(), refresh_per_second=4)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, report: BackupServiceReport) -> None:
        """Show it, where something changed."""
        if self._live is not None:
            head = Text(
                f"Backup Service at {report.read_at:%Y-%m-%d %H:%M:%S %Z}: {report.state.value}",
                TONES[report.state],
            )
            self._live.update(Group(*(drawn(block) for block in (head, *status_blocks(report)))))
            return
        lines = self._changes.of(report)
        if lines:
            self._screen.tell_line(report_data(report))
            self._screen.say(*map(Text, lines))


@click.group(name="backup-service")
def backup_service() -> None:
    """The service that copies the data of each pool to its backup pool."""


@backup_service.command()
@click.argument("pools", metavar="[POOL]...", nargs=-1, type=Name(Fqdn))
@json_option
@with_call
def show(call: Call, pools: tuple[str, ...]) -> ExitCode:
    """Show its configuration, and both directions of every pair (or of those of POOL), with the
    loss that each state means now.

    Exit codes: 0 shown; 4 a pair of pools or the topology could not be read, or POOL is not a Front
    End pool.
    """
    try:
        with call.client() as client, reading(call.screen):
            report = client.backup_service(*pools)
    except EndpointError as error:
        return report_unread(error, as_json=call.screen.json)
    call.screen.tell(report_data(report), report_blocks(report))
    return ExitCode.UNKNOWN if report.unread else ExitCode.DONE


def _sync(call: Call, kind: type[Procedure], given: Mapping[str, object]) -> ExitCode:
    if given["all"] and given["modules"]:
        raise InvalidValueError(
            "--all and --module exclude each other.", remedy="Leave one of them out."
        )
    return run_procedure(call, kind, given)


backup_service.add_command(
    procedure_command(
        BackupServiceSet,
        run_procedure,
        more=execution_parameters(),
        typed="backup-service set",
    )
)
backup_service.add_command(
    procedure_command(
        BackupServiceSync,
        _sync,
        more=[
            click.Option(["--all"], is_flag=True, help="Every module (the default)."),
            *execution_parameters(),
        ],
        typed="backup-service sync",
        about="Waits until it is steady.",
    )
)


@backup_service.command()
@click.argument("pools", metavar="[POOL]...", nargs=-1, type=Name(Fqdn))
@click.option(
    "--until-steady",
    is_flag=True,
    help="Stop when everything is steady, or when an error persists.",
)
@click.option(
    "--timeout",
    type=Duration(),
    metavar="DURATION",
    help="Stop after this time, whatever the state.",
)
@click.option(
    "--every",
    type=Pause(),
    metavar="DURATION",
    help="The time between two readings (default: 15s).",
)
@json_option
@with_call
def watch(
    call: Call,
    pools: tuple[str, ...],
    until_steady: bool,
    timeout: timedelta | None,
    every: timedelta | None,
) -> ExitCode:
    """Follow it: a table on a terminal, a line for each change in a pipe, an object on a line for
    each change with --json.

    Exit codes, by what was seen last: 0 steady; 3 an error state, or not steady when time was up; 4
    not known; 5 stopped by Ctrl-C; 2 no server could be reached at first.
    """
    last: BackupServiceReport | None = None
    try:
        with call.client() as client, Followed(call.screen) as shown:
            reports = client.watch_backup_service(
                *pools, every=every, timeout=timeout, until_steady=until_steady
            )
            for last in reports:
                shown.show(last)
    except KeyboardInterrupt:
        say_aside("Stopped by the operator.")
        return ExitCode.PAUSED
    state = SyncState.UNKNOWN if last is None else last.state
    call.screen.say(Text(EXIT_WORDS[state], TONES[state]))
    return _CODES[state]
