"""What the connections of a program know together of logging on."""

from __future__ import annotations

import threading
from time import monotonic

import pytest

from lyncops.remoting.endpoint import Credentials
from lyncops.remoting.logon import LogOn, LogOnError, LogOnProblem
from lyncops.remoting.logons import HANDSHAKE, LogOns, Trial

USER = Credentials(username="admin", password="geheim")
OTHER = Credentials(username="other", password="geheim")
WRONG = LogOnError(LogOnProblem.WRONG_CREDENTIALS, "ntlm", remedy="Check it.")
LONG = 30.0
BRIEF = Trial(good_for=0.0, patience=0.05)


def test_what_was_refused_once_is_not_tried_again() -> None:
    logons = LogOns()
    with pytest.raises(LogOnError), logons.turn(USER):
        raise WRONG
    with pytest.raises(LogOnError, match="wrong") as caught, logons.turn(USER):
        pytest.fail("it was tried")
    assert (caught.value.problem, caught.value.remedy) == (WRONG.problem, "Check it.")
    with logons.turn(OTHER):
        pass
    logons.accept(USER)  # whoever had begun before
    with pytest.raises(LogOnError):
        logons.require(USER)


def test_a_domain_that_does_not_answer_bars_nobody() -> None:
    logons = LogOns()
    with pytest.raises(LogOnError), logons.turn(USER):
        raise LogOnError(LogOnProblem.NO_KDC, "CONTOSO.COM")
    with logons.turn(USER):
        pass


@pytest.mark.parametrize("accepted", [True, False])
def test_the_others_wait_for_the_first(*, accepted: bool) -> None:
    logons = LogOns()
    told: list[str] = []
    inside, over = threading.Event(), threading.Event()

    def follow() -> None:
        inside.wait(LONG)
        try:
            with logons.turn(USER):
                told.append("let in")
        except LogOnError:
            told.append("refused")
        over.set()

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        with logons.turn(USER):
            inside.set()
            assert not over.wait(0.2), "it does not wait"
            if not accepted:
                raise WRONG
    except LogOnError:
        pass
    thread.join(LONG)
    assert told == ["let in" if accepted else "refused"]


def test_who_was_let_in_before_waits_no_longer_than_it_has_patience() -> None:
    logons = LogOns()
    logons.accept(USER)
    begun = monotonic()
    # One server is silent; the next is asked by another connection
    with logons.turn(USER), logons.turn(USER, BRIEF), logons.turn(USER, BRIEF):
        pass
    assert 0.1 <= monotonic() - begun < HANDSHAKE.patience


def test_credentials_that_were_good_a_moment_ago_keep_nobody_waiting() -> None:
    logons = LogOns()
    logons.accept(USER)
    lately = Trial(good_for=LONG, patience=LONG)
    begun = monotonic()
    with logons.turn(USER, lately), logons.turn(USER, lately):
        pass
    assert monotonic() - begun < LONG / 2


def test_how_somebody_logged_on_is_news_when_the_mechanism_changes() -> None:
    logons = LogOns()
    url = "https://fe1.contoso.com/wsman"
    assert logons.note(url, LogOn(mechanism="ntlm"))
    assert not logons.note(url, LogOn(mechanism="ntlm", fallback="no KDC"))
    assert logons.note(url, LogOn(mechanism="kerberos"))
    assert logons.used() == {url: LogOn(mechanism="kerberos")}
