"""Every module twice: what is so already is not done again."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest

from lyncops.ansible.modules import MODULES
from lyncops.ansible.performing import argument_spec, perform
from lyncops.lab.control.server import ControlServer
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.runs.model import RunState
from tests.ansible.hands import PORTS, do_by_hand
from tests.deployments import EDGE1, EDGE2, P1, P2

Given = dict[str, Any]
PLANNED: Final[Given] = {"mode": "planned"}
BACK: Final[Given] = {"edge_pool": EDGE1, "state": "failed_back"}
AWAY: Final[Given] = {**BACK, "state": "failed_over"}
XMPP: Final[Given] = {"domains": ["contoso.com"]}
ONCE: Final[tuple[tuple[str, Given], ...]] = (
    ("pool_failover", {"pool": P1, **PLANNED}),
    ("pool_evacuate", {"to_pool": P2, **PLANNED}),
    ("site_failover", {"site": "Site1", **PLANNED}),
    ("management_store_failover", {"pool": P1, **PLANNED}),
    ("database_failover", {"pool": P1, "principal": "mirror"}),
    ("edge_next_hop", {"edge_pool": EDGE1, "next_hop": P2}),
    ("edge_association", {"pool": P1, "edge_pool": EDGE2}),
    ("backup_service", {"state": "configured", "sync_interval": "3m"}),
)
"""Done the first time, and not the second."""
QUICK: Final = ("pool_failover", "backup_service")
AT_HOME: Final[tuple[tuple[str, Given], ...]] = (
    ("pool_failback", {"pool": P1, **PLANNED}),
    ("site_failback", {"site": "Site1", **PLANNED}),
    ("edge_federation", BACK),
    ("xmpp_federation", {**BACK, **XMPP}),
)
"""So in the lab from its beginning."""
ALWAYS: Final[tuple[tuple[str, Given], ...]] = (
    ("conference_restore", {"pool": P1}),
    ("backup_service", {"pool": P1, "state": "synced"}),
)
"""What these copy cannot be seen, so they always act."""
MOVES: Final[tuple[tuple[str, Given], ...]] = (("edge_federation", {}), ("xmpp_federation", XMPP))


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Generator[Lab]:
    with Lab.start("two-sites", rate=3000) as started:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, started.password)
        yield started


@pytest.fixture
def config(lab: Lab, tmp_path: Path) -> Generator[Path]:
    path = lab.write_config(tmp_path)
    with ControlServer(lab.served, tmp_path):
        yield path


def _ask(module: str, config: Path, given: Given, *, check: bool = False) -> Given:
    spec: dict[str, Any] = argument_spec(module)
    defaults = {name: one.get("default") for name, one in spec.items()}
    every = {**defaults, **given, "config": str(config)}
    answer: Given = perform(module, every, check=check, tell=print)
    return answer


def _do(module: str, config: Path, given: Given, *, check: bool = False) -> Given:
    answer = _ask(module, config, given, check=check)
    assert not answer.get("failed"), answer["msg"]
    return answer


def test_every_module_is_here() -> None:
    tried = {name for name, _ in (*ONCE, *AT_HOME, *ALWAYS, *MOVES)}
    others = {name for name in MODULES if name.endswith("_info")} | {"drill", "run_resume"}
    assert tried | others == set(MODULES)


@pytest.mark.parametrize(
    ("module", "given"),
    [
        pytest.param(name, given, id=name, marks=() if name in QUICK else pytest.mark.slow)
        for name, given in ONCE
    ],
)
def test_the_second_time_nothing_is_done(module: str, given: Given, config: Path) -> None:
    assert _do(module, config, given, check=True)["changed"] is True
    first, again = (_do(module, config, given) for _ in range(2))
    assert (first["changed"], first["state"]) == (True, "completed")
    assert (again["changed"], "run_id" in again) == (False, False)
    assert _do(module, config, given, check=True)["changed"] is False
    resumed = _do("run_resume", config, {"run_id": first["run_id"]})
    assert (resumed["changed"], resumed["state"]) == (False, "completed")


@pytest.mark.parametrize(("module", "given"), AT_HOME, ids=[name for name, _ in AT_HOME])
def test_what_is_at_home_is_not_brought_home(module: str, given: Given, config: Path) -> None:
    for check in (True, False, False):
        answer = _do(module, config, given, check=check)
        assert (answer["changed"], "run_id" in answer) == (False, False)


@pytest.mark.slow
@pytest.mark.parametrize(("module", "given"), ALWAYS, ids=["conferences", "copies"])
def test_what_cannot_be_seen_is_done_each_time(module: str, given: Given, config: Path) -> None:
    assert [_do(module, config, given)["changed"] for _ in range(2)] == [True, True]


@pytest.mark.slow
def test_reading_changes_nothing(config: Path) -> None:
    for module in (name for name in MODULES if name.endswith("_info")):
        assert [_do(module, config, {})["changed"] for _ in range(2)] == [False, False]


@pytest.mark.slow
@pytest.mark.parametrize(("module", "given"), MOVES, ids=[name for name, _ in MOVES])
def test_what_was_moved_is_not_moved_again(
    module: str, given: Given, config: Path, lab: Lab
) -> None:
    """And while a step waits for a person, what the servers show already is not the end of it."""
    asked = {**AWAY, **given}
    answer = _do(module, config, asked)
    assert answer["changed"] is True or answer["pending"]
    while (pending := answer.get("pending")) is not None:
        half = _ask(module, config, asked)
        assert (half["failure_kind"], half["locked_by"]) == ("locked", answer["run_id"])
        do_by_hand(lab, config, pending["step_id"], PORTS[module])
        resume = {"run_id": answer["run_id"], "confirm": pending["step_id"]}
        answer = _do("run_resume", config, resume)
    assert answer["state"] == RunState.COMPLETED.value
    for check in (False, True):
        again = _do(module, config, asked, check=check)
        assert (again["changed"], "run_id" in again) == (False, False)
