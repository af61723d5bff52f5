"""Servers that speak German: what decides are ids, codes and names of properties, which nobody
translates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest

from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import Deployment, Pool
from lyncops.values import Fqdn, Unread
from tests.independent.desk import desk_for
from tests.independent.lync import P1, P2, Lync, thing
from tests.independent.psrp import Handler, Problem
from tests.independent.server import Server

ABSENT: Final = Problem('The role is not present on pool "pool1.contoso.com".')
ABSENT_IN_GERMAN: Final = Problem('Die Rolle ist im Pool "pool1.contoso.com" nicht vorhanden.')
DENIED: Final = Problem("Die SELECT-Berechtigung wurde verweigert.")
MIRROR: Final = thing(
    "Deployment.DatabaseMirrorState",
    DatabaseName="rtcxds",
    StateOnPrimary="Principal",
    StateOnMirror="Mirror",
    MirroringStatusOnPrimary="synchronized",
    MirroringStatusOnMirror="synchronized",
)


def _read(tmp_path: Path, *answers: object) -> tuple[Deployment, Pool]:
    scripts: dict[str, Handler] = {
        **Lync().scripts(),
        "Get-CsDatabaseMirrorState": lambda _n, _a: list(answers),
    }
    with Server(tmp_path, scripts) as server, desk_for(tmp_path, server).client() as client:
        deployment = client.status()
    pool = deployment.pool(Fqdn(P1))
    assert pool is not None
    return deployment, pool


def _noted(deployment: Deployment) -> bool:
    return any("mirror" in gap.what for gap in deployment.gaps)


def test_a_role_that_is_absent_in_documented_words_has_no_mirrors(tmp_path: Path) -> None:
    deployment, pool = _read(tmp_path, ABSENT, ABSENT)
    assert (pool.mirrors, _noted(deployment)) == ((), False)


@pytest.mark.parametrize(
    "errors", [(ABSENT_IN_GERMAN,), (DENIED,), (ABSENT, DENIED)], ids=["german", "denied", "both"]
)
def test_an_error_in_other_words_leaves_the_mirrors_unread(
    tmp_path: Path, errors: tuple[object, ...]
) -> None:
    _, pool = _read(tmp_path, *errors)
    assert isinstance(pool.mirrors, Unread)


@pytest.mark.parametrize(
    ("error", "open_"), [(ABSENT, False), (ABSENT_IN_GERMAN, True), (DENIED, True)]
)
def test_mirrors_beside_an_error_in_other_words_are_not_all(
    tmp_path: Path, error: object, *, open_: bool
) -> None:
    deployment, pool = _read(tmp_path, MIRROR, error)
    assert isinstance(pool.mirrors, tuple)
    assert [type(mirror) for mirror in pool.mirrors] == [DatabaseMirror]
    assert _noted(deployment) is open_


def _in_german(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    yield Problem(
        "Der Vorgang konnte nicht abgeschlossen werden.", "NotFound,Microsoft.Rtc.Management"
    )


@pytest.mark.parametrize("cmdlet", ["Export-CsConfiguration", "Export-CsLisConfiguration"])
def test_failover_between_servers_that_speak_german(tmp_path: Path, cmdlet: str) -> None:
    lync = Lync(shapes={cmdlet: _in_german, "Get-CsUser": _in_german})
    with Server(tmp_path, lync.scripts()) as server:
        answer = desk_for(tmp_path, server)(
            "run", "pool-failover", P2, "--mode", "planned", "--yes"
        )
    assert (answer.code in {0, 7}, lync.state[P2]) == (True, "FailedOver"), answer
