"""Which run somebody means: by its id, by the beginning of it, or the latest one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from typing import Final

from lyncops.errors import InvalidValueError
from lyncops.runs.model import RunSummary

LATEST: Final = "latest"
"""The word for the newest run."""
_WHOLE: Final = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


def find_run(wanted: str, runs: Callable[[], Sequence[RunSummary]]) -> str:
    """The id of the run that is meant; `runs`, newest first, are only asked for where `wanted` is
    not a whole id.

    Raises:
        InvalidValueError: no run begins like that, or several do.
    """
    if _WHOLE.fullmatch(wanted):
        return wanted
    known = [run.run_id for run in runs()]
    if wanted == LATEST and known:
        return known[0]
    found = [run_id for run_id in known if wanted and run_id.startswith(wanted)]
    if wanted in found or len(found) == 1:
        return wanted if wanted in found else found[0]
    if found:
        shown = ", ".join(found[:3])
        raise InvalidValueError(
            f"{len(found)} runs begin with {wanted!r}: {shown}{', ...' if len(found) > 3 else ''}.",
            remedy="Write more of its id.",
        )
    raise InvalidValueError(f"There is no run {wanted!r}.", remedy=guess(wanted, known))


def guess(wanted: str, known: Sequence[str]) -> str:
    """What to do where no run has the id: take the one that is nearest to it, or look."""
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else "`lyncops runs list` shows them."
