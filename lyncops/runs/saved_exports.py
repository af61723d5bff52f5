"""What the journal knows about exports: the newest saved copy of each kind, and the server that has
it.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from lyncops.errors import JournalError
from lyncops.plan.steps import CmdletStep
from lyncops.procedures.saved import SavedExport
from lyncops.runs.journal import Journal
from lyncops.runs.model import StepRecord, StepState

_KINDS: Final = {
    "Export-CsConfiguration": "the configuration",
    "Export-CsLisConfiguration": "locations (LIS)",
    "Export-CsRgsConfiguration": "response groups",
}


def saved_exports(journal: Journal, deployment: str) -> tuple[SavedExport, ...]:
    """Every export that a run of this deployment made, the newest first.

    What cannot be read is ignored.
    """
    found = [
        saved
        for summary in journal.runs()
        if summary.deployment == deployment
        for record in _records(journal, summary.run_id)
        if (saved := _saved(record)) is not None
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def _records(journal: Journal, run_id: str) -> tuple[StepRecord, ...]:
    try:
        return journal.load(run_id).steps
    except JournalError:
        return ()


def _saved(record: StepRecord) -> SavedExport | None:
    step, attempt, ended = record.step, record.last_attempt, record.ended_at
    if (
        not isinstance(step, CmdletStep)
        or step.cmdlet.NAME not in _KINDS
        or record.state is not StepState.DONE
    ):
        return None
    if attempt is None or ended is None:
        return None
    return SavedExport(
        kind=_KINDS[step.cmdlet.NAME],
        at=ended,
        server=urlsplit(attempt.address.endpoint).hostname or "",
        file=str(step.cmdlet.arguments().get("FileName", "")),
    )
