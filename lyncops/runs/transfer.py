"""Finished runs go from one journal to another, by way of a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs

from lyncops.errors import JournalError
from lyncops.runs.exchange import from_lines, to_lines
from lyncops.runs.journal import Journal
from lyncops.runs.model import RunSummary


@attrs.frozen(slots=True, kw_only=True)
class Exported:
    """What an export wrote, by run id."""

    written: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()  # they are not over: in two journals they could be resumed twice


@attrs.frozen(slots=True, kw_only=True)
class Imported:
    """The result of an import, by run id."""

    added: tuple[str, ...] = ()
    known: tuple[str, ...] = ()  # the journal had them already, the same to the letter


def export_runs(journal: Journal, path: Path, run_ids: Iterable[str] = ()) -> Exported:
    """Write the finished runs (or those named) into a new file.

    Raises:
        JournalError: a run that was named is not over or not there, or the file exists or cannot be
            written.
    """
    named = tuple(run_ids)
    known = {run.run_id: run for run in journal.runs()}
    oldest_first = tuple(reversed(tuple(known)))
    chosen = [
        known.get(run_id) or RunSummary.of(journal.load(run_id)) for run_id in named or oldest_first
    ]
    unfinished = tuple(run.run_id for run in chosen if run.state is None or not run.state.is_final)
    if named and unfinished:
        raise JournalError(
            f"Run {unfinished[0]} is not over: in two journals it could be resumed twice.",
            remedy=f"Finish it first (lyncops resume {unfinished[0]}), or cancel it.",
        )
    written = tuple(run.run_id for run in chosen if run.run_id not in unfinished)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in to_lines(map(journal.stored, written)))
    except OSError as error:
        raise JournalError(
            f"{path} cannot be written: {error.strerror}.",
            remedy="Give a new file, on a disk with free space.",
        ) from error
    return Exported(written=written, left_out=unfinished)


def import_runs(journal: Journal, path: Path) -> Imported:
    """Write the runs of a file into the journal.

    What is there already, the same to the letter, is left as it is.

    Raises:
        JournalError: the file cannot be read, or one of its runs cannot be imported; those before
            it were.
    """
    added: list[str] = []
    known: list[str] = []
    try:
        with path.open(encoding="utf-8") as file:
            for run in from_lines(file, str(path)):
                (added if journal.store(run) else known).append(run.run_id)
    except (OSError, UnicodeDecodeError) as error:
        raise JournalError(
            f"{path} cannot be read: {error}.",
            remedy="Name a file that `lyncops runs export` wrote.",
        ) from error
    return Imported(added=tuple(added), known=tuple(known))
