"""`lyncops lab`: run a simulated deployment, do things to it, list the scenarios."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

import click

from lyncops.cli.call import Call
from lyncops.cli.documents import FILE
from lyncops.errors import ConfigurationError
from lyncops.text.harmless import harmless

if TYPE_CHECKING:
    from lyncops.deployment.model import Deployment
    from lyncops.lab.lab import Lab
    from lyncops.lab.simulation import Simulation
    from lyncops.values import JsonValue


_NO_HOP: Final = """
With {auth}, no Front End can ask another machine: neither for its services, nor SQL Server and
Active Directory for anything. What cannot be asked is shown as not read, and
nothing can be changed. With --auth credssp all of that works."""


class _ServeOptions(TypedDict):
    out: Path
    rate: float
    auth: str | None
    kind: str
    snapshot: Path | None
    copy: bool
    as_json: bool


def _wants_json(context: click.Context, given: bool) -> bool:
    return given or any(
        context.find_root().params.get(name) is True for name in ("json", "as_json", "json_output")
    )


@click.group()
def lab() -> None:
    """Run a simulated deployment on this machine, and make things go wrong in it."""


@lab.command()
@click.argument("scenario", default="two-sites")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("lab"),
    show_default=True,
    help="Where to write lyncops.toml.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=600.0,
    show_default=True,
    help="How much faster than real time the lab's clock runs.",
)
@click.option(
    "--auth",
    metavar="ntlm|negotiate|basic|certificate|credssp",
    default=None,
    show_default="credssp; with --kind ocs: ntlm",
    help=(
        "How lyncops.toml says to log on. Over WinRM, a Front End can ask other machines only with"
        " credssp and basic. Kerberos needs a domain, and cannot be tried on loopback."
    ),
)
@click.option(
    "--kind",
    type=click.Choice(["winrm", "ocs"]),
    default="winrm",
    show_default=True,
    help="Which endpoint lyncops.toml points at.",
)
@click.option(
    "--from",
    "snapshot",
    metavar="FILE",
    type=FILE,
    help="Serve a copy of the deployment in this snapshot (`lyncops snapshot`) or topology document"
    " (Get-CsTopology -AsXml).",
)
@click.option(
    "--copy",
    is_flag=True,
    help="Serve a copy of the configured deployment: its servers are read first.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_context
def serve(context: click.Context, scenario: str, **options: Unpack[_ServeOptions]) -> None:
    """Serve SCENARIO (a name of `lyncops lab scenarios`, or a TOML file) until Ctrl-C."""
    try:
        from lyncops.lab.control.server import ControlServer
        from lyncops.lab.lab import EndpointKind, Lab, LabAuth
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The lab needs the Python package {error.name}, which is not installed.",
            remedy='Install it: pip install "lyncops[lab]".',
        ) from error

    auth = LabAuth.chosen(options["auth"], options["kind"])
    hops = auth.hops or options["kind"] == EndpointKind.OCS.value
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        found = _copied_from(context, options)
        world = scenario if found is None else _copied(found, options)
        scenario = scenario if found is None else f"a copy of {found.name}"
        with Lab.start(world, rate=options["rate"]) as running:
            config = running.write_config(options["out"], auth=auth, kind=options["kind"])
            with ControlServer(running.served, options["out"]):
                as_json = _wants_json(context, options["as_json"])
                _announce(running, scenario, config, as_json=as_json)
                if not hops and not as_json:
                    _say(_NO_HOP.format(auth=auth.value))
                _wait(ended)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _copied_from(context: click.Context, options: _ServeOptions) -> Deployment | None:
    """The deployment to copy, from a file or from the servers; None for a scenario."""
    from lyncops.deployment.codec import load_snapshot
    from lyncops.deployment.scope import EVERYTHING, Facet, Scope

    if options["copy"] and options["snapshot"] is not None:
        raise click.UsageError("--copy reads the servers and --from a file: give one of them.")
    if options["snapshot"] is not None:
        return load_snapshot(options["snapshot"])
    call = context.find_object(Call)
    if not options["copy"] or call is None:
        return None
    with call.client() as client:
        return client.status(EVERYTHING | Scope.of(Facet.TEST_USERS))


def _copied(deployment: Deployment, options: _ServeOptions) -> Simulation:
    """A copy of a deployment; what it does not have is said on standard error."""
    from lyncops.cli.screen import say_aside
    from lyncops.drill.unlike import told_copy
    from lyncops.lab.simulation import Simulation

    copy = told_copy(deployment)
    for title, sentences in (("Assumed", copy.assumed), ("Not simulated", copy.missing)):
        for sentence in sentences:
            say_aside(harmless(f"{title}: {sentence}"))
    return Simulation(copy.scenario, rate=options["rate"])


def _wait(ended: threading.Event) -> None:
    while not ended.wait(0.5):
        pass  # in slices: on Windows a wait without an end does not let Ctrl-C through


def _announce(running: Lab, scenario: str, config: Path, *, as_json: bool) -> None:
    from lyncops.lab.lab import ENVIRONMENT_VARIABLE

    addresses: dict[str, JsonValue] = {
        f"{name} ({scheme})": address
        for (name, scheme), address in running.host.addresses().items()
    }
    value: Mapping[str, JsonValue] = {
        "scenario": scenario,
        "config": str(config.resolve()),
        "username": running.username,
        "password_variable": ENVIRONMENT_VARIABLE,
        "password": running.password,
        "addresses": addresses,
    }
    if as_json:
        _say(json.dumps(value))
        return
    setting = (
        f"$env:{ENVIRONMENT_VARIABLE} = '{running.password}'"
        if os.name == "nt"
        else f"export {ENVIRONMENT_VARIABLE}='{running.password}'"
    )
    pool = next(iter(running.world.pools))
    lines = [
        f"The lab serves {scenario}. Press Ctrl-C to end it. In another terminal:",
        "",
        f"  {setting}",
        f"  lyncops --config {config} status",
        f"  lyncops lab inject --out {config.parent} crash {pool}",
        "",
        *(f"  {name:<40} {address}" for name, address in addresses.items()),
    ]
    _say("\n".join(lines))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class _GuidedCommand(click.Command):
    """A command whose help goes on with all that can be injected."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from lyncops.lab.control.guide import chapters

        for chapter in chapters():
            with formatter.section(chapter.title):
                if chapter.text:
                    formatter.write_text(chapter.text)
                formatter.write_dl(list(chapter.entries.items()))
                formatter.write_paragraph()
                for example in chapter.examples:  # to be copied, and so never wrapped
                    formatter.write(
                        f"{'':>{formatter.current_indent}}{ctx.command_path} {example}\n"
                    )


@lab.command(
    cls=_GuidedCommand, context_settings={"ignore_unknown_options": True, "max_content_width": 132}
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("lab"),
    show_default=True,
    help="The out folder of the lab.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.argument("fault")
@click.argument("arguments", nargs=-1)
@click.pass_context
def inject(
    context: click.Context, *, out: Path, as_json: bool, fault: str, arguments: tuple[str, ...]
) -> None:
    """Cause FAULT in the running lab.

    It works at any time, also while a cmdlet runs. In a lab with `--rate 1` cmdlets take as long as
    they really do: time enough to crash the machine that runs one.
    """
    from lyncops.lab.control.asking import ask

    value = ask(out, fault, arguments)
    if _wants_json(context, as_json):
        _say(json.dumps(value))
    else:
        _say("\n".join(_lines(value)))


def _lines(value: JsonValue, indent: str = "") -> list[str]:
    if isinstance(value, dict):
        lines: list[str] = []
        for key, item in value.items():
            title = key.replace("_", " ")
            if isinstance(item, dict | list) and item:
                lines += [f"{indent}{title}:", *_lines(item, f"{indent}  ")]
            else:
                lines.append(
                    f"{indent}{title}: {'none' if isinstance(item, dict | list) else _word(item)}"
                )
        return lines
    if isinstance(value, list):
        rows = [
            [_word(one) for one in item.values()] if isinstance(item, dict) else [_word(item)]
            for item in value
        ]
        if isinstance(value[0], dict):
            rows.insert(0, [name.replace("_", " ") for name in value[0]])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return [
            indent
            + "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
    return [f"{indent}{_word(value)}"]


def _word(value: JsonValue) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {_word(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_word, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


@lab.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def scenarios(context: click.Context, *, as_json: bool) -> None:
    """List the scenarios that come with lyncops."""
    from lyncops.lab.scenarios.reader import load_scenario, scenario_names

    described = {name: load_scenario(name).description for name in scenario_names()}
    _say(
        json.dumps(described)
        if _wants_json(context, as_json)
        else "\n".join(f"{name:<20} {text}" for name, text in described.items())
    )
