"""lyncops in a notebook: values show themselves, and a run shows its progress in its cell.

Nothing has to be called: `import lyncops` in a notebook is enough. Where lyncops was imported
before IPython, `%load_ext lyncops.jupyter` does the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from lyncops.client import Client
    from lyncops.jupyter.backup_service import WatchedBackupService
    from lyncops.jupyter.ipython import Shell
    from lyncops.values import Fqdn


def load_ipython_extension(shell: Shell) -> None:
    """What `%load_ext lyncops.jupyter` calls."""
    from lyncops.jupyter.ipython import register

    register(shell)


def watch_backup_service(
    client: Client,
    *pools: Fqdn | str,
    every: timedelta | None = None,
    timeout: timedelta | None = None,
    until_steady: bool = False,
) -> WatchedBackupService:
    """Watch the Backup Service in the cell; the stop button ends it and keeps what was seen.

    Raises:
        EndpointError: no server could be reached for the first reading.
        AuthenticationFailedError: the credentials were refused.
        InvalidValueError: a name is not an FQDN.
    """
    from lyncops.jupyter.backup_service import watch

    return watch(client, *pools, every=every, timeout=timeout, until_steady=until_steady)
