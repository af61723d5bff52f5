"""What logs and traces say of a run: each record and each span knows which part it comes from."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

import lyncops
from lyncops.lab.lab import Lab
from lyncops.remoting import parts
from lyncops.testing import InMemory, in_memory

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

pytest_plugins = ["lyncops.testing.plugin"] if "lyncops.testing.plugin" not in sys.modules else []

P1 = "pool1.contoso.com"
FAILOVER = lyncops.PoolFailover(pool=P1, mode="planned")


class Complaining:
    """An observer that always fails."""

    def observe(self, event: lyncops.Event) -> None:
        raise OSError(f"no room left for {type(event).__name__}")


def extras(record: logging.LogRecord) -> tuple[str, str, str, str]:
    run_id, step_id, cmdlet, endpoint = (str(vars(record)[name]) for name in parts.EXTRAS)
    return run_id, step_id, cmdlet, endpoint


@pytest.fixture
def deployment() -> Iterator[InMemory]:
    with in_memory() as made:
        yield made


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, logger="lyncops")
    return caplog


def test_the_events_of_a_run_are_logged_with_what_they_belong_to(
    deployment: InMemory, log: pytest.LogCaptureFixture
) -> None:
    client = deployment.client
    run = client.run(client.plan(FAILOVER))
    events = [
        one for one in log.records if one.name == parts.EVENTS and one.levelno >= logging.INFO
    ]
    assert {extras(one)[0] for one in events} == {run.run_id}
    sent = next(one for one in events if "sending Invoke-CsPoolFailOver" in one.getMessage())
    server = "model://fe4.contoso.com"
    assert extras(sent) == (run.run_id, "pool-failover", "Invoke-CsPoolFailOver", server)
    assert vars(sent)["event"] == "AttemptPrepared"
    assert events[-1].getMessage() == f"run {run.run_id}: completed The goal is reached."
    assert {one.levelno for one in events} == {logging.INFO}


def test_what_went_wrong_is_a_warning(deployment: InMemory, log: pytest.LogCaptureFixture) -> None:
    deployment.world.faults.denied = frozenset({"Invoke-CsPoolFailOver"})
    client = deployment.client
    run = client.run(client.plan(FAILOVER))
    assert run.state == "paused_by_failed_step"
    warnings = [one for one in log.records if one.levelno == logging.WARNING]
    assert {vars(one)["event"] for one in warnings} == {"AttemptEnded", "StepChanged", "RunChanged"}


def test_every_observer_is_told_and_one_that_fails_stops_nobody(
    deployment: InMemory, log: pytest.LogCaptureFixture
) -> None:
    class Counting:
        def __init__(self) -> None:
            self.told = Counter[str]()

        def observe(self, event: lyncops.Event) -> None:
            self.told[type(event).__name__] += 1

    before, after = Counting(), Counting()
    client = deployment.client
    run = client.run(client.plan(FAILOVER), observers=[before, Complaining(), after])
    assert run.state == "completed"
    assert before.told == after.told
    assert before.told["StepChanged"] == 2 * len(run.steps)
    complaints = [one for one in log.records if one.levelno == logging.ERROR]
    assert len(complaints) == before.told.total()
    assert {extras(one)[0] for one in complaints} == {run.run_id}


def test_on_the_wire_records_know_cmdlet_and_endpoint(
    lyncops_client: lyncops.Client, log: pytest.LogCaptureFixture
) -> None:
    lyncops_client.status()
    ended = [one for one in log.records if "succeeded after" in one.getMessage()]
    told = {extras(one) for one in ended}
    endpoint = "http://fe1.contoso.com:5985/wsman"
    assert ("", "", "Get-CsPool", endpoint) in told
    assert ("", "", "Get-CsWindowsService", "http://edge1a.contoso.com:5985/wsman") in told
    logon = next(one for one in log.records if "logged on with" in one.getMessage())
    assert extras(logon)[3] == logon.getMessage().partition(": ")[0]


def test_nothing_is_shown_unless_logging_is_configured() -> None:
    program = "from lyncops.remoting.parts import logger; logger('lyncops.remoting').warning('x')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""


# Spans.


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Where OpenTelemetry's SDK puts the spans of this test."""
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    made = provider.get_tracer("lyncops")
    monkeypatch.setattr(parts, "tracer", lambda: made)
    yield kept
    provider.shutdown()


def paths(spans: Sequence[ReadableSpan]) -> Counter[str]:
    """The names of each span and of all around it."""
    by_id = {span.context.span_id: span for span in spans if span.context}

    def path(span: ReadableSpan) -> str:
        above = by_id.get(span.parent.span_id) if span.parent else None
        return f"{path(above)} > {span.name}" if above else span.name

    return Counter(map(path, spans))


def attributes(spans: Sequence[ReadableSpan], name: str) -> dict[str, object]:
    return next(dict(span.attributes or {}) for span in spans if span.name == name)


def test_a_run_is_a_trace_of_steps_cmdlets_and_requests(
    lyncops_client: lyncops.Client, lyncops_lab: Lab, spans: InMemorySpanExporter
) -> None:
    plan = lyncops_client.plan(FAILOVER)
    spans.clear()
    run = lyncops_client.run(plan)
    lyncops_client.close()
    assert lyncops_lab.executions("Invoke-CsPoolFailOver") == 1
    found = spans.get_finished_spans()
    seen = paths(found)
    step = "run pool-failover > step pool-failover"
    assert seen["run pool-failover"] == seen[step] == 1
    assert seen[f"{step} > Invoke-CsPoolFailOver"] == 1
    assert seen[f"{step} > Invoke-CsPoolFailOver > POST"] >= 2
    assert seen[f"{step} > Get-CsRegistrarConfiguration > POST"] >= 1  # read by other threads
    assert "POST" not in seen  # sessions are closed without a trace of their own
    cmdlet = attributes(found, "Invoke-CsPoolFailOver")
    assert cmdlet["lyncops.endpoint"] == "http://fe4.contoso.com:5985/wsman"
    assert cmdlet["lyncops.outcome"] == "succeeded"
    whole = attributes(found, "run pool-failover")
    assert (whole["lyncops.run_id"], whole["lyncops.state"]) == (run.run_id, "completed")
    request = attributes(found, "POST")
    assert request["http.request.method"] == "POST"
    assert request["server.address"] == "fe4.contoso.com"


def test_a_span_says_what_failed(deployment: InMemory, spans: InMemorySpanExporter) -> None:
    deployment.world.faults.denied = frozenset({"Invoke-CsPoolFailOver"})
    client = deployment.client
    client.run(client.plan(FAILOVER))
    bad = {one.name for one in spans.get_finished_spans() if not one.status.is_ok}
    assert bad == {"run pool-failover", "step pool-failover"}


def test_an_error_marks_the_span_without_a_stack(spans: InMemorySpanExporter) -> None:
    with pytest.raises(KeyError), parts.part("run x", run_id="1"):
        raise KeyError("secret")
    (span,) = spans.get_finished_spans()
    assert not span.status.is_ok
    assert dict(span.attributes or {}) == {"lyncops.run_id": "1", "error.type": "KeyError"}
    assert not span.events


def test_without_opentelemetry_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    parts.tracer.cache_clear()
    try:
        with parts.part("run x", run_id="1") as going_on:
            going_on.know(endpoint="http://fe1")
            going_on.fail("of no consequence")
        assert parts.tracer() is None
    finally:
        parts.tracer.cache_clear()
