"""What an answer leaves open is kept with what it is about and why: nothing of it is taken for
"no".
"""

from __future__ import annotations

from concurrent.futures import Future
from datetime import timedelta
from typing import TypeVar

import attrs
import pytest

from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.gaps import Gap, Gaps, Part
from lyncops.deployment.model import PoolKind, PoolState
from lyncops.deployment.reader import read_deployment
from lyncops.deployment.topology import build_sites
from lyncops.deployment.topology_document import parse_topology
from lyncops.deployment.witnesses import Says, Vantage
from lyncops.remoting.execution import Execution
from lyncops.values import ANYWHERE, Fqdn, Place, Unread
from tests.deployment.scripted import FixedClock, Refusal, Script, ScriptedSessions, thing
from tests.deployment.test_reader_of_odd_shapes import (
    BASIC,
    SE1,
    SE2,
    enterprise,
    first,
    read,
    standard,
)
from tests.deployment.test_topology_document import DOCUMENT, service

R = TypeVar("R")
POOL = Fqdn("pool.contoso.com")


def gaps_of(part: Part, **changes: object) -> list[tuple[str, str]]:
    """What was noted of a part, and why."""
    found = read(changes).gaps  # type: ignore[arg-type]
    return [(gap.what, gap.reason) for gap in found if gap.part is part]


def more(question: str, *things: object) -> list[object]:
    told = BASIC[question]
    assert isinstance(told, list)
    return [*told, *things]


@pytest.mark.parametrize("part", [Part.POOLS, Part.EDGES, Part.STORE])
@pytest.mark.parametrize(
    ("odd", "what", "reason"),
    [
        ({}, "a service", "the answer has no Identity"),
        (
            {"Identity": None, "PoolFqdn": None, "Role": None},
            "a service",
            "the answer has neither name nor role",
        ),
        ({"Identity": 4443}, "a service", "4443"),
        (
            {"PoolFqdn": SE1, "Role": None, "Identity": None},
            f"a service of {SE1}",
            "the answer has neither name nor role",
        ),
        (
            {"PoolFqdn": None, "Role": "Registrar", "Identity": None},
            "a service with the role Registrar",
            "neither name nor role",
        ),
    ],
)
def test_a_service_without_a_name_or_a_role_may_be_anything(
    part: Part, odd: dict[str, object], what: str, reason: str
) -> None:
    found = dict(gaps_of(part, GetCsService=more("GetCsService", thing(Version=6, **odd))))
    assert reason in found[what]
    assert what not in dict(gaps_of(part))


@pytest.mark.parametrize(
    ("computer", "what", "reason"),
    [
        ({"Fqdn": "fe9.contoso.com"}, "the computer fe9.contoso.com", "the answer has no Pool"),
        (
            {"Fqdn": "fe9.contoso.com", "Pool": None},
            "the computer fe9.contoso.com",
            "the answer does not name a pool",
        ),
        ({"Fqdn": "fe9.contoso.com", "Pool": 4443}, "the computer fe9.contoso.com", "4443"),
        ({"Fqdn": False, "Pool": SE1}, "the computer without a name", "False"),
    ],
)
def test_a_computer_that_is_in_no_pool_may_be_in_any(
    computer: dict[str, object], what: str, reason: str
) -> None:
    ((told, why),) = gaps_of(Part.MACHINES, GetCsComputer=more("GetCsComputer", thing(**computer)))
    assert told == what
    assert reason in why


def test_a_computer_that_its_pool_names_needs_to_name_no_pool() -> None:
    assert gaps_of(Part.MACHINES, GetCsComputer=[thing(Fqdn=SE1), thing(Fqdn=SE2, Pool=SE2)]) == []


def test_a_replica_without_a_name_or_a_word() -> None:
    def replicas(*states: object) -> list[tuple[str, str]]:
        return gaps_of(Part.REPLICAS, GetCsManagementStoreReplicationStatus=list(states))

    assert replicas(thing(UpToDate=True)) == [("a replica", "the answer has no ReplicaFqdn")]
    assert replicas(thing(ReplicaFqdn=None, UpToDate=True)) == [
        ("a replica", "the answer does not name a computer")
    ]
    ((what, why),) = replicas(thing(ReplicaFqdn=4443, UpToDate=True))
    assert what == "a replica"
    assert "4443" in why
    ((what, why),) = replicas(thing(ReplicaFqdn=SE1, UpToDate="Wird ausgeführt"))
    assert what == f"the replica of {SE1}"
    assert "Wird ausgeführt" in why
    assert replicas(thing(ReplicaFqdn=SE1, UpToDate=None)) == [
        (f"the replica of {SE1}", "its UpToDate is empty")
    ]


def test_a_site_without_routes_leaves_nothing_open() -> None:
    site = thing(Identity="Site:North", FederationRoute=None, XmppFederationRoute=None)
    assert gaps_of(Part.SITES, GetCsSite=[site]) == []
    ((what, _),) = gaps_of(
        Part.SITES,
        GetCsSite=[thing(Identity="Site:North", FederationRoute=4443, XmppFederationRoute=None)],
    )
    assert what == "the federation route of North"
    nameless = thing(Identity=None, FederationRoute=None, XmppFederationRoute=None)
    assert ("a site", "the answer has no name") in gaps_of(Part.SITES, GetCsSite=[nameless])


def test_the_state_is_the_first_that_is_told() -> None:
    """A configuration without a state, such as the global one, does not hide the pool's own."""
    told = read(
        {"GetCsRegistrarConfiguration": [thing(Identity="Global"), thing(PoolState="FailedOver")]}
    )
    assert first(told).state is PoolState.FAILED_OVER
    unread = first(
        read({"GetCsRegistrarConfiguration": [thing(PoolState="Away")], "GetCsUser": Refusal("no")})
    ).state
    assert isinstance(unread, Unread)
    assert "Away is not a known PoolState" in unread.reason


@pytest.mark.parametrize(
    ("written", "role"),
    [
        ("UserServices", "UserServer"),
        ("UserStore", "UserDatabase"),
        ("ConfServices", "ConferencingServer"),
        ("WebServices", "WebServer"),
        ("CentralMgmt", "CentralManagement"),
        ("CentralMgmtStore", "CentralManagementDatabase"),
        ("ApplicationStore", "ApplicationDatabase"),
        ("ManagementServices", "ManagementServer"),
        ("Registrar", "Registrar"),
    ],
)
def test_a_document_has_names_of_its_own_for_roles(written: str, role: str) -> None:
    document = DOCUMENT.replace('{service("PstnGateway", 99)}', "").replace(
        "</Services>", f"{service(written, 1)}</Services>"
    )
    last = parse_topology(document).services[-1]
    assert (last.role, str(last.identity)) == (role, f"{role}:pool.contoso.com")


def test_gaps_are_kept_each_once() -> None:
    gaps = Gaps()
    for _ in range(2):
        gaps.note(Part.SITES, "a site", "why")
    assert gaps.found == (Gap(part=Part.SITES, what="a site", reason="why"),)
    assert build_sites((), gaps) == ()


def test_of_two_states_of_one_pool_neither_is_believed() -> None:
    """Which of them is right, nobody can know: also not by the order in which they came."""
    for states in (("Active", "FailedOver"), ("FailedOver", "Active")):
        told = first(
            read({"GetCsRegistrarConfiguration": [thing(PoolState=state) for state in states]})
        ).state
        assert isinstance(told, Unread)
        assert told.reason == f"the answers contradict each other: {' and '.join(sorted(states))}"
    twice = [thing(PoolState="Active"), thing(PoolState="active")]
    assert first(read({"GetCsRegistrarConfiguration": twice})).state is PoolState.ACTIVE


def test_a_database_that_is_online_and_is_not_is_neither() -> None:
    def online(*states: tuple[str, bool]) -> object:
        told = [thing(Identity=identity, Online=state) for identity, state in states]
        changes: Script = {
            "GetCsUserDatabaseState": told,
            "GetCsService": enterprise(),
            "GetCsPool": [thing(Fqdn=POOL)],
        }
        return first(read(changes), POOL).back_end_online

    assert online(("UserDatabase:a", True), ("UserDatabase:b", True)) is True
    assert online(("UserDatabase:a", True), ("UserDatabase:b", False)) is False
    for states in ((True, False), (False, True)):
        unread = online(*(("UserDatabase:a", state) for state in states))
        assert isinstance(unread, Unread)
        assert "contradict" in unread.reason
        assert (
            online(*(("UserDatabase:a", state) for state in states), ("UserDatabase:b", False))
            is False
        )


def test_two_sites_of_one_pool_are_none() -> None:
    sites = [thing(Identity=f"Site:{name}", DisplayName=name) for name in ("North", "South")]
    pools = [
        thing(Identity=SE1, Fqdn=SE1, Computers=[SE1], Site=f"Site:{name}")
        for name in ("South", "North")
    ]
    told = read({"GetCsSite": sites, "GetCsPool": [*pools, thing(Identity=SE2, Site="North")]})
    site = first(told).site
    assert isinstance(site, Unread)
    assert site.reason == "the answers contradict each other: North and South"
    assert [
        gap.what for gap in told.gaps if gap.part is Part.SITES and "contradict" in gap.reason
    ] == [f"the site of {SE1}"]
    assert str(first(told, SE2).site) == "North"


def test_a_service_is_known_by_its_properties_where_its_identity_tells_nothing() -> None:
    """Some answers have the role and the pool beside an identity that cannot be read, or that has
    one of them only.
    """
    odd = read(
        {
            "GetCsService": [
                thing(PoolFqdn=SE1, Role="Registrar", SiteId="Site:North", Version=6),
                thing(PoolFqdn=SE1, Role="UserServer", SiteId="Site:North", Version=6),
                thing(
                    Identity=f"UserDatabase:{SE1}",
                    SiteId="Site:North",
                    Version=6,
                    SqlInstanceName="rtc",
                ),
                *standard(SE2),
            ]
        }
    )
    assert first(odd).kind is PoolKind.STANDARD
    assert first(odd).sql_instance == "rtc"


def test_the_agents_are_unread_where_their_types_name_is_all_that_came() -> None:
    types = ["Microsoft.Rtc.Management.Xds.FileTransferAgent"]
    status = thing(ActiveMasterFQDN=SE1, ActiveFileTransferAgents=types)
    told = read(
        {
            "GetCsCentralManagementStoreStatus": [status],
            "GetCsFileTransferAgents": Refusal("no -ExpandProperty here"),
        }
    )
    agents = told.central_management.file_transfer_agents
    assert isinstance(agents, Unread)
    assert "reading them separately failed: no -ExpandProperty here" in agents.reason
    ((what, _),) = gaps_of(
        Part.STORE,
        GetCsCentralManagementStoreStatus=[status],
        GetCsFileTransferAgents=Refusal("no -ExpandProperty here"),
    )
    assert what == "the active File Transfer Agents"
    found = read(
        {"GetCsCentralManagementStoreStatus": [status], "GetCsFileTransferAgents": [SE1, SE2]}
    )
    assert found.central_management.file_transfer_agents == (SE1, SE2)
    assert not any(gap.part is Part.STORE for gap in found.gaps)
    partly = read(
        {
            "GetCsCentralManagementStoreStatus": [status],
            "GetCsFileTransferAgents": [SE1, thing(Fqdn=4443)],
        }
    )
    assert isinstance(partly.central_management.file_transfer_agents, Unread)


def test_what_a_machine_says_of_itself_is_told_apart_from_what_a_server_says_of_it() -> None:
    """By the host that was asked; also where the machine could not be asked for its services."""
    down = [thing(Name="RTCSRV", Status="Stopped")]
    for answer, says in ((down, Says.ALIVE), (Refusal("Access is denied."), Says.SILENT)):
        sessions = Through({**BASIC, "GetCsWindowsService": answer})
        told = read_deployment(sessions, name="x", clock=FixedClock())
        by = {
            machine.fqdn: witness
            for pool in told.front_end_pools
            for machine in pool.machines
            for witness in machine.witnesses
            if witness.vantage is not Vantage.HERE
        }
        assert by[SE1].vantage is Vantage.ITSELF
        assert by[SE2].vantage is Vantage.SERVER
        assert by[SE1].testimony is says


def test_a_pool_without_a_name_leaves_open_which_pools_there_are() -> None:
    nameless = thing(Identity=None, Fqdn=None)
    found = read({"GetCsPool": [nameless, *more("GetCsPool")]})
    assert [pool.fqdn for pool in found.front_end_pools] == [SE1, SE2], "the others are read"
    assert ("a pool", "the answer has no name") in gaps_of(
        Part.POOLS, GetCsPool=more("GetCsPool", nameless)
    )


def test_two_next_hops_of_one_edge_pool_are_told() -> None:
    edge = "edge.contoso.com"
    hops = [
        thing(Identity=f"EdgeServer:{edge}", PoolFqdn=edge, Version=6, Registrar=f"Registrar:{hop}")
        for hop in (SE1, SE2)
    ]
    found = dict(gaps_of(Part.EDGES, GetCsService=more("GetCsService", *hops)))
    assert found[f"the next hop of {edge}"] == f"its services name {SE1} and {SE2}"


def test_a_store_without_a_version_or_a_master_is_noted() -> None:
    store = thing(Identity=f"CentralManagement:{SE1}", PoolFqdn=SE1, Version="x", Active=True)
    found = dict(gaps_of(Part.STORE, GetCsService=more("GetCsService", store)))
    assert f"the version of the store on {SE1}" in found
    status = [thing(ActiveMasterFQDN=4443, ActiveFileTransferAgents=SE1)]
    ((what, why),) = gaps_of(Part.STORE, GetCsCentralManagementStoreStatus=status)
    assert what == "the master of the store"
    assert "4443" in why
    master = read({"GetCsCentralManagementStoreStatus": status}).central_management.active_master
    assert isinstance(master, Unread)
    assert "4443" in master.reason


def test_a_machine_that_answers_without_its_front_end_service_leaves_open_whether_it_serves() -> (
    None
):
    answer = [thing(Name="W3SVC", Status="Running"), thing(Name=None, Status="Running")]
    found = gaps_of(Part.MACHINES, GetCsWindowsService=answer)
    assert [one for one in found if SE1 in one[0]] == [
        (f"a service of {SE1}", "its name could not be read"),
        (f"the service RTCSRV of {SE1}", "the answer does not name it"),
    ]


def test_modules_of_the_backup_service_that_are_not_told_are_noted() -> None:
    found = dict(gaps_of(Part.BACKUP_STATUS))
    name = f"the module UserServices.PresenceFocus of the Backup Service of {SE1}"
    assert found[name] == "the answer does not name it"


class Through(ScriptedSessions):
    """All answers come through the first server."""

    def submit(
        self, cmdlet: Cmdlet[R], *, place: Place = ANYWHERE, deadline: timedelta | None = None
    ) -> Future[Execution[R]]:
        told = super().submit(cmdlet, place=place, deadline=deadline)
        through = Future[Execution[R]]()
        through.set_result(attrs.evolve(told.result(), endpoint=f"https://{SE1}:5986/wsman"))
        return through
