"""The calls that go to the lab and to the engine, and where the two may differ: the lab follows
5.1, and is only part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias, cast

import attrs

P1: Final = "pool1.contoso.com"
FE4: Final = "fe4.contoso.com"
Given: TypeAlias = tuple[tuple[str | None, object], ...]


@attrs.frozen(kw_only=True)
class Step:
    """One command with its arguments in order; one without a name is positional."""

    name: str
    given: Given = ()

    def __str__(self) -> str:
        words = (
            f"-{name} {_shown(value)}" if name else _shown(value) for name, value in self.given
        )
        return " ".join((self.name, *words))


@attrs.frozen(kw_only=True)
class Call:
    """A statement, in a full session or in one restricted as JEA restricts it; `script` is sent as
    text.
    """

    steps: tuple[Step, ...] = ()
    script: str = ""
    restricted: bool = False

    def __str__(self) -> str:
        shown = (self.script and f"{{{self.script}}}") or " | ".join(map(str, self.steps))
        return f"{'restricted: ' if self.restricted else ''}{shown}"


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "$null" if value is None else f"${str(value).lower()}"
    if isinstance(value, list):
        return f"@({', '.join(map(_shown, cast('list[object]', value)))})"
    return f"'{value}'" if isinstance(value, str) else str(value)


def step(name: str, /, *positional: object, **named: object) -> Step:
    """A command with its arguments."""
    return Step(name=name, given=(*((None, one) for one in positional), *named.items()))


def call(*steps: Step, restricted: bool = False) -> Call:
    """A statement."""
    return Call(steps=steps, restricted=restricted)


MOVE: Final = "Invoke-CsPoolFailOver"
POOLS: Final = step("Get-CsPool")
STATUS: Final = step("Get-CsBackupServiceStatus", PoolFqdn=P1)
MIRRORS: Final = {"PoolFqdn": P1, "DatabaseType": "PersistentChat"}


def _of_the_failover() -> Iterator[Call]:
    """Right and wrong values for the parameters of one cmdlet; -WhatIf, so that nothing happens
    where they are right.
    """
    for pool in (None, "", "a b", ["a.b", "c.d"], ["a.b"], 5, True):
        yield call(step(MOVE, PoolFqdn=pool, WhatIf=True))
    wrong: dict[str, tuple[object, ...]] = {
        "DisasterMode": ("true", None, 1, 0, "1", [True], False),
        "Confirm": ("no", None),
        "WhatIf": ("x",),
        "WaitTime": (
            "00:05:00",
            "x",
            None,
            "",
            "5",
            5,
            "1.00:00:00",
            ["00:05:00"],
            "25:00:00",
            "00:61:00",
        ),
        "RetryCount": ("17", "x", None, "", True, 1.5, [1], "0x10", "1.7", " 3 ", "99999999999"),
        "ErrorAction": ("Stop", "x", None, "", "Suspend", "Ignore", "Break", 1, ["Stop"]),
        "ProgressAction": ("Continue",),
        "Debug": (True, "x"),
        "WarningAction": ("Ignore",),
        "OutBuffer": (-1, 1),
        "OutVariable": ("x", None),
        "Verbose": ("x", None),
        "Bogus": (1, None),
    }
    for name, values in wrong.items():
        for value in values:
            given = {"PoolFqdn": P1, "WhatIf": True, name: value}
            yield call(step(MOVE, **given))


def _of_names() -> Iterator[Call]:
    """Prefixes, aliases, twice, by position, with dashes; which of two mistakes is reported."""
    for name in ("disaster", "d", "w", "e", "wi", "v", "vb", "conf", "P", "Poolfqdn "):
        yield call(step(MOVE, **{"PoolFqdn": P1, "WhatIf": True, name: True}))
    twice: Given = (("PoolFqdn", P1), ("poolfqdn", P1))
    yield call(Step(name=MOVE, given=twice))
    yield call(Step(name=MOVE, given=(("-PoolFqdn", P1), ("-WhatIf", True))))
    yield call(Step(name=MOVE, given=(("PoolFqdn:", P1), ("WhatIf:", True))))
    yield call(step(MOVE, P1))
    yield call(step(MOVE))
    yield call(step(MOVE, Force=True))
    yield call(step(MOVE, Bogus=1))
    yield call(Step(name=MOVE, given=(("Bogus", 1), ("PoolFqdn", "a b"))))
    yield call(Step(name=MOVE, given=(("PoolFqdn", ""), ("e", 1))))
    yield call(step(MOVE, PoolFqdn=P1))
    yield call(step(MOVE, PoolFqdn=P1, Confirm=True))


def _of_sets() -> Iterator[Call]:
    yield call(step("Get-CsService", Registrar=True, EdgeServer=True))
    yield call(step("Get-CsService", Identity="x", Filter="y"))
    yield call(step("Get-CsPool", Identity=P1, Site="Site1"))
    yield call(step("Get-CsPool", P1, "x"))
    yield call(step("Get-CsPool", P1))
    yield call(step("Get-CsPool", Identity=None))
    yield call(step("Get-CsPool", Identity=[P1]))
    yield call(step("Invoke-CsManagementServerFailover", Force=True, WhatIf=True))
    yield call(step("Invoke-CsDatabaseFailover", PoolFqdn=P1, WhatIf=True))
    yield call(
        step(
            "Invoke-CsDatabaseFailover",
            PoolFqdn=P1,
            DatabaseType="x",
            NewPrincipal="Mirror",
            WhatIf=True,
        )
    )
    yield call(
        step(
            "Invoke-CsDatabaseFailover",
            PoolFqdn=P1,
            DatabaseType="",
            NewPrincipal="Mirror",
            WhatIf=True,
        )
    )
    yield call(
        step(
            "Invoke-CsDatabaseFailover",
            PoolFqdn=P1,
            DatabaseType=None,
            NewPrincipal="Mirror",
            WhatIf=True,
        )
    )
    for principal in (1, 7, "1", True, ["Mirror"], ["Mirror", "Primary"], "m", "p"):
        yield call(
            step(
                "Invoke-CsDatabaseFailover",
                PoolFqdn=P1,
                DatabaseType="User",
                NewPrincipal=principal,
                WhatIf=True,
            )
        )
    yield call(
        step(
            "Set-CsRegistrarConfiguration",
            Identity=f"Registrar:{P1}",
            EnableDHCPServer="true",
            WhatIf=True,
        )
    )
    yield call(
        step(
            "Set-CsRegistrarConfiguration",
            Identity=f"Registrar:{P1}",
            EnableDHCPServer=None,
            WhatIf=True,
        )
    )
    yield call(
        step(
            "Set-CsRegistrarConfiguration",
            Identity=f"Registrar:{P1}",
            EnableDHCPServer=[True],
            WhatIf=True,
        )
    )
    yield call(
        step(
            "Set-CsRegistrarConfiguration",
            Identity=f"Registrar:{P1}",
            EnableDHCPServer=1,
            WhatIf=True,
        )
    )
    yield call(step("Export-CsConfiguration", FileName=""))
    yield call(step("Export-CsConfiguration", FileName=None))
    yield call(step("Export-CsConfiguration", FileName=["a", "b"]))
    yield call(step("Export-CsConfiguration"))


def _of_errors() -> Iterator[Call]:
    for action in ("Stop", "SilentlyContinue", "Continue", "Ignore", "Inquire"):
        yield call(step("Get-CsDatabaseMirrorState", **MIRRORS, ErrorAction=action))
        yield call(step("Get-CsSite", Identity="Nowhere", ErrorAction=action))
    yield call(step("Get-CsDatabaseMirrorState", **MIRRORS))
    yield call(step("Get-CsSite", Identity="Nowhere"))
    yield call(step("Get-CsNothing"))
    yield call(step("Lync\\Get-CsPool"))
    yield call(step("get-cspool"))
    yield call(step("Get-Nothing", Name="x"))
    preferences: tuple[dict[str, str], ...] = (
        {},
        {"ErrorAction": "Stop"},
        {"ErrorAction": "SilentlyContinue"},
    )
    for preference in preferences:
        yield call(step("Get-Command", Name="Get-CsNothing", **preference))
        yield call(step("Import-Module", Name="Nothing", **preference))
    for name in (
        ["Get-CsNothing", "Get-CsPool"],
        "Get-CsNothing*",
        "Get-CsPool",
        None,
        "",
        "Invoke-CsPool*",
    ):
        yield call(step("Get-Command", Name=name))
    yield call(step("Get-Command", Module="Nothing"))
    yield call(step("Get-Command", Name="Get-CsPool", CommandType="Function"))
    yield call(step("Get-Command", Bogus=1))
    for name in ("Lync", None, "", ["Nothing", "Lync"]):
        yield call(step("Import-Module", Name=name))
    yield call(step("Import-Module"))
    yield call(step("Import-Module", Name="Lync", PassThru=True))
    yield call(step("Get-Module", Name="Nothing"))
    yield call(step("Get-Module", Name="Lync"))
    yield call(step("Get-Module", ListAvailable=True, Name="Lync"))
    yield call(step("Get-Help", Name="Get-CsNothing"))
    yield call(step("Get-FormatData", TypeName="Nothing"))
    yield call(step("Get-Date"))
    yield Call(script="Get-CsPool")
    yield call(step(MOVE, PoolFqdn=P1, WhatIf=True, Verbose=True))
    yield call(step("Set-CsSite", Identity="Site1", DisplayName="Site 1", Verbose=True))


def _of_pipes() -> Iterator[Call]:
    selects: tuple[dict[str, object], ...] = (
        {},
        {"ExpandProperty": "Identity"},
        {"ExpandProperty": "Site"},
        {"ExpandProperty": "Nope"},
        {"ExpandProperty": None},
        {"ExpandProperty": ""},
        {"ExpandProperty": ["Identity", "Site"]},
        {"ExpandProperty": "Nope", "ErrorAction": "Stop"},
        {"ExpandProperty": "Nope", "ErrorAction": "SilentlyContinue"},
        {"Property": "Identity"},
        {"Property": ["Identity", "Nope"]},
        {"Property": "I*"},
        {"Property": ""},
        {"Property": None},
        {"ExcludeProperty": "Identity"},
        {"First": 1},
        {"First": 0},
        {"First": -1},
        {"First": "x"},
        {"First": "1"},
        {"Last": 1},
        {"Skip": 1},
        {"SkipLast": 1},
        {"Index": 1},
        {"Index": [0, 2]},
        {"First": 1, "Last": 1},
        {"First": 1, "Skip": 1},
        {"First": 1, "Index": 1},
        {"Property": "Site", "Unique": True},
        {"Bogus": 1},
    )
    for given in selects:
        yield call(POOLS, step("Select-Object", **given))
    yield call(POOLS, step("Select-Object", "Identity"))
    yield call(STATUS, step("Select-Object", ExpandProperty="BackupModules"))
    yield call(
        STATUS,
        step("Select-Object", ExpandProperty="BackupModules"),
        step("Select-Object", Unique=True),
    )
    yield call(
        STATUS,
        step("Select-Object", ExpandProperty="BackupModules"),
        step("Select-Object", ExpandProperty="Identity"),
    )
    yield call(POOLS, step("Select-Object", First=1), step("Measure-Object"))
    yield call(POOLS, step("Measure-Object"))
    yield call(POOLS, step("Measure-Object", Property="Identity"))
    yield call(POOLS, step("Measure-Object", Property="Nope"))
    yield call(step("Measure-Object"))
    yield call(step("Select-Object"))
    yield call(step("Select-Object", InputObject="x"))
    yield call(POOLS, step("Out-Null"))
    yield call(POOLS, step("Out-Default"))
    yield call(POOLS, POOLS)
    yield call(POOLS, step("Get-CsNothing"))
    yield call(POOLS, step(MOVE))
    yield call(POOLS, step(MOVE, Bogus=1))
    yield call(POOLS, step("Select-Object", ExpandProperty="Identity"), step("Get-CsUserPoolInfo"))
    yield call(
        POOLS,
        step("Select-Object", First=1, ExpandProperty="Identity"),
        step("Invoke-CsBackupServiceSync", Bogus=1),
    )
    yield call(POOLS, step("Set-CsBackupServiceConfiguration", WhatIf=True))
    yield call(POOLS, step("Set-CsBackupServiceConfiguration", Identity="global", WhatIf=True))
    yield call(step("Get-CsDatabaseMirrorState", **MIRRORS), step("Select-Object", First=1))
    yield call(step("Get-CsSite", Identity="Nowhere"), step("Select-Object", First=1))
    yield call(POOLS, step("Where-Object", Property="Identity", EQ=True, Value=P1))


def _of_restricted_sessions() -> Iterator[Call]:
    for given in (
        {},
        {"ExpandProperty": "Identity"},
        {"Property": "Identity"},
        {"First": 1},
        {"InputObject": "x"},
    ):
        yield call(POOLS, step("Select-Object", **given), restricted=True)
    yield call(POOLS, restricted=True)
    yield call(STATUS, step("Select-Object", ExpandProperty="BackupModules"), restricted=True)
    yield call(POOLS, step("Measure-Object"), restricted=True)
    yield call(POOLS, step("Measure-Object", Property="Identity"), restricted=True)
    yield call(POOLS, step("Out-Default"), restricted=True)
    yield call(POOLS, step("Out-Null"), restricted=True)
    for name in (
        "Select-Object",
        "Measure-Object",
        "Out-Default",
        "Get-Module",
        "Get-Date",
        "Exit-PSSession",
        "Clear-Host",
    ):
        yield call(step(name), restricted=True)
    yield call(step("Import-Module", Name="Lync"), restricted=True)
    for name in ("Get-CsPool", "Get-CsNothing", "Get-CsNothing*", "*-Object", "Import-Module"):
        yield call(step("Get-Command", Name=name), restricted=True)
    yield call(step("Get-Command", Noun="CsPool"), restricted=True)
    yield call(step("Get-Help", Name="Get-CsNothing"), restricted=True)
    yield call(step("Get-FormatData", TypeName="Nothing"), restricted=True)
    yield call(step(MOVE, PoolFqdn=P1, WhatIf=True), restricted=True)
    yield call(step(MOVE, PoolFqdn=""), restricted=True)
    yield Call(script="Get-CsPool", restricted=True)


CALLS: Final = (
    *_of_the_failover(),
    *_of_names(),
    *_of_sets(),
    *_of_errors(),
    *_of_pipes(),
    *_of_restricted_sessions(),
)

_SMALL: Final = "The lab has of PowerShell's own commands only what a Lync session needs."
_FORMATS: Final = (
    "The engine stumbles over pypsrp, which does not say its PowerShell version; the lab has no"
    " format data (https://github.com/jborean93/pypsrp: application arguments)."
)
EXPLAINED: Final[dict[str, str]] = {
    str(call(step("Get-FormatData", TypeName="Nothing"))): _FORMATS,
    str(call(step("Get-FormatData", TypeName="Nothing"), restricted=True)): _FORMATS,
    str(call(step("Get-Date"))): _SMALL,
    str(call(POOLS, step("Where-Object", Property="Identity", EQ=True, Value=P1))): _SMALL,
    str(Call(script="Get-CsPool")): "Nothing is sent as script text, so the lab runs none.",
    str(call(POOLS, step("Measure-Object", Property="Nope"))): (
        "5.1 writes an error (https://github.com/MicrosoftDocs/PowerShell-Docs/issues/6736), 7.3"
        " only in strict mode (https://github.com/PowerShell/PowerShell/pull/16589)."
    ),
    str(call(step("Clear-Host"), restricted=True)): (
        "On Linux Clear-Host pipes into Select-Object -First, which a restricted session refuses;"
        " on Windows it asks the host (https://github.com/PowerShell/PowerShell,"
        " InitialSessionState.GetClearHostFunctionText)."
    ),
    str(call(step(MOVE, PoolFqdn=P1, WhatIf=True, ErrorAction="Break"))): (
        "Break is of PowerShell 7 "
        "(https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_commonparameters)."
    ),
    str(call(step(MOVE, PoolFqdn=P1, WhatIf=True, ProgressAction="Continue"))): (
        "ProgressAction is of PowerShell 7.4 "
        "(https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_commonparameters)."
    ),
}
"""Where lab and engine differ, and why: by the call as it is shown."""
