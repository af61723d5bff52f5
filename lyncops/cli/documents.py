"""Documents that a verb makes (a report, a runbook): on standard output, or into a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from lyncops.errors import ConfigurationError

if TYPE_CHECKING:
    from lyncops.cli.screen import Screen

FILE: Final = click.Path(path_type=Path, dir_okay=False)
"""The type of an option that names a file."""

_HELP: Final = "Write it into this file, instead of standard output."


def to_parameter() -> click.Option:
    """The option `--to`, as a parameter of its own."""
    return click.Option(["--to", "--to-file", "path"], type=FILE, help=_HELP)


to_option = click.option("--to", "path", type=FILE, help=_HELP)


def deliver(screen: Screen, text: str, path: Path | None) -> None:
    """Write a document where it was asked for.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    if path is None:
        screen.pour(text)
        return
    write_file(path, text, option="--to")


def write_file(path: Path, text: str, *, option: str) -> None:
    """Write a text file, as `option` asked for.

    Raises:
        ConfigurationError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{option}: {path} cannot be written: {error.strerror}.",
            remedy="Name a file that can be written.",
        ) from error
