"""Writes what a lab says into the pages of docs/: the checks, the steps, and the end of a run,
between two marks on each page.

python3 scripts/docs.py

It needs nothing but Python 3.11 and pip, and takes about a minute once everything is installed.
Text outside the marks is written by hand. Of a run only the end is kept, as `lyncops run`
prints it.
"""

from __future__ import annotations

import bootstrap

if __name__ == "__main__":
    bootstrap.run_inside(__file__, "ansible", "cli", "exporter", "lab")

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import ansible_page
import attrs
import drill_page
import monitoring_page
import site_pages
import start_page
from facts_page import facts_page
from python_page import session
from reference_page import reference_page
from typed_page import played, write_files_of

from lyncops.client import Client
from lyncops.configuration.settings import load_configuration
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.plan.model import CmdletStep, ManualStep, Plan, Step, WaitStep
from lyncops.plan.procedures import (
    ConferenceRestore,
    DatabaseFailover,
    EdgeAssociation,
    EdgeNextHop,
    Evacuate,
    ManagementStoreFailover,
    PoolFailback,
    PoolFailover,
    Procedure,
    SiteFailback,
    SiteFailover,
)
from lyncops.sources import Sources
from lyncops.values import Fqdn, Mode

DOCS: Final = bootstrap.ROOT / "docs"
BEGIN: Final = "<!-- from a lab, written by scripts/docs.py -->"
END: Final = "<!-- end -->"
RATE: Final = 3000.0
SITE1: Final = "Site1"
POOL1: Final = Fqdn("pool1.contoso.com")
POOL2: Final = Fqdn("pool2.contoso.com")
EDGE1: Final = Fqdn("edge1.contoso.com")
EDGE2: Final = Fqdn("edge2.contoso.com")


@attrs.frozen
class Lesson:
    """A procedure as it is asked for, and what happens in the lab before it."""

    procedure: Procedure
    options: tuple[str, ...] = ()
    before: tuple[tuple[str, ...], ...] = ()  # for `lyncops lab inject`
    page: bool = True  # False: only the way back

    @property
    def command(self) -> tuple[str, ...]:
        """What an operator types."""
        return ("run", *self.procedure.command.split(), *self.options, "--yes")


PLANNED: Final = ("--mode", "planned")
DISASTER: Final = ("--mode", "disaster", "--accept-data-loss")
LESSONS: Final = (
    Lesson(DatabaseFailover(pool=POOL1)),
    Lesson(DatabaseFailover(pool=POOL1), page=False),
    Lesson(EdgeNextHop(edge_pool=EDGE2, next_hop=POOL1), ("--next-hop", POOL1)),
    Lesson(EdgeNextHop(edge_pool=EDGE2, next_hop=POOL2), ("--next-hop", POOL2), page=False),
    Lesson(EdgeAssociation(pool=POOL1, edge_pool=EDGE2), ("--edge", EDGE2)),
    Lesson(EdgeAssociation(pool=POOL1, edge_pool=EDGE1), ("--edge", EDGE1), page=False),
    Lesson(ManagementStoreFailover(pool=POOL1, mode=Mode.PLANNED), PLANNED),
    Lesson(ManagementStoreFailover(pool=POOL2, mode=Mode.PLANNED), PLANNED, page=False),
    Lesson(
        PoolFailover(pool=POOL1, mode=Mode.DISASTER, accept_data_loss=True),
        DISASTER,
        before=(("crash", POOL1),),
    ),
    Lesson(
        PoolFailback(pool=POOL1, mode=Mode.PLANNED),
        PLANNED,
        before=(("recover", POOL1), ("advance", "30m")),
    ),
    Lesson(ConferenceRestore(pool=POOL1)),
    Lesson(PoolFailover(pool=POOL1, mode=Mode.PLANNED), PLANNED, page=False),
    Lesson(Evacuate(to_pool=POOL1, mode=Mode.PLANNED), PLANNED),
    Lesson(PoolFailback(pool=POOL2, mode=Mode.PLANNED), PLANNED, page=False),
    Lesson(
        SiteFailover(site=SITE1, mode=Mode.DISASTER, accept_data_loss=True),
        DISASTER,
        before=(("crash", f"site:{SITE1}"),),
    ),
    Lesson(
        SiteFailback(site=SITE1, mode=Mode.PLANNED),
        PLANNED,
        before=(("recover", f"site:{SITE1}"), ("advance", "30m")),
    ),
)
SESSIONS: Final = {
    "start-here.md": start_page.SESSION,
    "ansible.md": ansible_page.SESSION,
    "monitoring.md": monitoring_page.SESSION,
    "drill.md": drill_page.SESSION,
}


def main() -> int:
    """Write the page of facts; play every lesson in a lab and write its page."""
    (DOCS / "facts.md").write_text(facts_page(), encoding="utf-8")
    with (
        tempfile.TemporaryDirectory(prefix="lyncops-docs-") as name,
        Lab.start("two-sites", rate=RATE) as lab,
    ):
        os.environ[ENVIRONMENT_VARIABLE] = lab.password
        config = lab.write_config(Path(name))
        for lesson in LESSONS:
            for injection in lesson.before:
                lab.inject(*injection)
            with Client.of(load_configuration(config)) as client:
                plan = client.plan(lesson.procedure)
            said = type_it(config, lesson.command)
            if lesson.page:
                write(DOCS / f"{lesson.procedure.NAME}.md", "\n".join(section(lesson, plan, said)))
    write_tables()
    write_python_pages()
    write_sessions()
    return 0


def write_tables() -> None:
    """Write what the package knows best: cmdlets, exit codes, schemas."""
    site_pages.write_site_pages(DOCS)
    write(DOCS / "exit-codes.md", site_pages.exit_codes())
    write(DOCS / "json.md", site_pages.schema_links())


def write_python_pages() -> None:
    """Write the reference of the Python API, and the session on the page before it."""
    (DOCS / "python-reference.md").write_text(reference_page(), encoding="utf-8")
    with (
        tempfile.TemporaryDirectory(prefix="lyncops-docs-") as name,
        Lab.start("two-sites", rate=RATE) as lab,
    ):
        os.environ[ENVIRONMENT_VARIABLE] = lab.password
        write(DOCS / "python.md", session(lab, Path(name)))


def write_sessions() -> None:
    """Write what is typed in a shell."""
    for name, typed in SESSIONS.items():
        page = DOCS / name
        with (
            tempfile.TemporaryDirectory(prefix="lyncops-docs-") as folder,
            Lab.start("two-sites", rate=RATE) as lab,
        ):
            os.environ[ENVIRONMENT_VARIABLE] = lab.password
            here = Path(folder)
            lab.write_config(here / "lab")
            write_files_of(page, here)
            write(page, played(lab, here, typed))


def type_it(config: Path, command: tuple[str, ...]) -> str:
    """Run `lyncops` as an operator would; what it prints."""
    arguments = [sys.executable, "-m", "lyncops", "--config", str(config), *command]
    return subprocess.run(
        arguments,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "132"},
    ).stdout


def section(lesson: Lesson, plan: Plan, said: str) -> Iterator[str]:
    """The text between the marks."""
    yield f"\n## Checks\n\n`lyncops check {shlex.join(lesson.command[1:-1])}` answers them:\n"
    yield "| check | asks | source |\n| --- | --- | --- |"
    yield from (
        f"| `{check.check_id}` | {check.question} | {linked(check.sources)} |"
        for check in plan.checks
    )
    yield "\n## Steps\n\nThe same plan in the lab (`two-sites`):\n"
    yield "| | step | how | source |\n| --- | --- | --- | --- |"
    yield from (
        f"| {number} | {step.title} | {how(step)} | {linked(step.sources)} |"
        for number, step in enumerate(plan.steps, start=1)
    )
    injected = "".join(
        f"$ lyncops lab inject {shlex.join(injection)}\n" for injection in lesson.before
    )
    yield "\n## A run\n\nIts end; before that, the plan and every event are printed.\n\n```"
    yield f"{injected}$ lyncops {shlex.join(lesson.command)}"
    yield said[said.rindex("== Run ") :].rstrip()
    yield "```\n"


def linked(sources: Sources) -> str:
    """Sources as links."""
    return "; ".join(f"[{source.title}]({source.url})" for source in sources)


def how(step: Step) -> str:
    """What is sent, waited for or done by hand."""
    match step:
        case CmdletStep():
            return f"`{step.cmdlet.to_powershell()}`{' (optional)' if step.optional else ''}"
        case WaitStep():
            return (
                "waits until"
                f" {' and '.join(map(str, step.until))}{' (optional)' if step.optional else ''}"
            )
        case ManualStep():
            return f"by hand: {' '.join(step.instructions)}"


def write(page: Path, text: str) -> None:
    """Put it between the marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
