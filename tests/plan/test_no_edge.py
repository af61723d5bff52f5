"""The word `none` says on the command line that no Edge pool is meant."""

from __future__ import annotations

import pytest

from lyncops.errors import InvalidValueError
from lyncops.plan.procedures import PoolFailback, SiteFailback
from tests.deployments import EDGE1, P1


def test_none_is_no_edge_pool_and_not_one_of_that_name() -> None:
    assert PoolFailback(pool=P1, mode="planned", edges=["None"]).edges == ()
    assert SiteFailback(site="Redmond", mode="planned", edges=["none"]).edges == ()
    assert PoolFailback(pool=P1, mode="planned").edges is None
    with pytest.raises(InvalidValueError, match="Both none and edge1"):
        PoolFailback(pool=P1, mode="planned", edges=["none", EDGE1])
