"""The page of facts, `docs/facts.md`, from the facts that the package carries."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from lyncops.sources import FACTS

_HEAD = """\
# Facts about Lync

What lyncops knows about Lync Server 2013 and Skype for Business Server, and where it comes from.
The code cites these facts by their names.

Each fact says how sure it is: **documented** (a page of Microsoft says so), **seen in the field**
(a script in use, a printed output or a first-hand account shows it), **inferred** (it follows from
the others; no page says it), or **not established** (no source decides it: the lab has a switch for
it, and lyncops relies on neither). The pages were looked up in November 2026.

This page is written by `scripts/docs.py` from `lyncops/sources/facts.toml`."""


def facts_page() -> str:
    """The page as Markdown."""
    return "\n".join((_HEAD, *_subjects())) + "\n"


def _subjects() -> Iterator[str]:
    # Subjects in the order of their first fact.
    order = list(dict.fromkeys(fact.subject for fact in FACTS.values()))
    facts = sorted(FACTS.items(), key=lambda item: order.index(item[1].subject))
    for subject, group in groupby(facts, key=lambda item: item[1].subject):
        yield f"\n## {subject}"
        for anchor, fact in group:
            pages = ", ".join(
                f"[{name}]({url})" for name, url in zip(fact.pages, fact.urls, strict=True)
            )
            yield f'\n### <a id="{anchor}"></a>{fact.title}\n\n{fact.text}\n'
            yield f"`{anchor}`: {fact.certainty.value}. {pages}"
