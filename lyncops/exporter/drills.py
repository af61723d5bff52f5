"""The last drill as metrics, from the file that `lyncops drill all --out FILE` wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric

from lyncops.drill.report import DrillReport
from lyncops.drill.showing import read_report
from lyncops.drill.story import Outcome
from lyncops.errors import InvalidValueError


def drill_metrics(path: Path) -> Iterator[Metric]:
    """The metrics of the file as it is now; of one that cannot be read, that it cannot."""
    report = _report(path)
    success = GaugeMetricFamily(
        "lyncops_drill_reading_success", "Whether the report of the last drill could be read."
    )
    success.add_metric((), float(report is not None))
    yield success
    if report is not None:
        yield from _of_report(report)


def _report(path: Path) -> DrillReport | None:
    try:
        return read_report(path)
    except (OSError, ValueError, InvalidValueError):
        return None


def _of_report(report: DrillReport) -> Iterator[Metric]:
    for name, about, at in (
        ("lyncops_drill_timestamp_seconds", "When the last drill was played.", report.played_at),
        (
            "lyncops_drill_snapshot_timestamp_seconds",
            "When the snapshot of the last drill was taken.",
            report.read_at,
        ),
    ):
        time = GaugeMetricFamily(name, about)
        time.add_metric((), at.timestamp())
        yield time
    verdict = GaugeMetricFamily(
        "lyncops_drill_outcome",
        "The worst outcome of the last drill: 1 for the one that it had.",
        labels=("outcome",),
    )
    for outcome in Outcome:
        verdict.add_metric((outcome.name.lower(),), float(outcome is report.outcome))
    yield verdict
    rescued = GaugeMetricFamily(
        "lyncops_drill_rescued",
        "Whether everybody was served elsewhere after a disaster of the last drill.",
        labels=("disaster",),
    )
    for drill in report.drills:
        rescued.add_metric((drill.disaster,), float(drill.is_rescued))
    yield rescued
