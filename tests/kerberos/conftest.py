from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kerberos.domain import Domain
from tests.kerberos.kdc import Kdc, kdc
from tests.remoting.machines import FE1, FE2, ground


@pytest.fixture(scope="session")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    """A KDC with a user for each way in which an account can be unusable, and the services of two
    Front Ends.
    """
    with kdc(tmp_path_factory.mktemp("kdc")) as one:
        one.service(f"host/{FE1}", f"HTTP/{FE1}", f"host/{FE2}")
        one.people()
        yield one


@pytest.fixture(params=["http", "https"])
def domain(request: pytest.FixtureRequest, realm: Kdc, tmp_path: Path) -> Iterator[Domain]:
    """Two Front Ends of the domain, over http with encrypted messages and over https."""
    os.environ.pop("KRB5_CLIENT_KTNAME", None)
    realm.forget()
    with ground(tmp_path, FE1, FE2) as served:
        yield Domain(kdc=realm, ground=served, scheme=str(request.param))
    realm.stop()
    realm.start()
