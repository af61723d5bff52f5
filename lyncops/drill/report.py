"""What came of the drills of one snapshot, and what became worse since an earlier report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

import attrs

from lyncops.drill.story import Disaster, Drill, Outcome, Part
from lyncops.text.brief import brief
from lyncops.text.durations import duration_in_words

OVER_WINRM: Final = timedelta(minutes=1)
"""How much longer a rescue or a way back may take over WinRM than in memory: each session that
starts costs seconds of the lab's clock, and a wait that just misses the end looks again after half
a minute."""
_SLOWER: Final = 1.1
"""A rescue that takes so much longer than before, and more than `OVER_WINRM`, became worse."""
_ORDER: Final = tuple(Outcome)


@attrs.frozen(slots=True, kw_only=True)
class Worse:
    """Of a disaster, what a drill ended with before and what it ends with now."""

    disaster: str
    before: str
    now: str

    def __str__(self) -> str:
        return f"{self.disaster}: {self.before} became {self.now}"


@attrs.frozen(slots=True, kw_only=True)
class Comparison:
    """A report beside an earlier one, which was played at the time `since`: what became `worse`,
    and the disasters that the earlier one has not.
    """

    since: datetime
    worse: tuple[Worse, ...]
    not_compared: tuple[str, ...] = ()


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

    def compared_with(
        self, baseline: DrillReport, chosen: Iterable[Disaster] | None = None
    ) -> Comparison:
        """What became worse since an earlier report: how a rescue or a way back ends, what it
        loses, its manual steps, how long it takes; and disasters that were played then alone.

        Where only the `chosen` disasters were played, the others were left out on purpose.
        """
        now = {drill.disaster: drill for drill in self.drills}
        before = {drill.disaster: drill for drill in baseline.drills}
        wanted = before.keys() if chosen is None else {one.title for one in chosen}
        worse = (
            each
            for name, was in before.items()
            if name in wanted
            for each in _worse(was, now.get(name))
        )
        return Comparison(
            since=baseline.played_at,
            worse=tuple(worse),
            not_compared=tuple(name for name in now if name not in before),
        )


def loss_in_words(drill: Drill) -> str:
    """How much of the users' changes a rescue gave up."""
    if not drill.is_rescued:
        return "-"
    worst = _loss(drill)
    return f"{duration_in_words(worst)} of changes" if worst else "nothing"


def _loss(drill: Drill) -> timedelta:
    return max(drill.lost.values(), default=timedelta())


def _worse(before: Drill, now: Drill | None) -> Iterator[Worse]:
    name = before.disaster
    if now is None:
        yield Worse(disaster=name, before=before.rescue.outcome, now="not played")
        return
    parts = ((before.rescue, now.rescue), (before.way_back, now.way_back))
    for was, is_now in parts:
        if was is not None and is_now is not None:
            yield from _worse_part(name, was, is_now)
    if before.is_rescued and now.is_rescued and _loss(now) - _loss(before) > OVER_WINRM:
        yield Worse(
            disaster=f"{name}, what is lost",
            before=loss_in_words(before),
            now=loss_in_words(now),
        )


def _worse_part(name: str, was: Part, is_now: Part) -> Iterator[Worse]:
    name = f"{name}, {is_now.procedure}"
    if _ORDER.index(is_now.outcome) > _ORDER.index(was.outcome):
        yield Worse(disaster=name, before=was.outcome, now=is_now.outcome)
        return
    if len(is_now.by_hand) > len(was.by_hand):
        yield Worse(
            disaster=f"{name}, steps by hand",
            before=f"{len(was.by_hand)}",
            now=f"{len(is_now.by_hand)}",
        )
    if was.took and is_now.took > max(was.took * _SLOWER, was.took + OVER_WINRM):
        yield Worse(
            disaster=f"{name}, duration",
            before=duration_in_words(was.took),
            now=duration_in_words(is_now.took),
        )
