"""The Lync module's C#, from Microsoft's reference (`lyncops/lab/parameters/cmdlets.json`), and its
compilation.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.cmdlets.catalogue import REFERENCE, CmdletEntry, SetEntry, versions_of
from tests.engine import types

_RUNTIME: Final = Path(__file__).with_name("module") / "Runtime.cs"
_COMMON: Final = frozenset({"Verbose", "WhatIf", "Confirm"})
_DEFAULT: Final = " (Default)"
_SERVICE_STATUS: Final = (
    "namespace Microsoft.Rtc.Management.Deployment.Core { public enum ServiceStatus { Stopped = 1,"
    " StartPending, StopPending, Running, ContinuePending, PausePending, Paused } }\n"
)


def class_of(cmdlet: str) -> str:
    """The full name of a cmdlet's class; what Lync's are called is published for a few only."""
    return f"Microsoft.Rtc.Management.{cmdlet.replace('-', '')}Cmdlet"


def source(version: str) -> str:
    """All types and cmdlets that a product version has."""
    parts = [_SERVICE_STATUS, *_enums(), *_values()]
    parts += [
        _cmdlet(name, entry, version)
        for name, entry in REFERENCE.items()
        if version in versions_of(name)
    ]
    return "\n".join(parts)


def cmdlets_of(version: str) -> list[str]:
    """The cmdlets of a product version."""
    return [name for name in REFERENCE if version in versions_of(name)]


def _enums() -> Iterator[str]:
    for name, (space, words) in types.ENUMS.items():
        yield f"namespace {types.full(space)} {{ public enum {name} {{ {', '.join(words)} }} }}"


def _values() -> Iterator[str]:
    for name, properties in types.VALUES.items():
        space, _, last = types.full(name).rpartition(".")
        outer, _, own = last.rpartition("+")
        body = " ".join(
            f"public {kind} {each} {{ get; set; }}" for each, kind in properties.items()
        )
        if name in types.TEXTS:
            body += f" public override string ToString() {{ return {types.TEXTS[name]}; }}"
        made = f"public class {own} {{ {body} }}"
        if own in properties:  # C# allows a member of its class's name only where it is inherited
            made = (
                f"public abstract class {own}Base {{ {body} }} public class {own} : {own}Base {{ }}"
            )
        yield f"namespace {space} {{ {f'public class {outer} {{ {made} }}' if outer else made} }}"


def _cmdlet(name: str, entry: CmdletEntry, version: str) -> str:
    verb, _, noun = name.partition("-")
    asks = "WhatIf" in entry["parameters"] and version in versions_of(name, "WhatIf")
    sets = _sets(name, entry, version)
    default = _default_set(entry, sets)
    attributes = [f'"{verb}", "{noun}"']
    if asks:
        attributes.append(
            "SupportsShouldProcess = true, ConfirmImpact ="
            f" ConfirmImpact.{'High' if verb == 'Invoke' else 'Medium'}"
        )
    if default and len(sets) > 1:
        attributes.append(f'DefaultParameterSetName = "{default}"')
    own = [
        each
        for each in entry["parameters"]
        if each not in _COMMON and version in versions_of(name, each)
    ]
    body = "".join(_parameter(name, entry, each, sets) for each in own)
    space, _, last = class_of(name).rpartition(".")
    return (
        f"namespace {space} {{ [Cmdlet({', '.join(attributes)})] public sealed class {last} :"
        " WorldCmdlet {\n"
        f'protected override string CmdletName {{ get {{ return "{name}"; }} }}\n'
        f"protected override bool Asks {{ get {{ return {str(asks).lower()}; }} }}\n{body}}} }}"
    )


def _default_set(entry: CmdletEntry, sets: Mapping[str, Mapping[str, SetEntry]]) -> str:
    """The one that the reference marks.

    Where it marks none a bare `Get-CsService` works all the same: so one of those without a
    mandatory parameter is the default, by Microsoft's own habit that of the identity.
    """
    marked = next(
        (each for each in entry["parameter_sets"] if each.endswith(_DEFAULT)), ""
    ).removesuffix(_DEFAULT)
    free = [
        title
        for title, members in sets.items()
        if not any(each["required"] for each in members.values())
    ]
    return marked or next(
        (each for each in ("Identity", "Name", "Normal") if each in free), free[0] if free else ""
    )


def _sets(name: str, entry: CmdletEntry, version: str) -> dict[str, dict[str, SetEntry]]:
    """The sets that the version has: those of which it has all mandatory parameters."""
    kept: dict[str, dict[str, SetEntry]] = {}
    for title, members in entry["parameter_sets"].items():
        if all(
            version in versions_of(name, each["name"])
            for each in members
            if each["required"] and each["name"] not in _COMMON
        ):
            kept[title.removesuffix(_DEFAULT)] = {each["name"]: each for each in members}
    return kept


def _parameter(
    cmdlet: str, entry: CmdletEntry, name: str, sets: Mapping[str, Mapping[str, SetEntry]]
) -> str:
    about = entry["parameters"][name]
    kind = types.csharp(types.CORRECTIONS.get((cmdlet, name), about["type"]))
    shared: list[str] = []
    if "position" in about:
        shared.append(f"Position = {int(about['position']) - 1}")
    pipeline = about.get("pipeline") or ""
    shared += [
        f"ValueFromPipeline{each} = true"
        for each in ("", "ByPropertyName")
        if (each or "ByValue") in _modes(pipeline)
    ]
    attributes: list[str] = []
    for title, members in sets.items():
        if name in members:
            own = [f'ParameterSetName = "{title}"'] if len(sets) > 1 else []
            own += ["Mandatory = true"] if members[name]["required"] else []
            attributes.append(f"[Parameter({', '.join([*own, *shared])})]")
    if not attributes:
        return ""
    aliases = ", ".join(f'"{each}"' for each in about.get("aliases") or ())
    return (
        f"{' '.join(attributes)}{f' [Alias({aliases})]' if aliases else ''} public {kind} {name} {{"
        " get; set; }\n"
    )


def _modes(pipeline: str) -> set[str]:
    return set(pipeline.removeprefix("True (").removesuffix(")").split(", "))


def build(pwsh: Path, cache: Path, version: str, module: str) -> Path:
    """The folder with the compiled module, made once for the same sources and engine: below it
    three for PSModulePath.

    `flat` is as PowerShell serialises by itself; in `deep` a types file raises the depth, as Lync's
    own may do. The manifest of `unlisted` does not name its cmdlets, so that the module does not
    load by itself where one of them is called (about_Modules).
    """
    generated, runtime = source(version), _RUNTIME.read_text(encoding="utf-8")
    names = ", ".join(f"'{name}'" for name in cmdlets_of(version))
    types_file = f"{module}.types.ps1xml"
    manifests = {
        "flat": _manifest(module, f"@({names})"),
        "deep": _manifest(module, f"@({names})", types_file),
        "unlisted": _manifest(module, "'*'"),
    }
    stamp = "\n".join(
        (
            str(pwsh.resolve()),
            str(pwsh.stat().st_mtime_ns),
            runtime,
            generated,
            _TYPES_FILE,
            *manifests.values(),
        )
    )
    folder = cache / hashlib.sha256(stamp.encode()).hexdigest()[:20]
    if not folder.exists():
        work = Path(tempfile.mkdtemp(dir=cache))
        library = work / f"{module}.dll"
        _compile(
            pwsh, work, f"{_usings(runtime)}\n{_without_usings(runtime)}\n{generated}", library
        )
        for name, manifest in manifests.items():
            place = work / name / module
            place.mkdir(parents=True)
            (place / f"{module}.psd1").write_text(manifest, encoding="utf-8")
            (place / f"{module}.types.ps1xml").write_text(_TYPES_FILE, encoding="utf-8")
            (place / library.name).hardlink_to(library)
        work.rename(folder)
    return folder


def _usings(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.startswith("using "))


def _without_usings(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("using "))


def _compile(pwsh: Path, folder: Path, text: str, library: Path) -> None:
    code = folder / "Module.cs"
    code.write_text(text, encoding="utf-8")
    command = (
        f"$ErrorActionPreference = 'Stop'; Add-Type -Path '{code}' -OutputAssembly '{library}'"
    )
    done = subprocess.run(
        [str(pwsh), "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", command],
        check=False,
        capture_output=True,
        text=True,
        env={"HOME": str(folder), "POWERSHELL_TELEMETRY_OPTOUT": "1", "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _manifest(module: str, cmdlets: str, types_file: str = "") -> str:
    return (
        "@{ ModuleVersion = '7.0'; GUID = '6d9c2a6e-7f0b-4b26-9df5-33c12a3a0f5a'; RootModule ="
        f" '{module}.dll'; TypesToProcess = @({repr(types_file) if types_file else ''});"
        f" CmdletsToExport = {cmdlets}; FunctionsToExport = @(); AliasesToExport = @() }}\n"
    )


def _deep(name: str) -> str:
    depth = "<NoteProperty><Name>SerializationDepth</Name><Value>3</Value></NoteProperty>"
    members = f"<MemberSet><Name>PSStandardMembers</Name><Members>{depth}</Members></MemberSet>"
    return (
        f"<Type><Name>{types.full(name).replace('&', '&amp;')}</Name><Members>{members}</Members>"
        f"</Type>"
    )


_TYPES_FILE: Final = f"<Types>{''.join(map(_deep, types.VALUES))}</Types>\n"
