"""A plan as a runbook: a person can follow it, and the script never runs through by itself."""

from __future__ import annotations

import re

import attrs
import pytest

from lyncops.errors import PlanRefusedError
from lyncops.plan.model import CmdletStep, ManualStep, Plan, WaitStep
from lyncops.plan.procedures import EdgeFederationFailover, PoolFailover, SiteFailover
from lyncops.procedures import make_plan
from lyncops.text.sentences import GLANCE, at_a_glance
from lyncops.values import Fqdn, Mode, SiteName
from lyncops.views.html.runbook import runbook_page
from lyncops.views.runbook import Runbook, refused_runbook
from lyncops.views.runbook_script import runbook_script
from lyncops.views.runbook_text import runbook_markdown
from tests.deployments import P1, two_sites, with_dead
from tests.views.pages import Page

DEAD = with_dead(two_sites(), P1)
LOST = PoolFailover(pool=P1, mode=Mode.DISASTER, accept_data_loss=True)
PLANNED = PoolFailover(pool=P1, mode=Mode.PLANNED)


def plans() -> list[Plan]:
    made = [
        make_plan(LOST, DEAD),
        make_plan(PLANNED, two_sites()),
        make_plan(SiteFailover(site=SiteName("Site1"), mode=Mode.PLANNED), two_sites()),
        make_plan(
            EdgeFederationFailover(
                edge_pool=Fqdn("edge1.contoso.com"), other_edge=Fqdn("edge2.contoso.com")
            ),
            two_sites(),
        ),
    ]
    return [plan for plan in made if plan.steps and not plan.refusals]


@pytest.fixture(params=range(len(plans())))
def plan(request: pytest.FixtureRequest) -> Plan:
    index: int = request.param
    return plans()[index]


def test_each_form_has_every_step_with_its_powershell(plan: Plan) -> None:
    runbook = Runbook.of(plan)
    script, text = runbook_script(runbook), runbook_markdown(runbook)
    page = Page(runbook_page(runbook))
    assert len(runbook.items) == len(plan.steps)
    for item, step in zip(runbook.items, plan.steps, strict=True):
        assert item.title in page.text
        assert f"## Step {item.number}: " in text
        if isinstance(step, CmdletStep):
            assert f"\n    {item.command}\n" in script or f"\n        {item.command}\n" in script
            assert f"```powershell\n{item.command}\n```" in text
            assert item.command in page.text
        if isinstance(step, ManualStep):
            for line in step.instructions:
                assert _letters(line) in _letters(page.text)
        if isinstance(step, WaitStep):
            assert item.after


def test_the_script_asks_a_person_before_and_after_every_step(plan: Plan) -> None:
    """Between two steps stands a word that only a person can give, another one each time."""
    runbook = Runbook.of(plan)
    lines = [line.strip() for line in runbook_script(runbook).splitlines()]
    words: list[str] = []
    for item in runbook.items:
        begin = lines.index(f"if ($From -le {item.number}) {{")
        body = lines[begin + 1 : lines.index("}", begin)] if not item.optional else lines[begin:]
        asked = [line for line in body if line.startswith("Confirm-Here")]
        assert f"-Word 'done {item.number}'" in " ".join(asked)
        if item.command:
            sent = body.index(item.command)
            before = [line for line in body[:sent] if line != "try {"]
            assert before[-1].endswith(f"-Word 'send {item.number}'")
        words += re.findall(r"-Word '([^']+)'", "\n".join(asked))
    assert words
    assert "[Console]::IsInputRedirected" in "\n".join(lines)


def test_only_what_the_plan_sends_changes_something(plan: Plan) -> None:
    runbook = Runbook.of(plan)
    sent = {item.command for item in runbook.items}
    for line in map(str.strip, runbook_script(runbook).splitlines()):
        if re.match(r"[A-Z][a-z]+-Cs", line):
            assert line in sent
        if line.startswith("Show-State {"):
            assert re.match(r"Show-State \{ (Get-Cs|Resolve-DnsName|Test-NetConnection)", line)


def test_a_refused_plan_makes_no_runbook() -> None:
    refused = make_plan(PoolFailover(pool=P1, mode=Mode.PLANNED), DEAD)
    assert refused.refusals
    with pytest.raises(PlanRefusedError, match="No runbook was written"):
        Runbook.of(refused)


def test_words_of_servers_cannot_become_commands() -> None:
    """Whatever stands in a title or a note: single quotes, new lines, PowerShell's other quotes."""
    plan = make_plan(LOST, DEAD)
    evil = "x'; Remove-Item C:\\ # \n Remove-Item D:\\ \u2019; $(Remove-Item E:\\)"
    step = attrs.evolve(plan.steps[0], title=evil, why=evil, undo=evil)
    spoiled = attrs.evolve(plan, steps=(step, *plan.steps[1:]), notes=(evil,), expected_loss=evil)
    script = runbook_script(Runbook.of(spoiled))
    for line in script.splitlines():
        if "Remove-Item" in line:
            assert re.match(r"\s*(#|Write-Host '|Write-Warning ')", line), line
    assert "\u2019\u2019" in script
    assert script.startswith("\ufeff")
    Page(runbook_page(Runbook.of(spoiled)))


def _letters(text: str) -> str:
    """Without spaces, and without the marks of what is to be typed."""
    return "".join(text.replace("`", "").split())


def test_a_refused_one_is_told_at_a_glance() -> None:
    refused = make_plan(PLANNED, DEAD)
    first = refused.refusals[0]
    told = attrs.evolve(first, evidence="The pool is dead. " + "So says fe1. " * 100)
    error = refused_runbook(attrs.evolve(refused, checks=(told,)))
    assert "[" + first.check_id + "] The pool is dead. So says fe1." in error.what
    assert len(error.what) < 2 * GLANCE
    assert f"lyncops check {refused.procedure.command}" in error.remedy


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Short.", "Short."),
        ("One. " + "x" * 300, "One."),
        ("word " * 100, ("word " * 40).rstrip() + " ..."),
        ("x" * 300, "x" * GLANCE + " ..."),
    ],
)
def test_a_glance_ends_with_a_sentence_or_a_word(text: str, seen: str) -> None:
    assert at_a_glance(text) == seen
