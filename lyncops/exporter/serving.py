"""Serves the last reading to whoever scrapes, or writes it into a file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import attrs
from prometheus_client import CollectorRegistry, start_http_server, write_to_textfile
from prometheus_client.core import Metric

from lyncops.errors import InvalidValueError
from lyncops.exporter.drills import drill_metrics
from lyncops.exporter.metrics import metrics_of
from lyncops.exporter.reading import Reader, Reading
from lyncops.remoting.clock import Clock

INTERVAL: Final = timedelta(minutes=1)


@attrs.define(slots=True, eq=False)
class LastReading:
    """What a scrape gets: the last reading that ended. A scrape asks no server, so that no server
    can hold it up.
    """

    _clock: Callable[[], datetime]
    _drill: Path | None = None
    reading: Reading | None = attrs.field(default=None, init=False)

    def collect(self) -> Iterable[Metric]:
        """The metrics; none before the first reading has ended."""
        reading = self.reading  # it may be replaced meanwhile
        if reading is not None:
            yield from metrics_of(reading, self._clock())
            if self._drill is not None:
                yield from drill_metrics(self._drill)

    def registry(self) -> CollectorRegistry:
        """A registry with this alone: nothing of this process is told."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return registry


@contextmanager
def served(last: LastReading, host: str, port: int) -> Generator[int]:
    """Answer scrapes while the block lasts; the port, which may be chosen by the system (0).

    Raises:
        InvalidValueError: it cannot listen there.
    """
    try:
        server, thread = start_http_server(port, host, last.registry())
    except OSError as error:
        raise InvalidValueError(
            f"The exporter cannot listen on {host}:{port}: {error.strerror}.",
            remedy="Name an address of this computer and a free port: --listen 127.0.0.1:9742.",
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def keep_reading(
    reader: Reader, last: LastReading, *, every: timedelta, stop: threading.Event
) -> None:
    """Read until somebody stops it, with a pause of `every` between two readings.

    Raises:
        AuthenticationFailedError: the credentials were refused: asking again would lock the
            account.
    """
    while not stop.is_set():
        last.reading = reader.read(last.reading)
        stop.wait(every.total_seconds())


def write_once(reader: Reader, clock: Clock, path: Path, *, drill: Path | None = None) -> Reading:
    """Read once and write the metrics; whoever reads the file meanwhile sees the old or the new.

    Raises:
        InvalidValueError: the file cannot be written.
    """
    last = LastReading(clock.now, drill)
    reading = last.reading = reader.read()
    try:
        write_to_textfile(str(path), last.registry())
    except OSError as error:
        raise InvalidValueError(
            f"{path} cannot be written: {error.strerror}.",
            remedy="Name a file in a folder that this account may write to.",
        ) from error
    return reading
