from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from ansible_pages import COLLECTION, pages

from lyncops.ansible.modules import MODULES
from lyncops.plan.procedures import PROCEDURES

BIN: Final = Path(sys.executable).parent


def test_the_pages_are_what_the_procedures_say_now() -> None:
    stale = [path.name for path, text in pages().items() if path.read_text("utf-8") != text]
    assert stale == [], "python3 scripts/ansible_pages.py writes them again"


def test_no_page_is_left_of_a_module_that_is_gone() -> None:
    written = {path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py")}
    assert written == {path.stem for path in (COLLECTION / "plugins" / "action").glob("*.py")}
    assert written == set(MODULES)


def test_every_procedure_has_a_module() -> None:
    found = {kind.NAME for module in MODULES.values() for kind in module.procedures}
    assert found == set(PROCEDURES)


@pytest.mark.unmeasured
def test_ansible_doc_shows_every_module_with_every_parameter(tmp_path: Path) -> None:
    names = [f"lyncops.dr.{name}" for name in MODULES]
    done = subprocess.run(
        [str(BIN / "ansible-doc"), "-j", *names],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    shown: dict[str, Any] = json.loads(done.stdout)
    for name, module in MODULES.items():
        page = shown[f"lyncops.dr.{name}"]
        assert set(page["doc"]["options"]) == {one.name for one in module.parameters}
        assert "failure_kind" in page["return"]
        assert page["examples"]


@pytest.mark.unmeasured
def test_galaxy_builds_the_collection(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(BIN / "ansible-galaxy"), "collection", "build", str(COLLECTION)],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.glob("*.tar.gz")] == ["lyncops-dr-0.1.0.tar.gz"]
