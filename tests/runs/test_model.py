from __future__ import annotations

import itertools

import attrs
import pytest

from lyncops.errors import JournalError
from lyncops.runs.events import RunChanged, StepChanged
from lyncops.runs.exit_codes import ExitCode, exit_code
from lyncops.runs.history import apply, replay
from lyncops.runs.model import TRANSITIONS, Run, RunState, StepState
from tests.runs.scene import START, A, failing_over, plan_of

RUN = Run.of(plan_of(failing_over(A)), run_id="r", operator="anna", reason="", created_at=START)
FINAL = {
    RunState.COMPLETED,
    RunState.COMPLETED_WITH_EXCEPTIONS,
    RunState.CANCELLED,
    RunState.FAILED,
}
AT_REST = {
    RunState.PAUSED_BY_FAILED_STEP,
    RunState.PAUSED_BY_OPERATOR,
    RunState.PENDING_MANUAL_STEP,
    RunState.UNKNOWN,
    RunState.TIMED_OUT,
}


def allowed(before: RunState, after: RunState) -> bool:
    if before in FINAL:
        return False
    if before is RunState.RUNNING:
        return after is not RunState.PENDING
    return after in (RunState.RUNNING, RunState.CANCELLED)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(RunState, RunState)))
def test_every_transition_is_allowed_or_refused(before: RunState, after: RunState) -> None:
    run, event = (
        attrs.evolve(RUN, state=before),
        RunChanged(run_id="r", at=START, state=after, why="so"),
    )
    assert before.may_become(after) is allowed(before, after)
    if allowed(before, after):
        changed = apply(run, event)
        assert (changed.state, changed.changed_at, changed.why) == (after, START, "so")
    else:
        with pytest.raises(JournalError, match=f"cannot go from {before.value} to {after.value}"):
            apply(run, event)


def test_a_state_is_final_or_at_rest_or_under_way() -> None:
    assert {state for state in RunState if state.is_final} == FINAL
    assert {state for state in RunState if state.is_at_rest} == AT_REST
    assert set(TRANSITIONS) == set(RunState)


def test_a_step_that_the_plan_has_not_is_an_altered_journal() -> None:
    event = StepChanged(run_id="r", at=START, step_id="other", state=StepState.DONE)
    with pytest.raises(JournalError, match="does not have"):
        replay(RUN, [event])


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (RunState.COMPLETED, 0),
        (RunState.FAILED, 3),
        (RunState.PAUSED_BY_FAILED_STEP, 3),
        (RunState.TIMED_OUT, 3),
        (RunState.CANCELLED, 3),
        (RunState.UNKNOWN, 4),
        (RunState.RUNNING, 4),
        (RunState.PENDING_MANUAL_STEP, 5),
        (RunState.PAUSED_BY_OPERATOR, 5),
        (RunState.PENDING, 5),
        (RunState.COMPLETED_WITH_EXCEPTIONS, 7),
    ],
)
def test_exit_codes(state: RunState, code: int) -> None:
    assert exit_code(state) == code
    assert ExitCode(code) is exit_code(state)
