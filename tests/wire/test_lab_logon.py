"""The lab's lyncops.toml leads lyncops in, whatever way to log on it names; Kerberos it refuses
with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import lyncops
from lyncops.cmdlets import GetCsPool
from lyncops.errors import AuthenticationFailedError, InvalidValueError
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab, LabAuth
from lyncops.lab.wire.server import Scheme
from lyncops.values import Outcome


@pytest.fixture(scope="module")
def shared() -> Iterator[Lab]:
    with Lab.start("two-sites") as lab:
        yield lab


@pytest.fixture
def fresh(shared: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, shared.password)
    shared.host.directory.failures.clear()
    shared.world.switches.enforce_double_hop = False
    return shared


def outcome(config: Path) -> Outcome:
    with lyncops.connect(config) as client:
        return client.run_cmdlet(GetCsPool()).outcome


WAYS: tuple[tuple[LabAuth, Scheme], ...] = (
    *((auth, "https") for auth in LabAuth),
    *((auth, "http") for auth in LabAuth if not auth.needs_tls),
)


@pytest.mark.parametrize(("auth", "scheme"), WAYS)
def test_lyncops_logs_on(fresh: Lab, tmp_path: Path, auth: LabAuth, scheme: Scheme) -> None:
    assert outcome(fresh.write_config(tmp_path, auth=auth, scheme=scheme)) is Outcome.SUCCEEDED
    assert fresh.failed_logons == 0


@pytest.mark.parametrize(
    ("auth", "expected"), [("credssp", Outcome.SUCCEEDED), ("ntlm", Outcome.FAILED)]
)
def test_a_credssp_token_goes_on_where_an_ntlm_token_does_not(
    fresh: Lab, tmp_path: Path, auth: str, expected: Outcome
) -> None:
    fresh.world.switches.enforce_double_hop = True
    assert outcome(fresh.write_config(tmp_path, auth=auth)) is expected


@pytest.mark.parametrize("auth", ["ntlm", "basic", "credssp"])
def test_lyncops_tries_a_wrong_password_once(
    fresh: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auth: str
) -> None:
    config = fresh.write_config(tmp_path, auth=auth)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "wrong")
    with pytest.raises(AuthenticationFailedError):
        outcome(config)
    assert fresh.failed_logons == 1


@pytest.mark.parametrize(
    ("auth", "words"),
    [("kerberos", "Kerberos cannot be tried in the lab"), ("digest", "offers no auth")],
)
def test_what_the_lab_does_not_offer_is_refused_before_anything_is_written(
    fresh: Lab, tmp_path: Path, auth: str, words: str
) -> None:
    with pytest.raises(InvalidValueError, match=words) as caught:
        fresh.write_config(tmp_path / "out", auth=auth)
    assert all(one.value in caught.value.remedy for one in LabAuth)
    assert not (tmp_path / "out").exists()


def test_a_password_in_clear_is_offered_over_tls_only(fresh: Lab, tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="basic over TLS only"):
        fresh.write_config(tmp_path, auth="basic", scheme="http")
