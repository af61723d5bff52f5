"""A verb with one subcommand for each procedure: `lyncops plan pool-failover POOL ...`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import click

from lyncops.cli.call import Call, details_parameter, json_parameter, with_call
from lyncops.cli.procedure_options import parameters_of
from lyncops.plan.procedures import PROCEDURES, Procedure, procedure_named
from lyncops.runs.exit_codes import ExitCode

_TARGETS: Final[Mapping[str, str]] = {
    "POOL": "pool1.contoso.com",
    "EDGE_POOL": "edge1.contoso.com",
    "SITE": "Site1",
}
_VALUES: Final[Mapping[str, str]] = {
    "POOL": "pool2.contoso.com",
    "EDGE_POOL": "edge2.contoso.com",
    "DOMAIN": "contoso.com",
    "DURATION": "5m",
}

Act = Callable[[Call, type[Procedure], Mapping[str, object]], ExitCode]
"""What the verb does with a procedure and the parsed options."""


def procedure_command(
    kind: type[Procedure],
    act: Act,
    *,
    more: Sequence[click.Parameter] = (),
    typed: str,
    about: str = "",
) -> click.Command:
    """The command of one procedure: its own options, those of the verb (`more`), `--details` and
    `--json`. `typed` are the words between `lyncops` and its options; the last one is its name.
    """
    own = parameters_of(kind)

    @with_call
    def callback(call: Call, /, **given: object) -> ExitCode:
        return act(call, kind, given)

    return click.Command(
        typed.rpartition(" ")[2],
        callback=callback,
        params=[*own, *_besides(own, more), details_parameter(), json_parameter()],
        help="\n\n".join(part for part in (kind.SUMMARY, about) if part),
        epilog=f"Microsoft's guide: {kind.GUIDE}.\n\n\b\nExample:\n  {_example(typed, kind)}",
    )


def _besides(
    own: Sequence[click.Parameter], more: Sequence[click.Parameter]
) -> Iterator[click.Parameter]:
    """The verb's options, without the names that the procedure has for its own: where both have
    `--to`, the verb's is `--to-file`.
    """
    taken = {name for one in own for name in one.opts}
    for one in more:
        free = copy.copy(one)
        free.opts = [name for name in one.opts if name not in taken]
        yield free


def _example(typed: str, kind: type[Procedure]) -> str:
    """What somebody types: all required options, or the first one of a procedure that requires
    none.
    """
    options = kind.options()
    shown = [one for one in options if one.required]
    if not shown:
        shown = [one for one in options if not one.asked.is_target][:1]
    words: list[str] = []
    for option in shown:
        if option.asked.is_target:
            words.append(_TARGETS[option.asked.name])
            continue
        words.append(option.asked.name)
        if option.kind is not bool:
            words.append(option.words[0] if option.words else _VALUES[option.asked.example])
    return " ".join(("lyncops", typed, *words))


class ProcedureGroup(click.Group):
    """A verb with the procedures as its subcommands.

    `act` is what the verb does with one; `more` are the verb's own options, behind a procedure's.
    `alone` is the command of the verb by itself, without a procedure.
    """

    def __init__(
        self,
        name: str,
        act: Act,
        *,
        about: str,
        more: Sequence[click.Parameter] = (),
        alone: click.Command | None = None,
    ) -> None:
        super().__init__(name, help=about, invoke_without_command=alone is not None)
        if alone is not None:
            self.callback = alone.callback
            self.params = alone.params
        self._act = act
        self._more = more

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The procedures, in the order of the guide."""
        del ctx
        return list(PROCEDURES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that procedure.

        Raises:
            InvalidValueError: there is no such procedure.
        """
        del ctx
        return procedure_command(
            procedure_named(cmd_name),
            self._act,
            more=self._more,
            typed=f"{self.name} {cmd_name}",
        )

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The procedures with what they do."""
        del ctx
        with formatter.section("Procedures"):
            formatter.write_dl([(each.NAME, each.SUMMARY) for each in PROCEDURES.values()])
