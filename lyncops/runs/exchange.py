"""A file of runs: JSON Lines, in which each run is whole and sealed by its hash.

Format 2 has the hash chain of each run; a file of format 1 is read, and its runs are not chained.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast

import attrs
from cattrs import BaseValidationError, Converter, transform_error

from lyncops.errors import JournalError
from lyncops.plan.serial import canonical

FORMAT: Final = 2
_FORMATS: Final = (1, FORMAT)
_CONVERTER: Final = Converter(forbid_extra_keys=True)
_HEAD: Final = {"lyncops_runs": FORMAT}
_REMEDY: Final = "Export the runs again, and do not edit the file."


@attrs.frozen(slots=True, kw_only=True)
class StoredEvent:
    """An event as the journal stores it."""

    number: int
    at: str
    kind: str
    body: str
    # See lyncops.runs.chain; "" where an older lyncops wrote it
    previous_hash: str = ""
    entry_hash: str = ""


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
    # How many entries were written, and the hash of the last one
    entries: int = 0
    tip: str = ""


def to_lines(runs: Iterable[StoredRun]) -> Iterator[str]:
    """The file, line by line."""
    yield json.dumps(_HEAD)
    for run in runs:
        data = attrs.asdict(run)
        yield json.dumps({"run": data, "sha256": _seal(data)}, ensure_ascii=False)


def from_lines(lines: Iterable[str], name: str) -> Iterator[StoredRun]:
    """The runs of a file called `name`.

    Raises:
        JournalError: it is not such a file, it is one of a newer lyncops, or a run in it was
        altered or cut
            off.
    """
    numbered = enumerate(lines, start=1)
    head = _object(next(numbered, (1, ""))[1], name, 1)
    if head.get("lyncops_runs") not in _FORMATS:
        raise JournalError(
            f"{name} is not a file that `lyncops runs export` of this version wrote.",
            remedy=_REMEDY,
        )
    for number, line in numbered:
        sealed = _object(line, name, number)
        data = sealed.get("run")
        if not isinstance(data, dict) or sealed.get("sha256") != _seal(cast("object", data)):
            raise JournalError(
                f"{name}, line {number}: the run was altered after it was exported.", remedy=_REMEDY
            )
        yield _stored(cast("Mapping[str, object]", data), name, number)


def _seal(data: object) -> str:
    return hashlib.sha256(canonical(data).encode()).hexdigest()


def _object(line: str, name: str, number: int) -> Mapping[str, object]:
    try:
        value: object = json.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise JournalError(
            f"{name}, line {number}: this is not an exported run; was the file cut off?",
            remedy=_REMEDY,
        )
    return cast("Mapping[str, object]", value)


def _stored(data: Mapping[str, object], name: str, number: int) -> StoredRun:
    try:
        return _CONVERTER.structure(data, StoredRun)
    except BaseValidationError as error:
        what = "; ".join(transform_error(error, path="run"))
        raise JournalError(
            f"{name}, line {number}: the run cannot be read: {what}.", remedy=_REMEDY
        ) from error
