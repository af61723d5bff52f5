"""Which cmdlets exist for whom, and what stands before every one of them: facts page 1.2, 3, 6.2,
7, remoting facts 1.
"""

from __future__ import annotations

import importlib
import importlib.resources
import threading

import attrs
import pytest

from lyncops.errors import ScenarioError
from lyncops.lab.cmdlets.registry import Handler
from lyncops.lab.cmdlets.table import HANDLERS
from lyncops.lab.interface import (
    Caller,
    Invocation,
    MachineDiedError,
    SimulatedMachine,
    TerminatingError,
)
from lyncops.lab.machine import Machine
from lyncops.lab.model.switches import (
    EnumShape,
    Faults,
    NameCase,
    NestedShape,
    Switches,
    assign,
    changed,
    names,
)
from lyncops.lab.scenarios.scenario import Kind, Product
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn, RemoteEnum
from tests.lab.support import FE1, FE4, P1, P2, Ran, move_next_hops, new_session, run, run_in


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites")


def ocs(world: Simulation, *groups: str) -> Caller:
    return attrs.evolve(world.caller, groups=frozenset(groups or ("CsAdministrator",)), ocs=True)


def test_a_machine_is_what_the_wire_expects(world: Simulation) -> None:
    machine: SimulatedMachine = world.machine(FE1.upper())
    assert isinstance(machine, Machine)
    assert (machine.fqdn, machine.pool, machine.kind, machine.product) == (
        FE1,
        P1,
        Kind.ENTERPRISE,
        Product.V2013,
    )
    assert not machine.is_down
    world.crash(FE1)
    assert machine.is_down
    world.hang(FE1)
    assert (machine.is_down, machine.is_hung) == (False, True)
    world.recover(P1)
    assert not machine.is_hung
    with pytest.raises(ScenarioError, match=r"fe1\.contoso\.com"):
        world.machine("nobody.contoso.com")


def test_script_text_is_refused(world: Simulation) -> None:
    with pytest.raises(TerminatingError) as caught:
        world.machine(FE1).run(
            (Invocation("Get-CsPool", is_script=True),), new_session(world), Ran()
        )
    assert (
        caught.value.detail.message
        == "The syntax is not supported by this runspace. This can occur if the runspace is in"
        " no-language mode."
    )


def test_cmdlets_appear_with_their_module(world: Simulation) -> None:
    world.switches.autoload_modules = False
    session = new_session(world, None, "none")
    detail = run_in(session, world, FE1, "Get-CsPool").terminating
    assert detail is not None
    assert detail.message.startswith(
        "The term 'Get-CsPool' is not recognized as the name of a cmdlet, function, script file"
    )
    assert (detail.error_id, detail.category) == ("CommandNotFoundException", "ObjectNotFound")
    (wrong,) = run_in(session, world, FE1, "Import-Module", "SkypeForBusiness").errors
    assert (
        wrong.message
        == "The specified module 'SkypeForBusiness' was not loaded because no valid module file was"
        " found in any module directory."
    )
    assert run_in(session, world, FE1, "Import-Module", Name="lync").items == []
    assert run_in(session, world, FE1, "Lync\\get-cspool").items
    assert "Lync" in run_in(session, world, FE1, "Get-Module").column("Name")
    assert run_in(session, world, FE1, "Get-Module", ListAvailable=True).column("Name") == ["Lync"]


def test_modules_by_path_and_version() -> None:
    world = Simulation.load("sfb2015")
    session = new_session(world, None, "none")
    path = (
        "C:\\Program Files\\Common Files\\Skype for Business Server"
        " 2015\\Modules\\SkypeForBusiness\\SkypeForBusiness.psd1"
    )
    assert run_in(session, world, FE1, "Import-Module", path).succeeded
    assert run_in(new_session(world, None, "none"), world, FE1, "Import-Module", "Lync").errors


def test_modules_load_by_themselves(world: Simulation) -> None:
    session = new_session(world, None, "none")
    assert run_in(session, world, FE1, "Get-CsPool").items
    world.switches.autoload_modules = False
    assert run_in(session, world, FE1, "Get-CsPool").items, "once loaded it stays"


def test_ocs_powershell_has_everything_loaded_and_nothing_to_import(world: Simulation) -> None:
    session = new_session(world, ocs(world), "none")
    assert run_in(session, world, FE1, "Get-CsPool").items
    assert "is not recognized" in run_in(session, world, FE1, "Import-Module", "Lync").message


def test_cmdlets_outside_the_role_do_not_exist(world: Simulation) -> None:
    helper = new_session(world, ocs(world, "CsHelpDesk"))
    assert (
        "is not recognized"
        in run_in(helper, world, FE4, "Invoke-CsPoolFailOver", PoolFqdn=P1).message
    )
    assert run_in(helper, world, FE4, "Get-CsSite").items
    viewer = new_session(world, ocs(world, "CsViewOnlyAdministrator"))
    assert run_in(viewer, world, FE4, "Get-CsService").items
    assert (
        "is not recognized"
        in run_in(new_session(world, ocs(world, "Nobody")), world, FE4, "Get-CsPool").message
    )


def test_failover_cmdlets_may_be_missing_over_ocs(world: Simulation) -> None:
    world.switches.failover_over_ocs = False
    session = new_session(world, ocs(world))
    assert (
        "is not recognized"
        in run_in(session, world, FE4, "Invoke-CsPoolFailOver", PoolFqdn=P1).message
    )


@pytest.mark.parametrize("name", ["Get-CsPoolUpgradeReadinessState", "Move-CsManagementServer"])
def test_cmdlets_that_must_be_run_locally(world: Simulation, name: str) -> None:
    assert "must be run locally" in run_in(new_session(world, ocs(world)), world, FE4, name).message


def test_commands_can_be_listed(world: Simulation) -> None:
    session = new_session(world, ocs(world, "CsHelpDesk"))
    listed = run_in(session, world, FE1, "Get-Command").column("Name")
    assert "Get-CsUser" in listed
    assert "Invoke-CsPoolFailOver" not in listed
    assert run(world, FE1, "Get-Command", ["Invoke-CsPool*"]).column("Name") == [
        "Invoke-CsPoolFailBack",
        "Invoke-CsPoolFailOver",
    ]


def test_what_is_not_simulated_says_so(world: Simulation) -> None:
    assert run(world, FE1, "Get-CsTrunk").message == "[lab] The lab does not simulate Get-CsTrunk."


def test_edge_servers_only_know_themselves(world: Simulation) -> None:
    assert run(world, "edge1a.contoso.com", "Get-CsWindowsService").items
    assert (
        "cannot be reached from this server"
        in run(world, "edge1a.contoso.com", "Get-CsPool").message
    )
    assert run(world, "edge1a.contoso.com", "Get-CsTopology", LocalStore=True).items


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Get-CsPool", {}),
        ("Get-CsManagementStoreReplicationStatus", {}),
        ("Get-CsManagementStoreReplicationStatus", {"CentralManagementStoreStatus": True}),
        ("Get-CsUserDatabaseState", {"RegistrarPool": P1}),
        ("Get-CsDatabaseMirrorState", {"PoolFqdn": P1, "LocalStore": True}),
        ("Get-CsUser", {}),
        ("Invoke-CsPoolFailOver", {"PoolFqdn": P1, "Confirm": False}),
    ],
)
def test_a_token_that_was_not_delegated_opens_no_sql_and_no_directory(
    world: Simulation, name: str, arguments: dict[str, object]
) -> None:
    ntlm = new_session(world, world.caller)
    refused = run_in(ntlm, world, FE1, name, **arguments).terminating
    assert refused is not None
    assert "ANONYMOUS LOGON" in refused.message
    assert refused.category == "AuthenticationError"
    for session in (new_session(world), new_session(world, ocs(world))):
        assert "ANONYMOUS LOGON" not in run_in(session, world, FE1, name, **arguments).message
    world.switches.enforce_double_hop = False
    assert "ANONYMOUS LOGON" not in run_in(ntlm, world, FE1, name, **arguments).message


def test_without_delegation_a_server_reads_its_local_copy_and_its_own_services(
    world: Simulation,
) -> None:
    ntlm = new_session(world, world.caller)
    assert run_in(ntlm, world, FE1, "Get-CsTopology", LocalStore=True).items
    assert run_in(ntlm, world, FE1, "Get-CsWindowsService").items


def test_a_sql_server_that_is_down_is_not_logged_on_to(world: Simulation) -> None:
    world.crash("sql1.contoso.com")
    world.crash("sql1m.contoso.com")
    refused = run_in(new_session(world, world.caller), world, FE4, "Get-CsPool").terminating
    assert refused is not None
    assert refused.category == "ConnectionError"


def test_the_sql_express_of_the_machine_itself_needs_no_second_hop() -> None:
    world = Simulation.load("standard-pair")
    first, second = (
        pool.spec.machines[0] for pool in world.pools.values() if pool.kind.homes_users
    )
    ntlm = new_session(world, world.caller)
    assert run_in(ntlm, world, first, "Get-CsPool").items
    assert "ANONYMOUS LOGON" in run_in(ntlm, world, second, "Get-CsPool").message


@pytest.mark.parametrize("denied", ["Get-CsPool", "*"])
def test_permission_denied(world: Simulation, denied: str) -> None:
    world.faults.denied = frozenset({denied})
    detail = run(world, FE1, "Get-CsPool").terminating
    assert detail is not None
    assert detail.category == "PermissionDenied"


def test_a_prompt_can_hang_until_it_is_stopped(world: Simulation) -> None:
    world.faults.prompts_hang = True
    move_next_hops(world, P2)
    session = new_session(world)
    timer = threading.Timer(0.1, session.stopped.set)
    timer.start()
    detail = run_in(session, world, FE4, "Invoke-CsPoolFailOver", PoolFqdn=P1).terminating
    assert detail is not None
    assert detail.error_id == "PipelineStopped"


def test_a_prompt_dies_with_its_machine(world: Simulation) -> None:
    move_next_hops(world, P2)
    timer = threading.Timer(0.1, world.crash, [FE4])
    timer.start()
    with pytest.raises(MachineDiedError):
        run_in(
            new_session(world, attrs.evolve(world.caller, has_host=True, delegated=True)),
            world,
            FE4,
            "Invoke-CsPoolFailOver",
            PoolFqdn=P1,
        )
    assert world.executions["Invoke-CsPoolFailOver"] == 0


def test_confirm_asks_where_it_would_not_otherwise(world: Simulation) -> None:
    assert (
        "confirmation"
        in run(world, FE4, "Set-CsSite", "Site1", DisplayName="x", Confirm=True).message
    )


def test_a_read_can_be_stopped(world: Simulation) -> None:
    session = new_session(world)
    session.stopped.set()
    assert run_in(session, world, FE1, "Get-CsPool").message == "The pipeline has been stopped."


def test_warnings_can_be_hidden_and_cmdlets_can_take_real_time(world: Simulation) -> None:
    move_next_hops(world, P2)
    world.latency = 0.001
    ran = run(
        world,
        FE4,
        "Invoke-CsPoolFailOver",
        PoolFqdn=P1,
        DisasterMode=True,
        Confirm=False,
        WarningAction="SilentlyContinue",
    )
    assert ran.succeeded
    assert ran.warnings == []


def test_history_says_who_did_what_where(world: Simulation) -> None:
    move_next_hops(world, P2)
    entry = world.history[0]
    assert (entry.cmdlet, entry.machine, entry.user) == ("Set-CsEdgeServer", FE4, "CONTOSO\\admin")
    assert entry.arguments["Registrar"] == f"Registrar:{P2}"
    assert entry.at == world.scenario.start


@pytest.mark.parametrize(
    ("shape", "expected"),
    [(EnumShape.STRINGS, "Active"), (EnumShape.NUMBERS, 0)],
)
def test_enumerations_have_shapes(world: Simulation, shape: EnumShape, expected: object) -> None:
    world.switches.enums = shape
    assert run(world, FE1, "Get-CsRegistrarConfiguration").objects[0].get("PoolState") == expected


def test_enumerations_are_objects_where_nothing_is_flattened(world: Simulation) -> None:
    assert run(world, FE1, "Get-CsRegistrarConfiguration").objects[0].get("PoolState") == "Active"
    world.switches.nested = NestedShape.EXPANDED
    state = run(world, FE1, "Get-CsRegistrarConfiguration").objects[0].get("PoolState")
    assert isinstance(state, RemoteEnum)
    assert (state.text, state.number) == ("Active", 0)
    assert "System.Enum" in state.type_names


@pytest.mark.parametrize(
    ("case", "name"),
    [(NameCase.LOWER, "identity"), (NameCase.UPPER, "IDENTITY"), (NameCase.AS_WRITTEN, "Identity")],
)
def test_property_names_have_a_case(world: Simulation, case: NameCase, name: str) -> None:
    world.switches.property_names = case
    assert name in run(world, FE1, "Get-CsPool").objects[0].properties


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("no_replication", "TRUE", True),
        ("no_replication", False, False),
        ("midway", "Set-CsSite, get-cspool", frozenset({"Set-CsSite", "Get-CsPool"})),
        ("midway", ["invoke-cspoolfailover"], frozenset({"Invoke-CsPoolFailOver"})),
        ("denied", "*", frozenset({"*"})),
        ("sync_stuck", "Pool1.contoso.com,", frozenset({"pool1.contoso.com"})),
        ("store_failover", "both-active", None),
    ],
)
def test_faults_can_be_set_from_plain_values(name: str, value: object, expected: object) -> None:
    faults = Faults()
    assign(faults, {name: value}, "here")
    assert expected is None or getattr(faults, name) == expected
    assert name in names(Faults)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("no_replicaton", True, "Did you mean no_replication?"),
        ("zzzzzz", True, "Known are"),
        ("no_replication", "perhaps", "true or false"),
        ("midway", 3, "a list of names"),
        ("midway", "Invoke-CsPoolFailOvr", "Did you mean Invoke-CsPoolFailOver?"),
        ("midway", "x", "there is no cmdlet x"),
        ("store_failover", "half", "both-active"),
    ],
)
def test_wrong_faults_are_named(name: str, value: object, words: str) -> None:
    with pytest.raises(ScenarioError, match=words) as caught:
        assign(Faults(), {name: value}, "here")
    assert "here" in str(caught.value)


def test_of_several_values_all_are_set_or_none() -> None:
    faults = Faults()
    with pytest.raises(ScenarioError):
        assign(faults, {"no_replication": True, "midway": "x"}, "here")
    assert faults == Faults()


def test_what_was_changed_is_told_as_it_is_written() -> None:
    faults = Faults()
    values = {
        "midway": "Get-CsPool,Set-CsSite",
        "no_replication": "true",
        "store_failover": "both-active",
    }
    assign(faults, values, "here")
    assert changed(faults) == values


def test_switches_take_their_own_enumerations() -> None:
    switches = Switches()
    assign(switches, {"enums": EnumShape.NUMBERS, "property_names": "lower"}, "here")
    assert (switches.enums, switches.property_names) == (EnumShape.NUMBERS, NameCase.LOWER)


def test_sites_can_crash_and_come_back(world: Simulation) -> None:
    before = world.summary()
    world.crash("site:site1")
    assert not world.summary().store_works
    assert world.machine("edge1a.contoso.com").is_down
    world.recover("site:Site1")
    assert world.summary() == before
    with pytest.raises(ScenarioError, match="no site"):
        world.crash("site:Site9")
    with pytest.raises(ScenarioError, match="no machine"):
        world.crash("nobody.contoso.com")


def test_a_sql_server_can_crash_alone(world: Simulation) -> None:
    world.crash("sql2.contoso.com")
    assert not world.has_sql(world.pools[Fqdn(P2)])
    assert world.summary().pools[Fqdn(P2)].alive
    world.recover("sql2.contoso.com")
    assert world.has_sql(world.pools[Fqdn(P2)])


def test_without_delegation_other_machines_let_nobody_in(world: Simulation) -> None:
    other = next(iter(world.pools[Fqdn(P2)].spec.machines))
    world.switches.enforce_double_hop = False
    ntlm = new_session(world, world.caller)
    assert run_in(ntlm, world, FE1, "Get-CsWindowsService").items
    refused = run_in(ntlm, world, FE1, "Get-CsWindowsService", ComputerName=other).terminating
    assert refused is not None
    assert "Cannot open Service Control Manager" in refused.message
    assert refused.inner is not None
    assert refused.inner.native_code == 5
    status = "Get-CsBackupServiceStatus"
    refused = run_in(ntlm, world, FE1, status, PoolFqdn=P2).terminating
    assert refused is not None
    assert refused.category == "PermissionDenied"
    assert run_in(ntlm, world, FE1, status, PoolFqdn=P1).items
    for session in (new_session(world), new_session(world, ocs(world))):
        assert run_in(session, world, FE1, "Get-CsWindowsService", ComputerName=other).items
        assert run_in(session, world, FE1, status, PoolFqdn=P2).items
    world.switches.double_hop_to_machines = False
    assert run_in(ntlm, world, FE1, "Get-CsWindowsService", ComputerName=other).items
    assert run_in(ntlm, world, FE1, status, PoolFqdn=P2).items


def test_the_table_lists_every_cmdlet_that_a_module_simulates() -> None:
    folder = importlib.resources.files("lyncops.lab.cmdlets")
    names = [one.name.removesuffix(".py") for one in folder.iterdir() if one.name.endswith(".py")]
    modules = [importlib.import_module(f"lyncops.lab.cmdlets.{name}") for name in names]
    written = {
        value.name
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Handler)
    }
    assert {handler.name for handler in HANDLERS.values()} == written
