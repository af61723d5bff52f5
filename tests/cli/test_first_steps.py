"""The first minutes: a configuration, completion, examples, colours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import click
import pytest
from click.shell_completion import CompletionItem

from lyncops.cli.completing import RunName
from lyncops.cli.procedure_options import Name
from lyncops.cli.verbs import lyncops
from lyncops.configuration.settings import load_configuration
from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.plan.procedures import PROCEDURES
from lyncops.values import Fqdn
from tests.cli.conftest import Answer, Invoke

POOL1, POOL2 = "pool1.contoso.com", "pool2.contoso.com"


def test_init_writes_what_can_be_read(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "lyncops.toml"
    answer = invoke(
        *("--config", str(file), "init", "--name", "contoso", "--server", "fe1.contoso.com"),
        *("--server", "https://fe2.contoso.com:5986/wsman", "--edge", "edge1.contoso.com"),
        *("--username", "admin@CONTOSO.COM", "--password-env", "LYNC_PASSWORD"),
    )
    assert answer.code == 0
    assert f"lyncops --config {file} doctor" in answer.out
    found = load_configuration(file)
    assert found.name == "contoso"
    text = file.read_text(encoding="utf-8")
    assert 'url = "https://fe1.contoso.com/OcsPowershell"' in text
    assert 'password_env = "LYNC_PASSWORD"' in text
    before = text
    again = invoke("--config", str(file), "init", "--server", "fe9.contoso.com")
    assert (again.code, file.read_text(encoding="utf-8")) == (1, before)
    assert "exists already; it was left as it is" in again.err


def test_init_asks_for_what_was_not_said(
    at_terminal: Callable[..., Answer], tmp_path: Path
) -> None:
    file = tmp_path / "lyncops.toml"
    typed = "acme\nfe1.acme.com\nfe2.acme.com\n\nadmin@ACME.COM\n\n"
    answer = at_terminal("--config", str(file), "init", typed=typed)
    assert answer.code == 0, answer.err
    text = file.read_text(encoding="utf-8")
    assert 'name = "acme"' in text
    assert text.count("[[endpoint]]") == 2
    assert "password_prompt = true" in text


def test_init_without_anybody_to_ask_says_what_to_write(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "lyncops.toml"
    answer = invoke("--config", str(file), "init")
    assert answer.code == 1
    assert "lyncops init --name NAME --server FQDN" in answer.err
    assert not file.exists()


def test_a_first_run_without_a_configuration_says_how_to_get_one(
    invoke: Invoke, tmp_path: Path
) -> None:
    answer = invoke("--config", str(tmp_path / "lyncops.toml"), "status")
    assert answer.code == 1
    assert "`lyncops init` writes one" in answer.err


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, f"{path} {name}")


def test_every_help_has_an_example() -> None:
    missing = [
        path
        for path, command in commands(lyncops, "lyncops")
        if path != "lyncops" and "Example" not in f"{command.help}{command.epilog}"
    ]
    assert missing == []


@pytest.fixture(scope="module")
def site(config: Path) -> Path:
    """A snapshot of the lab, with a name for each thing in the examples."""
    file = config.with_name("site.json")
    started(config, "snapshot", "--out", str(file))
    return file


def failed_checks(said: object) -> Iterator[object]:
    """The ids of the failed checks, wherever they are in an answer."""
    inside: list[object] = []
    if isinstance(said, dict):
        named = cast("dict[str, object]", said)
        if named.get("verdict") == "failed":
            yield named.get("check_id")
        inside = list(named.values())
    elif isinstance(said, list):
        inside = cast("list[object]", said)
    for each in inside:
        yield from failed_checks(each)


@pytest.mark.parametrize("name", sorted(PROCEDURES))
def test_the_example_of_a_procedure_can_be_typed(
    name: str, site: Path, config: Path, invoke: Invoke
) -> None:
    """It names a pool where a pool is meant, and an Edge pool where that is meant."""
    group = lyncops.get_command(click.Context(lyncops), "plan")
    assert isinstance(group, click.Group)
    command = group.get_command(click.Context(group), name)
    assert command is not None
    example = str(command.epilog).splitlines()[-1].split()
    assert example[:3] == ["lyncops", "plan", name]
    answer = invoke("--config", str(config), *example[1:], "--from", str(site), "--json")
    assert answer.code in (0, 2), answer.err
    failed = set(failed_checks(json.loads(answer.out)))
    assert not failed & {"pool-exists", "pool-is-front-end", "edge-exists", "next-hop-target"}


def test_a_snapshot_leaves_no_names_for_completion(
    site: Path, tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    answer = invoke("--config", str(tmp_path / "lyncops.toml"), "status", "--from", str(site))
    assert "Front End pools" in answer.out
    assert not list(tmp_path.rglob("*.json"))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("completion")
    with pytest.MonkeyPatch.context() as patch, Lab.start("two-sites", rate=3000.0) as lab:
        patch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        yield lab.write_config(folder)


@pytest.fixture(scope="module")
def moved(config: Path) -> str:
    """The id of a run: one pool was failed over, and the servers were read."""
    words = ("run", "pool-failover", POOL1, "--mode", "planned", "--yes")
    started(config, *words)
    started(config, "status")
    return started(config, "runs", "list").stdout.splitlines()[1].split()[0]


def started(config: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lyncops", "--config", str(config), *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **more}
    )


def values(items: list[CompletionItem]) -> list[str]:
    return [str(item.value) for item in items]


def test_pools_and_runs_are_completed_without_a_server(config: Path, moved: str) -> None:
    context = click.Context(lyncops)
    context.params = {"config": config, "journal": ""}
    argument = click.Argument(["x"])
    pools = values(Name(Fqdn).shell_complete(context, argument, "POOL"))
    assert pools == [POOL1, POOL2]
    runs = values(RunName().shell_complete(context, argument, ""))
    assert runs == ["latest", moved]
    context.params = {"config": config.parent / "none.toml", "journal": ""}
    assert values(RunName().shell_complete(context, argument, "")) == ["latest"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_shell_has_its_script(invoke: Invoke, shell: str) -> None:
    answer = invoke("completion", shell)
    assert answer.code == 0
    assert "_LYNCOPS_COMPLETE" in answer.out


def test_bash_completes(config: Path, moved: str, tmp_path: Path) -> None:
    if (bash := shutil.which("bash")) is None:
        pytest.skip("there is no bash")
    (tmp_path / "lyncops").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m lyncops "$@"\n', encoding="utf-8"
    )
    (tmp_path / "lyncops").chmod(0o755)
    line = f"lyncops --config {config} runs show {moved[:8]}"
    script = (
        'eval "$(lyncops completion bash)"; COMP_WORDS=(' + line + "); COMP_CWORD=5;"
        ' _lyncops_completion lyncops; echo "${COMPREPLY[@]}"'
    )
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [bash, "-c", script], capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout.split() == [moved], done.stderr


def test_colours_come_where_they_are_wanted(config: Path, moved: str) -> None:
    words = ("runs", "list")
    assert "\x1b[" not in started(config, *words).stdout
    forced = started(config, *words, FORCE_COLOR="1").stdout
    assert "\x1b[3" in forced
    assert moved in forced
    none = started(config, *words, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[3" not in none
