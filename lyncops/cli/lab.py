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
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

if TYPE_CHECKING:
    from lyncops.lab.control import JsonValue
    from lyncops.lab.lab import Lab


class _ServeOptions(TypedDict):
    out: Path
    rate: float
    auth: str
    kind: str
    as_json: bool


def _wants_json(context: click.Context, given: bool) -> bool:
    return given or any(context.find_root().params.get(name) is True for name in ("json", "as_json", "json_output"))


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
    type=click.Choice(["ntlm", "negotiate", "basic", "certificate", "credssp"]),
    default="ntlm",
    show_default=True,
    help="How lyncops.toml says to log on.",
)
@click.option(
    "--kind", type=click.Choice(["winrm", "ocs"]), default="winrm", show_default=True, help="Which endpoint lyncops.toml points at."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_context
def serve(context: click.Context, scenario: str, **options: Unpack[_ServeOptions]) -> None:
    """Serve SCENARIO (a name of `lyncops lab scenarios`, or a TOML file) until Ctrl-C."""
    from lyncops.lab.control import ControlServer
    from lyncops.lab.lab import Lab

    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Lab.start(scenario, rate=options["rate"], credssp=options["auth"] == "credssp") as running:
            config = running.write_config(options["out"], auth=options["auth"], kind=options["kind"])
            with ControlServer(running, options["out"]):
                _announce(running, scenario, config, as_json=_wants_json(context, options["as_json"]))
                _wait(ended)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(ended: threading.Event) -> None:
    while not ended.wait(0.5):
        pass  # in slices: on Windows a wait without an end does not let Ctrl-C through


def _announce(running: Lab, scenario: str, config: Path, *, as_json: bool) -> None:
    from lyncops.lab.lab import ENVIRONMENT_VARIABLE

    addresses: dict[str, JsonValue] = {
        f"{name} ({scheme})": address for (name, scheme), address in running.host.addresses().items()
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
    lines = [
        f"The lab serves {scenario}. Press Ctrl-C to end it. In another terminal:",
        "",
        f"  {setting}",
        f"  lyncops --config {config} status",
        f"  lyncops lab inject --out {config.parent} crash pool1.contoso.com",
        "",
        *(f"  {name:<40} {address}" for name, address in addresses.items()),
    ]
    _say("\n".join(lines))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@lab.command()
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
def inject(context: click.Context, *, out: Path, as_json: bool, fault: str, arguments: tuple[str, ...]) -> None:
    """Do FAULT to the lab that runs.

    FAULT is crash NAME, hang NAME, recover NAME, advance 5m, show, restart, clear, a wire fault such as
    drop-after cmdlet=Invoke-CsPoolFailOver, profile protocol=2.2, switch NAME=VALUE, model-fault NAME=VALUE.
    """
    from lyncops.lab.control import ask

    value = ask(out, fault, arguments)
    _say(json.dumps(value) if _wants_json(context, as_json) else "\n".join(_lines(value)))


def _lines(value: JsonValue, indent: str = "") -> list[str]:
    if isinstance(value, dict):
        lines: list[str] = []
        for key, item in value.items():
            if isinstance(item, dict | list) and item:
                lines += [f"{indent}{key}:", *_lines(item, f"{indent}  ")]
            else:
                lines.append(f"{indent}{key}: {'none' if isinstance(item, dict | list) else item}")
        return lines
    if isinstance(value, list):
        return [f"{indent}{', '.join(str(one) for one in item.values()) if isinstance(item, dict) else item}" for item in value]
    return [f"{indent}{value}"]


@lab.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def scenarios(context: click.Context, *, as_json: bool) -> None:
    """List the scenarios that come with lyncops."""
    from lyncops.lab.scenario_reader import load_scenario, scenario_names

    described = {name: load_scenario(name).description for name in scenario_names()}
    _say(
        json.dumps(described)
        if _wants_json(context, as_json)
        else "\n".join(f"{name:<20} {text}" for name, text in described.items())
    )
