from __future__ import annotations

import attrs
import pytest

from lyncops.checks.life import Life, life
from lyncops.checks.quorum import needed_to_serve, needed_to_start, serves
from lyncops.checks.result import Verdict
from lyncops.checks.silence import silent_machines
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.model import Deployment, Machine, Pool, PoolKind, PoolState
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.values import Fqdn, LyncVersion, Unread
from tests.checks.asking import DISASTER, FAILED, PASSED, PLANNED, UNKNOWN, WARNING, ask
from tests.deployments import (
    BOTH_SAY_DEAD,
    EDGE1,
    NO_ANSWER,
    P1,
    P2,
    changed,
    front_end_pool,
    machine,
    silent,
    two_sites,
    with_dead,
    with_state,
    with_store,
)

UNASKED = Unread("the services", "it was not asked for", asked=False)


def with_machines(deployment: Deployment, fqdn: str, marks: str) -> Deployment:
    """One machine per mark: `u` up, `d` answers but runs nothing, `s` silent, `?` not asked."""
    pool = next(p for p in deployment.front_end_pools if p.fqdn == fqdn)
    names = [
        f"{fqdn.partition('.')[0]}-fe{number}.contoso.com" for number in range(1, len(marks) + 1)
    ]
    return changed(
        deployment,
        pool.fqdn,
        machines=tuple(_marked(mark, name) for mark, name in zip(marks, names, strict=True)),
    )


def _marked(mark: str, name: str) -> Machine:
    if mark == "?":
        return Machine(fqdn=Fqdn(name), services=UNASKED)
    return silent(name) if mark == "s" else machine(name, up=mark == "u")


def pool_with(marks: str) -> Pool:
    pool = with_machines(two_sites(), P1, marks).pool(P1)
    assert pool is not None
    return pool


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("uuu", Life.ALIVE),
        ("uus", Life.PARTLY),
        ("udd", Life.FAILING),
        ("ddd", Life.DOWN),
        ("dss", Life.DOWN),
        ("sss", Life.SILENT_BUT_BACKED_UP),
        ("uu?", Life.NOT_ASKED),
        ("", Life.NOT_ASKED),
    ],
)
def test_how_alive_a_pool_is(marks: str, expected: Life) -> None:
    assert life(pool_with(marks)) is expected


def test_a_pool_whose_backup_service_is_silent_too_is_silent() -> None:
    pool = with_dead(two_sites(), P1).pool(P1)
    assert pool is not None
    assert life(pool) is Life.SILENT


@pytest.mark.parametrize(
    ("marks", "planned", "disaster"),
    [
        ("uuu", PASSED, FAILED),
        ("uus", WARNING, FAILED),
        ("udd", FAILED, WARNING),
        ("ddd", FAILED, WARNING),
        ("sss", UNKNOWN, FAILED),  # its Backup Service answers: somebody lives there
        ("???", UNKNOWN, UNKNOWN),
    ],
)
def test_the_mode_must_fit(marks: str, planned: object, disaster: object) -> None:
    deployment = with_machines(two_sites(), P1, marks)
    assert ask("mode-fits", deployment, PLANNED).verdict is planned
    assert ask("mode-fits", deployment, DISASTER).verdict is disaster


def test_a_dead_site_fits_disaster_mode_and_no_other() -> None:
    dead = with_dead(two_sites(), P1)
    assert ask("mode-fits", dead, DISASTER).verdict is PASSED
    planned = ask("mode-fits", dead, PLANNED)
    assert (planned.verdict, planned.overridable) == (FAILED, True)
    assert "--mode disaster" in planned.remedy
    assert NO_ANSWER in planned.evidence.casefold() or "The RPC server" in planned.evidence


def test_disaster_on_a_living_pool_can_be_overridden_because_its_back_end_may_be_down() -> None:
    result = ask("mode-fits", two_sites(), DISASTER)
    assert (result.verdict, result.overridable) == (FAILED, True)
    assert "Back End SQL Server" in result.remedy


def test_a_backup_service_that_cannot_read_the_user_store_speaks_for_disaster_mode() -> None:
    modules = (
        BackupModule(
            name="UserServices.PresenceFocus", export=ExportState.ERROR, import_=ImportState.NORMAL
        ),
    )
    result = ask("mode-fits", changed(two_sites(), P1, backup_modules=modules), DISASTER)
    assert result.verdict is WARNING
    assert "Back End" in result.evidence
    unread = changed(two_sites(), P1, backup_modules=Unread("the status", "access is denied"))
    assert ask("mode-fits", unread, DISASTER).verdict is FAILED


CANNOT_EXPORT = (
    BackupModule(
        name="UserServices.PresenceFocus", export=ExportState.ERROR, import_=ImportState.NORMAL
    ),
)
NOT_TOLD = Unread("the user database", "SQL Server does not answer")


@pytest.mark.parametrize(
    ("online", "fails", "planned", "disaster", "partner"),
    [
        (False, True, FAILED, PASSED, FAILED),
        (False, False, WARNING, WARNING, WARNING),
        (NOT_TOLD, True, WARNING, WARNING, WARNING),
        (None, True, WARNING, WARNING, WARNING),
        (NOT_TOLD, False, PASSED, FAILED, PASSED),
        (None, False, PASSED, FAILED, PASSED),
        (True, True, PASSED, FAILED, PASSED),
        (True, False, PASSED, FAILED, PASSED),
    ],
)
def test_a_back_end_is_dead_by_two_witnesses(
    online: bool | Unread | None,  # noqa: FBT001
    fails: bool,  # noqa: FBT001
    planned: object,
    disaster: object,
    partner: object,
) -> None:
    """Front Ends run, Back End down: disaster mode is right then.

    Taking one witness away never makes FAILED a PASSED.
    """

    def told(pool: Fqdn) -> Deployment:
        changes = changed(two_sites(), pool, back_end_online=online)
        return changed(changes, pool, backup_modules=CANNOT_EXPORT) if fails else changes

    assert ask("mode-fits", told(P1), PLANNED).verdict is planned
    assert ask("mode-fits", told(P1), DISASTER).verdict is disaster
    assert ask("partner-healthy", told(P2), PLANNED).verdict is partner


def test_silence_of_everybody_is_a_lack_of_rights_not_death() -> None:
    mute = with_dead(with_dead(two_sites(), P1, NOTHING_PROVEN), P2, NOTHING_PROVEN)
    for check_id, needs_override in (("mode-fits", True), ("partner-healthy", False)):
        planned, disaster = ask(check_id, mute, PLANNED), ask(check_id, mute, DISASTER)
        assert (planned.verdict, planned.refuses) == (UNKNOWN, True)
        assert (disaster.verdict, disaster.refuses) == (UNKNOWN, needs_override)
        assert "rights" in planned.evidence


SERVER_DEAD, HERE_DEAD = BOTH_SAY_DEAD
SERVER_SILENT = Witness(Vantage.SERVER, Says.SILENT, "it has reached no other machine")
SERVER_DENIED = Witness(Vantage.SERVER, Says.DENIED, "access denied")
SERVER_ALIVE = Witness(Vantage.SERVER, Says.ALIVE, "it refuses pool2-fe1.contoso.com")
HERE_ALIVE = Witness(Vantage.HERE, Says.ALIVE, "port 443 is refused")
HERE_SILENT = Witness(Vantage.HERE, Says.SILENT, "no other machine answers there either")
HERE_UNASKED = Witness(Vantage.HERE, Says.UNASKED, "no route to it is known from here")
NOTHING_PROVEN = (SERVER_SILENT, HERE_SILENT)


@pytest.mark.parametrize(
    ("server", "here", "disaster"),
    [
        (SERVER_DEAD, HERE_DEAD, PASSED),
        *((SERVER_DEAD, here, WARNING) for here in (HERE_SILENT, HERE_UNASKED)),
        *((server, HERE_DEAD, WARNING) for server in (SERVER_SILENT, SERVER_DENIED)),
        *(
            (server, here, UNKNOWN)
            for server in (SERVER_SILENT, SERVER_DENIED)
            for here in (HERE_SILENT, HERE_UNASKED)
        ),
        *((server, HERE_ALIVE, FAILED) for server in (SERVER_DEAD, SERVER_SILENT, SERVER_DENIED)),
        *((SERVER_ALIVE, here, FAILED) for here in (HERE_DEAD, HERE_SILENT, HERE_UNASKED)),
    ],
)
def test_death_needs_every_witness_that_could_speak(
    server: Witness, here: Witness, disaster: Verdict
) -> None:
    dead = with_dead(two_sites(), P1, (server, here))
    found, planned = ask("mode-fits", dead, DISASTER), ask("mode-fits", dead, PLANNED)
    assert (found.verdict, found.refuses) == (disaster, disaster in (UNKNOWN, FAILED))
    assert all(witness.evidence in found.evidence for witness in (server, here))
    assert planned.verdict is (FAILED if disaster is PASSED else UNKNOWN)
    assert ("--mode disaster" in planned.remedy) is (disaster is PASSED)
    for taken_away in ((server,), (here,), ()):
        weaker = ask(
            "mode-fits", with_dead(two_sites(), P1, taken_away or NOTHING_PROVEN), DISASTER
        )
        assert disaster is PASSED or weaker.verdict is not PASSED


@pytest.mark.parametrize(
    ("witnesses", "silent"), [(BOTH_SAY_DEAD, True), ((SERVER_SILENT, HERE_ALIVE), False)]
)
def test_a_living_edge_server_of_a_dead_site_is_not_skipped(
    witnesses: tuple[Witness, ...],
    silent: bool,  # noqa: FBT001
) -> None:
    deployment = with_dead(with_dead(two_sites(), P1), EDGE1, witnesses)
    assert ("edge1-a.contoso.com" in silent_machines(deployment)) is silent


def test_an_edge_server_is_dead_with_its_site_and_not_with_a_pool_of_it() -> None:
    """A site where another pool lives, or is seen alive by a witness, is not dead."""
    dead = with_dead(with_dead(two_sites(), P1), EDGE1, NOTHING_PROVEN)
    assert not isinstance(dead.pools, Unread)
    home = dead.pool(P1)
    assert home is not None
    third = Fqdn("pool9.contoso.com")
    living = attrs.evolve(home, fqdn=third, machines=(machine("fe9.contoso.com"),))
    vouched = attrs.evolve(living, machines=(silent("fe9.contoso.com", SERVER_ALIVE),))
    lost = attrs.evolve(living, machines=(silent("fe9.contoso.com", SERVER_DEAD),))
    for other, expected in ((living, False), (vouched, False), (lost, True)):
        deployment = attrs.evolve(dead, pools=(*dead.pools, other))
        assert ("edge1-a.contoso.com" in silent_machines(deployment)) is expected


@pytest.mark.parametrize(
    ("marks", "verdict"),
    [
        ("uuu", PASSED),
        ("uud", WARNING),
        ("udd", WARNING),
        ("ddd", FAILED),
        ("sss", UNKNOWN),
        ("???", UNKNOWN),
    ],
)
def test_the_partner_must_run(marks: str, verdict: object) -> None:
    assert ask("partner-healthy", with_machines(two_sites(), P2, marks)).verdict is verdict


def test_a_dead_partner_refuses_in_disaster_mode_too() -> None:
    assert ask("partner-healthy", with_dead(two_sites(), P2), DISASTER).refuses


def test_in_a_failback_the_pool_that_is_left_is_the_partner() -> None:
    over = with_state(two_sites(), P1, PoolState.FAILED_OVER)
    assert ask("mode-fits", over, PLANNED, back=True).verdict is PASSED
    assert ask("mode-fits", with_dead(over, P2), DISASTER, back=True).verdict is PASSED
    living = ask("mode-fits", over, DISASTER, back=True)
    assert living.verdict is FAILED
    assert "SQL" not in living.remedy
    assert (
        "what the users have done there"
        in ask("mode-fits", with_dead(over, P2), PLANNED, back=True).remedy
    )
    assert ask("partner-healthy", with_dead(over, P2), DISASTER, back=True).verdict is PASSED
    assert ask("home-pool-healthy", with_dead(over, P1), back=True).refuses
    assert ask("home-pool-healthy", over, back=True).verdict is PASSED


def enterprise(size: int, version: LyncVersion = LyncVersion.V2013) -> Pool:
    return front_end_pool(P1, partner=P2, site="Redmond", size=size, version=version)


@pytest.mark.parametrize(
    ("size", "serve", "start"),
    [
        (1, (1, 2), 1),
        (2, (1, 2), 1),
        (3, (2, 4), 3),
        (4, (2, 4), 3),
        (5, (3, 6), 4),
        (6, (3, 6), 5),
        (7, (4, 7), 5),
        (8, (4, 7), 6),
        (9, (4, 7), 7),
        (10, (5, 9), 8),
        (12, (5, 9), 10),
        (14, (7, 12), None),
        (16, (7, 12), 12),
        (20, (7, 12), None),
    ],
)
def test_quorum_as_documented(size: int, serve: tuple[int, int], start: int | None) -> None:
    assert needed_to_serve(enterprise(size)) == serve
    assert needed_to_start(enterprise(size)) == start


def test_2019_counts_twelve_servers_its_own_way() -> None:
    assert needed_to_serve(enterprise(12, LyncVersion.V2019)) == (7, 12)
    assert needed_to_serve(enterprise(11, LyncVersion.V2019)) == (5, 9)
    for size in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 16, 20):
        assert needed_to_serve(enterprise(size, LyncVersion.V2019)) == needed_to_serve(
            enterprise(size)
        )


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("uud", True),
        ("udd", False),
        ("usd", None),
        ("ss", None),
        ("dd", False),
        ("dddduuuu", False),
        ("uuuudddd", True),
        ("s", None),
    ],
)
def test_whether_a_pool_serves(marks: str, expected: object) -> None:
    assert serves(pool_with(marks)) is expected


def test_the_receiving_pool_needs_quorum() -> None:
    assert ask("partner-quorum", two_sites()).verdict is PASSED
    few = ask("partner-quorum", with_machines(two_sites(), P2, "udd"), DISASTER)
    assert (few.verdict, few.overridable) == (FAILED, True)
    assert "1 of 3 machines" in few.evidence
    enough = ask("partner-quorum", with_machines(two_sites(), P2, "uud"))
    assert enough.verdict is WARNING
    assert "3 machines must be up together" in enough.evidence
    assert ask("partner-quorum", with_machines(two_sites(), P2, "uss"), PLANNED).refuses
    assert not ask("partner-quorum", with_machines(two_sites(), P2, "uss"), DISASTER).refuses
    assert "first 7" in ask("partner-quorum", with_machines(two_sites(), P2, "uuuuuuuuu")).evidence


def test_standard_edition_needs_no_quorum() -> None:
    result = ask("partner-quorum", two_sites(kind=PoolKind.STANDARD))
    assert result.verdict is PASSED
    assert "no quorum" in result.evidence


def test_going_home_it_is_the_home_pool_that_needs_quorum() -> None:
    result = ask("partner-quorum", with_machines(two_sites(), P1, "udd"), back=True)
    assert result.refuses
    assert P1 in result.evidence


def test_a_single_silent_machine_is_no_lack_of_rights() -> None:
    alone = attrs.evolve(
        two_sites(kind=PoolKind.STANDARD),
        pools=tuple(p for p in two_sites(kind=PoolKind.STANDARD).front_end_pools),
    )
    assert ask("mode-fits", with_dead(alone, P1), DISASTER).verdict is PASSED


def test_enough_to_serve_is_not_said_of_what_could_not_be_asked() -> None:
    names = [f"pool1-fe{number}.contoso.com" for number in range(1, 4)]
    partly = changed(
        two_sites(), P1, machines=(machine(names[0]), silent(names[1]), silent(names[2]))
    )
    assert "Enough to serve" not in ask("mode-fits", partly, PLANNED).evidence
    assert "not known" in ask("mode-fits", partly, PLANNED).evidence


def silent_back_end(pool: Fqdn = P1) -> Deployment:
    """Neither its databases nor its Backup Service could be read."""
    return changed(
        two_sites(), pool, back_end_online=NOT_TOLD, backup_modules=Unread("it", "no answer")
    )


def test_a_back_end_of_which_nothing_was_read_passes_in_no_mode() -> None:
    planned, disaster = (ask("mode-fits", silent_back_end(), mode) for mode in (PLANNED, DISASTER))
    assert (planned.verdict, planned.refuses) == (UNKNOWN, False)
    assert (disaster.verdict, disaster.refuses, disaster.overridable) == (UNKNOWN, True, True)
    assert "override this check" in disaster.remedy
    for mode in (PLANNED, DISASTER):
        partner = ask("partner-healthy", silent_back_end(P2), mode)
        assert (partner.verdict, partner.refuses) == (UNKNOWN, False)


def test_where_no_machine_could_be_asked_the_back_end_is_no_question_yet() -> None:
    machines = tuple(silent(f"fe{number}", HERE_ALIVE) for number in (1, 2))
    vouched = changed(silent_back_end(), P1, machines=machines)
    assert ask("mode-fits", vouched, DISASTER).verdict is FAILED


@pytest.mark.parametrize("server", ["sql1.contoso.com", "sql2.contoso.com"])
@pytest.mark.parametrize("lost", [{"active_master": None}, {"file_transfer_agents": ()}])
def test_a_store_that_is_unavailable_speaks_of_the_back_end_on_its_own_sql_server(
    server: str, lost: dict[str, Fqdn | tuple[Fqdn, ...] | None]
) -> None:
    at_home = server == "sql1.contoso.com"
    deployment = changed(silent_back_end(), P1, sql_server=Fqdn("sql1.contoso.com"))
    copies = deployment.central_management.copies
    assert isinstance(copies, tuple)
    here = tuple(attrs.evolve(copy, sql_server=Fqdn(server)) for copy in copies)
    deployment = with_store(deployment, copies=here, **lost)
    planned, disaster = (ask("mode-fits", deployment, mode) for mode in (PLANNED, DISASTER))
    assert planned.verdict is (FAILED if at_home else UNKNOWN)
    assert disaster.verdict is (WARNING if at_home else UNKNOWN)
    assert "--mode planned" not in disaster.remedy
