"""Journal events as JSON text and back: what the `body` column holds."""

from __future__ import annotations

import json
from typing import Final, get_args

from cattrs import BaseValidationError
from cattrs.preconf.json import JsonConverter, make_converter

from lyncops.errors import JournalError
from lyncops.runs.events import JournalEvent
from lyncops.values import Outcome

_CLASSES: Final[dict[str, type[JournalEvent]]] = {
    kind.__name__: kind for kind in get_args(JournalEvent)
}
_converter: Final[JsonConverter] = make_converter()


def kind_of(event: JournalEvent) -> str:
    """The event's name in the journal."""
    return type(event).__name__


def event_to_text(event: JournalEvent) -> str:
    """The event as JSON."""
    return json.dumps(_converter.unstructure(event), ensure_ascii=False, sort_keys=True)


def event_from_text(kind: str, text: str) -> JournalEvent:
    """The event that `event_to_text` wrote.

    Raises:
        JournalError: the text is not such an event (altered, or written by a newer lyncops).
    """
    try:
        return _converter.structure(_today(json.loads(text)), _CLASSES[kind])
    except (KeyError, ValueError, BaseValidationError) as error:
        raise JournalError(
            f"The journal holds an entry of kind {kind!r} that cannot be read: {error}.",
            remedy=(
                "Use the version of lyncops that wrote it; if it was altered, make a new plan from"
                " what the servers show."
            ),
        ) from error


def _today(body: dict[str, object]) -> dict[str, object]:
    """A body as it would be written now: an attempt that was once held for not sent, without a
    proof on record, is unknown.
    """
    if body.pop("sent", True) is False:
        body["outcome"] = Outcome.UNKNOWN.value
    return body
