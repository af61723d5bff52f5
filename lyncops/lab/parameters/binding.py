"""Binding the arguments of an invocation to a cmdlet's parameters, with PowerShell's rules and
PowerShell's messages.

The messages are those of System.Management.Automation's ParameterBinderStrings. The order of the
steps is PowerShell's own, since it decides which of several mistakes is reported: named arguments
are looked up and bound in the order given, then those without a name; only then unknown names are
reported, and at last what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NoReturn, cast

import attrs

from lyncops.lab.interface import Argument, ErrorDetail, TerminatingError
from lyncops.lab.parameters.catalogue import COMMON_PARAMETERS, CmdletSpec, Parameter, ParameterSet
from lyncops.lab.parameters.coercion import CannotConvertError, convert, is_nullable, text_of
from lyncops.lab.parameters.enums import TYPE_CORRECTIONS

_AUTOMATION: Final = "System.Management.Automation"
_SHOULD_PROCESS: Final = ("WhatIf", "Confirm")


@attrs.frozen(slots=True, kw_only=True)
class Bound:
    """A cmdlet with its arguments bound: by the reference's own parameter names, common parameters
    included.

    `given` names also what was given as null. `piped` says that objects of the pipeline are still
    to be bound.
    """

    spec: CmdletSpec
    values: Mapping[str, object]
    set_name: str
    given: frozenset[str] = frozenset()
    piped: bool = False


def bind(
    spec: CmdletSpec, arguments: Iterable[Argument], version: str, *, piped: bool = False
) -> Bound:
    """Bind `arguments` to `spec`, which must be the cmdlet as `version` has it; `piped`: objects of
    the pipeline will follow.

    Raises:
        TerminatingError: PowerShell would refuse the call; the message is PowerShell's.
    """
    return _Binder(spec, version, piped=piped).run(tuple(arguments))


def fits(spec: CmdletSpec, names: Iterable[str]) -> bool:
    """Whether these parameters of the cmdlet's own can be given together."""
    wanted = {name for name in names if name in spec.parameters}
    return any(wanted <= one.members for one in spec.sets)


def type_of(spec: CmdletSpec, parameter: Parameter) -> str:
    """The type that the cmdlet really takes."""
    return TYPE_CORRECTIONS.get((spec.name, parameter.name), parameter.type_name)


def chosen_set(
    spec: CmdletSpec, given: Iterable[str], *, to_come: frozenset[str] = frozenset()
) -> ParameterSet | None:
    """The set of parameters that a call means; `to_come` may still be bound from the pipeline.

    None where the cmdlet has no sets.

    Raises:
        MissingParametersError: the nearest set lacks mandatory parameters.
        NoParameterSetError: the parameters belong to different sets.
    """
    own = {name for name in given if name in spec.parameters}
    candidates = [one for one in spec.sets if own <= one.members]
    if not candidates:
        if not spec.sets:
            return None
        raise NoParameterSetError
    complete = [one for one in candidates if set(one.mandatory) <= own | to_come]
    if not complete:
        nearest = min(
            candidates, key=lambda one: (not one.is_default, len(set(one.mandatory) - own))
        )
        raise MissingParametersError(tuple(name for name in nearest.mandatory if name not in own))
    # Where several sets fit, the reference does not say which is the default; the most demanding
    # one says most about the call.
    return max(
        complete,
        key=lambda one: (one.is_default, len(one.mandatory), one.name in ("Identity", "Normal")),
    )


class NoParameterSetError(Exception):
    """No set has all these parameters."""


class MissingParametersError(Exception):
    """Mandatory parameters are missing."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(" ".join(names))
        self.names = names


@attrs.frozen(slots=True)
class _Refusal:
    """What PowerShell says of a call that it does not bind."""

    message: str
    error_id: str
    category: str = "InvalidArgument"
    exception: str = "ParameterBindingException"


def _elements(value: object) -> Sequence[object]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


class _Binder:
    def __init__(self, spec: CmdletSpec, version: str, *, piped: bool) -> None:
        self._spec = spec
        self._version = version
        self._piped = piped
        self._values: dict[str, object] = {}
        self._given: dict[str, None] = {}

    def run(self, arguments: tuple[Argument, ...]) -> Bound:
        unknown: list[Argument] = []
        for one in arguments:
            parameter = None if one.name is None else self._find(one.name)
            if parameter is not None:
                self._set(parameter, one.value, one.name or "")
            elif one.name is not None:
                unknown.append(one)
        self._bind_positional([one.value for one in arguments if one.name is None])
        self._bind_remaining(unknown)
        return Bound(
            spec=self._spec,
            values=self._values,
            set_name=self._choose_set(),
            given=frozenset(self._given),
            piped=self._piped,
        )

    def _find(self, name: str) -> Parameter | None:
        """By name or alias, or by a unique beginning of one; a cmdlet's own parameters go before
        the common ones.
        """
        known = {**COMMON_PARAMETERS, **self._spec.parameters}
        folded = name.casefold()
        names = {
            parameter.name: (parameter.name, *parameter.aliases) for parameter in known.values()
        }
        for parameter in known.values():
            if folded in (one.casefold() for one in names[parameter.name]):
                return parameter
        matches = [
            p
            for p in known.values()
            if folded and any(one.casefold().startswith(folded) for one in names[p.name])
        ]
        own = [
            p for p in matches if p.name in self._spec.parameters and p.name not in _SHOULD_PROCESS
        ]
        if len(matches) == 1 or len(own) == 1:
            return (own or matches)[0]
        if matches:
            listed = "".join(f" -{p.name}" for p in matches)
            text = (
                f"Parameter cannot be processed because the parameter name '{name}' is ambiguous. "
            )
            self._refuse(f"{text}Possible matches include:{listed}.", "AmbiguousParameter")
        return None

    def _set(self, parameter: Parameter, value: object, written: str) -> None:
        name = parameter.name
        if name in self._given:
            self._refuse(
                f"Cannot bind parameter because parameter '{written}' is specified more than once."
                " To provide multiple values to parameters that can accept multiple values, use"
                ' the array syntax. For example, "-parameter value1,value2,value3".',
                "ParameterAlreadyBound",
            )
        self._given[name] = None
        if value is None:
            self._set_null(parameter)
            return
        try:
            converted = convert(value, type_of(self._spec, parameter), self._version)
        except CannotConvertError as error:
            self._refuse(f"Cannot bind parameter '{name}'. {error}", error.error_id)
        self._validate(parameter, converted)
        self._values[name] = converted

    def _set_null(self, parameter: Parameter) -> None:
        name = parameter.name
        if parameter.is_switch:
            self._values[name] = True
        elif self._spec.is_mandatory(name):
            self._invalid(
                f"Cannot bind argument to parameter '{name}' because it is null.", "NullNotAllowed"
            )
        elif parameter.type_name == "Boolean":
            text = f"Cannot bind argument to parameter '{name}' because it is null."
            self._refuse(text, "ParameterArgumentValidationErrorNullNotAllowed")
        elif parameter.not_empty:
            text = (
                "The argument is null or empty. Provide an argument that is not null or empty, and"
                " then try the command again."
            )
            self._invalid(f"Cannot validate argument on parameter '{name}'. {text}")
        elif not is_nullable(type_of(self._spec, parameter), self._version):
            text = (
                f"Cannot bind parameter '{name}' to the target. Exception setting \"{name}\":"
                ' "Cannot convert null to type '
            )
            self._refuse(
                f'{text}"{parameter.type_name}"."', "ParameterBindingFailed", category="WriteError"
            )

    def _validate(self, parameter: Parameter, value: object) -> None:
        """What the parameter's attributes ask for, of each element of a list."""
        name, items = parameter.name, _elements(value)
        if self._spec.is_mandatory(name):
            self._validate_mandatory(name, items)
        where = f"Cannot validate argument on parameter '{name}'."
        if parameter.not_empty and any(item is None or item == "" for item in items):
            self._invalid(
                f"{where} The argument is null, empty, or an element of the argument collection"
                " contains a null value."
            )
        for item in items:
            if parameter.least is not None and isinstance(item, int) and item < parameter.least:
                self._invalid(
                    f"{where} The {item} argument is less than the minimum allowed range of"
                    f" {parameter.least}."
                )
            if parameter.choices and str(item).casefold() not in (
                one.casefold() for one in parameter.choices
            ):
                listed = ",".join(parameter.choices)
                self._invalid(
                    f'{where} The argument "{item}" does not belong to the set "{listed}" specified'
                    " by the ValidateSet attribute."
                )
        if value == "Suspend" and parameter.type_name == "ActionPreference":
            text = (
                f'Cannot bind parameter \'{name}\' to the target. Exception setting "{name}": "The'
                ' value Suspend is not supported."'
            )
            self._refuse(text, "ParameterBindingFailed", category="WriteError")

    def _validate_mandatory(self, name: str, items: Sequence[object]) -> None:
        where = f"Cannot bind argument to parameter '{name}' because it is"
        if not items:
            self._invalid(f"{where} an empty array.", "EmptyArrayNotAllowed")
        if any(item is None for item in items):
            self._invalid(f"{where} null.", "NullNotAllowed")
        if any(item == "" for item in items):
            self._invalid(f"{where} an empty string.", "EmptyStringNotAllowed")

    def _bind_positional(self, values: list[object]) -> None:
        places = sorted(
            (p.position, p.name)
            for p in self._spec.parameters.values()
            if p.position is not None and p.name not in self._given
        )
        for value in values:
            # Parameters that share a position belong to different sets; the first one whose set
            # still fits is meant.
            fitting = [
                name
                for _, name in places
                if name not in self._given and fits(self._spec, (*self._given, name))
            ]
            if not fitting:
                text = (
                    "A positional parameter cannot be found that accepts argument"
                    f" '{text_of(value)}'."
                )
                self._refuse(text, "PositionalParameterNotFound")
            name = self._preferred(fitting)
            self._set(self._spec.parameters[name], value, name)

    def _bind_remaining(self, unknown: list[Argument]) -> None:
        """Give names that mean nothing to a parameter that takes whatever remains."""
        taker = next(
            (
                one
                for one in self._spec.parameters.values()
                if one.takes_rest and one.name not in self._given
            ),
            None,
        )
        if unknown and taker is None:
            self._refuse(
                f"A parameter cannot be found that matches parameter name '{unknown[0].name}'.",
                "NamedParameterNotFound",
            )
        if unknown and taker is not None:
            self._set(
                taker, [item for one in unknown for item in (f"-{one.name}", one.value)], taker.name
            )

    def _preferred(self, names: list[str]) -> str:
        """Of the parameters at the lowest free position, one that takes a value rather than a
        switch.
        """
        lowest = self._spec.parameters[names[0]].position
        level = [
            self._spec.parameters[n] for n in names if self._spec.parameters[n].position == lowest
        ]
        return min(
            level,
            key=lambda p: (
                p.is_switch,
                p.type_name not in ("String", "XdsIdentity", "XdsGlobalRelativeIdentity"),
            ),
        ).name

    def _choose_set(self) -> str:
        to_come = (
            frozenset(p.name for p in self._spec.parameters.values() if p.takes_input)
            if self._piped
            else frozenset[str]()
        )
        try:
            chosen = chosen_set(self._spec, self._given, to_come=to_come)
        except NoParameterSetError:
            self._refuse(
                "Parameter set cannot be resolved using the specified named parameters.",
                "AmbiguousParameterSet",
            )
        except MissingParametersError as error:
            text = (
                "Cannot process command because of one or more missing mandatory parameters:"
                f" {error}."
            )
            self._refuse(text, "MissingMandatoryParameter")
        return "default" if chosen is None else chosen.name

    def _invalid(self, message: str, what: str = "") -> NoReturn:
        self._raise(
            _Refusal(
                message,
                f"ParameterArgumentValidationError{what}",
                "InvalidData",
                "ParameterBindingValidationException",
            )
        )

    def _refuse(
        self, message: str, error_id: str, *, category: str = "InvalidArgument"
    ) -> NoReturn:
        self._raise(_Refusal(message, error_id, category))

    def _raise(self, refusal: _Refusal) -> NoReturn:
        raise TerminatingError(
            ErrorDetail(
                message=refusal.message,
                category=refusal.category,
                error_id=f"{refusal.error_id},{self._spec.exception_source}",
                exception_type=f"{_AUTOMATION}.{refusal.exception}",
                activity=self._spec.name,
            )
        )
