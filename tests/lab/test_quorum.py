"""Facts page 5, Quorum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyncops.lab.model.quorum import keeps_running, needed_to_start


@pytest.mark.parametrize(
    ("total", "needed"),
    [
        (2, 1),
        (3, 3),
        (4, 3),
        (5, 4),
        (6, 5),
        (7, 5),
        (8, 6),
        (9, 7),
        (10, 8),
        (11, 9),
        (12, 10),
        (16, 12),
        (20, 20),
    ],
)
def test_needed_to_start(total: int, needed: int) -> None:
    assert needed_to_start(total) == needed


@pytest.mark.parametrize(
    ("total", "minimum"),
    [(3, 2), (5, 3), (7, 4), (8, 4), (9, 4), (10, 5), (11, 5), (12, 5), (14, 7), (16, 7)],
)
def test_functional_minimum(total: int, minimum: int) -> None:
    for up, expected in ((minimum, True), (minimum - 1, False)):
        servers = tuple(n < up for n in range(total))
        assert keeps_running(servers, witness_up=True) is expected


def test_only_the_first_servers_vote_in_a_large_pool() -> None:
    servers = tuple(n >= 4 for n in range(12))
    assert keeps_running(servers, witness_up=True)
    assert not keeps_running(tuple(n >= 5 for n in range(12)), witness_up=True)


@pytest.mark.parametrize("total", [2, 4, 6])
def test_half_of_an_even_pool_needs_the_sql_witness(total: int) -> None:
    half = tuple(n < total // 2 for n in range(total))
    assert keeps_running(half, witness_up=True)
    assert not keeps_running(half, witness_up=False)


def test_one_server() -> None:
    assert keeps_running((True,), witness_up=False)
    assert not keeps_running((False,), witness_up=True)


@given(servers=st.lists(st.booleans(), min_size=1, max_size=16), witness=st.booleans())
def test_all_up_runs_and_none_up_does_not(servers: list[bool], *, witness: bool) -> None:
    assert keeps_running(tuple(True for _ in servers), witness_up=witness)
    assert not keeps_running(tuple(False for _ in servers), witness_up=witness)
