from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, max_examples=50)
settings.register_profile("nightly", deadline=timedelta(seconds=60), max_examples=2000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nightly", action="store_true", help="the slow tests too, and hypothesis with many more examples")


def pytest_configure(config: pytest.Config) -> None:
    nightly = bool(config.getoption("--nightly"))
    settings.load_profile("nightly" if nightly else "default")
    if nightly:
        config.option.timeout = 1800


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: "stateful" not in item.nodeid)  # the longest begin first: no process waits for another in the end
    if config.getoption("--nightly"):
        return
    slow = [item for item in items if item.get_closest_marker("nightly")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]
