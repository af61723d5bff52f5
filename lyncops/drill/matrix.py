"""Many disasters in turn, and what came of them all."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Final

from lyncops.client import Client
from lyncops.deployment.codec import snapshot_id
from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.drill.copying import copy_of
from lyncops.drill.faults import Fault
from lyncops.drill.report import DrillReport
from lyncops.drill.story import Disaster, Drill, disasters, play, play_over_winrm
from lyncops.drill.touched import SMALL, touched_by
from lyncops.drill.unlike import told_copy
from lyncops.errors import InvalidValueError

SCOPE: Final = EVERYTHING | Scope.of(Facet.TEST_USERS)
"""What a drill reads of a deployment."""
_FEW: Final = 8
"""So many are played in this process: starting others takes longer."""


def drill(  # noqa: PLR0913 - what to play, and how
    source: Client | Deployment,
    chosen: Sequence[Disaster] | None = None,
    *,
    played_at: datetime | None = None,
    on_drill: Callable[[Drill], None] | None = None,
    faults: Iterable[Fault] = (),
    over_winrm: bool = False,
) -> DrillReport:
    """Play the loss of each pool and each site, or of what is `chosen`, each on a fresh copy.

    With a client the servers are read first (`SCOPE`), which may raise what `Client.status`
    raises; a snapshot needs none. Nothing else is sent to a server. `played_at` is the time on the
    report, now where it is left out. `on_drill` gets each drill as it ends. `faults` happen on the
    way in each of them. With `over_winrm` the copies are served on this computer, and the client
    talks to them as to servers: the report is the same but for seconds (`OVER_WINRM`).

    Raises:
        InvalidValueError: the snapshot has no topology, or no Front End pool; or there are faults
            over WinRM, which are played in memory alone.
    """
    if over_winrm and tuple(faults):
        raise InvalidValueError(
            "Faults are played in memory, not over WinRM.", remedy="Leave one of the two out."
        )
    deployment = source.status(SCOPE) if isinstance(source, Client) else source
    copy = told_copy(deployment)
    found: list[Drill] = []
    wanted = disasters(deployment) if chosen is None else tuple(chosen)
    for one in _played(deployment, wanted, tuple(faults), over_winrm=over_winrm):
        found.append(one)
        if on_drill is not None:
            on_drill(one)
    return DrillReport(
        deployment=deployment.name,
        snapshot=snapshot_id(deployment),
        read_at=deployment.read_at,
        played_at=played_at or datetime.now(UTC),
        drills=tuple(found),
        assumed=copy.assumed,
        missing=(*copy.missing, *_in_part(deployment)),
    )


def _in_part(deployment: Deployment) -> Iterator[str]:
    if len(deployment.front_end_pools) > SMALL:
        yield (
            "Each drill has the part of the deployment that its disaster touches: the lost pools,"
            " their backup pools, those with the store, and the Edge pools of all these."
        )


def _played(
    deployment: Deployment,
    chosen: Sequence[Disaster],
    faults: tuple[Fault, ...],
    *,
    over_winrm: bool,
) -> Iterator[Drill]:
    """Each drill gets the part that it touches: no process keeps a snapshot between drills."""
    play_on = _play_over_winrm if over_winrm else partial(_play_on, faults)
    parts = (touched_by(one, deployment) for one in chosen)
    if len(chosen) <= _FEW:
        yield from map(play_on, parts, chosen)
        return
    processes = min(os.cpu_count() or 1, len(chosen))
    with ProcessPoolExecutor(
        processes, mp_context=multiprocessing.get_context("spawn")
    ) as executor:
        yield from executor.map(play_on, parts, chosen, chunksize=4)


def _play_over_winrm(part: Deployment, one: Disaster) -> Drill:
    return play_over_winrm(copy_of(part), one)


def _play_on(faults: tuple[Fault, ...], part: Deployment, one: Disaster) -> Drill:
    return play(copy_of(part), one, faults)
