"""One thread cuts the connections of all answers that take too long."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from lyncops.remoting.answers import Patience
from lyncops.remoting.line import Line

LONG = 30


class Cuttable(Line):
    """A connection that tells when it is cut."""

    def __init__(self) -> None:
        super().__init__()
        self.is_cut = threading.Event()

    def cut(self) -> None:
        self.is_cut.set()


def watchers() -> int:
    return sum(thread.name == "lyncops-patience" for thread in threading.enumerate())


@pytest.mark.parametrize("others", [0, 3])
def test_an_answer_that_takes_too_long_is_cut_and_others_are_not(others: int) -> None:
    patient = [(Cuttable(), 1000.0 + n) for n in range(others)]
    entered = [Patience(line, seconds).__enter__() for line, seconds in patient]
    slow = Cuttable()
    with Patience(slow, 0.05) as patience:
        assert slow.is_cut.wait(LONG)
    assert patience.ran_out
    for one in entered:
        one.__exit__(None, None, None)
        assert not one.ran_out
    assert not any(line.is_cut.is_set() for line, _ in patient)


def test_what_has_come_buys_time() -> None:
    line, other = Cuttable(), Cuttable()
    with Patience(line, 1) as patience:  # the time in which it must count, on a busy machine too
        assert list(patience.count([b"x" * 4096 * 1000])) != []
        with Patience(other, 1.1):
            assert other.is_cut.wait(LONG)
        assert not patience.ran_out
    assert not line.is_cut.is_set()


def test_an_answer_that_is_there_is_not_cut_any_more() -> None:
    early, late = Cuttable(), Cuttable()
    with Patience(early, 0.2):
        pass
    with Patience(late, 0.4):
        assert late.is_cut.wait(LONG)
    assert not early.is_cut.is_set()


def test_one_thread_watches_all() -> None:
    def nested(depth: int, check: Callable[[], None]) -> None:
        with Patience(Cuttable(), 1000.0):
            nested(depth - 1, check) if depth else check()

    def check() -> None:
        assert watchers() == 1

    nested(20, check)
