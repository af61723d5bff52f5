"""Gives the scripts beside it an environment of their own: needs nothing but Python 3.11 and pip.

`.venv` is made with the standard library and lyncops is installed there in editable form. What was
installed is written to a stamp, so that only another interpreter, another folder or another
pyproject.toml installs again; editing the code never does.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
STAMP = FOLDER / "lyncops-stamp.json"
OLDEST = (3, 11)

NO_PIP = """\
This Python ({python}) can make no virtual environment: it has neither ensurepip nor pip.
Install them first, on Debian and Ubuntu with: apt-get install python3-venv"""


def run_inside(script: str, *extras: str) -> None:
    """Return when this interpreter is the environment's; else make the environment, run `script` in
    it and exit as it did.
    """
    python = environment(*extras)
    if Path(sys.prefix).resolve() == FOLDER.resolve():
        return
    try:
        code = subprocess.run([str(python), script, *sys.argv[1:]], check=False).returncode
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def environment(*extras: str) -> Path:
    """The environment's interpreter, with lyncops and these extras installed."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"lyncops needs Python 3.11 or newer; this is {sys.version.split()[0]}"
            f" ({sys.executable})."
        )
    python = FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    key = _key()
    stamp = _read_stamp()
    wanted = set(extras)
    if python.exists() and stamp.get("key") == key:
        installed = set(stamp.get("extras", []))
        if wanted <= installed:
            return python
        wanted |= installed
    elif Path(sys.prefix).resolve() == FOLDER.resolve():
        pass  # its own interpreter is running: it is brought up to date in place
    else:
        _say(f"Making a virtual environment in {FOLDER} ...")
        _make(python)
    _say(
        f"Installing lyncops [{', '.join(sorted(wanted))}] there; the next time this is not"
        " needed ..."
    )
    STAMP.unlink(missing_ok=True)
    _pip([str(python), "-m", "pip"], "install", "--editable", f"{ROOT}[{','.join(sorted(wanted))}]")
    STAMP.write_text(json.dumps({"key": key, "extras": sorted(wanted)}), encoding="utf-8")
    return python


def _key() -> str:
    parts = (sys.version, str(ROOT), (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _read_stamp() -> dict[str, str | list[str]]:
    try:
        stamp: dict[str, str | list[str]] = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp


def _make(python: Path) -> None:
    """Make it again.

    Where Debian left out ensurepip, the pip of the interpreter outside puts one in.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    if not has_ensurepip and importlib.util.find_spec("pip") is None:
        sys.exit(NO_PIP.format(python=sys.executable))
    venv.create(FOLDER, with_pip=has_ensurepip, symlinks=os.name != "nt")
    if not has_ensurepip:
        _pip([sys.executable, "-m", "pip", "--python", str(python)], "install", "pip")


def _pip(pip: list[str], *arguments: str) -> None:
    command = [*pip, "-qq", "--disable-pip-version-check", "--no-input", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(
            f"The installation failed: {' '.join(command)}\nIs the package index within reach?"
            " pip's own words stand above."
        )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
