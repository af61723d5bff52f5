"""Every cmdlet class with each of its parameters: a real PowerShell binds what lyncops sends."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, cast

import pytest

from lyncops.cmdlets import Cmdlet
from lyncops.cmdlets.base import Parameter
from lyncops.cmdlets.codec import cmdlet_classes
from lyncops.cmdlets.kinds import GLOBAL_IDENTITY, STRING, UNLIMITED
from lyncops.errors import UnsupportedByVersionError
from lyncops.values import LyncVersion, Outcome
from tests.cmdlets.catalogue import REFERENCE
from tests.engine.conftest import Fronts
from tests.engine.world import World
from tests.independent.desk import desk_for

pytestmark = pytest.mark.slow
CLASSES: Final = [
    cls for forms in cmdlet_classes().values() for cls in forms if cls.NAME in REFERENCE
]
VERSIONS: Final = {"2013": LyncVersion.V2013, "2015": LyncVersion.V2015, "2019": LyncVersion.V2019}
_VALUES: Final[dict[str, object]] = {
    "SwitchParameter": True,
    "Boolean": True,
    "TimeSpan": timedelta(minutes=5),
    "String[]": ("one", "two"),
    "CertType[]": ("Default", "AccessEdgeExternal"),
    "Byte[]": b"bytes",
    "Guid": str(uuid.UUID(int=7)),
    "AuthenticationMechanism": "TrustedServer",
    "FlushType": "FullFlush",
}


def _value(about: Parameter) -> object:
    if about.kind.words:
        return about.kind.words[0]
    if about.name == "Confirm":
        return False
    if about.kind is UNLIMITED or "Int" in about.kind.powershell:
        return 5
    if about.kind is STRING:
        return "some text"
    return _VALUES.get(
        about.kind.powershell, "Global" if about.kind is GLOBAL_IDENTITY else "pool1.contoso.com"
    )


def _calls(
    cls: type[Cmdlet[object]], version: LyncVersion
) -> Iterator[tuple[Parameter | None, Cmdlet[object]]]:
    """The class with nothing but what is mandatory, then with each other parameter in a set that
    has it.
    """
    abouts = cls.parameters()
    for about in (None, *abouts):
        for one in cls.SETS or ("",):
            if about is not None and about.sets and one not in about.sets:
                continue
            fields = {
                each.field: _value(each)
                for each in abouts
                if each.mandatory or one in each.mandatory_in
            }
            if about is not None:
                fields[about.field] = _value(about)
            if fields.get("failed_over_pool_only"):
                fields["full_backup"] = True
            made = cast("Callable[..., Cmdlet[object]]", cls)(**fields)
            with suppress(UnsupportedByVersionError):
                made.require_version(version)
                yield about, made
            break


Calls = dict[tuple[Parameter | None, str], Cmdlet[object]]


def _all_calls(version: LyncVersion) -> Calls:
    """Every call that a version takes, by the parameter that it is made for and by what it says."""
    return {
        (about, repr(cmdlet)): cmdlet for cls in CLASSES for about, cmdlet in _calls(cls, version)
    }


def _earlier(version: str) -> set[tuple[Parameter | None, str]]:
    """The calls that are tried with an earlier version."""
    names = list(VERSIONS)
    before = names[: names.index(version)]
    return {key for name in before for key in _all_calls(VERSIONS[name])}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_parameter_binds(world: World, front: Fronts, tmp_path: Path, version: str) -> None:
    server = front(world, version=version)
    calls, tried = _all_calls(VERSIONS[version]), _earlier(version)
    assert len(calls) > 500
    refused: list[str] = []
    with desk_for(tmp_path, server, path="wsman", open_timeout="30s").sessions() as sessions:
        for (about, said), cmdlet in calls.items():
            if (about, said) in tried:
                continue
            done = sessions.run(cmdlet)
            last = (world.rehearsed if cmdlet.arguments().get("WhatIf") else world.calls)[-1:]
            bound = bool(last) and last[0].cmdlet == cmdlet.NAME
            if (
                done.outcome is not Outcome.SUCCEEDED
                or not bound
                or not _has(last[0].parameters, about)
            ):
                refused.append(f"{said}: {done.reason or [str(each) for each in done.errors]}")
    assert not refused, "\n".join(refused)


def _has(bound: object, about: Parameter | None) -> bool:
    return about is None or about.name in cast("dict[str, object]", bound)
