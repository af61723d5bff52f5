"""Exports that others make, as a scheduled task does, in a folder that this computer sees."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from lyncops.procedures.saved import SavedExport

HERE = "the folder of [exports]"


def export_files(patterns: Mapping[str, str]) -> tuple[SavedExport, ...]:
    """The files that match the pattern of each kind, with the time of their last change.

    What cannot be read is not there. That a file is whole, or of that kind, is not looked at.
    """
    return tuple(one for kind, pattern in patterns.items() for one in _matching(kind, pattern))


def _matching(kind: str, pattern: str) -> Iterator[SavedExport]:
    for name in glob.glob(pattern):  # noqa: PTH207 - a pattern with a folder of its own
        try:
            status = Path(name).stat()
        except OSError:
            continue
        if status.st_size:  # an empty file does not count as an export
            at = datetime.fromtimestamp(status.st_mtime, UTC)
            yield SavedExport(kind=kind, at=at, server=HERE, file=name)
