"""What was probed, judged: every finding as a check with its evidence and its remedy. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import attrs

from lyncops.checks.check import Finding, failed, result_of, unknown
from lyncops.checks.result import CheckResult
from lyncops.checks.words import sentence
from lyncops.deployment.model import Deployment, Machine, Pool, PoolKind
from lyncops.doctor import connecting, serving, using
from lyncops.doctor.diagnosis import Diagnosis, Section, Subject
from lyncops.doctor.examination import EndpointFindings, Examination
from lyncops.sources import Sources, fact, page, reference
from lyncops.values import Unread


@attrs.frozen(slots=True, kw_only=True)
class _Question:
    """A check about an endpoint. None as its answer: the examination did not get that far."""

    check_id: str
    question: str
    answer: Callable[[EndpointFindings, Examination], Finding | None]
    sources: Sources = ()


_REMOTING: Final = (page("about_Remote_Requirements"),)
_QUESTIONS: Final = (
    _Question(
        check_id="name-resolution",
        question="Does the name resolve to an address?",
        answer=lambda found, _: connecting.name_resolution(found),
    ),
    _Question(
        check_id="tcp",
        question="Does the port take connections?",
        answer=lambda found, _: connecting.tcp(found),
    ),
    _Question(
        check_id="tls",
        question="Is the server's certificate valid?",
        answer=lambda found, all_: connecting.tls(found, all_.began_at),
    ),
    _Question(
        check_id="http",
        question="Does remote PowerShell answer there?",
        answer=lambda found, _: connecting.http(found),
    ),
    _Question(
        check_id="clock",
        question="Do the clocks agree?",
        answer=lambda found, _: connecting.clock(found),
    ),
    _Question(
        check_id="logon",
        question="Does logging on work, and with which mechanism?",
        answer=lambda found, _: connecting.logon(found),
        sources=_REMOTING,
    ),
    _Question(
        check_id="session-configuration",
        question="Does a session open?",
        answer=lambda found, _: connecting.session_configuration(found),
        sources=(page("JEA session configurations"),),
    ),
    _Question(
        check_id="module",
        question="Are Lync's cmdlets there, and of which version?",
        answer=lambda found, _: connecting.module(found),
        sources=(fact("module-name"),),
    ),
    _Question(
        check_id="second-hop",
        question="Can its server ask other machines on behalf of the account?",
        answer=lambda found, _: using.second_hop(found),
        sources=(fact("double-hop"), page("Making the second hop")),
    ),
    _Question(
        check_id="rights",
        question="Does the session offer what a rescue needs?",
        answer=lambda found, _: using.rights(found),
        sources=(fact("groups"), reference("Get-CsAdminRole")),
    ),
    _Question(
        check_id="quotas",
        question="Are the limits of its sessions high enough?",
        answer=lambda found, _: using.quotas(found),
        sources=(page("WinRM quotas"),),
    ),
    _Question(
        check_id="disconnect",
        question="Can a session be disconnected and reconnected?",
        answer=lambda found, _: using.disconnect(found),
        sources=(page("MS-WSMV"),),
    ),
)
_DEPLOYMENT: Final = ("topology", "store", "user-database", "backup-service")


def diagnose(found: Examination) -> Diagnosis:
    """What all that was seen means. The same examination gets the same diagnosis."""
    sections = [_endpoint(one, found) for one in found.endpoints]
    return Diagnosis(
        name=found.name, began_at=found.began_at, sections=(*sections, *_deployment(found))
    )


def _endpoint(one: EndpointFindings, found: Examination) -> Section:
    answers = [(question, question.answer(one, found)) for question in _QUESTIONS]
    return Section(
        subject=Subject.ENDPOINT,
        name=one.endpoint.url,
        results=tuple(
            result_of(q.check_id, q.question, q.sources, answer)
            for q, answer in answers
            if answer is not None
        ),
        not_examined=tuple(question.check_id for question, answer in answers if answer is None),
    )


def _deployment(found: Examination) -> Iterator[Section]:
    told = found.deployment
    if not isinstance(told, Deployment):
        yield Section(
            subject=Subject.DEPLOYMENT,
            name=found.name,
            results=(_unreached(told),),
            not_examined=_DEPLOYMENT[1:],
        )
        return
    pools = () if isinstance(told.pools, Unread) else told.pools
    for pool in pools:
        if pool.kind.is_front_end or pool.kind is PoolKind.EDGE:
            yield from (_machine(machine, pool, found) for machine in pool.machines)
    yield Section(subject=Subject.DEPLOYMENT, name=found.name, results=tuple(_shared(told)))
    for pool in told.front_end_pools:
        results = tuple(_of_pool(told, pool))
        if results:
            yield Section(subject=Subject.DEPLOYMENT, name=pool.fqdn, results=results)


def _of_pool(deployment: Deployment, pool: Pool) -> Iterator[CheckResult]:
    database = serving.user_database(pool)
    if database is not None:
        sources = (reference("Get-CsUserDatabaseState"), fact("user-database-state"))
        yield result_of("user-database", "Is its user database online?", sources, database)
    copying = serving.backup_service(deployment, pool)
    if copying is not None:
        yield result_of(
            "backup-service", "Is the Backup Service readable and steady?", _BACKUP, copying
        )


_BACKUP: Final = (reference("Get-CsBackupServiceStatus"),)


def _unreached(told: Unread | None) -> CheckResult:
    question = "Could the topology be read?"
    if told is None:
        answer = unknown(
            "No endpoint opened a session, so no server could be asked.",
            "See the endpoints.",
            blocking=True,
        )
    else:
        answer = failed(
            f"The topology could not be read: {sentence(told.reason)}", "See the endpoints."
        )
    return result_of("topology", question, (), answer)


def _machine(machine: Machine, pool: Pool, found: Examination) -> Section:
    from_here = tuple(
        result_of("ports", "Does one of its ports answer from here?", (), answer)
        if check_id == "ports"
        else result_of("name-resolution", "Does its name resolve to an address?", (), answer)
        for check_id, answer in serving.name_and_ports(machine, found.knocks)
    )
    asked = result_of(
        "services",
        "Can the account read its services?",
        (fact("groups"), reference("Get-CsWindowsService")),
        serving.services(machine, pool),
    )
    return Section(subject=Subject.MACHINE, name=machine.fqdn, results=(*from_here, asked))


def _shared(told: Deployment) -> Iterator[CheckResult]:
    yield result_of(
        "topology",
        "Could the topology be read?",
        (reference("Get-CsTopology"),),
        serving.topology(told),
    )
    sources = (reference("Get-CsManagementStoreReplicationStatus"),)
    yield result_of(
        "store", "Could the Central Management store be read?", sources, serving.store(told)
    )
