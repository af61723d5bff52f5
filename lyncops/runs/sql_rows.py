"""Rows of the journal's tables as values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import sqlalchemy as sa

from lyncops.errors import JournalError
from lyncops.plan.codec import plan_from_json, plan_to_json, saved_id
from lyncops.runs.chain import head_hash
from lyncops.runs.exchange import StoredRun
from lyncops.runs.lock import Lock, Process
from lyncops.runs.model import Run, RunState, RunSummary
from lyncops.runs.schema import RUNS
from lyncops.values import Fqdn

FORMAT: Final = 1


def run_row(run: Run) -> dict[str, object]:
    """The row of a run that begins, but for how many pools it locks."""
    row = _row(run)
    head = StoredRun(
        **{name: row[name] for name in attrs.fields_dict(StoredRun) if name in row}, events=()
    )
    return {**row, "entries": 0, "tip": head_hash(head)}


def _row(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "format": FORMAT,
        "created_at": text_of(run.created_at),
        "operator": run.operator,
        "reason": run.reason,
        "content_id": run.plan.content_id,
        "plan": plan_to_json(run.plan),
        "deployment": run.plan.deployment,
        "procedure": run.plan.procedure.NAME,
        "target": str(run.plan.target or ""),
        "mode": run.plan.mode.value if run.plan.mode else "",
        "state": run.state.value,
    }


def run_of(row: Mapping[str, object] | sa.RowMapping) -> Run:
    """The run of a row, as it was before its first event."""
    run_id = str(row["run_id"])
    if row["format"] != FORMAT:
        raise JournalError(
            f"Run {run_id} was written by another version of lyncops.",
            remedy="Read it with that version.",
        )
    plan = plan_from_json(str(row["plan"]))
    if saved_id(str(row["plan"])) != row["content_id"]:
        raise JournalError(
            f"The plan of run {run_id} was altered in the journal.",
            remedy="Do not resume it: make a new plan from what the servers show.",
        )
    operator, reason = str(row["operator"]), str(row["reason"])
    return Run.of(
        plan,
        run_id=run_id,
        operator=operator,
        reason=reason,
        created_at=time_of(str(row["created_at"])),
    )


_SUMMARY: Final = (
    "run_id",
    "deployment",
    "procedure",
    "target",
    "mode",
    "state",
    "operator",
    "reason",
    "created_at",
    "changed_at",
)


def summary_columns() -> tuple[sa.Column[object], ...]:
    """What a summary is made of."""
    return tuple(RUNS.c[name] for name in _SUMMARY)


def summary_of(row: sa.RowMapping) -> RunSummary:
    """The summary of a run, from its `summary_columns`."""
    return RunSummary(
        run_id=str(row["run_id"]),
        deployment=str(row["deployment"]),
        procedure=str(row["procedure"]),
        target=str(row["target"]),
        mode=str(row["mode"]),
        state=next((state for state in RunState if state.value == row["state"]), None),
        operator=str(row["operator"]),
        reason=str(row["reason"]),
        created_at=_moment(str(row["created_at"])),
        changed_at=_moment(str(row["changed_at"])),
    )


def lock_row(lock: Lock) -> dict[str, object]:
    """The row of a lock."""
    return {
        "deployment": lock.deployment,
        "pool": lock.pool,
        "run_id": lock.run_id,
        "token": lock.token,
        "owner": lock.owner,
        "host": lock.process.host,
        "pid": lock.process.pid,
        "reason": lock.reason,
        "taken_at": text_of(lock.taken_at),
        "heartbeat": text_of(lock.heartbeat) if lock.heartbeat else None,
        "machine_id": lock.process.machine_id,
        "boot_id": lock.process.boot_id,
        "pid_namespace": lock.process.pid_namespace,
        "started": lock.process.started,
        "beats": lock.beats,
    }


def lock_of(row: sa.RowMapping) -> Lock:
    """The lock of a row; `silence` is selected beside its columns."""
    heartbeat, silence = row["heartbeat"], row["silence"]
    known = {name: str(row[name]) for name in ("machine_id", "boot_id", "pid_namespace", "started")}
    return Lock(
        deployment=str(row["deployment"]),
        pool=Fqdn(str(row["pool"])),
        run_id=str(row["run_id"]),
        token=str(row["token"]),
        owner=str(row["owner"]),
        process=Process(host=str(row["host"]), pid=int(str(row["pid"])), **known),
        reason=str(row["reason"]),
        taken_at=time_of(str(row["taken_at"])),
        heartbeat=time_of(str(heartbeat)) if heartbeat else None,
        beats=int(str(row["beats"])),
        silence=silence if isinstance(silence, timedelta) else None,
    )


def text_of(moment: datetime) -> str:
    """A time as the tables hold it: of one length, so that texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def time_of(text: str) -> datetime:
    """The time that `text_of` wrote."""
    return datetime.fromisoformat(text)


def _moment(text: str) -> datetime | None:
    """A time that a list shows; None where it cannot be read."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
