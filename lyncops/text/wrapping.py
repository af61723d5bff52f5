"""Sentences on a narrow terminal: they break between words, and never inside a command, so that a
command can be copied.
"""

from __future__ import annotations

import re
import textwrap
from typing import Final

_HELD: Final = "\ue000"  # in the place of a space at which no line may break
_WORD: Final = (
    r"--?[a-z][\w-]*"  # an option
    r"|[A-Z][A-Z_]+"  # what is to be filled in: POOL, RUN
    r"|[\w-]*\d[\w.:-]*\w|\w+(?:\.\w[\w-]*)+"  # a run, a pool
    r"|[a-z]+(?:-[a-z]+)+"  # a procedure
    r"|status|check|plan|run|resume|runs|list|show|watch|report|verify|cancel|export|import|prune"
    r"|readiness|doctor|init|snapshot|drill|lab|serve|planned|disaster|latest|all"
)
_COMMANDS: Final = re.compile(rf"`[^`\n]+`|\blyncops(?: (?:{_WORD})(?![\w-]))+")


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text. Only a word or a command that is longer than a line makes a longer
    line.
    """
    held = _COMMANDS.sub(lambda found: found[0].replace(" ", _HELD), text)
    lines = textwrap.wrap(held, max(width, 1), break_long_words=False, break_on_hyphens=False)
    return [line.replace(_HELD, " ") for line in lines] or [""]
