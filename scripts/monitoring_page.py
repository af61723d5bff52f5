"""The session on the page about monitoring, `docs/monitoring.md`."""

from __future__ import annotations

from typing import Final

from typed_page import Typed

_WRITE: Final = "lyncops --config lab/lyncops.toml exporter --textfile lyncops.prom"
_SHOW: Final = "grep -v ^# lyncops.prom"
_SHOWN: Final = (
    "reading_success ",
    "reading_duration",
    "unread_answers",
    'pool_state{pool="pool1.contoso.com",state="Active"',
    "pool_machines_up",
    'direction_state{source="pool1.contoso.com",state="steady"',
    "store_active",
    'up_to_date{computer="fe1',
    'pool="pool1.contoso.com",verdict="ready"',
    'obstacles{mode="disaster"',
)
SESSION: Final = (
    Typed(_WRITE),
    Typed(_SHOW, keep=_SHOWN),
    Typed("lyncops lab inject crash pool1.contoso.com", about="The first pool dies"),
    Typed(_WRITE),
    Typed(_SHOW, keep=_SHOWN),
)
