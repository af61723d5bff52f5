from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import timedelta

import pytest

from lyncops.checks.synchronisation import BackupServiceReport, SyncState
from lyncops.client import Client
from lyncops.jupyter.backup_service import WatchedBackupService, watch
from lyncops.testing import InMemory, in_memory
from tests.deployments import P1, P2
from tests.jupyter.conftest import Show
from tests.jupyter.test_live import Cell
from tests.needs import CHROMIUM
from tests.views.pages import Page

MINUTE = timedelta(minutes=1)


@pytest.fixture
def deployment() -> Iterator[InMemory]:
    with in_memory() as made:
        made.wait(20 * MINUTE)
        yield made


def test_a_watch_is_drawn_in_its_cell_until_it_is_steady(deployment: InMemory, show: Show) -> None:
    deployment.world.faults.sync_stuck = frozenset({P2})
    deployment.wait(10 * MINUTE)
    cell = Cell()
    seen = watch(deployment.client, every=MINUTE, timeout=5 * MINUTE, display=cell.display)
    assert len(cell.drawn) == len(seen.reports) == 6
    assert seen.reports[-1].state is SyncState.COPYING
    forms = show(seen)
    assert "at least 5 minutes" in Page(forms["text/html"]).text
    assert "at least 5 minutes" in forms["text/plain"]


def test_the_stop_button_keeps_what_was_seen(
    deployment: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = deployment.client.watch_backup_service(every=MINUTE)

    def stopped(*_: object, **__: object) -> Iterator[BackupServiceReport]:
        yield next(reports)
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "watch_backup_service", stopped)
    assert len(watch(deployment.client, display=Cell().display).reports) == 1


def test_nothing_that_was_seen_is_said_to_be_nothing(show: Show) -> None:
    assert "Nothing was read." in show(WatchedBackupService(()))["text/plain"]


def test_the_plot_has_a_line_for_each_direction_in_the_ink_of_the_page(
    deployment: InMemory,
) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        CHROMIUM.missing()
    seen = watch(deployment.client, every=MINUTE, timeout=3 * MINUTE, display=Cell().display)
    html = seen.bundle()["text/html"]
    page = Page(html)
    for words in (f"{P1} to {P2}", f"{P2} to {P1}", "minutes behind", "UTC"):
        assert words in page.text
    assert "currentColor" in html
    assert "#010203" not in html


def test_without_a_plotting_library_the_table_says_it(
    deployment: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_name: str) -> None:
        return None

    monkeypatch.setattr(importlib.util, "find_spec", nothing)
    seen = watch(deployment.client, every=MINUTE, timeout=2 * MINUTE, display=Cell().display)
    html = seen.bundle()["text/html"]
    assert "<svg" not in html
    assert "steady" in Page(html).text
