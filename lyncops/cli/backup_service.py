"""`lyncops backup-service`: show it, set it, force a copy, watch it."""

from __future__ import annotations

import sys
from datetime import timedelta
from types import TracebackType
from typing import Final, Self, Unpack

import attrs
import click
from rich.console import Group
from rich.live import Live

from lyncops.checks.synchronisation import BackupServiceReport, SyncState
from lyncops.cli.blocks import Text
from lyncops.cli.call import Call, json_option, with_call
from lyncops.cli.failures import report_unread
from lyncops.cli.requests import MODULES, Duration, overrides_of
from lyncops.cli.running import HowToRun, execute, execution_options
from lyncops.cli.screen import Screen, drawn
from lyncops.cli.show_backup_service import EXIT_WORDS, TONES, Changes, report_blocks, report_data, status_blocks
from lyncops.cmdlets import BackupModule
from lyncops.errors import EndpointError, InvalidValueError
from lyncops.runs.exit_codes import ExitCode

_CODES: Final = {
    SyncState.STEADY: ExitCode.DONE,
    SyncState.COPYING: ExitCode.FAILED,
    SyncState.ERROR: ExitCode.FAILED,
    SyncState.UNKNOWN: ExitCode.UNKNOWN,
}
_OVERRIDE: Final = click.option(
    "--override", metavar="CHECK_ID", multiple=True, help="Go on although this check fails; needs --reason."
)
_REASON: Final = click.option("--reason", metavar="TEXT", multiple=True, help="Why; the report shows it.")


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

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, report: BackupServiceReport) -> None:
        """Show it, where something changed."""
        if self._live is not None:
            head = Text(f"Backup Service at {report.read_at:%Y-%m-%d %H:%M:%S %Z}: {report.state.value}", TONES[report.state])
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
@click.argument("pools", metavar="[POOL]...", nargs=-1)
@json_option
@with_call
def show(call: Call, pools: tuple[str, ...]) -> ExitCode:
    """Show its configuration, and both directions of every pair (or of those of POOL), with the loss that each state means now.

    Exit codes: 0 shown; 4 a pair of pools or the topology could not be read, or POOL is no Front End pool.
    """
    try:
        with call.client() as client:
            report = client.backup_service(*pools)
    except EndpointError as error:
        return report_unread(error, as_json=call.screen.json)
    call.screen.tell(report_data(report), report_blocks(report))
    return ExitCode.UNKNOWN if report.unread else ExitCode.DONE


@backup_service.command(name="set")
@click.option("--sync-interval", type=Duration(), metavar="DURATION", help="From one copy to the next: 5s to 3h, 2m by default.")
@click.option("--authorized-group", "groups", metavar="GROUP", multiple=True, help="Who may ask it; may repeat. Replaces the list.")
@_OVERRIDE
@_REASON
@execution_options
@json_option
@with_call
def set_(
    call: Call,
    sync_interval: timedelta | None,
    groups: tuple[str, ...],
    override: tuple[str, ...],
    **how: Unpack[HowToRun],
) -> ExitCode:
    """Set how often it copies, and who may ask it, for the whole deployment."""
    overrides = overrides_of(override, how["reason"])
    return execute(
        call,
        how,
        lambda client: client.plan_backup_service_set(sync_interval=sync_interval, authorized_groups=groups, overrides=overrides),
    )


@backup_service.command()
@click.argument("pool")
@click.option(
    "--module",
    "modules",
    type=click.Choice(MODULES, case_sensitive=False),
    multiple=True,
    help="Only this module; may repeat.",
)
@click.option("--all", "every", is_flag=True, help="Every module (the default).")
@_OVERRIDE
@_REASON
@execution_options
@json_option
@with_call
def sync(
    call: Call,
    pool: str,
    modules: tuple[str, ...],
    every: bool,
    override: tuple[str, ...],
    **how: Unpack[HowToRun],
) -> ExitCode:
    """Copy what POOL has changed to its backup pool now, and wait until it is steady."""
    if every and modules:
        raise InvalidValueError("--all and --module exclude each other.", remedy="Leave one of them out.")
    chosen = tuple(map(BackupModule, modules))
    overrides = overrides_of(override, how["reason"])
    return execute(call, how, lambda client: client.plan_backup_service_sync(pool, modules=chosen, overrides=overrides))


@backup_service.command()
@click.argument("pools", metavar="[POOL]...", nargs=-1)
@click.option("--until-steady", is_flag=True, help="End when everything is steady, or when an error state stays.")
@click.option("--timeout", type=Duration(), metavar="DURATION", help="End then, whatever it is like.")
@click.option("--every", type=Duration(), metavar="DURATION", help="The pause between two readings (default: 15s).")
@json_option
@with_call
def watch(call: Call, pools: tuple[str, ...], until_steady: bool, timeout: timedelta | None, every: timedelta | None) -> ExitCode:
    """Follow it: a table on a terminal, a line for each change in a pipe, an object on a line for each change with --json.

    Exit codes, by what was seen last: 0 steady; 3 an error state, or not steady when time was up; 4 not known; 5 stopped by Ctrl-C;
    2 no server could be reached at first.
    """
    last: BackupServiceReport | None = None
    try:
        with call.client() as client, Followed(call.screen) as shown:
            reports = client.watch_backup_service(*pools, every=every, timeout=timeout, until_steady=until_steady)
            for last in reports:
                shown.show(last)
    except KeyboardInterrupt:
        print("lyncops: Stopped by the operator.", file=sys.stderr, flush=True)
        return ExitCode.PAUSED
    state = SyncState.UNKNOWN if last is None else last.state
    call.screen.say(Text(EXIT_WORDS[state], TONES[state]))
    return _CODES[state]
