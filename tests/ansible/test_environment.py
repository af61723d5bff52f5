"""The execution environment for AWX and Controller, by ansible-builder's own reading of it.

What is built from it needs a container runtime; that it can be read, and what it asks for, does
not.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from tests.needs import BUILDER

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "ansible_collections" / "lyncops" / "dr" / "execution-environment.yml"


def test_ansible_builder_makes_the_context_of_a_build(tmp_path: Path) -> None:
    if importlib.util.find_spec("ansible_builder") is None:
        BUILDER.missing()
    context = tmp_path / "context"
    command = [sys.executable, "-m", "ansible_builder", "create", "--file", str(FILE)]
    command += ["--context", str(context), "--output-filename", "Containerfile"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    written = (context / "Containerfile").read_text(encoding="utf-8")
    assert "fedora:42" in written
    assert "lyncops[" in (context / "_build" / "requirements.txt").read_text(encoding="utf-8")


def test_it_asks_for_extras_and_an_ansible_that_lyncops_has() -> None:
    said = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (wanted,) = said["dependencies"]["python"]
    named = re.fullmatch(r"lyncops\[([\w,]+)\]", wanted)
    assert named is not None
    extras = project["optional-dependencies"]
    assert set(named[1].split(",")) <= set(extras)
    assert {"ansible", "postgres"} <= set(named[1].split(","))
    core = said["dependencies"]["ansible_core"]["package_pip"]
    assert core.startswith("ansible-core>=2.18")
    assert any(re.match(r"ansible-core>=2.18", one) for one in extras["ansible"])
