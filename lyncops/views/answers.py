"""What `--json` answers, as types: one class for each answer that is not simply a value of lyncops.

`scripts/schemas.py` writes the schemas in `docs/schemas/` from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, TypedDict

from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.synchronisation import ModuleSync, SyncState
from lyncops.deployment.model import BackupServiceSettings, Deployment
from lyncops.plan.rehearsal import Rehearsal
from lyncops.procedures.readiness import ReadinessVerdict
from lyncops.remoting.psrp.streams import StreamKind
from lyncops.runs.chain import ChainState
from lyncops.runs.model import RunState, StepState
from lyncops.sources import Sources
from lyncops.values import Fqdn, JsonValue, Mode, Outcome, SiteName, Unread


class ErrorTold(TypedDict):
    """What went wrong. `exit_code` is that of the process, `see` the page that says more."""

    type: str
    message: str
    remedy: str
    exit_code: int
    see: str


class ErrorAnswer(TypedDict):
    """The answer of every verb that could not do what it was asked for."""

    error: ErrorTold


class ChecksAnswer(TypedDict):
    """The checks by pool, site, or "" where they are about the whole deployment."""

    checks: Mapping[str, tuple[CheckResult, ...]]


class NothingToDoAnswer(TypedDict):
    """`run` where the servers show already what was asked for: nothing was sent."""

    changed: Literal[False]
    nothing_to_do: Literal[True]
    procedure: str
    target: str | None
    mode: Mode | None
    deployment: str
    plan: str
    told: str


class RehearsalAnswer(TypedDict):
    """What the servers say that each step would do, asked with -WhatIf."""

    rehearsals: tuple[Rehearsal, ...]


class LineTold(TypedDict):
    """What a cmdlet wrote to one of its streams."""

    at: datetime
    stream: StreamKind
    text: str
    percent: int | None


class AttemptTold(TypedDict):
    """One time that a cmdlet was sent. `proof` is why it is certain that it never started."""

    number: int
    prepared_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    sent: bool
    proof: str | None
    released: str
    endpoint: str
    logon: str
    command_id: str
    errors: tuple[str, ...]
    causes: tuple[tuple[str, ...], ...]
    warnings: tuple[str, ...]
    lines: tuple[LineTold, ...]
    lines_left_out: int
    reason: str


class SourceTold(TypedDict):
    """Where a claim about Lync comes from."""

    title: str
    url: str


class StepTold(TypedDict):
    """A step and all its attempts."""

    id: str
    title: str
    why: str
    sources: tuple[SourceTold, ...]
    state: StepState
    state_why: str
    powershell: str | None
    estimate_seconds: timedelta
    started_at: datetime | None
    ended_at: datetime | None
    evidence_before: str
    evidence_after: str
    exceptions: tuple[str, ...]
    undo: str
    attempts: tuple[AttemptTold, ...]


class RunAnswer(TypedDict):
    """A run as it is now. `changed`: a cmdlet that changes something was sent, and may have changed
    it.
    """

    run: str
    procedure: str
    target: str | None
    mode: Mode | None
    deployment: str
    plan: str
    operator: str
    reason: str
    state: RunState
    changed: bool
    why: str
    created_at: datetime
    changed_at: datetime | None
    goal_evidence: str
    expected_loss: str
    actual_loss: str
    estimate_seconds: timedelta
    took_seconds: timedelta | None
    overridden: Mapping[str, str]
    notes: tuple[str, ...]
    exceptions: tuple[str, ...]
    left_to_do: tuple[str, ...]
    next: tuple[str, ...]
    steps: tuple[StepTold, ...]


class Topologies(TypedDict):
    """The deployment before the first step and after the last one; null where it was not read."""

    before: Deployment | None
    after: Deployment | None


class FlawTold(TypedDict):
    """An entry of the journal that is not as it was written."""

    entry: int | None
    what: str


class ChainAnswer(TypedDict):
    """What the hash chain of a run says."""

    run: str
    state: ChainState
    told: str
    entries: int
    chained_from: int | None
    tip: str | None
    flaws: tuple[FlawTold, ...]


class ReportAnswer(RunAnswer):
    """The report of a run: the run, the topology before and after, and the hash chain."""

    topology: Topologies
    chain: ChainAnswer


class RunListed(TypedDict):
    """A run in a list; null is what cannot be read."""

    run_id: str
    procedure: str
    target: str
    mode: str | None
    state: RunState | None
    operator: str
    created_at: datetime | None


class RunsAnswer(TypedDict):
    """Runs, newest first. `more`: older ones were left out."""

    runs: tuple[RunListed, ...]
    more: bool


class StepSeen(TypedDict):
    """The state of a step of a run that is watched."""

    id: str
    state: StepState


class RunSeen(TypedDict):
    """One line of `runs watch`: the run after a change."""

    run: str
    state: RunState
    why: str
    steps: tuple[StepSeen, ...]


class ExportAnswer(TypedDict):
    """The runs that were written into the file, and those that are not finished."""

    file: str
    exported: tuple[str, ...]
    left_out: tuple[str, ...]


class ImportAnswer(TypedDict):
    """The runs that came out of the file, and those that the journal had."""

    file: str
    imported: tuple[str, ...]
    already_there: tuple[str, ...]
    changed: bool


class PruneAnswer(TypedDict):
    """The runs that were deleted."""

    pruned: tuple[str, ...]
    changed: bool


class ModeTold(TypedDict):
    """One mode of a pool's failover."""

    mode: Mode
    hypothetical: bool
    verdict: ReadinessVerdict
    expected_loss: str
    estimate_seconds: timedelta
    command: str
    obstacles: tuple[CheckResult, ...]
    warnings: tuple[CheckResult, ...]
    by_hand: tuple[str, ...]


class PoolTold(TypedDict):
    """Whether a pool could be failed over."""

    pool: Fqdn
    backup_pool: Fqdn | None
    life: str
    verdict: ReadinessVerdict
    possible_modes: tuple[Mode, ...]
    modes: tuple[ModeTold, ...]
    care: tuple[CheckResult, ...]


class SiteTold(TypedDict):
    """What the loss of a site would mean."""

    site: SiteName
    verdict: ReadinessVerdict
    store: str
    store_command: str
    pools: tuple[PoolTold, ...]


class ReadinessAnswer(TypedDict):
    """Could every pool be failed over now? `verdict` is null where the topology is `unread`."""

    deployment: str
    read_at: datetime
    verdict: ReadinessVerdict | None
    unread: Unread | None
    pools: tuple[PoolTold, ...]
    sites: tuple[SiteTold, ...]


class DoctorCheckTold(TypedDict):
    """One question of the doctor. `see` is the page that says more."""

    check_id: str
    question: str
    verdict: Verdict
    evidence: str
    remedy: str
    blocking: bool
    sources: Sources
    see: str


class SectionTold(TypedDict):
    """An endpoint, a machine or the deployment, with what was asked of it."""

    subject: str
    name: str
    checks: tuple[DoctorCheckTold, ...]
    not_examined: tuple[str, ...]


class DoctorAnswer(TypedDict):
    """Is everything that a rescue needs reachable and usable?"""

    deployment: str
    began_at: datetime
    verdict: Verdict
    sections: tuple[SectionTold, ...]


class DirectionTold(TypedDict):
    """What one pool copies to its backup pool."""

    source: Fqdn
    target: Fqdn
    state: SyncState
    loss: str
    modules: tuple[ModuleSync, ...] | Unread


class BackupServiceAnswer(TypedDict):
    """The Backup Service: its configuration and both directions of each pair."""

    read_at: datetime
    state: SyncState
    settings: BackupServiceSettings | Unread
    directions: tuple[DirectionTold, ...]
    unpaired: tuple[Fqdn, ...]
    unread: tuple[Unread, ...]


class SnapshotAnswer(TypedDict):
    """Where the snapshot is, and what is not in it."""

    file: str
    snapshot: str
    unread: tuple[str, ...]


class LabAnswer(TypedDict):
    """Where the lab is, and how to log on."""

    scenario: str
    config: str
    username: str
    password_variable: str
    password: str
    addresses: Mapping[str, str]


ScenariosAnswer = Mapping[str, str]
"""The scenarios that come with lyncops, with what they are."""
InjectAnswer = JsonValue
"""What a fault of the lab answers: each one something else."""
