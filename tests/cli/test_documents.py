"""Reports, runbooks and the hash chain on the command line, from a real journal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from pytest_mock import MockerFixture

from lyncops.plan.procedures import PoolFailover
from lyncops.runs.chain import chained
from lyncops.runs.exchange import StoredRun
from lyncops.runs.model import Run
from lyncops.testing import InMemory, in_memory
from tests.cli.conftest import Invoke
from tests.deployments import P1, P2
from tests.views.pages import Page

PLAN = ("plan", "pool-failover", P1, "--mode", "planned")


@pytest.fixture
def deployment(mocker: MockerFixture) -> Iterator[InMemory]:
    with in_memory() as made:
        mocker.patch("lyncops.connect", return_value=made.client)
        yield made


@pytest.fixture
def run(deployment: InMemory) -> Run:
    client = deployment.client
    return client.run(client.plan(PoolFailover(pool=P1, mode="planned")), reason="patching")


def test_a_report_is_one_page_in_a_file(invoke: Invoke, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    answer = invoke("runs", "report", "latest", "--format", "html", "--to", str(file))
    assert (answer.code, answer.out) == (0, "")
    page = Page(file.read_text(encoding="utf-8"))
    assert run.run_id in page.text
    assert "entries are as they were written" in page.text


@pytest.mark.parametrize(
    ("form", "begin"), [("html", "<!doctype html>"), ("markdown", "# "), ("json", "{")]
)
def test_a_report_goes_to_standard_output(invoke: Invoke, run: Run, form: str, begin: str) -> None:
    answer = invoke("runs", "report", run.run_id, "--format", form)
    assert answer.code == 0
    assert answer.out.startswith(begin)


def test_the_json_form_and_the_json_option_are_the_same(invoke: Invoke, run: Run) -> None:
    first = invoke("runs", "report", run.run_id, "--format", "json").out
    assert first == invoke("--json", "runs", "report", run.run_id).out
    data = json.loads(first)
    assert data["chain"]["state"] == "intact"
    assert data["topology"]["before"]["name"] == run.plan.deployment


def test_a_file_that_cannot_be_written_is_told(invoke: Invoke, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "none" / "report.html"
    answer = invoke("runs", "report", run.run_id, "--format", "html", "--to", str(file))
    assert answer.code == 1
    assert "cannot be written" in answer.err


@pytest.mark.usefixtures("run")
def test_verify_says_that_all_is_as_it_was_written(invoke: Invoke) -> None:
    answer = invoke("runs", "verify", "latest")
    assert answer.code == 0
    assert "entries are as they were written, in their order." in answer.out
    told = json.loads(invoke("--json", "runs", "verify", "latest").out)
    assert (told["state"], told["flaws"]) == ("intact", [])
    assert invoke("runs", "verify", "latest", "--kept", told["tip"]).code == 0
    assert invoke("runs", "verify", "latest", "--kept", "0" * 64).code == 3
    assert invoke("runs", "verify", "none").code == 1


def spoiled(stored: StoredRun) -> StoredRun:
    third = attrs.evolve(stored.events[2], at="2001-01-01T00:00:00.000000+00:00")
    return attrs.evolve(stored, events=(*stored.events[:2], third, *stored.events[3:]))


def unchained(stored: StoredRun) -> StoredRun:
    events = tuple(attrs.evolve(entry, previous_hash="", entry_hash="") for entry in stored.events)
    return attrs.evolve(stored, events=events, tip="", entries=0)


def chained_late(stored: StoredRun) -> StoredRun:
    """As a run that an older lyncops began and this one ended."""
    *first, last = stored.events
    *_, before = first
    old = unchained(stored).events[:-1]
    return attrs.evolve(
        stored, events=(*old, chained(stored.run_id, last, before.entry_hash)), tip=stored.tip
    )


@pytest.mark.parametrize(
    "found",
    [
        (spoiled, 3, ") was changed."),
        (unchained, 4, "Not chained"),
        (chained_late, 7, "which wrote no hashes"),
    ],
)
def test_the_exit_code_of_verify_tells_what_was_found(
    invoke: Invoke,
    deployment: InMemory,
    run: Run,
    mocker: MockerFixture,
    found: tuple[Callable[[StoredRun], StoredRun], int, str],
) -> None:
    change, code, told = found
    journal = deployment.client.connection.journal
    altered = change(journal.stored(run.run_id))
    mocker.patch.object(type(journal), "stored", return_value=altered)
    answer = invoke("runs", "verify", run.run_id)
    assert answer.code == code
    assert told in " ".join(answer.out.split())


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("markdown", "```powershell\nInvoke-CsPoolFailOver"),
        ("html", "<!doctype html>"),
        ("ps1", "Confirm-Here -Question 'Send it?' -Word 'send 1'"),
        ("json", '"content_id"'),
        ("text", "== Plan "),
    ],
)
@pytest.mark.usefixtures("deployment")
def test_a_plan_is_written_as_a_runbook(
    invoke: Invoke, tmp_path: Path, form: str, told: str
) -> None:
    answer = invoke(*PLAN, "--format", form)
    assert answer.code == 0
    assert told in answer.out
    file = tmp_path / "plan"
    assert invoke(*PLAN, "--format", form, "--to", str(file)).code == 0
    assert told in file.read_text(encoding="utf-8")


@pytest.mark.usefixtures("deployment")
def test_where_a_procedure_has_to_itself_the_file_is_to_file(
    invoke: Invoke, tmp_path: Path
) -> None:
    """`--to` is the other pool of a store's failover; every procedure takes `--to-file`."""
    file = tmp_path / "plan"
    store = ("plan", "management-store-failover", P1, "--mode", "planned", "--to", P2)
    for words in (store, PLAN):
        assert invoke(*words, "--format", "markdown", "--to-file", str(file)).code == 0
        assert "# Runbook" in file.read_text(encoding="utf-8")
        file.unlink()


@pytest.mark.usefixtures("deployment")
def test_a_refused_plan_is_no_runbook(invoke: Invoke) -> None:
    words = ("plan", "pool-failover", P1, "--mode", "disaster", "--accept-data-loss")
    answer = invoke(*words, "--format", "ps1")
    assert answer.code == 2
    assert answer.out == ""
    assert "No runbook was written" in answer.err
