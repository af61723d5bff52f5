"""A parameter of a module as a value.

What Ansible validates and what `ansible-doc` shows come from the same one.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import timedelta

import attrs

from lyncops.plan.procedures import Option, Procedure
from lyncops.values import JsonValue


@attrs.frozen(slots=True, kw_only=True)
class Parameter:
    """One parameter. `kind` and `elements` are Ansible's words for types; a `secret` is never
    shown.
    """

    name: str
    about: tuple[str, ...]
    kind: str = "str"
    elements: str = ""
    required: bool = False
    default: JsonValue = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    inside: tuple[Parameter, ...] = ()  # of each entry, where it is a list of dictionaries

    def specification(self) -> dict[str, object]:
        """What Ansible validates."""
        spec: dict[str, object] = {**self._facts()}
        if self.secret:
            spec["no_log"] = True
        if self.inside:
            spec["options"] = specification(self.inside)
        return spec

    def documentation(self) -> dict[str, JsonValue]:
        """What `ansible-doc` shows."""
        documented: dict[str, JsonValue] = {"description": list(self.about), **self._facts()}
        if self.inside:
            documented["suboptions"] = {one.name: one.documentation() for one in self.inside}
        return documented

    def _facts(self) -> dict[str, JsonValue]:
        facts: dict[str, JsonValue] = {"type": self.kind}
        if self.elements:
            facts["elements"] = self.elements
        if self.required:
            facts["required"] = True
        if self.default is not None:
            facts["default"] = self.default
        if self.choices:
            facts["choices"] = list(self.choices)
        return facts


def specification(parameters: Iterable[Parameter]) -> dict[str, object]:
    """The argument specification of these parameters."""
    return {one.name: one.specification() for one in parameters}


def of_procedure(procedure: type[Procedure]) -> tuple[Parameter, ...]:
    """The parameters of a procedure, made from the description in its class."""
    return tuple(map(_of_option, procedure.options()))


def _of_option(option: Option) -> Parameter:
    kind = "bool" if option.kind is bool else "str"
    return Parameter(
        name=option.field,
        about=_about(option),
        kind="list" if option.repeated else kind,
        elements=kind if option.repeated else "",
        required=option.required,
        default=_default(option),
        choices=option.words,
    )


def _about(option: Option) -> tuple[str, ...]:
    written = "Written as C(30s), C(2m) or C(1h30m)."
    return (
        (option.asked.about, written)
        if issubclass(option.kind, timedelta)
        else (option.asked.about,)
    )


def _default(option: Option) -> JsonValue:
    """The default where there is one that says something: no empty text, no empty list."""
    match option.default:
        case bool(yes):
            return yes
        case enum.Enum() as member:
            words = {word.casefold(): word for word in option.words}
            return words[str(member.value).casefold()]
        case str(text) if text:
            return text
        case _:
            return None
