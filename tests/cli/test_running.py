from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from lyncops.cmdlets import MirrorRole
from lyncops.errors import CmdletFailedError, OutcomeUnknownError, RunLockedError
from lyncops.plan.codec import plan_from_json
from lyncops.plan.model import CmdletStep, Plan
from lyncops.plan.procedures import PoolFailover
from lyncops.plan.rehearsal import Rehearsal, rehearsal
from lyncops.procedures import make_plan
from lyncops.remoting.execution import Execution
from lyncops.remoting.psrp.streams import ErrorRecord, StreamKind, StreamRecord
from lyncops.runs.events import Observer
from lyncops.runs.exit_codes import exit_code
from lyncops.runs.model import Run, RunState, RunSummary
from lyncops.runs.report import Report
from lyncops.runs.transfer import Exported, Imported
from lyncops.values import Fqdn, Mode, Outcome
from tests.cli.conftest import Answer, Invoke
from tests.cli.runs import RUN_ID, events_of, failover, run_of
from tests.deployments import EDGE1, P1, P2, two_sites

FAILOVER = ("pool-failover", P1, "--mode", "planned")


def follow(plan: Plan, last: RunState) -> Callable[..., Run]:
    """What a client does with observers: tells them of everything, and answers the run."""

    def run(*_: object, observers: tuple[Observer, ...], **__: object) -> Run:
        for event in events_of(plan, last):
            for observer in observers:
                observer.observe(event)
        return run_of(plan, last)

    return run


def rehearsals(plan: Plan, outcome: Outcome) -> tuple[Rehearsal, ...]:
    """One step that was asked, and one that could not be."""
    asked = next(step for part in rehearsal(plan, two_sites()) if (step := part.ask) is not None)
    execution = Execution(
        cmdlet=asked.cmdlet,
        outcome=outcome,
        started=datetime(2014, 6, 1, tzinfo=UTC),
        ended=datetime(2014, 6, 1, tzinfo=UTC),
        errors=(ErrorRecord(message="access is denied"),) if outcome is Outcome.FAILED else (),
        records=(StreamRecord(kind=StreamKind.VERBOSE, text="What if: performing"),),
    )
    return (
        Rehearsal(step=asked, execution=execution),
        Rehearsal(step=plan.steps[-1], because="an earlier step must come first"),
    )


def test_a_refused_plan_without_steps_promises_none(client: MagicMock, invoke: Invoke) -> None:
    nowhere = Fqdn("nowhere.contoso.com")
    client.plan.return_value = make_plan(PoolFailover(pool=nowhere, mode=Mode.PLANNED), two_sites())
    answer = invoke("plan", "pool-failover", nowhere, "--mode", "planned")
    assert answer.code == 2
    assert "has no pool nowhere.contoso.com" in answer.out
    assert not any(word in answer.out for word in ("Steps (0)", "Done when", "data loss"))


def test_a_plan_shows_checks_steps_powershell_sources_undo_loss_and_duration(
    client: MagicMock, invoke: Invoke
) -> None:
    client.plan.return_value = plan = failover(Mode.DISASTER, accept_data_loss=True)
    answer = invoke(
        "plan", "pool-failover", P1, "--mode", "disaster", "--accept-data-loss", "--details"
    )
    assert answer.code == 0
    for step in plan.steps:
        assert step.title in answer.out
        assert all(source.title in answer.out for source in step.sources)
        if isinstance(step, CmdletStep):
            assert step.cmdlet.to_powershell() in answer.out
    assert f"Expected data loss: {plan.expected_loss}" in answer.out
    assert "undone by:" in answer.out
    assert "runs on:" in answer.out
    assert "in all" in answer.out


def test_without_details_a_plan_shows_the_verdict_first_and_all_powershell(
    client: MagicMock, invoke: Invoke
) -> None:
    client.plan.return_value = plan = failover(Mode.DISASTER, accept_data_loss=True)
    told = invoke("plan", "pool-failover", P1, "--mode", "disaster", "--accept-data-loss").out
    assert told.splitlines()[2].startswith(f"Possible now: {len(plan.steps)} steps, about ")
    for step in plan.steps:
        assert step.title in told
        assert step.why not in told
        if isinstance(step, CmdletStep):
            assert step.cmdlet.to_powershell() in told
    assert f"Expected data loss: {plan.expected_loss}" in told
    assert all(f"Note: {note}" in told for note in plan.notes)


def test_a_refused_plan_names_check_remedy_and_override_and_exits_2(
    client: MagicMock, invoke: Invoke
) -> None:
    client.plan.return_value = plan = failover(Mode.DISASTER)
    assert plan.refusals
    answer = invoke("plan", "pool-failover", P1, "--mode", "disaster")
    assert answer.code == 2
    assert "== Refused" in answer.out
    assert plan.refusals[0].check_id in answer.out
    assert plan.refusals[0].remedy in answer.out


def test_options_become_the_request(client: MagicMock, invoke: Invoke) -> None:
    client.plan.return_value = failover()
    invoke(
        *(
            "plan",
            *FAILOVER,
            "--override",
            "rights",
            "--override",
            "replicas-up-to-date",
            "--reason",
            "drill",
            "--no-export",
        ),
        *(
            "--next-hop",
            P2,
            "--store-sql-server",
            "sql2.contoso.com",
            "--store-sql-instance",
            "rtc",
        ),
    )
    (request,) = client.plan.call_args.args
    assert isinstance(request, PoolFailover)
    assert request.pool == P1
    assert request.mode is Mode.PLANNED
    assert request.overrides == {"rights": "drill", "replicas-up-to-date": "drill"}
    assert (request.export, request.next_hop, request.store_sql_server) == (
        False,
        P2,
        Fqdn("sql2.contoso.com"),
    )


def test_each_override_can_have_its_own_reason(client: MagicMock, invoke: Invoke) -> None:
    client.plan.return_value = failover()
    invoke(
        "plan",
        *FAILOVER,
        "--override",
        "a",
        "--reason",
        "one",
        "--override",
        "b",
        "--reason",
        "two",
    )
    assert client.plan.call_args.args[0].overrides == {"a": "one", "b": "two"}


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (("edge-association", P1, "--edge", EDGE1), "edge_pool", EDGE1),
        (("pool-failback", P1, "--mode", "planned", "--edge", EDGE1), "edges", (EDGE1,)),
        (
            ("pool-failback", P1, "--mode", "disaster", "--store-sql-server", P1),
            "store_sql_server",
            P1,
        ),
        (("edge-association", P1, "--edge", EDGE1, "--enable-topology"), "enable_topology", True),
        (("database-failover", P1, "--principal", "mirror"), "principal", MirrorRole.MIRROR),
        (
            ("database-failover", P1, "--database-type", "Application"),
            "database_type",
            "Application",
        ),
    ],
)
def test_other_procedures_take_their_own_options(
    client: MagicMock, invoke: Invoke, arguments: tuple[str, ...], field: str, value: object
) -> None:
    client.plan.return_value = failover()
    invoke("plan", *arguments)
    assert getattr(client.plan.call_args.args[0], field) == value


def test_a_plan_as_json_reads_back_as_the_plan(client: MagicMock, invoke: Invoke) -> None:
    client.plan.return_value = plan = failover()
    assert plan_from_json(invoke("--json", "plan", *FAILOVER).out) == plan


def test_a_saved_plan_runs(client: MagicMock, invoke: Invoke, tmp_path: Path) -> None:
    client.plan.return_value = plan = failover()
    saved = tmp_path / "plan.json"
    assert invoke("plan", *FAILOVER, "--save", str(saved)).code == 0
    client.run.side_effect = follow(plan, RunState.COMPLETED)
    assert invoke("run", "--plan", str(saved), "--yes", "--reason", "drill").code == 0
    assert client.run.call_args.args == (plan,)
    assert client.run.call_args.kwargs["reason"] == "drill"


OLD = "This plan is 3 hours old."


def saved_plan(client: MagicMock, invoke: Invoke, folder: Path) -> str:
    """A saved plan of which the client has second thoughts, and runs it when it is told to."""
    client.plan.return_value = plan = failover()
    file = folder / "plan.json"
    invoke("plan", *FAILOVER, "--save", str(file))
    client.second_thoughts.return_value = (OLD,)
    client.run.side_effect = follow(plan, RunState.COMPLETED)
    return str(file)


def test_an_old_plan_is_no_answer_to_yes(client: MagicMock, invoke: Invoke, tmp_path: Path) -> None:
    file = saved_plan(client, invoke, tmp_path)
    answer = invoke("run", "--plan", file, "--yes")
    assert answer.code == 1
    assert OLD in answer.err
    assert "--again" in answer.err
    client.run.assert_not_called()
    told = invoke("run", "--plan", file, "--yes", "--again")
    assert told.code == 0
    assert OLD in told.out


@pytest.mark.parametrize(("typed", "runs"), [("n\n", 0), ("y\nn\n", 0), ("y\ny\n", 1)])
def test_an_old_plan_is_asked_about_by_itself(
    client: MagicMock,
    invoke: Invoke,
    at_terminal: Callable[..., Answer],
    tmp_path: Path,
    *,
    typed: str,
    runs: int,
) -> None:
    file = saved_plan(client, invoke, tmp_path)
    answer = at_terminal("run", "--plan", file, typed=typed)
    assert OLD in answer.out
    assert "Run it all the same?" in answer.out
    assert client.run.call_count == runs


def test_a_plan_that_is_made_now_is_not_thought_over(client: MagicMock, invoke: Invoke) -> None:
    client.plan.return_value = plan = failover()
    client.second_thoughts.return_value = (OLD,)
    client.run.side_effect = follow(plan, RunState.COMPLETED)
    assert invoke("run", *FAILOVER, "--yes").code == 0


@pytest.mark.parametrize("state", [state for state in RunState if state is not RunState.PENDING])
def test_the_exit_code_of_a_run_tells_its_state(
    client: MagicMock, invoke: Invoke, state: RunState
) -> None:
    client.plan.return_value = plan = failover()
    client.run.side_effect = follow(plan, state)
    answer = invoke("run", *FAILOVER, "--yes")
    assert answer.code == exit_code(state)
    assert state.value.replace("_", " ") in answer.out


def test_a_run_in_a_pipe_tells_every_event_as_a_line_with_its_time(
    client: MagicMock, invoke: Invoke
) -> None:
    client.plan.return_value = plan = failover()
    client.run.side_effect = follow(plan, RunState.COMPLETED)
    out = invoke("run", *FAILOVER, "--yes").out
    lines = [line for line in out.splitlines() if line.startswith("2014-06-01T03:0")]
    told = "\n".join(lines)
    for words in (
        "is running",
        "sending to https://pool2-fe1",
        "half way",
        "a service is slow",
        "done (seen)",
        "read back: served by pool2",
    ):
        assert words in told
    assert "an object" not in told
    assert told.count("not there yet") == 1
    assert "\x1b" not in out


def test_a_run_on_a_terminal_asks_and_shows_the_table_live(
    client: MagicMock, at_terminal: Callable[..., Answer]
) -> None:
    client.plan.return_value = plan = failover()
    client.run.side_effect = follow(plan, RunState.COMPLETED)
    answer = at_terminal("run", *FAILOVER, typed="y\n")
    assert answer.code == 0
    assert f"Run these {len(plan.steps)} steps now?" in answer.out
    assert f"{len(plan.steps)} steps, " in answer.out.split("steps now?")[1]
    assert "read back" in answer.out or "that is how it ended" in answer.out


def test_the_question_comes_after_the_topology_the_checks_and_the_steps(
    client: MagicMock, at_terminal: Callable[..., Answer]
) -> None:
    client.plan.return_value = plan = failover()
    shown = at_terminal("run", *FAILOVER, typed="n\n").out
    places = [
        shown.index(words)
        for words in ("Of 2", "Steps (", "Topology of contoso", "About to run", "Run these")
    ]
    assert places == sorted(places)
    topology = shown[places[2] : places[3]]
    for name in (P1, P2, EDGE1, "active master"):
        assert name in topology
    client.reading_of.assert_called_once_with(plan)


def test_where_nothing_is_asked_nothing_is_read_for_the_topology(
    client: MagicMock, invoke: Invoke
) -> None:
    client.plan.return_value = plan = failover()
    client.run.side_effect = follow(plan, RunState.COMPLETED)
    assert "Topology" not in invoke("run", *FAILOVER, "--yes").out
    client.reading_of.assert_not_called()


def test_a_person_who_says_no_changes_nothing(
    client: MagicMock, at_terminal: Callable[..., Answer]
) -> None:
    client.plan.return_value = failover()
    answer = at_terminal("run", *FAILOVER, typed="n\n")
    assert answer.code == 5
    assert "Nothing was changed." in answer.out
    client.run.assert_not_called()


def test_where_nobody_can_answer_a_run_needs_yes(client: MagicMock, invoke: Invoke) -> None:
    client.plan.return_value = failover()
    answer = invoke("run", *FAILOVER)
    assert answer.code == 1
    assert "--yes" in answer.err
    client.run.assert_not_called()


def test_where_nobody_can_answer_a_refusal_comes_first(client: MagicMock, invoke: Invoke) -> None:
    client.plan.return_value = plan = failover(Mode.DISASTER)
    answer = invoke("run", "pool-failover", P1, "--mode", "disaster")
    assert answer.code == 2
    assert plan.refusals[0].check_id in answer.err
    assert "--yes" not in answer.err


DISASTER = ("pool-failover", P1, "--mode", "disaster", "--accept-data-loss")


@pytest.mark.parametrize(
    ("typed", "runs"),
    [(P1, True), (P1.upper(), True), ("y", False), ("yes", False), ("", False), (P2, False)],
)
def test_a_disaster_wants_the_name_of_what_is_lost(
    client: MagicMock, at_terminal: Callable[..., Answer], typed: str, *, runs: bool
) -> None:
    client.plan.return_value = plan = failover(Mode.DISASTER, accept_data_loss=True)
    client.run.side_effect = follow(plan, RunState.COMPLETED)
    answer = at_terminal("run", *DISASTER, typed=f"{typed}\n")
    assert (answer.code, client.run.called) == ((0, True) if runs else (5, False))
    asked = re.sub(r"\x1b\[[0-9;]*m", "", answer.out[answer.out.index("About to run") :])
    for words in (
        plan.procedure.title,
        plan.expected_loss,
        f"{len(plan.steps)} steps",
        f"Type {P1}",
    ):
        assert words in " ".join(asked.split())


def test_a_refused_plan_never_runs(client: MagicMock, invoke: Invoke) -> None:
    client.plan.return_value = plan = failover(Mode.DISASTER)
    answer = invoke("run", "pool-failover", P1, "--mode", "disaster", "--yes")
    assert answer.code == 2
    assert plan.refusals[0].check_id in answer.err
    client.run.assert_not_called()


def test_a_run_as_json_is_its_report(client: MagicMock, invoke: Invoke) -> None:
    client.plan.return_value = plan = failover()
    client.run.side_effect = follow(plan, RunState.COMPLETED_WITH_EXCEPTIONS)
    answer = invoke("--json", "run", *FAILOVER, "--yes")
    assert answer.code == 7
    assert (
        json.loads(answer.out) == Report.of(run_of(plan, RunState.COMPLETED_WITH_EXCEPTIONS)).data()
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RunLockedError("Pool1 is held by a run of ben."), 6),
        (OutcomeUnknownError("Nobody knows."), 4),
        (CmdletFailedError("It failed."), 3),
    ],
)
def test_errors_of_a_run_have_their_exit_code(
    client: MagicMock, invoke: Invoke, error: Exception, code: int
) -> None:
    client.plan.return_value = failover()
    client.run.side_effect = error
    assert invoke("run", *FAILOVER, "--yes").code == code


@pytest.mark.parametrize(
    ("outcome", "code"), [(Outcome.SUCCEEDED, 0), (Outcome.FAILED, 3), (Outcome.UNKNOWN, 4)]
)
def test_a_rehearsal_shows_what_the_servers_would_do(
    client: MagicMock, invoke: Invoke, outcome: Outcome, code: int
) -> None:
    client.plan.return_value = plan = failover()
    client.rehearse.return_value = rehearsals(plan, outcome)
    answer = invoke("run", *FAILOVER, "--rehearse")
    assert answer.code == code
    assert "-WhatIf" in answer.out
    assert "What if: performing" in answer.out
    assert "not rehearsed, because an earlier step must come first" in answer.out
    client.run.assert_not_called()


def test_resume_goes_on_with_a_run(client: MagicMock, invoke: Invoke) -> None:
    plan = failover()
    client.show.return_value = run_of(plan, RunState.PENDING_MANUAL_STEP)
    client.resume.side_effect = follow(plan, RunState.COMPLETED)
    answer = invoke("resume", RUN_ID, "--steal-lock")
    assert answer.code == 0
    assert client.resume.call_args.args == (RUN_ID,)
    assert client.resume.call_args.kwargs["steal_lock"] is True


def test_resume_without_an_id_takes_the_latest_run(client: MagicMock, invoke: Invoke) -> None:
    plan = failover()
    client.runs.return_value = (RunSummary.of(run_of(plan)),)
    client.show.return_value = run_of(plan, RunState.PENDING_MANUAL_STEP)
    client.resume.side_effect = follow(plan, RunState.COMPLETED)
    assert invoke("resume").code == 0
    assert client.resume.call_args.args == (RUN_ID,)


def test_where_nobody_can_be_asked_the_real_mistake_is_told_first(
    client: MagicMock, invoke: Invoke
) -> None:
    client.is_reached.return_value = False
    client.plan.return_value = refused = failover(Mode.DISASTER)
    answer = invoke("run", "pool-failover", P1, "--mode", "disaster")
    assert answer.code == 2
    assert f"is refused by {refused.refusals[0].check_id}" in answer.err
    assert "Cannot ask" not in answer.err
    client.plan.return_value = failover()
    answer = invoke("run", "pool-failover", P1, "--mode", "planned")
    assert answer.code == 1
    assert "Cannot ask for confirmation" in answer.err
    client.run.assert_not_called()


def test_runs_are_listed(client: MagicMock, invoke: Invoke) -> None:
    client.runs.return_value = (RunSummary.of(run_of(failover())),)
    assert RUN_ID in invoke("runs", "list").out
    assert json.loads(invoke("--json", "runs", "list").out)["runs"][0]["state"] == "completed"
    client.runs.return_value = ()
    assert "No runs yet." in invoke("runs", "list").out


def test_a_long_list_is_shown_in_pages(client: MagicMock, invoke: Invoke) -> None:
    client.runs.return_value = (RunSummary.of(run_of(failover())),) * 3
    assert f"lyncops runs list --before {RUN_ID}" in invoke("runs", "list", "--limit", "2").out
    client.runs.assert_called_with(limit=3, before="")
    page = json.loads(invoke("--json", "runs", "list", "--limit", "2", "--before", "x").out)
    assert (len(page["runs"]), page["more"]) == (2, True)
    client.runs.assert_called_with(limit=3, before="x")
    assert json.loads(invoke("--json", "runs", "list", "--limit", "3").out)["more"] is False


def test_runs_are_exported_and_imported(client: MagicMock, invoke: Invoke, tmp_path: Path) -> None:
    client.export_runs.return_value = Exported(written=(RUN_ID,), left_out=("other",))
    answer = invoke("runs", "export", RUN_ID, "--to", str(tmp_path / "x"))
    assert (answer.code, "other" in answer.out) == (7, True)
    client.export_runs.assert_called_with(tmp_path / "x", (RUN_ID,))
    client.export_runs.return_value = Exported(written=(RUN_ID,))
    assert json.loads(invoke("runs", "export", "--to", "x", "--json").out)["exported"] == [RUN_ID]
    client.import_runs.return_value = Imported(added=(RUN_ID,), known=("other",))
    assert "1 run imported. 1 run already there." in invoke("runs", "import", "x").out
    assert json.loads(invoke("runs", "import", "x", "--json").out)["changed"] is True


def test_pruning_asks_and_says_what_went(client: MagicMock, invoke: Invoke) -> None:
    found = (RunSummary.of(run_of(failover())),)
    client.prunable_runs.return_value = found
    assert invoke("runs", "prune", "--before", "2014-06-02").code == 1  # nobody can be asked
    assert invoke("runs", "prune", "--before", "yesterday").code == 1
    client.prune_runs.assert_not_called()
    client.prune_runs.return_value = found
    assert json.loads(invoke("runs", "prune", "--before", "2014-06-02", "--yes", "--json").out)[
        "pruned"
    ] == [RUN_ID]
    client.prune_runs.assert_called_with(datetime(2014, 6, 2, tzinfo=UTC))
    client.prunable_runs.return_value = ()
    assert (
        json.loads(invoke("runs", "prune", "--before", "2014-06-02", "--yes", "--json").out)[
            "changed"
        ]
        is False
    )


def test_a_run_is_shown_with_how_to_go_on(client: MagicMock, invoke: Invoke) -> None:
    client.show.return_value = run_of(failover(), RunState.PENDING_MANUAL_STEP)
    answer = invoke("runs", "show", RUN_ID)
    assert answer.code == 5
    assert f"lyncops resume {RUN_ID}" in answer.out
    assert "exception: " in answer.out
    assert "note: a lock was taken over" in answer.out


@pytest.mark.parametrize(
    ("form", "begin"), [("text", "pool-failover of"), ("markdown", "# pool-failover of")]
)
def test_a_run_is_reported(client: MagicMock, invoke: Invoke, form: str, begin: str) -> None:
    client.report.return_value = Report.of(run_of(failover()))
    assert invoke("runs", "report", RUN_ID, "--format", form).out.startswith(begin)


def test_a_run_is_cancelled_for_a_reason(client: MagicMock, invoke: Invoke) -> None:
    client.cancel.return_value = run_of(failover(), RunState.CANCELLED)
    assert invoke("runs", "cancel", RUN_ID).code == 1
    assert invoke("runs", "cancel", RUN_ID, "--reason", "planned anew").code == 0
    client.cancel.assert_called_once_with(RUN_ID, reason="planned anew")
