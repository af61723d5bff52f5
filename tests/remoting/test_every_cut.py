"""Every wire cut, in every way to talk to a server: the class of outcome, and how often it ran.

`scripts/cuts.py` prints the table.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lyncops.cmdlets.base import Cmdlet
from lyncops.lab.wire.faults import FaultKind
from lyncops.remoting.endpoint import Auth
from lyncops.values import Effect
from tests.remoting.cuts import CHANNELS, Channel, Cut, every_cut, play, server
from tests.remoting.machines import CHANGE, READ

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def expected(channel: Channel, cut: Cut, effect: Effect) -> tuple[str, int]:
    """The outcome and the executions that must come of it.

    A lost answer is looked for: to the request that sends the cmdlet by a proof that it never
    started, or by reconnecting. Output that left the server and was lost cannot be had again: a
    reading is asked again, a change is unknown. A refused log-on is not tried a second time where
    the password itself was sent; NTLM and CredSSP log on again with a connection of their own.
    """
    read = effect is Effect.READ
    if cut.kind is None:
        if cut.event == "restart while it runs":
            return ("succeeded", 2) if read else ("unknown", 1)
        if cut.event == "idle disconnect while it runs":
            return _disconnected(channel, read=read)
        if cut.event == "idle disconnect before it is sent" and not channel.disconnects:
            return ("succeeded", 1) if read else ("unknown", 0)  # nothing says that it is refused
        return "succeeded", 1
    if cut.status == 401 and cut.action != "Signal" and channel.auth is Auth.BASIC:
        return "unknown", int(not (cut.action == "Command" and cut.kind.strikes_before))
    if cut.action == "Receive" and read:
        return "succeeded", 2
    if cut.action == "Receive" and not _can_be_had_again(cut.kind):
        return "unknown", 1
    return "succeeded", 1


def _disconnected(channel: Channel, *, read: bool) -> tuple[str, int]:
    if read:
        return "succeeded", 2
    return ("succeeded", 1) if channel.disconnects else ("unknown", 1)


def _can_be_had_again(kind: FaultKind) -> bool:
    return kind.strikes_before or kind is FaultKind.REPLAY_REPLY


@pytest.mark.parametrize("cmdlet", [READ, CHANGE], ids=["read", "change"])
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_every_cut_ends_as_it_must(
    channel: Channel, cmdlet: Cmdlet[object], tmp_path: Path
) -> None:
    with server(channel, tmp_path) as one:
        rows = {cut: play(one, channel, cut, cmdlet) for cut in every_cut()}
    assert len(rows) == 46
    wrong = {
        str(cut): (row.outcome, row.executions)
        for cut, row in rows.items()
        if (row.outcome, row.executions) != expected(channel, cut, cmdlet.effect)
    }
    assert wrong == {}
    if cmdlet is CHANGE:
        assert all(row.executions <= 1 for row in rows.values())
        assert not [
            str(cut) for cut, row in rows.items() if row.outcome == "failed" and row.executions
        ]
