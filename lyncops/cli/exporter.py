"""The verb `exporter`: metrics for Prometheus."""

from __future__ import annotations

import importlib.util
import signal
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import FrameType

import click

from lyncops.cli.call import Call, with_call
from lyncops.cli.documents import FILE
from lyncops.cli.procedure_options import Duration
from lyncops.cli.screen import say_aside
from lyncops.errors import ConfigurationError, InvalidValueError
from lyncops.runs.exit_codes import ExitCode

LISTEN = "127.0.0.1:9742"


@click.command()
@click.option(
    "--listen",
    metavar="ADDRESS:PORT",
    help=f"Listen there for scrapes (default: {LISTEN}).",
)
@click.option(
    "--interval",
    type=Duration(),
    metavar="DURATION",
    help="The time between two readings (default: 1m).",
)
@click.option(
    "--textfile",
    type=FILE,
    help="Read once and write a file for the textfile collector of the node exporter.",
)
@click.option(
    "--drill",
    metavar="FILE",
    type=FILE,
    help="Tell the age and the outcome of the drill in this report (drill all --out FILE).",
)
@with_call
def exporter(
    call: Call,
    listen: str | None,
    interval: timedelta | None,
    textfile: Path | None,
    drill: Path | None,
) -> ExitCode:
    """Publish the state of the deployment as metrics for Prometheus, over HTTP or in a file.

    A scrape returns the last reading and its age; it never waits for a server.

    Exit codes: 0 stopped, or the file is written; 1 wrong use, or the credentials were refused; 4
    the file is written, and no server could be reached.
    """
    _require_the_extra()
    if textfile is not None and (listen is not None or interval is not None):
        raise InvalidValueError(
            "--textfile reads once: --listen and --interval have no meaning with it.",
            remedy="Leave them out, and let a scheduled task repeat the command.",
        )
    if textfile is not None:
        return _write(call, textfile, drill)
    return _serve(call, *_address(listen or LISTEN), interval, drill)


def _require_the_extra() -> None:
    if importlib.util.find_spec("prometheus_client") is None:
        raise ConfigurationError(
            "The exporter needs the package prometheus_client, which is not installed.",
            remedy='Install it: pip install "lyncops[exporter]".',
        )


def _write(call: Call, path: Path, drill: Path | None) -> ExitCode:
    from lyncops.exporter.reading import Reader
    from lyncops.exporter.serving import write_once

    with call.client() as client:
        reading = write_once(Reader(client), client.connection.clock, path, drill=drill)
    return ExitCode.DONE if reading.seen is not None else ExitCode.UNKNOWN


def _serve(
    call: Call, host: str, port: int, interval: timedelta | None, drill: Path | None
) -> ExitCode:
    from lyncops.exporter.reading import Reader
    from lyncops.exporter.serving import INTERVAL, LastReading, keep_reading, served

    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = signal.signal(signal.SIGTERM, end)
    try:
        with call.client() as client, suppress(KeyboardInterrupt):
            last = LastReading(client.connection.clock.now, drill)
            with served(last, host, port) as chosen:
                say_aside(f"Metrics are at http://{_in_url(host)}:{chosen}/metrics until Ctrl-C.")
                keep_reading(Reader(client), last, every=interval or INTERVAL, stop=stop)
    finally:
        signal.signal(signal.SIGTERM, before)
    return ExitCode.DONE


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise InvalidValueError(
            f"{text!r} is not an address and a port.", remedy=f"Write --listen {LISTEN}."
        )
    return host.strip("[]"), int(port)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host or "0.0.0.0"  # noqa: S104 - what was asked for
