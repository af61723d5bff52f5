"""Whole runs out of the tables and into them: for export, import and pruning."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs
import sqlalchemy as sa

from lyncops.errors import JournalError
from lyncops.runs.chain import hash_as_found
from lyncops.runs.event_codec import event_from_text
from lyncops.runs.exchange import StoredEvent, StoredRun
from lyncops.runs.history import replay
from lyncops.runs.model import Run, RunState, RunSummary
from lyncops.runs.schema import EVENTS, LOCKS, RUNS
from lyncops.runs.sql_rows import run_of, run_row, summary_columns, summary_of, text_of

_TEXTS: Final = ("at", "kind", "body", "previous_hash", "entry_hash")
_OVER: Final = tuple(state.value for state in RunState if state.is_final)


def stored(connection: sa.Connection, run_id: str) -> StoredRun | None:
    """A run as the tables have it; None if there is none of that name."""
    row = (
        connection.execute(sa.select(RUNS).where(RUNS.c.run_id == run_id)).mappings().one_or_none()
    )
    if row is None:
        return None
    mine = sa.select(EVENTS).where(EVENTS.c.run_id == run_id).order_by(EVENTS.c.number)
    return StoredRun(
        run_id=run_id,
        format=int(str(row["format"])),
        **{
            name: str(row[name])
            for name in ("created_at", "operator", "reason", "content_id", "plan")
        },
        events=tuple(
            StoredEvent(
                number=int(str(each["number"])), **{name: str(each[name]) for name in _TEXTS}
            )
            for each in connection.execute(mine).mappings()
        ),
        entries=int(str(row["entries"])),
        tip=str(row["tip"]),
    )


def newest(connection: sa.Connection, run_id: str) -> tuple[int, str]:
    """The number of a run's newest entry, 0 where it has none, and the hash that the next one
    follows.
    """
    last = (
        sa.select(EVENTS.c.number, EVENTS.c.entry_hash)
        .where(EVENTS.c.run_id == run_id)
        .order_by(EVENTS.c.number.desc())
        .limit(1)
    )
    row = connection.execute(last).one_or_none()
    if row is not None and row.entry_hash:
        return int(row.number), str(row.entry_hash)
    found = stored(connection, run_id)
    return 0 if row is None else int(row.number), "" if found is None else hash_as_found(found)


def store(connection: sa.Connection, run: StoredRun) -> bool:
    """Write a finished run down; False where it is there already, the same to the letter.

    Raises:
        JournalError: the run is not over, cannot be read, or is there with a different history.
    """
    lived = _lived(run)
    if not lived.state.is_final:
        raise JournalError(
            f"Run {run.run_id} is not over ({lived.state.value}): in two journals it could be"
            " resumed twice.",
            remedy=(
                f"Finish or cancel it in the journal where it is (lyncops resume {run.run_id}),"
                " then export it."
            ),
        )
    there = stored(connection, run.run_id)
    if there == run:
        return False
    if there is not None:
        raise JournalError(
            f"Run {run.run_id} is already in this journal, with a different history.",
            remedy=(
                "Nothing was changed. Compare both: `lyncops runs report` in each of the journals."
            ),
        )
    as_it_was = {
        "created_at": run.created_at,
        "format": run.format,
        "plan": run.plan,
        "content_id": run.content_id,
        "entries": run.entries,
        "tip": run.tip,
    }
    changed_at = text_of(lived.changed_at) if lived.changed_at else ""
    pools = len(lived.plan.pools_to_lock)
    connection.execute(
        sa.insert(RUNS).values(
            **{**run_row(lived), **as_it_was}, changed_at=changed_at, pools=pools
        )
    )
    rows = [{"run_id": run.run_id, **attrs.asdict(event)} for event in run.events]
    connection.execute(sa.insert(EVENTS), rows)
    return True


def _lived(run: StoredRun) -> Run:
    """The run, rebuilt from its events: other fields of the file are not trusted."""
    row = {
        name: getattr(run, name)
        for name in ("run_id", "format", "created_at", "operator", "reason", "content_id", "plan")
    }
    numbers = [event.number for event in run.events]
    if numbers != sorted(set(numbers)):
        raise JournalError(
            f"The events of run {run.run_id} are not in order.", remedy="Export it again."
        )
    events = [event_from_text(event.kind, event.body) for event in run.events]
    if any(event.run_id != run.run_id for event in events):
        raise JournalError(
            f"Run {run.run_id} has events of another run.", remedy="Export it again."
        )
    return replay(run_of(row), events)


def _prunable(before: datetime) -> sa.ColumnElement[bool]:
    held = sa.select(LOCKS.c.run_id)
    ended_before = sa.and_(RUNS.c.changed_at != "", RUNS.c.changed_at < text_of(before))
    return sa.and_(RUNS.c.state.in_(_OVER), ended_before, RUNS.c.run_id.not_in(held))


def prunable(connection: sa.Connection, before: datetime) -> tuple[RunSummary, ...]:
    """The summaries of the runs that were over before then, oldest first."""
    wanted = (
        sa.select(*summary_columns())
        .where(_prunable(before))
        .order_by(RUNS.c.created_at, RUNS.c.run_id)
    )
    return tuple(map(summary_of, connection.execute(wanted).mappings().all()))


def prune(connection: sa.Connection, before: datetime) -> None:
    """Delete them, each with all of its events."""
    chosen = sa.select(RUNS.c.run_id).where(_prunable(before))
    connection.execute(sa.delete(EVENTS).where(EVENTS.c.run_id.in_(chosen)))
    connection.execute(sa.delete(RUNS).where(_prunable(before)))
