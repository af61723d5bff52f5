"""Get-Command, Get-Module, Import-Module, Get-Help and their like: what runs once and asks the
session what it has.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol, cast

from lyncops.lab.cmdlets.call import Call
from lyncops.lab.parameters.catalogue import CmdletSpec
from lyncops.lab.powershell.specs import PROXIES
from lyncops.values import RemoteObject

_AUTOMATION: Final = "System.Management.Automation"
_COMMANDS: Final = "Microsoft.PowerShell.Commands"
_SHELL_DRIVE: Final = "wsman:\\localhost\\shell"
_SHELL_SETTINGS: Final = {
    "AllowRemoteShellAccess": "true",
    "IdleTimeout": "7200000",
    "MaxConcurrentUsers": "10",
    "MaxShellRunTime": "2147483647",
    "MaxProcessesPerShell": "25",
    "MaxMemoryPerShellMB": "1024",
    "MaxShellsPerUser": "30",
}
_WILDCARDS: Final = frozenset("*?[")


class CommandContext(Protocol):
    """The session that these commands ask about."""

    @property
    def module(self) -> str:
        """The module of Lync's cmdlets."""
        ...

    def commands(self) -> Iterable[CmdletSpec]:
        """What can be called."""
        ...


def _texts(call: Call, name: str) -> tuple[str, ...]:
    return tuple(str(one) for one in cast("Sequence[object]", call.value(name) or ()))


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name.casefold(), one.casefold()) for one in patterns)


def get_command(call: Call, around: CommandContext) -> None:
    """The commands of these names; an error for each name without a wildcard that there is not."""
    found = [spec for spec in around.commands() if _is_wanted(call, around, spec)]
    names = _texts(call, "Name")
    if call.given("ArgumentList") and len(names) != 1:
        call.fail(
            "The ArgumentList parameter can be used only when retrieving a single cmdlet or"
            " script.",
            category="InvalidArgument",
            exception=f"{_AUTOMATION}.PSArgumentException",
            error_id="CommandArgsOnlyForSingleCmdlet",
        )
    for name in names:
        if not _WILDCARDS & set(name) and not any(_matches(spec.name, (name,)) for spec in found):
            # PowerShell's own text.
            call.error(
                f"The term '{name}' is not recognized as the name of a cmdlet, function, script"
                " file, or operable program. Check the spelling of the name, or if a path was"
                " included, verify that the path is correct and try again.",
                category="ObjectNotFound",
                target=name,
                exception=f"{_AUTOMATION}.CommandNotFoundException",
                error_id="CommandNotFoundException",
            )
    for spec in found:
        if not names or _matches(spec.name, names):
            call.output(_command(call, around, spec))


def _is_wanted(call: Call, around: CommandContext, spec: CmdletSpec) -> bool:
    verb, _, noun = spec.name.partition("-")
    if call.given("CommandType") and call.text("CommandType").casefold() not in (
        _kind(call, spec).casefold(),
        "all",
    ):
        return False
    asked = {"Module": _module(around, spec), "Verb": verb, "Noun": noun}
    return all(
        not call.given(name) or _matches(value, _texts(call, name)) for name, value in asked.items()
    )


def _kind(call: Call, spec: CmdletSpec) -> str:
    is_function = spec.name == "Clear-Host" or (
        call.session.restricted and spec.name.casefold() in PROXIES
    )
    return "Function" if is_function else "Cmdlet"


def _module(around: CommandContext, spec: CmdletSpec) -> str:
    return around.module if "-Cs" in spec.name else "Microsoft.PowerShell.Core"


def _command(call: Call, around: CommandContext, spec: CmdletSpec) -> RemoteObject:
    kind = _kind(call, spec)
    types = (f"{_AUTOMATION}.{kind}Info", f"{_AUTOMATION}.CommandInfo", "System.Object")
    return RemoteObject(
        {"Name": spec.name, "CommandType": kind, "ModuleName": _module(around, spec)},
        types,
        spec.name,
    )


def get_module(call: Call, around: CommandContext) -> None:
    """The modules that are loaded, or that could be."""
    names = _texts(call, "Name")
    for module in sorted(
        call.session.modules if not call.flag("ListAvailable") else {around.module}
    ):
        if not names or _matches(module, names):
            call.output(_module_info(module))


def _module_info(name: str) -> RemoteObject:
    return RemoteObject({"Name": name}, (f"{_AUTOMATION}.PSModuleInfo", "System.Object"), name)


def import_module(call: Call, around: CommandContext) -> None:
    """Loads modules; an error for each that there is not."""
    for name in _texts(call, "Name"):
        stem = name.replace("/", "\\").rpartition("\\")[2].casefold().removesuffix(".psd1")
        if stem != around.module.casefold():
            # PowerShell's own text.
            call.error(
                f"The specified module '{name}' was not loaded because no valid module file was"
                " found in any module directory.",
                category="ResourceUnavailable",
                target=name,
                exception="System.IO.FileNotFoundException",
                error_id="Modules_ModuleNotFound",
            )
            continue
        call.session.modules.add(around.module)
        if call.flag("PassThru"):
            call.output(_module_info(around.module))


def get_help(call: Call, around: CommandContext) -> None:
    """What there is to say of a command: its name and parameters."""
    name = call.text("Name")
    found = [spec for spec in around.commands() if _matches(spec.name, (name,))] if name else []
    for spec in found:
        types = (
            "MamlCommandHelpInfo",
            "System.Management.Automation.PSCustomObject",
            "System.Object",
        )
        call.output(RemoteObject({"Name": spec.name, "parameters": list(spec.parameters)}, types))
    if name and not found and call.session.restricted:
        # Help looks for files, and a restricted session has no file system.
        call.fail(
            "Cannot find a provider with the name 'FileSystem'.",
            category="ObjectNotFound",
            target="FileSystem",
            exception=f"{_AUTOMATION}.ProviderNotFoundException",
            error_id="ProviderNotFound",
        )
    if name and not found and not _WILDCARDS & set(name):
        call.error(
            f"Get-Help could not find {name} in a help file in this session.",
            category="ResourceUnavailable",
            exception=f"{_COMMANDS}.HelpNotFoundException",
            error_id="HelpNotFound",
        )


def get_child_item(call: Call, _around: CommandContext) -> None:
    r"""What `WSMan:\localhost\Shell` holds; the lab has no other drive.

    The quotas are the defaults of Windows Server 2012 and later
    (https://learn.microsoft.com/windows/win32/winrm/installation-and-configuration-for-windows-remote-management).
    """
    for path in _texts(call, "Path"):
        if path.rstrip("\\").casefold() != _SHELL_DRIVE:
            # PowerShell's own text.
            call.error(
                f"Cannot find path '{path}' because it does not exist.",
                category="ObjectNotFound",
                target=path,
                exception=f"{_AUTOMATION}.ItemNotFoundException",
                error_id="PathNotFound",
            )
            continue
        for name, value in _SHELL_SETTINGS.items():
            settings = {"Name": name, "Value": value, "TypeNameOfElement": "System.String"}
            call.output(
                RemoteObject(
                    settings,
                    ("Microsoft.WSMan.Management.WSManConfigLeafElement", "System.Object"),
                    name,
                )
            )


def say_nothing(_call: Call, _around: CommandContext) -> None:
    """What needs a host, and there is none; or format data, of which the lab has none."""


LISTING: Final[Mapping[str, Callable[[Call, CommandContext], None]]] = {
    "get-command": get_command,
    "get-module": get_module,
    "import-module": import_module,
    "get-help": get_help,
    "get-childitem": get_child_item,
    "get-formatdata": say_nothing,
    "clear-host": say_nothing,
    "exit-pssession": say_nothing,
}
"""By folded name."""
