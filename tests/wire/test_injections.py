"""What `lyncops lab inject` can do: all of it is told, all that is told works, and it works while a
cmdlet runs.
"""

from __future__ import annotations

import shlex
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import attrs
import pytest
import requests

from lyncops.errors import LyncOpsError
from lyncops.lab.control.arguments import PROFILE
from lyncops.lab.control.guide import Chapter, chapters
from lyncops.lab.control.injections import Injector
from lyncops.lab.control.status import show
from lyncops.lab.lab import Lab
from lyncops.lab.model.switches import Faults, Switches, names
from lyncops.lab.wire.faults import ACTIONS, MEANINGS, FaultKind, Profile
from tests.wire.stub import RunspacePool, Untyped, command
from tests.wire.test_lab import wsman

FE1 = "fe1.contoso.com"


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab.start("two-sites", rate=1.0) as one:
        yield one


def first_words(chapter: Chapter) -> set[str]:
    return {entry.split()[0].partition("=")[0] for entry in chapter.entries}


def test_all_that_can_be_injected_is_told(lab: Lab) -> None:
    machines, wire, profile, model_faults, switches, by_hand, itself = chapters()
    grouped = {"profile", "model-fault", "switch"}
    told = (
        grouped
        | first_words(machines)
        | first_words(wire)
        | first_words(by_hand)
        | first_words(itself)
    )
    assert told == set(Injector(lab.served).names)
    assert first_words(profile) == set(PROFILE)
    assert first_words(model_faults) == set(names(Faults))
    assert first_words(switches) == set(names(Switches))
    assert set(MEANINGS) == set(FaultKind)
    assert set(PROFILE) < {field.name for field in attrs.fields(Profile)}
    assert set(lab.host.server(FE1).service.actions) == set(ACTIONS)


@pytest.mark.parametrize(
    "example", [example for chapter in chapters() for example in chapter.examples]
)
def test_every_example_works(lab: Lab, example: str) -> None:
    assert lab.inject(*shlex.split(example))


def test_what_was_injected_is_shown_as_it_was_written(lab: Lab) -> None:
    lab.inject(
        "status-before", "machine=fe4.contoso.com", "action=command", "status=503", "times=2"
    )
    lab.inject("lose-reply", "cmdlet=get-cspool", "times=always")
    lab.inject("model-fault", "midway=invoke-cspoolfailover", "no_replication=true")
    lab.inject("switch", "enums=numbers")
    lab.inject("profile", "delay=90s", "protocol=2.1", "machine=fe4.contoso.com")
    shown = show(lab.served)
    assert shown["faults"] == [
        "status-before machine=fe4.contoso.com action=Command status=503 times=2",
        "lose-reply cmdlet=Get-CsPool times=always",
    ]
    assert shown["model_faults"] == {"midway": "Invoke-CsPoolFailOver", "no_replication": "true"}
    assert shown["switches"] == {"enums": "numbers"}
    assert shown["profiles"] == {"fe4.contoso.com": {"protocol": "2.1", "delay": "90s"}}
    assert shown["store_active_on"] == ["pool1.contoso.com"]
    lab.inject("model-fault", "midway=", "no_replication=false")
    assert show(lab.served)["model_faults"] == {}


@contextmanager
def running(lab: Lab, cmdlet: str, **parameters: object) -> Generator[Untyped]:
    """A cmdlet that the server has begun, and that takes very long."""
    with wsman(lab, FE1) as connection:
        pool = RunspacePool(connection)
        pool.open()
        command(pool, "Import-Module", Name="Lync").invoke()
        lab.inject("profile", "delay=1h", f"machine={FE1}")
        shell = command(pool, cmdlet, **parameters)
        shell.begin_invoke()
        yield shell


def test_a_machine_can_be_crashed_under_a_cmdlet(lab: Lab) -> None:
    with running(lab, "Get-CsPool") as shell:
        lab.inject("crash", FE1)
        with pytest.raises(requests.exceptions.ConnectionError):
            shell.end_invoke()
    assert lab.inject("recover", FE1) == {"done": FE1}


def test_an_answer_can_be_lost_under_a_cmdlet(lab: Lab) -> None:
    with running(lab, "Get-CsPool") as shell:
        lab.inject("taken-over", "action=Receive", "cmdlet=Get-CsPool")
        with pytest.raises(Exception, match="2150859213"):
            shell.end_invoke()
    assert show(lab.served)["faults"] == []


def test_the_lab_stands_to_be_looked_at_and_restarted_under_a_cmdlet(lab: Lab) -> None:
    with running(lab, "Get-CsPool") as shell:
        assert show(lab.served)["faults"] == []
        assert lab.inject("disconnect-idle", FE1) == {"disconnected": 1}
        assert lab.inject("restart", FE1) == {"restarted": FE1}
        with pytest.raises(Exception, match="2150858843"):
            shell.end_invoke()


def test_time_can_pass_under_a_cmdlet(lab: Lab) -> None:
    lab.world.switches.enforce_double_hop = False  # pypsrp logs on with NTLM
    percents: list[int] = []
    lab.world.watchers.append(lambda _cmdlet, percent: percents.append(percent))
    with wsman(lab, "fe4.contoso.com") as connection, RunspacePool(connection) as pool:
        command(pool, "Import-Module", Name="Lync").invoke()
        shell = command(pool, "Invoke-CsBackupServiceSync", PoolFqdn="pool2.contoso.com")
        shell.begin_invoke()
        while 100 not in percents:  # the first hour may pass before the cmdlet has begun
            lab.inject("advance", "1h")
            shell.poll_invoke(timeout=1)
        shell.end_invoke()
    assert percents[-1] == 100
    assert not shell.streams.error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("show everything", "not known here"),
        ("clear all", "not known here"),
        ("crsh pool1.contoso.com", "Did you mean crash?"),
        ("advance 99999999d", "too long"),
        ("advance 1" + "0" * 400 + "d", "too long"),
        ("advance -5m", "not a duration"),
        ("profile", "Nothing is to be changed"),
        ("profile max_shells_per_user=" + "9" * 5000, "not a number"),
        ("switch", "Nothing is to be changed"),
        ("model-fault", "Nothing is to be changed"),
        ("model-fault midway=Invoke-CsPoolFailOvr", "Did you mean Invoke-CsPoolFailOver?"),
        ("model-fault sync_stuck=pool9.contoso.com", "no pool pool9"),
        ("drop-after action=Comand", "nothing that requests ask for"),
        ("drop-after cmdlet=Get-Pool", "Did you mean"),
        ("drop-after status=503", "answers no status"),
        ("drop-after times=many", "not a number of requests"),
        ("dns", "Write: dns a HOST"),
    ],
)
def test_what_means_nothing_changes_nothing_and_is_told_in_one_sentence(
    lab: Lab, words: str, message: str
) -> None:
    before = show(lab.served)
    with pytest.raises(LyncOpsError) as caught:
        lab.inject(*words.split())
    assert message in str(caught.value)
    assert len(caught.value.what.split(". ")) == 1
    assert {**show(lab.served), "now": ""} == {**before, "now": ""}
