from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import NamedTuple
from unittest.mock import MagicMock

import pytest
from pytest_mock import MockerFixture

from lyncops.cli.main import main
from lyncops.client import Client
from tests.deployments import two_sites


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Invoke = Callable[..., Answer]


class Terminal(io.StringIO):
    """A standard stream that a person sits at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def client(mocker: MockerFixture) -> MagicMock:
    """Stands where the client is: the one boundary that the command line knows."""
    fake: MagicMock = mocker.create_autospec(Client, instance=True)
    fake.__enter__.return_value = fake
    fake.other_journal = ""
    fake.reading_of.return_value = two_sites()
    fake.second_thoughts.return_value = ()
    fake.is_reached.return_value = False
    mocker.patch("lyncops.connect", return_value=fake)
    return fake


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs one command line in a pipe."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    def run(*arguments: str) -> Answer:
        code = main(arguments)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Runs one command line at a terminal where a person types `typed`."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm-256color")

    def run(*arguments: str, typed: str = "") -> Answer:
        out, err = Terminal(), Terminal()
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        return Answer(main(arguments), out.getvalue(), err.getvalue())

    return run
