"""A local copy of the topology is read where the store is silent, and told with its reason; not
where a connection broke.
"""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

import lyncops
from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.comparison import differences
from lyncops.deployment.reader import read_deployment
from lyncops.errors import EndpointError
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.lab.wire.faults import Fault, FaultKind
from lyncops.views.status import status_blocks
from tests.deployment.scripted import Answer, FixedClock, Refusal, ScriptedSessions
from tests.deployment.test_reader_of_odd_shapes import BASIC, SE1, read

LOCAL = {"GetCsTopology": ["<Topology/>"]}
LOST = EndpointError("The connection was lost.")


@attrs.define
class Once:
    """A question that is lost as often as this, and then answered."""

    question: str
    times: int

    def __call__(self, _cmdlet: Cmdlet[object]) -> Answer:
        self.times -= 1
        told = BASIC[self.question]
        assert not callable(told)
        return LOST if self.times >= 0 else told


@pytest.mark.parametrize("question", ["GetCsService", "GetCsPool"])
def test_a_lost_connection_says_nothing_of_the_store(question: str) -> None:
    whole = read(LOCAL)
    told = read({**LOCAL, question: Once(question, 1)})
    assert told == whole
    assert not told.from_local_store
    assert told.pool(SE1) is not None


@pytest.mark.parametrize("question", ["GetCsService", "GetCsPool"])
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Refusal("The store is gone."), "The store is gone."),
        (Refusal("The deadline passed.", unknown=True), "deadline"),
        (LOST, "lost"),
    ],
)
def test_why_a_local_copy_was_read_is_told(question: str, answer: Answer, said: str) -> None:
    sessions = ScriptedSessions({**BASIC, **LOCAL, question: answer})
    deployment = read_deployment(sessions, name="x", clock=FixedClock())
    assert deployment.from_local_store
    assert said in deployment.store_silence
    lines = [str(getattr(block, "text", "")) for block in status_blocks(deployment)]
    assert any("local store of that server" in line and said in line for line in lines)
    asked = [request.NAME for request in sessions.requests]
    name = "Get-CsService" if question == "GetCsService" else "Get-CsPool"
    assert asked.count(name) == (2 if answer is LOST else 1)


def test_connections_that_idled_and_answer_401_once_are_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Lab.start("two-sites") as lab:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        with lyncops.connect(lab.write_config(tmp_path)) as client:
            first = client.status()
            for action in ("Command", "Receive"):
                lab.faults.add(
                    Fault(
                        kind=FaultKind.STATUS_BEFORE,
                        action=action,
                        cmdlet=None,
                        times=8,
                        status=401,
                    )
                )
                later = client.status()
                assert not later.from_local_store
                assert differences(first, later) == ()
                assert later.unread == first.unread
    assert lab.failed_logons == 0
