"""What was seen, judged: invented examinations, no network."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.backup_module import ExportState
from lyncops.deployment.model import Deployment
from lyncops.deployment.witnesses import PORTS, Door, Knock, Says, Vantage, Witness, Word
from lyncops.doctor.diagnosis import Section, Subject
from lyncops.doctor.examination import EndpointFindings, Examination, Hop, Quotas, Role
from lyncops.doctor.judging import diagnose
from lyncops.doctor.quotas import quotas_of
from lyncops.doctor.using import NEEDED, USEFUL
from lyncops.remoting.approach import Approach, Greeting, ServerCertificate, Untrusted
from lyncops.remoting.endpoint import Endpoint
from lyncops.remoting.logon import LogOn, LogOnProblem
from lyncops.remoting.visit import Refusal, SessionFacts, Stage
from lyncops.values import Fqdn, LyncVersion, Unread
from tests.deployments import NOW, P1, changed, cms_module, silent, two_sites, with_store

PASSED, WARNING, FAILED, UNKNOWN = Verdict.PASSED, Verdict.WARNING, Verdict.FAILED, Verdict.UNKNOWN
FE2 = Fqdn("fe2.contoso.com")
KERBEROS = LogOn(mechanism="kerberos", service="host/fe1.contoso.com", delegated=True)
GONE = Unread("it", "no answer")
GOOD = EndpointFindings(
    endpoint=Endpoint(url="https://fe1.contoso.com:5986/wsman"),
    username="CONTOSO\\admin",
    approach=Approach(
        addresses=("192.0.2.1",),
        connected=timedelta(milliseconds=2),
        certificate=ServerCertificate(
            names=("fe1.contoso.com",), issuer="CA", ends=NOW + timedelta(days=90), tls="TLSv1.2"
        ),
        greeting=Greeting(status=401, offers=("Negotiate", "Kerberos"), ahead=timedelta(seconds=2)),
    ),
    logon=KERBEROS,
    session=SessionFacts(protocol=(2, 3), runspaces=1, module=""),
    version=LyncVersion.V2015,
    commands=frozenset(name.casefold() for name in (*NEEDED, *USEFUL)),
    quotas=Quotas(
        memory_mb=1024,
        shells_per_user=30,
        processes_per_shell=25,
        users=10,
        idle=timedelta(hours=2),
    ),
    disconnect="",
    hops=(Hop(target=FE2, word=Word.ANSWERED),),
)
WAY = GOOD.approach


def all_open() -> dict[Door, Knock]:
    pools = two_sites().pools
    assert not isinstance(pools, Unread)
    return {
        Door(machine.fqdn, port): Knock.OPEN
        for pool in pools
        for machine in pool.machines
        for port in PORTS
    }


def examination(
    found: EndpointFindings = GOOD, deployment: Deployment | Unread | None = None
) -> Examination:
    told = two_sites() if deployment is None else deployment
    knocks = all_open() if isinstance(told, Deployment) else None
    return Examination(
        name="contoso", began_at=NOW, endpoints=(found,), deployment=told, knocks=knocks
    )


def first(found: EndpointFindings) -> Section:
    return diagnose(examination(found)).sections[0]


def verdicts(section: Section) -> dict[str, Verdict]:
    return {result.check_id: result.verdict for result in section.results}


def told(found: EndpointFindings, check_id: str) -> CheckResult:
    return next(result for result in first(found).results if result.check_id == check_id)


def test_where_all_is_well_every_check_passes() -> None:
    found = diagnose(examination())
    assert {result.verdict for result in found.results} == {PASSED}, [
        r for r in found.results if r.verdict is not PASSED
    ]
    assert found.verdict is PASSED
    assert found.sections[0].not_examined == ()
    assert {section.subject for section in found.sections} == set(Subject)


@pytest.mark.parametrize(
    ("way", "last", "verdict", "words"),
    [
        (Approach(addresses=GONE), "name-resolution", FAILED, "not resolve to an address"),
        (
            attrs.evolve(WAY, connected=GONE, certificate=None, greeting=None),
            "tcp",
            FAILED,
            "does not answer",
        ),
        (
            attrs.evolve(WAY, connected=GONE, refused=True, certificate=None, greeting=None),
            "tcp",
            FAILED,
            "nothing is listening",
        ),
        (
            attrs.evolve(
                WAY, certificate=Untrusted(reason="it has expired", number=10), greeting=None
            ),
            "tls",
            FAILED,
            "expired",
        ),
        (
            attrs.evolve(
                WAY,
                certificate=Untrusted(reason="it is for another name", number=62),
                greeting=None,
            ),
            "tls",
            FAILED,
            "another name",
        ),
        (attrs.evolve(WAY, greeting=GONE), "http", FAILED, "speaks HTTP"),
    ],
)
def test_a_way_that_ends_early_leaves_the_rest_unexamined(
    way: Approach, last: str, verdict: Verdict, words: str
) -> None:
    section = first(EndpointFindings(endpoint=GOOD.endpoint, approach=way))
    assert section.results[-1].check_id == last
    assert section.results[-1].verdict is verdict
    assert words in section.results[-1].evidence
    assert section.results[-1].remedy
    everything = [result.check_id for result in first(GOOD).results]
    assert [*verdicts(section), *section.not_examined] == everything


@pytest.mark.parametrize(
    ("stage", "check_id", "words"),
    [
        (Stage.LOGON, "logon", "winrm get winrm/config/service/auth"),
        (Stage.SESSION, "session-configuration", "Get-PSSessionConfiguration"),
        (Stage.MODULE, "module", "Get-Module -ListAvailable"),
    ],
)
def test_a_refusal_fails_the_check_of_its_stage_and_those_before_it_pass(
    stage: Stage, check_id: str, words: str
) -> None:
    refused = Refusal(stage=stage, what="the server says no", problem=LogOnProblem.NOT_OFFERED)
    section = first(
        EndpointFindings(
            endpoint=GOOD.endpoint,
            approach=WAY,
            session=refused,
            logon=KERBEROS if stage is not Stage.LOGON else None,
        )
    )
    assert section.results[-1].check_id == check_id
    assert section.results[-1].verdict is FAILED
    assert words in section.results[-1].remedy
    assert {result.verdict for result in section.results[:-1]} == {PASSED}
    assert "second-hop" in section.not_examined


@pytest.mark.parametrize(
    ("found", "check_id", "verdict"),
    [
        (
            attrs.evolve(GOOD, logon=LogOn(mechanism="ntlm", fallback="no KDC answers")),
            "logon",
            WARNING,
        ),
        (
            attrs.evolve(
                GOOD, logon=LogOn(mechanism="kerberos", undelegated="the ticket is not forwardable")
            ),
            "logon",
            WARNING,
        ),
        (attrs.evolve(GOOD, logon=None), "logon", WARNING),
        (
            attrs.evolve(GOOD, logon=None, endpoint=Endpoint(url=GOOD.endpoint.url, auth="basic")),
            "logon",
            PASSED,
        ),
        (attrs.evolve(GOOD, version=GONE), "module", WARNING),
        (
            attrs.evolve(GOOD, session=SessionFacts(protocol=(2, 3), runspaces=1, module="Lync")),
            "module",
            WARNING,
        ),
        (attrs.evolve(GOOD, hops=()), "second-hop", UNKNOWN),
        (
            attrs.evolve(GOOD, hops=(Hop(target=FE2, word=Word.FAILED, reason="no"),)),
            "second-hop",
            FAILED,
        ),
        (
            attrs.evolve(GOOD, hops=(Hop(target=FE2, word=Word.DENIED, reason="no"),)),
            "second-hop",
            FAILED,
        ),
        (
            attrs.evolve(GOOD, hops=(Hop(target=FE2, word=Word.NO_ANSWER, reason="no"),)),
            "second-hop",
            UNKNOWN,
        ),
        (
            attrs.evolve(GOOD, hops=(Hop(target=FE2, word=Word.UNASKED, reason="no"),)),
            "second-hop",
            UNKNOWN,
        ),
        (
            attrs.evolve(GOOD, hops=(Hop(target=FE2, word=Word.REFUSED, reason="no"),)),
            "second-hop",
            PASSED,
        ),
        (attrs.evolve(GOOD, commands=frozenset({"set-cssite"})), "rights", FAILED),
        (
            attrs.evolve(GOOD, commands=frozenset(name.casefold() for name in NEEDED)),
            "rights",
            WARNING,
        ),
        (attrs.evolve(GOOD, commands=GONE), "rights", UNKNOWN),
        (attrs.evolve(GOOD, quotas=Quotas(memory_mb=150)), "quotas", WARNING),
        (attrs.evolve(GOOD, quotas=Quotas(memory_mb=0, shells_per_user=0)), "quotas", PASSED),
        (attrs.evolve(GOOD, quotas=Quotas(shells_per_user=5)), "quotas", WARNING),
        (attrs.evolve(GOOD, quotas=GONE), "quotas", UNKNOWN),
        (attrs.evolve(GOOD, disconnect="fault 5"), "disconnect", WARNING),
        (attrs.evolve(GOOD, disconnect=GONE), "disconnect", WARNING),
    ],
)
def test_each_finding_has_its_verdict(
    found: EndpointFindings, check_id: str, verdict: Verdict
) -> None:
    result = told(found, check_id)
    assert result.verdict is verdict
    assert bool(result.remedy) is (verdict is not PASSED)


@pytest.mark.parametrize(
    ("ahead", "auth", "verdict"),
    [
        (timedelta(seconds=50), "kerberos", PASSED),
        (timedelta(minutes=-2), "kerberos", WARNING),
        (timedelta(minutes=6), "kerberos", FAILED),
        (timedelta(minutes=-6), "negotiate", FAILED),
        (timedelta(minutes=6), "basic", WARNING),
        (None, "kerberos", UNKNOWN),
    ],
)
def test_clocks(ahead: timedelta | None, auth: str, verdict: Verdict) -> None:
    greeting = Greeting(status=401, offers=(), ahead=ahead)
    endpoint = Endpoint(url=GOOD.endpoint.url, auth=auth)
    found = attrs.evolve(GOOD, endpoint=endpoint, approach=attrs.evolve(WAY, greeting=greeting))
    assert told(found, "clock").verdict is verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(401, PASSED), (200, PASSED), (404, FAILED), (302, FAILED), (503, FAILED)],
)
def test_what_answers_to_a_stranger(status: int, verdict: Verdict) -> None:
    greeting = Greeting(status=status, offers=("Negotiate",), ahead=timedelta())
    assert (
        told(attrs.evolve(GOOD, approach=attrs.evolve(WAY, greeting=greeting)), "http").verdict
        is verdict
    )


def test_a_certificate_that_ends_soon_is_a_warning() -> None:
    shown = ServerCertificate(
        names=("fe1.contoso.com",), issuer="", ends=NOW + timedelta(days=3), tls="TLSv1.2"
    )
    result = told(attrs.evolve(GOOD, approach=attrs.evolve(WAY, certificate=shown)), "tls")
    assert result.verdict is WARNING
    assert "3 days" in result.evidence


def test_the_roles_that_have_what_is_missing_are_named() -> None:
    ocs = Endpoint(url="https://fe1.contoso.com/OcsPowershell")
    roles = (
        Role(name="CsHelpDesk", cmdlets=frozenset()),
        Role(
            name="CsAdministrator",
            cmdlets=frozenset(name.casefold() for name in (*NEEDED, *USEFUL)),
        ),
    )
    result = told(
        attrs.evolve(GOOD, endpoint=ocs, commands=frozenset[str](), roles=roles), "rights"
    )
    assert "CsAdministrator" in result.remedy
    assert "CsHelpDesk" not in result.remedy
    assert "CONTOSO\\admin" in result.remedy


WHOLE = two_sites()


@pytest.mark.parametrize(
    ("told", "check_id", "verdict"),
    [
        (with_store(WHOLE, active_master=GONE), "store", FAILED),
        (with_store(WHOLE, active_master=None), "store", FAILED),
        (with_store(WHOLE, replicas=GONE), "store", WARNING),
        (changed(WHOLE, P1, backup_modules=GONE), "backup-service", FAILED),
        (
            changed(WHOLE, P1, backup_modules=(cms_module(ExportState.ERROR),)),
            "backup-service",
            WARNING,
        ),
        (changed(WHOLE, P1, backup_pool=GONE), "backup-service", UNKNOWN),
        (changed(WHOLE, P1, back_end_online=True), "user-database", PASSED),
        (changed(WHOLE, P1, back_end_online=False), "user-database", FAILED),
        (changed(WHOLE, P1, back_end_online=GONE), "user-database", FAILED),
        (attrs.evolve(WHOLE, pools=GONE), "topology", FAILED),
        (attrs.evolve(WHOLE, from_local_store=True), "topology", WARNING),
    ],
)
def test_store_and_backup_service(told: Deployment, check_id: str, verdict: Verdict) -> None:
    found = diagnose(examination(deployment=told))
    assert verdict in {result.verdict for result in found.results if result.check_id == check_id}
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("says", "verdict"),
    [
        (Says.DENIED, FAILED),
        (Says.ALIVE, FAILED),
        (Says.DEAD, FAILED),
        (Says.SILENT, UNKNOWN),
        (Says.UNASKED, UNKNOWN),
    ],
)
def test_a_machine_whose_services_could_not_be_asked_for(says: Says, verdict: Verdict) -> None:
    machine = silent("fe9.contoso.com", Witness(Vantage.SERVER, says, "it is said"))
    found = diagnose(examination(deployment=changed(WHOLE, P1, machines=(machine,))))
    section = next(one for one in found.sections if one.name == "fe9.contoso.com")
    assert verdicts(section)["services"] is verdict
    assert verdicts(section)["ports"] is UNKNOWN, "nobody knocked there"


@pytest.mark.parametrize(
    ("knock", "expected"),
    [
        (Knock.SILENT, {"name-resolution": PASSED, "ports": FAILED}),
        (Knock.REFUSED, {"name-resolution": PASSED, "ports": PASSED}),
        (Knock.NO_NAME, {"name-resolution": WARNING}),
    ],
)
def test_ports_seen_from_here(knock: Knock, expected: dict[str, Verdict]) -> None:
    whole = examination()
    assert whole.knocks is not None
    fqdn = two_sites().front_end_pools[0].machines[0].fqdn
    knocks = {door: knock if door.host == fqdn else one for door, one in whole.knocks.items()}
    section = next(
        one for one in diagnose(attrs.evolve(whole, knocks=knocks)).sections if one.name == fqdn
    )
    assert verdicts(section) == {**expected, "services": PASSED}


def test_where_nobody_was_let_in_the_deployment_is_unknown() -> None:
    dead = EndpointFindings(endpoint=GOOD.endpoint, approach=Approach(addresses=GONE))
    found = diagnose(Examination(name="contoso", began_at=NOW, endpoints=(dead,)))
    assert found.verdict is FAILED
    assert found.sections[-1].results[0].verdict is UNKNOWN
    assert found.sections[-1].not_examined == ("store", "user-database", "backup-service")


def test_what_no_session_can_tell_is_a_warning_and_what_matters_is_unknown() -> None:
    assert diagnose(examination(attrs.evolve(GOOD, quotas=GONE))).verdict is WARNING
    assert diagnose(examination(attrs.evolve(GOOD, commands=GONE))).verdict is UNKNOWN
    assert (
        diagnose(examination(attrs.evolve(GOOD, commands=GONE, disconnect="no"))).verdict is UNKNOWN
    )


def test_quotas_are_read_by_their_names() -> None:
    read = quotas_of(
        {"maxmemorypershellmb": "1024", "idletimeout": "7200000", "maxshellsperuser": "viele"}
    )
    assert read == Quotas(memory_mb=1024, idle=timedelta(hours=2))
    assert isinstance(quotas_of({"name": "value"}), Unread)


def test_taking_evidence_away_never_makes_it_better() -> None:
    """Each part of a healthy endpoint unread in turn: no check that rests on it still passes as if
    it had been read.
    """
    for nothing in (GONE, None):
        assert told(attrs.evolve(GOOD, version=nothing), "module").verdict is not PASSED
        assert told(attrs.evolve(GOOD, commands=nothing), "rights").verdict is not PASSED
        assert told(attrs.evolve(GOOD, quotas=nothing), "quotas").verdict is not PASSED
        assert told(attrs.evolve(GOOD, disconnect=nothing), "disconnect").verdict is not PASSED
    assert told(attrs.evolve(GOOD, hops=None), "second-hop").verdict is not PASSED
    assert told(attrs.evolve(GOOD, logon=None), "logon").verdict is not PASSED, (
        "the server did not ask who calls"
    )
