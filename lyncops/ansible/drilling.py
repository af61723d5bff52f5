"""The module that plays drills on a copy of the deployment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from lyncops.ansible.answers import Answer, failure, lines
from lyncops.ansible.parameters import Parameter
from lyncops.ansible.task import Task
from lyncops.client import Client
from lyncops.errors import InvalidValueError
from lyncops.runs.exit_codes import ExitCode

if TYPE_CHECKING:
    from lyncops.drill.report import DrillReport

PARAMETERS: Final = (
    Parameter(
        name="snapshot",
        about=(
            "The file of a snapshot that is rehearsed, from C(lyncops snapshot --out FILE).",
            "Without it the servers are read, and nothing is changed on them.",
        ),
        kind="path",
    ),
    Parameter(
        name="baseline",
        about=("The report of an earlier drill, as RV(drill) was written to a file.",),
        kind="path",
    ),
    Parameter(
        name="fail_when_worse",
        about=("Fail where a disaster ends worse than in O(baseline).",),
        kind="bool",
        default=True,
    ),
)


def drill(task: Task, client: Client) -> Answer:
    """The loss of each pool and site, played on a copy; nothing is sent to a server."""
    from lyncops.drill.matrix import drill as play
    from lyncops.drill.showing import report_blocks, report_data

    baseline = _baseline(task.text("baseline"))
    report = play(client)
    compared = None if baseline is None else report.compared_with(baseline)
    worse = () if compared is None else compared.worse
    answer: Answer = {
        "changed": False,
        "outcome": report.outcome.name.lower(),
        "rescued": all(one.is_rescued for one in report.drills),
        "worse": [str(one) for one in worse],
        "drill": report_data(report, compared),
        "text": lines(report_blocks(report, compared)),
    }
    if worse and task.flag("fail_when_worse"):
        told = "Worse than in the baseline: " + "; ".join(map(str, worse))
        return {**answer, **failure(ExitCode.FAILED, told)}
    return answer


def _baseline(file: str) -> DrillReport | None:
    if not file:
        return None
    from lyncops.drill.showing import read_report

    try:
        return read_report(Path(file))
    except (OSError, ValueError) as error:
        raise InvalidValueError(
            f"baseline: {file} cannot be read: {error}.",
            remedy="Name a file with the report of an earlier drill.",
        ) from error
