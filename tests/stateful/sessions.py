"""Sessions on the lab's model that look over lyncops' shoulder: what must never be sent is told at
the moment that it is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import attrs

from lyncops.cmdlets import InvokeCsPoolFailBack, InvokeCsPoolFailOver
from lyncops.cmdlets.base import Cmdlet
from lyncops.remoting.execution import BeforeSend, Execution, Fence, Sending
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.testing.model import ModelSessions
from lyncops.values import ANYWHERE, Effect, Fqdn, Place
from tests.runs.scene import Fuse

R = TypeVar("R")


@attrs.define
class WatchedSessions(ModelSessions):
    """ModelSessions that keep what changes were sent, and refuse to send what breaks the order
    rule.

    Before and after each of them the client can die.
    """

    sent: list[str] = attrs.field(factory=list[str])
    fuse: Fuse = attrs.field(factory=Fuse)
    # By how many were sent before
    mishaps: dict[int, Callable[[], None]] = attrs.field(factory=dict[int, Callable[[], None]])

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        if cmdlet.effect is Effect.READ:
            return super().run(
                cmdlet, place=place, deadline=deadline, on_record=on_record, before_send=before_send
            )
        self._judge(cmdlet)

        def sending(about: Sending) -> Fence | None:
            fence = before_send(about) if before_send is not None else None
            self.fuse.burn()
            self.mishaps.pop(len(self.sent), lambda: None)()
            self.sent.append(cmdlet.NAME)
            return fence

        execution = super().run(
            cmdlet, place=place, deadline=deadline, on_record=on_record, before_send=sending
        )
        self.fuse.burn()
        return execution

    def _judge(self, cmdlet: Cmdlet[R]) -> None:
        """A failover into a pool that is itself failed over is what the recovery guide's IMPORTANT
        box warns of.
        """
        if isinstance(cmdlet, InvokeCsPoolFailOver):
            pool = self.world.pools[Fqdn(str(cmdlet.pool_fqdn))]
            partner = pool.spec.backup_pool
            assert partner is not None, f"{pool.fqdn} has no backup pool"
            assert self.world.pools[partner].serving == partner, (
                f"{partner} is failed over itself: {cmdlet.to_powershell()}"
            )
            assert pool.serving == pool.fqdn, (
                f"{pool.fqdn} is failed over already: {cmdlet.to_powershell()}"
            )
        if isinstance(cmdlet, InvokeCsPoolFailBack):
            pool = self.world.pools[Fqdn(str(cmdlet.pool_fqdn))]
            assert pool.serving == pool.spec.backup_pool, (
                f"{pool.fqdn} is at home: {cmdlet.to_powershell()}"
            )
