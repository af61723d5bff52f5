"""What a person sees who types an expression at Python's prompt: one line, and what matters."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

import lyncops
from lyncops.cmdlets import GetCsPool, GetCsUser
from lyncops.testing import InMemory, in_memory
from lyncops.text.brief import brief, first_of

P1, P2 = "pool1.contoso.com", "pool2.contoso.com"


@pytest.fixture
def deployment() -> Iterator[InMemory]:
    with in_memory() as made:
        yield made


def test_a_reading_is_a_line_or_a_picture(deployment: InMemory) -> None:
    deployment.crash(P1)
    found = deployment.client.status()
    read = f"{found.read_at:%Y-%m-%d %H:%M:%S} UTC"
    assert repr(found) == (f"<Deployment two-sites: {P1} Active, {P2} Active, read {read}>")
    head, *lines = str(found).split("\n")
    assert head == f"two-sites: Lync Server 2013, read {read} through model://fe4.contoso.com"
    assert (
        f"  <Pool {P1}: Enterprise, Active, 0 of 3 machines up, 3 not known, backup pool {P2}>"
        in lines
    )
    assert "  <EdgePool edge1.contoso.com: next hop pool1.contoso.com>" in lines
    assert any(line.startswith("  <CentralManagement active on") for line in lines)
    assert str(found.unread[0]) in str(found)
    dead = found.pool(lyncops.Fqdn(P1))
    assert dead is not None
    assert repr(dead.machines[0]) == "<Machine fe1.contoso.com: not known>"
    alive = found.pool(lyncops.Fqdn(P2))
    assert alive is not None
    assert repr(alive.machines[0]) == "<Machine fe4.contoso.com: up>"


def test_what_was_not_read_never_looks_empty(deployment: InMemory) -> None:
    found = deployment.client.status()
    silent = lyncops.Unread("the pools", "nobody answers")
    assert ": pools not read, read" in repr(attrs.evolve(found, pools=silent))
    assert "the pools could not be read: nobody answers" in str(attrs.evolve(found, pools=silent))
    assert ": no Front End pool, read" in repr(attrs.evolve(found, pools=()))
    unread = attrs.evolve(found.front_end_pools[0], state=silent)
    assert "Enterprise, state not read, 3 of 3 machines up" in repr(unread)
    assert f"{P1} not read, {P2} Active" in repr(found.with_pool(unread))
    store = attrs.evolve(found.central_management, copies=silent, replicas=silent)
    assert repr(store) == "<CentralManagement not read, replicas not read>"


def test_a_plan_says_what_it_is_or_what_refuses_it(deployment: InMemory) -> None:
    plan = deployment.client.plan(lyncops.PoolFailover(pool=P1, mode="planned"))
    assert repr(plan).startswith(f"<Plan pool-failover of {P1} (planned): 7 steps, about ")
    assert repr(plan.steps[-1]).startswith("<CmdletStep pool-failover: Invoke-CsPoolFailOver")
    refused = deployment.client.plan(lyncops.PoolFailback(pool=P1, mode="planned"))
    (first, *_) = refused.refusals
    assert f"refused by {first.check_id}" in repr(refused)
    assert repr(first).startswith(f"<CheckResult {first.check_id} failed: ")


def test_a_run_and_its_report_say_how_it_ended(deployment: InMemory) -> None:
    client = deployment.client
    run = client.run(client.plan(lyncops.PoolFailover(pool=P1, mode="planned")))
    title = f"pool-failover of {P1} (planned)"
    assert repr(run) == f"<Run {run.run_id}: {title}, completed The goal is reached.>"
    assert repr(run.steps[-1]) == "<StepRecord pool-failover: done>"
    assert repr(run.steps[-1].attempts[0]) == "<Attempt 1: succeeded>"
    assert repr(client.report(run.run_id)) == f"<Report {run.run_id}: {title}: completed>"
    (summary,) = client.runs()
    assert repr(summary) == f"<RunSummary {run.run_id}: pool-failover {P1} planned, completed>"


def test_looks_say_their_verdict(deployment: InMemory) -> None:
    client = deployment.client
    assert repr(client) == "<Client of two-sites>"
    readiness = client.readiness()
    assert repr(readiness) == f"<Readiness of two-sites: ready; {P1} ready, {P2} ready>"
    assert repr(readiness.pools[0].modes[0]) == "<ModeReadiness planned: ready>"
    service = client.backup_service()
    assert repr(service).startswith(f"<BackupServiceReport steady: {P1} to {P2} steady, {P2} to")
    diagnosis = client.doctor()
    assert repr(diagnosis).startswith(f"<Diagnosis of two-sites: {diagnosis.verdict}; ")


def test_an_execution_that_failed_says_so(deployment: InMemory) -> None:
    client = deployment.client
    assert repr(client.run_cmdlet(GetCsPool())).startswith("<Execution Get-CsPool SUCCEEDED at ")
    failed = repr(client.run_cmdlet(GetCsUser(filter="nonsense")))
    assert failed.startswith("<Execution Get-CsUser FAILED at model://fe1.contoso.com: ")
    assert "nonsense" in failed


def test_nothing_fills_a_screen(deployment: InMemory) -> None:
    client = deployment.client
    plan = client.plan(lyncops.PoolFailover(pool=P1, mode="planned"))
    values = [client.status(), plan, client.run(plan), client.readiness(), client.doctor()]
    assert [value for value in map(repr, values) if len(value) > 300] == []


def test_what_servers_say_has_no_power_over_the_prompt() -> None:
    assert brief(object(), "a\x1b[2Jb\nc") == "<object ab c>"
    assert brief(object(), "x" * 1000) == f"<object {'x' * 240}...>"


def test_many_are_counted() -> None:
    assert first_of(range(5)) == "0, 1, 2, 3, 4"
    assert first_of(range(9)) == "0, 1, 2, 3 and 5 more"
    assert first_of(()) == ""
