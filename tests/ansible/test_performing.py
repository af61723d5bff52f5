"""What a task answers, without Ansible around it: `tests/ansible/test_playbooks.py` has that."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from lyncops.ansible.modules import MODULES
from lyncops.ansible.performing import argument_spec, perform
from lyncops.configuration.settings import load_configuration
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from tests.deployments import P1, P2

RATE: Final = 3000.0
EDGE1, EDGE2 = "edge1.contoso.com", "edge2.contoso.com"
Do = Callable[..., dict[str, Any]]


@pytest.fixture
def lab() -> Generator[Lab]:
    with Lab.start("two-sites", rate=RATE) as started:
        yield started


@pytest.fixture
def config(lab: Lab, tmp_path: Path) -> Path:
    """One whose client does not look for a lost cmdlet for long."""
    path = lab.write_config(tmp_path)
    text = path.read_text("utf-8")
    path.write_text(text.replace("[retry]\n", '[retry]\nlost_contact = "1s"\n'), encoding="utf-8")
    return path


@pytest.fixture
def do(lab: Lab, config: Path, monkeypatch: pytest.MonkeyPatch) -> Do:
    """Perform a task with that lyncops.toml."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, lab.password)
    return partial(_do, config=str(config))


def _do(
    module: str,
    *,
    tell: Callable[[str], None] = print,
    check: bool = False,
    **given: Any,  # noqa: ANN401 - whatever a task may be given
) -> dict[str, Any]:
    defaults = {name: one.get("default") for name, one in _spec(module).items()}
    answer: dict[str, Any] = perform(module, {**defaults, **given}, check=check, tell=tell)
    return answer


def _spec(module: str) -> dict[str, dict[str, object]]:
    spec: dict[str, Any] = argument_spec(module)
    return spec


def test_a_manual_step_is_pending_until_it_is_confirmed(lab: Lab, do: Do) -> None:
    waits = do("edge_federation", state="failed_over", edge_pool=EDGE1)
    assert (waits["state"], "failed" in waits) == ("pending_manual_step", False)
    assert "Topology Builder" in waits["pending"]["where"]
    assert waits["pending"]["title"] in waits["warnings"][0]
    run_id, step_id = waits["run_id"], waits["pending"]["step_id"]
    still = do("run_resume", run_id=run_id)
    assert (still["pending"]["step_id"], still["changed"]) == (step_id, False)
    wrong = do("run_resume", run_id=run_id, confirm="another-step")
    assert (wrong["failure_kind"], step_id in wrong["msg"]) == ("wrong_use", True)
    not_done = do("run_resume", run_id=run_id, confirm=step_id)
    assert not_done["pending"]["step_id"] == step_id, "it is looked at, not believed"
    lab.inject("topology", "federation", EDGE1, "off")
    lab.inject("topology", "federation", EDGE2, "on")
    on = do("run_resume", run_id="latest", confirm=step_id)
    assert on["pending"]["step_id"] != step_id


@pytest.mark.slow
def test_an_unknown_outcome_fails_as_such_and_can_be_resumed(lab: Lab, do: Do) -> None:
    def everything_dies(line: str) -> None:
        if "Performing the operation" in line:
            lab.crash("site:Site1")
            lab.crash("site:Site2")

    lost = do("pool_failover", pool=P1, mode="planned", tell=everything_dies)
    assert (lost["failed"], lost["failure_kind"], lost["state"]) == (True, "unknown", "unknown")
    assert lost["changed"] is True, "nobody can say that nothing was"
    lab.recover("site:Site1")
    lab.recover("site:Site2")
    seen = do("run_info", run_id=lost["run_id"])
    assert (seen["state"], "failed" in seen) == ("unknown", False)
    resumed = do("run_resume", run_id=lost["run_id"])
    assert resumed["state"] in ("completed", "unknown"), resumed["msg"]
    assert lab.executions("Invoke-CsPoolFailOver") == 1, "never sent twice by itself"


def test_the_servers_may_be_options_of_the_task(
    lab: Lab, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    addresses = load_configuration(config).addresses
    fronts = [one.endpoint for one in addresses if not one.endpoint.dedicated]
    endpoints = [
        {"url": one.url, "auth": "ntlm", "pool": str(one.pool), "connect_to": str(one.connect_to)}
        for one in fronts
    ]
    given: dict[str, Any] = {
        "endpoints": endpoints,
        "username": lab.username,
        "deployment": "by options",
    }
    seen = _do("deployment_info", **given, password=lab.password)
    assert seen["deployment"]["name"] == "by options"
    assert lab.password not in json.dumps(seen)
    both = _do("deployment_info", **given, config="lyncops.toml", password=lab.password)
    assert (both["failed"], both["failure_kind"]) == (True, "wrong_use")
    wrong = [{**endpoints[0], "auth": "kerberus"}]
    told = _do("deployment_info", endpoints=wrong, username=lab.username, password="x")
    assert "the options of the task, [[endpoint]] 1" in told["msg"]


def test_no_answer_shows_the_password(lab: Lab, config: Path) -> None:
    """Not even where somebody wrote it into another parameter."""
    told = _do("run_info", config=str(config), run_id=lab.password, password=lab.password)
    assert told["failure_kind"] == "wrong_use"
    assert "********" in told["msg"]
    assert lab.password not in json.dumps(told)


def test_the_password_may_come_from_the_task_where_the_file_names_another_source(
    lab: Lab, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    missing = _do("backup_service_info", config=str(config))
    assert (missing["failure_kind"], missing["error"]) == ("wrong_use", "ConfigurationError")
    assert "state" in _do("backup_service_info", config=str(config), password=lab.password)


def test_a_refusal_speaks_of_parameters(lab: Lab, do: Do) -> None:
    lab.crash(P1)
    told = do("pool_failover", pool=P1, mode="disaster")
    assert told["failure_kind"] == "refused"
    assert "add `accept_data_loss: true`" in told["msg"]
    assert "--" not in told["msg"].replace("lyncops run pool-failover", "")
    assert "`plan` shows those that passed." in told["msg"]
    assert told["plan"]["checks"]


def test_a_module_of_two_procedures_says_what_its_state_needs(do: Do) -> None:
    told = do("backup_service", state="synced")
    assert told["failure_kind"] == "wrong_use"
    assert "pool is missing: state=synced needs it." in told["msg"]
    slower = partial(do, "backup_service", state="configured", sync_interval="3m")
    assert [slower()["changed"] for _ in range(2)] == [True, False]


def test_what_has_no_servers_is_refused_and_says_where_it_looked(lab: Lab, do: Do) -> None:
    lab.crash("site:Site1")
    lab.crash("site:Site2")
    told = do("pool_failover", pool=P2, mode="planned")
    assert (told["failed"], told["failure_kind"]) == (True, "refused")
    assert told["error"] == "UnreachableError"
    assert "fe4.contoso.com" in told["msg"]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_validates_with_ansibles_own_validator(module: str) -> None:
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    required = [one for one in MODULES[module].parameters if one.required]
    given = {one.name: (one.choices or ("x",))[0] for one in required}
    validated = ArgumentSpecValidator(argument_spec(module)).validate(given)
    assert validated.error_messages == []
