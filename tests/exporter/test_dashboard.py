"""The dashboard, read with the types that Grafana publishes of its own schemas."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Iterator
from typing import Any

from lyncops.values import JsonValue
from tests.exporter.test_program import MONITORING
from tests.needs import GRAFANA

KINDS = {"stat", "timeseries", "state-timeline"}


def lost(before: JsonValue, after: JsonValue, path: str = "") -> Iterator[str]:
    """Fields that Grafana's types do not know, so that they are gone afterwards."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            if name in after:
                yield from lost(value, after[name], f"{path}/{name}")
            else:
                yield f"{path}/{name}"
    elif isinstance(before, list) and isinstance(after, list):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from lost(one, other, f"{path}/{number}")
    elif before != after:
        yield path


def test_grafana_knows_every_field_of_the_dashboard() -> None:
    if importlib.util.find_spec("grafana_foundation_sdk") is None:
        GRAFANA.missing()
    importlib.import_module("grafana_foundation_sdk.cog.plugins").register_default_plugins()
    models: Any = importlib.import_module("grafana_foundation_sdk.models.dashboard")
    encoder: Any = importlib.import_module("grafana_foundation_sdk.cog.encoder").JSONEncoder()
    written = json.loads((MONITORING / "grafana-dashboard.json").read_text("utf-8"))
    read = json.loads(encoder.encode(models.Dashboard.from_json(written)))
    assert list(lost(written, read)) == []
    assert {panel["type"] for panel in written["panels"]} <= KINDS


def test_no_panel_lies_on_another_and_each_has_its_number() -> None:
    panels = json.loads((MONITORING / "grafana-dashboard.json").read_text("utf-8"))["panels"]
    places = [panel["gridPos"] for panel in panels]
    cells = [
        (x, y)
        for at in places
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)
