"""A run that goes on: what fits the window, what is known of one that is resumed or watched."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

import attrs
import pytest
from pytest_mock import MockerFixture
from rich.console import Console

from lyncops.cli.call import Call
from lyncops.cli.progress import LiveTable
from lyncops.cli.reading import Reading
from lyncops.plan.model import CmdletStep
from lyncops.plan.procedures import PoolFailover
from lyncops.remoting.at_work import asked_now, asking
from lyncops.remoting.psrp.streams import StreamKind
from lyncops.runs.journal import Journal
from lyncops.runs.lines import Line
from lyncops.runs.model import Attempt, Run, RunState, StepRecord, StepState
from lyncops.runs.watched import changes, follow
from lyncops.testing import InMemory, in_memory
from lyncops.views.live import LiveRun
from tests.cli.conftest import Invoke
from tests.cli.runs import ADDRESS, failover, run_of
from tests.deployments import NOW, P1

RUN = run_of(failover())


def settled(run: Run, count: int) -> Run:
    """The run with its first steps done and the next one going on."""

    def record(number: int, one: StepRecord) -> StepRecord:
        state = StepState.DONE if number < count else StepState.PENDING
        state = StepState.RUNNING if number == count else state
        begun = NOW if number <= count else None
        ended = NOW + timedelta(seconds=5) if number < count else None
        return StepRecord(step=one.step, state=state, started_at=begun, ended_at=ended)

    steps = tuple(record(number, one) for number, one in enumerate(run.steps))
    return attrs.evolve(run, state=RunState.RUNNING, steps=steps)


@pytest.mark.parametrize("height", [10, 14, 18, 24, 40])
@pytest.mark.parametrize("done", [0, 3, 6])
def test_the_live_view_fits_the_window_and_shows_what_goes_on(height: int, done: int) -> None:
    run = settled(RUN, done)
    console = Console(file=io.StringIO(), width=100, height=height, force_terminal=True)
    lines = console.render_lines(LiveTable(LiveRun.of(run), console).render(), console.options)
    assert len(lines) < height
    shown = "\n".join("".join(piece.text for piece in line).rstrip() for line in lines)
    assert run.steps[done].step.title.split()[0] in shown
    assert f"step {done + 1} of {len(run.steps)}" in shown


def test_what_does_not_fit_is_counted() -> None:
    run = settled(RUN, 4)
    tables = list(LiveRun.of(run).tables(NOW))
    assert len([row for row in tables[0].rows if len(row) > 1]) == len(run.steps)
    first, last = tables[-1].rows[0], tables[-1].rows[-1]
    assert first[:2] == ("1-4", "4 steps finished")
    assert "to come" in str(last[1])


def test_a_running_step_says_how_long_it_may_take() -> None:
    run = settled(RUN, 6)
    row = LiveRun.of(run).table(NOW + timedelta(seconds=90)).rows[6]
    assert str(row[3]).startswith("90 s of about ")


def test_a_resumed_run_shows_its_finished_steps_as_finished() -> None:
    live = LiveRun(RUN.plan)
    live.know(settled(RUN, 2))
    states = [live.state_of(step.step_id) for step in RUN.plan.steps[:3]]
    assert states == [StepState.DONE, StepState.DONE, StepState.PENDING]
    assert live.table(NOW).rows[0][3] == "5 s"


def test_the_line_of_what_is_asked_fits_and_names_the_slowest() -> None:
    with asking("slow.contoso.com"), asking("other.contoso.com"):
        assert [one.host for one in asked_now()] == ["slow.contoso.com", "other.contoso.com"]
        later = time.monotonic() + 5
        wide, narrow = Reading(200).words(later), Reading(70).words(later)
        assert "asks slow.contoso.com (5 s), other.contoso.com (5 s)" in wide
        assert "asks slow.contoso.com (5 s) and 1 more" in narrow
        assert len(narrow) <= 70
        assert Reading(20).words(later).startswith("Reading the servers, ")
    assert asked_now() == ()


@attrs.define
class Script:
    """A journal in which another process writes between two looks, and the clock of who looks."""

    runs: list[Run]
    slept: list[timedelta] = attrs.field(factory=list[timedelta])

    def load(self, run_id: str) -> Run:
        assert run_id == self.runs[0].run_id
        return self.runs[0]

    def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
        if len(self.runs) > 1:
            self.runs.pop(0)


def test_it_is_followed_until_it_is_over() -> None:
    first, second, end = settled(RUN, 0), settled(RUN, 1), RUN
    script = Script([first, first, second, end])
    every = timedelta(seconds=1)
    found = list(follow(cast("Journal", script), RUN.run_id, cast("object", script), every))  # type: ignore[arg-type]
    assert found == [first, second, end]
    assert script.slept == [every] * 3


def test_each_change_is_a_line() -> None:
    before, now = settled(RUN, 0), settled(RUN, 1)
    lines = list(changes(before, now))
    count = len(RUN.steps)
    assert lines[0].startswith(f"step 1/{count} {RUN.steps[0].step.step_id}: done")
    assert lines[1].startswith(f"step 2/{count} ")
    assert list(changes(now, now)) == []
    assert list(changes(None, now))[-1].startswith(f"run {RUN.run_id} is running")
    index = next(i for i, one in enumerate(now.steps) if isinstance(one.step, CmdletStep))
    attempt = Attempt(
        number=1,
        prepared_at=NOW,
        address=ADDRESS,
        lines=(Line(at=NOW, stream=StreamKind.VERBOSE, text="half way"),),
    )
    heard = attrs.evolve(now.steps[index], attempts=(attempt,))
    steps = (*now.steps[:index], heard, *now.steps[index + 1 :])
    assert [line.split(": ")[1] for line in changes(now, attrs.evolve(now, steps=steps))] == [
        "half way"
    ]


@pytest.fixture
def deployment(mocker: MockerFixture) -> Iterator[InMemory]:
    with in_memory() as made:
        mocker.patch("lyncops.connect", return_value=made.client)
        yield made


def test_watching_a_run_that_is_over_tells_its_end(invoke: Invoke, deployment: InMemory) -> None:
    client = deployment.client
    client.run(client.plan(PoolFailover(pool=P1, mode="planned")))
    answer = invoke("runs", "watch", "latest")
    assert answer.code == 0
    assert "is completed" in answer.out
    lines = invoke("--json", "runs", "watch", "latest").out.splitlines()
    assert len(lines) == 1
    assert '"state": "completed"' in lines[0]


@pytest.mark.parametrize(
    "words", [("status", "--watch"), ("runs", "watch", "latest"), ("backup-service", "watch")]
)
@pytest.mark.parametrize("every", ["0s", "10ms"])
@pytest.mark.usefixtures("deployment")
def test_no_time_between_two_readings_is_refused(
    invoke: Invoke, words: tuple[str, ...], every: str
) -> None:
    answer = invoke(*words, "--every", every)
    assert answer.code == 1
    assert "too short: at least 1s" in answer.err


@pytest.mark.usefixtures("deployment")
def test_status_is_watched_until_ctrl_c(invoke: Invoke, mocker: MockerFixture) -> None:
    naps = iter((None, KeyboardInterrupt))
    slept: list[float] = []

    def pause(_call: Call, span: timedelta) -> None:
        slept.append(span.total_seconds())
        if (wake := next(naps)) is not None:
            raise wake

    mocker.patch("lyncops.cli.call.Call.pause", pause)
    answer = invoke("status", "--watch", "--every", "2s")
    assert (answer.code, slept) == (0, [2.0, 2.0])
    assert answer.out.count("Every pool serves its own users") == 2
