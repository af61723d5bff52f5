"""What users may write: every procedure by its value, and public signatures that name public types
only.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

import lyncops
from lyncops.client import Client
from lyncops.lab.simulation import Simulation
from lyncops.plan.procedures import PROCEDURES
from lyncops.runs.connection import Connection
from lyncops.runs.journal import open_journal
from lyncops.testing.model import ModelClock, ModelSessions
from tests.typing.examples import every_procedure, plans

HERE = Path(__file__).parent
SCRIPTS = HERE.parent.parent / "scripts" / "examples"
STRICT = {"typeCheckingMode": "strict", "pythonVersion": "3.11"}
Refused = dict[str, set[int]]
"""The lines of each program that a type checker refuses."""


def _write_programs(folder: Path) -> None:
    """Copies outside the project, whose own settings then do not count."""
    (folder / "pyrightconfig.json").write_text(json.dumps(STRICT), "utf-8")
    (folder / "mistakes.py").write_text((HERE / "mistakes.py.txt").read_text("utf-8"), "utf-8")
    for program in (HERE / "examples.py", *SCRIPTS.glob("*.py")):
        (folder / program.name).write_text(program.read_text("utf-8"), "utf-8")


def _run(folder: Path, *command: str) -> str:
    programs = sorted(path.name for path in folder.glob("*.py"))
    done = subprocess.run(
        [sys.executable, "-m", *command, *programs],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def _mypy(folder: Path) -> Refused:
    said = _run(folder, "mypy", "--strict", "--python-version", "3.11", "--output", "json")
    found = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert found, said
    return _by_program((one["file"], one["line"], one["severity"]) for one in found)


def _pyright(folder: Path) -> Refused:
    said = json.loads(_run(folder, "basedpyright", "--outputjson", "--pythonpath", sys.executable))
    assert said["summary"]["filesAnalyzed"] == len(list(folder.glob("*.py")))
    return _by_program(
        (Path(one["file"]).name, one["range"]["start"]["line"] + 1, one["severity"])
        for one in said["generalDiagnostics"]
    )


def _by_program(found: Iterable[tuple[str, int, str]]) -> Refused:
    refused: Refused = {}
    for program, line, severity in found:
        if severity == "error":
            refused.setdefault(program, set()).add(line)
    return refused


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("checker", [_mypy, _pyright], ids=["mypy", "basedpyright"])
def test_the_type_checkers_accept_the_examples_and_refuse_the_mistakes(
    checker: Callable[[Path], Refused], tmp_path: Path
) -> None:
    _write_programs(tmp_path)
    lines = (tmp_path / "mistakes.py").read_text("utf-8").splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if "# WRONG: " in line}
    assert len(wrong) == 12
    assert checker(tmp_path) == {"mistakes.py": wrong}


def test_every_procedure_is_planned_by_its_value(tmp_path: Path) -> None:
    world = Simulation.load("two-sites")
    connection = Connection(
        name="contoso",
        open_sessions=lambda: ModelSessions(world),
        open_journal=lambda: open_journal(f"sqlite:///{tmp_path / 'lyncops.db'}"),
        clock=ModelClock(world),
    )
    with Client(connection) as client:
        made = plans(client)
    assert {type(plan.procedure) for plan in made} == set(PROCEDURES.values())
    assert [plan.procedure for plan in made] == list(every_procedure())


@pytest.mark.parametrize("program", [HERE / "examples.py", *SCRIPTS.glob("*.py")], ids=str)
def test_the_examples_import_nothing_from_below_the_top_but_cmdlets(program: Path) -> None:
    tree = ast.parse(program.read_text("utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    below = {name for name in imported if name.startswith("lyncops")}
    assert below <= {"lyncops.cmdlets"}


def test_what_the_client_takes_and_gives_is_exported() -> None:
    tree = ast.parse(Path(str(sys.modules[Client.__module__].__file__)).read_text("utf-8"))
    ours = {
        name.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module is not None
        and node.module.startswith("lyncops")
        for name in node.names
    }
    (client,) = [
        node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Client"
    ]
    used = {
        name.id
        for method in client.body
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_")
        for annotation in [one.annotation for one in ast.walk(method) if isinstance(one, ast.arg)]
        + [method.returns]
        if annotation is not None
        for name in ast.walk(annotation)
        if isinstance(name, ast.Name)
    }
    assert used & set(ours) <= set(lyncops.__all__), used & set(ours) - set(lyncops.__all__)
