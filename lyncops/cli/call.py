"""What every verb is given: where the configuration is, where to say things, and the client."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import attrs
import click

import lyncops
from lyncops.cli.screen import Screen, say_aside
from lyncops.text.harmless import harmless

if TYPE_CHECKING:
    from lyncops.client import Client

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., object])
_JSON = "Answer with JSON."
_DETAILS = "Show everything: also what passed, and each step's reason, source and undo."


@attrs.define(slots=True)
class Call:
    """One use of the command line."""

    config: Path
    screen: Screen
    journal: str = ""  # instead of the configured one
    details: bool = False  # everything is shown, also what is as it should be
    has_run: bool = False  # the exit code says how a run ended, whether or not that could be shown
    _warned: set[str] = attrs.field(factory=set[str], init=False)

    @contextmanager
    def client(self) -> Generator[Client]:
        """A client for the configured deployment, which connects when first used.

        In the end it is said how it logged on.
        """
        with (
            lyncops.connect(self.config, journal=self.journal)
            if self.journal
            else lyncops.connect(self.config)
        ) as client:
            try:
                yield client
            finally:
                self.warn_of_log_ons(client)

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
        """Say what is missing where the runs of others are in another journal."""
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
