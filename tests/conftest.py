from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import cast

import pytest
from hypothesis import settings

from tests.measuring import unmeasured
from tests.needs import POSTGRES, not_run
from tests.postgres import Postgres, is_missing

LONGEST = 1800
"""How long a test may take with --all, in seconds."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all",
        action="store_true",
        help="the slow tests too, and hypothesis with many more examples",
    )
    parser.addoption(
        "--explore",
        action="store_true",
        help="hypothesis invents other examples each time, in place of the same ones",
    )
    parser.addoption(
        "--exhaustive",
        action="store_true",
        help="with --all: enumerations to their end, which takes hours",
    )


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts what runs in the background with Ctrl-C ignored, and its children inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Of an environment from which they were begun: IPython would warn of it
    os.environ.pop("VIRTUAL_ENV", None)
    everything = bool(config.getoption("--all"))
    settings.register_profile(
        "lyncops",
        deadline=timedelta(seconds=60) if everything else None,
        max_examples=100 if everything else 35,
        # The same code passes or fails each time; who looks for new examples asks for them
        derandomize=not config.getoption("--explore"),
    )
    settings.load_profile("lyncops")
    if everything:
        config.option.timeout = LONGEST


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # The longest begin first: no process waits for another in the end
    items.sort(key=lambda item: "stateful" not in item.nodeid)
    if config.getoption("--all"):
        for item in items:  # what hangs is found later, and a slow machine is no reason to fail
            own = item.get_closest_marker("timeout")
            if own is not None and own.args and own.args[0] < LONGEST:
                item.add_marker(pytest.mark.timeout(LONGEST), append=False)
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = cast("list[pytest.TestReport]", terminalreporter.stats.get("skipped", []))
    for line in not_run([str(report.longrepr) for report in skipped]):
        terminalreporter.write_line(line)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """The `unmeasured` and the slow tests measure nothing, from their fixtures on. What is slow
    goes again where others have been.
    """
    if not any(item.get_closest_marker(name) for name in ("unmeasured", "slow")):
        return (yield)
    with unmeasured():
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def no_power_cuts() -> Iterator[None]:
    """These tests kill processes, not computers: the disk need not be waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "lyncops.runs.database.PRAGMAS",
            ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=ON"),
        )
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server of this test process."""
    if is_missing():
        POSTGRES.missing()
    server = Postgres.create()
    yield server
    server.remove()
