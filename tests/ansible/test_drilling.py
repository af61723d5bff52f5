"""The module `drill`, from a snapshot in a file: no server is there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lyncops.ansible.performing import perform
from lyncops.deployment.codec import deployment_to_json
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.simulation import Simulation
from tests.ansible.conftest import ANSIBLE_PLAYBOOK
from tests.drill.test_copying import read


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("snapshot") / "site.json"
    file.write_text(deployment_to_json(read(Simulation(scenario_of_size(2)))), "utf-8")
    return file


@pytest.fixture(scope="module")
def baseline(snapshot: Path) -> Path:
    """The report of a drill with one disaster more than the next one will have."""
    answer = perform("drill", {"snapshot": str(snapshot)}, tell=lambda _: None)
    assert answer["rescued"], answer
    assert (answer["changed"], answer["outcome"], answer["worse"]) == (False, "done", [])
    report = json.dumps(answer["drill"]).replace("loss of site Site2", "loss of site Site9")
    file = snapshot.with_name("baseline.json")
    file.write_text(report, "utf-8")
    return file


@pytest.mark.slow
def test_a_play_rehearses_and_fails_or_reports_what_became_worse(
    snapshot: Path, baseline: Path, tmp_path: Path
) -> None:
    given: dict[str, object] = {"snapshot": str(snapshot), "baseline": str(baseline)}
    tasks: list[dict[str, object]] = [
        {"lyncops.dr.drill": given, "ignore_errors": True, "register": "first"},
        {"lyncops.dr.drill": {**given, "fail_when_worse": False}, "register": "second"},
        {
            "ansible.builtin.assert": {
                "that": [
                    "first is failed and first is not changed",
                    "first.failure_kind == 'failed'",
                    "'Site9' in first.msg",
                    "second is success and second is not changed",
                    "second.worse | length == 1",
                ]
            }
        },
    ]
    play = tmp_path / "play.json"
    play.write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), "utf-8"
    )
    done = subprocess.run(
        [ANSIBLE_PLAYBOOK, str(play)], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_baseline_that_is_none_is_wrong_use(snapshot: Path) -> None:
    given = {"snapshot": str(snapshot), "baseline": str(snapshot.with_name("nothing.json"))}
    answer = perform("drill", given, tell=lambda _: None)
    assert answer["failure_kind"] == "wrong_use"
    assert "nothing.json" in str(answer["msg"])
