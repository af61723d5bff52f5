"""A verb with one subcommand for each procedure: `lyncops plan pool-failover POOL ...`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import click

from lyncops.cli.call import Call, details_parameter, json_parameter, with_call
from lyncops.cli.procedure_options import parameters_of
from lyncops.plan.procedures import PROCEDURES, Procedure, procedure_named
from lyncops.runs.exit_codes import ExitCode

Act = Callable[[Call, type[Procedure], Mapping[str, object]], ExitCode]
"""What the verb does with a procedure and the parsed options."""


def procedure_command(
    kind: type[Procedure],
    act: Act,
    *,
    more: Sequence[click.Parameter] = (),
    name: str = "",
    about: str = "",
) -> click.Command:
    """The command of one procedure: its own options, those of the verb (`more`), `--details` and
    `--json`.
    """

    @with_call
    def callback(call: Call, /, **given: object) -> ExitCode:
        return act(call, kind, given)

    return click.Command(
        name or kind.NAME,
        callback=callback,
        params=[*parameters_of(kind), *more, details_parameter(), json_parameter()],
        help="\n\n".join(part for part in (kind.SUMMARY, about) if part),
        epilog=f"Microsoft's guide: {kind.GUIDE}.",
    )


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
        return procedure_command(procedure_named(cmd_name), self._act, more=self._more)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The procedures with what they do."""
        del ctx
        with formatter.section("Procedures"):
            formatter.write_dl([(each.NAME, each.SUMMARY) for each in PROCEDURES.values()])
