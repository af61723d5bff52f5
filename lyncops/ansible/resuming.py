"""The module that goes on with a run: one that was cut off, or whose manual step is done."""

from __future__ import annotations

from typing import Final

from lyncops.ansible.answers import Answer, failure, run_answer
from lyncops.ansible.carrying_out import WHO, Narrator
from lyncops.ansible.parameters import Parameter
from lyncops.ansible.task import Task
from lyncops.client import Client
from lyncops.runs.exit_codes import ExitCode
from lyncops.runs.finding import find_run
from lyncops.runs.model import Run
from lyncops.views.progress import Narration

RUN_ID: Final = Parameter(
    name="run_id",
    about=("The run: its id, the beginning of it, or C(latest).",),
    required=True,
)
PARAMETERS: Final = (
    RUN_ID,
    Parameter(
        name="confirm",
        about=(
            "The id of the manual step that was done: C(pending.step_id) of the task before.",
            "Without it a run that waits for a person goes on waiting.",
        ),
    ),
    Parameter(
        name="send_again_because",
        about=(
            "Why a cmdlet with an unknown outcome may be sent again.",
            "It may then run twice.",
            "Only for a run whose outcome is unknown, after you looked at the servers.",
        ),
    ),
    *WHO,
)


def resume(task: Task, client: Client) -> Answer:
    """Go on with the run, as far as it goes."""
    run = client.show(find_run(task.text("run_id"), client.runs))
    answer = {**run_answer(run), "changed": False}
    if run.state.is_final:
        return answer
    if (waits := answer.get("pending")) is not None:
        step_id = run.current.step.step_id if run.current else ""
        confirmed = task.text("confirm")
        if not confirmed:
            return answer
        if confirmed != step_id:
            message = f"The run {run.run_id} waits for the step {step_id}, not for {confirmed}."
            return {**failure(ExitCode.WRONG_USE, message), "pending": waits, "run_id": run.run_id}
    if task.check:
        return {"changed": True, "run_id": run.run_id, "msg": f"Would go on with {run.run_id}."}
    done = client.resume(
        run.run_id,
        operator=task.text("operator"),
        steal_lock=task.flag("steal_lock"),
        send_again=task.text("send_again_because"),
        observers=[Narrator(Narration(run.plan), task.tell)],
    )
    return {**run_answer(done), "changed": _sent(done) > _sent(run)}


def _sent(run: Run) -> int:
    return sum(attempt.sent for record in run.steps for attempt in record.attempts)
