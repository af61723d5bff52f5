"""Binding objects of the pipeline to a cmdlet's parameters: by value, or by the name of a
property.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from lyncops.lab.parameters.binding import (
    Bound,
    MissingParametersError,
    NoParameterSetError,
    chosen_set,
    fits,
    type_of,
)
from lyncops.lab.parameters.catalogue import Parameter
from lyncops.lab.parameters.coercion import CannotConvertError, convert, short_name
from lyncops.values import RemoteObject

_NOT_BOUND: Final = (
    "The input object cannot be bound to any parameters for the command either because the command"
    " does not take pipeline input or the input and its properties do not match any of the"
    " parameters that take pipeline input."
)
_MISSING: Final = (
    "The input object cannot be bound because it did not contain the information required to bind"
    " all mandatory parameters:  {}"
)


class InputNotBoundError(Exception):
    """An object of the pipeline that the cmdlet cannot take; PowerShell writes an error and goes on
    with the next one.
    """

    def __init__(self, error_id: str, message: str) -> None:
        super().__init__(message)
        self.error_id = error_id


def bind_input(bound: Bound, item: object, version: str) -> Bound:
    """The cmdlet with one object of the pipeline bound as well.

    Raises:
        InputNotBoundError: no parameter takes the object, or mandatory ones are still missing.
    """
    values, taken = dict(bound.values), dict.fromkeys(bound.given)
    for parameter, value in _offers(bound, item):
        if parameter.name in taken or not fits(bound.spec, (*taken, parameter.name)):
            continue
        try:
            values[parameter.name] = convert(value, type_of(bound.spec, parameter), version)
        except CannotConvertError:
            continue
        taken[parameter.name] = None
    if taken.keys() == bound.given:
        raise InputNotBoundError("InputObjectNotBound", _NOT_BOUND)
    try:
        chosen = chosen_set(bound.spec, taken)
    except MissingParametersError as error:
        raise InputNotBoundError("InputObjectMissingMandatory", _MISSING.format(error)) from None
    except NoParameterSetError:
        raise InputNotBoundError("InputObjectNotBound", _NOT_BOUND) from None
    name = "default" if chosen is None else chosen.name
    return attrs.evolve(bound, values=values, given=frozenset(taken), set_name=name, piped=False)


def _offers(bound: Bound, item: object) -> Iterator[tuple[Parameter, object]]:
    """Which parameter could take what, in PowerShell's order: first what needs no conversion, the
    object before its properties.
    """
    taking = [parameter for parameter in bound.spec.parameters.values() if parameter.takes_input]
    by_value = [(one, item) for one in taking if one.by_value and item is not None]
    by_name = [
        (one, found)
        for one in taking
        if one.by_property and (found := _property(item, one)) is not None
    ]
    for offers in (by_value, by_name):
        yield from (offer for offer in offers if _is_of_type(offer[1], offer[0].type_name))
    yield from (*by_value, *by_name)


def _property(item: object, parameter: Parameter) -> object:
    if not isinstance(item, RemoteObject):
        return None
    return next(
        (
            found
            for name in (parameter.name, *parameter.aliases)
            if (found := item.get(name)) is not None
        ),
        None,
    )


def _is_of_type(value: object, type_name: str) -> bool:
    short = short_name(type_name).removesuffix("[]")
    if short in {"PSObject", "Object"}:
        return True
    if isinstance(value, RemoteObject):
        return any(short_name(name) == short for name in value.type_names)
    return short == "String" and isinstance(value, str)
