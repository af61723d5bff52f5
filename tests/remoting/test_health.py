"""What is known of the endpoints: pure, with a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from lyncops.errors import EndpointError
from lyncops.remoting.endpoint import Endpoint
from lyncops.remoting.health import Health

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ONE, TWO = (Endpoint.parse(f"https://fe{number}.contoso.com/wsman") for number in (1, 2))
OWN = Endpoint(url="https://edge1.contoso.com/wsman", dedicated=True)
ERROR = EndpointError("Nobody answers.")


@attrs.define
class Watch:
    """A clock that stands still."""

    time: datetime = START

    def now(self) -> datetime:
        return self.time

    def sleep(self, duration: timedelta) -> None:
        self.time += duration


def test_the_one_that_served_last_is_preferred() -> None:
    health = Health(Watch())
    assert health.preferred(()) is None
    health.serves(ONE)
    health.serves(OWN)
    assert health.preferred(()) == ONE, "an endpoint for one machine says nothing of the others"
    assert health.preferred({ONE}) is None
    assert (health.has_served(ONE), health.has_served(OWN)) == (True, True)
    assert not health.has_served(TWO)


def test_one_that_is_down_is_not_preferred_until_it_serves_again() -> None:
    watch = Watch()
    health = Health(watch)
    health.serves(ONE)
    health.is_down(ONE, ERROR)
    watch.sleep(31 * SECOND)
    assert health.resting() == set()
    assert health.preferred(()) is None
    health.serves(ONE)
    assert health.preferred(()) == ONE


def test_one_that_fell_silent_rests_for_half_a_minute() -> None:
    watch = Watch()
    health = Health(watch)
    health.serves(ONE)
    health.is_silent([ONE])
    watch.sleep(29 * SECOND)
    assert health.resting() == {ONE}
    assert health.preferred(()) is None
    watch.sleep(SECOND)
    assert health.resting() == set()
    assert health.preferred(()) == ONE


def test_one_that_is_down_rests_too() -> None:
    health = Health(Watch())
    health.is_down(ONE, ERROR)
    health.is_silent([TWO])
    assert health.resting() == {ONE, TWO}


def test_what_another_thread_found_out_meanwhile_is_not_found_out_again() -> None:
    watch = Watch()
    health = Health(watch)
    health.refuse_if_down(ONE, since=START)
    health.is_down(ONE, ERROR)
    health.refuse_if_down(ONE, since=START)  # that was known when this one began
    health.refuse_if_down(TWO, since=START - SECOND)
    with pytest.raises(EndpointError, match="Nobody answers"):
        health.refuse_if_down(ONE, since=START - SECOND)


def test_who_gave_up_is_as_impatient_for_half_a_minute() -> None:
    watch = Watch()
    health = Health(watch)
    assert not health.gave_up_lately
    health.serves(ONE)
    health.serves(TWO)
    health.is_down(ONE, ERROR)
    health.give_up()
    assert (health.has_served(ONE), health.has_served(TWO)) == (False, True)
    watch.sleep(29 * SECOND)
    assert health.gave_up_lately
    watch.sleep(SECOND)
    assert not health.gave_up_lately
