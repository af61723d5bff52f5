"""Who lives and who is dead: what servers say, and what ports answer from here.

Real sockets, a virtual word.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest

from lyncops.deployment.knocking import Knocker
from lyncops.deployment.witnesses import (
    Door,
    Hearing,
    Knock,
    Says,
    Statement,
    Vantage,
    Word,
    word_of_error,
)
from lyncops.values import Fqdn

FE1, FE2, FE3 = (Fqdn(f"fe{n}.contoso.com") for n in (1, 2, 3))


def said(machine: Fqdn, word: Word, by: Fqdn = FE3, *, of_itself: bool = False) -> Statement:
    return Statement(
        machine=machine,
        word=word,
        by=by,
        reason="Cannot open Service Control Manager.",
        of_itself=of_itself,
    )


def server(*statements: Statement) -> Says:
    found = Hearing(statements, None).of(FE1)
    assert found[0].vantage is Vantage.SERVER
    return found[0].testimony


def test_a_double_hop_and_a_machine_that_is_off_read_alike_and_only_reach_tells_them_apart() -> (
    None
):
    itself = said(FE3, Word.ANSWERED, of_itself=True)
    assert server(itself, said(FE1, Word.FAILED), said(FE2, Word.FAILED)) is Says.SILENT
    assert server(itself, said(FE1, Word.FAILED), said(FE2, Word.ANSWERED)) is Says.DEAD
    assert server(itself, said(FE1, Word.FAILED), said(FE2, Word.REFUSED)) is Says.DEAD
    assert server(itself, said(FE1, Word.FAILED), said(FE2, Word.ANSWERED, by=FE2)) is Says.SILENT


def test_behind_the_name_of_a_pool_one_answer_may_be_the_servers_own() -> None:
    pool = Fqdn("pool2.contoso.com")
    assert server(said(FE1, Word.FAILED, pool), said(FE2, Word.ANSWERED, pool)) is Says.SILENT
    assert (
        server(
            said(FE1, Word.FAILED, pool),
            said(FE2, Word.ANSWERED, pool),
            said(FE3, Word.ANSWERED, pool),
        )
        is Says.DEAD
    )


@pytest.mark.parametrize(
    ("word", "says"),
    [
        (Word.ANSWERED, Says.ALIVE),
        (Word.REFUSED, Says.ALIVE),
        (Word.NO_ANSWER, Says.DEAD),
        (Word.DENIED, Says.DENIED),
        (Word.UNASKED, Says.UNASKED),
    ],
)
def test_each_word_has_its_meaning(word: Word, says: Says) -> None:
    assert server(said(FE1, word), said(FE2, Word.ANSWERED)) is says


@pytest.mark.parametrize(
    ("codes", "denied", "word"),
    [
        ((5,), False, Word.DENIED),
        ((), True, Word.DENIED),
        ((5, 1722), False, Word.DENIED),
        ((1722,), False, Word.NO_ANSWER),
        *(((code,), False, Word.DENIED) for code in (5, 1326, 1331, 2221)),
        *(
            ((code,), False, Word.NO_ANSWER)
            for code in (51, 53, 64, 67, 121, 1231, 10050, 10051, 10060, 10064, 10065, 11001)
        ),
        *(((code,), False, Word.REFUSED) for code in (1225, 10054, 10061)),
        ((), False, Word.FAILED),
        ((1060,), False, Word.FAILED),
    ],
)
def test_numbers_decide_and_words_never(codes: tuple[int, ...], denied: bool, word: Word) -> None:  # noqa: FBT001
    assert word_of_error(codes, denied=denied) is word


def here(**knocks: Knock) -> Says:
    doors = {
        Door(Fqdn(f"{name.split('_')[0]}.contoso.com"), int(name.split("_")[1])): knock
        for name, knock in knocks.items()
    }
    return Hearing((), doors).of(FE1)[1].testimony


def test_silence_counts_only_where_the_same_port_of_another_answers() -> None:
    assert here(fe1_443=Knock.SILENT, fe1_135=Knock.SILENT, fe2_443=Knock.OPEN) is Says.DEAD
    assert here(fe1_443=Knock.SILENT, fe2_443=Knock.REFUSED) is Says.DEAD
    assert here(fe1_443=Knock.SILENT, fe2_135=Knock.OPEN) is Says.SILENT
    assert here(fe1_443=Knock.SILENT, fe2_443=Knock.SILENT) is Says.SILENT
    assert here(fe1_443=Knock.SILENT, fe1_135=Knock.REFUSED, fe2_443=Knock.OPEN) is Says.ALIVE
    assert here(fe1_443=Knock.NO_NAME, fe2_443=Knock.OPEN) is Says.UNASKED
    assert here(fe2_443=Knock.OPEN) is Says.UNASKED


@contextmanager
def listening() -> Generator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@contextmanager
def swallowing() -> Generator[int]:
    """A port whose queue is full: what is sent to it is never answered."""
    with ExitStack() as held:
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = int(listener.getsockname()[1])
        for _ in range(4):
            one = held.enter_context(socket.socket())
            one.setblocking(False)  # noqa: FBT003 - its name
            one.connect_ex(("127.0.0.1", port))
        yield port


def unused() -> int:
    with listening() as port:
        return port


def test_ports_are_tried_side_by_side_and_those_that_swallow_cost_one_wait() -> None:
    with listening() as living, swallowing() as dead:
        machines = [Fqdn(f"dead{n}.contoso.com") for n in range(30)]
        doors = {
            Door(machine, port): ("127.0.0.1", dead) for machine in machines for port in (443, 5061)
        }
        doors |= {Door(FE1, 443): ("127.0.0.1", living), Door(FE2, 443): ("127.0.0.1", unused())}
        begun = time.monotonic()
        found = (
            Knocker(connect_to=doors, only_mapped=True, timeout=timedelta(seconds=1))
            .begin([*doors, Door(FE3, 443)])
            .answers()
        )
        took = time.monotonic() - begun
    assert found[Door(FE1, 443)] is Knock.OPEN
    assert found[Door(FE2, 443)] is Knock.REFUSED
    assert found[Door(FE3, 443)] is Knock.NO_NAME
    assert {found[Door(machine, port)] for machine in machines for port in (443, 5061)} == {
        Knock.SILENT
    }
    assert took < 10  # one after the other it would take a minute
