"""What a test or a scenario can turn: faults (what the lab does wrong on purpose) and switches (what no source establishes)."""

from __future__ import annotations

import difflib
import enum
import types
import typing
from collections.abc import Mapping, Sequence
from typing import cast

import attrs

from lyncops.errors import ScenarioError


class StoreBug(enum.Enum):
    """The bad ends of a Central Management failover that ended without an error (facts page 6.3)."""

    NONE = "none"
    BOTH_ACTIVE = "both-active"
    NONE_ACTIVE = "none-active"


class RelationShape(enum.Enum):
    """Property names of Get-CsPoolBackupRelationship are not established (facts page 12.1)."""

    POOL_AND_BACKUP = "PoolFqdn, BackupPoolFqdn"
    PRIMARY_AND_BACKUP = "PrimaryPoolFqdn, BackupPoolFqdn"
    IDENTITY_AND_BACKUP = "Identity, BackupPool"
    STRING = "string"


class EnumShape(enum.Enum):
    """How enumerations arrive over remoting (facts page 2: `as strings or ints`)."""

    OBJECTS = "objects"
    STRINGS = "strings"
    NUMBERS = "numbers"


class NameCase(enum.Enum):
    """The letter case of property names; PowerShell reads them in any."""

    AS_WRITTEN = "as-written"
    LOWER = "lower"
    UPPER = "upper"


@attrs.define(slots=True, kw_only=True)
class Faults:
    """What goes wrong. Names of cmdlets are the reference's own; names of pools are FQDNs in lower case."""

    store_failover: StoreBug = StoreBug.NONE
    without_effect: frozenset[str] = frozenset()  # cmdlets that end without an error and did nothing
    midway: frozenset[str] = frozenset()  # cmdlets that fail when half of their time has passed
    crash_midway: frozenset[str] = frozenset()  # cmdlets whose machine crashes when half of their time has passed
    denied: frozenset[str] = frozenset()  # cmdlets that are refused to everybody; "*" for all
    sync_stuck: frozenset[str] = frozenset()  # pools whose Backup Service copies nothing to the other pool
    sync_error: frozenset[str] = frozenset()  # pools whose Backup Service is in ErrorState
    no_replication: bool = False  # no replica becomes up to date again
    no_replication_status: bool = False  # the status cmdlet returns nothing (facts page 2.2)
    prompts_hang: bool = False  # a prompt waits for an answer for ever instead of failing (remoting facts 1)
    report_with_errors: bool = False  # reports say complete and hold errors (facts page 2.3)


@attrs.define(slots=True, kw_only=True)
class Switches:
    """Behaviour that is not established (facts page 12, 1.3, 7.2); the defaults are guesses."""

    backup_relation: RelationShape = RelationShape.POOL_AND_BACKUP
    enums: EnumShape = EnumShape.OBJECTS
    property_names: NameCase = NameCase.AS_WRITTEN
    status_on_secondary: bool = False  # MirroringStatusOnSecondary (documented) instead of ...OnMirror (field)
    master_is_pool: bool = False  # ActiveMasterFQDN is the pool (documented) instead of a machine (practice)
    heartbeats: bool = True  # the store's status has the inferred heartbeat and replica lists
    overall_backup_status: bool = False  # Get-CsBackupServiceStatus has the recalled Overall... properties
    pool_state_present: bool = True  # Get-CsRegistrarConfiguration has PoolState
    failback_ends_as_active: bool = False  # PoolState after a failback: Active instead of FailedBack
    next_hop_terminates: bool = True  # the refusal because of the Edge next hop is a terminating error
    force_passes_next_hop: bool = False  # -Force goes past that refusal
    what_if_checks: bool = True  # -WhatIf refuses what the cmdlet would refuse
    store_force_required: bool = False  # a disaster failover of the store needs -Force (the pages contradict each other)
    failover_over_ocs: bool = True  # the failover cmdlets exist on OcsPowershell
    port_enables_federation: bool = False  # Set-CsEdgeServer -AccessEdgeExternalSipPort turns federation on
    enable_topology_needed: bool = False  # Set-Cs* of services and sites replicate only after Enable-CsTopology
    enforce_double_hop: bool = False  # a token that was not delegated cannot open AD and SQL (facts page 7.2)
    autoload_modules: bool = False  # cmdlets load their module by themselves on a WinRM endpoint


def names(target: type[Faults | Switches]) -> tuple[str, ...]:
    """The fields that `assign` knows."""
    return tuple(field.name for field in attrs.fields(target))


def assign(target: Faults | Switches, values: Mapping[str, object], where: str) -> None:
    """Set fields from plain values: booleans, texts, and lists or comma-separated texts.

    Raises:
        ScenarioError: a name or a value is unknown; the message names `where`.
    """
    hints = typing.get_type_hints(type(target))
    for name, value in values.items():
        if name not in hints:
            near = difflib.get_close_matches(name, hints, 1)
            cure = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(hints)}."
            raise ScenarioError(f"{where}: unknown name {name}.", remedy=cure)
        setattr(target, name, _value(value, hints[name], f"{where}: {name}"))


def _value(value: object, hint: object, where: str) -> object:
    if isinstance(typing.get_origin(hint) or hint, types.GenericAlias) or typing.get_origin(hint) is frozenset:
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, (list, tuple, frozenset, set)):
            raise ScenarioError(f"{where} is {value!r}.", remedy="Write a list of names.")
        return frozenset(str(item).strip() for item in cast("Sequence[object]", items) if str(item).strip())
    if hint is bool:
        if isinstance(value, str) and value.casefold() in ("true", "false"):
            return value.casefold() == "true"
        if not isinstance(value, bool):
            raise ScenarioError(f"{where} is {value!r}.", remedy="Write true or false.")
        return value
    kind = cast("type[enum.Enum]", hint)
    if isinstance(value, kind):
        return value
    known = [str(member.value) for member in kind]
    if value not in known:
        raise ScenarioError(f"{where} is {value!r}.", remedy=f"Write one of: {'; '.join(known)}.")
    return kind(value)
