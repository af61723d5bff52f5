"""Where claims about Lync come from: pages that a reader can open, and how sure each claim is.

>>> reference("Invoke-CsPoolFailOver").title
'Invoke-CsPoolFailOver'
>>> guide("Failing over a pool", step=6).title
'Failing over a pool, step 6'
>>> fact("front-end-quorum").certainty.value
'documented'

The facts are in `docs/facts.md` as well, written from `lyncops.sources.facts`.
"""

from __future__ import annotations

from lyncops.errors import InvalidValueError
from lyncops.sources.facts import FACTS, Fact
from lyncops.sources.pages import PAGES, REFERENCE
from lyncops.sources.source import Certainty, Source, Sources

__all__ = ["FACTS", "Certainty", "Fact", "Source", "Sources", "fact", "guide", "page", "reference"]


def reference(cmdlet: str) -> Source:
    """Microsoft's reference page of a cmdlet."""
    return Source(title=cmdlet, url=f"{REFERENCE}{cmdlet.lower()}")


def page(title: str, *, certainty: Certainty = Certainty.DOCUMENTED) -> Source:
    """A page by its short name.

    Raises:
        InvalidValueError: `lyncops.sources.pages` has no such page.
    """
    if title not in PAGES:
        raise InvalidValueError(
            f"There is no page {title!r}.", remedy="Add its address to lyncops/sources/pages.py."
        )
    return Source(title=title, url=PAGES[title], certainty=certainty)


def guide(section: str, *, step: int | str | None = None) -> Source:
    """A section of Microsoft's recovery guide, or one step of it (`6`, `"2 to 5"`).

    Raises:
        InvalidValueError: there is no such section.
    """
    found = page(section)
    if step is None:
        return found
    word = "step" if isinstance(step, int) else "steps"
    return Source(title=f"{section}, {word} {step}", url=found.url)


def fact(anchor: str) -> Source:
    """A fact of `docs/facts.md`, with the address of the page that it comes from.

    Raises:
        InvalidValueError: there is no such fact.
    """
    if anchor not in FACTS:
        raise InvalidValueError(
            f"There is no fact {anchor!r}.", remedy="Add it to lyncops/sources/facts.py."
        )
    found = FACTS[anchor]
    return Source(title=found.title, url=found.urls[0], certainty=found.certainty)
