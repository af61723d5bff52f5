from __future__ import annotations

import gc
import logging
import threading
from datetime import timedelta
from pathlib import Path
from typing import cast

import attrs
import pytest

from lyncops.cmdlets import GetCsService
from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import EndpointError, InvalidValueError, UnsupportedByVersionError
from lyncops.lab.interface import ErrorDetail, Invocation, Session, Sink, TerminatingError
from lyncops.lab.wire import psrp
from lyncops.lab.wire.faults import FaultKind, Profile
from lyncops.remoting.endpoint import Auth
from lyncops.remoting.execution import Sending
from lyncops.remoting.psrp.messages import MessageType
from lyncops.remoting.psrp.streams import StreamKind, StreamRecord
from lyncops.values import Anywhere, Fqdn, LyncVersion, OnMachine, OnPool, Outcome, RemoteObject
from tests.remoting.machines import (
    CHANGE,
    EDGE,
    FE1,
    FE2,
    READ,
    Ground,
    PatientClock,
    ground,
    interrupt,
    warmed,
)

POOL1, POOL2 = Fqdn("pool1.contoso.com"), Fqdn("pool2.contoso.com")


def fail(_invocation: Invocation, _session: Session, _sink: Sink) -> None:
    raise TerminatingError(
        ErrorDetail(
            message="It broke.", category="InvalidOperation", error_id="Broken", target="pool1"
        )
    )


def complain(_invocation: Invocation, _session: Session, sink: Sink) -> None:
    sink.output("some")
    sink.error(
        ErrorDetail(
            message="Not so bad.", category="ObjectNotFound", error_id="Minor", target="pool1"
        )
    )
    sink.warning("beware")
    sink.verbose("in detail")
    sink.debug("in depth")
    sink.information("by the way")
    sink.progress("moving", "half way", 50)


def test_one_cmdlet_costs_two_requests(one: Ground) -> None:
    with warmed(one.sessions()) as sessions:
        one.lab.requests.reset()
        for _ in range(5):
            sessions.run(READ)
        assert (one.requests("Command"), one.requests("Receive")) == (5, 5)


def test_ten_idle_minutes_are_survived_in_silence(one: Ground) -> None:
    clock = PatientClock()
    with warmed(one.sessions(clock=clock)) as sessions:
        one.lab.disconnect_idle()
        clock.ahead += timedelta(minutes=10)
        sent: list[Sending] = []
        assert sessions.run(CHANGE, before_send=sent.append).outcome is Outcome.SUCCEEDED
    assert len(sent) == one.executed(CHANGE) == 1


def test_session_that_died_of_silence_is_opened_anew(one: Ground) -> None:
    clock = PatientClock()
    with warmed(one.sessions(clock=clock)) as sessions:
        one.lab.restart()
        clock.ahead += timedelta(minutes=10)
        assert sessions.run(CHANGE).attempts == 1
    assert one.executed(CHANGE) == 1


def test_disconnected_session_is_taken_back_when_a_change_finds_it(one: Ground) -> None:
    with warmed(one.sessions()) as sessions:
        one.lab.disconnect_idle()
        execution = sessions.run(CHANGE)
    assert execution.outcome is Outcome.SUCCEEDED
    assert one.executed(CHANGE) == 1


def test_connection_cut_in_silence_does_no_harm(one: Ground) -> None:
    clock = PatientClock()
    with warmed(one.sessions(clock=clock)) as sessions:
        one.strike(FaultKind.DROP_BEFORE, "Get")
        clock.ahead += timedelta(minutes=10)
        creates = one.requests("Create")
        assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
        assert one.requests("Create") == creates


def test_terminating_error_fails_and_is_kept(one: Ground) -> None:
    one.fe1.scripts[CHANGE.NAME] = fail
    with one.sessions() as sessions:
        execution = sessions.run(CHANGE)
    (error,) = execution.errors
    assert (execution.outcome, execution.sent, execution.reason) == (
        Outcome.FAILED,
        True,
        "It broke.",
    )
    assert (error.category, error.fully_qualified_error_id, error.target) == (
        "InvalidOperation",
        "Broken",
        "pool1",
    )
    assert error.exception_type == "System.InvalidOperationException"
    assert error.terminating


def test_error_record_fails_though_the_server_says_completed_and_all_streams_are_kept(
    one: Ground,
) -> None:
    one.fe1.scripts[READ.NAME] = complain
    live: list[StreamRecord] = []
    with one.sessions() as sessions:
        execution = sessions.run(READ, on_record=live.append)
    assert execution.outcome is Outcome.FAILED
    assert execution.raw == ("some",)
    assert not execution.errors[0].terminating
    assert execution.records == tuple(one for one in live if one.kind is not StreamKind.OUTPUT)
    assert {record.kind: (record.text, record.percent) for record in live} == {
        StreamKind.OUTPUT: ("some", None),
        StreamKind.ERROR: ("Not so bad.", None),
        StreamKind.WARNING: ("beware", None),
        StreamKind.VERBOSE: ("in detail", None),
        StreamKind.DEBUG: ("in depth", None),
        StreamKind.INFORMATION: ("by the way", None),
        StreamKind.PROGRESS: ("moving: half way", 50),
    }


def test_read_past_its_deadline_is_stopped_and_failed(one: Ground) -> None:
    with warmed(one.sessions()) as sessions:
        one.fe1.hold = True
        execution = sessions.run(READ, deadline=timedelta(seconds=1))
        assert one.fe1.stopped.wait(5)
        one.fe1.hold = False
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED
    assert execution.outcome is Outcome.FAILED
    assert "deadline of 1 s" in execution.reason


def test_change_past_its_deadline_is_let_go_and_collected_later(one: Ground) -> None:
    one.fe1.hold = True
    with one.sessions() as sessions:
        execution = sessions.run(CHANGE, deadline=timedelta(seconds=1))
        assert execution.outcome is Outcome.UNKNOWN
        assert execution.address is not None
        assert not one.fe1.stopped.is_set()
        still = sessions.collect(execution.address, CHANGE, deadline=timedelta(seconds=1))
        assert still.outcome is Outcome.UNKNOWN
        one.fe1.release.set()
        assert sessions.collect(execution.address, CHANGE).outcome is Outcome.SUCCEEDED
    assert one.executed(CHANGE) == 1


def test_interrupted_read_is_stopped_and_the_interruption_goes_on(one: Ground) -> None:
    stopped = threading.Event()

    def watch(_invocation: Invocation, session: Session, sink: Sink) -> None:
        sink.warning("working")
        if session.stopped.wait(5):
            stopped.set()

    one.fe1.scripts[READ.NAME] = watch
    with one.sessions() as sessions:
        with pytest.raises(KeyboardInterrupt):
            sessions.run(READ, on_record=interrupt)
        assert stopped.wait(5)
        one.fe1.scripts[READ.NAME] = complain
        assert sessions.run(READ).raw == ("some",)


def test_interrupted_change_is_let_go_and_not_stopped(one: Ground) -> None:
    finished = threading.Event()

    def work(_invocation: Invocation, session: Session, sink: Sink) -> None:
        sink.warning("working")
        one.fe1.release.wait(5)
        if not session.stopped.is_set():
            finished.set()

    one.fe1.scripts[CHANGE.NAME] = work
    with one.sessions() as sessions:
        execution = sessions.run(CHANGE, on_record=interrupt)
        assert execution.outcome is Outcome.UNKNOWN
        assert execution.interrupted
        assert "interrupted by the operator" in execution.reason
        assert execution.address is not None
    with one.sessions() as others:
        one.fe1.release.set()
        assert others.collect(execution.address, CHANGE).outcome is Outcome.SUCCEEDED
    assert finished.is_set()
    assert one.executed(CHANGE) == 1


def test_prompt_is_refused_loudly_and_does_not_hang(
    one: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    def ask(_invocation: Invocation, session: Session, sink: Sink) -> None:
        shell = one.lab.host.servers(FE1)[0].service.shells[0]
        (command,) = [each for each in shell.commands.values() if each.session is session]
        shell.say(
            cast("psrp.MessageType", MessageType.PIPELINE_HOST_CALL),
            '<Obj RefId="0"><MS><I64 N="ci">1</I64><Obj RefId="1"'
            ' N="mi"><ToString>PromptForChoice</ToString><I32>26</I32></Obj><Obj RefId="2"'
            ' N="mp"><LST><S>Sure?</S></LST></Obj></MS></Obj>',
            command,
        )
        sink.warning("asked")

    one.fe1.scripts[CHANGE.NAME] = ask
    with one.sessions() as sessions:
        execution = sessions.run(CHANGE)
    assert execution.outcome is Outcome.FAILED
    assert execution.errors[0].fully_qualified_error_id == "LyncOps.PromptRefused"
    assert one.requests("Send") == 1
    assert "the server asks a question (host method 26); refused" in caplog.text


def test_lost_answer_to_a_refused_prompt_is_not_repeated(
    one: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    one.strike(FaultKind.DROP_AFTER, "Send", times=None)
    test_prompt_is_refused_loudly_and_does_not_hang(one, caplog)


def test_ocs_endpoint_imports_nothing(one: Ground) -> None:
    with one.sessions(
        one.endpoint(scheme="https", path="OcsPowershell", auth=Auth.BASIC)
    ) as sessions:
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED
    assert one.fe1.executed["Import-Module"] == 0


def test_winrm_endpoint_imports_whichever_module_there_is_and_remembers_it(one: Ground) -> None:
    with one.sessions() as sessions:
        sessions.run(READ)
        assert one.fe1.executed["Import-Module"] == 2
        one.lab.restart()
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED
    assert one.fe1.executed["Import-Module"] == 3


def test_server_without_a_lync_module_is_told_so(one: Ground) -> None:
    one.fe1.modules.clear()
    with one.sessions() as sessions, pytest.raises(EndpointError, match="no Lync module"):
        sessions.run(READ)
    assert one.lab.host.servers(FE1)[0].service.shells == ()


@pytest.mark.parametrize(
    ("scheme", "auth"),
    [
        ("http", Auth.NTLM),
        ("http", Auth.NEGOTIATE),
        ("https", Auth.BASIC),
        ("https", Auth.NEGOTIATE),
    ],
)
def test_authentication(one: Ground, scheme: str, auth: Auth) -> None:
    with one.sessions(one.endpoint(scheme=scheme, auth=auth)) as sessions:
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED


def test_credssp(tmp_path: Path) -> None:
    with (
        ground(tmp_path, credssp=True) as served,
        served.sessions(served.endpoint(auth=Auth.CREDSSP)) as sessions,
    ):
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED


def test_credssp_where_the_server_does_not_offer_it(one: Ground) -> None:
    with (
        one.sessions(one.endpoint(auth=Auth.CREDSSP)) as sessions,
        pytest.raises(EndpointError, match="server offers negotiate"),
    ):
        sessions.run(READ)


def test_client_certificate(one: Ground, tmp_path: Path) -> None:
    certificate, key = one.lab.write_client_certificate(tmp_path)
    endpoint = attrs.evolve(
        one.endpoint(scheme="https"),
        auth=Auth.CERTIFICATE,
        certificate=certificate,
        certificate_key=key,
    )
    with one.sessions(endpoint) as sessions:
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED


def test_proxies_of_the_environment_are_ignored(
    one: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    for scheme in ("http", "https"):
        with one.sessions(one.endpoint(scheme=scheme)) as sessions:
            assert sessions.run(READ).outcome is Outcome.SUCCEEDED


def test_name_of_the_certificate_is_checked_against_the_url(one: Ground) -> None:
    endpoint = attrs.evolve(one.endpoint(scheme="https"), url="https://other.contoso.com/wsman")
    with one.sessions(endpoint) as sessions, pytest.raises(EndpointError, match="certificate"):
        sessions.run(READ)


def test_places(tmp_path: Path) -> None:
    with ground(tmp_path, FE1, FE2, EDGE) as served:
        fe1, fe2 = served.endpoint(FE1, pool=POOL1), served.endpoint(FE2, pool=POOL2)
        edge = served.endpoint(EDGE, dedicated=True)
        with served.sessions(fe1, fe2, edge) as sessions:
            assert sessions.run(READ).endpoint == fe1.url
            assert sessions.run(READ, place=OnPool(POOL2)).endpoint == fe2.url
            assert sessions.run(READ, place=OnMachine(Fqdn(EDGE))).endpoint == edge.url
            assert sessions.run(READ, place=Anywhere(prefer=POOL2)).endpoint == fe2.url
            assert sessions.run(READ, place=Anywhere(avoid=POOL1)).endpoint == fe2.url
            assert sessions.submit(READ, place=OnPool(POOL1)).result().endpoint == fe1.url
            with pytest.raises(EndpointError, match=r'pool = "pool9\.contoso\.com"'):
                sessions.run(READ, place=OnPool(Fqdn("pool9.contoso.com")))
            with pytest.raises(EndpointError, match=r'name = "edge9\.contoso\.com"'):
                sessions.run(READ, place=OnMachine(Fqdn("edge9.contoso.com")))


def computers(_invocation: Invocation, _session: Session, sink: Sink) -> None:
    for machine, pool in ((FE1, POOL1), (FE2, POOL2)):
        sink.output(RemoteObject({"Identity": machine, "Fqdn": machine, "Pool": str(pool)}))


def test_pools_are_learnt_from_the_topology_once(tmp_path: Path) -> None:
    with (
        ground(tmp_path, FE1, FE2) as served,
        served.sessions(served.endpoint(FE1), served.endpoint(FE2)) as sessions,
    ):
        for machine in served.machines.values():
            machine.scripts["Get-CsComputer"] = computers
        assert sessions.run(READ, place=OnPool(POOL2)).endpoint == served.endpoint(FE2).url
        assert sessions.run(READ, place=OnPool(POOL1)).endpoint == served.endpoint(FE1).url
        assert sum(machine.executed["Get-CsComputer"] for machine in served.machines.values()) == 1


def test_preference_does_without_a_topology_that_cannot_be_read(one: Ground) -> None:
    with one.sessions() as sessions:
        for _ in range(2):
            assert sessions.run(READ, place=Anywhere(prefer=POOL2)).outcome is Outcome.SUCCEEDED
    # Two modules, one question (twice more with the module imported first), two cmdlets
    assert one.requests("Command") == 7


def test_read_on_a_dying_endpoint_moves_to_the_next(tmp_path: Path) -> None:
    with ground(tmp_path, FE1, FE2) as served:
        fe1, fe2 = served.endpoint(FE1), served.endpoint(FE2)
        with warmed(served.sessions(fe1, fe2)) as sessions:
            served.fe1.is_down = True
            served.lab.host.synchronise()
            execution = sessions.run(READ)
            assert (execution.outcome, execution.endpoint) == (Outcome.SUCCEEDED, fe2.url)
            assert sessions.run(READ).endpoint == fe2.url


def test_many_reads_run_side_by_side(one: Ground) -> None:
    meeting = threading.Barrier(4)

    def meet(_invocation: Invocation, _session: Session, sink: Sink) -> None:
        meeting.wait(5)
        sink.output("met")

    one.fe1.scripts[READ.NAME] = meet
    with one.sessions() as sessions:
        answers = [sessions.submit(READ) for _ in range(8)]
        assert [each.result(10).raw for each in answers] == [("met",)] * 8
        with pytest.raises(InvalidValueError, match="run"):
            sessions.submit(CHANGE)


def test_quota_of_sessions_shrinks_the_group(tmp_path: Path) -> None:
    with (
        ground(tmp_path, profile=Profile(max_shells_per_user=2)) as served,
        served.sessions() as sessions,
    ):
        answers = [sessions.submit(READ) for _ in range(12)]
        assert all(each.result(10).outcome is Outcome.SUCCEEDED for each in answers)
        assert len(served.lab.host.servers(FE1)[0].service.shells) <= 2


@pytest.mark.parametrize(
    "profile", [Profile(protocol="2.1"), Profile(protocol="2.2"), Profile(full_language=False)]
)
def test_older_and_narrower_servers(tmp_path: Path, profile: Profile) -> None:
    with ground(tmp_path, profile=profile) as served, served.sessions() as sessions:
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED


def test_missing_parameter_of_a_version_is_refused_before_anything_is_sent(one: Ground) -> None:
    with one.sessions() as sessions:
        sessions.version = LyncVersion.V2010
        with pytest.raises(UnsupportedByVersionError):
            sessions.run(CHANGE)
    assert one.lab.requests.total == 0


def test_arguments_too_large_for_one_message_are_refused(one: Ground) -> None:
    with one.sessions() as sessions, pytest.raises(InvalidValueError, match="one message holds"):
        sessions.run(GetCsService(filter="x" * 600_000))


def test_output_that_is_not_understood_makes_a_read_unknown(
    one: Ground, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_cls: type[Cmdlet[object]], _item: object) -> object:
        raise InvalidValueError("no")

    monkeypatch.setattr(type(READ), "decode", classmethod(refuse))
    with one.sessions() as sessions:
        execution = sessions.run(READ)
    assert execution.outcome is Outcome.UNKNOWN
    assert len(execution.raw) == 1
    assert "not understood" in execution.reason
    assert f"{READ.NAME} wrote something that is not understood: no" in caplog.text


def test_no_secret_is_logged(one: Ground, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with one.sessions(one.endpoint(), one.endpoint(scheme="https", auth=Auth.BASIC)) as sessions:
        sessions.run(READ)
        sessions.run(CHANGE)
    assert one.lab.password not in caplog.text


def test_nothing_is_left_behind(one: Ground) -> None:
    with one.sessions() as sessions:
        for each in [sessions.submit(READ) for _ in range(6)]:
            each.result()
    assert one.lab.host.servers(FE1)[0].service.shells == ()
    assert not [
        thread for thread in threading.enumerate() if thread.name.startswith("lyncops-read")
    ]
    with pytest.raises(EndpointError, match="closed"):
        sessions.run(READ)
    gc.collect()


def test_server_that_does_not_tell_about_its_shells_is_asked_otherwise(
    one: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = PatientClock()
    with warmed(one.sessions(clock=clock)) as sessions:
        service = one.lab.host.servers(FE1)[0].service
        monkeypatch.delitem(vars(service)["_actions"], "Get")
        for _ in range(2):
            clock.ahead += timedelta(minutes=10)
            assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
        one.lab.restart()
        clock.ahead += timedelta(minutes=10)
        assert sessions.run(CHANGE).attempts == 1
    assert one.executed(CHANGE) == 3


def test_server_that_takes_its_time_to_open_is_waited_for(one: Ground) -> None:
    one.lab.delay(timedelta(seconds=1.2))
    with one.sessions() as sessions:
        assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED


def test_password_that_changed_meanwhile_is_tried_once(one: Ground) -> None:
    clock = PatientClock()
    with warmed(
        one.sessions(one.endpoint(scheme="https", auth=Auth.BASIC), clock=clock)
    ) as sessions:
        one.lab.host.directory.accounts = ()
        clock.ahead += timedelta(minutes=10)
        for _ in range(3):
            with pytest.raises(EndpointError, match="the credentials were tried once"):
                sessions.run(READ)
        assert one.lab.failed_logons == 1
