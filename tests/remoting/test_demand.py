"""When another lane into a session pays: pure, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

from lyncops.remoting.demand import Pace, Queue

MOST = 8


@attrs.define
class Watch:
    """A clock in seconds."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@attrs.define
class Endpoint:
    """An endpoint that takes so long over everything."""

    opening: float
    reading: float
    watch: Watch = attrs.field(factory=Watch)
    pace: Pace = attrs.field(init=False)
    lanes: int = 1

    def __attrs_post_init__(self) -> None:
        self.pace = Pace(now=self.watch)
        self.pace.begin("first")
        self.watch.now += self.opening
        self.pace.opened()
        self._end("first", self.reading * 3)  # whatever is loaded by need
        self.read()

    def _end(self, lane: str, after: float) -> None:
        self.watch.now += after
        self.pace.end(lane)

    def read(self) -> None:
        """One READ over the first lane."""
        self.pace.begin("first")
        self._end("first", self.reading)

    def another(self, price: float) -> None:
        """One lane more, and its first READ."""
        self.lanes += 1
        self.pace.begin("another", is_first=True)
        self._end("another", price + self.reading)

    def opens(self, waiting: int) -> Iterator[int]:
        """The lanes that are opened at once, before one of them is there."""
        while self.lanes < MOST and self.pace.pays(waiting, self.lanes):
            self.lanes += 1
            waiting -= 1
            yield self.lanes


def test_what_is_not_known_yet_opens_nothing() -> None:
    assert not Pace().pays(1_000, 1)


def test_times_are_told_apart() -> None:
    here = Endpoint(opening=2.0, reading=0.05)
    here.another(price=0.3)
    assert (here.pace.opening, here.pace.reading, here.pace.lane) == pytest.approx((2.0, 0.05, 0.3))


def test_what_is_known_moves_by_a_third_or_so_towards_what_comes_next() -> None:
    here = Endpoint(opening=2.0, reading=0.1)
    here.reading = 0.2
    here.read()
    assert here.pace.reading == pytest.approx(0.13)
    here.another(price=0.4)
    here.another(price=0.6)
    assert here.pace.lane == pytest.approx(0.7 * (0.4 + 0.07) + 0.3 * (0.6 + 0.07))


def test_only_the_first_session_tells_what_opening_takes() -> None:
    here = Endpoint(opening=2.0, reading=0.1)
    here.pace.begin("first")
    here.watch.now += 9.0
    here.pace.opened()
    assert here.pace.opening == 2.0
    here.pace.end("first")
    here.pace.end("nobody")
    assert here.pace.reading == pytest.approx(0.7 * 0.1 + 0.3 * 9.0)


def test_a_session_that_opens_for_nobody_tells_nothing() -> None:
    pace = Pace(now=Watch())
    pace.opened()
    assert pace.opening == 0.0


def test_a_lane_that_was_quick_costs_nothing_less() -> None:
    here = Endpoint(opening=2.0, reading=0.5)
    assert not here.pace.pays(1, 1)
    here.another(price=-0.4)
    assert here.pace.lane == 0.0
    assert here.pace.pays(1, 1), "it is known to cost nothing"


def test_many_that_wait_open_all_lanes_at_once() -> None:
    assert list(Endpoint(opening=1.1, reading=0.05).opens(600))[-1] == MOST
    assert list(Endpoint(opening=1.2, reading=0.27).opens(36))[-1] == MOST, "over a long way"


def test_few_that_are_quick_open_none() -> None:
    assert not list(Endpoint(opening=0.8, reading=0.015).opens(31)), (
        "an import would keep the server busier than they do"
    )


def test_a_dear_session_has_dear_lanes() -> None:
    assert not list(Endpoint(opening=20.0, reading=0.1).opens(50))


def test_a_reading_that_is_under_way_for_long_speaks_for_another_lane() -> None:
    here = Endpoint(opening=1.0, reading=0.01)
    here.pace.begin("first")
    here.watch.now += 0.2
    assert not here.pace.pays(7, 1)
    here.watch.now += 0.2
    assert here.pace.pays(7, 1)


def test_a_lane_that_is_being_opened_is_no_slow_reading() -> None:
    here = Endpoint(opening=1.0, reading=0.01)
    here.pace.begin("another", is_first=True)
    here.watch.now += 5.0
    assert not here.pace.pays(7, 2)


@pytest.mark.parametrize(("price", "pays"), [(0.15, True), (0.5, False)])
def test_what_the_first_further_lane_took_decides_about_the_next(
    price: float, *, pays: bool
) -> None:
    here = Endpoint(opening=1.1, reading=0.05)
    assert not here.pace.pays(20, here.lanes + 1)
    here.another(price)
    assert here.pace.pays(20, here.lanes) is pays


def test_a_queue_counts_those_that_have_not_ended() -> None:
    queue = Queue()
    queue.enter()
    queue.enter()
    queue.leave()
    assert queue.length == 1
