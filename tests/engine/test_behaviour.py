"""Rehearsals, prompts, errors of every kind, streams and stops: what PowerShell itself makes of
them, and what lyncops reads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import pytest

from lyncops.cmdlets import GetCsPoolFabricState, InvokeCsPoolFailOver, SetCsRegistrarConfiguration
from lyncops.cmdlets.base import EVERY_VERSION, Cmdlet, NoOutput, command, parameter
from lyncops.cmdlets.kinds import STRING
from lyncops.remoting.execution import Execution
from lyncops.remoting.psrp.streams import StreamKind
from lyncops.values import Outcome
from tests.engine.conftest import Bench
from tests.engine.deployment import P1
from tests.engine.world import Action, Answer, Call, Problem, ask, output, progress, say, until

READ: Final = GetCsPoolFabricState(pool_fqdn=P1)
CHANGE: Final = InvokeCsPoolFailOver(pool_fqdn=P1)
CLASS: Final = "Microsoft.Rtc.Management.InvokeCsPoolFailOverCmdlet"


def ids(done: Execution[object]) -> list[str]:
    return [error.fully_qualified_error_id for error in done.errors]


# -- rehearsals and confirmation
# ----------------------------------------------------------------------------------------------


def test_a_rehearsal_changes_nothing(bench: Bench) -> None:
    count = len(bench.world.calls)
    done = bench.sessions.run(InvokeCsPoolFailOver(pool_fqdn=P1, what_if=True))
    assert (done.outcome, done.errors) == (Outcome.SUCCEEDED, ())
    assert len(bench.world.calls) == count
    assert bench.world.rehearsed[-1].cmdlet == CHANGE.NAME


def test_no_confirmation_is_asked_where_it_would_be(bench: Bench) -> None:
    """ConfirmImpact is High: without -Confirm:$false PowerShell would ask."""
    assert CHANGE.arguments()["Confirm"] is False
    done = bench.run(CHANGE)
    assert (done.outcome, done.errors) == (Outcome.SUCCEEDED, ())


@command("Invoke-CsPoolFailOver", EVERY_VERSION)
class Careless(Cmdlet[NoOutput]):
    """The same without what lyncops adds."""

    pool_fqdn: str | None = parameter("PoolFqdn", STRING, default=None)

    def arguments(self) -> dict[str, object]:
        return self.given_arguments()


def test_a_confirmation_that_nobody_can_give_changes_nothing(bench: Bench) -> None:
    count = len(bench.world.calls)
    done = bench.sessions.run(Careless(pool_fqdn=P1))
    assert done.outcome is Outcome.FAILED
    assert len(bench.world.calls) == count


def test_a_mandatory_parameter_left_out_is_an_error_and_no_prompt(bench: Bench) -> None:
    done = bench.sessions.run(Careless())
    assert done.outcome is Outcome.FAILED
    assert ids(done) == [f"MissingMandatoryParameter,{CLASS}"]


@pytest.mark.parametrize("how", ["shouldContinue", "choice", "readLine"])
def test_a_prompt_in_the_middle_is_refused_and_what_was_done_stays_done(
    bench: Bench, how: str
) -> None:
    answers: list[object] = []

    def asks(_call: Call) -> Answer:
        answers.append("begun")
        answers.append((yield ask(how)))

    done = bench.following(CHANGE, asks)
    assert done.outcome is Outcome.FAILED
    assert answers == ["begun"]
    assert len(done.errors) >= 1


# -- errors
# --------------------------------------------------------------------------------------------------

NESTED: Final = Problem(
    "Outer.",
    error_id="Outer",
    inner=Problem(
        "Middle.",
        exception="System.IO.IOException",
        inner=Problem(
            'Cannot open database "rtcxds" requested by the login.',
            exception="System.ComponentModel.Win32Exception",
            code=5,
        ),
    ),
)


def test_an_error_that_does_not_end_it(bench: Bench) -> None:
    problem = Problem("One of three.", error_id="Partly", category="ObjectNotFound")
    done = bench.run(READ, output("before"), problem.written(), output("after"))
    assert done.outcome is Outcome.FAILED
    assert list(done.raw) == ["before", "after"]
    (error,) = done.errors
    assert (error.message, error.category, error.terminating) == (
        "One of three.",
        "ObjectNotFound",
        False,
    )
    assert (
        error.fully_qualified_error_id
        == "Partly,Microsoft.Rtc.Management.GetCsPoolFabricStateCmdlet"
    )
    assert error.exception_type == "System.InvalidOperationException"


@pytest.mark.parametrize("kind", ["thrown", "raised"])
def test_an_error_that_ends_it(bench: Bench, kind: str) -> None:
    problem = Problem("No more.", error_id="Ends")
    done = bench.run(
        READ,
        output("before"),
        problem.thrown() if kind == "thrown" else problem.raised(),
        output("after"),
    )
    assert done.outcome is Outcome.FAILED
    assert list(done.raw) == ["before"]
    assert [str(error) for error in done.errors] == ["No more."]
    assert done.errors[0].terminating


def test_the_chain_of_an_error_arrives_whole(bench: Bench) -> None:
    done = bench.run(READ, NESTED.written())
    (error,) = done.errors
    assert [cause.message for cause in error.causes] == [
        "Outer.",
        "Middle.",
        'Cannot open database "rtcxds" requested by the login.',
    ]
    assert error.causes[-1].code == 5
    assert "rtcxds" in error.reason


def test_an_error_in_begin(bench: Bench) -> None:
    count = len(bench.world.calls)
    bench.world.begins[CHANGE.NAME] = lambda _call: [Problem("Not yet.", error_id="Begin").thrown()]
    try:
        done = bench.sessions.run(CHANGE)
    finally:
        bench.world.begins.clear()
    assert (done.outcome, ids(done)) == (Outcome.FAILED, [f"Begin,{CLASS}"])
    assert len(bench.world.calls) == count


def test_an_error_after_the_effect(bench: Bench) -> None:
    done = bench.run(CHANGE, say("verbose", "moved"), Problem("A service did not start.").thrown())
    assert done.outcome is Outcome.FAILED
    assert bench.world.calls[-1].cmdlet == CHANGE.NAME


def test_an_error_with_a_character_that_xml_lacks(bench: Bench) -> None:
    done = bench.run(READ, Problem("Bad \uffff name.").written())
    assert done.outcome is Outcome.FAILED
    assert "name." in str(done.errors[0])


@command("Invoke-CsPoolFailOver", EVERY_VERSION)
class Misspelt(Careless):
    """A parameter that the cmdlet does not have."""

    nothing: str | None = parameter("Nothing", STRING, default=None)


@pytest.mark.parametrize(
    ("cmdlet", "error_id"),
    [
        (Misspelt(nothing="x"), "NamedParameterNotFound"),
        (Careless(pool_fqdn="a..b"), "CannotConvertArgumentNoMessage"),
        (SetCsRegistrarConfiguration(identity="Global", max_endpoint_expiration=7), ""),
    ],
    ids=["unknown parameter", "value that does not convert", "right"],
)
def test_binding(bench: Bench, cmdlet: Cmdlet[object], error_id: str) -> None:
    done = bench.sessions.run(cmdlet)
    assert [each.partition(",")[0] for each in ids(done)] == ([error_id] if error_id else [])
    assert done.outcome is (Outcome.FAILED if error_id else Outcome.SUCCEEDED)


@command("Get-CsBackupServiceStatus", EVERY_VERSION)
class Shortened(Cmdlet[NoOutput]):
    """The beginning of a parameter's name, in other letters."""

    pool: str = parameter("poolf", STRING)


def test_a_prefix_of_a_parameter_binds(bench: Bench) -> None:
    assert bench.sessions.run(Shortened(pool=P1)).errors == ()
    assert bench.world.calls[-1].parameters == {"PoolFqdn": P1}


@command("Get-CsNothing", EVERY_VERSION)
class Unknown(Cmdlet[NoOutput]):
    """No cmdlet at all."""


def test_an_unknown_command(bench: Bench) -> None:
    done = bench.sessions.run(Unknown())
    assert (done.outcome, ids(done)) == (Outcome.FAILED, ["CommandNotFoundException"])
    assert done.errors[0].category == "ObjectNotFound"


# -- streams
# --------------------------------------------------------------------------------------------------


def test_all_streams_arrive_in_their_order(bench: Bench) -> None:
    said = [
        say("verbose", "v1"),
        progress("Moving", "half", 50),
        say("warning", "w"),
        say("information", "i"),
        say("host", "h"),
        output("o"),
        say("verbose", "v2"),
    ]
    live: list[tuple[StreamKind, str]] = []
    verbose = GetCsPoolFabricState(pool_fqdn=P1, verbose=True)
    done = bench.following(
        verbose,
        lambda _call: said,
        on_record=lambda record: live.append((record.kind, record.text)),
    )
    assert done.outcome is Outcome.SUCCEEDED
    kept = [(record.kind, record.text) for record in done.records]
    assert [text for kind, text in kept if kind is StreamKind.VERBOSE][-2:] == ["v1", "v2"]
    assert [text for kind, text in kept if kind is StreamKind.WARNING] == ["w"]
    # What a cmdlet writes to the host itself is nobody's where the client has none: it neither
    # arrives nor hangs.
    assert [text for kind, text in kept if kind is StreamKind.INFORMATION] == ["i"]
    (moving,) = [record for record in done.records if record.kind is StreamKind.PROGRESS]
    assert moving.percent == 50
    assert [one for one in live if one[0] is not StreamKind.OUTPUT] == kept
    assert live.index((StreamKind.OUTPUT, "o")) < live.index((StreamKind.VERBOSE, "v2"))


def test_verbose_lines_come_only_where_they_are_asked_for(bench: Bench) -> None:
    done = bench.run(READ, say("verbose", "v"), say("debug", "d"))
    assert done.records == ()


def test_many_records_lose_none(bench: Bench) -> None:
    done = bench.run(READ, *(output(f"{number} {'x' * (number % 997)}") for number in range(3000)))
    assert [str(each).partition(" ")[0] for each in done.raw] == [
        str(number) for number in range(3000)
    ]


# -- stops
# --------------------------------------------------------------------------------------------------


def test_a_reading_whose_deadline_passes_is_stopped_on_the_server(bench: Bench) -> None:
    never = threading.Event()
    bench.world.stopped.clear()

    def waits(_call: Call) -> Iterable[Action]:
        yield until(never)

    bench.world.handlers[READ.NAME] = waits
    done = bench.sessions.run(READ, deadline=timedelta(seconds=10))
    del bench.world.handlers[READ.NAME]
    assert done.outcome is Outcome.FAILED
    assert "deadline" in done.reason
    assert bench.world.await_stop(READ.NAME)
