"""The session on the page about the drill, `docs/drill.md`: from a snapshot to a report to file."""

from __future__ import annotations

from typing import Final

from typed_page import Typed

_SHOWN: Final = (
    "disasters end",
    "Snapshot ",
    "loss of ",
    "disaster  ",
    "Assumed:",
    "Not simulated:",
)
SESSION: Final = (
    Typed("lyncops --config lab/lyncops.toml snapshot --out site.json", keep=("was written",)),
    Typed("lyncops drill all --from site.json --out drill.json --html drill.html", keep=_SHOWN),
    Typed(
        "lyncops drill all --from site.json --baseline drill.json",
        keep=("disasters end", "since the drill"),
        about="At the next drill: did anything become worse?",
    ),
)
