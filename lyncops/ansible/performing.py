"""One task, from what was given to what is registered: the only door that the collection uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lyncops.ansible.answers import Answer, failure_of, plain, without
from lyncops.ansible.connecting import connect
from lyncops.ansible.modules import MODULES, Module
from lyncops.ansible.parameters import specification
from lyncops.ansible.task import Task
from lyncops.ansible.wording import Wording
from lyncops.client import Client
from lyncops.errors import LyncOpsError
from lyncops.runs.notices import problem_of
from lyncops.values import JsonValue


def argument_spec(module: str) -> dict[str, object]:
    """What Ansible validates the parameters of a task with."""
    return specification(MODULES[module].parameters)


def perform(
    module: str,
    given: Mapping[str, object],
    *,
    check: bool = False,
    diff: bool = False,
    tell: Callable[[str], None],
) -> Answer:
    """Do what a task asks for. Every error of lyncops is an answer; secrets are in none."""
    chosen = MODULES[module]
    values = {name: plain(value) for name, value in given.items()}
    task = Task(given=values, check=check, diff=diff, tell=tell)
    secrets = [task.text(one.name) for one in chosen.parameters if one.secret]
    everything = "plan" if chosen.procedures else chosen.name.removesuffix("_info")
    wording = Wording.of(chosen.procedures, everything)
    answer = without(secrets, wording.of_answer(_answer(chosen, task)))
    return answer if isinstance(answer, dict) else {}


def _answer(module: Module, task: Task) -> Answer:
    try:
        with connect(task.given) as client:
            answer = module.act(task, client)
            return _with_warnings(answer, client)
    except LyncOpsError as error:
        return failure_of(error)


def _with_warnings(answer: Answer, client: Client) -> Answer:
    """The answer, and what is worth knowing about the log-ons and the journal."""
    found: list[JsonValue] = []
    for url, logon in client.log_ons().items():
        found += [text for text in logon.warnings(url) if text not in found]
    if "run_id" in answer and (problem := problem_of(client.connection.notify)):
        found.append(problem)
    before = answer.get("warnings")
    every = [*(before if isinstance(before, list) else []), *found]
    return {**answer, "warnings": every} if every else answer
