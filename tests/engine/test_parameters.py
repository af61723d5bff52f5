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


def _new_calls(version: str) -> Iterator[tuple[Parameter | None, Cmdlet[object]]]:
    """What this version takes and no earlier one has tried."""
    earlier = [LyncVersion.V2013] if version != "2013" else []
    for cls in CLASSES:
        tried = {repr(cmdlet) for each in earlier for _, cmdlet in _calls(cls, each)}
        for about, cmdlet in _calls(cls, VERSIONS[version]):
            if repr(cmdlet) not in tried:
                yield about, cmdlet


@pytest.mark.timeout(900)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_parameter_binds(world: World, front: Fronts, tmp_path: Path, version: str) -> None:
    server = front(world, version=version)
    refused: list[str] = []
    sent = 0
    with desk_for(tmp_path, server, path="wsman", open_timeout="30s").sessions() as sessions:
        for about, cmdlet in _new_calls(version):
            done = sessions.run(cmdlet)
            sent += 1
            last = (world.rehearsed if cmdlet.arguments().get("WhatIf") else world.calls)[-1:]
            bound = bool(last) and last[0].cmdlet == cmdlet.NAME
            if (
                done.outcome is not Outcome.SUCCEEDED
                or not bound
                or not _has(last[0].parameters, about)
            ):
                refused.append(f"{cmdlet!r}: {done.reason or [str(each) for each in done.errors]}")
    assert not refused, "\n".join(refused)
    assert sent > (500 if version == "2013" else 0)


def _has(bound: object, about: Parameter | None) -> bool:
    return about is None or about.name in cast("dict[str, object]", bound)
