"""The session on the first page, `docs/start-here.md`: from nothing to a rehearsed failover."""

from __future__ import annotations

from typing import Final

from typed_page import Typed

_HERE: Final = "lyncops --config lab/lyncops.toml"
SESSION: Final = (
    Typed(f"{_HERE} status", keep=("== ", "Every pool", "pool1", "pool2")),
    Typed(f"{_HERE} readiness", keep=("Ready", "Not ready", "planned", "disaster")),
    Typed(
        f"{_HERE} drill pool-failover pool1.contoso.com",
        keep=("disasters end", "loss of pool", "disaster  "),
        about="A rehearsal on a copy: nothing is changed",
    ),
    Typed(
        "lyncops lab inject crash pool1.contoso.com",
        about="In the lab the first pool dies now",
    ),
    Typed(f"{_HERE} status", keep=("no service", "(last known)"), ends=2),
    Typed(
        f"{_HERE} run pool-failover pool1.contoso.com --mode disaster --accept-data-loss --yes",
        keep=("Possible now", "Expected data loss", "completed:", "lyncops run"),
    ),
    Typed(
        f"{_HERE} run pool-failover pool1.contoso.com --mode disaster --accept-data-loss --yes",
        keep=("Nothing to do",),
        about="Once more: it is so already",
    ),
    Typed("lyncops lab inject recover pool1.contoso.com", about="The site is back"),
    Typed("lyncops lab inject advance 30m"),
    Typed(
        f"{_HERE} run pool-failback pool1.contoso.com --mode planned --yes",
        keep=("Possible now", "completed:"),
    ),
    Typed(f"{_HERE} runs list", keep=("pool-fail",)),
    Typed(f"{_HERE} runs report latest --format html --to report.html"),
)
