"""Journals for tests that need one and do not look at its file."""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
from functools import cache
from pathlib import Path

from lyncops.runs.journal import Journal, open_journal

_numbers = itertools.count(1)


def scratch_journal() -> Journal:
    """An empty journal in a file of its own, which goes with this process."""
    return open_journal(f"sqlite:///{_folder() / f'{next(_numbers)}.db'}")


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="lyncops-journals-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
