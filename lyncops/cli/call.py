"""What every verb is given: where the configuration is, where to say things, and the client."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import attrs
import click

import lyncops
from lyncops.cli.documents import FILE
from lyncops.cli.screen import Screen, say_aside
from lyncops.text.harmless import harmless

if TYPE_CHECKING:
    from lyncops.client import Client

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., object])
_JSON = "Print JSON."
_FROM = (
    "Read this snapshot (`lyncops snapshot`), or topology document (Get-CsTopology -AsXml), in"
    " place of the servers."
)
_DETAILS = "Show everything: also what passed, and each step's reason, source and undo."


@attrs.define(slots=True)
class Call:
    """One use of the command line."""

    config: Path
    screen: Screen
    journal: str = ""  # instead of the configured one
    snapshot: Path | None = None  # read in place of the servers
    details: bool = False  # everything is shown, also what is as it should be
    has_run: bool = False  # the exit code says how a run ended, whether or not that could be shown
    sleep: Callable[[float], None] = time.sleep
    _warned: set[str] = attrs.field(factory=set[str], init=False)

    @contextmanager
    def client(self) -> Generator[Client]:
        """A client for the configured deployment, which connects when first used.

        In the end it is said how it logged on.
        """
        if self.snapshot is not None:
            with lyncops.from_snapshot(self.snapshot) as client:
                yield client
            return
        with (
            lyncops.connect(self.config, journal=self.journal)
            if self.journal
            else lyncops.connect(self.config)
        ) as client:
            try:
                yield client
            finally:
                self.warn_of_log_ons(client)

    def pause(self, span: timedelta) -> None:
        """Wait until the next reading is due; Ctrl-C ends it at once."""
        self.sleep(span.total_seconds())

    def warn_of_log_ons(self, client: Client, *, until: datetime | None = None) -> None:
        """Say what is worth knowing about the log-ons, each once.

        `until`: when a run is expected to end.
        """
        for url, logon in client.log_ons().items():
            for warning in logon.warnings(url, until=until):
                if warning not in self._warned:
                    self._warned.add(warning)
                    say_aside(f"warning: {harmless(warning)}")

    def warn_of_the_journal(self, client: Client) -> None:
        """Say what is missing where the runs of others are in another journal, and where nobody can
        be told of this one.
        """
        from lyncops.runs.notices import problem_of

        if problem := problem_of(client.connection.notify):
            say_aside(f"warning: {harmless(problem)}")
        if client.other_journal:
            say_aside(
                f"This run is recorded in {client.other_journal}, not in the journal of"
                f" {self.config}: it does not show the locks and runs of other operators there, nor"
                " do they see this run. Make sure that nobody else is working on these pools."
                " Afterwards copy the run over: lyncops runs export, then lyncops runs import."
            )


def with_call(verb: Callable[Concatenate[Call, P], R]) -> Callable[P, R]:
    """Hand the Call to a verb as its first argument."""
    return click.make_pass_decorator(Call)(verb)


def json_option(verb: F) -> F:
    """Accept `--json` behind the verb too."""
    return click.option(
        "--json", is_flag=True, expose_value=False, callback=_choose_json, help=_JSON
    )(verb)


def json_parameter() -> click.Option:
    """The same option for a command that is built from its parameters."""
    return click.Option(
        ["--json"], is_flag=True, expose_value=False, callback=_choose_json, help=_JSON
    )


def _choose_json(context: click.Context, _option: click.Parameter, chosen: bool) -> None:
    call = context.find_object(Call)
    if chosen and call is not None:
        call.screen.json = True


def from_option(verb: F) -> F:
    """Accept `--from FILE`: a snapshot is read in place of the servers."""
    return click.option(
        "--from",
        metavar="FILE",
        type=FILE,
        expose_value=False,
        callback=_choose_snapshot,
        help=_FROM,
    )(verb)


def from_parameter() -> click.Option:
    """The same option for a command that is built from its parameters."""
    return click.Option(
        ["--from"],
        metavar="FILE",
        type=FILE,
        expose_value=False,
        callback=_choose_snapshot,
        help=_FROM,
    )


def _choose_snapshot(context: click.Context, _option: click.Parameter, chosen: Path | None) -> None:
    call = context.find_object(Call)
    if chosen is not None and call is not None:
        call.snapshot = chosen


def details_option(verb: F) -> F:
    """Accept `--details`: the views show everything."""
    return click.option(
        "--details", is_flag=True, expose_value=False, callback=_choose_details, help=_DETAILS
    )(verb)


def details_parameter() -> click.Option:
    """The same option for a command that is built from its parameters."""
    return click.Option(
        ["--details"], is_flag=True, expose_value=False, callback=_choose_details, help=_DETAILS
    )


def _choose_details(context: click.Context, _option: click.Parameter, chosen: bool) -> None:
    call = context.find_object(Call)
    if chosen and call is not None:
        call.details = True
