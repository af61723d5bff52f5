"""What a test or a scenario can turn: faults (what the lab does wrong on purpose) and switches
(what no source establishes).
"""

from __future__ import annotations

import difflib
import enum
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast

import attrs

from lyncops.errors import ScenarioError
from lyncops.lab.model.durations import parse_duration
from lyncops.lab.parameters.catalogue import catalogue


class StoreBug(enum.Enum):
    """The bad ends of a Central Management failover that ended without an error (fact:
    store-bad-ends).
    """

    NONE = "none"
    BOTH_ACTIVE = "both-active"
    NONE_ACTIVE = "none-active"


class RelationShape(enum.Enum):
    """Property names of Get-CsPoolBackupRelationship are not established (fact:
    backup-relation).
    """

    POOL_AND_BACKUP = "PoolFqdn, BackupPoolFqdn"
    PRIMARY_AND_BACKUP = "PrimaryPoolFqdn, BackupPoolFqdn"
    IDENTITY_AND_BACKUP = "Identity, BackupPool"
    STRING = "string"


class EnumShape(enum.Enum):
    """How enumerations arrive over remoting (fact: result-types)."""

    OBJECTS = "objects"
    STRINGS = "strings"
    NUMBERS = "numbers"


class NestedShape(enum.Enum):
    """How objects within objects arrive.

    PowerShell remoting serialises to depth 1 unless a types file says otherwise: what an object
    holds arrives as its ToString, an enumeration as its name
    (https://github.com/PowerShell/PowerShell/issues/6311).
    """

    EXPANDED = "expanded"
    TEXT = "text"
    TYPE_NAMES = "type-names"


class NameCase(enum.Enum):
    """The letter case of property names; PowerShell reads them in any."""

    AS_WRITTEN = "as-written"
    LOWER = "lower"
    UPPER = "upper"


class Names(enum.Enum):
    """What the names in a set of names are names of."""

    CMDLETS = "cmdlets"
    POOLS = "pools"


def _told(means: str, names_of: Names | None = None) -> dict[str, object]:
    return {"means": means, "names_of": names_of}


@attrs.define(slots=True, kw_only=True)
class Faults:
    """What goes wrong.

    Names of cmdlets are the reference's own; names of pools are FQDNs in lower case.
    """

    store_failover: StoreBug = attrs.field(
        default=StoreBug.NONE,
        metadata=_told("how a Central Management failover ends badly without an error"),
    )
    without_effect: frozenset[str] = attrs.field(
        default=frozenset(),
        metadata=_told("cmdlets that end without an error and did nothing", Names.CMDLETS),
    )
    midway: frozenset[str] = attrs.field(
        default=frozenset(),
        metadata=_told("cmdlets that fail when half of their time has passed", Names.CMDLETS),
    )
    crash_midway: frozenset[str] = attrs.field(
        default=frozenset(),
        metadata=_told(
            "cmdlets whose machine crashes when half of their time has passed", Names.CMDLETS
        ),
    )
    denied: frozenset[str] = attrs.field(
        default=frozenset(),
        metadata=_told("cmdlets that are refused to everybody; * for all", Names.CMDLETS),
    )
    sync_stuck: frozenset[str] = attrs.field(
        default=frozenset(),
        metadata=_told("pools whose Backup Service copies nothing to the other pool", Names.POOLS),
    )
    sync_error: frozenset[str] = attrs.field(
        default=frozenset(),
        metadata=_told("pools whose Backup Service is in ErrorState", Names.POOLS),
    )
    no_replication: bool = attrs.field(
        default=False, metadata=_told("no replica becomes up to date again")
    )
    no_replication_status: bool = attrs.field(
        default=False, metadata=_told("the status cmdlet returns nothing")
    )
    prompts_hang: bool = attrs.field(
        default=False, metadata=_told("a prompt waits for an answer for ever instead of failing")
    )
    report_with_errors: bool = attrs.field(
        default=False, metadata=_told("reports say complete and hold errors")
    )


@attrs.define(slots=True, kw_only=True)
class Switches:
    """Behaviour that is not established (fact: texts-not-known); the defaults are guesses."""

    backup_relation: RelationShape = attrs.field(
        default=RelationShape.POOL_AND_BACKUP,
        metadata=_told("property names of Get-CsPoolBackupRelationship"),
    )
    enums: EnumShape = attrs.field(
        default=EnumShape.OBJECTS,
        metadata=_told("how enumerations arrive (objects: expanded only)"),
    )
    nested: NestedShape = attrs.field(
        default=NestedShape.TEXT,
        metadata=_told("objects within objects: expanded, or their text, or their type's name"),
    )
    subscription_edition: bool = attrs.field(
        default=False,
        metadata=_told("servers of 2019 call themselves Subscription Edition"),
    )
    property_names: NameCase = attrs.field(
        default=NameCase.AS_WRITTEN, metadata=_told("the letter case of property names")
    )
    status_on_secondary: bool = attrs.field(
        default=False,
        metadata=_told("MirroringStatusOnSecondary (documented) instead of ...OnMirror (field)"),
    )
    master_is_pool: bool = attrs.field(
        default=False,
        metadata=_told("ActiveMasterFQDN is the pool (documented) instead of a machine (practice)"),
    )
    heartbeats: bool = attrs.field(
        default=True,
        metadata=_told("the store's status has the inferred heartbeat and replica lists"),
    )
    overall_backup_status: bool = attrs.field(
        default=False,
        metadata=_told("Get-CsBackupServiceStatus has the recalled Overall... properties"),
    )
    pool_state_global: bool = attrs.field(
        default=False,
        metadata=_told(
            "a pool that is Active has no registrar configuration of its own: the global one holds"
        ),
    )
    pool_state_present: bool = attrs.field(
        default=True, metadata=_told("Get-CsRegistrarConfiguration has PoolState")
    )
    user_info_follows_failover: bool = attrs.field(
        default=True,
        metadata=_told("Get-CsUserPoolInfo shows where a user is served; else where it is homed"),
    )
    failback_ends_as_active: bool = attrs.field(
        default=False, metadata=_told("PoolState after a failback: Active instead of FailedBack")
    )
    next_hop_terminates: bool = attrs.field(
        default=True,
        metadata=_told("the refusal because of the Edge next hop is a terminating error"),
    )
    force_passes_next_hop: bool = attrs.field(
        default=False, metadata=_told("-Force goes past that refusal")
    )
    what_if_checks: bool = attrs.field(
        default=True, metadata=_told("-WhatIf refuses what the cmdlet would refuse")
    )
    store_force_required: bool = attrs.field(
        default=False,
        metadata=_told(
            "a disaster failover of the store needs -Force (the pages contradict each other)"
        ),
    )
    store_mirror_required: bool = attrs.field(
        default=True,
        metadata=_told(
            "a disaster failover of the store refuses where its mirror is not named (the page only"
            " says to add it)"
        ),
    )
    failover_over_ocs: bool = attrs.field(
        default=True, metadata=_told("the failover cmdlets exist on OcsPowershell")
    )
    port_enables_federation: bool = attrs.field(
        default=False,
        metadata=_told("Set-CsEdgeServer -AccessEdgeExternalSipPort turns federation on"),
    )
    enable_topology_needed: bool = attrs.field(
        default=False,
        metadata=_told("Set-Cs* of services and sites replicate only after Enable-CsTopology"),
    )
    enforce_double_hop: bool = attrs.field(
        default=True, metadata=_told("a token that was not delegated cannot open AD and SQL")
    )
    double_hop_to_machines: bool = attrs.field(
        default=True,
        metadata=_told(
            "a token that was not delegated cannot ask other machines: their services, another"
            " pool's Backup Service"
        ),
    )
    autoload_modules: bool = attrs.field(
        default=True,
        metadata=_told(
            "cmdlets load their module by themselves on a WinRM endpoint, as PowerShell does from"
            " 3.0 on"
        ),
    )
    """https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_modules,
    "Module autoloading"."""
    session_cost: timedelta = attrs.field(
        default=timedelta(seconds=6),
        metadata=_told("how long a session takes to start, on the lab's clock"),
    )


def names(target: type[Faults | Switches]) -> tuple[str, ...]:
    """The fields that `assign` knows."""
    return tuple(field.name for field in attrs.fields(target))


def as_written(value: object) -> str:
    """A field's value as `assign` reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, frozenset):
        return ",".join(sorted(cast("frozenset[str]", value)))
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    return str(value.value) if isinstance(value, enum.Enum) else str(value)


def changed(target: Faults | Switches) -> dict[str, str]:
    """The fields that differ from their defaults, as `assign` reads them."""
    plain = type(target)()
    return {
        field.name: as_written(getattr(target, field.name))
        for field in attrs.fields(type(target))
        if getattr(target, field.name) != getattr(plain, field.name)
    }


def assign(target: Faults | Switches, values: Mapping[str, object], where: str) -> None:
    """Set fields from plain values: booleans, texts, and lists or comma-separated texts.

    All are set, or none.

    Raises:
        ScenarioError: a name or a value is unknown; the message names `where`.
    """
    hints, fields = typing.get_type_hints(type(target)), attrs.fields_dict(type(target))
    read: dict[str, object] = {}
    for name, value in values.items():
        if name not in hints:
            near = difflib.get_close_matches(name, hints, 1)
            cure = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(hints)}."
            raise ScenarioError(f"{where}: unknown name {name}.", remedy=cure)
        read[name] = _value(value, hints[name], fields[name], f"{where}: {name}")
    for name, value in read.items():
        setattr(target, name, value)


def _names_of(
    field: attrs.Attribute[object], items: Sequence[object], where: str
) -> frozenset[str]:
    stripped = [str(item).strip() for item in items if str(item).strip()]
    if field.metadata["names_of"] is Names.POOLS:
        return frozenset(item.lower() for item in stripped)
    return frozenset(item if item == "*" else known_cmdlet(item, where) for item in stripped)


def known_cmdlet(name: str, where: str) -> str:
    """A cmdlet's name as the reference spells it, from any letter case.

    Raises:
        ScenarioError: the reference has no such cmdlet; the message names `where`.
    """
    spec = catalogue().get(name.casefold())
    if spec is None:
        near = difflib.get_close_matches(name.casefold(), catalogue(), 1)
        cure = (
            f"Did you mean {catalogue()[near[0]].name}?"
            if near
            else "Write a name such as Invoke-CsPoolFailOver."
        )
        raise ScenarioError(f"{where}: there is no cmdlet {name}.", remedy=cure)
    return spec.name


def _value(value: object, hint: object, field: attrs.Attribute[object], where: str) -> object:
    if (
        isinstance(typing.get_origin(hint) or hint, types.GenericAlias)
        or typing.get_origin(hint) is frozenset
    ):
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, (list, tuple, frozenset, set)):
            raise ScenarioError(f"{where} is {value!r}.", remedy="Write a list of names.")
        return _names_of(field, cast("Sequence[object]", items), where)
    if hint is bool:
        if isinstance(value, str) and value.casefold() in ("true", "false"):
            return value.casefold() == "true"
        if not isinstance(value, bool):
            raise ScenarioError(f"{where} is {value!r}.", remedy="Write true or false.")
        return value
    if hint is timedelta:
        return value if isinstance(value, timedelta) else parse_duration(str(value))
    kind = cast("type[enum.Enum]", hint)
    if isinstance(value, kind):
        return value
    known = [str(member.value) for member in kind]
    if value not in known:
        raise ScenarioError(f"{where} is {value!r}.", remedy=f"Write one of: {'; '.join(known)}.")
    return kind(value)
