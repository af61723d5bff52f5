"""What belongs to one TCP connection: a log-on that has begun, and what every request says."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs
import pytest

from lyncops.lab.wire.faults import FaultKind
from lyncops.remoting.endpoint import Auth, TcpAddress
from lyncops.values import Outcome
from tests.relay import Address, Relay, address
from tests.remoting.machines import CHANGE, FE1, FE2, READ, Ground, ground

_CHALLENGE: Final = re.compile(rb"www-authenticate: negotiate [a-z0-9+/=]{40}", re.IGNORECASE)

_SEALED: Final = (
    'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";'
    'boundary="Encrypted Boundary"'
)


class Cutting(Relay):
    """Cuts the connection right after the first challenge, as a device may at any time."""

    cut = False

    def pass_on(self, sock: socket.socket, data: bytes) -> None:
        """Hand bytes on, and cut."""
        super().pass_on(sock, data)
        if _CHALLENGE.search(data) and not self.cut:
            self.cut = True
            sock.shutdown(socket.SHUT_RDWR)


class Listening(Relay):
    """Notes how each request begins."""

    def __init__(self, targets: Sequence[Address]) -> None:
        super().__init__(targets)
        self.heads: list[dict[str, str]] = []

    def pass_on(self, sock: socket.socket, data: bytes) -> None:
        """Hand bytes on, and note them."""
        if data.startswith(b"POST "):
            _, *lines = data.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
            self.heads.append(
                {name: value for name, _, value in (line.partition(": ") for line in lines)}
            )
        super().pass_on(sock, data)


@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE])
def test_a_log_on_that_has_begun_is_not_carried_on_over_another_connection(
    one: Ground, auth: Auth
) -> None:
    with Cutting([address(one.lab.address(FE1))]) as relay:
        there = attrs.evolve(one.endpoint(auth=auth), connect_to=TcpAddress.parse(relay.address))
        with one.sessions(there) as sessions:
            assert sessions.run(READ).outcome is Outcome.SUCCEEDED
    assert relay.cut
    assert one.lab.failed_logons == 0


def test_every_request_says_the_same_of_itself(one: Ground) -> None:
    with Listening([address(one.lab.address(FE1))]) as relay:
        there = attrs.evolve(one.endpoint(), connect_to=TcpAddress.parse(relay.address))
        with one.sessions(there) as sessions:
            assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
    assert len(relay.heads) > 5
    for head in relay.heads:
        length = int(head.pop("Content-Length"))
        kind = head.pop("Content-Type", "")
        assert bool(length) is bool(kind)
        assert head.pop("Authorization", "Negotiate ").startswith("Negotiate ")
        assert kind in {"", _SEALED}
        assert head == {
            "Host": "fe1.contoso.com:5985",
            "User-Agent": "lyncops",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "Keep-Alive",
        }


def test_a_server_that_is_full_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    with ground(tmp_path, FE1, FE2) as two:
        first, second = two.endpoint(FE1), two.endpoint(FE2)
        with two.sessions(first, second) as sessions:
            full = two.strike(FaultKind.QUOTA, "Create", times=2)
            assert sessions.run(READ).endpoint == first.url
        assert full.struck == 2
