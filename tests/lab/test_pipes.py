"""One command fed by another, and PowerShell's own commands, in full and in restricted sessions, as
a real engine runs them.
"""

from __future__ import annotations

import attrs
import pytest

from lyncops.lab.interface import Argument, Invocation, Session, TerminatingError
from lyncops.lab.model.switches import NestedShape
from lyncops.lab.simulation import Simulation
from lyncops.values import RemoteObject
from tests.lab.support import FE1, FE4, P1, Ran, new_session

Step = tuple[str, dict[str, object]]
STATUS: Step = ("Get-CsBackupServiceStatus", {"PoolFqdn": P1})
POOLS: Step = ("Get-CsPool", {})
ALL = 8


@pytest.fixture
def world() -> Simulation:
    world = Simulation.load("two-sites")
    world.switches.nested = NestedShape.TEXT
    return world


def pipe(world: Simulation, *steps: Step, session: Session | None = None) -> Ran:
    ran = Ran()
    statement = [
        Invocation(name, tuple(Argument(n, v) for n, v in given.items())) for name, given in steps
    ]
    try:
        world.machine(FE1).run(statement, session or new_session(world), ran)
    except TerminatingError as error:
        ran.terminating = error.detail
    return ran


def restricted(world: Simulation) -> Session:
    return attrs.evolve(new_session(world, None, "none"), restricted=True)


def refusal(ran: Ran) -> tuple[str, str]:
    assert ran.terminating is not None
    return ran.terminating.error_id, ran.terminating.category


def test_expanding_a_property_gives_the_objects_that_arrive_as_texts_otherwise(
    world: Simulation,
) -> None:
    (status,) = pipe(world, STATUS).objects
    assert status.get("BackupModules") == [
        "UserServices.PresenceFocus:[SteadyState,NormalState]",
        "ConfServices.DataConf:[SteadyState,NormalState]",
        "CentralMgmt.CMSMaster:[FinalState,NormalState]",
    ]
    modules = pipe(world, STATUS, ("Select-Object", {"ExpandProperty": "BackupModules"})).objects
    assert [one.get("Identity") for one in modules] == [
        "UserServices.PresenceFocus",
        "ConfServices.DataConf",
        "CentralMgmt.CMSMaster",
    ]
    assert modules[0].get("ExportStatus") == "SteadyState"


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({}, ALL),
        ({"First": 1}, 1),
        ({"First": 0}, 0),
        ({"Last": 1}, 1),
        ({"Skip": 1}, ALL - 1),
        ({"SkipLast": 1}, ALL - 1),
        ({"First": 1, "Skip": 1}, 1),
        ({"First": 1, "Last": 1}, 2),
        ({"Index": 1}, 1),
        ({"Index": [0, 2]}, 2),
        ({"ExpandProperty": "Identity"}, ALL),
        ({"ExpandProperty": None}, ALL),
        ({"Property": "Identity"}, ALL),
    ],
)
def test_select_object_counts(world: Simulation, given: dict[str, object], count: int) -> None:
    assert len(pipe(world, POOLS).items) == ALL
    ran = pipe(world, POOLS, ("Select-Object", given))
    assert (len(ran.items), ran.succeeded) == (count, True)


def test_selected_properties_make_a_property_bag(world: Simulation) -> None:
    (one,) = pipe(
        world, POOLS, ("Select-Object", {"Property": ["identity", "Nope"], "First": 1})
    ).objects
    assert dict(one.properties) == {"Identity": one.get("Identity"), "Nope": None}
    assert one.type_names[0].startswith("Selected.Microsoft.Rtc")
    (bag,) = pipe(world, STATUS, ("Select-Object", {"Property": "BackupModules"})).objects
    modules = bag.get("BackupModules")
    assert isinstance(modules, list)
    assert isinstance(modules[0], RemoteObject)


def test_a_property_that_is_not_there_is_an_error_for_each_object(world: Simulation) -> None:
    ran = pipe(world, POOLS, ("Select-Object", {"ExpandProperty": "Nope"}))
    assert ran.terminating is None
    assert [one.error_id.partition(",")[0] for one in ran.errors] == [
        "ExpandPropertyNotFound"
    ] * ALL
    assert {one.activity for one in ran.errors} == {"Select-Object"}
    stopped = pipe(
        world, POOLS, ("Select-Object", {"ExpandProperty": "Nope", "ErrorAction": "Stop"})
    )
    assert (
        refusal(stopped)[0]
        == "ExpandPropertyNotFound,Microsoft.PowerShell.Commands.SelectObjectCommand"
    )


def test_nothing_runs_when_a_later_command_cannot_be_bound(world: Simulation) -> None:
    move: Step = ("Invoke-CsPoolFailOver", {"PoolFqdn": P1, "Confirm": False, "DisasterMode": True})
    assert refusal(pipe(world, move, ("Select-Object", {"Bogus": 1})))[0].startswith(
        "NamedParameterNotFound,"
    )
    assert refusal(pipe(world, move, ("Get-Nope", {}))) == (
        "CommandNotFoundException",
        "ObjectNotFound",
    )
    assert not world.executions


def test_objects_are_bound_by_value_and_by_the_name_of_a_property(world: Simulation) -> None:
    sync = pipe(
        world,
        ("Get-CsPool", {"Identity": P1}),
        ("Select-Object", {"ExpandProperty": "Identity"}),
        ("Invoke-CsBackupServiceSync", {}),
    )
    assert sync.succeeded
    assert world.executions["Invoke-CsBackupServiceSync"] == 1
    status = pipe(
        world,
        ("Get-CsManagementStoreReplicationStatus", {"ReplicaFqdn": FE4}),
        ("Get-CsManagementStoreReplicationStatus", {}),
    )
    assert status.column("ReplicaFqdn") == [FE4]


def test_an_object_that_no_parameter_takes_is_an_error_and_runs_nothing(world: Simulation) -> None:
    ran = pipe(world, ("Get-CsPool", {"Identity": P1}), POOLS)
    (error,) = ran.errors
    assert (error.error_id.partition(",")[0], error.category, ran.items) == (
        "InputObjectNotBound",
        "InvalidArgument",
        [],
    )
    missing = pipe(world, POOLS, ("Invoke-CsPoolFailOver", {"Confirm": False}))
    assert refusal(missing)[0].startswith("MissingMandatoryParameter,")


def test_measure_object_counts(world: Simulation) -> None:
    assert pipe(world, POOLS, ("Measure-Object", {})).one.get("Count") == ALL
    assert pipe(world, ("Measure-Object", {})).one.get("Count") == 0
    lost = pipe(world, POOLS, ("Measure-Object", {"Property": "Nope"}))
    assert [one.error_id.partition(",")[0] for one in lost.errors] == [
        "GenericMeasurePropertyNotFound"
    ]
    assert pipe(world, POOLS, ("Out-Null", {})).items == []


def test_the_first_one_ends_what_feeds_it(world: Simulation) -> None:
    ran = pipe(world, POOLS, ("Select-Object", {"First": 1}), ("Measure-Object", {}))
    assert ran.one.get("Count") == 1


def test_a_missing_name_is_an_error_and_the_command_goes_on(world: Simulation) -> None:
    ran = pipe(world, ("Get-Command", {"Name": ["Get-Nope", "Get-CsPool"]}))
    assert [(one.error_id, one.category, one.target) for one in ran.errors] == [
        (
            "CommandNotFoundException,Microsoft.PowerShell.Commands.GetCommandCommand",
            "ObjectNotFound",
            "Get-Nope",
        )
    ]
    assert (ran.column("Name"), ran.terminating) == (["Get-CsPool"], None)
    assert pipe(world, ("Get-Command", {"Name": "Get-Nope*"})).succeeded
    assert pipe(
        world, ("Get-Command", {"Name": "Get-Nope", "ErrorAction": "SilentlyContinue"})
    ).succeeded
    stopped = pipe(world, ("Import-Module", {"Name": "Nope", "ErrorAction": "Stop"}))
    assert refusal(stopped) == (
        "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand",
        "ResourceUnavailable",
    )


def test_a_restricted_session_has_its_cmdlets_and_eight_proxies(world: Simulation) -> None:
    session = restricted(world)
    names = set(pipe(world, ("Get-Command", {}), session=session).column("Name"))
    assert {one for one in map(str, names) if "-Cs" not in one} == {
        "Clear-Host",
        "Exit-PSSession",
        "Get-Command",
        "Get-FormatData",
        "Get-Help",
        "Measure-Object",
        "Out-Default",
        "Select-Object",
    }
    assert "Invoke-CsPoolFailOver" in names
    for name in ("Import-Module", "Get-Module", "Out-Null", "Where-Object"):
        assert refusal(pipe(world, (name, {}), session=session)) == (
            "CommandNotFoundException",
            "ObjectNotFound",
        )


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"ExpandProperty": "BackupModules"}, "NamedParameterNotFound,Select-Object"),
        ({"First": 1}, "NamedParameterNotFound,Select-Object"),
        ({"Property": "BackupModules"}, "ParameterArgumentValidationError,Select-Object"),
    ],
)
def test_the_proxy_of_select_object_expands_nothing(
    world: Simulation, given: dict[str, object], error: str
) -> None:
    assert (
        refusal(pipe(world, STATUS, ("Select-Object", given), session=restricted(world)))[0]
        == error
    )


def test_the_proxies_pass_objects_on(world: Simulation) -> None:
    assert len(pipe(world, POOLS, ("Select-Object", {}), session=restricted(world)).items) == ALL
    assert (
        pipe(world, POOLS, ("Measure-Object", {}), session=restricted(world)).one.get("Count")
        == ALL
    )
    assert (
        refusal(pipe(world, ("Select-Object", {}), session=restricted(world)))[0]
        == "MissingMandatoryParameter,Select-Object"
    )
