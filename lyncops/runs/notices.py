"""Tells people how runs stand, through Apprise: by mail, chat, or whatever else it reaches."""

from __future__ import annotations

import importlib.util
import logging
import queue
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs

from lyncops.configuration.notices import Notify
from lyncops.errors import ConfigurationError
from lyncops.plan.model import Plan
from lyncops.runs.events import Event, Observer, RunChanged
from lyncops.runs.onlookers import Onlooker
from lyncops.text.harmless import harmless

if TYPE_CHECKING:
    from apprise import NotifyBase

PATIENCE: Final = timedelta(seconds=15)
"""How long the end of a run waits for the last notices to be delivered."""
_LOG: Final = logging.getLogger(__name__)
_NEXT: Final = {
    "pending_manual_step": "It waits for a person. When that is done: lyncops resume {run}",
    "paused_by_failed_step": "What stopped it: lyncops runs show {run}",
    "paused_by_operator": "To go on: lyncops resume {run}",
    "unknown": "The outcome of a step is unknown. To check again: lyncops resume {run}",
    "timed_out": "What stopped it: lyncops runs show {run}",
    "failed": "What happened: lyncops runs report {run}",
    "completed_with_exceptions": "What they are: lyncops runs report {run}",
}


@attrs.frozen(slots=True)
class Notice:
    """What is told at once: a line, and more about it."""

    title: str
    body: str


Send = Callable[[Notice], None]


def telling(asked: Notify, deployment: str) -> Onlooker | None:
    """Who watches every run of a deployment to tell people of it; None where nobody is to be told.

    Where nobody can be told, a run goes on all the same: `problem_of` says so before.
    """
    return partial(_told, asked, deployment) if asked.targets else None


def problem_of(asked: Notify) -> str:
    """Why nobody would be told; "" where all is well, or nobody is to be told."""
    try:
        _sends(asked)
    except ConfigurationError as error:
        return str(error)
    return ""


def _sends(asked: Notify) -> list[Send]:
    """What sends to each target.

    Raises:
        ConfigurationError: Apprise is not installed, a secret is not in the environment, or a
            target is none that Apprise knows.
    """
    if not asked.targets:
        return []
    if importlib.util.find_spec("apprise") is None:
        raise ConfigurationError(
            "[notify] needs the package apprise, which is not installed: no notification is sent.",
            remedy='Install it: pip install "lyncops[notify]", or remove [notify].',
        )
    return [_send_to(_target(number, url)) for number, url in enumerate(asked.urls(), start=1)]


def _target(number: int, url: str) -> NotifyBase:
    from apprise import Apprise

    logging.getLogger("apprise").addHandler(logging.NullHandler())
    target = Apprise.instantiate(url)
    if target is None:  # the URL may hold a secret: only its kind is said
        raise ConfigurationError(
            f"[notify], target {number} ({url.partition('://')[0]}://...): Apprise does not know"
            " such a URL.",
            remedy="See https://github.com/caronc/apprise/wiki for how each service is written.",
        )
    return target


def _send_to(target: NotifyBase) -> Send:
    from apprise import Apprise

    sender = Apprise()
    sender.add(target)
    name = target.url(privacy=True)

    def send(notice: Notice) -> None:
        if not sender.notify(body=notice.body, title=notice.title):
            _LOG.warning(
                "The notification to %s failed: %s. The run continues.", name, notice.title
            )

    return send


@contextmanager
def _told(asked: Notify, deployment: str, plan: Plan) -> Generator[Observer]:
    """An observer that tells of the run of `plan`, from a thread for each target: no run waits for
    a mail server, and none of them for another.
    """
    try:
        mouths = [Mouth(send) for send in _sends(asked)]
    except ConfigurationError as error:
        _LOG.warning("%s The run goes on.", error)
        mouths = []
    for mouth in mouths:
        mouth.begin()
    try:
        yield Teller(
            plan, deployment, frozenset(asked.states), tuple(mouth.say for mouth in mouths)
        )
    finally:
        for mouth in mouths:
            mouth.close()
        for mouth in mouths:
            mouth.wait(PATIENCE)


@attrs.define(slots=True)
class Mouth:
    """Says one notice after the other to one target."""

    _send: Send
    _notices: queue.SimpleQueue[Notice | None] = attrs.field(
        factory=queue.SimpleQueue["Notice | None"], init=False
    )
    _thread: threading.Thread | None = attrs.field(default=None, init=False)

    def begin(self) -> None:
        """From now on."""
        self._thread = threading.Thread(target=self._speak, name="lyncops-notify", daemon=True)
        self._thread.start()

    def say(self, notice: Notice) -> None:
        """As soon as what was said before is delivered."""
        self._notices.put(notice)

    def close(self) -> None:
        """Nothing more will be said."""
        self._notices.put(None)

    def wait(self, patience: timedelta) -> None:
        """Until everything is delivered, but no longer than this."""
        if self._thread is None:
            return
        self._thread.join(patience.total_seconds())
        if self._thread.is_alive():
            _LOG.warning("A target of [notify] does not answer: the last notices may be lost.")

    def _speak(self) -> None:
        while (notice := self._notices.get()) is not None:
            try:
                self._send(notice)
            except Exception:  # noqa: BLE001 -- whatever a service does, the run goes on
                _LOG.exception("A notice could not be sent; the run goes on.")


@attrs.frozen(slots=True)
class Teller:
    """Makes a notice of each state of a run that is to be told."""

    plan: Plan
    deployment: str
    states: frozenset[str]
    mouths: tuple[Send, ...]

    def observe(self, event: Event) -> None:
        """See `Observer`."""
        if not isinstance(event, RunChanged) or event.state.value not in self.states:
            return
        notice = self._notice(event)
        for say in self.mouths:
            say(notice)

    def _notice(self, event: RunChanged) -> Notice:
        state = event.state.value
        lines = (
            f"Run {event.run_id} in {self.deployment}, {event.at:%Y-%m-%d %H:%M:%S %Z}",
            event.why,
            _NEXT.get(state, "").format(run=event.run_id),
        )
        return Notice(
            title=harmless(f"{self.plan.procedure.title}: {state.replace('_', ' ')}"),
            body="\n".join(harmless(line) for line in lines if line),
        )
