"""The questions about the machines of a pool: which services run there, and who says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from lyncops.cmdlets import GetCsWindowsService
from lyncops.cmdlets import WindowsService as WindowsServiceResult
from lyncops.deployment.asking import Answer, Question
from lyncops.deployment.gaps import FRONT_END, NAMELESS, Gaps, Part
from lyncops.deployment.model import Machine, Pool, PoolKind, WindowsService
from lyncops.deployment.witnesses import Hearing, Statement, Word, word_of_error
from lyncops.remoting.interface import CmdletRunner
from lyncops.values import ANYWHERE, Fqdn, OnMachine, Unread

# A dead machine answers nothing: remote service control gives up after about 20 s
_DEADLINE: Final = timedelta(seconds=30)
DENIALS: Final = ("PermissionDenied", "SecurityError", "AuthenticationError")
"""The categories of errors that say that the account may not ask."""


class MachineReading:
    """The services of the machines of one pool: asked for when it is made."""

    def __init__(
        self, sessions: CmdletRunner, pool: Pool, machines: Iterable[Fqdn], gaps: Gaps
    ) -> None:
        """Ask for the services of `machines`."""
        self._sessions, self._pool, self._gaps = sessions, pool, gaps
        alone = pool.kind is PoolKind.EDGE
        self._answers = {name: self._ask(name, of_itself=alone) for name in machines}
        self._own: dict[Fqdn, Answer[WindowsServiceResult]] = {}

    @property
    def answers(self) -> list[Answer[WindowsServiceResult]]:
        """The answers on their way."""
        return list(self._answers.values())

    def _ask(self, fqdn: Fqdn, *, of_itself: bool) -> Answer[WindowsServiceResult]:
        """A Front End is asked through any other; an Edge server is in no domain and only answers
        for itself.

        (fact: edge-replication)
        """
        return Answer(
            self._sessions,
            Question(
                what=f"the services of {fqdn}",
                cmdlet=GetCsWindowsService(
                    computer_name=None if of_itself else fqdn, exclude_activity_level=True
                ),
                place=OnMachine(fqdn) if of_itself else ANYWHERE,
                deadline=_DEADLINE,
                partial=True,
            ),
        )

    def ask_themselves(self, heard: Hearing) -> None:
        """Ask at its own endpoint, where one is configured, each machine that the server may not
        ask: without a second hop nobody else can tell (fact: double-hop).

        What fails without a number beneath it may be either: of a server that reaches others it is
        the machine's own silence.
        """
        for said in list(self.statements()):
            is_closed = said.word is Word.DENIED or (
                said.word is Word.FAILED and not heard.reaches_others(said.by)
            )
            if is_closed and not said.of_itself:
                self._own[said.machine] = self._ask(said.machine, of_itself=True)

    def read(self) -> tuple[Machine, ...]:
        """The machines of the pool, with what they or others answered."""
        return tuple(self._read(machine) for machine in self._pool.machines)

    def _read(self, machine: Machine) -> Machine:
        if machine.fqdn not in self._answers:
            return machine
        found = self._answer(machine.fqdn).get()
        if isinstance(found, Unread):
            return Machine(fqdn=machine.fqdn, services=found)
        services = tuple(
            dict.fromkeys(
                WindowsService(name=one.name, status=_status(one)) for one in found if one.name
            )
        )
        read = Machine(fqdn=machine.fqdn, services=services)
        self._note_services(read, nameless=any(not one.name for one in found))
        return read

    def _answer(self, fqdn: Fqdn) -> Answer[WindowsServiceResult]:
        """What the machine says of itself, where it was asked and answered; else what the server
        said.
        """
        own = self._own.get(fqdn)
        return self._answers[fqdn] if own is None or isinstance(own.get(), Unread) else own

    def statements(self) -> Iterator[Statement]:
        """What servers said of the machines of this pool, or they of themselves."""
        for fqdn in self._answers:
            answer = self._answer(fqdn)
            found, by = answer.get(), urlsplit(answer.endpoint).hostname or ""
            is_own = answer is not self._answers[fqdn] or self._pool.kind is PoolKind.EDGE
            of_itself = is_own or by == fqdn
            if not isinstance(found, Unread):
                yield Statement(machine=fqdn, word=Word.ANSWERED, by=by, of_itself=of_itself)
                continue
            codes = [
                cause.code
                for error in answer.errors
                for cause in error.causes
                if cause.code is not None
            ]
            denied = any(error.category in DENIALS for error in answer.errors)
            word = word_of_error(codes, denied=denied) if answer.endpoint else Word.UNASKED
            yield Statement(
                machine=fqdn,
                word=word,
                by=by,
                reason=found.reason,
                of_itself=of_itself,
            )

    def _note_services(self, machine: Machine, *, nameless: bool) -> None:
        """A machine that answers without a word of RTCSRV leaves open whether it serves."""
        services = () if isinstance(machine.services, Unread) else machine.services
        about = f"of {machine.fqdn}"
        for service in services:
            if not service.is_understood:
                what, why = (
                    f"the service {service.name} {about}",
                    f"its status is {service.status!r}",
                )
                self._gaps.note(Part.MACHINES, what, why, pool=self._pool.fqdn, item=service.name)
        if nameless:
            self._gaps.note(
                Part.MACHINES,
                f"a service {about}",
                "its name could not be read",
                pool=self._pool.fqdn,
                item=NAMELESS,
            )
        if (
            not machine.is_up
            and not machine.is_down
            and not any(s.name.upper() == FRONT_END for s in services)
        ):
            what = f"the service {FRONT_END} {about}"
            self._gaps.note(
                Part.MACHINES,
                what,
                "the answer does not name it",
                pool=self._pool.fqdn,
                item=FRONT_END,
            )


def _status(service: WindowsServiceResult) -> str:
    unknown = {name.casefold(): value for name, value in service.unknown_properties.items()}
    return service.status.value if service.status else str(unknown.get("status", ""))
