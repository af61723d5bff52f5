"""The facts about Lync that lyncops rests on, each with its page and how sure it is.

They are written in `facts.toml`; `docs/facts.md` is made from it (`scripts/docs.py`), with an
anchor for each.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import attrs

from lyncops.sources.pages import PAGES, REFERENCE
from lyncops.sources.source import Certainty

_CMDLET: Final = re.compile(r"[A-Z][a-z]+-Cs\w+")


@attrs.frozen(slots=True, kw_only=True)
class Fact:
    """One fact: a subject, a short title, what is claimed, how sure it is, and from which pages.

    `pages` are names of `lyncops.sources.pages`, or of cmdlets for their reference pages.
    """

    subject: str
    title: str
    text: str
    certainty: Certainty
    pages: tuple[str, ...]

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses of its pages."""
        return tuple(_address(name) for name in self.pages)


def _address(name: str) -> str:
    if name in PAGES:
        return PAGES[name]
    if not _CMDLET.fullmatch(name):
        raise KeyError(name)
    return f"{REFERENCE}{name.lower()}"


def _load() -> Mapping[str, Fact]:
    text = files("lyncops.sources").joinpath("facts.toml").read_text(encoding="utf-8")
    facts = {
        anchor: Fact(
            subject=entry["subject"],
            title=entry["title"],
            text=" ".join(entry["text"].split()),
            certainty=Certainty(entry["certainty"]),
            pages=tuple(entry["pages"]),
        )
        for anchor, entry in tomllib.loads(text).items()
    }
    return MappingProxyType(facts)


FACTS: Final = _load()
"""Every fact by its anchor in `docs/facts.md`."""
