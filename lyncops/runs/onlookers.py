"""Who watches every run of this process without being named: a notebook shows each run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from typing import Final

from lyncops.plan.model import Plan
from lyncops.runs.events import Observer

Onlooker = Callable[[Plan], AbstractContextManager[Observer]]
"""Gives an observer for the run of a plan, for as long as it lasts."""

_LOG: Final = logging.getLogger(__name__)
_ONLOOKERS: Final[dict[str, Onlooker]] = {}
_IS_WATCHED: Final = ContextVar("is_watched", default=True)


def watch_every_run(name: str, onlooker: Onlooker) -> None:
    """From now on it receives every run; it replaces one of the same name."""
    _ONLOOKERS[name] = onlooker


@contextmanager
def unwatched() -> Generator[None]:
    """Within, nobody receives a run who was not named: a drill plays hundreds."""
    token = _IS_WATCHED.set(False)
    try:
        yield
    finally:
        _IS_WATCHED.reset(token)


@contextmanager
def onlookers(plan: Plan, *own: Onlooker | None) -> Generator[tuple[Observer, ...]]:
    """The observers of all onlookers, and of a deployment's `own`. One that fails is logged; the
    run goes on without it.
    """
    stack = ExitStack()
    every = (*(_ONLOOKERS.values() if _IS_WATCHED.get() else ()), *filter(None, own))
    try:
        yield tuple(found for each in every if (found := _observer(stack, each, plan)))
    finally:
        try:
            stack.close()
        except Exception:  # noqa: BLE001 -- an observer never stops a run
            _LOG.exception("An observer failed at the end of a run; the run is not affected.")


def _observer(stack: ExitStack, onlooker: Onlooker, plan: Plan) -> Observer | None:
    try:
        return stack.enter_context(onlooker(plan))
    except Exception:  # noqa: BLE001 -- an observer never stops a run
        _LOG.exception("An observer failed at the start of a run; the run continues without it.")
        return None
