"""The reference catalogue of cmdlets: what exists in a product version, with which parameters,
sets, positions and aliases.

It comes from Microsoft's cmdlet reference (`cmdlets.json`), never from the client's own classes.
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
    by_value: bool = False  # takes objects of the pipeline
    by_property: bool = False  # takes a property of its name of the pipeline's objects
    least: int | None = None  # ValidateRange
    choices: tuple[str, ...] = ()  # ValidateSet
    not_empty: bool = False  # ValidateNotNullOrEmpty
    takes_rest: bool = False  # ValueFromRemainingArguments

    @property
    def takes_input(self) -> bool:
        """Whether it can be bound from the pipeline."""
        return self.by_value or self.by_property

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
    class_name: str = ""

    def has(self, parameter: str) -> bool:
        """Whether the cmdlet has a parameter of exactly this name in any version."""
        return parameter in self.parameters

    @property
    def exception_source(self) -> str:
        """What follows the comma in the FullyQualifiedErrorId; the class names of Lync's own
        cmdlets are not established.
        """
        return self.class_name or f"Microsoft.Rtc.Management.{self.name.replace('-', '')}Cmdlet"

    def is_mandatory(self, parameter: str) -> bool:
        """Whether some set of parameters asks for this one."""
        return any(parameter in one.mandatory for one in self.sets)

    def for_version(self, version: str) -> CmdletSpec | None:
        """The cmdlet as that version has it, or None when it has not."""
        if version not in self.versions:
            return None
        kept = {name: p for name, p in self.parameters.items() if version in p.versions}
        sets = tuple(
            attrs.evolve(
                s,
                members=s.members & kept.keys(),
                mandatory=tuple(m for m in s.mandatory if m in kept),
            )
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
        Parameter(name="OutBuffer", type_name="Int32", aliases=("ob",), least=0),
        Parameter(name="PipelineVariable", type_name="String", aliases=("pv",)),
    )
}


@functools.cache
def catalogue() -> Mapping[str, CmdletSpec]:
    """Every cmdlet of Lync by its folded name."""
    text = (
        importlib.resources.files("lyncops.lab.parameters")
        .joinpath("cmdlets.json")
        .read_text("utf-8")
    )
    data = cast("dict[str, dict[str, dict[str, object]]]", json.loads(text))
    return {name.casefold(): _read(name, entry) for name, entry in data["cmdlets"].items()}


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
            by_value="ByValue" in str(described.get("pipeline")),
            by_property="ByPropertyName" in str(described.get("pipeline")),
        )
    sets = tuple(
        ParameterSet(
            name=set_name.removesuffix(_DEFAULT_SET_MARK),
            members=frozenset(str(m["name"]) for m in members if str(m["name"]) in parameters),
            mandatory=tuple(
                str(m["name"]) for m in members if m["required"] and str(m["name"]) in parameters
            ),
            is_default=set_name.endswith(_DEFAULT_SET_MARK),
        )
        for set_name, members in cast(
            "dict[str, list[dict[str, object]]]", entry["parameter_sets"]
        ).items()
    )
    outputs = tuple(cast("list[str]", entry["output_types"]))
    return CmdletSpec(
        name=name, versions=versions, parameters=parameters, sets=sets, output_types=outputs
    )
