"""`ansible-test sanity` over the collection, as its authors would run it before a release."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.ansible.conftest import ROOT

pytestmark = pytest.mark.slow
BIN: Final = Path(sys.executable).parent
RUN: Final = frozenset(
    {
        "action-plugin-docs",
        "ansible-doc",
        "changelog",
        "compile",
        "empty-init",
        "ignores",
        "import",
        "line-endings",
        "no-assert",
        "no-get-exception",
        "no-illegal-filenames",
        "no-smart-quotes",
        "pep8",
        "pylint",
        "replace-urlopen",
        "runtime-metadata",
        "shebang",
        "symlinks",
        "use-argspec-type-path",
        "use-compat-six",
        "validate-modules",
        "yamllint",
    }
)
NOT_RUN: Final = {
    "pslint": "the collection has no PowerShell, and the test needs pwsh with PSScriptAnalyzer",
    "shellcheck": "the collection has no shell script, and the test needs shellcheck",
}
_THIS_PYTHON: Final = ("--python", f"{sys.version_info.major}.{sys.version_info.minor}")
_OUT_OF_USE: Final = "sanity.changelog.txt"
"""Needed where a collection has a folder of change fragments; this one has a CHANGELOG.md."""
_SHARED: Final = """\
import pathlib, sysconfig
here = pathlib.Path(sysconfig.get_path("purelib"))
here.joinpath("shared.pth").write_text({shared!r})
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for ansible-test with what its tests need, in the versions that it asks for.

    It makes an environment for each test, and gets pip for each from a server of its own. The
    script that it would get is here already: it puts one folder with everything onto their paths.
    """
    home = tmp_path_factory.mktemp("home")
    shared = home / "shared"
    own = _folder_of_ansible_test()
    lists = sorted((own / "_data" / "requirements").glob("sanity.*.txt"))
    named = [f"--requirement={path}" for path in lists if path.name != _OUT_OF_USE]
    source = (own / "_internal" / "python_requirements.py").read_text("utf-8")
    (pip,) = set(re.findall(r"\bpip='([\d.]+)'", source))
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # The lists name everything in one version: nothing has to be resolved or compiled ahead.
    install += ["--no-deps", "--no-compile"]
    subprocess.run([*install, f"--target={shared}", f"pip=={pip}", *named], check=True)
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True)
    script = cache / f"get_pip_{pip.replace('.', '_')}.py"
    script.write_text(_SHARED.format(shared=str(shared)), encoding="utf-8")
    return home


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """The collection where ansible-test wants one: below a folder `ansible_collections`."""
    copy = tmp_path / "ansible_collections" / "lyncops" / "dr"
    source = ROOT / "ansible_collections" / "lyncops" / "dr"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def _folder_of_ansible_test() -> Path:
    found = importlib.util.find_spec("ansible_test")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _sanity(collection: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE")}
    path = f"{BIN}{os.pathsep}{kept.get('PATH', '')}"
    return subprocess.run(
        [str(BIN / "ansible-test"), "sanity", "--color", "no", *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        cwd=collection,
        env={**kept, "HOME": str(home), "PATH": path, "PIP_NO_INDEX": "1"},
        timeout=600,
    )


def test_every_sanity_test_is_run_or_has_a_reason(collection: Path, home: Path) -> None:
    listed = _sanity(collection, home, "--list-tests").stdout.splitlines()
    names = {line for line in listed if re.fullmatch(r"[a-z0-9-]+", line)}
    assert names == RUN | set(NOT_RUN)


def test_the_collection_is_sane(collection: Path, home: Path) -> None:
    """In the Python that runs the tests; others would have to be installed."""
    chosen = [word for name in sorted(RUN) for word in ("--test", name)]
    done = _sanity(collection, home, *_THIS_PYTHON, *chosen)
    assert done.returncode == 0, done.stdout
    ran = set(re.findall(r'^Running sanity test "([a-z0-9-]+)"', done.stdout, re.MULTILINE))
    assert ran == RUN, done.stdout


def test_what_is_not_sane_is_found(collection: Path, home: Path) -> None:
    """So that a passing run means something: a discarded value by the name that pylint refuses."""
    action = collection / "plugins" / "plugin_utils" / "action.py"
    text = action.read_text("utf-8")
    assert "        given = " in text
    action.write_text(text.replace("        given = ", "        _, given = given, "), "utf-8")
    only = str(action.relative_to(collection))
    done = _sanity(collection, home, *_THIS_PYTHON, "--test", "pylint", only)
    assert (done.returncode != 0, "disallowed-name" in done.stdout) == (True, True), done.stdout
