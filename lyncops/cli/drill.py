"""`lyncops drill`: rehearse disasters on a copy of the deployment."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import attrs
import click

from lyncops.cli.call import Call, details_option, from_option, json_option, with_call
from lyncops.cli.documents import FILE, write_file
from lyncops.cli.failures import report_unread
from lyncops.cli.procedure_options import Name
from lyncops.cli.screen import say_aside
from lyncops.errors import ConfigurationError, EndpointError, InvalidValueError
from lyncops.runs.exit_codes import ExitCode
from lyncops.text.harmless import harmless, json_text
from lyncops.values import Fqdn, SiteName

if TYPE_CHECKING:
    from lyncops.deployment.model import Deployment
    from lyncops.drill.report import DrillReport
    from lyncops.drill.story import Disaster, Drill


class _Options(TypedDict):
    out: Path | None
    html: Path | None
    baseline: Path | None
    faults: bool
    over_winrm: bool


def _shared(verb: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    for decorate in (
        with_call,
        json_option,
        details_option,
        from_option,
        click.option(
            "--baseline", metavar="FILE", type=FILE, help="Say what is worse than in this report."
        ),
        click.option(
            "--faults",
            is_flag=True,
            help="On the way a second operator starts the same run, an answer is lost, and the"
            " computer with lyncops dies.",
        ),
        click.option(
            "--over-winrm",
            is_flag=True,
            help="Serve the copies over WinRM on this computer, and talk to them as to servers:"
            " slower, with the same report.",
        ),
        click.option("--html", metavar="FILE", type=FILE, help="Write the report as a page."),
        click.option("--out", metavar="FILE", type=FILE, help="Write the report as JSON."),
    ):
        verb = decorate(verb)
    return verb


_kill = click.option(
    "--kill",
    metavar="POOL|site:NAME",
    default="",
    help="What is lost, if more than the pool or site itself.",
)


@click.group()
def drill() -> None:
    """Rehearse disasters on a copy of your own deployment, in this process: the servers are only
    read, and with --from they are not contacted at all.

    Each disaster starts from a fresh copy. The rescue, the recovery and the failback run on a
    simulated clock, with the documented durations.

    Exit codes: 0 all users can be rescued; 7 with exceptions, or only with manual steps; 2 a
    rescue is refused; 3 a rescue fails; 4 the topology could not be read.
    """


@drill.command("pool-failover")
@click.argument("pool", type=Name(Fqdn))
@_kill
@_shared
def pool_failover(call: Call, pool: Fqdn, kill: str, **options: Unpack[_Options]) -> ExitCode:
    """Rehearse the loss of POOL."""
    from lyncops.drill import loss_of_pool

    return _play(call, [loss_of_pool(pool, kill=kill)], options)


@drill.command("site-failover")
@click.argument("site", type=Name(SiteName))
@_kill
@_shared
def site_failover(call: Call, site: SiteName, kill: str, **options: Unpack[_Options]) -> ExitCode:
    """Rehearse the loss of SITE."""
    from lyncops.drill import loss_of_site

    return _play(call, [loss_of_site(site, kill=kill)], options)


@drill.command("all")
@_shared
def every(call: Call, **options: Unpack[_Options]) -> ExitCode:
    """Rehearse the loss of each Front End pool and of each site in turn."""
    return _play(call, None, options)


def _play(call: Call, chosen: Sequence[Disaster] | None, options: _Options) -> ExitCode:
    try:
        from lyncops.drill import SCOPE, Fault, showing
        from lyncops.drill import drill as play_all
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The drill needs the Python package {error.name}, which is not installed.",
            remedy='Install it: pip install "lyncops[lab]".',
        ) from error
    earlier = _baseline(options["baseline"])
    try:
        with call.client() as client:
            snapshot = client.status(SCOPE)
    except EndpointError as error:
        return report_unread(error, as_json=call.screen.json)
    report = play_all(
        snapshot,
        chosen,
        on_drill=None if call.screen.json else _Telling(_number(snapshot, chosen)),
        faults=tuple(Fault) if options["faults"] else (),
        over_winrm=options["over_winrm"],
    )
    compared = None if earlier is None else report.compared_with(earlier, chosen)
    data = showing.report_data(report, compared)
    if options["out"] is not None:
        write_file(options["out"], json_text(data, indent=2) + "\n", option="--out")
    if options["html"] is not None:
        write_file(options["html"], showing.report_html(report, compared), option="--html")
    call.screen.tell(data, showing.report_blocks(report, compared, details=call.details))
    return _code(report)


@attrs.define
class _Telling:
    """Says how each drill ended, and how many are to come."""

    all: int
    ended: int = 0

    def __call__(self, one: Drill) -> None:
        self.ended += 1
        say_aside(harmless(f"{self.ended} of {self.all}: {one.disaster}: {one.rescue.outcome}"))


def _number(snapshot: Deployment, chosen: Sequence[Disaster] | None) -> int:
    from lyncops.drill import disasters

    return len(disasters(snapshot) if chosen is None else chosen)


def _code(report: DrillReport) -> ExitCode:
    from lyncops.drill import Outcome

    return {
        Outcome.DONE: ExitCode.DONE,
        Outcome.EXCEPTIONS: ExitCode.DONE_WITH_EXCEPTIONS,
        Outcome.BY_HAND: ExitCode.DONE_WITH_EXCEPTIONS,
        Outcome.REFUSED: ExitCode.REFUSED,
        Outcome.FAILED: ExitCode.FAILED,
    }[report.outcome]


def _baseline(path: Path | None) -> DrillReport | None:
    if path is None:
        return None
    from lyncops.drill.showing import read_report

    try:
        return read_report(path)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidValueError(
            f"--baseline: {path} cannot be read: {error}.",
            remedy="Name a file that `lyncops drill all --out FILE` wrote.",
        ) from error
