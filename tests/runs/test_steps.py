from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import attrs
import pytest

from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.model import PoolState
from lyncops.errors import AuthenticationFailedError, EndpointError
from lyncops.plan.conditions import PoolStateIs
from lyncops.remoting.execution import BeforeSend, CommandAddress, Execution, Sending
from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.streams import StreamKind, StreamRecord
from lyncops.runs.events import AttemptPrepared, Event, Polled, Streamed
from lyncops.runs.model import RunState, StepState
from lyncops.values import ANYWHERE, Outcome, Place
from tests.runs.scene import (
    START,
    A,
    B,
    C,
    Fate,
    Office,
    Scene,
    Sessions,
    asking,
    by_hand,
    failing_over,
    plan_of,
    waiting,
)

R = TypeVar("R")
FAILED_OVER_A = PoolStateIs(A, PoolState.FAILED_OVER)


def test_a_run_whose_steps_show_their_effect_is_completed(office: Office) -> None:
    run = office.start(plan_of(failing_over(A), waiting(A), failing_over(B)))
    assert run.state is RunState.COMPLETED
    assert [record.state for record in run.steps] == [StepState.DONE] * 3
    assert office.scene.executions == {A: 1, B: 1}
    assert run.steps[0].evidence_after == "a.contoso.com is FailedOver"
    assert run.goal_evidence == "a.contoso.com is FailedOver; b.contoso.com is FailedOver"


def test_what_holds_already_is_not_sent(office: Office) -> None:
    office.scene.fail_over(A)
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.COMPLETED
    assert run.steps[0].state is StepState.ALREADY_TRUE
    assert office.scene.sent == []


def test_the_attempt_is_journalled_before_the_command_leaves(office: Office) -> None:
    run = office.start(plan_of(failing_over(A)))
    prepared = next(event for event in office.recorder.events if isinstance(event, AttemptPrepared))
    assert prepared.address.command_id == office.scene.sent[0]
    [attempt] = run.steps[0].attempts
    assert (attempt.outcome, attempt.warnings) == (Outcome.SUCCEEDED, ("It takes a while.",))


def test_a_cmdlet_that_fails_stops_the_run_and_is_sent_again_only_when_resumed(
    office: Office,
) -> None:
    office.scene.fates[A] = [Fate.FAILS]
    run = office.start(plan_of(failing_over(A), failing_over(B)))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert "Cannot fail over." in run.why
    assert office.scene.executions == {A: 1}
    assert run.steps[1].state is StepState.PENDING
    assert office.scene.time - START <= timedelta(minutes=1)
    again = office.runner().resume(run.run_id)
    assert again.state is RunState.COMPLETED
    assert [attempt.number for attempt in again.steps[0].attempts] == [1, 2]


def test_a_cmdlet_that_fails_although_its_effect_is_there_is_done_with_an_exception(
    office: Office,
) -> None:
    office.scene.fates[A] = [Fate.FAILS_YET_DONE]
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.COMPLETED_WITH_EXCEPTIONS
    assert run.steps[0].state is StepState.DONE
    assert run.exceptions == (
        ("Fail a.contoso.com over: The cmdlet failed: Cannot fail over. But its effect is there."),
    )


def test_a_cmdlet_that_ends_without_error_and_without_effect_has_failed(office: Office) -> None:
    office.scene.fates[A] = [Fate.ENDS_WITHOUT_EFFECT]
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert "ended without an error, but 5 minutes later its effect has not appeared" in run.why
    assert run.steps[0].evidence_after == "a.contoso.com is Active"


def test_the_configuration_limits_how_long_an_effect_is_waited_for(office: Office) -> None:
    office.scene.fates[A] = [Fate.ENDS_WITHOUT_EFFECT]
    office.settle = timedelta(seconds=7)
    run = office.start(plan_of(failing_over(A)))
    assert "7 seconds later its effect has not appeared" in run.why


def test_after_a_failure_the_effect_may_still_show_for_half_a_minute(office: Office) -> None:
    office.scene.fates[A] = [Fate.FAILS]
    office.scene.later(timedelta(seconds=29), lambda: office.scene.fail_over(A))
    assert office.start(plan_of(failing_over(A))).state is RunState.COMPLETED_WITH_EXCEPTIONS


def test_an_effect_that_shows_late_counts(office: Office) -> None:
    office.scene.fates[A] = [Fate.ENDS_WITHOUT_EFFECT]
    office.scene.later(timedelta(minutes=4, seconds=59), lambda: office.scene.fail_over(A))
    assert office.start(plan_of(failing_over(A))).state is RunState.COMPLETED


@pytest.mark.parametrize("fate", [Fate.LOST_DONE, Fate.LOST_COLLECTABLE])
def test_a_lost_answer_is_found_in_the_state(office: Office, fate: Fate) -> None:
    office.scene.fates[A] = [fate]
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.COMPLETED
    assert office.scene.executions == {A: 1}


def test_a_lost_answer_without_effect_stays_unknown_and_is_never_sent_again(office: Office) -> None:
    office.scene.fates[A] = [Fate.LOST_NOT_DONE]
    run = office.start(plan_of(failing_over(A), failing_over(B)))
    for _ in range(3):
        assert run.state is RunState.UNKNOWN
        assert run.steps[0].state is StepState.UNKNOWN
        run = office.runner().resume(run.run_id)
    assert office.scene.executions == {A: 1}
    office.scene.fail_over(A)
    assert office.runner().resume(run.run_id).state is RunState.COMPLETED
    assert office.scene.executions == {A: 1, B: 1}


def test_what_is_proven_not_to_have_started_is_sent_again(office: Office) -> None:
    office.scene.fates[A] = [Fate.LOST_NOT_STARTED]
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.COMPLETED
    assert [attempt.sent for attempt in run.steps[0].attempts] == [False, True]
    assert office.scene.executions == {A: 1}


def test_what_never_starts_is_not_sent_for_ever(office: Office) -> None:
    office.scene.fates[A] = [Fate.LOST_NOT_STARTED] * 9
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert "never started it" in run.why
    assert len(office.scene.sent) == 3


def test_a_lost_answer_that_turns_out_to_be_a_failure_is_one(office: Office) -> None:
    office.scene.fates[A] = [Fate.LOST_FAILED]
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert run.steps[0].attempts[0].errors[0].message == "Cannot fail over."


@pytest.mark.parametrize(
    ("fate", "told"), [(Fate.UNREACHABLE, "No endpoint"), (Fate.REFUSED, "never started it")]
)
def test_what_could_not_be_sent_stops_the_run(office: Office, fate: Fate, told: str) -> None:
    office.scene.fates[A] = [fate]
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert told in run.why
    assert not office.scene.executions
    assert office.runner().resume(run.run_id).state is RunState.COMPLETED


def test_an_effect_that_cannot_be_read_leaves_the_outcome_unknown(office: Office) -> None:
    def blind(event: Event) -> None:
        if isinstance(event, AttemptPrepared):
            office.scene.unreadable = True

    class Blinding:
        def observe(self, event: Event) -> None:
            blind(event)

    run = office.runner(None, Blinding()).start(plan_of(failing_over(A)), operator="anna")
    assert run.state is RunState.UNKNOWN
    assert "could not be read" in run.why
    office.scene.unreadable = False
    assert office.runner().resume(run.run_id).state is RunState.COMPLETED
    assert office.scene.executions == {A: 1}


@pytest.mark.parametrize(
    ("unreadable", "says"), [(False, "does not hold"), (True, "could not be read")]
)
def test_a_step_whose_before_is_not_seen_to_hold_sends_nothing(
    office: Office, *, unreadable: bool, says: str
) -> None:
    office.scene.unreadable = unreadable
    run = office.start(plan_of(failing_over(A, before=[PoolStateIs(B, PoolState.FAILED_OVER)])))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert says in run.why
    assert office.scene.sent == []


def test_wrong_credentials_are_not_tried_again(office: Office) -> None:
    office.scene.read_error = AuthenticationFailedError("The server refused the password.")
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert run.why == "The server refused the password."
    assert office.scene.time == START


@pytest.mark.parametrize("fate", [Fate.FAILS, Fate.LOST_NOT_DONE, Fate.UNREACHABLE])
def test_an_optional_step_that_does_not_succeed_is_listed_and_the_run_goes_on(
    office: Office, fate: Fate
) -> None:
    office.scene.fates[A] = [fate]
    run = office.start(plan_of(failing_over(A, optional=True), failing_over(B)))
    assert run.state is RunState.COMPLETED_WITH_EXCEPTIONS
    assert [record.state for record in run.steps] == [StepState.GIVEN_UP, StepState.DONE]
    assert run.exceptions[0].startswith("Fail a.contoso.com over: ")


def test_a_step_without_effect_to_see_counts_by_its_outcome(office: Office) -> None:
    office.scene.fates[A] = [Fate.FAILS, Fate.LOST_NOT_DONE]
    run = office.start(plan_of(asking(), failing_over(A, proven=False)))
    assert (run.steps[0].state, run.state) == (StepState.DONE, RunState.PAUSED_BY_FAILED_STEP)
    assert office.runner().resume(run.run_id).state is RunState.UNKNOWN


def test_waiting_ends_when_it_comes_true_and_tells_meanwhile(office: Office) -> None:
    office.scene.later(timedelta(minutes=5), lambda: office.scene.fail_over(C))
    run = office.start(plan_of(waiting(C)))
    assert run.state is RunState.COMPLETED
    assert office.scene.time - START == timedelta(minutes=5)
    polls = [
        event for event in office.recorder.events if isinstance(event, Polled) and event.step_id
    ]
    assert len(polls) == 21
    assert (polls[0].holds, polls[-1].holds) == (False, True)
    assert polls[0].waited_until == START + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("unreadable", "state"), [(False, RunState.TIMED_OUT), (True, RunState.UNKNOWN)]
)
def test_waiting_in_vain(office: Office, *, unreadable: bool, state: RunState) -> None:
    office.scene.unreadable = unreadable
    run = office.start(plan_of(waiting(C)))
    assert run.state is state
    assert run.steps[0].state is StepState.TIMED_OUT
    assert office.scene.time - START == timedelta(minutes=10)
    office.scene.unreadable = False
    office.scene.fail_over(C)
    assert office.runner().resume(run.run_id).state is RunState.COMPLETED


def test_waiting_in_vain_for_something_optional(office: Office) -> None:
    run = office.start(plan_of(waiting(C, optional=True)))
    assert run.state is RunState.COMPLETED_WITH_EXCEPTIONS
    assert "was not met within 10 minutes" in run.exceptions[0]


def test_a_manual_step_waits_for_the_operator_to_come_back(office: Office) -> None:
    run = office.start(plan_of(by_hand(), failing_over(A)))
    assert run.state is RunState.PENDING_MANUAL_STEP
    assert "at the DNS server" in run.why
    assert office.scene.sent == []
    assert office.runner().resume(run.run_id).state is RunState.COMPLETED


def test_a_manual_step_whose_effect_shows_is_not_taken_on_anybodys_word(office: Office) -> None:
    run = office.start(plan_of(by_hand(after=[FAILED_OVER_A])))
    assert run.state is RunState.PENDING_MANUAL_STEP
    run = office.runner().resume(run.run_id)
    assert run.state is RunState.PENDING_MANUAL_STEP
    assert "not done yet" in run.why
    office.scene.fail_over(A)
    assert office.runner().resume(run.run_id).state is RunState.COMPLETED


def test_a_manual_step_that_is_done_already_does_not_stop(office: Office) -> None:
    office.scene.fail_over(A)
    run = office.start(plan_of(by_hand(after=[FAILED_OVER_A])))
    assert run.steps[0].state is StepState.ALREADY_TRUE


def test_a_manual_step_whose_effect_cannot_be_read_is_taken_on_the_operators_word(
    office: Office,
) -> None:
    run = office.start(plan_of(by_hand(after=[FAILED_OVER_A]), goal=[]))
    office.scene.unreadable = True
    run = office.runner().resume(run.run_id)
    assert run.state is RunState.COMPLETED_WITH_EXCEPTIONS
    assert "Confirmed by the operator" in run.exceptions[0]


def test_a_manual_step_is_not_asked_for_before_its_time(office: Office) -> None:
    run = office.start(plan_of(by_hand(before=[FAILED_OVER_A])))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert "must not be started yet" in run.why


@pytest.mark.parametrize(
    ("unreadable", "state"), [(False, RunState.FAILED), (True, RunState.UNKNOWN)]
)
def test_a_run_is_complete_only_when_its_goal_is_seen(
    office: Office, *, unreadable: bool, state: RunState
) -> None:
    office.scene.unreadable = unreadable
    run = office.start(plan_of(asking(), goal=[FAILED_OVER_A]))
    assert run.state is state


@pytest.mark.parametrize("fate", [Fate.INTERRUPTED, Fate.LET_GO])
def test_ctrl_c_while_a_change_runs_leaves_it_unknown_until_somebody_comes_back(
    office: Office, fate: Fate
) -> None:
    office.scene.fates[A] = [fate]
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.UNKNOWN
    assert run.steps[0].state is StepState.UNKNOWN
    assert office.runner().resume(run.run_id).state is RunState.COMPLETED
    assert office.scene.executions == {A: 1}


def test_ctrl_c_between_two_commands_pauses(office: Office) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    office.scene.later(timedelta(minutes=1), interrupt)
    run = office.start(plan_of(waiting(A)))
    assert run.state is RunState.PAUSED_BY_OPERATOR
    office.scene.fail_over(A)
    assert office.runner().resume(run.run_id).state is RunState.COMPLETED


def test_live_records_reach_observers_and_a_broken_observer_does_not_stop_a_run(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def observe(self, event: Event) -> None:
            raise BrokenPipeError(str(event))

    run = office.runner(None, Broken()).start(plan_of(failing_over(A)), operator="anna")
    assert run.state is RunState.COMPLETED
    streamed = [event for event in office.recorder.events if isinstance(event, Streamed)]
    assert [event.record.kind for event in streamed] == [StreamKind.WARNING]
    assert "An observer of run" in caplog.text


def test_servers_that_cannot_be_asked_about_a_lost_command_leave_it_unknown(office: Office) -> None:
    office.scene.fates[A] = [Fate.LOST_NOT_DONE]
    run = office.start(plan_of(failing_over(A)))
    office.scene.fate_of[office.scene.sent[0]] = Fate.UNREACHABLE
    run = office.runner().resume(run.run_id)
    assert run.state is RunState.UNKNOWN
    assert "No server could be asked" in run.why


@attrs.frozen
class Silent:
    """Sessions that refuse a cmdlet before it has an address, or lose the answer of a READ."""

    scene: Scene
    outcome: Outcome
    announced: bool

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        del place, deadline, on_record
        address = CommandAddress(
            endpoint="e", session_id="s", shell_id="s", command_id="c", resource_uri="u"
        )
        if self.announced and before_send is not None:
            before_send(Sending(address=address))
        now = self.scene.now()
        proof = None if self.announced else Proof.NO_CONNECTION
        return Execution(
            cmdlet=cmdlet,
            outcome=self.outcome,
            started=now,
            ended=now,
            reason="So it is.",
            proof=proof,
        )


@pytest.mark.parametrize(
    ("outcome", "announced", "told"),
    [
        (Outcome.FAILED, False, "nothing was sent. So it is."),
        (Outcome.UNKNOWN, True, "it changes nothing and can be asked again"),
    ],
)
def test_a_question_without_an_answer_stops_the_run_and_is_asked_again(
    office: Office, monkeypatch: pytest.MonkeyPatch, *, outcome: Outcome, announced: bool, told: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Sessions, "run", Silent(office.scene, outcome, announced).run)
        run = office.start(plan_of(asking()))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert told in run.why
    assert office.runner().resume(run.run_id).state is RunState.COMPLETED


@attrs.define
class Twice:
    """Announces a command twice, as sessions do that send it again with a proof in hand, and then
    reaches nobody.
    """

    inner: Sessions
    proof: Proof | None = Proof.REFUSED

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        del cmdlet, place, deadline, on_record
        for command_id, earlier in (("one", None), ("two", self.proof)):
            address = CommandAddress(
                endpoint="e", session_id="s", shell_id="s", command_id=command_id, resource_uri="u"
            )
            if before_send is not None:
                before_send(Sending(address=address, earlier=earlier))
        raise EndpointError("No endpoint could be reached.")


def test_every_time_that_sessions_send_is_an_attempt_of_its_own(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Sessions, "run", Twice(Sessions(office.scene)).run)
        run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.UNKNOWN
    assert [(attempt.address.command_id, attempt.proof) for attempt in run.steps[0].attempts] == [
        ("one", Proof.REFUSED),
        ("two", None),
    ]


def test_without_a_proof_the_journal_takes_no_second_attempt(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sessions, "run", Twice(Sessions(office.scene), proof=None).run)
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.UNKNOWN
    assert "nothing proves that it never started" in run.why
    assert [attempt.address.command_id for attempt in run.steps[0].attempts] == ["one"]
