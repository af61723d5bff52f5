"""Binding the arguments of an invocation to a cmdlet's parameters, with PowerShell's rules and PowerShell's messages.

The messages are those of System.Management.Automation's ParameterBinderStrings; the category is InvalidArgument and the exception
ParameterBindingException, as every binding error has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn

import attrs

from lyncops.lab.catalogue import COMMON_PARAMETERS, CmdletSpec, Parameter, ParameterSet
from lyncops.lab.coercion import CannotConvertError, convert, text_of
from lyncops.lab.enums import TYPE_CORRECTIONS
from lyncops.lab.interface import Argument, ErrorDetail, TerminatingError


@attrs.frozen(slots=True, kw_only=True)
class Bound:
    """A cmdlet with its arguments bound: by the reference's own parameter names, common parameters included."""

    spec: CmdletSpec
    values: Mapping[str, object]
    set_name: str


def bind(spec: CmdletSpec, arguments: Iterable[Argument], version: str) -> Bound:
    """Bind `arguments` to `spec`, which must be the cmdlet as `version` has it.

    Raises:
        TerminatingError: PowerShell would refuse the call; the message is PowerShell's.
    """
    return _Binder(spec, version).run(tuple(arguments))


class _Binder:
    def __init__(self, spec: CmdletSpec, version: str) -> None:
        self._spec = spec
        self._version = version
        self._values: dict[str, object] = {}

    def run(self, arguments: tuple[Argument, ...]) -> Bound:
        positional: list[object] = []
        for argument in arguments:
            if argument.name is None:
                positional.append(argument.value)
            else:
                self._set(self._find(argument.name.removeprefix("-").removesuffix(":")), argument.value)
        self._bind_positional(positional)
        chosen = self._choose_set()
        return Bound(spec=self._spec, values=self._values, set_name=chosen.name if chosen is not None else "default")

    def _find(self, name: str) -> Parameter:
        known = {**COMMON_PARAMETERS, **self._spec.parameters}
        folded = name.casefold()
        for parameter in known.values():
            if folded in (parameter.name.casefold(), *(a.casefold() for a in parameter.aliases)):
                return parameter
        matches = [p for p in known.values() if p.name.casefold().startswith(folded)] if folded else []
        own = [p for p in matches if p.name in self._spec.parameters]
        if len(matches) == 1 or len(own) == 1:
            return (own or matches)[0]
        if matches:
            listed = "".join(f" -{p.name}" for p in matches)
            text = f"Parameter cannot be processed because the parameter name '{name}' is ambiguous. "
            self._refuse(f"{text}Possible matches include:{listed}.", "AmbiguousParameter")
        return self._refuse(f"A parameter cannot be found that matches parameter name '{name}'.", "NamedParameterNotFound")

    def _set(self, parameter: Parameter, value: object) -> None:
        name = parameter.name
        if name in self._values:
            self._refuse(
                f"Cannot bind parameter because parameter '{name}' is specified more than once. To provide multiple values to "
                'parameters that can accept multiple values, use the array syntax. For example, "-parameter value1,value2,value3".',
                "ParameterAlreadyBound",
            )
        if value is None and not parameter.is_switch:
            self._refuse(
                f"Missing an argument for parameter '{name}'. Specify a parameter of type '{parameter.type_name}' and try again.",
                "MissingArgument",
            )
        if value == "" and not parameter.is_switch and any(name in s.mandatory for s in self._spec.sets):
            text = f"Cannot bind argument to parameter '{name}' because it is an empty string."
            self._refuse(text, "ParameterArgumentValidationErrorEmptyStringNotAllowed")
        type_name = TYPE_CORRECTIONS.get((self._spec.name, name), parameter.type_name)
        try:
            self._values[name] = convert(value, type_name, self._version)
        except CannotConvertError as error:
            self._refuse(f"Cannot bind parameter '{name}'. {error}", "CannotConvertArgumentNoMessage")

    def _bind_positional(self, values: list[object]) -> None:
        places = sorted(
            (p.position, p.name) for p in self._spec.parameters.values() if p.position is not None and p.name not in self._values
        )
        for value in values:
            # Parameters that share a position belong to different sets; the first one whose set still fits is meant.
            fitting = [name for _, name in places if name not in self._values and self._fits(name)]
            if not fitting:
                text = f"A positional parameter cannot be found that accepts argument '{text_of(value)}'."
                self._refuse(text, "PositionalParameterNotFound")
            self._set(self._spec.parameters[self._preferred(fitting)], value)

    def _preferred(self, names: list[str]) -> str:
        """Of the parameters at the lowest free position, one that takes a value rather than a switch."""
        lowest = self._spec.parameters[names[0]].position
        level = [self._spec.parameters[n] for n in names if self._spec.parameters[n].position == lowest]
        return min(
            level, key=lambda p: (p.is_switch, p.type_name not in ("String", "XdsIdentity", "XdsGlobalRelativeIdentity"))
        ).name

    def _fits(self, name: str) -> bool:
        wanted = {*self._own_names(), name}
        return any(wanted <= s.members for s in self._spec.sets)

    def _own_names(self) -> set[str]:
        return {name for name in self._values if name in self._spec.parameters}

    def _choose_set(self) -> ParameterSet | None:
        given = self._own_names()
        candidates = [s for s in self._spec.sets if given <= s.members]
        if not candidates:
            if not self._spec.sets:
                return None
            self._refuse("Parameter set cannot be resolved using the specified named parameters.", "AmbiguousParameterSet")
        complete = [s for s in candidates if set(s.mandatory) <= given]
        if not complete:
            nearest = min(candidates, key=lambda s: (not s.is_default, len(set(s.mandatory) - given)))
            missing = " ".join(name for name in nearest.mandatory if name not in given)
            text = f"Cannot process command because of one or more missing mandatory parameters: {missing}."
            self._refuse(text, "MissingMandatoryParameter")
        # Where several sets fit, the reference does not say which is the default; the most demanding one says most about the call.
        return max(complete, key=lambda s: (s.is_default, len(s.mandatory), s.name in ("Identity", "Normal")))

    def _refuse(self, message: str, error_id: str) -> NoReturn:
        raise TerminatingError(
            ErrorDetail(
                message=message,
                category="InvalidArgument",
                error_id=f"{error_id},{self._spec.exception_source}",
                exception_type="System.Management.Automation.ParameterBindingException",
            )
        )
