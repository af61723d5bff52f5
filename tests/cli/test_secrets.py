"""Passwords that are planted, and looked for in everything that is written: files, databases, and
both outputs.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from tests.postgres import Postgres

POOL1: Final = "pool1.contoso.com"
RUN: Final = ("run", "pool-failover", POOL1, "--mode", "planned", "--yes")
WRONG: Final = "Wr0ng-and-planted"
DATABASE: Final = "Pg-and-planted"


def forms(secret: str) -> tuple[bytes, ...]:
    """How a secret may be written: as it is, and as base64, for the wire's two encodings."""
    plain = secret.encode(), secret.encode("utf-16-le")
    return *plain, *(base64.b64encode(text).rstrip(b"=")[:-1] for text in plain)


def rows(postgres: Postgres, url: str) -> bytes:
    """All that stands in the journal's tables."""
    tables = ("lyncops_runs", "lyncops_events", "lyncops_locks", "lyncops_schema")
    return repr([postgres.execute(f"TABLE {table}", url=url) for table in tables]).encode()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_no_planted_password_is_written_anywhere(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    postgres: Postgres | None = request.getfixturevalue("postgres") if kind == "postgres" else None
    url = postgres.database() if postgres else "sqlite:///journal.db"
    said: list[str] = []
    with Lab.start("two-sites", rate=3000.0) as lab:
        config = lab.write_config(tmp_path)
        with config.open("a", encoding="utf-8") as file:
            file.write(f'[journal]\nurl = "{url}"\ntimeout = "5s"\n')

        def lyncops(*arguments: str, password: str = lab.password) -> int:
            secrets = {ENVIRONMENT_VARIABLE: password, "PGPASSWORD": DATABASE, "LYNCOPS_DEBUG": "1"}
            command = [sys.executable, "-m", "lyncops", "--config", str(config), "-v", *arguments]
            done = subprocess.run(
                command,
                check=False,
                capture_output=True,
                text=True,
                env={**os.environ, **secrets},
                cwd=tmp_path,
                timeout=110,
            )
            said.extend((done.stdout, done.stderr))
            return done.returncode

        assert lyncops("status", password=WRONG) == 1
        assert lyncops(*RUN, password=WRONG) == 1
        assert (
            lyncops("plan", "pool-failover", POOL1, "--mode", "planned", "--save", "plan.json") == 0
        )
        lab.world.faults.denied = frozenset({"Invoke-CsPoolFailOver"})
        assert lyncops(*RUN) == 3
        lab.world.faults.denied = frozenset()
        run_id = (
            next(word for text in said for word in text.split("lyncops resume ")[1:])
            .split()[0]
            .rstrip(".,;")
        )
        assert lyncops("resume", run_id, "--json") == 0
        assert lyncops("runs", "report", run_id) == 0
        assert lyncops("runs", "export", "--to", "runs.jsonl") == 0
        secrets = (lab.password, WRONG, DATABASE)
    written = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    written |= {f"output {number}": text.encode() for number, text in enumerate(said)}
    if postgres:
        written["database"] = rows(postgres, url)
    assert len(written) > 15
    assert any(b"Invoke-CsPoolFailOver" in data for data in written.values())
    found = [
        (name, secret)
        for name, data in written.items()
        for secret in secrets
        for form in forms(secret)
        if form in data
    ]
    assert found == []
