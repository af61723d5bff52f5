from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from lyncops.jupyter.live import Handle, live
from lyncops.plan.model import Plan
from lyncops.plan.procedures import PoolFailover
from lyncops.remoting.psrp.streams import StreamKind, StreamRecord
from lyncops.runs.events import Streamed
from lyncops.runs.model import RunState
from lyncops.runs.onlookers import watch_every_run
from lyncops.testing import InMemory, Lab, in_memory
from lyncops.views.live import LiveRun
from tests.deployments import P1
from tests.jupyter.notebooks import execute, of_cells
from tests.views.pages import Page


@attrs.define
class Cell:
    """What a cell shows, drawing after drawing."""

    drawn: list[dict[str, str]] = attrs.field(factory=list[dict[str, str]])
    fails: bool = False

    def display(self, shown: dict[str, str]) -> Handle:
        self.update(shown, raw=True)
        return self

    def update(self, obj: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.drawn.append(obj)
        if self.fails:
            raise OSError("the browser is gone")


@pytest.fixture
def deployment() -> Iterator[InMemory]:
    with in_memory() as made:
        made.crash(P1)
        made.wait(timedelta(minutes=10))
        yield made


@pytest.fixture
def plan(deployment: InMemory) -> Plan:
    return deployment.client.plan(PoolFailover(pool=P1, mode="disaster", accept_data_loss=True))


def test_a_run_is_shown_in_its_cell_and_folded_when_it_is_over(
    deployment: InMemory, plan: Plan
) -> None:
    cell = Cell()
    with live(plan, cell.display) as observer:
        run = deployment.client.run(plan, observers=[observer])
    first, last = cell.drawn[0], cell.drawn[-1]
    assert plan.steps[0].title in Page(first["text/html"]).text
    page = Page(last["text/html"])
    assert page.text.startswith(f"run {run.run_id} is completed (The goal is reached.)")
    assert "details" in page.tags
    assert "done" in last["text/plain"]


def test_a_cell_that_cannot_be_drawn_never_stops_the_run(deployment: InMemory, plan: Plan) -> None:
    cell = Cell(fails=True)
    with live(plan, cell.display) as observer:
        run = deployment.client.run(plan, observers=[observer])
    assert run.state is RunState.COMPLETED
    assert len(cell.drawn) <= 2
    assert not [each for each in threading.enumerate() if each.name == "lyncops-live"]


def test_an_onlooker_is_told_of_runs_and_one_that_fails_stops_none(
    deployment: InMemory, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lyncops.runs.onlookers._ONLOOKERS", {})
    cell = Cell()

    def broken(_: Plan) -> object:
        raise RuntimeError("no screen")

    watch_every_run("broken", broken)  # type: ignore[arg-type]
    watch_every_run("cell", lambda plan: live(plan, cell.display))
    assert deployment.client.run(plan).state is RunState.COMPLETED
    assert "is completed" in cell.drawn[-1]["text/plain"]


def test_the_time_that_is_left_gets_less_and_is_never_less_than_nothing(plan: Plan) -> None:
    begin = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
    seen = LiveRun(plan, began_at=begin)
    assert seen.remaining(begin) == plan.estimate
    assert "left" in seen.headline(begin)
    assert seen.remaining(begin + timedelta(days=1)) == plan.estimate  # no step has begun


def test_the_last_line_of_a_running_cmdlet_is_shown(deployment: InMemory, plan: Plan) -> None:
    seen = LiveRun(plan)

    @attrs.define
    class Looking:
        lines: list[str] = attrs.field(factory=list[str])

        def observe(self, event: object) -> None:
            seen.observe(event)  # type: ignore[arg-type]
            if isinstance(event, Streamed) and event.record.kind is StreamKind.VERBOSE:
                self.lines.append(event.record.text)
                table = seen.table(datetime.now(UTC))
                assert any(event.record.text in str(row) for row in table.rows)

    looking = Looking()
    deployment.client.run(plan, observers=[looking])
    assert looking.lines
    assert isinstance(StreamRecord, type)


@pytest.mark.slow
def test_the_stop_button_interrupts_a_run_which_goes_on_later(desk: Path, lab: Lab) -> None:
    lab.delay(timedelta(seconds=0.5))
    stopped = execute(
        of_cells(
            "import lyncops, os, signal, threading\nclient = lyncops.connect('lyncops.toml')",
            "plan = client.plan(lyncops.PoolFailover(pool='pool1.contoso.com', mode='planned'))",
            # What the stop button does: the server sends SIGINT to the kernel.
            "class Stop:\n"
            "    def observe(self, event):\n"
            "        if type(event).__name__ == 'AttemptPrepared':\n"
            "            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
            "run = client.run(plan, observers=[Stop()])\n"
            "run",
            "print(run.state.value)",
            "done = client.resume(run.run_id)\nprint(done.state.value)\nclient.close()",
        ),
        desk,
    )
    said = [
        output["text"]
        for cell in stopped.cells
        for output in cell.outputs
        if output["output_type"] == "stream" and output["name"] == "stdout"
    ]
    assert said == ["unknown\n", "completed\n"], said
    assert any("Interrupted by the operator" in text for text in stopped.forms("text/plain"))
    assert all(number == 1 for number in lab.world.executions.values()), lab.world.executions
