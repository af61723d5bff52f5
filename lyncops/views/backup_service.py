"""The Backup Service as people read it: its configuration with units, and both directions of every
pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Final

import attrs

from lyncops.checks.synchronisation import BackupServiceReport, DirectionSync, ModuleSync, SyncState
from lyncops.checks.words import exactly
from lyncops.deployment.model import BackupServiceSettings
from lyncops.values import JsonValue, Unread
from lyncops.views.blocks import Block, Heading, Table, Text, Tone
from lyncops.views.json_values import to_json

TONES: Final = {
    SyncState.STEADY: Tone.GOOD,
    SyncState.COPYING: Tone.CAREFUL,
    SyncState.UNKNOWN: Tone.CAREFUL,
    SyncState.ERROR: Tone.BAD,
}


def report_data(report: BackupServiceReport) -> dict[str, JsonValue]:
    """The report as JSON; durations are seconds."""
    return {
        "read_at": report.read_at.isoformat(),
        "state": report.state.value,
        "settings": to_json(report.settings),
        "directions": [_direction_data(direction) for direction in report.directions],
        "unpaired": to_json(report.unpaired),
        "unread": to_json(report.unread),
    }


def _direction_data(direction: DirectionSync) -> JsonValue:
    return {
        "source": direction.source,
        "target": direction.target,
        "state": direction.state.value,
        "loss": direction.loss,
        "modules": to_json(direction.modules),
    }


def report_blocks(report: BackupServiceReport) -> Iterator[Block]:
    """All of it."""
    yield Heading("Backup Service: configuration")
    if isinstance(report.settings, Unread):
        yield Text(str(report.settings), Tone.CAREFUL)
    else:
        yield Table(("setting", "value", "meaning"), tuple(_settings(report.settings)))
    yield Heading(f"Backup Service: status at {report.read_at:%Y-%m-%d %H:%M:%S %Z}")
    yield from status_blocks(report)


def status_blocks(report: BackupServiceReport) -> Iterator[Block]:
    """Every module of every direction with the loss that its state means now, and what could not be
    read.
    """
    rows = tuple(row for direction in report.directions for row in _rows(direction))
    if rows:
        yield Table(
            (
                "from",
                "to",
                "module",
                "export",
                "import",
                "state",
                "if the exporting pool died now",
            ),
            rows,
        )
    yield from (
        Text(f"{pool} has no backup pool: none of its data is copied.", Tone.CAREFUL)
        for pool in report.unpaired
    )
    yield from (Text(str(unread), Tone.CAREFUL) for unread in report.unread)
    if not (rows or report.unpaired or report.unread):
        yield Text("The topology has no Front End pool.", Tone.CAREFUL)


def _rows(direction: DirectionSync) -> Iterator[tuple[Text | str, ...]]:
    ends = (direction.source, direction.target)
    if isinstance(direction.modules, Unread):
        yield (
            *ends,
            "-",
            "-",
            "-",
            Text("unknown", TONES[SyncState.UNKNOWN]),
            str(direction.modules),
        )
        return
    if not direction.modules:
        yield (
            *ends,
            "-",
            "-",
            "-",
            Text("copying", TONES[SyncState.COPYING]),
            "It reports no module: nothing was ever copied.",
        )
    for module in direction.modules:
        state = Text(module.state.value, TONES[module.state])
        yield (
            *ends,
            module.name,
            str(module.export),
            str(module.import_),
            state,
            module.loss,
        )


def _settings(settings: BackupServiceSettings) -> Iterator[tuple[str, ...]]:
    interval = exactly(settings.sync_interval)
    yield (
        "SyncInterval",
        interval,
        "between two copies, 5 s to 3 h; roughly what is lost when a pool dies",
    )
    yield (
        "AuthorizedUniversalGroups",
        ", ".join(settings.authorized_universal_groups) or "none",
        "groups that may query its status",
    )
    yield (
        "AuthorizedLocalAccounts",
        ", ".join(settings.authorized_local_accounts) or "none",
        "local accounts that may query its status",
    )
    figures = (
        ("MaxConcurrentCalls", settings.max_concurrent_calls, "calls", "at the same time"),
        (
            "MaxBatchesPerCmsSync",
            settings.max_batches_per_cms_sync,
            "batches",
            "in one copy of the store",
        ),
        (
            "MaxBatchesPerUserStoreSync",
            settings.max_batches_per_user_store_sync,
            "batches",
            "in one copy of a user store",
        ),
        (
            "MaxDataConfPackageSizeKB",
            settings.max_data_conf_package_size_kb,
            "KB",
            "in one package of conference content",
        ),
        (
            "MaxHighPriQueuePercentagePerUserStoreSync",
            settings.max_high_priority_percentage,
            "%",
            "of a copy, for urgent changes",
        ),
    )
    yield from (
        (name, f"{value:,} {unit}", meaning)
        for name, value, unit, meaning in figures
        if value is not None
    )
    if settings.response_groups_copied is not None:
        yield (
            "EnableRgsBackupService",
            "yes" if settings.response_groups_copied else "no",
            "whether response groups are copied",
        )


@attrs.define(slots=True)
class Changes:
    """What is new in each report since the one before, as lines with the time."""

    _known: dict[str, str] = attrs.field(factory=dict[str, str], init=False)

    def of(self, report: BackupServiceReport) -> tuple[str, ...]:
        """The lines; none where nothing changed."""
        now = dict(_facts(report))
        new = [f"{name}: {words}" for name, words in now.items() if self._known.get(name) != words]
        new += [f"{name}: no longer reported" for name in self._known if name not in now]
        self._known = now
        time = f"{report.read_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return tuple(f"{time}  {line}" for line in new)


def _facts(report: BackupServiceReport) -> Iterator[tuple[str, str]]:
    for direction in report.directions:
        ends = f"{direction.source} -> {direction.target}"
        if isinstance(direction.modules, Unread):
            yield ends, str(direction.modules)
        elif not direction.modules:
            yield ends, "it reports no module"
        else:
            yield from ((f"{ends}  {module.name}", _states(module)) for module in direction.modules)
    yield from ((unread.what, f"could not be read: {unread.reason}") for unread in report.unread)
    yield "Backup Service", report.state.value


def _states(module: ModuleSync) -> str:
    return f"{module.export}/{module.import_} ({module.state})"


EXIT_WORDS: Final[Mapping[SyncState, str]] = {
    SyncState.STEADY: "Everything is steady.",
    SyncState.COPYING: "It is not steady yet.",
    SyncState.UNKNOWN: "Its state is not known.",
    SyncState.ERROR: "It is in an error state.",
}
