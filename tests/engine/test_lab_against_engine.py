"""The lab does what a real PowerShell does: some 230 calls, right and wrong, to both, each
difference with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from lyncops.lab.wire.xmltext import parse_xml
from tests.engine.calls import CALLS, EXPLAINED
from tests.engine.comparison import Row, compare, engine_pool, lab_pool
from tests.engine.world import Action, Call, Problem
from tests.wire.stub import Untyped, command

_OF_SEVEN: Final = {"InvocationInfo/Statement", "PSMessageDetails"}
"""What an error record has since PowerShell 7 only."""


@pytest.fixture(scope="module")
def rows(
    pwsh: Path, module: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> list[Row]:
    return compare(pwsh, module("2013"), tmp_path_factory.mktemp("comparison"))


def test_every_difference_has_its_reason(rows: list[Row]) -> None:
    assert len(rows) == len(CALLS) >= 100
    assert {
        str(row.call): (str(row.engine), str(row.lab))
        for row in rows
        if not row.same and str(row.call) not in EXPLAINED
    } == {}


def test_no_reason_is_left_over(rows: list[Row]) -> None:
    assert {str(row.call) for row in rows if not row.same} == set(EXPLAINED)


def _members(element: ET.Element, path: str = "") -> Iterator[str]:
    """The names of a record's members, and of the exceptions' within."""
    for child in element:
        name = child.get("N")
        if name is None:
            yield from _members(child, path)
        else:
            yield path + name
            if name in {"Exception", "InnerException", "InvocationInfo"}:
                yield from _members(child, f"{path}{name}/")


def _record(pool: Untyped) -> set[str]:
    shell = command(pool, "Get-CsWindowsService", ComputerName="nowhere.contoso.com")
    shell.invoke()
    (error,) = shell.streams.error
    return set(_members(parse_xml(error._xml.encode())))


def test_an_error_record_has_the_members_of_a_real_one(
    pwsh: Path, module: Callable[[str], Path], tmp_path: Path
) -> None:
    def no_answer(_call: Call) -> Iterator[Action]:
        windows = Problem(
            message="The RPC server is unavailable",
            exception="System.ComponentModel.Win32Exception",
            code=1722,
        )
        yield Problem(message="Cannot open Service Control Manager.", inner=windows).thrown()

    handlers = {"Get-CsWindowsService": no_answer}
    with engine_pool(pwsh, module("2013"), tmp_path, restricted=False, more=handlers) as pool:
        real = _record(pool)
    with lab_pool(restricted=False) as pool:
        ours = _record(pool)
    assert "Exception/InnerException/NativeErrorCode" in real
    assert ours == real - _OF_SEVEN
