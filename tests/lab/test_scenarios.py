"""Scenarios are read strictly: every mistake names the file, the field and the cure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lyncops.errors import ScenarioError
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.scenarios.reader import load_scenario, parse_scenario, scenario_names
from lyncops.lab.scenarios.scenario import Kind, Product
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn

HEAD = """
[scenario]
version = "2013"
[[site]]
name = "S1"
[[site]]
name = "S2"
"""
POOL1 = """
[[pool]]
fqdn = "p1.c.d"
kind = "enterprise"
site = "S1"
machines = ["a.c.d", "b.c.d", "c.c.d"]
sql_server = "sql1.c.d"
backup_pool = "p2.c.d"
"""
POOL2 = """
[[pool]]
fqdn = "p2.c.d"
kind = "enterprise"
site = "S2"
machines = ["d.c.d", "e.c.d", "f.c.d"]
sql_server = "sql2.c.d"
backup_pool = "p1.c.d"
"""
EDGE = """
[[pool]]
fqdn = "e1.c.d"
kind = "edge"
site = "S1"
machines = ["e1.c.d"]
next_hop = "p1.c.d"
"""
STORE = """
[central_management]
copies = ["p1.c.d", "p2.c.d"]
active = ["p1.c.d"]
"""
GOOD = HEAD + POOL1 + POOL2 + EDGE + STORE


def test_every_scenario_loads_and_makes_a_world() -> None:
    assert set(scenario_names()) == {
        "two-sites",
        "standard-pair",
        "three-pairs",
        "sfb2015",
        "sfb2019",
        "everything-wrong",
    }
    for name in scenario_names():
        world = Simulation.load(name)
        assert world.summary() == world.summary()
        assert world.scenario.name == name


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        GOOD.replace(
            'version = "2013"',
            'version = "2015"\nstart = 2016-01-01T00:00:00\nsync_interval = "30s"',
        ),
        "utf-8",
    )
    scenario = load_scenario(path)
    assert scenario.name == "mine"
    assert scenario.version is Product.V2015
    assert scenario.start == datetime(2016, 1, 1, tzinfo=UTC)
    assert scenario.sync_interval == timedelta(seconds=30)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="two-sites"):
        load_scenario("no-such-scenario")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match="UTF-8"):
        load_scenario(tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[scenario]", "[scenario", ["not valid TOML"]),
        ("[scenario]", "[scenaro]", ["scenaro", "Did you mean scenario?"]),
        ('name = "S1"', 'nam = "S1"', ["site[1].nam", "Did you mean name?"]),
        ('name = "S1"', 'qqq = "S1"', ["site[1].qqq", "Known are"]),
        ('name = "S1"', "", ["site[1].name is missing"]),
        ('name = "S1"', "name = 3", ["site[1].name", "a text"]),
        ('name = "S1"', 'name = "S2"', ["site.name: s2 occurs 2 times"]),
        ('version = "2013"', 'version = "2012"', ["scenario.version", "2013, 2015, 2019"]),
        ('version = "2013"', 'sync_interval = "2 days"', ["sync_interval", '"30s"']),
        ('version = "2013"', "sync_interval = 2", ["sync_interval", '"30s"']),
        ('version = "2013"', 'start = "now"', ["start", "a date and time"]),
        ('site = "S1"', 'site = "S9"', ["p1.c.d", "S9", "Name one of"]),
        ('kind = "enterprise"', 'kind = "big"', ["kind", "enterprise"]),
        (
            'kind = "enterprise"\nsite = "S1"',
            'kind = "standard"\nsite = "S1"',
            ["Standard Edition pool is one machine"],
        ),
        ('"a.c.d", "b.c.d", "c.c.d"', "", ["machines is empty"]),
        (
            '"a.c.d", "b.c.d", "c.c.d"',
            '"a.c.d", "d.c.d"',
            ["d.c.d occurs 2 times", "belongs to one pool"],
        ),
        ('"a.c.d", "b.c.d", "c.c.d"', '"p1.c.d"', ["Enterprise pool has a name of its own"]),
        (
            'machines = ["a.c.d", "b.c.d", "c.c.d"]',
            'machines = "a.c.d"',
            ["machines is not a list"],
        ),
        ('"a.c.d"', '"a c d"', ["machines", "fully qualified"]),
        ('sql_server = "sql1.c.d"', "", ["sql_server is missing"]),
        (
            'sql_server = "sql1.c.d"',
            'sql_server = "s.c.d"\nmirror_server = "s.c.d"',
            ["mirror_server is sql_server"],
        ),
        (
            'sql_server = "sql1.c.d"',
            'sql_server = "s.c.d"\nunsynchronized = ["xds"]',
            ["has no mirror_server"],
        ),
        ('sql_server = "sql1.c.d"', 'sql_server = "s.c.d"\ndown = ["z.c.d"]', ["down names z.c.d"]),
        (
            'sql_server = "sql1.c.d"',
            'sql_server = "s.c.d"\nusers = true',
            ["users", "a whole number"],
        ),
        ('sql_server = "sql1.c.d"', 'sql_server = "s.c.d"\nnamed_users = ["x"]', ["1 are named"]),
        (
            'sql_server = "sql1.c.d"',
            'sql_server = "s.c.d"\nfederation = true',
            ["belong to Edge pools"],
        ),
        (
            'sql_server = "sql1.c.d"',
            'sql_server = "s.c.d"\nmedia_edge = "p2.c.d"',
            ["is not an Edge pool"],
        ),
        ('backup_pool = "p2.c.d"', 'backup_pool = "p9.c.d"', ["p9.c.d does not exist"]),
        ('backup_pool = "p2.c.d"', 'backup_pool = "p1.c.d"', ["the pool itself"]),
        ('backup_pool = "p2.c.d"', "", ["Pairs are symmetrical", "p1.c.d is None"]),
        ('backup_pool = "p2.c.d"', "failed_over = true", ["failed_over without backup_pool"]),
        ('next_hop = "p1.c.d"', 'next_hop = "p9.c.d"', ["next_hop p9.c.d"]),
        ('next_hop = "p1.c.d"', 'next_hop = "p1.c.d"\nusers = 5', ["homes no users"]),
        (
            'next_hop = "p1.c.d"',
            'next_hop = "p1.c.d"\nmirror_server = "m.c.d"',
            ["only Enterprise pools"],
        ),
        ('name = "S1"', 'name = "S1"\nfederation_route = "p1.c.d"', ["is not an Edge pool"]),
        ('name = "S1"', 'name = "S1"\nfederation_route = "e1.c.d"', ["federation is not enabled"]),
        (
            'active = ["p1.c.d"]',
            'active = ["p1.c.d", "p2.c.d"]',
            ["names 2 pools", 'broken = "both active"'],
        ),
        ('active = ["p1.c.d"]', 'active = ["e1.c.d"]', ["holds no copy"]),
        ('active = ["p1.c.d"]', 'active = ["p1.c.d"]\nbroken = "odd"', ["broken"]),
        (
            'copies = ["p1.c.d", "p2.c.d"]',
            'copies = ["p1.c.d", "e1.c.d"]',
            ["e1.c.d is not a Front End pool"],
        ),
        (
            'copies = ["p1.c.d", "p2.c.d"]',
            'copies = ["p1.c.d", "p1.c.d"]',
            ["copies has 2 entries"],
        ),
        (
            "[central_management]",
            "[faults]\nodd = true\n[central_management]",
            ["unknown name odd"],
        ),
    ],
)
def test_mistakes_are_named(old: str, new: str, words: list[str]) -> None:
    assert old in GOOD
    with pytest.raises(ScenarioError) as caught:
        Simulation(parse_scenario(GOOD.replace(old, new, 1), "mine.toml"))
    text = str(caught.value)
    assert all(word in text for word in [*words, "mine"]), text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no site"),
        ("scenario = 3", "scenario is not a table"),
        ("site = 3", "site is not a list of tables"),
        (
            '[[site]]\nname="S"\n[central_management]\ncopies = []\nactive = []',
            "there is no Front End pool",
        ),
        (
            HEAD
            + POOL1.replace("p2", "e1")
            + EDGE.replace("next", 'backup_pool = "p1.c.d"\nnext')
            + STORE,
            "cannot be paired",
        ),
        (
            GOOD.replace("sql_server", "failed_over = true\nsql_server"),
            "both pools of the pair are failed over",
        ),
        (
            GOOD.replace('"p2.c.d"', '"p3.c.d"') + POOL1.replace("p1", "p3").replace("p2", "p1"),
            "occurs 2 times",
        ),
        (GOOD.replace("2013", "2019").replace('"b.c.d", ', ""), "2019 refuses"),
        (
            GOOD.replace("2013", "2019").replace(
                "sql_server", 'mirror_server="m.c.d"\nsql_server', 1
            ),
            "2019 has no SQL mirroring",
        ),
        (
            GOOD.replace("2013", "2019").replace('"S1"', '"S1"\nxmpp_federation_route="e1.c.d"', 1),
            "2019 has no XMPP",
        ),
        (GOOD.replace('"a.c.d"', ", ".join(f'"m{n}.c.d"' for n in range(12))), "at most 12"),
    ],
)
def test_contradictions_are_named(text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        parse_scenario(
            text if "central_management" in text or "=" in text else text + STORE, "mine.toml"
        )


def test_copies_must_be_a_pair() -> None:
    text = (
        (HEAD + POOL1 + POOL2 + EDGE + STORE)
        .replace('backup_pool = "p2.c.d"\n', "")
        .replace('backup_pool = "p1.c.d"\n', "")
    )
    with pytest.raises(ScenarioError, match="not a pair"):
        parse_scenario(text, "mine.toml")


@pytest.mark.parametrize("pools", [1, 2, 3, 20])
@pytest.mark.parametrize("version", list(Product))
def test_generated_deployments(pools: int, version: Product) -> None:
    scenario = scenario_of_size(pools, version=version)
    assert sum(pool.kind.homes_users for pool in scenario.pools) == pools
    assert Simulation(scenario).summary().store_works


def test_generated_standard_pools() -> None:
    scenario = scenario_of_size(2, standard=True)
    assert [p.kind for p in scenario.pools] == [Kind.STANDARD, Kind.STANDARD, Kind.EDGE]
    assert Simulation(scenario).machine("pool1.contoso.com").pool == Fqdn("pool1.contoso.com")


def test_no_pools_make_no_deployment() -> None:
    with pytest.raises(ScenarioError):
        scenario_of_size(0)
