from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOST_ROOMS = 17
MOST_LINES = 420
LATER_FACES = frozenset({"ansible", "drill", "exporter", "jupyter", "testing"})
"""Faces that came after the rooms were sorted: they show, rehearse or hand out what the
others do."""


def test_every_room_imports_from_lower_floors_only() -> None:
    # In a process of its own: the linter configures logging for the whole process.
    run = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    command = [sys.executable, "-c", run]
    done = subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout


def test_the_top_of_the_package_holds_few_rooms() -> None:
    inside = (ROOT / "lyncops").iterdir()
    rooms = {one.stem for one in inside if one.suffix == ".py" or (one / "__init__.py").exists()}
    rooms -= {"__init__", "__main__"} | LATER_FACES
    assert len(rooms) <= MOST_ROOMS, sorted(rooms)


def test_no_module_is_longer_than_one_idea_needs() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in (ROOT / "lyncops").rglob("*.py")
    }
    assert {path: length for path, length in lengths.items() if length > MOST_LINES} == {}
