"""Where the real PowerShell engine is: `LYNCOPS_PWSH`, then PATH."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

VARIABLE: Final = "LYNCOPS_PWSH"


def engine() -> Path | None:
    """The program, or None where there is none.

    Raises:
        FileNotFoundError: the variable names something that cannot be run, which is a mistake and
            no reason to skip.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not os.access(named, os.X_OK):
            raise FileNotFoundError(f"{VARIABLE} is {named}, which cannot be run.")
        return Path(named)
    found = shutil.which("pwsh")
    return Path(found) if found else None
