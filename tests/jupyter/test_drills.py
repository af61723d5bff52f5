"""The drill's matrix in a notebook."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from lyncops.drill import Drill, DrillReport, Outcome, Part, disasters, drill
from lyncops.plan.model import Plan
from lyncops.runs.events import Event, Observer
from lyncops.values import Mode
from tests.drill.test_copying import read
from tests.jupyter.conftest import Show
from tests.views.pages import Page


def test_each_outcome_has_its_word_and_its_shade(show: Show) -> None:
    drills = tuple(
        Drill(
            disaster=f"loss of <{outcome.name}>",
            mode=Mode.DISASTER,
            rescue=Part(procedure="pool-failover", outcome=outcome, took=timedelta(minutes=20)),
            lost={"presence": timedelta(seconds=108)},
        )
        for outcome in Outcome
    )
    when = datetime(2026, 1, 2, tzinfo=UTC)
    report = DrillReport(
        deployment="two-sites", snapshot="ab", read_at=when, played_at=when, drills=drills
    )
    forms = show(report)
    found = Page(forms["text/html"])
    for word, shade in (
        ("done", "--lo-good) 14%"),
        ("waits", "--lo-careful) 26%"),
        ("refused", "--lo-bad) 30%"),
        ("failed", "--lo-bad) 42%"),
    ):
        assert word in found.text
        assert shade in forms["text/html"]
    assert "loss of <FAILED>" in found.text, "escaped"
    assert "20 min" in found.text
    assert "of changes" in found.text
    assert len(set(forms["text/html"].split("color-mix")[1:])) >= len(Outcome)
    assert "loss of <DONE>" in forms["text/plain"]

    earlier = attrs.evolve(report, drills=report.drills[::-1])
    assert "Nothing became worse" in Page(show(report.compared_with(earlier))["text/html"]).text
    better = attrs.evolve(drills[0], disaster=drills[-1].disaster)
    worse = show(report.compared_with(attrs.evolve(report, drills=(better,))))
    assert "loss of <FAILED>, pool-failover: done became failed" in Page(worse["text/html"]).text
    assert "done became failed" in worse["text/plain"]


class Blind:
    """Looks at nothing."""

    def observe(self, event: Event) -> None:
        del event


def test_the_runs_of_a_drill_are_not_shown_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Plan] = []

    def look(plan: Plan) -> AbstractContextManager[Observer]:
        seen.append(plan)
        return nullcontext(Blind())

    monkeypatch.setattr("lyncops.runs.onlookers._ONLOOKERS", {"cell": look})
    deployment = read("standard-pair")
    report = drill(deployment, disasters(deployment)[:1], played_at=datetime.now(UTC))
    assert report.outcome is Outcome.DONE
    assert seen == []
