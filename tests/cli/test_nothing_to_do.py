"""Every procedure twice: what is so already is exit 0, and no refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.plan.procedures import PROCEDURES
from tests.cli.conftest import Answer, Invoke
from tests.deployments import EDGE1, EDGE2, P1, P2

PLANNED = ("--mode", "planned")
ONCE = {
    "pool-failover": (P1, *PLANNED),
    "evacuate": (P2, *PLANNED),
    "site-failover": ("Site1", *PLANNED),
    "management-store-failover": (P1, *PLANNED),
    "database-failover": (P1, "--principal", "mirror"),
    "edge-next-hop": (EDGE1, "--next-hop", P2),
    "edge-association": (P1, "--edge", EDGE2),
    "backup-service-set": ("--sync-interval", "3m"),
}
"""Done the first time, and not the second."""
AT_HOME = {
    "pool-failback": (P1, *PLANNED),
    "site-failback": ("Site1", *PLANNED),
    "edge-federation-failback": (EDGE1,),
    "xmpp-failback": (EDGE1, "--domain", "contoso.com"),
}
"""So in the lab from its beginning."""
ALWAYS = {"conference-restore", "backup-service-sync"}
"""What these copy cannot be seen, so they always act."""
BY_HAND = {"edge-federation-failover", "xmpp-failover"}
"""People have steps in these; the modules of Ansible are tried with them."""
Ask = Callable[..., Answer]


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Generator[Lab]:
    with Lab.start("two-sites", rate=3000) as started:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, started.password)
        yield started


@pytest.fixture
def ask(lab: Lab, invoke: Invoke, tmp_path: Path) -> Ask:
    config = str(lab.write_config(tmp_path))
    return lambda *words: invoke("--config", config, *words)


def test_every_procedure_is_here() -> None:
    assert ONCE.keys() | AT_HOME.keys() | ALWAYS | BY_HAND == PROCEDURES.keys()


def require_nothing(ask: Ask, *words: str) -> None:
    plan, run = ask("plan", *words), ask("run", *words)
    for answer in (plan, run):
        assert (answer.code, answer.err) == (0, "")
        assert "Nothing to do" in answer.out.splitlines()[2]
        assert "Refused" not in answer.out
    told = json.loads(ask("run", *words, "--json").out)
    assert (told["changed"], told["nothing_to_do"], "run" in told) == (False, True, False)
    assert (told["procedure"], told["told"][:13]) == (words[0], "Nothing to do")
    shown = json.loads(ask("plan", *words, "--json").out)
    assert (shown["changed"], shown["nothing_to_do"]) == (False, True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ONCE)
def test_the_second_time_nothing_is_done(ask: Ask, name: str) -> None:
    words = (name, *ONCE[name])
    shown = json.loads(ask("plan", *words, "--json").out)
    assert (shown["changed"], shown["nothing_to_do"]) == (False, False)
    done = ask("run", *words, "--yes", "--json")
    assert (done.code, json.loads(done.out)["changed"]) == (0, True)
    require_nothing(ask, *words)
    assert len(json.loads(ask("runs", "list", "--json").out)["runs"]) == 1


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n == "pool-failback" else pytest.mark.slow) for n in AT_HOME],
)
def test_what_is_at_home_is_not_brought_home(ask: Ask, name: str) -> None:
    require_nothing(ask, name, *AT_HOME[name])


@pytest.mark.slow
def test_what_an_open_run_has_half_done_is_not_nothing(ask: Ask, lab: Lab, tmp_path: Path) -> None:
    """The servers show the goal of a run that is not over: that run has the pools."""
    words = ("run", "pool-failover", P1, *PLANNED, "--yes")
    lab.world.faults.denied = frozenset({"Invoke-CsPoolFailOver"})
    failed = ask(*words, "--json")
    assert failed.code == 3
    lab.world.faults.denied = frozenset()
    assert ask("--journal", f"sqlite:///{tmp_path / 'others.db'}", *words).code == 0
    answer = ask(*words)
    assert answer.code == 6
    assert f"lyncops resume {json.loads(failed.out)['run']}" in answer.err


def test_a_refusal_is_something_else(ask: Ask) -> None:
    answer = ask("run", "pool-failover", "pool9.contoso.com", *PLANNED, "--json")
    error = json.loads(answer.out)["error"]
    assert (answer.code, error["exit_code"], "changed" in error) == (2, 2, False)
