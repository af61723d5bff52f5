"""The Backup Service in a notebook: watched in a cell, and how far it was behind as a plot."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from lyncops.checks.synchronisation import BackupServiceReport
from lyncops.jupyter.live import Display, Handle, display_bundle
from lyncops.jupyter.plot import lag_plot
from lyncops.jupyter.shown import Bundle, bundle
from lyncops.values import Fqdn
from lyncops.views.blocks import Block, Heading, Text, Tone
from lyncops.views.html.blocks import html_of
from lyncops.views.html.markup import joined
from lyncops.views.lag import DirectionLag, lag_blocks, lags

if TYPE_CHECKING:
    from lyncops.client import Client


@attrs.frozen(slots=True)
class WatchedBackupService:
    """What a watch saw. As the value of a cell it shows how far each direction was behind."""

    reports: tuple[BackupServiceReport, ...]

    @property
    def lags(self) -> tuple[DirectionLag, ...]:
        """How far each direction was behind, reading by reading."""
        return lags(self.reports)

    def _repr_mimebundle_(self, **_: object) -> Bundle:
        return self.bundle()

    def bundle(self) -> Bundle:
        """The forms in which a notebook shows it."""
        found = self.lags
        blocks = tuple(_blocks(self.reports, found))
        return bundle(joined((html_of(blocks), lag_plot(found))), blocks)


def watch(
    client: Client,
    *pools: Fqdn | str,
    every: timedelta | None = None,
    timeout: timedelta | None = None,
    until_steady: bool = False,
    display: Display = display_bundle,
) -> WatchedBackupService:
    """Watch it in the cell; the stop button ends it and keeps what was seen.

    Raises:
        EndpointError: no server could be reached for the first reading.
        AuthenticationFailedError: the credentials were refused.
        InvalidValueError: a name is not an FQDN.
    """
    reports: list[BackupServiceReport] = []
    handle: Handle | None = None
    try:
        following = client.watch_backup_service(
            *pools, every=every, timeout=timeout, until_steady=until_steady
        )
        for report in following:
            reports.append(report)
            shown = WatchedBackupService(tuple(reports)).bundle()
            if handle is None:
                handle = display(shown)
            else:
                handle.update(shown, raw=True)
    except KeyboardInterrupt:
        if not reports:
            raise
    return WatchedBackupService(tuple(reports))


def _blocks(
    reports: tuple[BackupServiceReport, ...], found: tuple[DirectionLag, ...]
) -> Iterable[Block]:
    if not reports:
        yield Text("Nothing was read.")
        return
    last = reports[-1]
    yield Heading(f"Backup Service: {last.state.value} at {last.read_at:%Y-%m-%d %H:%M:%S %Z}")
    yield from lag_blocks(found)
    unread = dict.fromkeys(str(one) for report in reports for one in report.unread)
    yield from (Text(one, Tone.CAREFUL) for one in unread)
