"""A server whose every text is an attack on the terminal of whoever reads it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest
from rich.console import Console

from lyncops.cli.screen import drawn
from lyncops.views.blocks import Heading, Table, Text
from tests.independent.desk import Desk, desk_for
from tests.independent.lync import P1, P2, Lync, thing
from tests.independent.psrp import Fatal, Handler, Problem, Say
from tests.independent.server import Asked, FaultError, Page, Server

ATTACK: Final = (
    "\x1b]0;owned\x07\x1b[2J\x9b1A\rcompleted\n\u202eevil `code` <script>[link](http://x)&#27;"
)
Call = Mapping[str, object]


def _evil_sites(_name: str, _arguments: Call) -> Iterable[object]:
    for name, pool in (("North", P1), ("South", P2)):
        yield thing(
            Identity=f"Site:{name}", DisplayName=name + ATTACK, SiteType="CentralSite", Pools=[pool]
        )


def _fails(_lync: Lync, _pool: str, _arguments: Call) -> Iterable[object]:
    yield Say("verbose", f"verbose {ATTACK}")
    yield Say("warning", f"warning {ATTACK}")
    yield Fatal(Problem(f"failed {ATTACK}"))


def _refused(_name: str, _arguments: Call) -> Iterable[object]:
    yield Fatal(Problem(f"refused {ATTACK}"))


def _scripts() -> dict[str, Handler]:
    return {
        **Lync(failover=_fails).scripts(),
        "Get-CsSite": _evil_sites,
        "Get-CsBackupServiceConfiguration": _refused,
    }


def _is_harmless(text: str) -> bool:
    categories = {unicodedata.category(letter) for letter in text if letter != "\n"}
    return categories.isdisjoint({"Cc", "Cf", "Zl", "Zp"})


def _run_of(desk: Desk) -> str:
    answer = desk("run", "pool-failover", P2, "--mode", "planned", "--yes")
    assert _is_harmless(answer.out + answer.err)
    assert not any(line.startswith("completed") for line in answer.out.splitlines())
    found = re.search(r"Run (\S+):", answer.out)
    assert found is not None, answer
    return found[1]


def test_no_verb_hands_a_terminal_what_it_would_obey(tmp_path: Path) -> None:
    with Server(tmp_path, _scripts()) as server:
        desk = desk_for(tmp_path, server)
        run = _run_of(desk)
        verbs = (
            ("status",),
            ("--verbose", "status"),
            ("readiness",),
            ("plan", "pool-failover", P2, "--mode", "planned"),
            ("backup-service", "show"),
            ("runs", "list"),
            ("runs", "show", run),
            ("runs", "report", run),
            ("runs", "report", run, "--format", "markdown"),
        )
        for verb in verbs:
            answer = desk(*verb)
            assert _is_harmless(answer.out + answer.err), verb
            assert not any(
                line.startswith("completed") for line in (answer.out + answer.err).splitlines()
            ), verb
            if "--format" not in verb and verb[0] != "--verbose":
                told = desk(*verb, "--json")
                assert _is_harmless(told.out), verb
                json.loads(told.out)


@pytest.mark.slow
def test_json_keeps_what_the_server_said(tmp_path: Path) -> None:
    with Server(tmp_path, _scripts()) as server:
        desk = desk_for(tmp_path, server)
        report = json.loads(desk("runs", "report", _run_of(desk), "--json").out)
    said = [
        line["text"]
        for step in report["steps"]
        for attempt in step["attempts"]
        for line in attempt["lines"]
    ]
    assert f"verbose {ATTACK}" in said


def test_markdown_and_code_of_a_server_stay_text(tmp_path: Path) -> None:
    with Server(tmp_path, _scripts()) as server:
        desk = desk_for(tmp_path, server)
        markdown = desk("runs", "report", _run_of(desk), "--format", "markdown").out
    assert "evil" in markdown
    assert re.search(r"(?<!\\)<script|(?<!\\)\[link|(?<!\\)&#27|(?<!\\)`code", markdown) is None


def test_fault_of_the_endpoint_is_harmless(tmp_path: Path) -> None:
    def refuse(asked: Asked) -> Page | None:
        if asked.verb == "Create":
            raise FaultError(87, "Refused. \u202e\u009b2J evil")
        return None

    with Server(tmp_path, _scripts()) as server:
        server.before = refuse
        answer = desk_for(tmp_path, server)("--verbose", "status")
    assert "evil" in answer.err
    assert _is_harmless(answer.out + answer.err)


@pytest.mark.parametrize(
    "block",
    [
        Text(ATTACK),
        Text(ATTACK, verbatim=True),
        Heading(ATTACK),
        Table(("a",), ((ATTACK,), (Text(ATTACK),))),
    ],
)
def test_blocks_on_a_terminal(block: Text | Heading | Table) -> None:
    console = Console(force_terminal=False, width=300)
    with console.capture() as capture:
        console.print(drawn(block))
    assert _is_harmless(capture.get())
    assert "completed" in capture.get()
