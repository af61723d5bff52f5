"""What nobody knows the end of is sent again at the operator's word, and at no other."""

from __future__ import annotations

import pytest

from lyncops.deployment.model import PoolState
from lyncops.errors import InvalidValueError
from lyncops.plan.conditions import PoolStateIs
from lyncops.runs.model import Run, RunState
from lyncops.runs.report import Report
from lyncops.values import Outcome
from tests.runs.scene import A, B, Fate, Office, by_hand, failing_over, plan_of


def send_again(office: Office, run: Run) -> Run:
    return office.runner().resume(
        run.run_id, operator="bert", send_again="I looked: it did not run"
    )


def test_an_unknown_outcome_is_sent_again_only_at_the_word_of_the_operator(office: Office) -> None:
    office.scene.fates[A] = [Fate.LOST_NOT_DONE]
    run = office.start(plan_of(failing_over(A)))
    assert office.runner().resume(run.run_id).state is RunState.UNKNOWN
    assert office.scene.executions == {A: 1}
    run = send_again(office, run)
    assert run.state is RunState.COMPLETED
    assert office.scene.executions == {A: 2}
    first, second = run.steps[0].attempts
    assert (first.outcome, first.proof, first.released) == (
        Outcome.UNKNOWN,
        None,
        "bert: I looked: it did not run",
    )
    assert (second.outcome, second.released) == (Outcome.SUCCEEDED, "")
    assert office.journal().load(run.run_id) == run
    assert "at the request of bert: I looked: it did not run" in Report.of(run).text()


def test_the_word_of_the_operator_is_good_for_one_attempt(office: Office) -> None:
    office.scene.fates[A] = [Fate.LOST_NOT_DONE, Fate.LOST_NOT_DONE]
    run = send_again(office, office.start(plan_of(failing_over(A))))
    assert run.state is RunState.UNKNOWN
    assert office.scene.executions == {A: 2}
    assert office.runner().resume(run.run_id).state is RunState.UNKNOWN
    assert office.scene.executions == {A: 2}


def test_what_a_server_still_runs_is_not_sent_again(office: Office) -> None:
    office.scene.fates[A] = [Fate.RUNS_ON]
    run = office.start(plan_of(failing_over(A)))
    again = send_again(office, run)
    assert again.state is RunState.UNKNOWN
    assert office.scene.executions == {A: 1}
    assert again.steps[0].attempts[0].released == ""


def test_where_nothing_can_be_sent_the_word_is_not_spent(office: Office) -> None:
    office.scene.fates[A] = [Fate.LOST_NOT_DONE, Fate.UNREACHABLE]
    run = send_again(office, office.start(plan_of(failing_over(A))))
    assert run.state is RunState.UNKNOWN
    assert [attempt.released for attempt in run.steps[0].attempts] == [""]
    assert office.runner().resume(run.run_id).state is RunState.UNKNOWN
    assert office.scene.executions == {A: 1}
    assert send_again(office, run).state is RunState.COMPLETED
    assert office.scene.executions == {A: 2}


def test_what_must_not_be_begun_any_more_stays_unknown(office: Office) -> None:
    office.scene.fates[A] = [Fate.LOST_NOT_DONE]
    run = office.start(plan_of(failing_over(A, before=[PoolStateIs(B, PoolState.ACTIVE)])))
    office.scene.fail_over(B)
    again = send_again(office, run)
    assert again.state is RunState.UNKNOWN
    assert again.steps[0].attempts[0].released == ""
    assert office.scene.executions == {A: 1}


@pytest.mark.parametrize("found", [Fate.LOST_COLLECTABLE, Fate.LOST_FAILED, Fate.LOST_DONE])
def test_what_can_be_found_or_seen_is_not_sent_again(office: Office, found: Fate) -> None:
    office.scene.fates[A] = [Fate.INTERRUPTED]
    run = office.start(plan_of(failing_over(A)))
    assert run.state is RunState.UNKNOWN
    office.scene.fate_of[office.scene.sent[0]] = found
    again = send_again(office, run)
    assert again.state in (RunState.COMPLETED, RunState.COMPLETED_WITH_EXCEPTIONS)
    assert office.scene.executions == {A: 1}
    assert [attempt.released for attempt in again.steps[0].attempts] == [""]


@pytest.mark.parametrize("fate", [Fate.WORKS, Fate.FAILS, Fate.ENDS_WITHOUT_EFFECT])
def test_there_is_nothing_to_send_again_where_the_end_is_known(office: Office, fate: Fate) -> None:
    office.scene.fates[A] = [fate]
    run = office.start(plan_of(failing_over(A), by_hand()))
    with pytest.raises(InvalidValueError, match="nothing to send again"):
        send_again(office, run)
    assert office.scene.executions == {A: 1}
    assert office.journal().load(run.run_id) == run


def test_a_command_is_forgotten_once_its_end_is_journalled(office: Office) -> None:
    office.scene.fates[A] = [Fate.LOST_DONE]
    run = office.start(plan_of(failing_over(A), failing_over(B)))
    assert office.scene.forgotten == [run.steps[1].attempts[0].address.command_id]
