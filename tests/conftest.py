from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta

import pytest
from coverage import Coverage
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


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let the `unmeasured` tests run without measuring, from their fixtures on: a thread that began measured would go on so."""
    if not item.get_closest_marker("unmeasured"):
        return (yield)
    stopped: list[Coverage] = []
    while (measuring := Coverage.current()) is not None:  # pytest-cov's, and below it the one that every process begins with
        measuring.stop()
        stopped.append(measuring)
    try:
        return (yield)
    finally:
        for coverage in reversed(stopped):
            coverage.start()
