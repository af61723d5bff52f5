"""READs side by side: what has an address of its own holds up nobody else."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from functools import partial

import pytest

from lyncops.remoting.endpoint import Auth, Endpoint
from lyncops.remoting.workers import Workers, together
from lyncops.values import ANYWHERE, Fqdn, OnMachine

PARALLEL = 2
EDGES = [Fqdn(f"edge{n}.contoso.com") for n in range(20)]
FRONT_END = Fqdn("fe1.contoso.com")
LONG = 30
"""Seconds after which something that waits is lost."""


@pytest.fixture
def workers() -> Workers:
    front = Endpoint(url=f"http://{FRONT_END}/wsman", auth=Auth.NTLM)
    edges = [Endpoint(url=f"http://{edge}/wsman", auth=Auth.NTLM, dedicated=True) for edge in EDGES]
    return Workers([front, *edges], PARALLEL)


def test_machines_on_their_own_are_asked_all_at_once_and_the_servers_meanwhile(
    workers: Workers,
) -> None:
    here, go_on = threading.Barrier(len(EDGES) + 1), threading.Event()

    def wait_with_the_others() -> bool:
        here.wait(LONG)
        return go_on.wait(LONG)

    silent = [workers.submit(OnMachine(edge), wait_with_the_others) for edge in EDGES]
    here.wait(LONG)
    assert [workers.submit(ANYWHERE, partial(pow, n, 1)).result(LONG) for n in range(5)] == [
        *range(5)
    ]
    assert not any(one.done() for one in silent)
    go_on.set()
    assert all(one.result(LONG) for one in silent)
    workers.close()


@pytest.mark.parametrize("place", [ANYWHERE, OnMachine(FRONT_END)], ids=str)
def test_servers_are_asked_so_much_at_once_and_no_more(workers: Workers, place: OnMachine) -> None:
    most = running = 0
    lock, pair = threading.Lock(), threading.Barrier(PARALLEL)

    def work() -> None:
        nonlocal most, running
        with lock:
            running += 1
            most = max(most, running)
        pair.wait(LONG)
        with lock:
            running -= 1

    for one in [workers.submit(place, work) for _ in range(10 * PARALLEL)]:
        one.result(LONG)
    assert most <= PARALLEL
    assert workers.queue.length == 0
    workers.close()


def test_what_is_done_ahead_is_bounded_and_in_nobodys_way(workers: Workers) -> None:
    begun, go_on, all_done = (
        threading.Barrier(PARALLEL + 1),
        threading.Event(),
        threading.Barrier(2),
    )
    done: list[int] = []

    def work(number: int) -> None:
        if number < PARALLEL:
            begun.wait(LONG)
        go_on.wait(LONG)
        done.append(number)
        if len(done) == len(EDGES):
            all_done.wait(LONG)

    for number in range(len(EDGES)):
        workers.ahead(partial(work, number))
    begun.wait(LONG)
    for place in (ANYWHERE, OnMachine(EDGES[0])):
        assert workers.submit(place, partial(pow, 2, 2)).result(LONG) == 4
    ahead = [thread for thread in threading.enumerate() if thread.name.startswith("lyncops-ahead")]
    assert len(ahead) == PARALLEL
    assert not done
    go_on.set()
    all_done.wait(LONG)
    workers.close()


def test_the_queue_is_that_of_the_servers(workers: Workers) -> None:
    go_on = threading.Event()
    waiting = [
        workers.submit(place, lambda: go_on.wait(LONG))
        for place in (ANYWHERE, ANYWHERE, ANYWHERE, OnMachine(EDGES[0]))
    ]
    assert workers.queue.length == 3
    go_on.set()
    for one in waiting:
        one.result(LONG)
    workers.close()
    assert workers.queue.length == 0


def test_what_has_not_begun_when_it_is_closed_is_cancelled(workers: Workers) -> None:
    begun, go_on = threading.Barrier(PARALLEL + 1), threading.Event()

    def work() -> bool:
        begun.wait(LONG)
        return go_on.wait(LONG)

    first = [workers.submit(ANYWHERE, work) for _ in range(PARALLEL)]
    later = workers.submit(ANYWHERE, work)
    begun.wait(LONG)
    later.add_done_callback(lambda _: go_on.set())
    workers.close()
    assert [one.result(LONG) for one in first] == [True] * PARALLEL
    with pytest.raises(CancelledError):
        later.result(LONG)


@pytest.mark.parametrize("number", [0, 1, 20])
def test_all_is_done_together(number: int) -> None:
    here = threading.Barrier(max(1, number))
    done: list[int] = []

    def action() -> None:
        here.wait(LONG)
        done.append(1)

    together([action] * number)
    assert len(done) == number
