"""Unmodified pypsrp against the lab: every way to log on, and what it sees of a cmdlet."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError

from lyncops.lab.wire.faults import Profile
from tests.wire.stub import NAME, USER, RunspacePool, Served, command, served


@pytest.mark.parametrize(
    ("scheme", "auth", "encryption"),
    [
        ("http", "ntlm", "auto"),
        ("http", "negotiate", "auto"),
        ("https", "ntlm", "auto"),
        ("https", "negotiate", "auto"),
        ("https", "ntlm", "always"),
        ("https", "negotiate", "always"),
        ("https", "basic", "auto"),
    ],
)
def test_each_way_to_log_on_runs_a_cmdlet(
    lab: Served, scheme: str, auth: str, encryption: str
) -> None:
    with lab.pool(scheme, auth, encryption=encryption) as pool:
        output = command(pool, "Get-It", Count=2).invoke()
    assert [one.adapted_properties["Identity"] for one in output] == ["pool0", "pool1"]
    assert [str(one) for one in output] == ["a thing", "a thing"]
    assert {one.user for one in lab.machine.callers} == {USER}
    assert lab.machine.callers[0].delegated is (auth == "basic")


def test_basic_over_http_works_where_unencrypted_traffic_is_allowed(open_lab: Served) -> None:
    with open_lab.pool("http", "basic", encryption="never") as pool:
        assert len(command(pool, "Get-It").invoke()) == 1


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
def test_unencrypted_traffic_is_refused_otherwise(lab: Served, auth: str) -> None:
    with lab.wsman("http", auth, encryption="never") as wsman, pytest.raises(AuthenticationError):
        RunspacePool(wsman).open()
    assert not lab.host.server(NAME).service.shells


def test_a_client_certificate_logs_on(lab: Served, tmp_path: Path) -> None:
    issued = lab.host.authority.client(USER)
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    certificate.write_bytes(issued.certificate)
    key.write_bytes(issued.key)
    with lab.pool(
        "https", "certificate", certificate_pem=str(certificate), certificate_key_pem=str(key)
    ) as pool:
        command(pool, "Get-It").invoke()
    assert lab.machine.callers[0].user == USER


def test_a_request_for_certificate_logon_without_certificate_is_refused(lab: Served) -> None:
    with lab.wsman("https", "basic") as wsman:
        session = wsman.transport._build_session()
        session.auth = None
        answer = session.post(
            wsman.transport.endpoint,
            verify=str(lab.ca),
            headers={
                "Authorization": (
                    "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
                )
            },
        )
        session.close()
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("scheme", "auth"), [("http", "ntlm"), ("http", "negotiate"), ("https", "basic")]
)
def test_a_wrong_password_is_refused_and_counted_once(lab: Served, scheme: str, auth: str) -> None:
    with lab.wsman(scheme, auth, password="wrong") as wsman, pytest.raises(AuthenticationError):
        RunspacePool(wsman).open()
    assert lab.host.directory.failures.total() == 1


def _wrong_binding(_response: object) -> bytes:
    return b"tls-server-end-point:no"


def test_a_wrong_channel_binding_is_refused(lab: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    import pypsrp.negotiate

    monkeypatch.setattr(
        pypsrp.negotiate.HTTPNegotiateAuth, "_get_cbt_data", staticmethod(_wrong_binding)
    )
    with lab.wsman("https", "ntlm") as wsman, pytest.raises(AuthenticationError):
        RunspacePool(wsman).open()


def test_another_certificate_authority_is_not_trusted(lab: Served) -> None:
    lab.profile.untrusted_certificate = True
    import requests

    with lab.wsman("https", "basic") as wsman, pytest.raises(requests.exceptions.SSLError):
        RunspacePool(wsman).open()


def test_a_cmdlet_costs_two_requests_and_opening_three(open_lab: Served) -> None:
    with open_lab.pool("http", "basic", encryption="never") as pool:
        assert open_lab.host.requests.total == 3
        command(pool, "Get-It", Count=50).invoke()
        assert open_lab.host.requests.total == 5
    assert open_lab.host.requests.total == 6
    assert open_lab.host.requests.of(action="command") == 1
    assert open_lab.host.requests.of(machine=NAME, action="Receive") == 3
    open_lab.host.requests.reset()
    assert open_lab.host.requests.total == 0


def test_encrypted_ntlm_costs_three_requests_to_log_on(lab: Served) -> None:
    with lab.pool():
        assert lab.host.requests.of(action="Authenticate") == 3
        assert lab.host.requests.total == 6


def test_an_encrypted_session_does_not_survive_a_new_connection(lab: Served) -> None:
    with lab.wsman() as wsman:
        pool = RunspacePool(wsman)
        pool.open()
        wsman.transport.session.close()
        with pytest.raises(WinRMTransportError) as caught:
            command(pool, "Get-It").invoke()
        assert caught.value.code == 400
        wsman.transport.close()
        wsman.transport.session = None
        wsman.transport.encryption = None
        assert len(command(pool, "Get-It").invoke()) == 1
        pool.close()


def test_all_streams_arrive(lab: Served) -> None:
    with lab.pool() as pool:
        shell = command(pool, "Write-It")
        shell.invoke()
    streams = shell.streams
    assert shell.state == PSInvocationState.COMPLETED
    assert not shell.had_errors
    assert [str(one) for one in streams.error] == ["not so bad"]
    assert streams.error[0].category == 13
    assert streams.error[0].fq_error == "Minor"
    assert streams.error[0].target_object == "pool1"
    assert [str(one) for one in streams.warning] == ["beware"]
    assert [str(one) for one in streams.verbose] == ["in detail"]
    assert [str(one) for one in streams.debug] == ["in depth"]
    assert [str(one.message_data) for one in streams.information] == ["by the way"]
    assert [(one.activity, int(one.percent_complete)) for one in streams.progress] == [
        ("moving", 50),
        ("moving", 100),
    ]


def test_a_terminating_error_fails_the_pipeline_after_its_output(lab: Served) -> None:
    with lab.pool() as pool:
        shell = command(pool, "Stop-It")
        assert shell.invoke() == ["before"]
    assert shell.state == PSInvocationState.FAILED
    assert shell.had_errors
    assert str(shell.streams.error[0]) == "It broke."


@pytest.mark.parametrize(
    ("path", "expected"),
    [("OcsPowershell", "no-language mode"), ("wsman", "does not run script text")],
)
def test_script_text_is_refused(lab: Served, path: str, expected: str) -> None:
    with lab.pool("https", "basic", path=path) as pool:
        shell = command(pool, "Get-It")
        shell.commands.clear()
        shell.add_script("Get-It | Where-Object { $true }")
        shell.invoke()
    assert shell.state == PSInvocationState.FAILED
    assert expected in str(shell.streams.error[0])
    assert not lab.machine.executed


def test_a_winrm_endpoint_can_be_without_language_too(lab: Served) -> None:
    lab.profile.full_language = False
    with lab.pool() as pool:
        shell = command(pool, "Get-It")
        shell.commands.clear()
        shell.add_script("1")
        shell.invoke()
    assert "The syntax is not supported by this runspace." in str(shell.streams.error[0])


def test_the_ocs_endpoint_says_so_to_the_model(lab: Served) -> None:
    with lab.pool("https", "basic", path="OcsPowershell") as pool:
        command(pool, "Get-It").invoke()
    assert lab.machine.callers[0].ocs


def test_the_ocs_endpoint_is_not_served_over_http(lab: Served) -> None:
    with (
        lab.wsman("http", "ntlm", path="OcsPowershell") as wsman,
        pytest.raises(WinRMTransportError) as caught,
    ):
        RunspacePool(wsman).open()
    assert caught.value.code == 404


def test_statements_run_in_order_and_a_terminating_error_ends_them(lab: Served) -> None:
    with lab.pool() as pool:
        shell = command(pool, "Get-It")
        shell.add_statement().add_cmdlet("Stop-It")
        shell.add_statement().add_cmdlet("Set-It")
        shell.invoke()
    assert [one.name for one in lab.machine.seen] == ["Get-It", "Stop-It"]
    assert shell.state == PSInvocationState.FAILED


def test_a_pipe_reaches_the_machine_as_one_statement(lab: Served) -> None:
    with lab.pool() as pool:
        command(pool, "Get-It").add_cmdlet("Set-It").invoke()
    assert [[one.name for one in statement] for statement in lab.machine.statements] == [
        ["Get-It", "Set-It"]
    ]


def test_arguments_arrive_as_they_were_sent(lab: Served) -> None:
    with lab.pool() as pool:
        shell = command(pool, "Set-It", Confirm=False, PoolFqdn="p.contoso.com", Names=["a", "b"])
        shell.add_parameter("-Force").add_parameter("Null").add_argument(7)
        shell.invoke()
    arguments = [(one.name, one.value) for one in lab.machine.seen[0].arguments]
    assert arguments == [
        ("Confirm", False),
        ("PoolFqdn", "p.contoso.com"),
        ("Names", ["a", "b"]),
        ("Force", True),
        ("Null", None),
        (None, 7),
    ]


def test_a_second_shell_of_a_user_is_refused_when_the_quota_is_one(tmp_path: Path) -> None:
    with served(tmp_path, profile=Profile(max_shells_per_user=1)) as lab, lab.pool():
        with lab.wsman() as second, pytest.raises(WSManFaultError) as caught:
            RunspacePool(second).open()
        assert caught.value.code == 2150859173
        assert len(lab.host.server(NAME).service.shells) == 1


def test_the_pool_answers_questions_about_itself(lab: Served) -> None:
    with lab.pool() as pool:
        assert pool.get_available_runspaces() == 1
        pool.max_runspaces = 3
        assert pool.get_available_runspaces() == 3
        pool.reset_runspace_state()
        assert pool.is_alive()


def test_wsman_tells_its_configuration(lab: Served) -> None:
    with lab.wsman() as wsman:
        wsman.update_max_payload_size()
        assert wsman.max_envelope_size == 512_000
