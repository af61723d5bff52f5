"""Many disasters in turn, and what came of them all."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import attrs

from lyncops.deployment.codec import snapshot_id
from lyncops.deployment.model import Deployment
from lyncops.drill.copying import copy_of
from lyncops.drill.faults import Fault
from lyncops.drill.story import Disaster, Drill, Outcome, disasters, play, play_over_winrm
from lyncops.drill.touched import SMALL, touched_by
from lyncops.drill.unlike import told_copy
from lyncops.errors import InvalidValueError
from lyncops.text.brief import brief

_FEW: Final = 8
"""So many are played in this process: starting others takes longer."""
OVER_WINRM: Final = timedelta(minutes=1)
"""How much longer a rescue or a way back may take over WinRM than in memory: each session that
starts costs seconds of the lab's clock, and a wait that just misses the end looks again after half
a minute."""
_ORDER: Final = tuple(Outcome)


@attrs.frozen(slots=True, kw_only=True)
class Worse:
    """A disaster of which a drill ended worse than an earlier one."""

    disaster: str
    before: str
    now: str

    def __str__(self) -> str:
        return f"{self.disaster}: {self.before} became {self.now}"


@attrs.frozen(slots=True, kw_only=True)
class DrillReport:
    """What came of the drills of one snapshot.

    `snapshot` is the snapshot's content id, `read_at` when it was taken, `played_at` when the
    drills were played. `assumed` is what the snapshot leaves open, with what the copy had in its
    place; `missing` what the lab cannot simulate of this deployment.
    """

    deployment: str
    snapshot: str
    read_at: datetime
    played_at: datetime
    drills: tuple[Drill, ...]
    assumed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def __repr__(self) -> str:
        rescued = sum(drill.is_rescued for drill in self.drills)
        return brief(self, f"{self.deployment}: {rescued} of {len(self.drills)} rescued")

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of a rescue or a way back."""
        found = [
            part.outcome
            for drill in self.drills
            for part in (drill.rescue, drill.way_back)
            if part is not None
        ]
        return max(found, key=_ORDER.index, default=Outcome.DONE)

    def worse_than(self, baseline: DrillReport) -> tuple[Worse, ...]:
        """The disasters that ended better in an earlier report, or were played there alone."""
        before = {drill.disaster: drill for drill in baseline.drills}
        now = {drill.disaster: drill for drill in self.drills}
        return tuple(_worse(before, now))


def _worse(before: dict[str, Drill], now: dict[str, Drill]) -> Iterator[Worse]:
    for name, old in before.items():
        new = now.get(name)
        if new is None:
            yield Worse(disaster=name, before=old.rescue.outcome, now="not played")
            continue
        for was, is_now in ((old.rescue, new.rescue), (old.way_back, new.way_back)):
            if was is None or is_now is None:
                continue
            if _ORDER.index(is_now.outcome) > _ORDER.index(was.outcome):
                yield Worse(
                    disaster=f"{name}, {is_now.procedure}", before=was.outcome, now=is_now.outcome
                )


def drill(  # noqa: PLR0913 - what to play, and how
    deployment: Deployment,
    chosen: Sequence[Disaster] | None = None,
    *,
    played_at: datetime,
    on_drill: Callable[[Drill], None] | None = None,
    faults: Iterable[Fault] = (),
    over_winrm: bool = False,
) -> DrillReport:
    """Play the loss of each pool and each site, or of what is `chosen`, each on a fresh copy.

    Nothing is sent to a server. `on_drill` gets each drill as it ends. `faults` happen on the
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
        played_at=played_at,
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
