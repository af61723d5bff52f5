"""The options of a procedure on the command line, made from the description in its class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar, cast

import click
from click.shell_completion import CompletionItem

from lyncops.cli.completing import names
from lyncops.errors import InvalidValueError
from lyncops.plan.procedures import Option, Procedure
from lyncops.text.durations import parse_duration
from lyncops.values import Fqdn, SiteName

_SHORTEST: Final = timedelta(seconds=1)
P = TypeVar("P", bound=Procedure)
_OVERRIDES: Final = (
    click.Option(
        ["--override"],
        metavar="CHECK_ID",
        multiple=True,
        help="Continue although this check fails; needs --reason. Can be repeated.",
    ),
    click.Option(
        ["--reason"],
        metavar="TEXT",
        multiple=True,
        help="The reason; one for all overrides, or one for each. The report shows it.",
    ),
)


class Duration(click.ParamType[timedelta]):
    """A duration as people write it: `30s`, `2m`, `1h30m`."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read it, or say how it is written."""
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(str(value))
        except InvalidValueError as error:
            self.fail(str(error), param, ctx)


class Pause(Duration):
    """The time between two readings: longer than nothing, so that servers are not asked without
    end.
    """

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read it, or say why it cannot be so short."""
        pause = super().convert(value, param, ctx)
        if pause < _SHORTEST:
            self.fail(f"{value} is too short: at least 1s between two readings.", param, ctx)
        return pause


class Name(click.ParamType[str]):
    """A name that has a form of its own: an FQDN, or the name of a site."""

    name = "name"

    def __init__(self, kind: Callable[[str], str]) -> None:
        self._kind = kind

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Read it, or say what is wrong with it and how it is written.

        Raises:
            InvalidValueError: it is not such a name.
        """
        del ctx
        try:
            return self._kind(str(value))
        except InvalidValueError as error:
            where = param.opts[0] if isinstance(param, click.Option) else param and param.metavar
            raise InvalidValueError(f"{where}: {error.what}", remedy=error.remedy) from None

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names of the last reading."""
        del param
        return names(ctx, "sites" if self._kind is SiteName else "pools", incomplete)


def parameters_of(procedure: type[Procedure]) -> list[click.Parameter]:
    """What the command line takes for a procedure: its target, its own options, the overrides."""
    own: list[click.Parameter] = [_parameter(option) for option in procedure.options()]
    return [*own, *_OVERRIDES]


def _parameter(option: Option) -> click.Parameter:
    asked = option.asked
    if asked.is_target:
        word = asked.name if option.required else f"[{asked.name}]"
        return click.Argument(
            [option.field], metavar=word, required=option.required, type=_type(option)
        )
    if option.kind is bool:
        both = f"{asked.name}/--no-{asked.name[2:]}" if option.default is True else asked.name
        default = "  [default: yes]" if option.default is True else ""
        return click.Option(
            [both, option.field], is_flag=True, default=None, help=asked.about + default
        )
    return click.Option(
        [asked.name, option.field],
        type=_type(option),
        metavar=asked.example or None,
        multiple=option.repeated,
        required=option.required,
        help=asked.about + (" Can be repeated." if option.repeated else ""),
    )


def _type(option: Option) -> click.ParamType[Any]:
    kind = option.kind
    if option.words:
        return click.Choice(option.words, case_sensitive=False)
    if issubclass(kind, Fqdn | SiteName):
        return Name(kind)
    if issubclass(kind, timedelta):
        return Duration()
    return click.STRING


def procedure_of(kind: type[P], given: Mapping[str, object]) -> P:
    """The procedure that the parsed options make.

    Raises:
        InvalidValueError: an override has no reason, or the options make no sense together.
    """
    overrides = overrides_of(
        cast("Sequence[str]", given["override"]), cast("Sequence[str]", given["reason"])
    )
    fields = {
        option.field: given[option.field]
        for option in kind.options()
        if given[option.field] not in (None, ())
    }
    return kind(overrides=overrides, **cast("dict[str, Any]", fields))


def overrides_of(checks: Sequence[str], reasons: Sequence[str]) -> dict[str, str]:
    """The reason of each check that is to be overridden.

    Raises:
        InvalidValueError: there are neither as many reasons as checks nor one for all of them, or a
            reason is empty.
    """
    if not checks:
        return {}
    is_complete = len(reasons) in (1, len(checks))
    if not is_complete or not all(reason.strip() for reason in reasons):
        raise InvalidValueError(
            f"{len(checks)} --override and {len(reasons)} --reason were given.",
            remedy=("Give the reason with --reason: one text for all overrides, or one for each."),
        )
    texts = reasons if len(reasons) == len(checks) else list(reasons) * len(checks)
    return dict(zip(checks, texts, strict=True))
