"""What a check found leads to its entry in the documentation: in JSON each, at a terminal once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from unittest.mock import MagicMock

import attrs
import pytest

from lyncops.checks.result import Verdict
from lyncops.doctor.judging import diagnose
from lyncops.procedures.readiness import readiness
from lyncops.remoting.approach import Approach
from lyncops.values import JsonValue, Mode, Unread
from tests.cli.conftest import Answer, Invoke
from tests.cli.runs import failover
from tests.deployments import P1, P2, two_sites, with_dead
from tests.doctor.test_judging import GOOD, examination

WORDS = {
    "check": ("check", P1, P2),
    "plan": ("plan", "pool-failover", P1, "--mode", "disaster"),
    "readiness": ("readiness",),
    "doctor": ("doctor",),
}
NOWHERE = Approach(addresses=Unread("fe1.contoso.com", "the name has no address"))
PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def troubled(client: MagicMock) -> None:
    plan = failover(Mode.DISASTER)
    client.check.return_value = plan.checks
    client.plan.return_value = plan
    client.readiness.return_value = readiness(with_dead(two_sites(), P1))
    client.doctor.return_value = diagnose(
        examination(attrs.evolve(GOOD, approach=NOWHERE, session=None, logon=None))
    )


def checks_in(value: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    if isinstance(value, dict):
        if "check_id" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from checks_in(each)


def leads(see: str, name: str) -> bool:
    return see == f"docs/troubleshooting.md#check-{name}" and f'<a id="check-{name}">' in PAGE


@pytest.mark.parametrize("verb", WORDS)
def test_in_json_every_finding_says_where_its_entry_is(invoke: Invoke, verb: str) -> None:
    answer = json.loads(invoke("--json", *WORDS[verb]).out)
    beside: dict[str, str] = answer.get("see", {})
    found = [
        (name, str(one.get("see") or beside.get(name, "")))
        for one in checks_in(answer)
        for name in (str(one["check_id"]),)
        if one["verdict"] != Verdict.PASSED
    ]
    assert found
    assert [name for name, see in found if not leads(see, name)] == []


@pytest.mark.parametrize("verb", WORDS)
def test_at_a_terminal_the_last_line_says_so(at_terminal: Callable[..., Answer], verb: str) -> None:
    lines = at_terminal(*WORDS[verb]).out.splitlines()
    assert [line for line in lines if "troubleshooting" in line] == lines[-1:]
    assert "More" in lines[-1]


@pytest.mark.parametrize("verb", WORDS)
def test_a_file_has_no_use_for_it(invoke: Invoke, verb: str) -> None:
    out = invoke(*WORDS[verb]).out
    assert out
    assert "troubleshooting" not in out


def test_the_only_finding_is_named(client: MagicMock, at_terminal: Callable[..., Answer]) -> None:
    plan = client.plan.return_value
    passed = [one for one in plan.checks if one.verdict is Verdict.PASSED]
    client.check.return_value = (*passed, *plan.refusals[:1])
    last = at_terminal("check", P1).out.splitlines()[-1]
    assert f"More: docs/troubleshooting.md#check-{plan.refusals[0].check_id}" in last
    client.check.return_value = tuple(passed)
    assert "More" not in at_terminal("check", P1).out


def test_where_nothing_is_named_nothing_is_said(
    client: MagicMock, at_terminal: Callable[..., Answer]
) -> None:
    client.readiness.return_value = readiness(two_sites())
    assert "More" not in at_terminal("readiness").out
