"""What `--json` answers, against the schemas in `docs/schemas/`: every verb, in a lab."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import attrs
import click
import pytest
import schemas
from schema_of import Dialect, document

from lyncops.cli.main import main
from lyncops.cli.verbs import lyncops
from lyncops.lab.control.server import ControlServer
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.runs.exit_codes import ExitCode

POOL1, POOL2 = "pool1.contoso.com", "pool2.contoso.com"
PLANNED = (POOL1, "--mode", "planned")
DISASTER = (POOL1, "--mode", "disaster", "--accept-data-loss")
FORMS = schemas.schemas()
Validator: Any = importlib.import_module("jsonschema").Draft202012Validator


@attrs.frozen
class Played:
    """What was typed, the schema of its answer, and what came."""

    words: tuple[str, ...]
    schema: str
    answers: tuple[Any, ...]


@attrs.define
class Stage:
    """Types commands, and keeps their answers."""

    config: Path
    folder: Path
    played: list[Played] = attrs.field(factory=list[Played])

    def type(self, schema: str, *words: str, code: int = 0) -> Any:  # noqa: ANN401 -- JSON
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            ended = main(["--config", str(self.config), *words, "--json"])
        assert ended == code, (words, out.getvalue()[-600:], err.getvalue())
        said = out.getvalue()
        many = schema == "runs-watch" or words[:2] == ("backup-service", "watch")
        answers = tuple(map(json.loads, said.splitlines())) if many else (json.loads(said),)
        self.played.append(Played(words, schema, answers))
        return answers[-1]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Generator[list[Played]]:
    folder = tmp_path_factory.mktemp("schemas")
    with pytest.MonkeyPatch.context() as patch, Lab.start("two-sites", rate=3000.0) as lab:
        patch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        stage = Stage(lab.write_config(folder / "lab"), folder)
        with ControlServer(lab.served, folder / "lab"):
            _in_peace(stage)
            _in_a_disaster(stage)
            _journal(stage)
        _lab(stage)
        yield stage.played


def _in_peace(stage: Stage) -> None:
    stage.type("doctor", "doctor", code=ExitCode.DONE_WITH_EXCEPTIONS)
    stage.type("status", "status")
    stage.type("readiness", "readiness", "--count-users")
    stage.type("check", "check", POOL1, POOL2)
    stage.type("plan", "plan", "pool-failover", *PLANNED)
    stage.type("rehearsal", "run", "pool-failover", *PLANNED, "--rehearse")
    stage.type("backup-service", "backup-service", "show")
    stage.type("backup-service", "backup-service", "watch", "--until-steady")
    stage.type("run", "backup-service", "set", "--sync-interval", "3m", "--yes")
    stage.type("nothing-to-do", "backup-service", "set", "--sync-interval", "3m", "--yes")
    stage.type("run", "backup-service", "sync", POOL1, "--yes")
    stage.type("run", "run", "database-failover", POOL1, "--principal", "mirror", "--yes")
    stage.type("snapshot", "snapshot", "--out", str(stage.folder / "site.json"))
    stage.type("drill", "drill", "pool-failover", POOL1)


def _in_a_disaster(stage: Stage) -> None:
    out = ("--out", str(stage.config.parent))
    stage.type("lab-inject", "lab", "inject", *out, "crash", POOL1)
    stage.type("status", "status", code=ExitCode.REFUSED)
    stage.type("plan", "plan", "pool-failover", *DISASTER)
    stage.type("error", "run", "pool-failover", *PLANNED, "--yes", code=ExitCode.REFUSED)
    stage.type("run", "run", "pool-failover", *DISASTER, "--yes")
    stage.type("nothing-to-do", "run", "pool-failover", *DISASTER, "--yes")
    stage.type("plan", "plan", "pool-failover", *DISASTER)
    stage.type("backup-service", "backup-service", "show")
    stage.type("lab-inject", "lab", "inject", *out, "crash", "edge1.contoso.com")
    moved = ("run", "edge-federation-failover", "edge1.contoso.com", "--yes")
    waiting = stage.type("run", *moved, code=ExitCode.PAUSED)
    stage.type("run", "resume", waiting["run"], code=ExitCode.PAUSED)
    status = stage.type("status", "status", code=ExitCode.DONE_WITH_EXCEPTIONS)
    assert status["open_runs"] == [waiting["run"]]
    stage.type("run", "runs", "cancel", waiting["run"], "--reason", "no site")


def _journal(stage: Stage) -> None:
    file = str(stage.folder / "runs.jsonl")
    stage.type("runs-list", "runs", "list", "--limit", "2")
    stage.type("run", "runs", "show", "latest", code=ExitCode.FAILED)
    stage.type("runs-watch", "runs", "watch", "latest", code=ExitCode.FAILED)
    stage.type("runs-report", "runs", "report", "latest")
    stage.type("runs-verify", "runs", "verify", "latest")
    stage.type("runs-export", "runs", "export", "--to", file)
    stage.type("runs-import", "runs", "import", file)
    stage.type("runs-prune", "runs", "prune", "--before", "2000-01-01", "--yes")
    stage.type("error", "runs", "show", "nothing", code=ExitCode.WRONG_USE)


def _lab(stage: Stage) -> None:
    stage.type("lab-scenarios", "lab", "scenarios")
    words = ("lab", "serve", "two-sites", "--out", str(stage.folder / "other"), "--json")
    command = [sys.executable, "-m", "lyncops", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        line = serving.stdout.readline()
        serving.terminate()
    stage.played.append(Played(words, "lab-serve", (json.loads(line),)))


def verbs_with_json(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not path or path[0] in ("plan", "run", "check"):  # one answer for all procedures
        if path:
            yield path
            return
    elif any("--json" in option.opts for option in command.params):
        yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from verbs_with_json(inner, (*path, name))


@pytest.mark.slow
def test_the_real_answer_of_every_verb_has_its_schema(played: list[Played]) -> None:
    wrong = [
        (one.words, "/".join(map(str, error.path)), error.message[:300])
        for one in played
        for answer in one.answers
        for error in Validator(FORMS[one.schema]).iter_errors(answer)
    ]
    assert wrong == []
    assert {one.schema for one in played} == FORMS.keys()
    typed = [one.words for one in played]
    missing = [
        path
        for path in verbs_with_json(lyncops, ())
        if not any(w[: len(path)] == path for w in typed)
    ]
    assert set(missing) <= {("drill", "site-failover"), ("drill", "all")}  # as pool-failover


def test_the_published_schemas_are_those_of_the_types() -> None:
    stored = {file.stem: file.read_text(encoding="utf-8") for file in schemas.FOLDER.glob("*.json")}
    made = {name: schemas.text_of(schema) for name, schema in FORMS.items()}
    changed = sorted(name for name in made if made[name] != stored.get(name))
    assert (changed, sorted(stored.keys() - made.keys())) == ([], []), "python3 scripts/schemas.py"


@pytest.mark.parametrize("name", FORMS)
def test_a_schema_is_one_and_every_object_of_lyncops_is_closed(name: str) -> None:
    Validator.check_schema(FORMS[name])
    for one in (FORMS[name], *FORMS[name].get("$defs", {}).values()):
        if "properties" in one:
            assert one["additionalProperties"] is False


def test_a_field_more_or_less_is_noticed() -> None:
    @attrs.frozen
    class Small:
        name: str
        size: int

    validator = Validator(document("small", Small, Dialect()))
    assert validator.is_valid({"name": "a", "size": 1})
    assert not validator.is_valid({"name": "a"})
    assert not validator.is_valid({"name": "a", "size": 1, "colour": "red"})
