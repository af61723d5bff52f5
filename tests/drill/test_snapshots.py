"""Snapshots in files: read in place of servers, and without anybody's names."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import lyncops
from lyncops.cmdlets import GetCsSite
from lyncops.deployment.anonymous import anonymised
from lyncops.deployment.codec import deployment_to_json, snapshot_id
from lyncops.deployment.comparison import differences
from lyncops.deployment.model import Deployment
from lyncops.drill import drill, loss_of_pool
from lyncops.drill.copying import copy_of
from lyncops.errors import InvalidValueError
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.drill.test_copying import read


@pytest.fixture(scope="module")
def snapshot() -> Deployment:
    return read("two-sites")


@pytest.fixture
def file(snapshot: Deployment, tmp_path: Path) -> Path:
    path = tmp_path / "site.json"
    path.write_text(deployment_to_json(snapshot), encoding="utf-8")
    return path


def said(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lyncops", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def test_a_client_of_a_snapshot_checks_and_plans_and_sends_nothing(
    file: Path, snapshot: Deployment
) -> None:
    with lyncops.from_snapshot(file) as client:
        assert client.status() == snapshot
        plan = client.plan(lyncops.PoolFailover(pool="pool1.contoso.com", mode="planned"))
        assert not plan.is_refused
        assert len(client.readiness().pools) == 2
        with pytest.raises(InvalidValueError, match="snapshot"):
            client.run(plan)
        with pytest.raises(InvalidValueError, match="snapshot"):
            client.ask(GetCsSite())


def test_a_client_is_read_and_its_deployment_rehearsed(file: Path, snapshot: Deployment) -> None:
    begun = datetime.now(UTC)
    with lyncops.from_snapshot(file) as client:
        report = drill(client, [loss_of_pool(Fqdn("pool2.contoso.com"))])
    assert report.snapshot == snapshot_id(snapshot)
    assert [one.is_rescued for one in report.drills] == [True]
    assert begun <= report.played_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        *(
            pytest.param(text, marks=pytest.mark.slow)
            for text in ("", "[]", '{"format": "lyncops-deployment/2"}')
        ),
    ],
)
def test_a_file_that_is_no_snapshot_is_said_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    done = said("readiness", "--from", path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "lyncops snapshot" in done.stderr or "status" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["readiness"],
        pytest.param(["status"], marks=pytest.mark.slow),
        pytest.param(["check", "pool1.contoso.com"], marks=pytest.mark.slow),
        pytest.param(
            ["check", "pool-failover", "pool1.contoso.com", "--mode", "planned"],
            marks=pytest.mark.slow,
        ),
        ["plan", "pool-failover", "pool1.contoso.com", "--mode", "planned"],
    ],
)
def test_every_verb_that_reads_takes_a_snapshot(file: Path, words: list[str]) -> None:
    done = said(*words, "--from", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pool1.contoso.com" in done.stdout


@pytest.mark.slow
def test_a_drill_is_one_command(file: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "drill.json", tmp_path / "drill.html"
    words = ["drill", "pool-failover", "pool2.contoso.com", "--from", file]
    done = said(*words, "--out", out, "--html", page)
    assert done.returncode == 0, done.stderr
    assert "1 of 1 disasters" in done.stdout
    assert json.loads(out.read_text(encoding="utf-8"))["outcome"] == "done"
    assert "loss of pool pool2.contoso.com" in page.read_text(encoding="utf-8")
    again = said(*words, "--baseline", out)
    assert "Nothing became worse since the drill of" in again.stdout
    words = ["drill", "pool-failover", "pool1.contoso.com", "--from", file]
    other = said(*words, "--baseline", out, "--json")
    found = json.loads(other.stdout)
    assert (found["worse"], found["not_compared"]) == ([], ["loss of pool pool1.contoso.com"])


def test_a_site_that_is_not_there_is_said(file: Path) -> None:
    done = said("drill", "site-failover", "Mars", "--from", file)
    assert done.returncode in (1, 2)
    assert "Mars" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("scenario", ["two-sites", "standard-pair", "everything-wrong", "sfb2019"])
def test_no_name_is_left_and_the_shape_is(scenario: str) -> None:
    original = read(scenario)
    hidden = anonymised(original)
    text = deployment_to_json(hidden).casefold()
    assert "contoso" not in text
    assert scenario not in text
    assert len(hidden.front_end_pools) == len(original.front_end_pools)
    copied = read(Simulation(copy_of(hidden).scenario))
    for found in differences(hidden, copied):  # what a copy has not, as it says
        assert "external fqdn" in found or "CentralMgmt.CMSMaster" in found


def test_the_id_of_a_snapshot_is_that_of_its_content(snapshot: Deployment) -> None:
    assert snapshot_id(snapshot) == snapshot_id(written_and_read(snapshot))
    assert snapshot_id(snapshot) != snapshot_id(anonymised(snapshot))


def written_and_read(snapshot: Deployment) -> Deployment:
    from lyncops.deployment.codec import deployment_from_json

    return deployment_from_json(deployment_to_json(snapshot))
