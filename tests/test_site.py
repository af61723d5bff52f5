"""The documentation as a site, and the pages that the package's own tables are on."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import site_pages

from lyncops import errors
from lyncops.checks.catalogue import CHECKS
from lyncops.cli.failures import report_error
from lyncops.cmdlets.codec import cmdlet_classes
from tests.needs import MKDOCS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MAKES_CHECKS = {"check", "result_of", "_Question"}


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    if importlib.util.find_spec("mkdocs") is None:
        MKDOCS.missing()
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pages = {file.stem for file in site.glob("*.html")} - {"index", "404"}
    assert {file.stem for file in DOCS.glob("*.md")} - {"README"} <= pages
    loaded = re.findall(r'(?:src|href)="(https?://[^"]+\.(?:js|css|woff2?))"', page_of(site))
    assert loaded == []


def page_of(site: Path) -> str:
    return "".join(file.read_text(encoding="utf-8") for file in site.glob("*.html"))


def test_every_page_is_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    assert [file.name for file in DOCS.glob("*.md") if file.name not in nav] == []


def test_every_error_has_its_entry_among_the_troubles() -> None:
    anchors = set(re.findall(r'<a id="(\w+)"></a>', page("troubleshooting.md")))
    kinds = {one.__name__.lower() for one in site_pages.error_classes()}
    assert anchors == kinds | {"usageerror", "interrupted", "defect"}


def named_checks() -> dict[str, set[str]]:
    """Each check in the package by its name, with the questions that it asks."""
    found: dict[str, set[str]] = {}
    for file in sorted((ROOT / "lyncops").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in MAKES_CHECKS:
                by_name = {one.arg: one.value for one in call.keywords}
                name = by_name.get("check_id", call.args[0] if call.args else None)
                asks = by_name.get("question", call.args[1] if len(call.args) > 1 else None)
                if isinstance(name, ast.Constant):
                    words = asks.value if isinstance(asks, ast.Constant) else ""
                    found.setdefault(str(name.value), set()).add(str(words))
    return found


def test_every_check_has_its_entry_among_the_troubles() -> None:
    entries = dict(re.findall(r'<a id="check-([\w-]+)"></a>(.*)\n\S', page("troubleshooting.md")))
    checks = named_checks()
    assert len(checks) > len(CHECKS)
    assert set(entries) == set(checks)
    assert [
        name for name, asks in checks.items() if not any(q in entries[name] for q in asks)
    ] == []


def test_a_refusal_at_the_command_line_leads_to_the_entry_of_its_check(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = errors.PlanRefusedError("No.", check_id="mode-fits")
    report_error(error, as_json=True)
    assert "docs/troubleshooting.md#check-mode-fits" in capsys.readouterr().out


def test_the_table_of_cmdlets_is_that_of_the_package() -> None:
    assert page("cmdlets.md") == site_pages.cmdlets_page()
    assert page("cmdlets.md").count("\n| [") == len(cmdlet_classes())


@pytest.mark.parametrize(
    ("name", "table"),
    [("exit-codes.md", site_pages.exit_codes()), ("json.md", site_pages.schema_links())],
)
def test_a_page_has_the_table_of_the_package(name: str, table: str) -> None:
    assert table in page(name), "python3 scripts/docs.py"


def test_the_first_page_ends_in_a_failback() -> None:
    shown = page("start-here.md")
    assert shown.count("completed: The goal is reached.") == 2
    assert "Nothing to do" in shown
