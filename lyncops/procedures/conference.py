"""Steps that bring conference content home: a forced sync against the backup pool, and the wait
until it is steady.
"""

from __future__ import annotations

from typing import Final

from lyncops.cmdlets import BackupModule, InvokeCsBackupServiceSync
from lyncops.deployment.model import Pool
from lyncops.plan.conditions import BackupModuleIs, PoolIsAlive, PoolIsHome
from lyncops.plan.conditions.pools import CONFERENCE_CONTENT
from lyncops.plan.steps import CmdletStep, Step, WaitStep
from lyncops.procedures import figures
from lyncops.procedures.edges import preferring
from lyncops.sources import guide, reference

CONTENT_STEADY: Final = "conference-steady"

_SOURCES: Final = (
    guide("Restoring conference contents using the Backup Service"),
    reference("Invoke-CsBackupServiceSync"),
)


def content_steps(home: Pool, backup: Pool) -> tuple[Step, ...]:
    """Sync `ConfServices.DataConf` against the backup pool, then wait until that module is steady
    again.
    """
    takes = figures.content_sync(home.users)
    return (
        CmdletStep(
            step_id="conference-sync",
            title=f"Restore the conference content of {home.fqdn}",
            why=(
                f"Content that conferences stored on {backup.fqdn} in the meantime returns only"
                " with a sync from the backup pool."
            ),
            sources=_SOURCES,
            cmdlet=InvokeCsBackupServiceSync(
                pool_fqdn=backup.fqdn, backup_module=BackupModule.DATA_CONF
            ),
            place=preferring(backup.fqdn),
            before=(PoolIsAlive(backup.fqdn), PoolIsHome(home.fqdn)),
            deadline=figures.ONE_HOUR,
            estimate=figures.SETTING,
        ),
        WaitStep(
            step_id=CONTENT_STEADY,
            title="Wait until the conference content is steady",
            why="Until then, content is still being copied.",
            sources=_SOURCES,
            until=(BackupModuleIs(backup.fqdn, CONFERENCE_CONTENT),),
            deadline=max(figures.ONE_HOUR, takes * 6),
            estimate=takes,
        ),
    )
