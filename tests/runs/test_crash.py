"""kill -9 at every point at which something is written or sent, then resume by another process on
the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyncops.deployment.model import PoolState
from lyncops.plan.conditions import PoolStateIs
from lyncops.plan.model import Plan
from lyncops.runs.model import Run, RunState, StepState
from tests.runs.scene import (
    A,
    B,
    C,
    Fate,
    Fuse,
    Killed,
    Office,
    Scene,
    asking,
    by_hand,
    failing_over,
    plan_of,
    waiting,
)

MANUAL = by_hand(after=[PoolStateIs(C, PoolState.FAILED_OVER)])
FULL = plan_of(asking(), failing_over(A), waiting(A), MANUAL, failing_over(B))
LONGEST = 200


def points_of(make: Callable[[], Office], plan: Plan) -> int:
    """How many points there are in a life without a kill."""
    office, fuse = make(), Fuse()
    office.start(plan, fuse)
    office.close()
    return fuse.points


def lives(office: Office, run: Run, *, at_most: int = 12) -> Run:
    """Resume until the run is over or tells the same twice; somebody does what is asked for by
    hand.

    Where the process died between journal and send, nobody but the operator can say that nothing
    was sent.
    """
    for _ in range(at_most):
        if run.state is RunState.PENDING_MANUAL_STEP:
            office.scene.fail_over(C)
        attempt = run.current.last_attempt if run.current is not None else None
        was_sent = attempt is None or attempt.address.command_id in office.scene.sent
        word = "" if was_sent or run.state is not RunState.UNKNOWN else "it did not run"
        before, run = run.state, office.runner().resume(run.run_id, send_again=word)
        if run.state.is_final or (
            run.state is before and run.state is not RunState.PENDING_MANUAL_STEP
        ):
            return run
    raise AssertionError(run.state)


def attempts(run: Run) -> Iterable[str]:
    return (attempt.address.command_id for record in run.steps for attempt in record.attempts)


def test_killed_anywhere_and_resumed_it_ends_the_same(tmp_path: Path) -> None:
    def office_in(name: str) -> Office:
        (tmp_path / name).mkdir()
        return Office(tmp_path / name)

    points = points_of(lambda: office_in("unhurt"), FULL)
    assert 20 < points < LONGEST
    for point in range(1, points + 1):
        office = office_in(str(point))
        with pytest.raises(Killed):
            office.start(FULL, Fuse(point))
        known = office.runs()
        if not known:
            assert office.scene.sent == []
        else:
            run = lives(office, known[0])
            assert run.state is RunState.COMPLETED, point
            assert office.journal().locks() == (), point
            assert {record.state for record in run.steps} <= {
                StepState.DONE,
                StepState.ALREADY_TRUE,
            }
            assert all(
                attempt.proof is None for record in run.steps for attempt in record.attempts
            ), point
            assert office.scene.executions == {A: 1, B: 1}, point
            assert set(office.scene.sent) <= set(attempts(run)), point
        office.close()


fates = st.lists(st.sampled_from(list(Fate)), max_size=4)


@settings(max_examples=settings().max_examples // 2)  # each is several lives
@given(for_a=fates, for_b=fates, kills=st.lists(st.integers(1, 40), max_size=4))
def test_nothing_is_sent_twice_unless_it_is_known_how_it_ended(
    for_a: list[Fate], for_b: list[Fate], kills: list[int]
) -> None:
    with TemporaryDirectory() as folder:
        office = Office(Path(folder), Scene(fates={A: list(for_a), B: list(for_b)}))
        try:
            _live_and_die(office, kills)
        finally:
            office.close()


def _live_and_die(office: Office, kills: list[int]) -> None:
    plan = plan_of(failing_over(A), failing_over(B))
    for kill in (*kills, None):
        known = office.runs()
        open_before = [
            attempt
            for run in known
            for record in run.steps
            for attempt in record.attempts
            if attempt.is_open
        ]
        sent_before = len(office.scene.sent)
        try:
            run = (
                office.runner(Fuse(kill)).resume(known[0].run_id)
                if known
                else office.start(plan, Fuse(kill))
            )
        except Killed:
            continue
        if run.state is RunState.UNKNOWN:
            assert run.current is not None
            assert run.current.last_attempt is not None
        for attempt in open_before:
            if office.scene.fate_of.get(attempt.address.command_id) is Fate.LOST_NOT_DONE:
                assert len(office.scene.sent) == sent_before, (
                    "an unknown outcome is not followed by another attempt"
                )
    for run in office.runs():
        _every_command_is_accounted_for(office, run)


def _every_command_is_accounted_for(office: Office, run: Run) -> None:
    assert set(office.scene.sent) <= set(attempts(run))
    for record in run.steps:
        for attempt in record.attempts:
            fate = office.scene.fate_of.get(attempt.address.command_id)
            assert attempt.sent or fate is None or not fate.starts, (
                "what really ran is never taken for not started"
            )
        for attempt in record.attempts[:-1]:
            assert office.scene.fate_of.get(attempt.address.command_id) is not Fate.LOST_NOT_DONE
    if run.state is RunState.COMPLETED:
        assert office.scene.states == {A: PoolState.FAILED_OVER, B: PoolState.FAILED_OVER}
