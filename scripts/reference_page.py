"""The reference of the Python API, `docs/python-reference.md`, from the docstrings."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, cast, get_args

import attrs

import lyncops
import lyncops.cmdlets
import lyncops.testing
from lyncops.cmdlets import Cmdlet
from lyncops.runs import events

_HEAD = """\
# The reference of the Python API

Everything that `lyncops` exports, by subject. How it is used: [python.md](python.md). Each value is
immutable, and each error has `what` (what happened) and `remedy` (what to do). `Unread` is in the
place of what could not be read.

This page is written by `scripts/docs.py` from the docstrings."""


def reference_page() -> str:
    """The page as Markdown."""
    return "\n".join((_HEAD, *_subjects(), *_cmdlets(), *_testing())) + "\n"


def _subjects() -> Iterator[str]:
    public = {name: cast("object", getattr(lyncops, name)) for name in lyncops.__all__}
    told = set[str]()
    for title, belongs in _SUBJECTS.items():
        found = {name: one for name, one in public.items() if name not in told and belongs(one)}
        told |= found.keys()
        yield f"\n## {title}"
        for name, one in found.items():
            yield from _entry(name, one)


def _is(kind: type) -> Callable[[object], bool]:
    return lambda one: inspect.isclass(one) and issubclass(one, kind)


_SUBJECTS: dict[str, Callable[[object], bool]] = {
    "Connecting": lambda one: one in (lyncops.connect, lyncops.from_snapshot, lyncops.Client),
    "Procedures": _is(lyncops.Procedure),
    "Words": _is(enum.Enum),
    "Events of a run": lambda one: (
        one in (lyncops.Event, lyncops.Observer, *get_args(events.Event))
    ),
    "Errors": _is(lyncops.LyncOpsError),
    "Values": lambda _one: True,
}


def _entry(name: str, one: object) -> Iterator[str]:
    if not inspect.isclass(one) and not inspect.isfunction(one):
        kinds = ", ".join(f"`{kind.__name__}`" for kind in get_args(one))
        yield f"\n### {name}\n\nOne of: {kinds}."
        return
    yield f"\n### {name}\n\n{_doc(one)}"
    if inspect.isfunction(one):
        yield f"\n```python\n{name}{_signature(one)}\n```"
        return
    members = list(_words(one) if issubclass(one, enum.Enum) else _fields(one))
    members += _methods(one)
    if members:
        yield ""
        yield from members


def _words(kind: type[enum.Enum]) -> Iterator[str]:
    yield from (f"- `{member.name}`: `{member.value}`" for member in kind)


def _fields(kind: type) -> Iterator[str]:
    if not attrs.has(kind):
        return
    asked = kind.options() if issubclass(kind, lyncops.Procedure) else ()
    about = {option.field: option.asked.about for option in asked}
    for field in attrs.fields(kind):
        if not field.name.startswith("_") and field.init:
            said = f": {about[field.name]}" if field.name in about else ""
            yield f"- `{field.name}: {_flat(field.type)}`{said}"


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Its own, and those of a class under it that has no entry here."""
    for base in kind.__mro__:
        hidden = base.__module__.startswith("lyncops.runs.") and not hasattr(lyncops, base.__name__)
        if base is kind or hidden:
            yield from vars(base).items()


def _methods(kind: type) -> Iterator[str]:
    for name, member in _members(kind):
        if name.startswith("_"):
            continue
        if inspect.isfunction(member):
            yield f"- `{name}{_signature(member)}`: {_line(member)}"
        elif isinstance(member, classmethod):
            function = inspect.unwrap(cast("Callable[..., object]", member))
            yield f"- `{kind.__name__}.{name}{_signature(function)}`: {_line(function)}"
        elif isinstance(member, property) or hasattr(member, "func"):
            get = member.fget if isinstance(member, property) else member.func
            yield f"- `{name}: {_flat(get.__annotations__.get('return'))}`: {_line(get)}"


def _cmdlets() -> Iterator[str]:
    yield "\n## Cmdlets\n\nFrom `lyncops.cmdlets`: each is a value, with the parameters of"
    yield "Microsoft's reference in snake case. `client.ask` gives its objects. Those that"
    yield "change something run in plans only.\n"
    yield "| cmdlet | class | effect | gives |\n| --- | --- | --- | --- |"
    for name in lyncops.cmdlets.__all__:
        one = getattr(lyncops.cmdlets, name)
        if inspect.isclass(one) and issubclass(one, Cmdlet) and one is not Cmdlet:
            kind = cast("type[Cmdlet[object]]", one)
            gives = kind.result_type().__name__
            shown = "nothing" if gives == "NoOutput" else f"`{gives}`"
            page = f"[{kind.NAME}]({kind.reference_page().url})"
            yield f"| {page} | `{name}` | {kind.EFFECT} | {shown} |"


def _testing() -> Iterator[str]:
    yield "\n## lyncops.testing"
    for name in lyncops.testing.__all__:
        yield from _entry(name, getattr(lyncops.testing, name))


def _signature(function: Callable[..., object]) -> str:
    signature = inspect.signature(function)
    mine = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    shown = [
        one.replace(annotation=_Written(_flat(one.annotation)), default=_shown(one.default))
        for one in mine
    ]
    answer = _Written(_flat(signature.return_annotation))
    return str(signature.replace(parameters=shown, return_annotation=answer))


@attrs.frozen(repr=False)
class _Written:
    """Part of a signature as it was written."""

    text: str

    def __repr__(self) -> str:
        return self.text


def _shown(default: object) -> object:
    """A default that says something by itself; three dots for a longer one."""
    is_short = default in (inspect.Parameter.empty, None, ()) or isinstance(
        default, bool | int | str
    )
    return default if is_short else _Written("...")


def _flat(annotation: object) -> str:
    text = (
        annotation
        if isinstance(annotation, str)
        else getattr(annotation, "__name__", str(annotation))
    )
    return " ".join(text.split())


def _doc(one: object) -> str:
    """What is written about it; the errors that it raises as a list."""
    text, raises, errors = (inspect.getdoc(one) or "").partition("Raises:\n")
    listed = re.sub(r"^ {8}", "  ", errors, flags=re.MULTILINE)
    listed = re.sub(r"^ {4}(\w+): ", r"- `\1`: ", listed, flags=re.MULTILINE)
    return "\n\n".join(filter(None, (text.strip(), raises.strip(), listed.rstrip())))


def _line(one: object) -> str:
    return " ".join(_doc(one).partition("\n\n")[0].split())
