"""What users may write: every procedure by its value, and public signatures that name public types
only.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
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
STRICT = {"typeCheckingMode": "strict", "pythonVersion": "3.11"}


def _written(source: str, folder: Path) -> Path:
    """A copy of an example outside the project, whose own settings then do not count."""
    program = folder / "program.py"
    program.write_text((HERE / source).read_text("utf-8"), "utf-8")
    (folder / "pyrightconfig.json").write_text(json.dumps(STRICT), "utf-8")
    return program


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, check=False, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def _mypy(program: Path) -> set[int]:
    """The lines that mypy refuses."""
    said = _run(
        program.parent,
        "mypy",
        "--strict",
        "--python-version",
        "3.11",
        "--output",
        "json",
        program.name,
    )
    found = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return {
        one["line"] for one in found if one["severity"] == "error" and one["file"] == program.name
    }


def _pyright(program: Path) -> set[int]:
    """The lines that basedpyright refuses."""
    said = json.loads(
        _run(
            program.parent,
            "basedpyright",
            "--outputjson",
            "--pythonpath",
            sys.executable,
            program.name,
        )
    )
    assert said["summary"]["filesAnalyzed"] == 1
    return {
        one["range"]["start"]["line"] + 1
        for one in said["generalDiagnostics"]
        if one["severity"] == "error"
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("checker", [_mypy, _pyright], ids=["mypy", "basedpyright"])
def test_the_type_checkers_accept_the_examples_and_refuse_the_mistakes(
    checker: Callable[[Path], set[int]], tmp_path: Path
) -> None:
    assert checker(_written("examples.py", tmp_path)) == set()
    program = _written("mistakes.py.txt", tmp_path)
    wrong = {
        number
        for number, line in enumerate(program.read_text("utf-8").splitlines(), 1)
        if "# WRONG: " in line
    }
    assert len(wrong) == 10
    assert checker(program) == wrong


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


def test_the_examples_import_nothing_from_below_the_top_but_cmdlets() -> None:
    tree = ast.parse((HERE / "examples.py").read_text("utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    below = {name for name in imported if name.startswith("lyncops")}
    assert below == {"lyncops.cmdlets"}


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
