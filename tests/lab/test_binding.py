"""Arguments are judged by the reference catalogue and with PowerShell's messages (facts page 1)."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyncops.lab.interface import Argument, ErrorDetail, TerminatingError
from lyncops.lab.parameters.binding import Bound, bind
from lyncops.lab.parameters.catalogue import catalogue
from lyncops.lab.parameters.coercion import CannotConvertError, convert
from lyncops.values import Fqdn, RemoteEnum, RemoteObject


def try_bind(name: str, version: str, /, *positional: object, **named: object) -> Bound:
    spec = catalogue()[name.casefold()].for_version(version)
    assert spec is not None
    arguments = [Argument(None, p) for p in positional] + [Argument(n, v) for n, v in named.items()]
    return bind(spec, arguments, version)


def refusal(name: str, version: str, /, *positional: object, **named: object) -> ErrorDetail:
    with pytest.raises(TerminatingError) as caught:
        try_bind(name, version, *positional, **named)
    return caught.value.detail


def test_the_whole_reference_is_there() -> None:
    names = [spec.name for spec in catalogue().values() if "-Cs" in spec.name]
    assert len(names) == 101


@pytest.mark.parametrize(
    ("cmdlet", "version", "named", "wrong"),
    [
        # Facts page 1.1, one by one: the names that Microsoft's own procedure pages print.
        (
            "Set-CsSite",
            "2013",
            {"Identity": "Site2", "XmppExternalFederationRoute": "x"},
            "XmppExternalFederationRoute",
        ),
        (
            "Invoke-CsManagementServerFailover",
            "2013",
            {"MirrorSQLServerFqdn": "a.b"},
            "MirrorSQLServerFqdn",
        ),
        (
            "Invoke-CsManagementServerFailover",
            "2013",
            {"MirrorSQLInstanceName": "rtc"},
            "MirrorSQLInstanceName",
        ),
        (
            "Get-CsBackupServiceStatus",
            "2013",
            {"PoolFqdn": "a.b", "BackupModule": "CMS"},
            "BackupModule",
        ),
        (
            "Import-CsRgsConfiguration",
            "2013",
            {"ReplaceExistingSettings": True},
            "ReplaceExistingSettings",
        ),
        ("Get-CsComputer", "2013", {"PoolFqdn": "a.b"}, "PoolFqdn"),
        # Facts page 1.2: what a version lacks does not exist.
        (
            "Invoke-CsPoolFailOver",
            "2013",
            {"PoolFqdn": "a.b", "SkipDataVerification": True},
            "SkipDataVerification",
        ),
        ("Invoke-CsPoolFailOver", "2013", {"PoolFqdn": "a.b", "LocalStore": True}, "LocalStore"),
        ("Get-CsService", "2019", {"LocalStore": True}, "LocalStore"),
        ("Invoke-CsBackupServiceSync", "2019", {"PoolFqdn": "a.b", "WhatIf": True}, "WhatIf"),
        ("Get-CsDatabaseMirrorState", "2019", {"PoolFqdn": "a.b"}, "PoolFqdn"),
    ],
)
def test_unknown_parameters_are_refused(
    cmdlet: str, version: str, named: dict[str, object], wrong: str
) -> None:
    detail = refusal(cmdlet, version, **named)
    assert detail.message == f"A parameter cannot be found that matches parameter name '{wrong}'."
    assert detail.error_id.startswith("NamedParameterNotFound,")
    assert detail.category == "InvalidArgument"
    assert detail.exception_type == "System.Management.Automation.ParameterBindingException"


def test_exclude_database_binds_only_as_a_prefix() -> None:
    bound = try_bind(
        "Invoke-CsDatabaseFailover",
        "2013",
        DatabaseType="User",
        NewPrincipal="m",
        PoolFqdn="a.b",
        ExcludeDatabase="x",
    )
    assert bound.values["ExcludeDatabaseList"] == ("x",)


def test_names_are_case_insensitive_with_prefixes_and_aliases() -> None:
    bound = try_bind(
        "invoke-cspoolfailover",
        "2013",
        poolfqdn="POOL1.contoso.com",
        disaster=None,
        wi=True,
        vb=True,
    )
    assert bound.values == {
        "PoolFqdn": "pool1.contoso.com",
        "DisasterMode": True,
        "WhatIf": True,
        "Verbose": True,
    }


BINDING_ERRORS: list[tuple[tuple[str, dict[str, object]], str, str]] = [
    (
        ("Invoke-CsPoolFailOver", {}),
        "MissingMandatoryParameter",
        "missing mandatory parameters: PoolFqdn.",
    ),
    (
        ("Invoke-CsManagementServerFailover", {"Force": True}),
        "MissingMandatoryParameter",
        "BackupSqlServerFqdn",
    ),
    (
        ("Get-CsService", {"Registrar": True, "EdgeServer": True}),
        "AmbiguousParameterSet",
        "Parameter set cannot be resolved",
    ),
    (("Invoke-CsPoolFailOver", {"PoolFqdn": "a.b", "e": 1}), "AmbiguousParameter", "-ErrorAction"),
    (
        ("Invoke-CsPoolFailOver", {"PoolFqdn": None}),
        "ParameterArgumentValidationErrorNullNotAllowed",
        "it is null",
    ),
    (
        ("Invoke-CsPoolFailOver", {"PoolFqdn": ""}),
        "CannotConvertArgumentNoMessage",
        "Cannot bind parameter 'PoolFqdn'",
    ),
    (("Invoke-CsPoolFailOver", {"PoolFqdn": ["a.b"]}), "CannotConvertArgument", "not supported"),
    (
        ("Invoke-CsPoolFailOver", {"PoolFqdn": "a.b", "DisasterMode": "true"}),
        "CannotConvertArgument",
        "SwitchParameter",
    ),
    (
        ("Invoke-CsPoolFailOver", {"PoolFqdn": "a.b", "WaitTime": None}),
        "ParameterBindingFailed",
        "Cannot convert null",
    ),
    (
        ("Invoke-CsPoolFailOver", {"PoolFqdn": "a.b", "ErrorAction": "Suspend"}),
        "ParameterBindingFailed",
        "Suspend",
    ),
    (
        ("Invoke-CsPoolFailOver", {"PoolFqdn": "a.b", "OutBuffer": -1}),
        "ParameterArgumentValidationError",
        "minimum",
    ),
    (
        ("Export-CsConfiguration", {"FileName": ""}),
        "ParameterArgumentValidationErrorEmptyStringNotAllowed",
        "empty string",
    ),
    (
        ("Invoke-CsPoolFailOver", {"Bogus": 1, "PoolFqdn": "a b"}),
        "CannotConvertArgumentNoMessage",
        "PoolFqdn",
    ),
    (
        ("Invoke-CsPoolFailOver", {"PoolFqdn": "a b"}),
        "CannotConvertArgumentNoMessage",
        "Cannot bind parameter 'PoolFqdn'",
    ),
    (
        ("Invoke-CsPoolFailOver", {"PoolFqdn": "a.b", "poolfqdn": "a.b"}),
        "ParameterAlreadyBound",
        "more than once",
    ),
    (("Invoke-CsPoolFailOver", {"": True}), "NamedParameterNotFound", "parameter name ''"),
]


@pytest.mark.parametrize(("call", "error_id", "words"), BINDING_ERRORS)
def test_binding_errors(call: tuple[str, dict[str, object]], error_id: str, words: str) -> None:
    name, named = call
    detail = refusal(name, "2013", **named)
    assert detail.error_id.partition(",")[0] == error_id
    assert words in detail.message


def test_positions() -> None:
    assert try_bind("Set-CsSite", "2013", "Site2").values == {"Identity": "Site2"}
    assert try_bind("Export-CsConfiguration", "2013", "c:\\x.zip").values == {
        "FileName": "c:\\x.zip"
    }
    assert (
        "positional parameter cannot be found"
        in refusal("Invoke-CsPoolFailOver", "2013", "pool1.contoso.com").message
    )
    assert "accepts argument 'b'" in refusal("Set-CsSite", "2013", "a", "b").message


def test_sets_are_told_apart() -> None:
    name = "Invoke-CsManagementServerFailover"
    assert try_bind(name, "2013").set_name == "Normal"
    assert try_bind(name, "2013", BackupSqlServerFqdn="sql.b").set_name == "DisasterRecovery"
    assert try_bind("Get-CsDatabaseMirrorState", "2019").set_name == "default"


def test_versions_of_cmdlets() -> None:
    assert catalogue()["get-csupgradedomaininfo"].for_version("2015") is None
    assert catalogue()["get-cspoolupgradereadinessstate"].for_version("2019") is None


@pytest.mark.parametrize(
    ("value", "kind", "result"),
    [
        ("17", "Int32", 17),
        (True, "Int32", 1),
        ("00:02:00", "TimeSpan", timedelta(minutes=2)),
        ("-1.02:03:04.5", "TimeSpan", -timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("3", "TimeSpan", timedelta(days=3)),
        (600_000_000, "TimeSpan", timedelta(minutes=1)),
        ("25:00:00", "TimeSpan", timedelta(days=25)),
        ("1:02:03:04", "TimeSpan", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("", "Int32", 0),
        ("0x10", "Int32", 16),
        ("1e2", "Int32", 100),
        (" 3 ", "Int32", 3),
        (2.5, "Int32", 2),
        ("1.7", "Int32", 2),
        (["Mirror"], "MirrorRole", "Mirror"),
        ("Mirror,Primary", "MirrorRole", "Mirror"),
        (5, "Byte[]", b"\x05"),
        (5, "String[]", ("5",)),
        (timedelta(1), "TimeSpan", timedelta(1)),
        ("mirror", "MirrorRole", "Mirror"),
        ("p", "MirrorRole", "Primary"),
        (1, "MirrorRole", "Mirror"),
        (RemoteEnum("Mirror"), "MirrorRole", "Mirror"),
        ("app", "DatabaseNameType", "Application"),
        ("a,b", "String[]", ("a,b",)),
        (["a", "b"], "String[]", ("a", "b")),
        (1, "Boolean", True),
        (False, "SwitchParameter", False),
        (0, "SwitchParameter", False),
        (RemoteObject({"IsPresent": True}), "SwitchParameter", True),
        ([1, 2], "Byte[]", b"\x01\x02"),
        (b"x", "Byte[]", b"x"),
        ("Pool1.Contoso.Com", "Microsoft.Rtc.Management.Deploy.Fqdn", Fqdn("pool1.contoso.com")),
        (
            "12345678-1234-5678-1234-567812345678",
            "Guid",
            uuid.UUID("12345678-1234-5678-1234-567812345678"),
        ),
        (uuid.UUID(int=1), "Guid", uuid.UUID(int=1)),
        ("stop", "ActionPreference", "Stop"),
        ({"x": 1}, "Hashtable", {"x": 1}),
    ],
)
def test_conversions(value: object, kind: str, result: object) -> None:
    assert convert(value, kind, "2013") == result


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("x", "Int32"),
        (2**40, "Int32"),
        (-1, "UInt16"),
        ("abc", "TimeSpan"),
        ("", "MirrorRole"),
        ("7", "MirrorRole"),
        ("Arch", "MirrorRole"),
        ("p", "DatabaseNameType"),
        ("true", "Boolean"),
        (1.5j, "Boolean"),
        ("yes", "SwitchParameter"),
        ("zz", "Guid"),
        ("zz", "Byte[]"),
        ([300], "Byte[]"),
        ("under score!", "Fqdn"),
    ],
)
def test_refused_conversions(value: object, kind: str) -> None:
    with pytest.raises(CannotConvertError, match="Cannot convert"):
        convert(value, kind, "2013")


def test_cms_is_a_database_type_of_2013_only() -> None:
    assert convert("CMS", "DatabaseNameType", "2013") == "CMS"
    with pytest.raises(CannotConvertError, match="ActiveMonitoring"):
        convert("CMS", "DatabaseNameType", "2015")


@given(st.integers(min_value=0, max_value=3 * 24 * 3600))
def test_every_timespan_text_comes_back(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    hours, rest = divmod(span.seconds, 3600)
    text = f"{span.days}.{hours:02}:{rest // 60:02}:{rest % 60:02}"
    assert convert(text, "TimeSpan", "2013") == span
