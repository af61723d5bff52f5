"""The hash chain over the entries of a run: each entry has a hash of its own, over what it says and
over the hash of the entry before it.

The form that is hashed is described in docs/journal.md, so that it can be checked without lyncops.
Whoever can write all of a journal can compute all of it again: only a hash that was kept elsewhere
shows that.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterator
from typing import Final

import attrs

from lyncops.plan.serial import canonical
from lyncops.runs.exchange import StoredEvent, StoredRun
from lyncops.text.brief import brief

SCHEME: Final = "lyncops-chain/1"
_HEAD: Final = ("run_id", "format", "created_at", "operator", "reason", "content_id", "plan")


class ChainState(enum.StrEnum):
    """What the chain of a run says."""

    INTACT = "intact"
    INTACT_FROM_A_LATER_ENTRY = "intact from a later entry"  # an older lyncops wrote those before
    NOT_CHAINED = "not chained"
    BROKEN = "broken"


@attrs.frozen(slots=True, kw_only=True)
class Flaw:
    """What is wrong, and at which entry; `number` is 0 where it is the run's own record."""

    number: int
    what: str

    def __str__(self) -> str:
        return self.what


@attrs.frozen(slots=True, kw_only=True)
class Chain:
    """What came of following the chain of a run."""

    run_id: str
    entries: int
    chained_from: int  # the first entry with a hash; 0: none has
    tip: str  # the hash of the last entry
    flaws: tuple[Flaw, ...] = ()

    def __repr__(self) -> str:
        return brief(self, f"{self.run_id}: {self.state}")

    @property
    def state(self) -> ChainState:
        """What all of it means."""
        if self.flaws:
            return ChainState.BROKEN
        if not self.tip:
            return ChainState.NOT_CHAINED
        return ChainState.INTACT if self.chained_from <= 1 else ChainState.INTACT_FROM_A_LATER_ENTRY

    def __str__(self) -> str:
        """It in one sentence."""
        match self.state:
            case ChainState.INTACT:
                return f"All {self.entries} entries are as they were written, in their order."
            case ChainState.INTACT_FROM_A_LATER_ENTRY:
                return (
                    f"Entries {self.chained_from} to {self.entries} are as they were written. Those"
                    " before are from an older lyncops, which wrote no hashes: they are as they"
                    f" were when entry {self.chained_from} was written, and nothing proves more."
                )
            case ChainState.NOT_CHAINED:
                return (
                    "Not chained: an older lyncops wrote this run, without hashes. Nothing proves"
                    " that its entries are as they were written."
                )
            case ChainState.BROKEN:
                return (
                    "Changed after it was written:"
                    f" {len(self.flaws)} {'finding' if len(self.flaws) == 1 else 'findings'}."
                )


def head_hash(run: StoredRun) -> str:
    """The hash of what the journal knows of a run when it begins: the first entry's predecessor."""
    return _hash({"chain": SCHEME, **{name: getattr(run, name) for name in _HEAD}})


def entry_hash(run_id: str, entry: StoredEvent) -> str:
    """The hash of an entry, over its `previous_hash` too."""
    return _hash(
        {
            "previous_hash": entry.previous_hash,
            "run_id": run_id,
            "number": entry.number,
            "at": entry.at,
            "kind": entry.kind,
            "body": entry.body,
        }
    )


def chained(run_id: str, entry: StoredEvent, previous: str) -> StoredEvent:
    """The entry behind the one with the hash `previous`."""
    behind = attrs.evolve(entry, previous_hash=previous)
    return attrs.evolve(behind, entry_hash=entry_hash(run_id, behind))


def hash_as_found(run: StoredRun) -> str:
    """The hash that the run's last entry would have, had all its entries been chained: what the
    first entry with a hash follows where those before it have none.
    """
    found = head_hash(run)
    for entry in run.events:
        found = chained(run.run_id, entry, found).entry_hash
    return found


def examine(run: StoredRun, *, kept: str = "") -> Chain:
    """Follow the chain of a run. `kept` is a hash of it that was kept outside of the journal."""
    first = next((entry.number for entry in run.events if entry.entry_hash), 0)
    tip = run.events[-1].entry_hash if run.events else run.tip
    flaws = (*_entries(run, first), *_end(run, first), *_outside(run, kept))
    return Chain(
        run_id=run.run_id, entries=len(run.events), chained_from=first, tip=tip, flaws=flaws
    )


def _entries(run: StoredRun, first: int) -> Iterator[Flaw]:
    before, number, is_followed = head_hash(run), 0, True
    for entry in run.events:
        if first and entry.number > number + 1:
            yield Flaw(number=number + 1, what=_missing(number + 1, entry.number - 1))
            is_followed = False
        number = entry.number
        if not entry.entry_hash:
            if first and number > first:
                yield Flaw(number=number, what=_without_hash(number))
                is_followed = False
            before = chained(run.run_id, entry, before).entry_hash
            continue
        if entry_hash(run.run_id, entry) != entry.entry_hash:
            yield Flaw(number=number, what=_changed(run, entry))
            is_followed = False
        elif is_followed and entry.previous_hash != before:
            yield Flaw(number=number if number > first else 0, what=_unlinked(number, first))
        else:
            is_followed = True
        before = entry.entry_hash


def _end(run: StoredRun, first: int) -> Iterator[Flaw]:
    """Is the last entry the one that was written last?"""
    last = run.events[-1] if run.events else None
    number = last.number if last else 0
    if run.tip and run.events and not first:
        yield Flaw(number=1, what="The hashes of all entries were removed.")
    elif run.tip and run.entries > number:
        yield Flaw(number=number + 1, what=_missing(number + 1, run.entries))
    elif last is None and run.tip and run.tip != head_hash(run):
        yield Flaw(number=0, what=_unlinked(1, 1))
    elif last is not None and last.entry_hash and last.entry_hash != run.tip:
        yield Flaw(
            number=number,
            what=f"Entry {number} is not the last one that lyncops wrote: entries were added or"
            " replaced at the end.",
        )


def _outside(run: StoredRun, kept: str) -> Iterator[Flaw]:
    known = {entry.entry_hash for entry in run.events} or {run.tip}
    if kept and kept.strip().casefold() not in known:
        yield Flaw(
            number=0,
            what=f"No entry has the hash that was kept ({kept.strip()}): the run was written again"
            " since then, or the hash is another run's.",
        )


def _missing(first: int, last: int) -> str:
    return (
        f"Entry {first} is missing." if first == last else f"Entries {first} to {last} are missing."
    )


def _without_hash(number: int) -> str:
    return (
        f"Entry {number} has no hash, although entries before it have: it was inserted, its hash"
        " was removed, or a lyncops of an older version still worked on the run."
    )


def _changed(run: StoredRun, entry: StoredEvent) -> str:
    """It was changed; or only its number was, and another one fits."""
    for number in range(1, max(run.entries, run.events[-1].number) + 1):
        moved = attrs.evolve(entry, number=number)
        if entry_hash(run.run_id, moved) == entry.entry_hash:
            return f"Entry {entry.number} was entry {number} when it was written."
    return f"Entry {entry.number} ({entry.kind}) was changed."


def _unlinked(number: int, first: int) -> str:
    if number > first:
        return (
            f"Entry {number} does not follow entry {number - 1}: an entry was inserted, removed or"
            " replaced there."
        )
    if number == 1:
        return "The run's own record (operator, reason, plan or begin) was changed."
    return (
        f"The run's own record, or an entry before entry {number}, was changed after entry"
        f" {number} was written."
    )


def _hash(data: object) -> str:
    return hashlib.sha256(canonical(data).encode()).hexdigest()
