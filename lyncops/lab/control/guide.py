"""What `lyncops lab inject` can do, described for people. Light: it does not load the lab."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, get_type_hints

import attrs

from lyncops.lab.control.operator_actions import ACTS
from lyncops.lab.model import switches
from lyncops.lab.wire.faults import ACTIONS, MEANINGS, Profile


@attrs.frozen(slots=True, kw_only=True)
class Chapter:
    """Things of one kind: how each is written and what it means, and examples that work on the
    scenario two-sites.
    """

    title: str
    text: str = ""
    entries: Mapping[str, str]
    examples: tuple[str, ...]


def chapters() -> tuple[Chapter, ...]:
    """All that can be injected."""
    return (_machines(), _wire(), _profile(), _model_faults(), _switches(), _by_hand(), _LAB)


_LAB: Final = Chapter(
    title="The lab itself",
    entries={
        "show": (
            "the state of the lab: time, machines, pools, what ran, and all that it does wrong on"
            " purpose"
        ),
        "advance DURATION": "advance the lab's clock by 30s, 5m or 1h30m at once",
        "clear": "take back the wire's faults that wait; model-faults, switches and profiles stay",
    },
    examples=("show", "advance 30m", "clear"),
)


def _machines() -> Chapter:
    return Chapter(
        title="Machines",
        text=(
            "NAME is a machine, a SQL Server, a pool with its SQL Servers, or site:NAME with all"
            " in it."
        ),
        entries={
            "crash NAME": "switch it off: connections are cut, ports are closed, commands end",
            "hang NAME": "accept connections, but answer nothing",
            "recover NAME": (
                "bring it back on the same ports; services start where their pool has the servers"
                " it needs"
            ),
            "restart [MACHINE]": (
                "restart the remoting service of one machine or of all: shells and their commands"
                " are gone"
            ),
            "disconnect-idle [MACHINE]": "turn the shells Disconnected, as minutes of silence do",
        },
        examples=(
            "crash pool1.contoso.com",
            "recover pool1.contoso.com",
            "hang site:Site1",
            "restart fe4.contoso.com",
        ),
    )


def _wire() -> Chapter:
    scope = "[machine=NAME] [action=ACTION] [cmdlet=NAME] [times=N|always]"
    return Chapter(
        title=f"The wire: KIND {scope}",
        text=(
            f"Strikes the next request that fits (times=1). ACTION is one of {', '.join(ACTIONS)}."
            " status-before and status-after take status=400, 401, 404, 500 or 503."
        ),
        entries={kind.value: meaning for kind, meaning in MEANINGS.items()},
        examples=(
            "drop-after cmdlet=Invoke-CsPoolFailOver action=Command",
            "lose-reply action=Receive times=2",
            "status-before status=503 machine=fe4.contoso.com times=always",
        ),
    )


def _profile() -> Chapter:
    fields = (field for field in attrs.fields(Profile) if "means" in field.metadata)
    return Chapter(
        title="Servers: profile NAME=VALUE ... [machine=NAME]",
        text="What kind of server a machine is, or all are.",
        entries={field.name: field.metadata["means"] for field in fields},
        examples=(
            "profile protocol=2.1 machine=fe4.contoso.com",
            "profile delay=5s",
            "profile idle_disconnect=2m",
        ),
    )


def _model_faults() -> Chapter:
    return Chapter(
        title="Lync: model-fault NAME=VALUE ...",
        text=(
            "What cmdlets and services do wrong. Several names have commas between; NAME= ends it."
        ),
        entries=_fields(switches.Faults),
        examples=(
            "model-fault without_effect=Invoke-CsPoolFailOver",
            "model-fault midway=Invoke-CsPoolFailOver,Invoke-CsPoolFailBack",
            "model-fault sync_stuck=pool1.contoso.com no_replication=true",
            "model-fault midway=",
        ),
    )


def _switches() -> Chapter:
    return Chapter(
        title="Behaviour that no source establishes: switch NAME=VALUE ...",
        entries=_fields(switches.Switches),
        examples=("switch enums=numbers", "switch heartbeats=false pool_state_present=false"),
    )


def _by_hand() -> Chapter:
    return Chapter(
        title="What operators do by hand",
        entries={form: meaning for act in ACTS.values() for form, meaning in act.forms.items()},
        examples=(
            "topology federation edge2.contoso.com on",
            "setup edge2.contoso.com",
            "firewall edge2.contoso.com 5269 open",
        ),
    )


def _fields(target: type[switches.Faults | switches.Switches]) -> dict[str, str]:
    hints = get_type_hints(target)
    return {
        f"{field.name}={_values(hints[field.name])}": field.metadata["means"]
        for field in attrs.fields(target)
    }


def _values(hint: object) -> str:
    if hint is bool:
        return "true|false"
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return "|".join(
            f"'{value}'" if " " in value else value for value in (str(one.value) for one in hint)
        )
    return "NAMES"
