"""What PowerShell's own cmdlets take: as cmdlets of 5.1, and as the proxies that a restricted
session shows in their place.

The proxies are those of `CommandMetadata.GetRestrictedCommands`
(https://learn.microsoft.com/dotnet/api/system.management.automation.commandmetadata.getrestrictedcommands).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from lyncops.lab.parameters.catalogue import CmdletSpec, Parameter, ParameterSet

_EVERY: Final = frozenset({"2010", "2013", "2015", "2019"})
_COMMANDS: Final = "Microsoft.PowerShell.Commands"
_SWITCH: Final = "SwitchParameter"
_PROXIED_PROPERTIES: Final = (
    "ModuleName",
    "Namespace",
    "OutputType",
    "Count",
    "HelpUri",
    "Name",
    "CommandType",
    "ResolvedCommandName",
    "DefaultParameterSet",
    "CmdletBinding",
    "Parameters",
)
"""The properties of commands and of Measure-Object's result: all that the proxy of Select-Object
selects."""


def _many(type_name: str, *names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name=name, type_name=type_name, versions=_EVERY) for name in names)


def _spec(
    name: str, class_name: str, *parameters: Parameter, mandatory: tuple[str, ...] = ()
) -> CmdletSpec:
    by_name = {one.name: one for one in parameters}
    only = ParameterSet(
        name="default", members=frozenset(by_name), mandatory=mandatory, is_default=True
    )
    return CmdletSpec(
        name=name, versions=_EVERY, parameters=by_name, sets=(only,), class_name=class_name
    )


def _first(
    name: str, type_name: str = "String[]", *, not_empty: bool = False, input_too: bool = False
) -> Parameter:
    """The parameter that needs no name."""
    return Parameter(
        name=name,
        type_name=type_name,
        versions=_EVERY,
        position=0,
        not_empty=not_empty,
        by_value=input_too,
        by_property=input_too,
    )


_INPUT: Final = Parameter(name="InputObject", type_name="PSObject", versions=_EVERY, by_value=True)
_PROXY_INPUT: Final = attrs.evolve(_INPUT, type_name="Object")
_LISTS: Final = (
    *_many("String[]", "Module"),
    *_many("String", "CommandType"),
    *_many(_SWITCH, "ListImported"),
    *_many("Object[]", "ArgumentList"),
)
_HELPS: Final = (_first("Name", "String"), *_many("String[]", "Category"))


def _select_object() -> CmdletSpec:
    shown = frozenset({"InputObject", "Property", "ExcludeProperty", "ExpandProperty", "Unique"})
    counted = shown | {"First", "Last", "Skip", "Wait"}
    indexed = frozenset({"InputObject", "Unique", "Wait", "Index"})
    spec = _spec(
        "Select-Object",
        f"{_COMMANDS}.SelectObjectCommand",
        _INPUT,
        _first("Property", "Object[]"),
        *_many("String[]", "ExcludeProperty"),
        *_many("String", "ExpandProperty"),
        *_many(_SWITCH, "Unique", "Wait"),
        *(
            attrs.evolve(one, least=0)
            for one in _many("Int32", "First", "Last", "Skip", "SkipLast")
        ),
        *(attrs.evolve(one, least=0) for one in _many("Int32[]", "Index")),
    )
    sets = (
        ParameterSet(name="DefaultParameter", members=counted, mandatory=(), is_default=True),
        ParameterSet(name="SkipLastParameter", members=shown | {"SkipLast"}, mandatory=()),
        ParameterSet(name="IndexParameter", members=indexed, mandatory=()),
    )
    return attrs.evolve(spec, sets=sets)


def _by_folded_name(*specs: CmdletSpec) -> dict[str, CmdletSpec]:
    return {one.name.casefold(): one for one in specs}


CMDLETS: Final[Mapping[str, CmdletSpec]] = _by_folded_name(
    _spec(
        "Import-Module",
        f"{_COMMANDS}.ImportModuleCommand",
        _first("Name", input_too=True),
        *_many(_SWITCH, "Force", "PassThru", "DisableNameChecking", "Global"),
        mandatory=("Name",),
    ),
    _spec(
        "Get-Module",
        f"{_COMMANDS}.GetModuleCommand",
        _first("Name", input_too=True),
        *_many(_SWITCH, "ListAvailable", "All"),
    ),
    _spec(
        "Get-Command",
        f"{_COMMANDS}.GetCommandCommand",
        _first("Name", not_empty=True, input_too=True),
        *(attrs.evolve(one, takes_rest=one.name == "ArgumentList") for one in _LISTS),
        *_many("String[]", "Noun", "Verb"),
        *_many(_SWITCH, "All", "Syntax"),
    ),
    _spec(
        "Get-ChildItem",
        f"{_COMMANDS}.GetChildItemCommand",
        _first("Path", input_too=True),
        *_many(_SWITCH, "Recurse", "Force"),
    ),
    _select_object(),
    _spec(
        "Measure-Object",
        f"{_COMMANDS}.MeasureObjectCommand",
        _INPUT,
        _first("Property", not_empty=True),
        *_many(_SWITCH, "Sum", "Average", "Maximum", "Minimum"),
    ),
    _spec("Out-Null", f"{_COMMANDS}.OutNullCommand", _INPUT),
    _spec("Out-Default", f"{_COMMANDS}.OutDefaultCommand", _INPUT, *_many(_SWITCH, "Transcript")),
    _spec("Get-FormatData", f"{_COMMANDS}.GetFormatDataCommand", _first("TypeName")),
    _spec("Get-Help", f"{_COMMANDS}.GetHelpCommand", *_HELPS),
    _spec("Clear-Host", "Clear-Host"),
    _spec("Exit-PSSession", f"{_COMMANDS}.ExitPSSessionCommand"),
)
"""By folded name, as every session has them that is not restricted."""

PROXIES: Final[Mapping[str, CmdletSpec]] = _by_folded_name(
    _spec("Get-Command", "Get-Command", _first("Name", not_empty=True), *_LISTS),
    _spec(
        "Select-Object",
        "Select-Object",
        attrs.evolve(_first("Property"), choices=_PROXIED_PROPERTIES),
        _PROXY_INPUT,
        mandatory=("InputObject",),
    ),
    _spec("Measure-Object", "Measure-Object", _PROXY_INPUT, mandatory=("InputObject",)),
    _spec("Out-Default", "Out-Default", _PROXY_INPUT, mandatory=("InputObject",)),
    _spec("Get-FormatData", "Get-FormatData", _first("TypeName")),
    _spec("Get-Help", "Get-Help", *_HELPS),
    _spec("Clear-Host", "Clear-Host"),
    _spec("Exit-PSSession", "Exit-PSSession"),
)
"""By folded name, as a restricted session shows them in their place."""
