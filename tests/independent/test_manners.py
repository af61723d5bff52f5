from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from lyncops.cmdlets import GetCsPoolFabricState, InvokeCsPoolFailOver
from lyncops.values import Outcome, Unread
from tests.independent.desk import desk_for
from tests.independent.manners import Manners
from tests.independent.psrp import ERROR, Raw
from tests.independent.server import Server

LINE: Final = "a\n\t\x07_x000A_ é \U0001f600 ]]>&<"
LINES: Final = [LINE + "x" * 37 * number for number in range(60)]


def _lines(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    return iter(LINES)


def _nothing(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    return iter(())


SCRIPTS: Final = {
    "Import-Module": _nothing,
    "Get-CsPoolFabricState": _lines,
    "Invoke-CsPoolFailOver": _nothing,
}


def _other_prefixes(text: str) -> str:
    return ET.tostring(ET.XML(text), encoding="unicode")


def _indented(text: str) -> str:
    return "<?xml version='1.0' encoding='utf-8'?>\n" + text.replace("><", ">\n  <")


MANNERS: Final = {
    "protocol 2.2": Manners(protocol="2.2"),
    "protocol 2.1": Manners(protocol="2.1"),
    "byte order mark": Manners(bom=True),
    "chunked": Manners(chunked=True),
    "gzip": Manners(gzip=True),
    "fragments cut across streams": Manners(stream=37),
    "fragments cut across replies": Manners(stream=3000, reply=5000),
    "empty streams at the end": Manners(empty_last=True),
    "state before streams": Manners(state_first=True),
    "no exit code": Manners(exit_code=False),
    "shell id in lower case": Manners(shell_id=str.lower),
    "another shell id": Manners(shell_id=lambda _asked: str(uuid.uuid4())),
    "shell id with uuid:": Manners(shell_id=lambda asked: f"uuid:{asked}"),
    "shell id that is no uuid": Manners(shell_id=lambda asked: f"shell-{asked[:4]}"),
    "other prefixes": Manners(rewrite=_other_prefixes),
    "indented": Manners(rewrite=_indented),
    "no description of the shell": Manners(describe=False),
    "no Get": Manners(knows_get=False),
    "all offers in one header": Manners(offers=('Negotiate, Kerberos, Basic realm="x, y"',)),
}


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("manners", MANNERS.values(), ids=MANNERS)
def test_whatever_is_legal_is_understood(tmp_path: Path, manners: Manners, *, tls: bool) -> None:
    with Server(tmp_path, SCRIPTS, tls=tls, manners=manners) as server:
        with desk_for(tmp_path, server, path="wsman").sessions() as sessions:
            read = sessions.run(GetCsPoolFabricState(pool_fqdn="pool1.contoso.com"))
            changed = sessions.run(InvokeCsPoolFailOver(pool_fqdn="pool1.contoso.com"))
        assert (read.outcome, changed.outcome) == (Outcome.SUCCEEDED, Outcome.SUCCEEDED), (
            read.reason,
            changed.reason,
        )
        assert list(read.raw) == LINES
        assert (read.attempts, server.executions["invoke-cspoolfailover"]) == (1, 1)
        assert server.pools == {}


def test_connection_may_close_after_each_answer(tmp_path: Path) -> None:
    with (
        Server(tmp_path, SCRIPTS, manners=Manners(close=True)) as server,
        desk_for(tmp_path, server).sessions() as sessions,
    ):
        assert list(sessions.run(GetCsPoolFabricState(pool_fqdn="pool1.contoso.com")).raw) == LINES


def test_messages_of_the_pool_are_no_lost_output(tmp_path: Path) -> None:
    def counts_on(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        for pool in server.pools.values():
            # Said on the pool's own stream, where nobody listens now
            pool.raw(0x00021009, "<S/>", uuid.UUID(int=0))
        yield "after"

    with Server(tmp_path, {**SCRIPTS, "Get-CsPoolFabricState": counts_on}) as server:
        with desk_for(tmp_path, server, path="wsman").sessions() as sessions:
            done = sessions.run(GetCsPoolFabricState(pool_fqdn="pool1.contoso.com"))
        assert (done.outcome, done.attempts) == (Outcome.SUCCEEDED, 1)


def test_session_that_never_opens_is_given_up(tmp_path: Path) -> None:
    with Server(tmp_path, SCRIPTS, manners=Manners(mute=True)) as server:
        desk = desk_for(
            tmp_path, server, more="read_attempts = 1\nopen_attempts = 1\n", open_timeout="1s"
        )
        answer = desk("status")
        assert answer.code == 4
        assert "the new session does not open" in answer.err
        assert server.requests["Receive"] <= 3
        assert server.pools == {}


BAD: Final = [
    Raw('<Obj RefId="0"><MS><S N="Identity">a\uffffb</S></MS></Obj>'),
    Raw('<Obj RefId="0"><MS><S N="Identity">a</S></MS>'),
    Raw('<!DOCTYPE S [<!ENTITY a "pool9.contoso.com">]><S>&a;</S>'),
]


@pytest.mark.parametrize("bad", BAD, ids=["U+FFFF", "cut", "document type"])
def test_object_that_cannot_be_parsed_is_unread_and_the_rest_stays(
    tmp_path: Path, bad: Raw
) -> None:
    with Server(
        tmp_path, {**SCRIPTS, "Get-CsPoolFabricState": lambda _n, _a: ["one", bad, "two"]}
    ) as server:
        with desk_for(tmp_path, server).sessions() as sessions:
            done = sessions.run(GetCsPoolFabricState(pool_fqdn="pool1.contoso.com"))
        assert (done.outcome, done.output) == (Outcome.UNKNOWN, ("one", "two"))
        assert [type(item) for item in done.raw] == [str, Unread, str]
        assert (done.attempts, "<" in done.reason) == (1, False)


def test_error_with_a_character_that_xml_does_not_have_stays_an_error(tmp_path: Path) -> None:
    error = Raw(
        '<Obj RefId="0"><MS><S N="FullyQualifiedErrorId">Id</S><S'
        ' N="ErrorDetails_Message">a\uffffb</S></MS></Obj>',
        ERROR,
    )
    torn = Raw('<Obj RefId="0"><MS><S N="FullyQualifiedErrorId">', ERROR)
    with Server(
        tmp_path, {**SCRIPTS, "Get-CsPoolFabricState": lambda _n, _a: ["one", error, torn]}
    ) as server:
        with desk_for(tmp_path, server).sessions() as sessions:
            done = sessions.run(GetCsPoolFabricState(pool_fqdn="pool1.contoso.com"))
        assert (done.outcome, done.output) == (Outcome.FAILED, ("one",))
        assert [error.message.count("<") for error in done.errors] == [0, 0]
        assert done.errors[0].message == "a\ufffdb"


def test_object_in_a_circle_is_read(tmp_path: Path) -> None:
    def circle(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        yield Raw('<Obj RefId="0"><MS><S N="A">a</S><Ref N="Self" RefId="0"/></MS></Obj>')

    with Server(tmp_path, {**SCRIPTS, "Get-CsPoolFabricState": circle}) as server:
        with desk_for(tmp_path, server).sessions() as sessions:
            done = sessions.run(
                GetCsPoolFabricState(pool_fqdn="pool1.contoso.com"), deadline=timedelta(seconds=20)
            )
        assert done.outcome is Outcome.SUCCEEDED
        assert "A=a" in str(done.raw[0])
