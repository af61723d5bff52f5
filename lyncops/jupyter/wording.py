"""The words of the command line in the words of Python, for what a notebook shows:
`lyncops resume RUN` is `client.resume("RUN")` in a cell, and `--verify` is `verify=True`.
"""

from __future__ import annotations

import enum
import html
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from lyncops.plan.procedures import PROCEDURES, Option, Procedure
from lyncops.views.commands import Given, in_other_words

_VERBS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "resume": "client.resume({})",
        "runs show": "client.show({})",
        "runs report": "client.report({})",
        "runs list": "client.runs()",
        "status": "client.status()",
        "doctor": "client.doctor()",
        "readiness": "client.readiness()",
        "backup-service show": "client.backup_service()",
    }
)
_OWN: Final[Mapping[str, str]] = MappingProxyType(
    {"steal-lock": "steal_lock=True", "override": "overrides=", "send-again": "send_again="}
)
_OPTION: Final = re.compile(r"(?<![\w-])--([a-z][a-z-]*[a-z])(?: ([\w.-]*\w))?")
_OVERRIDE: Final = re.compile(r"--override ([\w-]+) --reason TEXT")
_TEXT_NODE: Final = re.compile(r"(?<=>)[^<]+")


def in_python(text: str) -> str:
    """A text as somebody in a notebook reads it."""
    text = _OVERRIDE.sub(r'overrides={"\1": "THE REASON"}', text)
    return in_other_words(text, _Python(), lambda between: _OPTION.sub(_word, between))


def page_in_python(page: str) -> str:
    """The same for HTML: its texts, and nothing of its marks."""
    return _TEXT_NODE.sub(lambda found: html.escape(in_python(html.unescape(found[0]))), page)


class _Python:
    """Calls of a client."""

    def procedure(self, verb: str, kind: type[Procedure], given: Given) -> str:
        """A plan of a procedure, and its run."""
        options = {one.field: one for one in kind.options()}
        said = (_assigned(options[field], values) for field, values in given.items())
        plan = f"client.plan(lyncops.{kind.__name__}({', '.join(said)}))"
        return f"client.run({plan})" if verb == "run" else plan

    def verb(self, verb: str, about: str) -> str:
        """A question, or going on with a run."""
        return _VERBS[verb].format(f'"{about}"' if about else "")


def _assigned(option: Option, values: tuple[str, ...]) -> str:
    words = ", ".join(f'"{value}"' for value in values)
    said = "True" if option.kind is bool else f"({words},)" if option.repeated else words
    return f"{option.field.lstrip('_')}={said}"


@cache
def _known() -> Mapping[str, Option]:
    """The option of each flag, where all procedures mean the same field by it."""
    return {
        one.asked.name.removeprefix("--"): one
        for kind in reversed(tuple(PROCEDURES.values()))
        for one in kind.options()
        if not one.asked.is_target
    }


def _word(found: re.Match[str]) -> str:
    flag, after = found[1], found[2]
    option = _known().get(flag)
    rest = f" {after}" if after else ""
    if option is None:
        return f"{_OWN[flag]}{rest}" if flag in _OWN else found[0]
    if option.kind is bool:
        return f"{_assigned(option, ())}{rest}"
    if after and issubclass(option.kind, enum.Enum) and after in option.words:
        return _assigned(option, (after,))
    return f"{option.field.lstrip('_')}{rest}"
