from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from lyncops.configuration.settings import load_configuration
from lyncops.plan.procedures import PROCEDURES

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_python_example_type_checks(tmp_path: Path) -> None:
    example = tmp_path / "example.py"
    example.write_text(block("python"), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", str(example)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_python_example_has_ten_lines() -> None:
    assert len(block("python").strip().splitlines()) <= 10


def test_the_example_configuration_can_be_used(tmp_path: Path) -> None:
    config = tmp_path / "lyncops.toml"
    config.write_text(block("toml"), encoding="utf-8")
    assert load_configuration(config).name == tomllib.loads(block("toml"))["deployment"]["name"]


@pytest.mark.parametrize("name", PROCEDURES)
def test_every_procedure_has_its_page(name: str) -> None:
    assert f"docs/{name}.md" in README
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert PROCEDURES[name].SUMMARY in page
