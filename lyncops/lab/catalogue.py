"""The reference catalogue of cmdlets: what exists in a product version, with which parameters, sets, positions and aliases.

It comes from Microsoft's cmdlet reference (`data/cmdlets.json`), never from the client's own classes.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from collections.abc import Mapping
from typing import Final, cast

import attrs

_DEFAULT_SET_MARK: Final = " (Default)"


@attrs.frozen(slots=True, kw_only=True)
class Parameter:
    """One parameter of a cmdlet."""

    name: str
    type_name: str
    aliases: tuple[str, ...] = ()
    versions: frozenset[str] = frozenset()
    position: int | None = None

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value."""
        return self.type_name == "SwitchParameter"


@attrs.frozen(slots=True, kw_only=True)
class ParameterSet:
    """Parameters that can be given together."""

    name: str
    members: frozenset[str]
    mandatory: tuple[str, ...]
    is_default: bool = False


@attrs.frozen(slots=True, kw_only=True)
class CmdletSpec:
    """One cmdlet as the reference describes it."""

    name: str
    versions: frozenset[str]
    parameters: Mapping[str, Parameter]
    sets: tuple[ParameterSet, ...]
    output_types: tuple[str, ...] = ()

    def has(self, parameter: str) -> bool:
        """Whether the cmdlet has a parameter of exactly this name in any version."""
        return parameter in self.parameters

    @property
    def exception_source(self) -> str:
        """What follows the comma in the FullyQualifiedErrorId; the real class names are not established."""
        return f"Microsoft.Rtc.Management.{self.name.replace('-', '')}Cmdlet"

    def for_version(self, version: str) -> CmdletSpec | None:
        """The cmdlet as that version has it, or None when it has not."""
        if version not in self.versions:
            return None
        kept = {name: p for name, p in self.parameters.items() if version in p.versions}
        sets = tuple(
            attrs.evolve(s, members=s.members & kept.keys(), mandatory=tuple(m for m in s.mandatory if m in kept))
            for s in self.sets
            if all(m in kept for m in s.mandatory)
        )
        return attrs.evolve(self, parameters=kept, sets=sets)


COMMON_PARAMETERS: Final[Mapping[str, Parameter]] = {
    p.name: p
    for p in (
        Parameter(name="Verbose", type_name="SwitchParameter", aliases=("vb",)),
        Parameter(name="Debug", type_name="SwitchParameter", aliases=("db",)),
        Parameter(name="ErrorAction", type_name="ActionPreference", aliases=("ea",)),
        Parameter(name="WarningAction", type_name="ActionPreference", aliases=("wa",)),
        Parameter(name="InformationAction", type_name="ActionPreference", aliases=("infa",)),
        Parameter(name="ErrorVariable", type_name="String", aliases=("ev",)),
        Parameter(name="WarningVariable", type_name="String", aliases=("wv",)),
        Parameter(name="InformationVariable", type_name="String", aliases=("iv",)),
        Parameter(name="OutVariable", type_name="String", aliases=("ov",)),
        Parameter(name="OutBuffer", type_name="Int32", aliases=("ob",)),
        Parameter(name="PipelineVariable", type_name="String", aliases=("pv",)),
    )
}


def _powershell_own() -> dict[str, CmdletSpec]:
    """The few cmdlets of PowerShell itself that a client needs; from PowerShell's own help."""
    every = frozenset({"2010", "2013", "2015", "2019"})

    def spec(name: str, mandatory: tuple[str, ...], **types: str) -> CmdletSpec:
        parameters = {
            n: Parameter(name=n, type_name=t, versions=every, position=0 if n == "Name" else None) for n, t in types.items()
        }
        only = ParameterSet(name="default", members=frozenset(types), mandatory=mandatory)
        return CmdletSpec(name=name, versions=every, parameters=parameters, sets=(only,))

    switch = "SwitchParameter"
    specs = (
        spec("Import-Module", ("Name",), Name="String[]", Force=switch, PassThru=switch, DisableNameChecking=switch, Global=switch),
        spec("Get-Module", (), Name="String[]", ListAvailable=switch, All=switch),
        spec("Get-Command", (), Name="String[]", Module="String[]", CommandType="String", ListImported=switch),
    )
    return {s.name.casefold(): s for s in specs}


@functools.cache
def catalogue() -> Mapping[str, CmdletSpec]:
    """Every cmdlet by its folded name."""
    text = importlib.resources.files("lyncops.lab").joinpath("data/cmdlets.json").read_text("utf-8")
    data = cast("dict[str, dict[str, dict[str, object]]]", json.loads(text))
    return {name.casefold(): _read(name, entry) for name, entry in data["cmdlets"].items()} | _powershell_own()


@functools.cache
def find(folded: str, version: str) -> CmdletSpec | None:
    """The cmdlet of that folded name as a version has it, or None when it has not."""
    spec = catalogue().get(folded)
    return spec.for_version(version) if spec is not None else None


def _read(name: str, entry: Mapping[str, object]) -> CmdletSpec:
    versions = frozenset(cast("list[str]", entry["applicable"]))
    parameters: dict[str, Parameter] = {}
    for parameter, described in cast("dict[str, dict[str, object]]", entry["parameters"]).items():
        if parameter in COMMON_PARAMETERS:
            continue
        position = described.get("position")
        parameters[parameter] = Parameter(
            name=parameter,
            type_name=str(described["type"]),
            aliases=tuple(cast("list[str]", described.get("aliases", []))),
            versions=frozenset(cast("list[str]", described.get("applicable", sorted(versions)))),
            position=int(str(position)) if position is not None else None,
        )
    sets = tuple(
        ParameterSet(
            name=set_name.removesuffix(_DEFAULT_SET_MARK),
            members=frozenset(str(m["name"]) for m in members if str(m["name"]) in parameters),
            mandatory=tuple(str(m["name"]) for m in members if m["required"] and str(m["name"]) in parameters),
            is_default=set_name.endswith(_DEFAULT_SET_MARK),
        )
        for set_name, members in cast("dict[str, list[dict[str, object]]]", entry["parameter_sets"]).items()
    )
    outputs = tuple(cast("list[str]", entry["output_types"]))
    return CmdletSpec(name=name, versions=versions, parameters=parameters, sets=sets, output_types=outputs)
