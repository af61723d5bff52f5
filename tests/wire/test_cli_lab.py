from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from lyncops.cli.lab import lab as lab_group
from lyncops.errors import ConfigurationError, InvalidValueError
from lyncops.lab.control.guide import chapters
from lyncops.lab.control.server import ControlServer
from lyncops.lab.lab import Lab


def test_serve_tells_where_it_is_and_ends_on_a_signal(tmp_path: Path) -> None:
    program = [
        sys.executable,
        "-c",
        "from lyncops.cli.lab import lab; lab()",
        "serve",
        "two-sites",
        "--out",
        str(tmp_path),
        "--json",
    ]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert Path(told["config"]) == tmp_path / "lyncops.toml"
        assert told["password_variable"] == "LYNCOPS_PASSWORD"
        shown = CliRunner().invoke(lab_group, ["inject", "--out", str(tmp_path), "show"])
        assert "fe1.contoso.com     up" in shown.output
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_serve_prints_one_block_for_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lyncops.cli.lab._wait", threading.Event.is_set)
    result = CliRunner().invoke(
        lab_group,
        ["serve", "two-sites", "--out", str(tmp_path), "--auth", "basic"],
        catch_exceptions=False,
    )
    assert result.exit_code == 0
    assert "export LYNCOPS_PASSWORD='" in result.output
    assert f"lyncops --config {tmp_path / 'lyncops.toml'} status" in result.output
    assert "fe1.contoso.com (https)" in result.output


def test_serve_names_a_pool_of_its_own_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lyncops.cli.lab._wait", threading.Event.is_set)
    result = CliRunner().invoke(
        lab_group, ["serve", "standard-pair", "--out", str(tmp_path)], catch_exceptions=False
    )
    assert "crash se1.contoso.com" in result.output


def test_inject_says_what_it_did(tmp_path: Path) -> None:
    with Lab.start("two-sites") as lab, ControlServer(lab.served, tmp_path):
        run = CliRunner().invoke
        assert (
            run(lab_group, ["inject", "--out", str(tmp_path), "crash", "fe1.contoso.com"]).output
            == "done: fe1.contoso.com\n"
        )
        told = run(lab_group, ["inject", "--out", str(tmp_path), "--json", "show"]).output
        assert json.loads(told)["executions"] == {}
    result = run(lab_group, ["inject", "--out", str(tmp_path), "show"])
    assert isinstance(result.exception, ConfigurationError)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_scenarios_are_listed(options: list[str]) -> None:
    assert "two-sites" in CliRunner().invoke(lab_group, ["scenarios", *options]).output


@pytest.mark.parametrize(
    ("options", "auth", "is_warned"),
    [
        ((), "credssp", False),
        (("--auth", "credssp"), "credssp", False),
        (("--auth", "ntlm"), "ntlm", True),
        (("--auth", "certificate"), "certificate", True),
        (("--auth", "basic"), "basic", False),
        (("--kind", "ocs"), "ntlm", False),
        (("--auth", "ntlm", "--json"), "ntlm", False),
    ],
)
def test_serve_says_where_no_server_can_ask_another(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    auth: str,
    *,
    is_warned: bool,
) -> None:
    monkeypatch.setattr("lyncops.cli.lab._wait", threading.Event.is_set)
    words = ["serve", "two-sites", "--out", str(tmp_path), *options]
    done = CliRunner().invoke(lab_group, words, catch_exceptions=False)
    assert done.exit_code == 0
    assert (tmp_path / "lyncops.toml").read_text("utf-8").count(f'auth = "{auth}"') == 10
    assert (f"With {auth}, no Front End can ask another machine" in done.output) is is_warned


def test_serve_says_why_kerberos_cannot_be_tried(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="Kerberos cannot be tried in the lab"):
        CliRunner().invoke(
            lab_group,
            ["serve", "--out", str(tmp_path), "--auth", "kerberos"],
            catch_exceptions=False,
        )


def test_the_help_of_inject_has_every_example_in_one_line() -> None:
    lines = {
        line.strip()
        for line in CliRunner().invoke(lab_group, ["inject", "--help"]).output.splitlines()
    }
    assert {
        f"lab inject {example}" for chapter in chapters() for example in chapter.examples
    } <= lines


_WITHOUT_TRUSTME = """
import sys
sys.modules["trustme"] = None
from lyncops.cli.lab import lab
from lyncops.errors import ConfigurationError
try:
    lab(["serve"], standalone_mode=False)
except ConfigurationError as error:
    print(error)
"""


def test_a_lab_without_its_extra_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_TRUSTME], check=True, capture_output=True, text=True
    )
    assert (
        done.stdout.strip()
        == "The lab needs the Python package trustme, which is not installed. Install it: pip"
        ' install "lyncops[lab]".'
    )


def test_asking_a_lab_does_not_load_it() -> None:
    program = (
        "import sys, lyncops.lab.control.asking; print({'trustme', 'spnego', 'lyncops.lab.machine'}"
        " & set(sys.modules))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        ).stdout.strip()
        == "set()"
    )
