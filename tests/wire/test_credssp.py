"""CredSSP: a whole logon with unmodified pypsrp and with lyncops, encrypted messages, and what is
refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pypsrp.exceptions import AuthenticationError

from lyncops.errors import InvalidValueError
from tests.wire.stub import (
    USER,
    CredSspError,
    CredSspStatusError,
    RunspacePool,
    Served,
    Untyped,
    command,
    served,
)

BEYOND_A_TLS_RECORD = 30_000


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("credssp"), credssp=True) as lab:
        yield lab


@pytest.fixture
def credssp(shared: Served) -> Served:
    shared.host.requests.reset()
    shared.host.directory.failures.clear()
    shared.machine.seen.clear()
    shared.machine.callers.clear()
    return shared


@pytest.mark.parametrize("encryption", ["auto", "always"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_credssp_logon_runs_cmdlets_with_a_token_that_can_go_on(
    credssp: Served, scheme: str, encryption: str
) -> None:
    with credssp.pool(scheme, "credssp", encryption=encryption) as pool:
        assert (
            len(command(pool, "Get-It", Count=300, Text="y" * BEYOND_A_TLS_RECORD).invoke()) == 300
        )
        assert len(command(pool, "Get-It").invoke()) == 1
    assert [(one.user, one.delegated) for one in credssp.machine.callers] == [(USER, True)] * 2
    assert "y" * BEYOND_A_TLS_RECORD in [one.value for one in credssp.machine.seen[0].arguments]
    assert credssp.host.directory.failures.total() == 0


def _bodies(wsman: Untyped, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """The bodies that leave the client, with their types."""
    seen: list[tuple[str, bytes]] = []
    send = wsman.transport._send_request

    def watch(request: Untyped, **more: Untyped) -> Untyped:
        if request.body:
            seen.append((request.headers["Content-Type"], request.body))
        return send(request, **more)

    monkeypatch.setattr(wsman.transport, "_send_request", watch)
    return seen


@pytest.mark.parametrize(
    ("scheme", "encryption", "sealed"),
    [("http", "auto", True), ("https", "always", True), ("https", "auto", False)],
)
def test_messages_are_sealed_where_tls_does_not_do_it(
    credssp: Served, monkeypatch: pytest.MonkeyPatch, scheme: str, encryption: str, *, sealed: bool
) -> None:
    with credssp.wsman(scheme, "credssp", encryption=encryption) as wsman:
        seen = _bodies(wsman, monkeypatch)
        with RunspacePool(wsman) as pool:
            command(pool, "Get-It").invoke()
    assert seen
    for kind, body in seen:
        assert ('protocol="application/HTTP-CredSSP-session-encrypted"' in kind) is sealed
        assert (b"Envelope" not in body) is sealed


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_unsealed_messages_are_refused_but_for_tls(credssp: Served, scheme: str) -> None:
    with credssp.wsman(scheme, "credssp", encryption="never") as wsman:
        if scheme == "http":
            with pytest.raises(CredSspError):
                RunspacePool(wsman).open()
        else:
            RunspacePool(wsman).open()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_wrong_password_is_refused_with_its_reason_and_counted_once(
    credssp: Served, scheme: str
) -> None:
    with (
        credssp.wsman(scheme, "credssp", password="wrong") as wsman,
        pytest.raises(CredSspStatusError),
    ):
        RunspacePool(wsman).open()
    assert credssp.host.directory.failures.total() == 1
    assert not credssp.machine.callers


def test_an_unknown_user_is_refused(credssp: Served) -> None:
    with (
        credssp.wsman("http", "credssp", username="CONTOSO\\nobody") as wsman,
        pytest.raises(CredSspError),
    ):
        RunspacePool(wsman).open()
    assert credssp.host.directory.failures.total() == 1


def test_a_user_of_another_lab_in_this_process_is_refused(credssp: Served, tmp_path: Path) -> None:
    with served(tmp_path, user="CONTOSO\\other", password="Other-word") as other:
        stranger = credssp.wsman("http", "ntlm", username="CONTOSO\\other", password="Other-word")
        with stranger, pytest.raises(AuthenticationError):
            RunspacePool(stranger).open()
        with other.pool(username="CONTOSO\\other", password="Other-word") as pool:
            assert len(command(pool, "Get-It").invoke()) == 1
    assert credssp.host.directory.failures.total() == 1


def test_credssp_is_offered_only_when_asked_for(lab: Served) -> None:
    with lab.wsman("http", "credssp") as wsman, pytest.raises(CredSspError):
        RunspacePool(wsman).open()
    lab.host.offer_credssp()
    with lab.pool("http", "credssp") as pool:
        assert len(command(pool, "Get-It").invoke()) == 1


def test_one_user_has_one_password_in_a_process(credssp: Served, tmp_path: Path) -> None:
    with (
        pytest.raises(InvalidValueError, match=r"admin has another password"),
        served(tmp_path, password="Another-word"),
    ):
        pass
    with credssp.pool() as pool:
        assert len(command(pool, "Get-It").invoke()) == 1
