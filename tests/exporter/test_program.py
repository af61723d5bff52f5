"""`lyncops exporter`, the program, before a lab: scraped over loopback and judged by promtool."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from lyncops.cli.main import main
from lyncops.drill.report import DrillReport
from lyncops.drill.showing import report_data
from lyncops.drill.story import Drill, Outcome, Part
from lyncops.exporter.drills import drill_metrics
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.text.harmless import json_text
from lyncops.values import Mode
from tests.deployments import P1, P2
from tests.exporter.conftest import command, exporting
from tests.needs import PROMTOOL

pytestmark = [pytest.mark.timeout(240)]
MONITORING = Path(__file__).resolve().parents[2] / "docs" / "monitoring"
READ = "lyncops_reading_success 1.0"
STEADY = f'lyncops_backup_service_direction_state{{source="{P1}",state="steady",target="{P2}"}} 1.0'


def promtool(*arguments: str, given: str = "") -> str:
    """What promtool finds wrong."""
    program = shutil.which("promtool")
    if program is None:
        PROMTOOL.missing()
    done = subprocess.run(
        [program, *arguments],
        input=given,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout if done.returncode or arguments[0] != "test" else ""


def test_a_scrape_says_how_the_deployment_is(config: Path, lab: Lab) -> None:
    with exporting(config) as exporter:
        said = exporter.until(READ, f'lyncops_pool_state{{pool="{P1}",state="Active"}} 1.0')
        assert promtool("check", "metrics", given=said) == ""
        for line in (
            'lyncops_deployment_info{deployment="two-sites",version="2013"} 1.0',
            f'lyncops_pool_machines_up{{pool="{P1}"}} 3.0',
            f'lyncops_store_active{{pool="{P1}"}} 1.0',
            f'lyncops_store_active{{pool="{P2}"}} 0.0',
            'lyncops_replica_up_to_date{computer="fe1.contoso.com"} 1.0',
            f'lyncops_readiness_obstacles{{mode="disaster",pool="{P1}"}} 0.0',
            "lyncops_backup_service_sync_interval_seconds 120.0",
        ):
            assert f"{line}\n" in said, line
        assert lab.password not in said
        lab.crash(P1)
        seen = exporter.until(f'lyncops_pool_machines_up{{pool="{P1}"}} 0.0')
        assert promtool("check", "metrics", given=seen) == ""
        assert f'lyncops_readiness{{mode="planned",pool="{P1}"' not in seen, "gone: disaster only"
        assert exporter.end() == 0


def test_rules_and_dashboard_ask_for_metrics_that_exist(config: Path, tmp_path: Path) -> None:
    drill = _report_of_a_drill(tmp_path / "drill.json", Outcome.DONE)
    with exporting(config, "--drill", str(drill)) as exporter:
        said = exporter.until(READ)
    there = set(re.findall(r"^# HELP (lyncops_\w+)", said, re.MULTILINE))
    rules = (MONITORING / "alerts.yml").read_text("utf-8")
    dashboard = (MONITORING / "grafana-dashboard.json").read_text("utf-8")
    page = (MONITORING.parent / "monitoring.md").read_text("utf-8")
    for text in (rules, dashboard):
        assert set(re.findall(r"lyncops_\w+", text)) <= there
    assert set(re.findall(r"`(lyncops_\w+)`", page)) == there
    queries = [
        target["expr"] for panel in json.loads(dashboard)["panels"] for target in panel["targets"]
    ]
    recorded = [{"record": f"query_{n}", "expr": query} for n, query in enumerate(queries)]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": recorded}]}), "utf-8")
    assert f"SUCCESS: {len(queries)} rules found" in promtool("check", "rules", str(file))


def _report_of_a_drill(path: Path, outcome: Outcome) -> Path:
    """A report as `lyncops drill all --out` writes it."""
    drill = Drill(
        disaster="loss of pool 1",
        mode=Mode.DISASTER,
        rescue=Part(procedure="pool-failover", outcome=outcome),
    )
    report = DrillReport(
        deployment="two-sites",
        snapshot="ab",
        read_at=datetime(2026, 1, 1, tzinfo=UTC),
        played_at=datetime(2026, 1, 2, tzinfo=UTC),
        drills=(drill,),
    )
    path.write_text(json_text(report_data(report)), "utf-8")
    return path


def test_the_last_drill_is_told_as_its_file_is_now(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "drill.json"
    rescued = 'lyncops_drill_rescued{disaster="loss of pool 1"}'
    with exporting(config, "--drill", str(file)) as exporter:
        said = exporter.until("lyncops_drill_reading_success 0.0")
        assert "lyncops_drill_timestamp_seconds" not in said
        _report_of_a_drill(file, Outcome.DONE)
        said = exporter.scrape()
        assert f"{rescued} 1.0\n" in said
        played_at = datetime(2026, 1, 2, tzinfo=UTC).timestamp()
        found = re.search(r"^lyncops_drill_timestamp_seconds (\S+)$", said, re.MULTILINE)
        assert found is not None
        assert float(found[1]) == played_at
        assert promtool("check", "metrics", given=said) == ""
        _report_of_a_drill(file, Outcome.REFUSED)
        said = exporter.scrape()
        assert f"{rescued} 0.0\n" in said
        assert 'lyncops_drill_outcome{outcome="refused"} 1.0\n' in said
        assert 'lyncops_drill_outcome{outcome="done"} 0.0\n' in said


def test_a_drill_is_told_in_numbers(tmp_path: Path) -> None:
    file = tmp_path / "drill.json"
    assert told(file) == {"lyncops_drill_reading_success": 0.0}
    _report_of_a_drill(file, Outcome.BY_HAND)
    found = told(file)
    assert found["lyncops_drill_reading_success"] == 1.0
    assert found["lyncops_drill_outcome by_hand"] == 1.0
    assert found["lyncops_drill_outcome done"] == 0.0
    assert found["lyncops_drill_rescued loss of pool 1"] == 0.0
    days = timedelta(seconds=found["lyncops_drill_timestamp_seconds"]) - timedelta(
        seconds=found["lyncops_drill_snapshot_timestamp_seconds"]
    )
    assert days == timedelta(days=1)
    file.write_text("[]", "utf-8")
    assert told(file) == {"lyncops_drill_reading_success": 0.0}


def told(file: Path) -> dict[str, float]:
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for metric in drill_metrics(file)
        for sample in metric.samples
    }


@pytest.mark.slow
def test_the_alert_rules_fire_when_they_should() -> None:
    assert promtool("test", "rules", str(MONITORING / "alerts-tests.yml")) == ""
    rules = (MONITORING / "alerts.yml").read_text("utf-8")
    tested = (MONITORING / "alerts-tests.yml").read_text("utf-8")
    alerts = re.findall(r"- alert: (\w+)", rules)
    assert alerts
    assert [name for name in alerts if tested.count(f"alertname: {name}") < 2] == []


@pytest.mark.slow
def test_a_dead_deployment_holds_up_no_scrape(config: Path, lab: Lab) -> None:
    """Its values go, and what is known of the readings stays."""
    with exporting(config) as exporter:
        exporter.until(READ)
        lab.crash("site:Site1")
        lab.crash("site:Site2")
        begin = time.monotonic()
        scrapes = 0
        while "lyncops_reading_success 0.0" not in (said := exporter.scrape(timeout=2)):
            scrapes += 1
            assert time.monotonic() - begin < 120, said
        assert "lyncops_pool_state{" not in said
        assert "lyncops_reading_success_timestamp_seconds 1." in said
        assert 'lyncops_reading_errors_total{error="UnreachableError"} ' in said
        assert 'lyncops_backup_service_last_steady_timestamp_seconds{module="' in said
        assert promtool("check", "metrics", given=said) == ""
        assert scrapes > 10, "scrapes were answered while the reading tried to reach somebody"


def test_refused_credentials_end_it_before_the_account_is_locked(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "wrong")
    done = subprocess.run(
        command(config, "--listen", "127.0.0.1:0"),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert "credentials" in done.stderr


def test_a_scheduled_task_writes_a_file(
    config: Path, lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lyncops.prom"
    write = ["--config", str(config), "exporter", "--textfile", str(file)]
    assert main(write) == 0
    said = file.read_text("utf-8")
    assert STEADY in said
    assert promtool("check", "metrics", given=said) == ""
    lab.crash("site:Site1")
    lab.crash("site:Site2")
    assert main(write) == 4
    assert READ not in file.read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["lyncops.prom"]
    assert main([*write[:-1], str(tmp_path / "nowhere" / "a.prom")]) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--listen", "9742"), "is not an address and a port"),
        (("--listen", "127.0.0.1:99999"), "is not an address and a port"),
        (("--listen", "192.0.2.1:9742"), "cannot listen on 192.0.2.1:9742"),
        (("--textfile", "a.prom", "--interval", "1m"), "--textfile reads once"),
    ],
)
def test_wrong_use_is_said(
    arguments: tuple[str, ...], told: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(config), "exporter", *arguments]) == 1
    assert told in capsys.readouterr().err


def test_a_missing_extra_is_named(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "prometheus_client" else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    assert main(["--config", str(config), "exporter"]) == 1
    assert 'pip install "lyncops[exporter]"' in capsys.readouterr().err
