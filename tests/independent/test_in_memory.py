"""The client's half of PSRP against psrpcore's server half, both in this process: no socket, no
HTTP, no thread.
"""

from __future__ import annotations

from typing import Protocol, cast
from uuid import uuid4

import attrs
import psrpcore
import pytest
from psrpcore import types as ps

from lyncops.remoting.psrp.pool import Pool, PoolClosedError
from lyncops.remoting.psrp.records import PipelineState
from lyncops.remoting.psrp.streams import StreamKind
from lyncops.remoting.psrp.transcript import Transcript


@attrs.frozen(slots=True)
class Running:
    """The server's half of a command, and the client's account of it."""

    core: psrpcore.ServerPipeline
    transcript: Transcript


@attrs.frozen(slots=True)
class Pair:
    """A client's pool and a server's, with nothing between them but bytes."""

    client: Pool
    server: psrpcore.ServerRunspacePool

    def tell(self, data: bytes) -> None:
        """Bytes to the server, which reads all of them."""
        self.server.receive_data(psrpcore.PSRPPayload(data, psrpcore.StreamType.default, None))
        while self.server.next_event() is not None:
            pass

    def hear(self) -> bytes:
        """All that the server has to send."""
        said = bytearray()
        while (payload := self.server.data_to_send()) is not None:
            said += payload.data
        return bytes(said)

    def opened(self, runspaces: int = 1) -> list[bool]:
        """Open the pool; what the client makes of each message."""
        self.tell(self.client.open(runspaces))
        return [self.client.heed(message) for message in self.client.take(self.hear())]

    def start(self, name: str, *, by: Pool | None = None, **arguments: object) -> Running:
        """Send a command and let it begin."""
        pipeline_id = uuid4()
        running = Running(
            psrpcore.ServerPipeline(self.server, pipeline_id), Transcript(pipeline_id)
        )
        self.tell((by or self.client).start(pipeline_id, [(name, arguments)]))
        running.core.start()
        return running


@pytest.fixture
def pair() -> Pair:
    return Pair(Pool(uuid4()), psrpcore.ServerRunspacePool())


def test_a_pool_opens_and_says_what_the_server_grants(pair: Pair) -> None:
    assert pair.opened(runspaces=3)[-1]
    assert pair.client.protocol == (2, 3)
    assert pair.client.takes_large_messages
    assert pair.client.runspaces == 3
    assert pair.server.runspace_pool_id == pair.client.id


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_command_and_its_streams_arrive_however_the_bytes_are_cut(pair: Pair, size: int) -> None:
    pair.opened()
    running = pair.start("Get-CsPool", Identity="pool1.contoso.com")
    (command,) = cast("psrpcore.PowerShell", running.core.metadata).commands
    assert (command.command_text, command.parameters) == (
        "Get-CsPool",
        [("Identity", "pool1.contoso.com")],
    )
    running.core.write_output("pool1.contoso.com")
    running.core.write_warning("It is late.")
    running.core.write_error(
        ps.NETException(Message="No."),
        category_info=ps.ErrorCategoryInfo(Category=ps.ErrorCategory.PermissionDenied),
        fully_qualified_error_id="No,Contoso",
    )
    running.core.complete()
    transcript, said = running.transcript, pair.hear()
    for start in range(0, len(said), size):
        for message in pair.client.take(said[start : start + size]):
            assert transcript.take(message) is None
    assert transcript.state is PipelineState.COMPLETED
    assert transcript.output == ["pool1.contoso.com"]
    assert [
        (one.message, one.category, one.fully_qualified_error_id) for one in transcript.errors
    ] == [("No.", "PermissionDenied", "No,Contoso")]
    assert ("It is late.", StreamKind.WARNING) in [
        (one.text, one.kind) for one in transcript.records
    ]
    assert not pair.client.inbox.gap
    assert not pair.client.inbox.broken


class Answer(Protocol):
    """What psrpcore's event of an answer holds; its own type is lost to a decorator."""

    ci: int
    error: ps.ErrorRecord


def test_a_question_to_the_host_is_refused_and_the_server_can_read_why(pair: Pair) -> None:
    pair.opened()
    running = pair.start("Invoke-CsPoolFailOver", PoolFqdn="pool1.contoso.com")
    running.core.host_call(ps.HostMethodIdentifier.PromptForChoice, ["Confirm", "Sure?", [], 0])
    taken = [running.transcript.take(message) for message in pair.client.take(pair.hear())]
    (asked,) = [call for call in taken if call is not None]
    assert asked.wants_answer
    refusal = pair.client.refuse(running.transcript.pipeline_id, asked)
    pair.server.receive_data(psrpcore.PSRPPayload(refusal, psrpcore.StreamType.default, None))
    event = pair.server.next_event()
    assert isinstance(event, psrpcore.PipelineHostResponseEvent)
    answer = cast("Answer", event)
    assert answer.ci == asked.call_id
    assert answer.error.Exception.Message == "lyncops runs unattended: nobody can answer a prompt."


def test_pools_beside_each_other_count_their_fragments_together_and_read_alone(pair: Pair) -> None:
    pair.opened()
    beside = pair.client.beside()
    assert (beside.id, beside.protocol) == (pair.client.id, (2, 3))
    numbers = [
        int.from_bytes(pool.start(uuid4(), [("Get-CsSite", {})])[:8])
        for pool in (pair.client, beside, pair.client)
    ]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    first, second = pair.start("Get-CsPool"), pair.start("Get-CsSite", by=beside)
    pair.hear()
    for pool, running, name in ((pair.client, first, "pool1"), (beside, second, "Site1")):
        running.core.write_output(name)
        for message in pool.take(pair.hear()):
            running.transcript.take(message)
    assert (first.transcript.output, second.transcript.output) == (["pool1"], ["Site1"])


def test_a_pool_that_the_server_breaks_says_why(pair: Pair) -> None:
    pair.opened()
    pair.server.set_broken(
        ps.ErrorRecord(
            Exception=ps.NETException(Message="Quota."), CategoryInfo=ps.ErrorCategoryInfo()
        )
    )
    (broken,) = pair.client.take(pair.hear())
    with pytest.raises(PoolClosedError, match="Quota"):
        pair.client.heed(broken)
