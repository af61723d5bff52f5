"""Looks at every endpoint side by side, then at the deployment through those that let somebody in.

Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

import attrs

from lyncops.cmdlets import GetCommand, GetCsAdminRole, GetCsServerVersion, GetCsWindowsService
from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.knocking import KnocksAtDoors
from lyncops.deployment.machine_reading import DENIALS
from lyncops.deployment.model import Deployment, Machine
from lyncops.deployment.reader import doors, read_deployment
from lyncops.deployment.rights_reading import ASKED
from lyncops.deployment.scope import EVERYTHING
from lyncops.deployment.witnesses import Door, Knock, Says, Word, word_of_error
from lyncops.doctor.examination import EndpointFindings, Examination, Hop, Role
from lyncops.doctor.quotas import read_quotas
from lyncops.errors import EndpointError, LyncOpsError
from lyncops.remoting.endpoint import EndpointKind
from lyncops.remoting.execution import Execution
from lyncops.remoting.visit import CanVisit, SessionFacts, Visit
from lyncops.runs.connection import Connection
from lyncops.text.sentences import each_once
from lyncops.values import Fqdn, LyncVersion, Outcome, Unread

R = TypeVar("R")
_DEADLINE: Final = timedelta(seconds=60)
_SIDE_BY_SIDE: Final = 32
_HOPS: Final = 3
"""How many machines an endpoint is asked for until one answers."""


def examine(connection: Connection) -> Examination:
    """Look at everything. Where nothing answers that takes seconds, and the values say so.

    Raises:
        ConfigurationError: a password is not there.
    """
    began_at, sessions = connection.clock.now(), connection.sessions
    visits = sessions.visits() if isinstance(sessions, CanVisit) else ()
    try:
        with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="lyncops-doctor") as pool:
            found = tuple(pool.map(_visited, visits))
            deployment = (
                _read(connection) if not visits or any(one.is_open for one in found) else None
            )
            knocks = _knocked(connection.knocker, deployment)
            found = tuple(
                pool.map(partial(_with_hops, _machines(deployment), knocks or {}), visits, found)
            )
    finally:
        for visit in visits:
            visit.close()
    return Examination(
        name=connection.name,
        began_at=began_at,
        endpoints=found,
        deployment=deployment,
        knocks=knocks,
    )


def _visited(visit: Visit) -> EndpointFindings:
    way = visit.approach()
    found = EndpointFindings(endpoint=visit.endpoint, approach=way, username=visit.username)
    if not way.arrives:
        return found
    found = attrs.evolve(found, session=visit.open())
    found = attrs.evolve(found, logon=visit.logon)
    if not isinstance(found.session, SessionFacts):
        return found
    return attrs.evolve(
        found,
        version=_version(visit),
        commands=_commands(visit),
        roles=_roles(visit) if visit.endpoint.kind is EndpointKind.OCS else None,
        quotas=read_quotas(visit),
        disconnect=_disconnect(visit),
    )


def _asked(visit: Visit, cmdlet: Cmdlet[R], what: str) -> Execution[R] | Unread:
    """The answer of a READ, if there is one."""
    try:
        execution = visit.ask(cmdlet, deadline=_DEADLINE)
    except LyncOpsError as error:
        return Unread(what, error.what)
    if execution.outcome is Outcome.SUCCEEDED:
        return execution
    said = each_once(map(str, execution.errors), between="; ")
    return Unread(what, said or execution.reason or "the server did not say why")


def _version(visit: Visit) -> LyncVersion | Unread:
    what = "the version"
    answer = _asked(visit, GetCsServerVersion(), what)
    if isinstance(answer, Unread):
        return answer
    told = next((each.version for each in answer.output if each.version is not None), None)
    said = next((each.text for each in answer.output if each.text), "nothing")
    return told or Unread(what, f"the server says {said!r}")


def _commands(visit: Visit) -> frozenset[str] | Unread:
    answer = _asked(visit, GetCommand(name=ASKED), "the cmdlets of the session")
    if isinstance(answer, Unread):
        return answer
    return frozenset(each.name.casefold() for each in answer.output if each.name)


def _roles(visit: Visit) -> tuple[Role, ...] | Unread:
    answer = _asked(visit, GetCsAdminRole(), "the administrator roles")
    if isinstance(answer, Unread):
        return answer
    return tuple(
        Role(
            name=each.identity,
            cmdlets=frozenset(name.removeprefix("Name=").casefold() for name in each.cmdlets),
        )
        for each in answer.output
        if each.identity
    )


def _disconnect(visit: Visit) -> str | Unread:
    try:
        return visit.disconnects()
    except LyncOpsError as error:
        return Unread("whether Disconnect works", error.what)


def _read(connection: Connection) -> Deployment | Unread:
    try:
        return read_deployment(
            connection.sessions,
            name=connection.name,
            clock=connection.clock,
            version=connection.version,
            scope=EVERYTHING,
            knocker=connection.knocker,
        )
    except EndpointError as error:
        return Unread("the deployment", error.what)


def _knocked(
    knocker: KnocksAtDoors | None, deployment: Deployment | Unread | None
) -> dict[Door, Knock] | None:
    if (
        knocker is None
        or not isinstance(deployment, Deployment)
        or isinstance(deployment.pools, Unread)
    ):
        return None
    return dict(knocker.begin(doors(deployment.pools, EVERYTHING)).answers())


def _machines(deployment: Deployment | Unread | None) -> tuple[Machine, ...]:
    """The machines that a server of the domain may ask: those of Edge pools are outside of it."""
    if not isinstance(deployment, Deployment) or isinstance(deployment.pools, Unread):
        return ()
    return tuple(
        machine for pool in deployment.pools if pool.kind.is_front_end for machine in pool.machines
    )


def _targets(
    machines: Iterable[Machine], knocks: Mapping[Door, Knock], found: EndpointFindings
) -> Iterator[Fqdn]:
    """Other machines than the endpoint's own, those first that are known to live."""
    living = {door.host for door, knock in knocks.items() if knock.answered}

    def is_in_doubt(machine: Machine) -> bool:
        return not (machine.is_up or machine.fqdn in living or machine.vouched(Says.ALIVE))

    others = [each for each in machines if each.fqdn != found.endpoint.machine]
    yield from (each.fqdn for each in sorted(others, key=is_in_doubt)[:_HOPS])


def _with_hops(
    machines: Iterable[Machine], knocks: Mapping[Door, Knock], visit: Visit, found: EndpointFindings
) -> EndpointFindings:
    if not found.is_open or found.endpoint.dedicated:
        return found
    hops: list[Hop] = []
    for target in _targets(machines, knocks, found):
        hops.append(_hop(visit, target))
        if hops[-1].word in (Word.ANSWERED, Word.REFUSED):
            break
    return attrs.evolve(found, hops=tuple(hops))


def _hop(visit: Visit, target: Fqdn) -> Hop:
    try:
        answer = visit.ask(GetCsWindowsService(computer_name=target), deadline=_DEADLINE)
    except LyncOpsError as error:
        return Hop(target=target, word=Word.UNASKED, reason=error.what)
    if answer.outcome is Outcome.SUCCEEDED:
        return Hop(target=target, word=Word.ANSWERED)
    codes = [
        cause.code for error in answer.errors for cause in error.causes if cause.code is not None
    ]
    denied = any(error.category in DENIALS for error in answer.errors)
    word = word_of_error(codes, denied=denied) if answer.errors else Word.UNASKED
    return Hop(
        target=target,
        word=word,
        reason=each_once(map(str, answer.errors), between="; ") or answer.reason,
    )
