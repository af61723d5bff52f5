"""A computer that is down refuses connections, and nobody else answers in its place."""

from __future__ import annotations

import socket

import pytest

from lyncops.lab.lab import Lab
from lyncops.lab.wire.ports import HeldPort

FE1 = "fe1.contoso.com"


def is_taken(address: tuple[str, int]) -> bool:
    """Whether a server that wants the number cannot have it."""
    with socket.socket() as other:
        try:
            other.bind(address)
        except OSError:
            return True
        return False


def assert_refused(address: tuple[str, int]) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=10).close()


def test_a_closed_port_keeps_its_number_until_it_is_released() -> None:
    port = HeldPort()
    assert_refused(port.address)
    for _ in range(3):
        port.open()
        socket.create_connection(port.address, timeout=10).close()
        port.close()
        assert_refused(port.address)
        assert is_taken(port.address)
    port.release()
    assert not is_taken(port.address)


def test_nobody_else_is_given_the_port_of_a_machine_that_is_down() -> None:
    with Lab.start("two-sites") as lab:
        host, _, number = lab.address(FE1).partition(":")
        address = host, int(number)
        lab.crash(FE1)
        assert_refused(address)
        assert is_taken(address)
        lab.recover(FE1)
        socket.create_connection(address, timeout=10).close()
