"""The `lyncops` command, as the operating system starts it.

Imports nothing that the `cli` extra brings.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from typing import Final

NEEDS_EXTRA: Final = (
    'lyncops: The command line needs click and rich. Install them with: pip install "lyncops[cli]"'
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with these arguments (default: the process's own).

    Returns:
        The exit code: 0 done and verified, 1 wrong use or configuration, 2 a precondition failed
        and nothing was changed, 3 failed with the state known, 4 outcome unknown, 5 paused, 6
        locked by another run, 7 done with exceptions.
    """
    if importlib.util.find_spec("click") is None or importlib.util.find_spec("rich") is None:
        print(NEEDS_EXTRA, file=sys.stderr)
        return 1
    from lyncops.cli.shell import run

    return int(run(list(sys.argv[1:] if arguments is None else arguments)))
