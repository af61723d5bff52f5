"""Does a plan rest on an answer that was only partly understood?

Then it could lack a step, and is not run unasked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from lyncops.checks.catalogue import CHECKS
from lyncops.checks.check import result_of, unknown
from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.words import sentence
from lyncops.deployment.gaps import (
    EXTERNAL_NAME,
    FEDERATION_PORT,
    KIND,
    MEDIA_EDGE,
    NAMELESS,
    NEXT_HOP,
    Need,
    Part,
)
from lyncops.deployment.model import Deployment
from lyncops.sources import fact

_POOLS: Final = Need(Part.POOLS, items=(KIND,))
_HOPS: Final = Need(Part.EDGES, items=(NEXT_HOP,))
_REPLICAS: Final = Need(Part.REPLICAS, items=(NAMELESS,))
_MOVE: Final = (
    _POOLS,
    _HOPS,
    _REPLICAS,
    Need(Part.STORE),
    Need(Part.SITES, items=("",)),
    Need(Part.MIRRORS),
    Need(Part.MACHINES, items=("",)),
)
_EDGE: Final = (
    Need(Part.POOLS, items=(KIND, MEDIA_EDGE)),
    Need(Part.EDGES, items=(NEXT_HOP, FEDERATION_PORT, EXTERNAL_NAME)),
    Need(Part.SITES),
    _REPLICAS,
    Need(Part.MACHINES, items=("",)),
)
_SETTINGS: Final = (_POOLS, Need(Part.SETTINGS))
# What the steps of each procedure are made from. One that is not named here needs all of it.
_NEEDS: Final[Mapping[str, tuple[Need, ...]]] = {
    "pool-failover": _MOVE,
    "pool-failback": _MOVE,
    "evacuate": _MOVE,
    "site-failover": (*_MOVE, Need(Part.SITES)),
    "site-failback": (*_MOVE, Need(Part.SITES)),
    "management-store-failover": (
        _POOLS,
        Need(Part.STORE),
        Need(Part.MIRRORS),
        Need(Part.MACHINES, items=("",)),
    ),
    "conference-restore": (_POOLS,),
    "backup-service-sync": (_POOLS, Need(Part.BACKUP_STATUS)),
    "backup-service-set": _SETTINGS,
    "database-failover": (_POOLS, Need(Part.MIRRORS)),
    "edge-next-hop": (_POOLS, _HOPS, _REPLICAS),
}


def with_open_answers(
    checks: tuple[CheckResult, ...], procedure: str, deployment: Deployment
) -> tuple[CheckResult, ...]:
    """The checks, weakened where something that the steps are made from was not understood, and one
    more that says so.

    The checks that several procedures share know themselves what they rest on; a procedure's own
    rest on what its steps do.
    """
    gaps = deployment.open_questions(*_NEEDS.get(procedure, (*_EDGE, *_MOVE)))
    if not gaps:
        return checks
    seen = " ".join(sentence(gap) for gap in gaps)
    finding = unknown(
        f"{seen} The plan may therefore be missing a step.",
        "Check it on the server. If no step is missing, override this check with a reason.",
        blocking=True,
    )
    understood = result_of(
        "answers-understood",
        "Was everything understood that the steps of this plan are based on?",
        (fact("result-types"),),
        finding,
    )
    return (
        *(check if check.check_id in CHECKS else _weakened(check, seen) for check in checks),
        understood,
    )


def _weakened(check: CheckResult, seen: str) -> CheckResult:
    if check.verdict is not Verdict.PASSED or check.check_id == "data-loss-accepted":
        return check
    return attrs.evolve(
        check, verdict=Verdict.UNKNOWN, evidence=f"{check.evidence} {seen}", blocking=False
    )
