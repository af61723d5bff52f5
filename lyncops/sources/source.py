"""What a source is: a page that a reader can open, and how sure its claim is."""

from __future__ import annotations

import enum
from typing import TypeAlias

import attrs


class Certainty(enum.StrEnum):
    """How sure a claim about Lync is."""

    DOCUMENTED = "documented"
    """A page of Microsoft says so."""
    SEEN = "seen in the field"
    """A script that is in use, a printed output or a first-hand account shows it."""
    INFERRED = "inferred"
    """It follows from the above; no page says it."""
    NOT_ESTABLISHED = "not established"
    """No source decides it: the lab has a switch for it, and the client relies on neither."""


@attrs.frozen(slots=True, kw_only=True)
class Source:
    """Where a claim comes from.

    `title` is short, as operators read it; `url` is an address that a reader can open.
    """

    title: str
    url: str
    certainty: Certainty = Certainty.DOCUMENTED

    def __str__(self) -> str:
        return self.title


Sources: TypeAlias = tuple[Source, ...]
"""What a check, a step or a rule rests on, the most important one first."""
