"""Tickets that end, and domain controllers that die or fall silent, while something is
under way.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import attrs
import pytest

from lyncops.errors import EndpointError
from lyncops.lab.wire.faults import FaultKind
from lyncops.remoting import kerberos
from lyncops.remoting.endpoint import Auth
from lyncops.remoting.execution import Execution
from lyncops.remoting.kerberos import default_ticket_end, in_time
from lyncops.remoting.sessions import Sessions
from lyncops.values import Outcome
from tests.kerberos.domain import Domain, person
from tests.kerberos.ends import wait_for_the_end
from tests.kerberos.kdc import PASSWORD
from tests.remoting.machines import CHANGE, FE1, FE2, POLICY, READ

LIFE = "3s"
HASTY = attrs.evolve(POLICY, open_timeout=timedelta(milliseconds=500))


@contextmanager
def under_way(domain: Domain, sessions: Sessions) -> Generator[Future[Execution[object]]]:
    """A CHANGE that runs at the server until the block ends."""
    machine = domain.ground.fe1
    machine.hold = True
    with ThreadPoolExecutor(1) as beside:
        running: Future[Execution[object]] = beside.submit(sessions.run, CHANGE)
        assert machine.started.wait(20)
        try:
            yield running
        finally:
            machine.release.set()


def test_without_a_new_ticket_a_change_is_unknown_and_says_kinit(domain: Domain) -> None:
    domain.kdc.kinit("admin", PASSWORD, "-l", LIFE)
    with domain.sessions() as sessions:
        if domain.scheme == "https":  # only a server that minds
            domain.ground.strike(
                FaultKind.STATUS_BEFORE, "Receive", cmdlet=CHANGE.NAME, times=None, status=401
            )
        with under_way(domain, sessions) as running:
            wait_for_the_end()
            done = running.result(20)
    assert done.outcome is Outcome.UNKNOWN
    assert "ticket has expired" in done.reason
    assert "kinit" in done.reason
    assert domain.ground.executed(CHANGE) == 1


def test_a_new_ticket_goes_on_with_it(domain: Domain) -> None:
    domain.kdc.kinit("admin", PASSWORD, "-l", LIFE)
    with domain.sessions() as sessions, under_way(domain, sessions) as running:
        first = default_ticket_end()
        domain.kdc.kinit("admin", PASSWORD)
        wait_for_the_end(first)
        domain.ground.machines[FE1].release.set()
        done = running.result(20)
    assert done.outcome is Outcome.SUCCEEDED
    assert domain.ground.executed(CHANGE) == 1


def test_what_was_unknown_is_collected_after_kinit(domain: Domain) -> None:
    if domain.scheme == "https":
        return  # a tolerant server needs none of it
    domain.kdc.kinit("admin", PASSWORD, "-l", LIFE)
    with domain.sessions() as sessions, under_way(domain, sessions) as running:
        wait_for_the_end()
        lost = running.result(20)
    assert lost.address is not None
    with (
        domain.sessions() as sessions,
        pytest.raises(EndpointError, match="ticket has expired") as told,
    ):
        sessions.collect(lost.address, CHANGE)
    assert "kinit" in told.value.remedy
    domain.kdc.kinit("admin", PASSWORD)
    with domain.sessions() as sessions:
        found = sessions.collect(lost.address, CHANGE)
    assert found.outcome is Outcome.SUCCEEDED
    assert domain.ground.executed(CHANGE) == 1


def test_a_kdc_that_dies_does_not_stop_a_change(domain: Domain) -> None:
    with domain.sessions(user=person()) as sessions, under_way(domain, sessions) as running:
        domain.kdc.stop()
        domain.ground.strike(FaultKind.DROP_BEFORE, "Receive", cmdlet=CHANGE.NAME, times=2)
        domain.ground.machines[FE1].release.set()
        done = running.result(20)
    assert done.outcome is Outcome.SUCCEEDED
    assert domain.ground.executed(CHANGE) == 1


def test_a_ticket_that_has_ended_says_so_before_anything_is_sent(domain: Domain) -> None:
    domain.kdc.kinit("admin", PASSWORD, "-l", "1s")
    wait_for_the_end()
    with (
        domain.sessions() as sessions,
        pytest.raises(EndpointError, match="ticket has expired") as caught,
    ):
        sessions.run(CHANGE)
    assert "kinit" in caught.value.remedy
    assert domain.ground.requests("Create") == 0


@pytest.mark.parametrize("auth", [Auth.KERBEROS, Auth.NEGOTIATE])
def test_a_kdc_that_swallows_what_it_is_asked_is_waited_for_once(
    domain: Domain, auth: Auth, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain.kdc.swallow()
    waits: list[str] = []

    def noted(act: Callable[[], object], patience: timedelta, who: str) -> object:
        waits.append(who)
        return in_time(act, patience, who)

    monkeypatch.setattr(kerberos, "in_time", noted)
    begun = time.monotonic()
    with domain.sessions(
        *domain.both(auth), user=person(password="not this one"), policy=HASTY
    ) as sessions:
        for each in [sessions.submit(READ) for _ in range(4)]:
            with pytest.raises(EndpointError):
                each.result()
    assert time.monotonic() - begun < 5
    assert len(waits) == 1


def test_negotiate_goes_on_with_ntlm_where_no_kdc_answers(domain: Domain) -> None:
    domain.kdc.swallow()
    user = person("admin@CONTOSO", domain.ground.lab.password)
    with domain.sessions(*domain.both(Auth.NEGOTIATE), user=user, policy=HASTY) as sessions:
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED
        (logon,) = sessions.logons.used().values()
    assert logon.mechanism == "ntlm"


def test_ctrl_c_does_not_wait_for_a_kdc(domain: Domain) -> None:
    domain.kdc.swallow()
    begun = time.monotonic()
    sessions = domain.sessions(domain.endpoint(FE2), user=person())  # a log-on may take 10 s here
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with sessions, pytest.raises(KeyboardInterrupt):
        sessions.run(READ)
    assert time.monotonic() - begun < 5
