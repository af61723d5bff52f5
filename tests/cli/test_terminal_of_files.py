"""What a pseudo-terminal of 80 columns shows without any server: a deployment from a file, a
configuration that was just written, a shell that completes, a program that is not wholly installed.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import attrs
import pytest

from lyncops.cli.known_names import remember
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.codec import deployment_to_json
from lyncops.deployment.model import Deployment
from lyncops.values import Unread
from tests.cli.terminals import POOL1, POOL2, broken_names, converse, show
from tests.deployments import P1, P2, changed, two_sites, with_dead

MODULES = tuple(
    BackupModule(
        name=f"UserServices.Module{n}", export=ExportState.ERROR, import_=ImportState.ERROR
    )
    for n in range(19)
)


def saved(deployment: Deployment, folder: Path) -> str:
    file = folder / "site.json"
    file.write_text(deployment_to_json(deployment), encoding="utf-8")
    return str(file)


def test_in_a_disaster_what_the_backup_service_is_fits_one_line(tmp_path: Path) -> None:
    deployment = changed(with_dead(two_sites(), P1), P2, backup_modules=MODULES)
    seen = show(tmp_path / "none.toml", "status", "--from", saved(deployment, tmp_path))
    assert seen.code == 2, seen.told
    begin = next(n for n, row in enumerate(seen.told) if row.startswith("Front End pools"))
    end = next(n for n, row in enumerate(seen.told) if row.startswith("Central Management store"))
    pools = seen.told[begin + 1 : end]
    assert any("Backup Service 19 of 19 not steady" in row for row in pools), pools
    assert any("Backup Service not read" in row for row in pools), pools
    assert [row for row in pools if "UserServices" in row and "not steady" in row] == []
    assert broken_names(seen.text, POOL1, POOL2) == []


@pytest.mark.parametrize(
    ("deployment", "code"),
    [
        (two_sites(), 0),
        (changed(two_sites(), P2, backup_modules=MODULES), 7),
        (with_dead(two_sites(), P1), 2),
        (attrs.evolve(two_sites(), pools=Unread("the topology", "no answer")), 4),
    ],
    ids=["all is well", "with warnings", "a pool is dead", "unread"],
)
def test_status_ends_with_the_codes_of_readiness(
    deployment: Deployment, code: int, tmp_path: Path
) -> None:
    seen = show(tmp_path / "none.toml", "status", "--from", saved(deployment, tmp_path))
    assert seen.code == code, seen.told


def test_doctor_examines_what_init_wrote(tmp_path: Path) -> None:
    file = tmp_path / "lyncops.toml"
    servers = ("--server", "fe1.acme.invalid", "--server", "https://localhost:1/OcsPowershell")
    who = ("--username", "me@ACME.INVALID", "--password-env", "LYNC_PASSWORD")
    written = show(file, "init", "--name", "acme", *servers, "--edge", "edge1.acme.invalid", *who)
    assert written.code == 0, written.text
    assert written.told[-1].endswith("doctor")
    seen = show(file, "doctor", environment={"LYNC_PASSWORD": "secret"})
    assert seen.code == 2, seen.told
    assert "What to do about https://fe1.acme.invalid/OcsPowershell" in seen.text
    assert "What to do about https://localhost:1/OcsPowershell" in seen.text
    assert re.search(r"name-resolution\s+(?:verdict )?failed", seen.text), seen.told
    assert "acme: failed" in seen.text
    assert "secret" not in seen.drawn


def test_what_is_not_installed_is_named_with_its_command(tmp_path: Path) -> None:
    hide = "import sys; sys.modules['prometheus_client'] = None\n"
    (tmp_path / "sitecustomize.py").write_text(hide, encoding="utf-8")
    beside = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    file = tmp_path / "lyncops.toml"
    assert (
        show(file, "init", "--name", "acme", "--server", "fe1.acme.invalid", "--username", "").code
        == 0
    )
    seen = show(file, "exporter", environment={"PYTHONPATH": beside})
    assert seen.code == 1
    assert 'pip install "lyncops[exporter]"' in seen.text.replace("'", '"')
    assert "defect" not in seen.text
    assert len(seen.told) <= 3


def test_bash_completes_a_pool_that_was_read_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (bash := shutil.which("bash")) is None:
        pytest.skip("there is no bash")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    program = tmp_path / "lyncops"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lyncops "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    config = tmp_path / "lyncops.toml"
    remember(config, two_sites())
    converse(
        [bash, "--norc", "--noprofile", "-i"],
        (b'eval "$(lyncops completion bash)"; echo loa""ded\n', "loaded"),
        (f"lyncops --config {shlex.quote(str(config))} check {POOL2[:5]}\t".encode(), POOL2),
    )
