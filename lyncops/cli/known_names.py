"""The names that a shell completes: pools and sites of the last reading, runs of the journal.

No server is asked for them: a shell waits for the answer with every key.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from lyncops.deployment.model import Deployment


def remember(config: Path, deployment: Deployment) -> None:
    """Keep the names of pools and sites for the next completion; a failure does not matter."""
    from lyncops.values import Unread

    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    sites = () if isinstance(deployment.sites, Unread) else deployment.sites
    names = {
        "pools": sorted(str(pool.fqdn) for pool in pools if pool.kind.is_asked),
        "sites": sorted(str(site.name) for site in sites),
    }
    if names["pools"]:
        with suppress(OSError):
            file = _file(config)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(names), encoding="utf-8")


def known(config: Path, kind: str) -> tuple[str, ...]:
    """The names of the last reading; none where there was none."""
    try:
        names: object = json.loads(_file(config).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    found = cast("dict[str, object]", names).get(kind) if isinstance(names, dict) else None
    return tuple(map(str, cast("Iterable[object]", found))) if isinstance(found, list) else ()


def _file(config: Path) -> Path:
    whose = hashlib.sha256(str(config.resolve()).encode()).hexdigest()[:16]
    return _folder() / "lyncops" / f"names-{whose}.json"


def _folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
