"""The forms in which a notebook gets a value: HTML, and plain text where HTML is not shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from lyncops.checks.result import CheckResult
from lyncops.checks.synchronisation import BackupServiceReport
from lyncops.deployment.model import Deployment
from lyncops.doctor.diagnosis import Diagnosis
from lyncops.jupyter.wording import in_python, page_in_python
from lyncops.plan.model import Plan
from lyncops.plan.rehearsal import Rehearsal
from lyncops.procedures.readiness import Readiness
from lyncops.runs.model import Run, RunSummary
from lyncops.runs.report import Report
from lyncops.views.backup_service import report_blocks
from lyncops.views.blocks import Block, plain_lines
from lyncops.views.doctor import doctor_blocks
from lyncops.views.html.blocks import html_of
from lyncops.views.html.checks import checks_html
from lyncops.views.html.deployments import deployment_html
from lyncops.views.html.markup import Content, Markup, joined
from lyncops.views.html.plans import plan_html
from lyncops.views.html.readiness import readiness_html
from lyncops.views.html.runs import report_html, run_html
from lyncops.views.html.style import fragment
from lyncops.views.plan import check_blocks, plan_blocks, rehearsal_blocks
from lyncops.views.readiness import readiness_blocks
from lyncops.views.run import run_blocks, runs_blocks
from lyncops.views.status import status_blocks

Bundle = dict[str, str]


def bundle(html: Content, plain: Iterable[Block] | str) -> Bundle:
    """Both forms of one thing."""
    text = plain if isinstance(plain, str) else "\n".join(_lines(plain))
    page = Markup(page_in_python(str(joined((html,)))))
    return {"text/html": str(fragment(page)), "text/plain": in_python(text)}


def _lines(blocks: Iterable[Block]) -> Iterable[str]:
    return (line for block in blocks for line in plain_lines(block))


def bundle_of(value: object) -> Bundle | None:
    """Both forms of a value; None where it is none that shows itself."""
    match value:
        case Deployment():
            return bundle(deployment_html(value), status_blocks(value))
        case Plan():
            return bundle(plan_html(value), plan_blocks(value))
        case Run():
            return bundle(run_html(value), run_blocks(value))
        case Report():
            return bundle(report_html(value), value.text())
        case Readiness():
            return bundle(readiness_html(value), readiness_blocks(value))
        case BackupServiceReport():
            return bundle(html_of(report_blocks(value)), tuple(report_blocks(value)))
        case Diagnosis():
            return bundle(html_of(doctor_blocks(value)), tuple(doctor_blocks(value)))
        case CheckResult() | RunSummary() | Rehearsal():
            return bundle_of_all((value,))
        case _:
            return None


def bundle_of_all(values: tuple[object, ...]) -> Bundle | None:
    """Both forms of several values of one kind; None where they are not such."""
    if all(isinstance(value, CheckResult) for value in values):
        checks = cast("tuple[CheckResult, ...]", values)
        return bundle(checks_html("Checks", checks), check_blocks("Checks", checks))
    if all(isinstance(value, RunSummary) for value in values):
        runs = tuple(runs_blocks(cast("tuple[RunSummary, ...]", values)))
        return bundle(html_of(runs), runs)
    if all(isinstance(value, Rehearsal) for value in values):
        told = tuple(rehearsal_blocks(cast("tuple[Rehearsal, ...]", values)))
        return bundle(html_of(told), told)
    return None
