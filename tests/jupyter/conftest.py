from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lyncops.lab.lab import ENVIRONMENT_VARIABLE
from lyncops.testing import Lab

Show = Callable[[object], Mapping[str, str]]


@pytest.fixture
def show() -> Show:
    """What a real IPython shell, in which lyncops registered itself, makes of a value."""
    interactive: Any = pytest.importorskip("IPython.core.interactiveshell")
    from lyncops.jupyter import load_ipython_extension

    shell = interactive.InteractiveShell()
    shell.display_formatter.active_types = ["text/plain", "text/html"]
    load_ipython_extension(shell)

    def shown(value: object) -> Mapping[str, str]:
        forms: Mapping[str, str] = shell.display_formatter.format(value)[0]
        return forms

    return shown


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Two sites; an hour passes in 1.2 s."""
    with Lab.start("two-sites", rate=3000) as started:
        yield started


@pytest.fixture
def desk(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of somebody with a lyncops.toml that points at the lab."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, lab.password)
    return lab.write_config(tmp_path / "desk").parent
