"""Runs that go from one journal to another: a file of JSON Lines, in which each run is whole and sealed by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import attrs
from cattrs import BaseValidationError, Converter, transform_error

from lyncops.errors import JournalError
from lyncops.plan.serial import canonical
from lyncops.runs.model import RunSummary

if TYPE_CHECKING:
    from lyncops.runs.journal import Journal  # which speaks of stored runs

FORMAT: Final = 1
_CONVERTER: Final = Converter(forbid_extra_keys=True)
_HEAD: Final = {"lyncops_runs": FORMAT}
_REMEDY: Final = "Export the runs again, and leave the file as it is."


@attrs.frozen(slots=True, kw_only=True)
class StoredEvent:
    """An event as the journal stores it."""

    number: int
    at: str
    kind: str
    body: str


@attrs.frozen(slots=True, kw_only=True)
class StoredRun:
    """A run as the journal stores it: what was known when it began, and its events."""

    run_id: str
    format: int
    created_at: str
    operator: str
    reason: str
    content_id: str
    plan: str
    events: tuple[StoredEvent, ...]


@attrs.frozen(slots=True, kw_only=True)
class Exported:
    """What an export wrote, by run id."""

    written: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()  # they are not over: in two journals they could be resumed twice


@attrs.frozen(slots=True, kw_only=True)
class Imported:
    """What came of an import, by run id."""

    added: tuple[str, ...] = ()
    known: tuple[str, ...] = ()  # the journal had them already, the same to the letter


def export_runs(journal: Journal, path: Path, run_ids: Iterable[str] = ()) -> Exported:
    """Write the finished runs (or those named) into a new file.

    Raises:
        JournalError: a run that was named is not over or not there, or the file exists or cannot be written.
    """
    named = tuple(run_ids)
    known = {run.run_id: run for run in journal.runs()}
    oldest_first = tuple(reversed(tuple(known)))
    chosen = [known.get(run_id) or RunSummary.of(journal.load(run_id)) for run_id in named or oldest_first]
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
            f"{path} cannot be written: {error.strerror}.", remedy="Name a new file, where there is room."
        ) from error
    return Exported(written=written, left_out=unfinished)


def import_runs(journal: Journal, path: Path) -> Imported:
    """Write the runs of a file into the journal. What is there already, the same to the letter, is left as it is.

    Raises:
        JournalError: the file cannot be read, or one of its runs cannot be imported; those before it were.
    """
    added: list[str] = []
    known: list[str] = []
    try:
        with path.open(encoding="utf-8") as file:
            for run in from_lines(file, str(path)):
                (added if journal.store(run) else known).append(run.run_id)
    except (OSError, UnicodeDecodeError) as error:
        raise JournalError(f"{path} cannot be read: {error}.", remedy="Name a file that `lyncops runs export` wrote.") from error
    return Imported(added=tuple(added), known=tuple(known))


def to_lines(runs: Iterable[StoredRun]) -> Iterator[str]:
    """The file, line by line."""
    yield json.dumps(_HEAD)
    for run in runs:
        data = attrs.asdict(run)
        yield json.dumps({"run": data, "sha256": _seal(data)}, ensure_ascii=False)


def from_lines(lines: Iterable[str], name: str) -> Iterator[StoredRun]:
    """The runs of a file called `name`.

    Raises:
        JournalError: it is no such file, one of a newer lyncops, or a run in it was altered or cut off.
    """
    numbered = enumerate(lines, start=1)
    head = _object(next(numbered, (1, ""))[1], name, 1)
    if head.get("lyncops_runs") != FORMAT:
        raise JournalError(f"{name} is no file that `lyncops runs export` of this version wrote.", remedy=_REMEDY)
    for number, line in numbered:
        sealed = _object(line, name, number)
        data = sealed.get("run")
        if not isinstance(data, dict) or sealed.get("sha256") != _seal(cast("object", data)):
            raise JournalError(f"{name}, line {number}: the run was altered after it was exported.", remedy=_REMEDY)
        yield _stored(cast("Mapping[str, object]", data), name, number)


def _seal(data: object) -> str:
    return hashlib.sha256(canonical(data).encode()).hexdigest()


def _object(line: str, name: str, number: int) -> Mapping[str, object]:
    try:
        value: object = json.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise JournalError(f"{name}, line {number}: this is no exported run; was the file cut off?", remedy=_REMEDY)
    return cast("Mapping[str, object]", value)


def _stored(data: Mapping[str, object], name: str, number: int) -> StoredRun:
    try:
        return _CONVERTER.structure(data, StoredRun)
    except BaseValidationError as error:
        what = "; ".join(transform_error(error, path="run"))
        raise JournalError(f"{name}, line {number}: the run cannot be read: {what}.", remedy=_REMEDY) from error
