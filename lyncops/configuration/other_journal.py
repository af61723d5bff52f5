"""Another journal in place of the configured one, as for a rescue without its database."""

from __future__ import annotations

from pathlib import Path

import attrs

from lyncops.configuration.journal_url import JournalUrl
from lyncops.configuration.settings import Configuration


def with_journal(configuration: Configuration, journal: str) -> tuple[Configuration, str]:
    """The configuration with `journal` (a url, if given) in place of its own, and where that other
    journal is; "" where it is the configured one.

    Raises:
        InvalidValueError: `journal` cannot be used.
    """
    if not journal:
        return configuration, ""
    url = JournalUrl.parse(journal).seen_from(Path.cwd())
    other = "" if url.text == configuration.journal_url else url.place
    return attrs.evolve(configuration, journal_url=url.text), other
