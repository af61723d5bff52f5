"""Saved copies of what a dead pool takes with it: the configuration, locations (LIS) and response
groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from lyncops.checks.check import passed, result_of, unknown, warning
from lyncops.checks.result import CheckResult
from lyncops.checks.words import age, listed
from lyncops.deployment.model import Pool
from lyncops.sources import fact, reference

_RECENT: Final = timedelta(days=7)
_KINDS: Final = {
    "the configuration": "Export-CsConfiguration -FileName FILE",
    "locations (LIS)": "Export-CsLisConfiguration -FileName FILE",
    "response groups": (
        'Export-CsRgsConfiguration -Source "service:ApplicationServer:{pool}" -FileName FILE'
    ),
}


@attrs.frozen(slots=True, kw_only=True)
class SavedExport:
    """One export: what of, when, and as which file on which server ("" where that is not known)."""

    kind: str
    at: datetime
    server: str
    file: str


def exports_outside(pool: Pool, saved: Sequence[SavedExport], now: datetime) -> CheckResult:
    """Whether a recent export of each kind is on a server that does not die with `pool`, according
    to the journal and the configured files.
    """
    own = {str(pool.fqdn), *(str(machine.fqdn) for machine in pool.machines)}
    outside = [one for one in saved if one.server and one.server.casefold() not in own]
    newest = {
        kind: max((one.at for one in outside if one.kind == kind), default=None) for kind in _KINDS
    }
    old = {
        kind: age(now - at) for kind, at in newest.items() if at is not None and now - at > _RECENT
    }
    missing = [kind for kind, at in newest.items() if at is None]
    commands = "; ".join(_KINDS[kind] for kind in (*missing, *old))
    remedy = f"Save them outside of {pool.fqdn}: {commands}.".format(pool=pool.fqdn)
    if old:
        finding = warning(
            f"The last export outside of {pool.fqdn} is old:"
            f" {listed(f'{kind} ({since} old)' for kind, since in old.items())}.",
            remedy,
        )
    elif missing:
        finding = unknown(
            f"Neither the journal nor [exports] has an export of {listed(missing)} outside of"
            f" {pool.fqdn}.",
            remedy,
            blocking=False,
        )
    else:
        finding = passed("There is one of each that is not older than a week.")
    sources = (
        reference("Export-CsConfiguration"),
        fact("lis-not-replicated"),
        fact("response-groups"),
    )
    question = (
        "Is there a recent export of configuration, locations and response groups outside of the"
        " pool?"
    )
    return result_of("exports", question, sources, finding)
