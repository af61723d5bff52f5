"""The doctor on the wire: each way to log on, and each thing that stands in the way by its own
name.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

import lyncops
from lyncops.checks.result import CheckResult, Verdict
from lyncops.cli.main import main
from lyncops.doctor.diagnosis import Diagnosis, Section, Subject
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, EndpointKind, Lab, LabAuth
from lyncops.lab.wire.faults import Profile
from lyncops.views.json_values import to_json

FE1 = "fe1.contoso.com"
PASSED, WARNING, FAILED, UNKNOWN = Verdict.PASSED, Verdict.WARNING, Verdict.FAILED, Verdict.UNKNOWN


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with Lab.start("two-sites", credssp=True) as lab:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        yield lab


def examined(config: Path) -> Diagnosis:
    with lyncops.connect(config) as client:
        return client.doctor()


def of_endpoint(found: Diagnosis, machine: str = FE1) -> Section:
    return next(
        one
        for one in found.sections
        if one.subject is Subject.ENDPOINT and f"//{machine}" in one.name
    )


def answers(section: Section) -> dict[str, Verdict]:
    return {result.check_id: result.verdict for result in section.results}


def answer(section: Section, check_id: str) -> CheckResult:
    return next(result for result in section.results if result.check_id == check_id)


def only_first_endpoint(config: Path, **changed: str) -> Path:
    """A configuration of the first endpoint alone, with some of its values changed."""
    text = config.read_text()
    head, first, *_ = text.split("[[endpoint]]")
    first, rest = first.split("\n[")[0], text[text.index("[credentials]") :]
    lines = [line for line in first.splitlines() if line.split(" = ")[0] not in changed]
    lines += [f"{key} = {json.dumps(value)}" for key, value in changed.items() if value]
    config.write_text("\n".join((head, "[[endpoint]]", *lines, rest)))
    return config


def test_over_ntlm_all_is_well_but_the_second_hop(lab: Lab, tmp_path: Path) -> None:
    found = examined(lab.write_config(tmp_path, auth=LabAuth.NTLM))
    first = of_endpoint(found)
    assert answers(first) == {
        "name-resolution": PASSED,
        "tcp": PASSED,
        "tls": PASSED,
        "http": PASSED,
        "clock": PASSED,
        "logon": PASSED,
        "session-configuration": PASSED,
        "module": PASSED,
        "second-hop": FAILED,
        "rights": UNKNOWN,
        "quotas": PASSED,
        "disconnect": PASSED,
    }
    assert first.not_examined == ()
    assert "ntlm" in answer(first, "logon").evidence
    assert "CredSSP" in answer(first, "second-hop").remedy
    assert "RTCUniversalServerAdmins" in answer(first, "rights").remedy
    assert not answer(first, "rights").blocking
    assert "MaxMemoryPerShellMB 1024" in answer(first, "quotas").evidence
    assert found.verdict is FAILED
    assert len([one for one in found.sections if one.subject is Subject.ENDPOINT]) == 10
    assert lab.failed_logons == 0


@pytest.mark.parametrize(
    ("auth", "hop"),
    [(LabAuth.CREDSSP, PASSED), (LabAuth.BASIC, PASSED), (LabAuth.NEGOTIATE, FAILED)],
)
def test_what_a_way_to_log_on_can_do_is_tried(
    lab: Lab, tmp_path: Path, auth: LabAuth, hop: Verdict
) -> None:
    first = of_endpoint(examined(lab.write_config(tmp_path, auth=auth, scheme="https")))
    assert answer(first, "second-hop").verdict is hop
    assert answer(first, "tls").verdict is PASSED
    logon = answer(first, "logon")
    assert (auth.value if auth is not LabAuth.NEGOTIATE else "ntlm") in logon.evidence
    assert logon.verdict is (WARNING if auth is LabAuth.NEGOTIATE else PASSED)


def test_with_a_second_hop_everything_can_be_asked(lab: Lab, tmp_path: Path) -> None:
    assert lab.doors.addresses()
    found = examined(lab.write_config(tmp_path, auth=LabAuth.CREDSSP))
    assert found.verdict is WARNING, [one for one in found.results if one.verdict is not PASSED]
    machines = [one for one in found.sections if one.subject is Subject.MACHINE]
    assert {tuple(answers(one).items()) for one in machines} == {
        (("name-resolution", PASSED), ("ports", PASSED), ("services", PASSED))
    }
    whole = [one for one in found.sections if one.subject is Subject.DEPLOYMENT]
    assert [answers(one) for one in whole] == [
        {"topology": PASSED, "store": PASSED},
        {"user-database": PASSED, "backup-service": PASSED},
        {"user-database": PASSED, "backup-service": PASSED},
    ]


@pytest.mark.parametrize(
    ("auth", "scheme"),
    [(LabAuth.NTLM, "http"), (LabAuth.BASIC, "https"), (LabAuth.CREDSSP, "http")],
)
def test_a_wrong_password_is_tried_once(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auth: LabAuth, scheme: str
) -> None:
    config = lab.write_config(tmp_path, auth=auth, scheme="https" if scheme == "https" else "http")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "wrong-password")
    found = examined(config)
    endpoints = [one for one in found.sections if one.subject is Subject.ENDPOINT]
    assert {answer(one, "logon").verdict for one in endpoints} == {FAILED}
    assert all("session-configuration" in one.not_examined for one in endpoints)
    assert lab.failed_logons == 1
    assert "wrong-password" not in str(to_json(found))


@pytest.mark.parametrize(
    ("setting", "check_id", "words"),
    [
        ("untrusted_certificate=true", "tls", "authority is not trusted"),
        ("clock_ahead=660s", "clock", "11 minutes ahead"),
        ("disconnects=false", "disconnect", "reconnected"),
        ("protocol=2.1", "disconnect", "older than 3.0"),
        ("max_shells_per_user=0", "session-configuration", "too many sessions"),
    ],
)
def test_each_trouble_has_its_check(
    lab: Lab, tmp_path: Path, setting: str, check_id: str, words: str
) -> None:
    lab.inject("profile", setting, f"machine={FE1}")
    first = of_endpoint(
        examined(
            only_first_endpoint(lab.write_config(tmp_path, auth=LabAuth.NEGOTIATE, scheme="https"))
        )
    )
    result = answer(first, check_id)
    assert result.verdict is (WARNING if check_id == "disconnect" else FAILED)
    assert words in result.evidence
    assert result.remedy


def test_a_name_without_an_address_and_a_certificate_for_another(lab: Lab, tmp_path: Path) -> None:
    config = only_first_endpoint(
        lab.write_config(tmp_path, auth=LabAuth.NTLM, scheme="https"),
        url="https://fe9.contoso.com:5986/wsman",
        pool="",
        machine="",
    )
    first = of_endpoint(examined(config), "fe9.contoso.com")
    assert "it is for another name" in answer(first, "tls").evidence
    assert first.not_examined[0] == "http"
    config = only_first_endpoint(
        config, url="https://fe9.lyncops.invalid:5986/wsman", connect_to=""
    )
    first = of_endpoint(examined(config), "fe9.lyncops.invalid")
    assert answers(first) == {"name-resolution": FAILED}
    assert first.not_examined[:2] == ("tcp", "tls")


def test_a_restricted_endpoint_offers_only_what_is_allowed(lab: Lab, tmp_path: Path) -> None:
    lab.inject("profile", "restricted=true", f"machine={FE1}")
    first = of_endpoint(examined(lab.write_config(tmp_path, auth=LabAuth.NTLM)))
    assert answer(first, "rights").verdict is PASSED
    assert answer(first, "quotas").verdict is UNKNOWN
    assert "restricted" in answer(first, "quotas").evidence
    assert not answer(first, "quotas").blocking
    assert answer(first, "module").verdict is PASSED


def test_on_ocspowershell_the_roles_that_have_a_missing_cmdlet_are_named(
    lab: Lab, tmp_path: Path
) -> None:
    whole = lab.host.directory.accounts
    groups = frozenset({"CsViewOnlyAdministrator"})
    lab.host.directory.accounts = tuple(
        attrs.evolve(one, caller=attrs.evolve(one.caller, groups=groups)) for one in whole
    )
    first = of_endpoint(examined(lab.write_config(tmp_path, kind=EndpointKind.OCS)))
    rights = answer(first, "rights")
    assert rights.verdict is FAILED
    assert "Invoke-CsPoolFailOver" in rights.evidence
    assert "Add-ADGroupMember CsAdministrator" in rights.remedy


def test_where_everything_is_dead_it_says_so_soon(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = lab.write_config(tmp_path, auth=LabAuth.NTLM)
    for name in lab.world.machines:
        lab.crash(str(name))
    begun = time.monotonic()
    assert main(("--config", str(config), "--json", "doctor")) == 2
    assert time.monotonic() - begun < 30
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "failed"
    endpoints = [one for one in told["sections"] if one["subject"] == "endpoint"]
    assert {one["checks"][-1]["check_id"] for one in endpoints} == {"tcp"}
    assert told["sections"][-1]["checks"][0]["verdict"] == "unknown"


def test_the_table_has_a_line_for_each_check_and_its_remedy(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("--config", str(lab.write_config(tmp_path, auth=LabAuth.NTLM)), "doctor")) == 2
    out = capsys.readouterr().out
    assert "second-hop" in out
    assert "whoami /groups" in out
    assert "\x1b" not in out


def test_a_hung_server_holds_nobody_up_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Lab.start("two-sites", profile=Profile(delay=timedelta())) as lab:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        config = only_first_endpoint(lab.write_config(tmp_path, auth=LabAuth.NTLM))
        config.write_text(
            config.read_text().replace(
                "[retry]", '[retry]\nconnect_timeout = "1s"\nopen_timeout = "1s"'
            )
        )
        lab.hang(FE1)
        begun = time.monotonic()
        found = of_endpoint(examined(config))
        assert time.monotonic() - begun < 10
        assert answer(found, "tcp").verdict is PASSED
        assert answer(found, "http").verdict is FAILED
        assert found.not_examined[:2] == ("clock", "logon")
