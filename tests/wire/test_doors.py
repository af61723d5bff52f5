from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from lyncops.lab.wire.doors import Doors

FE1 = "fe1.contoso.com"


@pytest.fixture
def down() -> set[str]:
    return set()


@pytest.fixture
def doors(down: set[str]) -> Iterator[Doors]:
    made = Doors([FE1], [5061], is_down=down.__contains__)
    yield made
    made.close()


def connects(doors: Doors) -> bool:
    host, _, port = doors.addresses()[f"{FE1}:5061"].partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=0.5).close()
    except TimeoutError:
        return False
    return True


def test_a_living_machine_takes_connections_and_a_dead_one_swallows_them(
    doors: Doors, down: set[str]
) -> None:
    assert connects(doors)
    down.add(FE1)
    doors.synchronise()
    assert not connects(doors)
    down.clear()
    doors.synchronise()
    assert connects(doors)
