"""What is not installed is named, with the command that installs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab

EXTRAS = {
    "cli": ("click", "rich"),
    "credssp": ("requests_credssp",),
    "exporter": ("prometheus_client",),
    "jupyter": ("matplotlib",),
    "kerberos": ("gssapi", "krb5"),
    "keyring": ("keyring",),
    "lab": ("trustme",),
    "notify": ("apprise",),
    "otel": ("opentelemetry",),
    "postgres": ("psycopg",),
}


def without(
    *extras: str, then: str, config: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program in a Python that cannot import what these extras bring."""
    hidden = [name for extra in extras for name in EXTRAS[extra]]
    program = f"import sys; sys.modules.update(dict.fromkeys({hidden!r}))\n{then}"
    return subprocess.run(
        [sys.executable, "-c", program, *([] if config is None else [str(config)])],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ,
    )


def typed(*words: str) -> str:
    return f"from lyncops.cli.main import main\nsys.exit(main({list(words)!r}))"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    with pytest.MonkeyPatch.context() as patch, Lab.start("two-sites", rate=3000.0) as lab:
        patch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        yield lab.write_config(tmp_path_factory.mktemp("extras"))


@pytest.mark.parametrize(
    ("extra", "words", "more"),
    [
        ("cli", ("status",), ""),
        ("lab", ("lab", "serve", "two-sites"), ""),
        ("exporter", ("exporter",), ""),
        ("keyring", ("status",), "[credentials]\nusername = 'a'\npassword_keyring = 'lync'\n"),
        ("postgres", ("runs", "list"), "[journal]\nurl = 'postgresql://u@127.0.0.1:1/j'\n"),
    ],
)
def test_the_command_that_installs_it_is_said(
    config: Path, tmp_path: Path, extra: str, words: tuple[str, ...], more: str
) -> None:
    text = config.read_text(encoding="utf-8")
    if "[credentials]" in more:
        text = re.sub(r"\[credentials\][^\[]*", "", text)
    file = tmp_path / "lyncops.toml"
    file.write_text(f"{text}\n{more}", encoding="utf-8")
    done = without(extra, then=typed("--config", str(file), *words))
    assert done.returncode == 1, done.stdout
    assert f'pip install "lyncops[{extra}]"' in done.stderr.replace("'", '"')
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr


README = """
import lyncops
with lyncops.connect(sys.argv[1]) as client:
    pool1 = lyncops.PoolFailover(pool="pool1.contoso.com", mode="planned")
    first = client.check("pool1.contoso.com", mode="planned")[0]
    print(client.plan(pool1).is_refused, first.verdict)
"""


def test_the_library_needs_no_extra(config: Path) -> None:
    done = without(*EXTRAS, then=README, config=config)
    assert (done.returncode, done.stdout) == (0, "False passed\n"), done.stderr
