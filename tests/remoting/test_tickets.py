"""What an error of the Kerberos libraries means, and which ticket a log-on rests on: without a KDC.

The libraries are a stub here, so that every computer tries this; tests/kerberos has real ones.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import ModuleType, SimpleNamespace

import pytest
import spnego

from lyncops.remoting import kerberos
from lyncops.remoting.endpoint import Credentials
from lyncops.remoting.kerberos import (
    Tickets,
    default_ticket_end,
    error_of,
    in_time,
    problem_of,
    remedy_for,
)
from lyncops.remoting.logon import LogOnError, LogOnProblem

USER = Credentials(username="lync-dr@contoso.com", password="pässword")
HOUR = timedelta(hours=1)
PATIENCE = timedelta(seconds=5)


class Krb5Error(Exception):
    """As krb5 raises it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"an error in some language, {code}")
        self.err_code = code


class GssError(Exception):
    """As gssapi raises it: its own number in the upper half, Kerberos' as an unsigned one."""

    def __init__(self, major: int = 0, minor: int = 0) -> None:
        super().__init__("an error in some language")
        self.maj_code = major
        self.min_code = minor


def wrapped(error: Exception) -> Exception:
    """As pyspnego raises it."""
    outer = RuntimeError("SpnegoError")
    vars(outer)["base_error"] = error
    return outer


def caused(error: Exception) -> Exception:
    """As somebody raises it from another."""
    outer = RuntimeError("something failed")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ModuleNotFoundError("No module named 'krb5'"), LogOnProblem.MISSING_EXTRA),
        (ImportError("cannot open shared object file"), LogOnProblem.MISSING_EXTRA),
        (Krb5Error(-1765328360), LogOnProblem.WRONG_CREDENTIALS),
        (Krb5Error(-1765328353), LogOnProblem.WRONG_CREDENTIALS),
        (Krb5Error(-1765328378), LogOnProblem.WRONG_CREDENTIALS),
        (Krb5Error(-1765328366), LogOnProblem.ACCOUNT_NOT_USABLE),
        (Krb5Error(-1765328361), LogOnProblem.ACCOUNT_NOT_USABLE),
        (Krb5Error(-1765328383), LogOnProblem.ACCOUNT_NOT_USABLE),
        (Krb5Error(-1765328228), LogOnProblem.NO_KDC),
        (Krb5Error(-1765328230), LogOnProblem.NO_KDC),
        (Krb5Error(-1765328243), LogOnProblem.NO_TICKET),
        (Krb5Error(-1765328189), LogOnProblem.NO_TICKET),
        (Krb5Error(-1765328352), LogOnProblem.TICKET_ENDED),
        (Krb5Error(-1765328347), LogOnProblem.CLOCK),
        (Krb5Error(-1765328377), LogOnProblem.UNKNOWN_SERVICE),
        (Krb5Error(1), LogOnProblem.OTHER),
        (GssError(11 << 16), LogOnProblem.TICKET_ENDED),
        (GssError(12 << 16 | 7), LogOnProblem.TICKET_ENDED),
        (GssError(7 << 16), LogOnProblem.NO_TICKET),
        (GssError(13 << 16, -1765328352 + 2**32), LogOnProblem.TICKET_ENDED),
        (GssError(13 << 16, -1765328377), LogOnProblem.UNKNOWN_SERVICE),
        (GssError(13 << 16, 2**31), LogOnProblem.OTHER),
        (wrapped(Krb5Error(-1765328352)), LogOnProblem.TICKET_ENDED),
        (wrapped(GssError(7 << 16)), LogOnProblem.NO_TICKET),
        (caused(Krb5Error(-1765328228)), LogOnProblem.NO_KDC),
        (caused(GssError(12 << 16)), LogOnProblem.TICKET_ENDED),
        (caused(RuntimeError("of something else")), LogOnProblem.OTHER),
    ],
)
def test_errors_are_known_by_their_numbers(error: Exception, problem: LogOnProblem) -> None:
    assert problem_of(error) is problem
    found = error_of(error, "lync-dr@CONTOSO.COM")
    assert (found.problem, found.remedy) == (problem, remedy_for(problem))
    assert "lync-dr@CONTOSO.COM" in found.seen
    assert "in some language" not in f"{found.seen} {found.remedy}"


def test_who_lacks_the_libraries_is_told_what_to_install() -> None:
    assert "pip install 'lyncops[kerberos]'" in error_of(ImportError("krb5"), "somebody").remedy


def test_of_an_unknown_error_the_number_is_told() -> None:
    assert "Kerberos error -1765328192" in error_of(Krb5Error(-1765328192), "somebody").seen
    assert "Kerberos error ValueError" in error_of(ValueError("?"), "somebody").seen


class Library(ModuleType):
    """What lyncops uses of krb5."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__("krb5")
        self.lifetime = 10 * HOUR
        self.asked: list[tuple[bytes, bytes, bool]] = []
        self.cache: list[tuple[str, datetime]] = []
        monkeypatch.setitem(sys.modules, "krb5", self)
        monkeypatch.setattr(sys, "platform", "linux")
        self.init_context = SimpleNamespace

    @staticmethod
    def get_init_creds_opt_alloc(_context: object) -> SimpleNamespace:
        return SimpleNamespace(forwardable=False)

    @staticmethod
    def parse_name_flags(_context: object, name: bytes) -> bytes:
        return name

    @staticmethod
    def cc_initialize(_context: object, _cache: object, _client: object) -> None:
        """Nothing."""

    @staticmethod
    def cc_store_cred(_context: object, _cache: object, _credential: object) -> None:
        """Nothing."""

    def cc_new_unique(self, _context: object, kind: bytes) -> object:
        assert kind == b"MEMORY"
        return SimpleNamespace(name=b"%d" % len(self.asked))

    @staticmethod
    def get_init_creds_opt_set_canonicalize(_options: object, canonicalize: bool) -> None:  # noqa: FBT001 - its own signature
        assert canonicalize

    @staticmethod
    def get_init_creds_opt_set_forwardable(options: SimpleNamespace, forwardable: bool) -> None:  # noqa: FBT001 - its own signature
        options.forwardable = forwardable

    def get_init_creds_password(
        self, _context: object, name: bytes, options: SimpleNamespace, *, password: bytes
    ) -> object:
        self.asked.append((name, password, options.forwardable))
        end = datetime.now(UTC) + self.lifetime
        return SimpleNamespace(client=name, times=SimpleNamespace(endtime=end.timestamp()))

    def cc_default(self, _context: object) -> Sequence[object]:
        return [
            SimpleNamespace(server=server, times=SimpleNamespace(endtime=end.timestamp()))
            for server, end in self.cache
        ]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    return Library(monkeypatch)


def cache_of(tickets: Tickets, *, delegate: bool = False) -> str | None:
    found = tickets.credential(USER, delegate=delegate, patience=PATIENCE)
    assert isinstance(found, spnego.KerberosCCache)
    return found.ccache


def test_one_ticket_serves_all_connections_until_it_is_about_to_end(library: Library) -> None:
    tickets = Tickets()
    assert cache_of(tickets) == cache_of(tickets) == "MEMORY:1"
    assert library.asked == [(b"lync-dr@CONTOSO.COM", "pässword".encode(), False)]
    assert cache_of(tickets, delegate=True) == "MEMORY:2"
    assert [forwardable for _, _, forwardable in library.asked] == [False, True]


def test_a_ticket_that_has_ended_is_got_again(library: Library) -> None:
    library.lifetime = timedelta(seconds=-1)
    tickets = Tickets()
    assert [cache_of(tickets), cache_of(tickets)] == ["MEMORY:1", "MEMORY:2"]


def test_a_newer_ticket_of_a_password_is_one_that_would_be_got_now(library: Library) -> None:
    tickets = Tickets()
    now = datetime.now(UTC)
    assert not tickets.has_newer(USER, now, delegate=False), "nothing was got yet"
    cache_of(tickets)
    end = tickets.end(USER, delegate=False)
    assert end is not None
    assert abs(end - (now + library.lifetime)) < timedelta(minutes=1)
    assert tickets.has_newer(USER, end - HOUR, delegate=False)
    assert not tickets.has_newer(USER, end, delegate=False)
    assert not tickets.has_newer(USER, end - HOUR, delegate=True), "that is another ticket"
    library.lifetime = timedelta(seconds=-1)
    ended = Tickets()
    cache_of(ended)
    assert ended.has_newer(USER, now + HOUR, delegate=False), "the next log-on gets another"


def test_a_newer_ticket_of_kinit_is_one_that_ends_later(library: Library) -> None:
    tickets = Tickets()
    now = datetime.now(UTC).replace(microsecond=0)
    assert default_ticket_end() is None
    assert not tickets.has_newer(None, now, delegate=False)
    library.cache = [
        ("krbtgt/CONTOSO.COM@CONTOSO.COM", now + HOUR),
        ("krbtgt/OTHER.COM@CONTOSO.COM", now + 2 * HOUR),
        ("host/fe1.contoso.com@CONTOSO.COM", now + 9 * HOUR),
    ]
    assert default_ticket_end() == now + 2 * HOUR
    assert tickets.has_newer(None, now + HOUR, delegate=False)
    assert not tickets.has_newer(None, now + 2 * HOUR, delegate=False)
    assert isinstance(
        tickets.credential(None, delegate=False, patience=PATIENCE), spnego.CredentialCache
    )


def test_without_the_library_no_ticket_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "krb5", None)
    assert default_ticket_end() is None
    assert not kerberos.can_renew()
    monkeypatch.setattr(sys, "platform", "linux")
    assert not kerberos.is_available()
    monkeypatch.setattr(sys, "platform", "win32")
    assert kerberos.is_available()


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("lync-dr@CONTOSO.COM", True),
        ("CONTOSO\\lync-dr", False),
        ("CONTOSO\\lync-dr@CONTOSO.COM", False),
        ("lync-dr", False),
        ("lync-dr@", False),
        ("@CONTOSO.COM", False),
    ],
)
def test_what_a_principal_looks_like(name: str, *, is_one: bool) -> None:
    assert kerberos.is_principal(name) is is_one


def test_what_fails_beside_the_program_is_raised_in_it() -> None:
    def fail(error: Exception) -> None:
        raise error

    assert in_time(lambda: 7, PATIENCE, "them") == 7
    own = LogOnError(LogOnProblem.CLOCK, "seen")
    with pytest.raises(LogOnError) as caught:
        in_time(lambda: fail(own), PATIENCE, "them")
    assert caught.value is own
    cause = Krb5Error(-1765328347)
    with pytest.raises(LogOnError, match="them") as caught:
        in_time(lambda: fail(cause), PATIENCE, "them")
    assert (caught.value.problem, caught.value.__cause__) == (LogOnProblem.CLOCK, cause)


def test_a_domain_that_keeps_somebody_waiting_is_not_asked_again_at_once() -> None:
    tickets, over = Tickets(), threading.Event()
    moment = timedelta(milliseconds=50)
    with pytest.raises(LogOnError, match=r"no answer within 0\.05 s") as caught:
        tickets.ask("CONTOSO.COM", lambda: over.wait(30), moment, "them")
    over.set()
    assert caught.value.problem is LogOnProblem.NO_KDC
    with pytest.raises(LogOnError, match=r"no answer within 0\.05 s"):
        tickets.ask("CONTOSO.COM", lambda: pytest.fail("it was asked"), PATIENCE, "them")
    assert tickets.ask("FABRIKAM.COM", lambda: 7, PATIENCE, "them") == 7
