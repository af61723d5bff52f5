"""The table of the remoting facts, section 2, row by row, on the wire: the class of outcome, and
how often the server ran it.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import AuthenticationFailedError, EndpointError, UntrustedCertificateError
from lyncops.lab.wire.faults import FaultKind, Profile
from lyncops.remoting.clock import SystemClock
from lyncops.remoting.demand import Queue
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint
from lyncops.remoting.execution import Sending
from lyncops.remoting.group import SessionGroup
from lyncops.remoting.proof import Proof
from lyncops.remoting.session_context import SessionContext
from lyncops.values import Effect, Outcome
from tests.remoting.machines import CHANGE, FE1, FE2, POLICY, READ, Ground, ground, warmed

BOTH = pytest.mark.parametrize("cmdlet", [READ, CHANGE], ids=["read", "change"])
ENCRYPTED_OR_TLS = pytest.mark.parametrize(
    ("scheme", "auth"), [("http", Auth.NTLM), ("https", Auth.BASIC), ("https", Auth.NTLM)]
)


def refusing(machine: str = FE2) -> Endpoint:
    return Endpoint(url=f"http://{machine}:5985/wsman", auth=Auth.NTLM, connect_to="127.0.0.1:9")


@BOTH
def test_refused_connection_is_not_sent_and_the_next_endpoint_serves(
    one: Ground, cmdlet: Cmdlet[object]
) -> None:
    with one.sessions(refusing(), one.endpoint()) as sessions:
        execution = sessions.run(cmdlet)
    assert execution.outcome is Outcome.SUCCEEDED
    assert execution.endpoint == one.endpoint().url
    assert one.executed(cmdlet) == 1


@BOTH
def test_name_that_does_not_resolve_is_not_sent(one: Ground, cmdlet: Cmdlet[object]) -> None:
    nowhere = Endpoint(url="http://nowhere.invalid:5985/wsman", auth=Auth.NTLM)
    with one.sessions(nowhere, one.endpoint()) as sessions:
        assert sessions.run(cmdlet).outcome is Outcome.SUCCEEDED


@BOTH
def test_nobody_answers_is_an_error_that_names_every_endpoint(
    one: Ground, cmdlet: Cmdlet[object]
) -> None:
    with (
        one.sessions(refusing(), refusing(FE1)) as sessions,
        pytest.raises(EndpointError, match=r"fe2.*fe1"),
    ):
        sessions.run(cmdlet)
    assert one.executed(cmdlet) == 0


@BOTH
def test_certificate_of_another_authority_is_never_retried(
    one: Ground, cmdlet: Cmdlet[object]
) -> None:
    wrong = one.endpoint(scheme="https", ca=False)
    with (
        one.sessions(wrong) as sessions,
        pytest.raises(UntrustedCertificateError, match=r"fe1\.contoso\.com"),
    ):
        sessions.run(cmdlet)
    assert one.lab.requests.total == 0


@BOTH
def test_wrong_password_is_tried_exactly_once(one: Ground, cmdlet: Cmdlet[object]) -> None:
    with one.sessions(one.endpoint(), one.endpoint(scheme="https"), password="wrong") as sessions:
        for _ in range(3):
            with pytest.raises(AuthenticationFailedError, match=r"fe1\.contoso\.com"):
                sessions.run(cmdlet)
    assert one.lab.failed_logons == 1


def test_wrong_password_is_tried_once_by_a_whole_group(one: Ground) -> None:
    with one.sessions(password="wrong") as sessions:
        answers = [sessions.submit(READ) for _ in range(8)]
        assert all(isinstance(each.exception(), AuthenticationFailedError) for each in answers)
    assert one.lab.failed_logons == 1


@BOTH
def test_quota_fault_on_create_backs_off_and_tries_again(
    one: Ground, cmdlet: Cmdlet[object]
) -> None:
    fault = one.strike(FaultKind.QUOTA, "Create", times=2)
    with one.sessions() as sessions:
        assert sessions.run(cmdlet).outcome is Outcome.SUCCEEDED
    assert (fault.struck, one.executed(cmdlet)) == (2, 1)


@pytest.mark.parametrize(
    "kind", [FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.STATUS_AFTER]
)
def test_lost_answer_to_create_deletes_the_shell_and_opens_anew(
    one: Ground, kind: FaultKind
) -> None:
    one.strike(kind, "Create")
    with one.sessions() as sessions:
        assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
        assert one.requests("Delete") == 1
        assert len(one.lab.host.servers(FE1)[0].service.shells) == 1
    assert one.executed(CHANGE) == 1


def test_hanging_create_moves_to_the_next_endpoint(tmp_path: Path) -> None:
    with ground(tmp_path, FE1, FE2) as two:
        two.fe1.is_hung = True
        with two.sessions(two.endpoint(), two.endpoint(FE2)) as sessions:
            execution = sessions.run(CHANGE)
        two.fe1.is_hung = False
        assert execution.endpoint == two.endpoint(FE2).url


@attrs.frozen
class Ambiguous:
    kind: FaultKind
    status: int = 500
    runs: int = 1


AMBIGUOUS = [
    Ambiguous(FaultKind.DROP_BEFORE),
    Ambiguous(FaultKind.DROP_AFTER),
    Ambiguous(FaultKind.STATUS_BEFORE, 500),
    Ambiguous(FaultKind.STATUS_AFTER, 500),
    Ambiguous(FaultKind.STATUS_BEFORE, 503),
    Ambiguous(FaultKind.STATUS_AFTER, 503),
    Ambiguous(FaultKind.STATUS_BEFORE, 400),
    Ambiguous(FaultKind.STATUS_AFTER, 400),
    Ambiguous(FaultKind.STATUS_AFTER, 401),
    Ambiguous(FaultKind.HANG_BEFORE),
    Ambiguous(FaultKind.HANG_AFTER),
]


@BOTH
@pytest.mark.parametrize("case", AMBIGUOUS, ids=lambda case: f"{case.kind.value}-{case.status}")
def test_ambiguous_command_is_probed_and_runs_exactly_once(
    one: Ground, case: Ambiguous, cmdlet: Cmdlet[object]
) -> None:
    with warmed(one.sessions()) as sessions:
        before = one.executed(cmdlet)
        sent: list[Sending] = []
        one.strike(case.kind, "Command", status=case.status)
        execution = sessions.run(cmdlet, before_send=sent.append)
    assert execution.outcome is Outcome.SUCCEEDED
    assert one.executed(cmdlet) - before == 1
    assert execution.attempts == len(sent) == (2 if case.kind.strikes_before else 1)


@ENCRYPTED_OR_TLS
def test_change_is_sent_again_only_under_the_same_id(one: Ground, scheme: str, auth: Auth) -> None:
    with warmed(one.sessions(one.endpoint(scheme=scheme, auth=auth))) as sessions:
        sent: list[Sending] = []
        one.strike(FaultKind.DROP_BEFORE, "Command")
        assert sessions.run(CHANGE, before_send=sent.append).outcome is Outcome.SUCCEEDED
    assert len(sent) == 2
    assert len({each.address.command_id for each in sent}) == 1
    assert one.executed(CHANGE) == 1


def test_change_whose_probe_cannot_be_answered_is_unknown_with_its_address(one: Ground) -> None:
    with warmed(one.sessions()) as sessions:
        one.strike(FaultKind.DROP_AFTER, "Command")
        one.strike(FaultKind.DROP_BEFORE, "Receive", times=None)
        execution = sessions.run(CHANGE)
        assert execution.outcome is Outcome.UNKNOWN
        assert execution.sent
        assert execution.address is not None
        one.lab.faults.clear()
        found = sessions.collect(execution.address, CHANGE)
    assert found.outcome is Outcome.SUCCEEDED
    assert one.executed(CHANGE) == 1


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.STATUS_AFTER])
def test_lost_answer_to_the_probe_proves_nothing(one: Ground, kind: FaultKind) -> None:
    with warmed(one.sessions()) as sessions:
        one.strike(kind, "Command")
        one.strike(FaultKind.LOSE_REPLY, "Receive", cmdlet=CHANGE.NAME)
        execution = sessions.run(CHANGE)
        assert execution.outcome is Outcome.UNKNOWN
        assert execution.address is not None
        found = sessions.collect(execution.address, CHANGE)
    assert (found.outcome, found.sent) == (Outcome.UNKNOWN, True)
    assert one.executed(CHANGE) == 1


def test_change_that_never_started_is_proven_so_later_by_the_process_that_sent_it(
    one: Ground,
) -> None:
    with warmed(one.sessions()) as sessions:
        one.strike(FaultKind.DROP_BEFORE, "Command")
        one.strike(FaultKind.DROP_BEFORE, "Get")  # the session gives no sign of life
        execution = sessions.run(CHANGE)
        assert execution.outcome is Outcome.UNKNOWN
        assert execution.address is not None
        with one.sessions() as other:
            assert other.collect(execution.address, CHANGE).proof is None
        found = sessions.collect(execution.address, CHANGE)
    assert (found.outcome, found.proof) == (Outcome.FAILED, Proof.NEVER_HEARD_OF)
    assert one.executed(CHANGE) == 0


def test_where_an_answer_about_it_may_have_been_lost_nothing_proves_that_it_never_started(
    one: Ground,
) -> None:
    with warmed(one.sessions()) as sessions:
        one.strike(FaultKind.DROP_BEFORE, "Command")
        one.strike(FaultKind.DROP_BEFORE, "Receive", times=None)
        execution = sessions.run(CHANGE)
        assert (execution.outcome, execution.heard) == (Outcome.UNKNOWN, True)
        assert execution.address is not None
        one.lab.faults.clear()
        found = sessions.collect(execution.address, CHANGE)
    assert (found.outcome, found.proof) == (Outcome.UNKNOWN, None)


@BOTH
@ENCRYPTED_OR_TLS
@pytest.mark.parametrize("kind", [FaultKind.REPLAY_REPLY, FaultKind.DROP_BEFORE])
def test_after_a_failed_receive_a_read_is_asked_again_and_a_change_is_received_again(
    one: Ground, kind: FaultKind, scheme: str, auth: Auth, cmdlet: Cmdlet[object]
) -> None:
    with warmed(one.sessions(one.endpoint(scheme=scheme, auth=auth))) as sessions:
        before = one.executed(cmdlet)
        one.strike(kind, "Receive", cmdlet=cmdlet.NAME)
        execution = sessions.run(cmdlet)
    times = 2 if cmdlet.effect is Effect.READ else 1
    assert execution.outcome is Outcome.SUCCEEDED
    assert execution.attempts == times
    assert one.executed(cmdlet) - before == times


@pytest.mark.parametrize("status", [400, 401, 500, 503])
def test_receive_answered_with_a_bare_status_is_repeated(one: Ground, status: int) -> None:
    with warmed(one.sessions()) as sessions:
        one.strike(FaultKind.STATUS_BEFORE, "Receive", cmdlet=CHANGE.NAME, status=status)
        assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
    assert one.executed(CHANGE) == 1


def test_of_the_sessions_of_a_server_that_hangs_only_one_is_said_goodbye_to(
    one: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lyncops.remoting.session._POLITE", timedelta(seconds=1))
    credentials = Credentials(username=one.lab.username, password=one.lab.password)
    around = SessionContext(
        endpoint=one.endpoint(), credentials=credentials, policy=POLICY, clock=SystemClock()
    )
    group = SessionGroup(around, Queue())
    with ExitStack() as leases:
        for effect in (Effect.READ, Effect.CHANGE, Effect.CHANGE):
            leases.enter_context(group.lease(effect)).ready(patient=False)
    one.strike(FaultKind.HANG_BEFORE, "Delete", times=None)
    group.close()
    assert one.requests("Delete") == 1


def test_receive_that_hangs_is_repeated(one: Ground) -> None:
    with warmed(one.sessions()) as sessions:
        one.strike(FaultKind.HANG_BEFORE, "Receive", cmdlet=CHANGE.NAME)
        assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
    assert one.executed(CHANGE) == 1


def test_refused_login_while_a_change_runs_is_not_tried_over_and_over(one: Ground) -> None:
    with warmed(one.sessions(one.endpoint(scheme="https", auth=Auth.BASIC))) as sessions:
        fault = one.strike(
            FaultKind.STATUS_BEFORE, "Receive", cmdlet=CHANGE.NAME, status=401, times=None
        )
        execution = sessions.run(CHANGE)
        one.lab.faults.clear()
    assert execution.outcome is Outcome.UNKNOWN
    assert fault.struck == 1


def test_lost_output_of_a_read_is_read_again(one: Ground) -> None:
    with warmed(one.sessions()) as sessions:
        one.strike(FaultKind.LOSE_REPLY, "Receive", cmdlet=READ.NAME)
        execution = sessions.run(READ)
    assert execution.outcome is Outcome.SUCCEEDED
    assert execution.attempts == 2
    assert len(execution.output) == 1


def test_lost_output_of_a_change_is_unknown_and_not_repeated(one: Ground) -> None:
    with warmed(one.sessions()) as sessions:
        one.strike(FaultKind.LOSE_REPLY, "Receive", cmdlet=CHANGE.NAME)
        execution = sessions.run(CHANGE)
    assert execution.outcome is Outcome.UNKNOWN
    assert one.executed(CHANGE) == 1


@BOTH
def test_server_that_restarts_while_a_command_runs(one: Ground, cmdlet: Cmdlet[object]) -> None:
    with warmed(one.sessions()) as sessions:
        before = one.executed(cmdlet)
        restarts = iter([True])

        def restart(*_: object) -> None:
            if next(restarts, False):
                one.lab.restart()

        one.fe1.scripts[cmdlet.NAME] = restart
        execution = sessions.run(cmdlet)
    is_read = cmdlet.effect is Effect.READ
    assert execution.outcome is (Outcome.SUCCEEDED if is_read else Outcome.UNKNOWN)
    assert one.executed(cmdlet) - before == (2 if is_read else 1)


@BOTH
def test_session_that_another_client_took_over_is_left(one: Ground, cmdlet: Cmdlet[object]) -> None:
    with warmed(one.sessions()) as sessions:
        before = one.executed(cmdlet)
        one.strike(FaultKind.TAKEN_OVER, "Receive", cmdlet=cmdlet.NAME)
        execution = sessions.run(cmdlet)
        assert execution.outcome is (
            Outcome.SUCCEEDED if cmdlet.effect is Effect.READ else Outcome.UNKNOWN
        )
        assert one.executed(cmdlet) - before == (2 if cmdlet.effect is Effect.READ else 1)
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED


@BOTH
def test_taken_over_command_was_refused_and_runs_in_a_new_session(
    one: Ground, cmdlet: Cmdlet[object]
) -> None:
    with warmed(one.sessions()) as sessions:
        before = one.executed(cmdlet)
        one.strike(FaultKind.TAKEN_OVER, "Command")
        assert sessions.run(cmdlet).outcome is Outcome.SUCCEEDED
    assert one.executed(cmdlet) - before == 1


@BOTH
def test_restarted_server_refuses_the_command_and_gets_it_in_a_new_session(
    one: Ground, cmdlet: Cmdlet[object]
) -> None:
    with warmed(one.sessions()) as sessions:
        before = one.executed(cmdlet)
        one.lab.restart()
        assert sessions.run(cmdlet).outcome is Outcome.SUCCEEDED
    assert one.executed(cmdlet) - before == 1


@pytest.mark.parametrize("kind", [FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER])
def test_lost_answer_to_delete_is_repeated(one: Ground, kind: FaultKind) -> None:
    with warmed(one.sessions()):
        fault = one.strike(kind, "Delete")
    assert fault.struck == 1
    assert one.lab.host.servers(FE1)[0].service.shells == ()


FULL = [Profile(max_commands_per_shell=2), Profile(max_processes_per_shell=2)]


@pytest.mark.parametrize("profile", FULL, ids=["without a number", "quota"])
def test_a_full_session_is_replaced_and_its_refusal_is_a_proof(
    tmp_path: Path, profile: Profile
) -> None:
    sent: list[Sending] = []
    with ground(tmp_path, profile=profile) as one, one.sessions() as sessions:
        for _ in range(5):
            assert sessions.run(CHANGE, before_send=sent.append).outcome is Outcome.SUCCEEDED
        assert len(one.lab.host.servers(FE1)[0].service.shells) == 1
    assert one.executed(CHANGE) == 5
    proofs = [each.earlier for each in sent if each.earlier is not None]
    assert len(proofs) == len(sent) - 5 > 0
    assert set(proofs) <= {Proof.REFUSED, Proof.NEVER_HEARD_OF}
    assert len({each.address.command_id for each in sent}) == len(sent), (
        "never under the id that was refused"
    )


def test_commands_whose_end_is_written_down_never_fill_a_session(tmp_path: Path) -> None:
    with (
        ground(tmp_path, profile=Profile(max_commands_per_shell=4)) as one,
        one.sessions() as sessions,
    ):
        for _ in range(8):
            execution = sessions.run(CHANGE)
            assert (execution.outcome, execution.attempts) == (Outcome.SUCCEEDED, 1)
            assert execution.address is not None
            sessions.forget(execution.address)
    assert one.executed(CHANGE) == 8


@BOTH
def test_readings_go_on_where_a_session_holds_few_commands(
    tmp_path: Path, cmdlet: Cmdlet[object]
) -> None:
    with (
        ground(tmp_path, profile=Profile(max_commands_per_shell=3)) as one,
        one.sessions() as sessions,
    ):
        for _ in range(8):
            assert sessions.run(cmdlet).outcome is Outcome.SUCCEEDED
    assert one.executed(cmdlet) == 8
