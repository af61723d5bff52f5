"""A computer without internet: the commands of docs/installation.md, as they are printed there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

from tests.needs import PACKAGES

ROOT: Final = Path(__file__).resolve().parent.parent
UNREACHABLE: Final = re.compile("connection|resolve|No matching distribution", re.IGNORECASE)

pytestmark = pytest.mark.slow


def commands() -> tuple[list[str], list[str]]:
    """What is typed on the computer with internet, and on the one without."""
    page = (ROOT / "docs" / "installation.md").read_text("utf-8")
    section = page.split("## Without internet")[1].split("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    with_internet, without = (
        [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
        for block in blocks
    )
    return with_internet, without


def typed(lines: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Type them in a shell that ends at the first one that fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/bash", "-ec", "\n".join(lines)],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path, **environment},
    )


def test_what_was_collected_is_all_that_an_installation_needs(tmp_path: Path) -> None:
    collect, install = commands()
    project, far = tmp_path / "project", tmp_path / "far"
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".venv", ".git", ".*_cache"))
    collected = typed(collect, project)
    if collected.returncode and UNREACHABLE.search(collected.stderr):
        PACKAGES.missing()
    assert collected.returncode == 0, collected.stderr
    far.mkdir()
    shutil.move(project / "wheelhouse", far)
    shutil.rmtree(project)

    nowhere = "http://127.0.0.1:9"  # no index answers, should one be asked after all
    installed = typed(install, far, PIP_INDEX_URL=nowhere, PIP_EXTRA_INDEX_URL="", PYTHONPATH="")
    assert installed.returncode == 0, installed.stderr
    assert installed.stdout.splitlines()[-1] == f"lyncops, version {version('lyncops')}"
    rehearsed = typed(["lyncops-env/bin/lyncops lab scenarios"], far, PYTHONPATH="")
    assert "two-sites" in rehearsed.stdout, rehearsed.stderr
