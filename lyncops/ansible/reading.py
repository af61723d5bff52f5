"""The modules that only read."""

from __future__ import annotations

from typing import Final

from lyncops.ansible.answers import Answer, failure, lines, run_answer
from lyncops.ansible.parameters import Parameter
from lyncops.ansible.task import Task
from lyncops.checks.overview import overview
from lyncops.client import Client
from lyncops.deployment.codec import deployment_to_dict
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.procedures.readiness import ReadinessVerdict
from lyncops.runs.exit_codes import ExitCode
from lyncops.runs.finding import find_run
from lyncops.values import Unread
from lyncops.views.backup_service import report_blocks, report_data
from lyncops.views.doctor import doctor_blocks, doctor_data
from lyncops.views.json_values import to_json
from lyncops.views.readiness import readiness_blocks, readiness_data
from lyncops.views.run import runs_blocks
from lyncops.views.status import status_blocks

POOLS: Final = Parameter(
    name="pools",
    about=("The Front End pools that are meant. Without it every one.",),
    kind="list",
    elements="str",
)
USERS: Final = Parameter(
    name="count_users",
    about=("Count the users of all pools. Every user travels over the wire for that.",),
    kind="bool",
    default=False,
)
VERIFY: Final = Parameter(
    name="verify",
    about=("Test whether the pools' test users are served now.",),
    kind="bool",
    default=False,
)
RUN: Final = Parameter(
    name="run_id",
    about=("The run: its id, the beginning of it, or C(latest). Without it all runs in short.",),
)
LIMIT: Final = Parameter(
    name="limit", about=("How many runs are listed, the newest first.",), kind="int", default=50
)


def deployment(task: Task, client: Client) -> Answer:
    """The deployment, and what deserves attention in it."""
    counted = EVERYTHING | Scope.of(Facet.USERS) if task.flag("count_users") else EVERYTHING
    found = client.status(counted)
    if isinstance(found.pools, Unread):
        return failure(ExitCode.UNKNOWN, f"The topology could not be read: {found.pools.reason}")
    return {
        "changed": False,
        "deployment": to_json(deployment_to_dict(found)),
        "verdict": overview(found).verdict.value,
        "attention": [one.what for one in overview(found).found],
        "text": lines(status_blocks(found)),
    }


def readiness(task: Task, client: Client) -> Answer:
    """Whether the pools could be failed over now."""
    found = client.readiness(
        *task.texts("pools"), count_users=task.flag("count_users"), verify=task.flag("verify")
    )
    return {
        "changed": False,
        "ready": found.verdict in (ReadinessVerdict.READY, ReadinessVerdict.READY_WITH_WARNINGS),
        "readiness": readiness_data(found),
        "text": lines(readiness_blocks(found, details=False)),
    }


def doctor(task: Task, client: Client) -> Answer:
    """Whether everything that a rescue needs is reachable and usable."""
    del task
    found = client.doctor()
    return {
        "changed": False,
        "verdict": found.verdict.value,
        "diagnosis": doctor_data(found),
        "text": lines(doctor_blocks(found)),
    }


def backup_service(task: Task, client: Client) -> Answer:
    """The Backup Service: its configuration, and both directions of the pairs."""
    report = client.backup_service(*task.texts("pools"))
    return {
        "changed": False,
        "state": report.state.value,
        "backup_service": report_data(report),
        "text": lines(report_blocks(report)),
    }


def runs(task: Task, client: Client) -> Answer:
    """One run with its report, or all of them in short."""
    if wanted := task.text("run_id"):
        told = run_answer(client.show(find_run(wanted, client.runs)))
        for name in ("failed", "failure_kind", "warnings"):  # the reading itself went well
            told.pop(name, None)
        return {**told, "changed": False}
    found = client.runs(limit=task.number("limit"))
    return {
        "changed": False,
        "runs": to_json(found),
        "text": lines(runs_blocks(found)),
    }
