from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lyncops.cmdlets as c
from lyncops.cmdlets import Cmdlet
from lyncops.cmdlets.kinds import format_timespan, parse_timespan
from lyncops.errors import InvalidValueError
from tests.cmdlets.instances import TEXT, cmdlets

_SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b"  # CharTraits.IsSingleQuote of PowerShell's tokenizer


def _words(line: str) -> Iterator[str]:
    """Split a command line as PowerShell does, as far as these lines go: single-quoted texts,
    commas, bare words.
    """
    position = 0
    while position < len(line):
        if line[position] == " ":
            position += 1
            continue
        word = ""
        while position < len(line) and line[position] != " ":
            if line[position] in _SINGLE_QUOTES:
                text, position = _quoted(line, position + 1)
                word += f"<{text.encode().hex()}>"
            else:
                assert line[position] not in '"`;|&{}@#\n', line
                word += line[position]
                position += 1
        yield word


def _quoted(line: str, position: int) -> tuple[str, int]:
    """The text up to the closing quote: any single quote closes it, two in a row are one (the first
    of them).
    """
    text = ""
    while True:
        if line[position] in _SINGLE_QUOTES:
            if position + 1 >= len(line) or line[position + 1] not in _SINGLE_QUOTES:
                return text, position + 1
            position += 1
            text += line[position - 1]
        else:
            text += line[position]
        position += 1


def _expected(name: str, value: object) -> list[str]:
    if value is True and name not in _BOOLEANS:
        return [f"-{name}"]
    if name == "Confirm":
        return ["-Confirm:$false"]
    if isinstance(value, bool):
        return [f"-{name}", f"${str(value).lower()}"]
    if isinstance(value, int):
        return [f"-{name}", str(value)]
    if isinstance(value, bytes):
        return [
            f"-{name}",
            f"([System.Convert]::FromBase64String({_shown(base64.b64encode(value).decode())}))",
        ]
    if isinstance(value, tuple):
        return [f"-{name}", ",".join(map(_shown, cast("tuple[object, ...]", value)))]
    return [f"-{name}", _shown(format_timespan(value) if isinstance(value, timedelta) else value)]


def _shown(value: object) -> str:
    return f"<{str(value).encode().hex()}>"


_BOOLEANS = {
    "EnableAutomaticFailover",
    "EnableDHCPServer",
    "EnableRgsBackupService",
    "EnableWinFabLogUpload",
    "Online",
    "SkipPrepareCheck",
}


@given(cmdlets())
def test_powershell_reads_back_exactly_the_arguments(cmdlet: Cmdlet[object]) -> None:
    shown = cmdlet.to_powershell()
    lines = shown.rsplit(" | ", 1) if cmdlet.EXPANDS else [shown]
    for line, (name, arguments) in zip(lines, cmdlet.commands(), strict=True):
        expected = [
            word for parameter, value in arguments.items() for word in _expected(parameter, value)
        ]
        assert list(_words(line)) == [name, *expected]


@given(TEXT)
def test_no_text_can_leave_its_quotes(text: str) -> None:
    line = c.GetCsUser(filter=text).to_powershell()
    assert list(_words(line)) == ["Get-CsUser", "-Filter", _shown(text)]


@pytest.mark.parametrize(
    ("cmdlet", "line"),
    [
        (
            c.InvokeCsPoolFailOver(pool_fqdn="pool1.contoso.com", disaster_mode=True, verbose=True),
            (
                "Invoke-CsPoolFailOver -PoolFqdn 'pool1.contoso.com' -Confirm:$false -DisasterMode"
                " -Verbose"
            ),
        ),
        (c.GetCsServerVersion(), "Get-CsServerVersion"),
        (c.ImportModule(name="Lync"), "Import-Module -Name 'Lync'"),
        (
            c.GetCsCentralManagementStoreStatus(),
            "Get-CsManagementStoreReplicationStatus -CentralManagementStoreStatus",
        ),
        (
            c.SetCsBackupServiceConfiguration(
                sync_interval=timedelta(minutes=2), enable_rgs_backup_service=True
            ),
            (
                "Set-CsBackupServiceConfiguration -Confirm:$false -SyncInterval '00:02:00'"
                " -EnableRgsBackupService $true"
            ),
        ),
        (
            c.StartCsPool(
                pool_fqdn="p.contoso.com", skip_server=("it's", "a\u2019b"), what_if=True
            ),
            "Start-CsPool -PoolFqdn 'p.contoso.com' -SkipServer 'it''s','a\u2019\u2019b' -WhatIf",
        ),
        (
            c.ImportCsLisConfiguration(byte_input=b"PK"),
            "Import-CsLisConfiguration -ByteInput ([System.Convert]::FromBase64String('UEs='))",
        ),
    ],
)
def test_the_line_that_a_person_can_paste(cmdlet: Cmdlet[object], line: str) -> None:
    assert cmdlet.to_powershell() == line


@given(st.timedeltas(timedelta(days=-9999), timedelta(days=9999)))
def test_a_duration_survives_its_text(length: timedelta) -> None:
    assert parse_timespan(format_timespan(length)) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("00:02", timedelta(minutes=2)),
        ("1.02:03:04.5000000", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("-00:00:05", timedelta(seconds=-5)),
    ],
)
def test_durations_as_dotnet_writes_them(text: str, length: timedelta) -> None:
    assert parse_timespan(text) == length


@pytest.mark.parametrize("text", ["", "2 minutes", "24:00:00", "00:60:00", "120"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="is not a duration"):
        _ = parse_timespan(text)
