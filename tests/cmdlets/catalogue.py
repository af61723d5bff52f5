"""The reference, as the lab has it: what every class is compared with."""

from __future__ import annotations

import json
from importlib import resources
from typing import NotRequired, TypedDict, cast


class SetEntry(TypedDict):
    name: str
    type: str
    required: bool


class ParameterEntry(TypedDict):
    type: str
    applicable: list[str] | None
    aliases: NotRequired[list[str]]
    position: NotRequired[str]
    pipeline: NotRequired[str]


class CmdletEntry(TypedDict):
    applicable: list[str]
    parameter_sets: dict[str, list[SetEntry]]
    parameters: dict[str, ParameterEntry]


def _load() -> dict[str, CmdletEntry]:
    text = (
        resources.files("lyncops.lab.parameters")
        .joinpath("cmdlets.json")
        .read_text(encoding="utf-8")
    )
    return cast("dict[str, CmdletEntry]", json.loads(text)["cmdlets"])


REFERENCE = _load()

# Types whose values no plan can hold: objects of a pipeline or of a script, and secrets.
UNSENDABLE = frozenset(
    {"PSCredential", "PSObject", "NTService", "Hashtable", "XElement", "X509Certificate2"}
)

# What moves users to the cloud, and the secrets that it needs: no business of a recovery (see
# MoveCsUser).
LEFT_OUT = {
    "Move-CsUser": {
        "MoveToTeams",
        "HostedMigrationOverrideUrl",
        "TenantAdminUserName",
        "AccessTokens",
        "BypassAudioConferencingCheck",
        "BypassEnterpriseVoiceCheck",
    },
    # Of a legal intercept by e-mail, with a password: no business of a recovery either.
    "Test-CsIM": {
        "EmailHost",
        "IsSsl",
        "Password",
        "Port",
        "TestLegalIntercept",
        "Username",
        "WaitSeconds",
    },
}


def short_type(name: str) -> str:
    """`Microsoft.Rtc.Management.AD.UserIdParameter` -> `UserIdParameter`; the page has both
    spellings.
    """
    return name.replace("System.UInt32", "UInt32").rpartition(".")[2]


def sendable_sets(name: str) -> dict[str, dict[str, SetEntry]]:
    """The parameter sets that can be used without an unsendable value, by name without
    "(Default)".
    """
    every = REFERENCE[name]["parameter_sets"]
    kept: dict[str, dict[str, SetEntry]] = {}
    for title, entries in every.items():
        unsendable = [entry for entry in entries if entry["type"] in UNSENDABLE]
        own = [
            entry
            for entry in unsendable
            if all(entry not in others for key, others in every.items() if key != title)
        ]
        if not any(entry["required"] for entry in unsendable) and not (own and len(every) > 1):
            usable = {entry["name"]: entry for entry in entries if entry["type"] not in UNSENDABLE}
            kept[title.removesuffix(" (Default)")] = {
                key: usable[key] for key in usable if key not in LEFT_OUT.get(name, ())
            }
    return kept


def versions_of(name: str, parameter: str | None = None) -> frozenset[str]:
    """The versions that have the cmdlet, or its parameter.

    Where the page says nothing of a parameter: those of the cmdlet.
    """
    entry = REFERENCE[name]
    about = entry["parameters"].get(parameter) if parameter is not None else None
    return frozenset((about or entry).get("applicable") or entry["applicable"])
