from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import NamedTuple

import attrs
import pytest

from lyncops.doctor.judging import diagnose
from lyncops.plan.procedures import PoolFailback, PoolFailover
from lyncops.testing import InMemory, in_memory
from tests.deployments import P1, P2, two_sites, with_dead
from tests.doctor.test_judging import GOOD, examination
from tests.jupyter.conftest import Show
from tests.views.pages import Page

RESCUE = PoolFailover(pool=P1, mode="disaster", accept_data_loss=True)


@pytest.fixture(scope="module")
def deployment() -> object:
    with in_memory() as made:
        made.crash(P1)
        made.wait(timedelta(minutes=10))
        yield made


class Pair(NamedTuple):
    left: int
    right: int


def page(show: Show, value: object) -> Page:
    forms = show(value)
    assert forms["text/plain"].isascii() or forms["text/plain"]
    return Page(forms["text/html"])


def test_a_deployment_shows_what_deserves_attention_the_picture_and_the_tables(show: Show) -> None:
    found = page(show, with_dead(two_sites(), P1))
    assert "svg" in found.tags
    assert f"No machine of {P1} answers" in found.text
    assert "Central Management store" in found.text


def test_a_plan_shows_its_checks_its_powershell_its_loss_and_what_undoes_each_step(
    show: Show, deployment: InMemory
) -> None:
    plan = deployment.client.plan(RESCUE)
    found = page(show, plan)
    assert "Possible now" in found.text
    assert "Invoke-CsPoolFailOver" in found.text
    assert "Undone by:" in found.text
    assert plan.expected_loss in found.text
    assert found.tags.count("details") > len(plan.steps)
    assert "Invoke-CsPoolFailOver" in show(plan)["text/plain"]


def test_a_refused_plan_unfolds_what_to_do(show: Show, deployment: InMemory) -> None:
    plan = deployment.client.plan(PoolFailback(pool=P1, mode="planned"))
    html = show(plan)["text/html"]
    found = Page(html)
    assert plan.refusals
    for check in plan.refusals:
        assert check.remedy in found.text
    assert html.count("<details open>") == len(plan.refusals)


def test_checks_show_themselves_one_by_one_and_together(show: Show, deployment: InMemory) -> None:
    checks = deployment.client.check(P1)
    together = page(show, checks)
    for check in checks:
        assert check.check_id in together.text
        assert check.question in together.text
    assert checks[0].question in page(show, checks[0]).text


def test_readiness_shows_each_pool_and_each_site(show: Show, deployment: InMemory) -> None:
    found = page(show, deployment.client.readiness())
    for words in (P1, P2, "If a whole site is lost", "Site1", "not ready"):
        assert words in found.text


def test_a_run_its_report_its_line_and_a_rehearsal_show_themselves(show: Show) -> None:
    with in_memory() as made:
        plan = made.client.plan(PoolFailover(pool=P1, mode="planned"))
        rehearsed = page(show, made.client.rehearse(plan))
        run = made.client.run(plan)
        report, line = made.client.report(run.run_id), made.client.runs()
        service = made.client.backup_service(P2)
    assert "with -WhatIf" in rehearsed.text
    assert run.run_id in page(show, run).text
    shown = page(show, report)
    assert "svg" in shown.tags
    assert "The goal is reached" in shown.text
    for runs in (line, line[0]):
        assert run.run_id in page(show, runs).text
    assert "ConfServices.DataConf" in page(show, service).text


def test_a_diagnosis_shows_itself(show: Show) -> None:
    found = page(show, diagnose(examination(GOOD)))
    assert "fe1" in found.text


def test_other_tuples_are_left_to_ipython(show: Show) -> None:
    assert show((1, 2)) == {"text/plain": "(1, 2)"}
    assert show(()) == {"text/plain": "()"}
    assert show(("a", 1)) == {"text/plain": "('a', 1)"}
    assert show(Pair(1, 2)) == {"text/plain": "Pair(left=1, right=2)"}


def test_a_tuple_that_shows_itself_goes_on_doing_so(show: Show) -> None:
    class Own(tuple[int, ...]):
        __slots__ = ()

        def _repr_mimebundle_(self) -> dict[str, str]:
            return {"text/html": "<b>mine</b>"}

    assert show(Own((1,)))["text/html"] == "<b>mine</b>"


def test_what_servers_said_has_no_power_over_the_page(show: Show, deployment: InMemory) -> None:
    check = attrs.evolve(
        deployment.client.check(P1)[0],
        evidence='<img src=x onerror="alert(1)">\x1b]0;title\x07\u202e',
        remedy="</td></table><script>alert(1)</script>",
        first=('lyncops run "&amp;"',),
    )
    forms = show((check,))
    found = Page(forms["text/html"])
    assert '<img src=x onerror="alert(1)">' in found.text
    assert '"&amp;"' in found.text
    assert not set("\x1b\x07\u202e") & set("".join(forms.values()))


def test_in_a_notebook_importing_lyncops_imports_nothing_that_shows() -> None:
    pytest.importorskip("IPython")
    program = (
        "import sys, IPython; before = set(sys.modules); import lyncops; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout.split() == [
        "lyncops",
        "lyncops.errors",
        "lyncops.jupyter",
        "lyncops.jupyter.ipython",
    ]
