"""Command lines inside of sentences, for faces that are no command line: what `lyncops resume RUN`
is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from lyncops.plan.procedures import PROCEDURES, Option, Procedure

Given = Mapping[str, tuple[str, ...]]
"""What a command line says for each field of a procedure; a flag has no value."""

_PROCEDURES: Final = "|".join(sorted(PROCEDURES, key=len, reverse=True))
_NAME: Final = r"'[^'\n]*'|[\w{}:+-](?:[\w.{}:+-]*[\w}])?"
_OPTION: Final = rf" --[a-z][a-z-]*[a-z](?:[ =](?:{_NAME}))?"
_COMMAND: Final = re.compile(
    rf"(`?)lyncops (?:(run|plan) ({_PROCEDURES})( (?:{_NAME}))?((?:{_OPTION})*)"
    rf"|(resume|runs show|runs report|backup-service show) ({_NAME})"
    r"|(status|doctor|readiness|runs list|backup-service show))(?![\w-])(?! --)\1"
)
_PIECE: Final = re.compile(rf" --([a-z-]+)(?:[ =]({_NAME}))?")


class Manner(Protocol):
    """How a face says what a command line says."""

    def procedure(self, verb: str, kind: type[Procedure], given: Given) -> str:
        """`lyncops run ...`, `lyncops plan ...`."""
        ...

    def verb(self, verb: str, about: str) -> str:
        """`lyncops resume RUN`, `lyncops status`; `about` is the run or the pool, or empty."""
        ...


def in_other_words(text: str, manner: Manner, between: Callable[[str], str]) -> str:
    """The text with its command lines as `manner` says them. The text between them goes through
    `between`; a command line that is only for a terminal stays.
    """
    parts: list[str] = []
    end = 0
    for found in _COMMAND.finditer(text):
        parts += [between(text[end : found.start()]), _said(found, manner)]
        end = found.end()
    return "".join((*parts, between(text[end:])))


def _said(found: re.Match[str], manner: Manner) -> str:
    if found[2] is None:
        return manner.verb(found[6] or found[8], (found[7] or "").strip("'"))
    kind = PROCEDURES[found[3]]
    given = _given(kind, (found[4] or "").strip().strip("'"), found[5])
    return found[0] if given is None else manner.procedure(found[2], kind, given)


def _given(kind: type[Procedure], target: str, options: str) -> Given | None:
    """None where an option is none of the procedure's."""
    by_flag: dict[str, Option] = {one.asked.name.removeprefix("--"): one for one in kind.options()}
    found: dict[str, tuple[str, ...]] = {
        one.field: (target,) for one in kind.options() if one.asked.is_target and target
    }
    for piece in _PIECE.finditer(options):
        option, value = by_flag.get(piece[1]), (piece[2] or "").strip("'")
        if option is None or (option.kind is bool and value):
            return None
        values = (value,) if value else ()
        found[option.field] = (*found.get(option.field, ()), *values)
    return found
