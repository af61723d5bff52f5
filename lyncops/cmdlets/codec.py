"""Cmdlet values as JSON, for saved plans: `{"cmdlet": "Invoke-CsPoolFailOver", "arguments":
{"PoolFqdn": "pool1.contoso.com"}}`.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import cast

import lyncops.cmdlets
from lyncops.cmdlets.base import Cmdlet
from lyncops.cmdlets.kinds import format_timespan
from lyncops.errors import InvalidValueError, PlanFormatError


def cmdlet_to_dict(cmdlet: Cmdlet[object]) -> dict[str, object]:
    """A cmdlet as values that JSON has: durations as `hh:mm:ss`, bytes as base64, lists."""
    arguments = {name: _to_json(value) for name, value in cmdlet.given_arguments().items()}
    expands = {"expands": cmdlet.EXPANDS} if cmdlet.EXPANDS else {}
    return {"cmdlet": cmdlet.NAME, "arguments": arguments, **expands}


def _to_json(value: object) -> object:
    if isinstance(value, timedelta):
        return format_timespan(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return list(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else value


def cmdlet_from_dict(data: object) -> Cmdlet[object]:
    """The cmdlet that `cmdlet_to_dict` wrote.

    Raises:
        PlanFormatError: `data` is not such a form, or names a cmdlet, parameter or value that does
            not exist.
    """
    form = _mapping(data, "A cmdlet")
    name, arguments = (
        form.get("cmdlet"),
        _mapping(form.get("arguments", {}), "The arguments of a cmdlet"),
    )
    if unknown := form.keys() - {"cmdlet", "arguments", "expands"}:
        raise _refused(f"A cmdlet has no field {', '.join(sorted(unknown))}.")
    if not isinstance(name, str) or name not in cmdlet_classes():
        raise _refused(f"{name!r} is not a cmdlet that lyncops knows.")
    cls = _form_of(name, arguments, form.get("expands", ""))
    fields = {about.name: about.field for about in cls.parameters()}
    own = {key: value for key, value in arguments.items() if key not in cls.FIXED}
    if unknown := own.keys() - fields.keys():
        raise _refused(f"{name} has no parameter -{', -'.join(sorted(unknown))}.")
    if missing := [
        f"-{about.name}" for about in cls.parameters() if about.mandatory and about.name not in own
    ]:
        raise _refused(f"{name} needs {', '.join(missing)}.")
    try:
        return cast("Callable[..., Cmdlet[object]]", cls)(
            **{fields[key]: value for key, value in own.items()}
        )
    except InvalidValueError as error:
        raise _refused(error.what, error.remedy) from error


@functools.cache
def cmdlet_classes() -> Mapping[str, tuple[type[Cmdlet[object]], ...]]:
    """Every class by its cmdlet's name.

    A cmdlet with forms of different results has a class for each.
    """
    found: dict[str, tuple[type[Cmdlet[object]], ...]] = {}
    for cls in _classes():
        found[cls.NAME] = (*found.get(cls.NAME, ()), cls)
    return found


def _classes() -> Iterator[type[Cmdlet[object]]]:
    for name in lyncops.cmdlets.__all__:
        cls = cast("object", getattr(lyncops.cmdlets, name))
        if isinstance(cls, type) and issubclass(cls, Cmdlet) and cls is not Cmdlet:
            yield cast("type[Cmdlet[object]]", cls)


def _form_of(name: str, arguments: Mapping[str, object], expands: object) -> type[Cmdlet[object]]:
    forms = [form for form in cmdlet_classes()[name] if expands == form.EXPANDS]
    fixed = (
        form
        for form in forms
        if form.FIXED and all(arguments.get(key) == value for key, value in form.FIXED.items())
    )
    found = next(fixed, None) or next((form for form in forms if not form.FIXED), None)
    if found is None:
        raise _refused(f"{name} has no form that expands {expands!r}.")
    return found


def _mapping(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _refused(f"{what} must be an object, it is {value!r}.")
    return cast("Mapping[str, object]", value)


def _refused(what: str, remedy: str = "") -> PlanFormatError:
    return PlanFormatError(
        what, remedy=remedy or "Make the plan again with this version of lyncops."
    )
