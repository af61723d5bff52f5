"""`lyncops init`: a commented `lyncops.toml`, from options or from questions."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from lyncops.cli.call import Call, with_call
from lyncops.configuration.settings import load_configuration
from lyncops.errors import ConfigurationError, InvalidValueError
from lyncops.runs.exit_codes import ExitCode
from lyncops.values import Fqdn
from lyncops.views.blocks import Text, Tone
from lyncops.views.first_configuration import FirstConfiguration, configuration_text

_AUTHS: Final = ("negotiate", "kerberos", "ntlm", "credssp")


@click.command()
@click.option(
    "--name", metavar="NAME", help="The name of the deployment in plans, runs and reports."
)
@click.option(
    "--server",
    "servers",
    metavar="FQDN|URL",
    multiple=True,
    help="A Front End (means https://FQDN/OcsPowershell), or the url of an endpoint. Can be"
    " repeated: name some of both sites.",
)
@click.option(
    "--edge", "edges", metavar="FQDN", multiple=True, help="An Edge server. Can be repeated."
)
@click.option("--auth", type=click.Choice(_AUTHS), help="How to log on (default: negotiate).")
@click.option(
    "--username",
    metavar="USER",
    help="The account, such as admin@CONTOSO.COM (default: use a Kerberos ticket).",
)
@click.option("--password-env", metavar="VARIABLE", help="The variable that holds the password.")
@with_call
def init(  # noqa: PLR0913 -- one for each option
    call: Call,
    *,
    name: str | None,
    servers: tuple[str, ...],
    edges: tuple[str, ...],
    auth: str | None,
    username: str | None,
    password_env: str | None,
) -> ExitCode:
    """Write a commented lyncops.toml (or the file that --config names). Asks for whatever is not
    given as an option.

    Nothing is read from servers and nothing is overwritten; `lyncops doctor` checks the file.
    """
    if call.config.exists():
        raise ConfigurationError(
            f"{call.config} exists already; it was left as it is.",
            remedy="Change it in an editor, or name a new file: lyncops --config FILE init.",
        )
    asks = call.screen.can_ask
    if not servers and not asks:
        raise InvalidValueError(
            "No server was given, and there is no terminal to ask for one.",
            remedy="Write: lyncops init --name NAME --server FQDN.",
        )
    named = name or (_asked("Name of the deployment", "contoso") if asks else "contoso")
    urls = tuple(map(_url, servers or _servers()))
    who = username if username is not None or not asks else _asked("User, empty for a ticket", "")
    variable = password_env or ""
    if who and not variable and asks:
        variable = _asked("Variable that holds the password, empty to be asked for it", "")
    chosen = FirstConfiguration(
        name=named,
        urls=urls,
        edges=tuple(map(Fqdn, edges)),
        auth=auth or "negotiate",
        username=who or "",
        password_env=variable,
    )
    _write(call.config, configuration_text(chosen))
    load_configuration(call.config)  # what was written can be read
    call.screen.say(
        Text(f"Written: {call.config}.", Tone.GOOD),
        Text("Next, look whether the servers answer and let you do what a rescue needs:"),
        Text(_doctor(call.config), indent=4, verbatim=True),
    )
    return ExitCode.DONE


def _asked(question: str, default: str) -> str:
    typed: str = click.prompt(question, default=default, show_default=bool(default))
    return typed.strip()


def _servers() -> tuple[str, ...]:
    click.echo("Front Ends, of both sites, one at a time; an empty line ends the list.")
    found: list[str] = []
    while typed := _asked(f"Server {len(found) + 1}", ""):
        found.append(typed)
    if not found:
        raise InvalidValueError("No server was named.", remedy="Name at least one Front End.")
    return tuple(found)


def _url(server: str) -> str:
    if "://" not in server:
        return f"https://{Fqdn(server)}/OcsPowershell"
    if urlsplit(server).hostname is None:
        raise InvalidValueError(
            f"{server!r} names no server.", remedy="Write https://fe1.contoso.com/OcsPowershell."
        )
    return server


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}.",
            remedy="Name a file that can be written, with --config.",
        ) from error


def _doctor(config: Path) -> str:
    chosen = "" if config == Path("lyncops.toml") else f"--config {config} "
    return f"lyncops {chosen}doctor"
