"""The reason of an error: from the innermost exception to the terminal, each sentence once in a
line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest

from lyncops.cmdlets import GetCsPoolFabricState
from lyncops.remoting.psrp.decoding import decode_message
from lyncops.remoting.psrp.records import error_record
from lyncops.remoting.psrp.streams import Cause, ErrorRecord
from lyncops.text.sentences import each_once
from lyncops.values import Outcome
from tests.independent.desk import desk_for
from tests.independent.lync import P2, Lync
from tests.independent.psrp import ERROR, STATE, Ends, Raw, Say
from tests.independent.server import Server

DATABASE: Final = 'Cannot open database "rtcxds" requested by the login.'


NONE: Final = '<Nil N="InnerException"/>'


def _exception(kind: str, message: str, inner: str, number: int, more: str = "") -> str:
    return (
        f'<Obj N="{"Exception" if number == 1 else "InnerException"}" RefId="{number}"><TN'
        f' RefId="{number}"><T>{kind}</T><T>System.Exception</T></TN><ToString>{kind}:'
        f' {message}</ToString><Props><S N="Message">{message}</S>{inner}{more}</Props></Obj>'
    )


INNERMOST: Final = _exception(
    "System.ComponentModel.Win32Exception", DATABASE, NONE, 3, '<I32 N="NativeErrorCode">5</I32>'
)
MIDDLE: Final = _exception(
    "Microsoft.Rtc.StoreException",
    "Exception of type 'Microsoft.Rtc.StoreException' was thrown.",
    INNERMOST,
    2,
)
OUTER: Final = _exception("System.InvalidOperationException", "Outer.", MIDDLE, 1)
RECORD: Final = (
    '<MS><S N="FullyQualifiedErrorId">StoreFailure,X</S><I32'
    f' N="ErrorCategory_Category">7</I32>{OUTER}</MS>'
)
ON_THE_STREAM: Final = Raw(f'<Obj RefId="0"><ToString>Outer.</ToString>{RECORD}</Obj>', ERROR)
IN_THE_STATE: Final = Raw(
    '<Obj RefId="90"><MS><I32 N="PipelineState">5</I32><Obj N="ExceptionAsErrorRecord"'
    f' RefId="91">{RECORD}</Obj></MS></Obj>',
    STATE,
)


def _fails(_lync: object, _pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    yield ON_THE_STREAM
    yield IN_THE_STATE
    yield Ends(5)


def _fabric(name: object, arguments: Mapping[str, object]) -> Iterable[object]:
    return _fails(name, "", arguments)


def test_chain_of_exceptions_is_kept_and_its_innermost_words_are_told(tmp_path: Path) -> None:
    scripts = {**Lync().scripts(), "Get-CsPoolFabricState": _fabric}
    with Server(tmp_path, scripts) as server, desk_for(tmp_path, server).sessions() as sessions:
        done = sessions.run(GetCsPoolFabricState(pool_fqdn=P2))
    assert (done.outcome, len(done.errors)) == (Outcome.FAILED, 1)
    (error,) = done.errors
    assert (error.message, error.reason, error.terminating) == ("Outer.", DATABASE, True)
    assert [cause.exception_type.rpartition(".")[2] for cause in error.causes] == [
        "InvalidOperationException",
        "StoreException",
        "Win32Exception",
    ]
    assert error.causes[-1].code == 5
    assert done.reason.count(DATABASE) == 1


def test_no_line_says_a_sentence_twice_and_the_report_has_the_chain(tmp_path: Path) -> None:
    lync = Lync(failover=_fails)
    with Server(tmp_path, lync.scripts()) as server:
        desk = desk_for(tmp_path, server)
        answer = desk("run", "pool-failover", P2, "--mode", "planned", "--yes")
        assert answer.code == 3, answer
        run = re.search(r"Run (\S+):", answer.out)
        assert run is not None
        texts = [answer.out, desk("runs", "report", run[1]).out, desk("runs", "show", run[1]).out]
        report = json.loads(desk("runs", "report", run[1], "--json").out)
    for text in texts:
        assert DATABASE in text
        assert max(line.count(DATABASE) for line in text.splitlines()) == 1
    assert sum("Caused by: " in line for line in texts[1].splitlines()) == 2
    failed = [
        attempt for step in report["steps"] for attempt in step["attempts"] if attempt["causes"]
    ]
    assert [len(causes) for causes in failed[-1]["causes"]] == [3]


def test_lines_of_a_long_cmdlet_are_shown_and_kept(tmp_path: Path) -> None:
    def speaks(lync: Lync, pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        lync.state[pool] = "FailedOver"
        return [
            Say("verbose", "Stage 1 of 2"),
            Say("information", "Half way"),
            Say("verbose", "Stage 2 of 2"),
        ]

    with Server(tmp_path, Lync(failover=speaks).scripts()) as server:
        desk = desk_for(tmp_path, server)
        answer = desk("run", "pool-failover", P2, "--mode", "planned", "--yes")
        run = re.search(r"Run (\S+):", answer.out)
        assert run is not None
        report = desk("runs", "report", run[1]).out
    for text in (answer.out, report):
        assert "verbose: Stage 1 of 2" in text
        assert "information: Half way" in text
        assert "verbose: Stage 2 of 2" in text


def test_exception_that_is_plain_text_is_its_message() -> None:
    value = decode_message(b'<Obj RefId="0"><MS><S N="Exception">It broke.</S></MS></Obj>')
    assert str(error_record(value)) == "It broke."


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("A.", "A."), "A."),
        (("Outer: inner.", "inner."), "Outer: inner."),
        (("inner.", 'Failed: "inner."'), 'Failed: "inner."'),
        (("Error 1", "Error 10"), "Error 1 Error 10"),
        (("", " a\n b ", "a b"), "a b"),
    ],
)
def test_each_sentence_once(texts: tuple[str, ...], told: str) -> None:
    assert each_once(texts) == told


def test_words_that_say_nothing_are_passed_over() -> None:
    causes = (
        Cause(message="It broke."),
        Cause(
            message="Exception of type 'X.YException' was thrown.", exception_type="X.YException"
        ),
    )
    assert ErrorRecord(message="It broke.", causes=causes).reason == "It broke."
    assert ErrorRecord(message="Only this.", causes=(Cause(message=""),)).reason == "Only this."
