"""One command on one shell: sent at most once, followed to its end, and asked for when the answer
about it is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

from lyncops.remoting.bounds import weight_of
from lyncops.remoting.clock import Clock
from lyncops.remoting.execution import Fence
from lyncops.remoting.failures import Phase, RemotingError, Symptom
from lyncops.remoting.outcome import EndReason
from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.messages import Message
from lyncops.remoting.psrp.records import HostCall
from lyncops.remoting.psrp.streams import ErrorRecord, StreamRecord
from lyncops.remoting.psrp.transcript import Transcript
from lyncops.remoting.retry import Limits, RetryPolicy, log, retrying
from lyncops.remoting.shell import Reply, Shell
from lyncops.values import Effect

_LOOK: Final = timedelta(seconds=1)
_SIGNS_OF_LIFE: Final = 4
"""How many there are before and after the question for a command: more than an address is likely to
have servers."""
_UNLIMITED: Final = 1_000_000
_TRY_AGAIN: Final = frozenset({Symptom.RECEIVE_AGAIN, Symptom.NOT_SENT, Symptom.REPEATABLE})


@attrs.frozen(slots=True, kw_only=True)
class CommandOptions:
    """Under which a command runs: what it does, until when it is followed, and who receives its
    records.

    `fence` is asked before its first byte leaves. `resent` says that it is not the first time that
    it does.
    """

    effect: Effect
    policy: RetryPolicy
    clock: Clock
    until: datetime | None = None
    on_record: Callable[[StreamRecord], None] | None = None
    fence: Fence | None = None
    resent: bool = False


class Pipeline:
    """One command, from its sending to its end."""

    def __init__(self, shell: Shell, command_id: str, terms: CommandOptions) -> None:
        self.shell = shell
        self.command_id = command_id
        self.transcript = Transcript(UUID(command_id), terms.on_record)
        self.sent = False
        """Whether the server may know the command."""
        self.heard = False
        """Whether the server has said anything about it, or may have: then it cannot be asked any
        more whether it started."""
        self.proof: Proof | None = None
        """Why it is certain that no server started it."""
        self.refusal = ""
        """What the server or the network answered to its sending, where that was no success."""
        self._effect = terms.effect
        self._policy = terms.policy
        self._clock = terms.clock
        self._until = terms.until
        self._fence = terms.fence
        self._resent = terms.resent
        self._receive_failed = False
        self._weight = 0
        shell.pool.inbox.begin()

    @property
    def output_lost(self) -> bool:
        """Whether a reply of the server may never have arrived.

        A READ is cheap to ask again, so that any failed Receive says so. For a CHANGE a gap in the
        object ids has to show it too: without a failed Receive the messages of the pool, or of
        other sessions in the same process (OcsPowershell), make gaps as well.
        """
        inbox = self.shell.pool.inbox
        return inbox.broken or (self._receive_failed and (inbox.gap or self._effect is Effect.READ))

    def start(self, fragment: bytes) -> EndReason | None:
        """Send the command. None: it runs; else why it does not, or that this is not known."""
        self.sent = True
        try:
            self.shell.command(self.command_id, fragment, fence=self._fence)
        except RemotingError as failure:
            log.warning("command %s: %s", self.command_id, failure)
            self.refusal = failure.seen
            return self._unsent(failure) or self._refused(failure) or self._ask_after(failure)
        self.heard = True
        return None

    def _unsent(self, failure: RemotingError) -> EndReason | None:
        """How it ended, where the command did not leave this computer."""
        if failure.has_left:
            return None
        if failure.symptom is Symptom.HELD_BACK:
            return self._never(EndReason.HELD_BACK, Proof.HELD_BACK)
        if failure.logon is not None and failure.logon.problem.bars:
            return self._never(EndReason.LOGON_REFUSED, Proof.NO_LOGON)
        is_unconnected = (
            failure.symptom in {Symptom.NOT_SENT, Symptom.UNTRUSTED} and failure.logon is None
        )
        return self._never(
            EndReason.NOT_SENT, Proof.NO_CONNECTION if is_unconnected else Proof.NO_LOGON
        )

    def _refused(self, failure: RemotingError) -> EndReason | None:
        """How it ended, where the server says about this very request that it does not take it.

        About a command that was sent before it says nothing: another server may answer at the same
        address.
        """
        endings = {
            Symptom.GONE: EndReason.REFUSED,
            Symptom.TAKEN_OVER: EndReason.REFUSED,
            Symptom.FULL: EndReason.FULL,
        }
        ending = endings.get(failure.symptom) if failure.is_answer else None
        if ending is None:
            return None
        return self._never(ending, Proof.REFUSED) if not self._resent else EndReason.GONE

    def _never(self, ending: EndReason, proof: Proof) -> EndReason:
        self.sent = False
        self.proof = proof
        log.warning("command %s: it was not started: %s", self.command_id, proof.value)
        return ending

    def _ask_after(self, failure: RemotingError) -> EndReason | None:
        """How it ended, where the answer may have been lost.

        None: the server knows the command, so that it ran or runs.
        """
        ending = self.probe()
        # A session that answers with a fault of its own may refuse the next command as well.
        return EndReason.FULL if ending is EndReason.NOT_STARTED and failure.is_answer else ending

    def probe(self) -> EndReason | None:
        """Ask the server for the command. None: it knows it, so that it ran or runs.

        One "unknown" is not enough: the request may still be on its way. The last time it is asked
        in such a way that the answer proves something.
        """
        for _ in range(1, self._policy.probes if self._effect is Effect.CHANGE else 1):
            ending = self._known()
            if ending is not EndReason.NOT_STARTED:
                return ending
            self._clock.sleep(self._policy.probe_delay)
        return self.disprove()

    def disprove(self) -> EndReason | None:
        """Ask for the command between signs of life of its session, all over one connection.

        None: the server knows it.

        After a restart the server knows nothing of what ran before, and behind a balanced address
        another server may answer, which never knew it. One that balances every request is betrayed
        by the signs of life: they would not all come from one server.
        """
        try:
            if not self._lives():
                return EndReason.UNPROVEN
            connection = self.shell.transport.line.made
            ending = self._known()
            if ending is not EndReason.NOT_STARTED:
                return ending
            if not self._lives() or self.shell.transport.line.made != connection:
                return EndReason.UNPROVEN
        except RemotingError as failure:
            return EndReason.GONE if failure.symptom is Symptom.GONE else EndReason.UNPROVEN
        return self._never(EndReason.NOT_STARTED, Proof.NEVER_HEARD_OF)

    def _lives(self) -> bool:
        return all(self.shell.is_alive() for _ in range(_SIGNS_OF_LIFE))

    def _known(self) -> EndReason | None:
        try:
            self._take(self._receive(_LOOK))
        except RemotingError as failure:
            match failure.symptom:
                case Symptom.NOTHING_YET:
                    return None
                case Symptom.GONE if not self.heard:  # else a lost reply may have been its last
                    return EndReason.NOT_STARTED
                case Symptom.TAKEN_OVER:
                    return EndReason.TAKEN_OVER
                case _:
                    return EndReason.UNPROVEN
        return None

    def follow(self) -> EndReason:
        """Receive until the command ends, the deadline passes, or the server cannot be asked any
        more.
        """
        while self.transcript.state is None or not self.transcript.state.is_end:
            left = None if self._until is None else self._until - self._clock.now()
            if left is not None and left <= timedelta():
                return EndReason.DEADLINE
            try:
                done = self._take(self._receive(left))
            except RemotingError as failure:
                if failure.symptom is Symptom.NOTHING_YET:
                    continue
                return self._ending_of(failure)
            if self._receive_failed and self._effect is Effect.READ:
                return EndReason.LOST  # nothing that comes now makes it whole
            if done and (self.transcript.state is None or not self.transcript.state.is_end):
                return EndReason.UNTOLD
        return EndReason.ENDED

    def _ending_of(self, failure: RemotingError) -> EndReason:
        log.warning("command %s: %s", self.command_id, failure)
        self.refusal = failure.why
        known = {
            Symptom.GONE: EndReason.GONE,
            Symptom.TAKEN_OVER: EndReason.TAKEN_OVER,
            Symptom.OUT_OF_BOUNDS: EndReason.UNREADABLE,
        }
        if failure.symptom in known:
            return known[failure.symptom]
        if failure.logon is not None:
            return EndReason.NOT_LET_IN
        return (
            EndReason.LOST
            if failure.is_answer and self._effect is Effect.READ
            else EndReason.CONTACT_LOST
        )

    def _receive(self, left: timedelta | None) -> Reply:
        """One answered Receive; failed ones are repeated, because the command goes on by itself."""
        usual = self.shell.transport.operation_timeout
        wait = usual if left is None else min(usual, left)
        try:
            return self.shell.receive(self.command_id, wait=wait)
        except RemotingError as failure:
            if not self._may_receive_again(failure) or (
                failure.is_answer and self._effect is Effect.READ
            ):
                raise  # to take the shell back would break off what others receive from it
            return self._receive_again(failure, wait)

    def _may_receive_again(self, failure: object) -> bool:
        if not isinstance(failure, RemotingError):
            return False
        # Whatever the server answered and did not arrive may have been about the command.
        self.heard |= failure.symptom is Symptom.NOTHING_YET or (
            failure.has_left and not failure.is_answer
        )
        if failure.symptom not in _TRY_AGAIN:
            return False
        self._receive_failed = True
        return True

    def _receive_again(self, failure: RemotingError, wait: timedelta) -> Reply:
        log.warning("command %s: %s; receiving again", self.command_id, failure)
        last = failure

        def receive() -> Reply:
            nonlocal last
            try:
                if last.is_answer:  # such as: the shell is disconnected
                    with suppress(RemotingError):
                        self.shell.retake(self.command_id)
                return self.shell.receive(self.command_id, wait=wait)
            except RemotingError as again:
                last = again
                raise

        is_change = self._effect is Effect.CHANGE
        patience = self._policy.lost_contact if is_change else 2 * self._policy.connect_timeout
        end = self._clock.now() + patience
        limits = Limits(
            attempts=_UNLIMITED if is_change else self._policy.read_attempts,
            until=end if self._until is None else min(end, self._until),
        )
        loop = retrying(
            self._policy,
            self._clock,
            limits,
            again=self._may_receive_again,
            what=f"receiving of command {self.command_id}",
        )
        return loop(receive)

    def _take(self, reply: Reply) -> bool:
        self.heard = True
        for message in reply.messages:
            self._weigh(message)
            call = self.transcript.take(message)
            if call is not None:
                self._refuse(call)
        return reply.done

    def _weigh(self, message: Message) -> None:
        """Give up before there is more output in memory than there may be."""
        self._weight += weight_of(message.data)
        if self._weight > (limit := self.shell.transport.endpoint.answer_limit):
            raise RemotingError(
                Symptom.OUT_OF_BOUNDS,
                Phase.RECEIVE,
                f"its objects take more than {limit / 1024 / 1024:g} MB of memory",
            )

    def _refuse(self, call: HostCall) -> None:
        log.error(
            "command %s: the server asks a question (host method %d); refused",
            self.command_id,
            call.method,
        )
        self.transcript.fail(
            ErrorRecord(
                message=(
                    "The server asked a question; lyncops refused it, since nobody is there to"
                    " answer."
                ),
                category="InvalidOperation",
                fully_qualified_error_id="LyncOps.PromptRefused",
            )
        )
        with suppress(RemotingError):  # a lost answer must not be sent twice
            self.shell.refuse(self.command_id, call)
