"""A report as JSON's types."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from lyncops.plan.steps import CmdletStep
from lyncops.runs.chain import Chain
from lyncops.runs.model import Attempt, Run, StepRecord
from lyncops.runs.what_came import loss_seen, took
from lyncops.values import JsonValue


def report_data(
    run: Run, *, chain: Chain | None, notes: Sequence[str], left_to_do: Sequence[str]
) -> dict[str, JsonValue]:
    """All of it; times are ISO 8601, durations seconds.

    The topology and the hash chain come where the chain was followed: in the report of a run that
    was read from the journal.
    """
    spent = took(run)
    data: dict[str, JsonValue] = {
        "run": run.run_id,
        "procedure": run.plan.procedure.NAME,
        "target": None if run.plan.target is None else str(run.plan.target),
        "mode": run.plan.mode.value if run.plan.mode else None,
        "deployment": run.plan.deployment,
        "plan": run.plan.content_id,
        "operator": run.operator,
        "reason": run.reason,
        "state": run.state.value,
        "changed": run.has_changed,
        "why": run.why,
        "created_at": run.created_at.isoformat(),
        "changed_at": _iso(run.changed_at),
        "goal_evidence": run.goal_evidence,
        "expected_loss": run.plan.expected_loss,
        "actual_loss": loss_seen(run),
        "estimate_seconds": run.plan.estimate.total_seconds(),
        "took_seconds": None if spent is None else spent.total_seconds(),
        "overridden": {
            check.check_id: check.overridden_because
            for check in run.plan.checks
            if check.overridden_because
        },
        "notes": list(notes),
        "exceptions": list(run.exceptions),
        "left_to_do": list(left_to_do),
        "next": [each.command for each in run.left_broken if each.command],
        "steps": [_step_data(record) for record in run.steps],
    }
    if chain is None:  # the end of a run in short
        return data
    return {
        **data,
        "topology": {
            "before": _topology(run.topology_before),
            "after": _topology(run.topology_after),
        },
        "chain": chain_data(chain),
    }


def chain_data(chain: Chain) -> dict[str, JsonValue]:
    """What the hash chain of a run says."""
    return {
        "run": chain.run_id,
        "state": chain.state.value,
        "told": str(chain),
        "entries": chain.entries,
        "chained_from": chain.chained_from or None,
        "tip": chain.tip or None,
        "flaws": [{"entry": flaw.number or None, "what": flaw.what} for flaw in chain.flaws],
    }


def _topology(text: str) -> JsonValue:
    return cast("JsonValue", json.loads(text)) if text else None


def _step_data(record: StepRecord) -> dict[str, JsonValue]:
    step = record.step
    return {
        "id": step.step_id,
        "title": step.title,
        "why": step.why,
        "sources": [{"title": one.title, "url": one.url} for one in step.sources],
        "state": record.state.value,
        "state_why": record.why,
        "powershell": step.cmdlet.to_powershell() if isinstance(step, CmdletStep) else None,
        "estimate_seconds": step.estimate.total_seconds(),
        "started_at": _iso(record.started_at),
        "ended_at": _iso(record.ended_at),
        "evidence_before": record.evidence_before,
        "evidence_after": record.evidence_after,
        "exceptions": list(record.exceptions),
        "undo": step.undo,
        "attempts": [_attempt_data(attempt) for attempt in record.attempts],
    }


def _attempt_data(attempt: Attempt) -> dict[str, JsonValue]:
    return {
        "number": attempt.number,
        "prepared_at": attempt.prepared_at.isoformat(),
        "ended_at": _iso(attempt.ended_at),
        "outcome": attempt.outcome.value if attempt.outcome else None,
        "sent": attempt.sent,
        "proof": attempt.proof.name.lower() if attempt.proof else None,
        "released": attempt.released,
        "endpoint": attempt.address.endpoint,
        "logon": attempt.address.logon,
        "command_id": attempt.address.command_id,
        "errors": [str(error) for error in attempt.errors],
        "causes": [[str(cause) for cause in error.causes] for error in attempt.errors],
        "warnings": list(attempt.warnings),
        "lines": [
            {
                "at": line.at.isoformat(),
                "stream": line.stream.value,
                "text": line.text,
                "percent": line.percent,
            }
            for line in attempt.lines
        ],
        "lines_left_out": attempt.lines_left_out,
        "reason": attempt.reason,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
