"""How a task says where the servers are: by a `lyncops.toml`, or by what would be in one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

import attrs

from lyncops import from_snapshot
from lyncops.ansible.parameters import Parameter
from lyncops.client import Client
from lyncops.configuration.passwords import Given, Secret
from lyncops.configuration.settings import (
    DEFAULT_FILE,
    Configuration,
    SignIn,
    configuration_of,
    load_configuration,
)
from lyncops.errors import ConfigurationError

CONFIG_VARIABLE: Final = "LYNCOPS_CONFIG"
_TOLD: Final = "the options of the task"
_ENDPOINT: Final = (
    Parameter(
        name="url",
        about=(
            "The address, C(https://fe1.contoso.com/OcsPowershell) or C(https://HOST:PORT/wsman).",
        ),
        required=True,
    ),
    Parameter(
        name="auth",
        about=("How to log on.",),
        choices=("negotiate", "kerberos", "ntlm", "credssp", "certificate", "basic"),
        default="negotiate",
    ),
    Parameter(name="pool", about=("The pool that the server belongs to.",)),
    Parameter(
        name="connect_to",
        about=("The TCP address, where it is not the one in O(endpoints[].url).",),
    ),
    Parameter(
        name="ca", about=("A file of certificates to trust, instead of the system's.",), kind="path"
    ),
    Parameter(name="configuration", about=("The PowerShell session configuration.",)),
    Parameter(name="module", about=("The PowerShell module to import after connecting.",)),
    Parameter(
        name="certificate",
        about=("The client certificate, for O(endpoints[].auth=certificate).",),
        kind="path",
    ),
    Parameter(name="certificate_key", about=("The key of the client certificate.",), kind="path"),
    Parameter(name="proxy", about=("An HTTP proxy.",)),
)
_MACHINE: Final = (
    Parameter(name="name", about=("The FQDN of the machine.",), required=True),
    *_ENDPOINT,
)

CONNECTION: Final = (
    Parameter(
        name="config",
        about=(
            "The C(lyncops.toml) that says where the servers are.",
            "A relative path is seen from the folder that Ansible was started in.",
            "Without it and without O(endpoints) the variable E(LYNCOPS_CONFIG) names it.",
            "Without that too it is C(lyncops.toml).",
        ),
        kind="path",
    ),
    Parameter(
        name="endpoints",
        about=(
            "The servers to try, in this order, in place of a C(lyncops.toml).",
            "Name Front Ends of both sites. Not together with O(config).",
        ),
        kind="list",
        elements="dict",
        inside=_ENDPOINT,
    ),
    Parameter(
        name="machines",
        about=(
            "Servers that are asked one by one, such as Edge servers. Together with O(endpoints).",
        ),
        kind="list",
        elements="dict",
        inside=_MACHINE,
    ),
    Parameter(
        name="deployment",
        about=("How plans, runs and reports call the deployment. Together with O(endpoints).",),
    ),
    Parameter(
        name="username",
        about=(
            "Who logs on, C(admin@CONTOSO.COM) or C(CONTOSO\\admin).",
            "With O(config) it takes the place of the user there.",
        ),
    ),
    Parameter(
        name="password",
        about=(
            "The password, best out of Ansible Vault. It is shown nowhere.",
            "Without it the password comes from where C(lyncops.toml) says.",
            "With O(endpoints) it then comes from E(LYNCOPS_PASSWORD).",
        ),
        secret=True,
    ),
    Parameter(
        name="journal",
        about=(
            "The url of the journal to use, in place of the configured one.",
            "C(sqlite:///FILE) or C(postgresql://USER@HOST/DATABASE).",
        ),
    ),
)
"""The parameters that every module has."""


def connect(given: Mapping[str, object]) -> Client:
    """The client for these parameters. Servers and journal are touched when first needed.

    Raises:
        ConfigurationError: what is given cannot be used, or contradicts itself.
        InvalidValueError: the journal cannot be used.
    """
    if snapshot := _text(given, "snapshot"):
        return from_snapshot(snapshot)
    return Client.of(_configuration(given), journal=_text(given, "journal"))


def _configuration(given: Mapping[str, object]) -> Configuration:
    config = _text(given, "config")
    if not given.get("endpoints"):
        _refuse_leftovers(given)
        return _with_sign_in(
            load_configuration(config or os.environ.get(CONFIG_VARIABLE, DEFAULT_FILE)), given
        )
    if config:
        raise ConfigurationError(
            "config and endpoints are given together.",
            remedy="Give one of them: a file, or what is in it.",
        )
    tables: dict[str, object] = {
        "endpoint": _tables(given["endpoints"]),
        "machine": _tables(given.get("machines")),
    }
    if name := _text(given, "deployment"):
        tables["deployment"] = {"name": name}
    if (username := _text(given, "username")) and not _text(given, "password"):
        tables["credentials"] = {"username": username, "password_env": "LYNCOPS_PASSWORD"}
    return configuration_of(
        tables, folder=Path.cwd(), told=_TOLD, sign_in=_sign_in(given, username)
    )


def _refuse_leftovers(given: Mapping[str, object]) -> None:
    for name in ("machines", "deployment"):
        if given.get(name):
            raise ConfigurationError(
                f"{name} is given without endpoints.",
                remedy=f"Give endpoints too, or write {name} into lyncops.toml.",
            )


def _with_sign_in(configuration: Configuration, given: Mapping[str, object]) -> Configuration:
    before = configuration.sign_in
    username = _text(given, "username") or (before.username if before else "")
    if sign_in := _sign_in(given, username):
        return attrs.evolve(configuration, sign_in=sign_in)
    return (
        attrs.evolve(configuration, sign_in=attrs.evolve(before, username=username))
        if before and username
        else configuration
    )


def _sign_in(given: Mapping[str, object], username: str) -> SignIn | None:
    password = _text(given, "password")
    if password and not username:
        raise ConfigurationError(
            "password is set, but username is not.", remedy="Give username too."
        )
    return SignIn(username=username, source=Given(Secret(password))) if password else None


def _tables(entries: object) -> list[dict[str, object]]:
    """The entries as tables of a lyncops.toml: what was not given is not in them."""
    found = cast("list[Mapping[str, object]]", entries or [])
    return [{name: value for name, value in entry.items() if value is not None} for entry in found]


def _text(given: Mapping[str, object], name: str) -> str:
    return str(given.get(name) or "")
