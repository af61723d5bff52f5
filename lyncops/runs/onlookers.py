"""Who watches every run of this process without being named: a notebook shows each run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Final

from lyncops.plan.model import Plan
from lyncops.runs.events import Observer

Onlooker = Callable[[Plan], AbstractContextManager[Observer]]
"""Gives an observer for the run of a plan, for as long as it lasts."""

_LOG: Final = logging.getLogger(__name__)
_ONLOOKERS: Final[dict[str, Onlooker]] = {}


def watch_every_run(name: str, onlooker: Onlooker) -> None:
    """From now on it is told of every run; one that was known by the same name is not any more."""
    _ONLOOKERS[name] = onlooker


@contextmanager
def onlookers(plan: Plan) -> Generator[tuple[Observer, ...]]:
    """The observers of all onlookers. One that fails is logged; the run goes on without it."""
    stack = ExitStack()
    try:
        yield tuple(
            found for each in _ONLOOKERS.values() if (found := _observer(stack, each, plan))
        )
    finally:
        try:
            stack.close()
        except Exception:  # noqa: BLE001 -- whoever looks on never stops a run
            _LOG.exception("An onlooker failed at the end of a run; nothing comes of it.")


def _observer(stack: ExitStack, onlooker: Onlooker, plan: Plan) -> Observer | None:
    try:
        return stack.enter_context(onlooker(plan))
    except Exception:  # noqa: BLE001 -- whoever looks on never stops a run
        _LOG.exception("An onlooker failed at the beginning of a run, which goes on without it.")
        return None
