"""What is said on one connection: requests are authenticated, opened, judged by the faults,
answered and sealed.
"""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import BinaryIO

import attrs
from spnego.exceptions import SpnegoError

from lyncops.lab.interface import Caller
from lyncops.lab.wire import soap
from lyncops.lab.wire.authentication import Authenticator, Connection, Directory
from lyncops.lab.wire.counter import RequestCounter
from lyncops.lab.wire.encryption import (
    SecurityContext,
    UndecryptableError,
    decrypt,
    encrypt,
    is_encrypted,
    protocol_of,
)
from lyncops.lab.wire.faults import Fault, FaultKind, Faults, Profile
from lyncops.lab.wire.http import HttpAnswer, HttpRequest, is_gone, read_request, write_answer
from lyncops.lab.wire.liveness import DropConnectionError, Liveness
from lyncops.lab.wire.service import Answer, WSManService


@attrs.frozen(slots=True, kw_only=True)
class Party:
    """The machine that a client talks to."""

    name: str
    service: WSManService
    profile: Profile
    liveness: Liveness
    directory: Directory
    faults: Faults
    requests: RequestCounter


class Conversation:
    """One connection: requests in, answers out."""

    def __init__(
        self, party: Party, sock: socket.socket, stream: BinaryIO, connection: Connection
    ) -> None:
        self._party = party
        self._sock = sock
        self._stream = stream
        self._secure = connection.secure
        self._authenticator = Authenticator(party.directory, connection)

    def run(self) -> None:
        """Answer until the client has had enough.

        Raises:
            DropConnectionError: the connection is to be cut without an answer.
            BadRequestError: what came is no HTTP.
            ClientGoneError: the client left while it waited for output.
        """
        while (request := read_request(self._stream)) is not None:
            self._party.liveness.check(self._sock)
            answer = self._answer(request)
            self._party.liveness.check(self._sock)
            write_answer(
                self._sock, attrs.evolve(answer, headers=[*answer.headers, ("Date", self._date())])
            )
            if request.header("connection").lower() == "close":
                return

    def _date(self) -> str:
        """What time it is by the machine's own clock: every server that has one says so (RFC 9110,
        section 6.6.1).
        """
        return format_datetime(datetime.now(UTC) + self._party.profile.clock_ahead, usegmt=True)

    def _count(self, action: str) -> None:
        self._party.requests.count(self._party.name, action)

    def _answer(self, request: HttpRequest) -> HttpAnswer:
        endpoint = request.path.partition("?")[0].strip("/").casefold()
        ocs = endpoint == "ocspowershell"
        if endpoint not in {"wsman", "ocspowershell"} or (ocs and not self._secure):
            self._count("Unknown")
            return HttpAnswer(404)
        if request.method != "POST":
            self._count("Unknown")
            return HttpAnswer(405)
        verdict = self._authenticator.judge(request.header("authorization"))
        if verdict.caller is None:
            self._count("Authenticate")
            schemes = (verdict.header,) if verdict.header else self._authenticator.challenges
            return HttpAnswer(401, headers=[("WWW-Authenticate", one) for one in schemes])
        headers = [("WWW-Authenticate", verdict.header)] if verdict.header else []
        if not request.body:
            self._count("Authenticate")
            return HttpAnswer(200, headers=headers)
        answer = self._open(request, attrs.evolve(verdict.caller, ocs=ocs))
        return attrs.evolve(answer, headers=[*answer.headers, *headers]) if headers else answer

    def _open(self, request: HttpRequest, caller: Caller) -> HttpAnswer:
        """Decrypt, act, encrypt."""
        content_type = request.header("content-type")
        if not is_encrypted(content_type):
            if not self._secure and not self._party.profile.allow_unencrypted:
                self._count("Unknown")
                return HttpAnswer(401, headers=[("WWW-Authenticate", "Negotiate")])
            return self._act(request.body, caller)
        context = self._authenticator.context
        plain = None if context is None else _decrypted(context, request.body)
        if context is None or plain is None:
            self._count("Unknown")
            return HttpAnswer(400)  # what Windows answers to a message of an older security context
        answer = self._act(plain, caller)
        if not answer.body:
            return answer
        sealed_type, sealed = encrypt(context, answer.body, protocol_of(content_type))
        return attrs.evolve(answer, body=sealed, content_type=sealed_type)

    def _act(self, body: bytes, caller: Caller) -> HttpAnswer:
        try:
            request = soap.parse(body)
        except soap.MalformedRequestError:
            self._count("Unknown")
            return HttpAnswer(400)
        self._count(request.verb)
        service, faults, name = self._party.service, self._party.faults, self._party.name
        cmdlets = service.cmdlets_of(request) if faults.waiting else ()
        try:
            before = faults.strike(name, request.verb, cmdlets, before=True)
            if before is not None and (struck := self._strike(before, None)) is not None:
                return struck
            answer = service.handle(request, caller, lambda: is_gone(self._sock))
        except soap.WSManFaultError as problem:
            return HttpAnswer(500, soap.fault(request, problem, name))
        after = faults.strike(name, request.verb, cmdlets, before=False)
        if after is not None and (struck := self._strike(after, answer)) is not None:
            return struck
        return HttpAnswer(200, answer.body)

    def _strike(self, fault: Fault, answer: Answer | None) -> HttpAnswer | None:
        """What a fault does to this request; None where the request goes on."""
        if fault.kind in {FaultKind.STATUS_BEFORE, FaultKind.STATUS_AFTER}:
            return HttpAnswer(
                fault.status,
                headers=[("WWW-Authenticate", "Negotiate")] if fault.status == 401 else [],
            )
        if fault.kind in {FaultKind.HANG_BEFORE, FaultKind.HANG_AFTER}:
            self._party.liveness.hang(self._sock)
        if fault.kind is FaultKind.TAKEN_OVER:
            raise soap.connected_elsewhere()
        if fault.kind is FaultKind.QUOTA:
            raise soap.quota_exceeded(self._party.profile.max_shells_per_user)
        if fault.kind is FaultKind.REPLAY_REPLY and answer is not None and answer.undo is not None:
            answer.undo()
        raise DropConnectionError


def _decrypted(context: SecurityContext, body: bytes) -> bytes | None:
    try:
        return decrypt(context, body)
    except (UndecryptableError, SpnegoError, ValueError):
        return None
