"""Response groups, which a failover leaves behind: carried over by an export and an import where
the operator asks for it.
"""

from __future__ import annotations

from typing import Final

import attrs

from lyncops.checks.backup import copies_response_groups
from lyncops.cmdlets import ExportCsRgsConfiguration, ImportCsRgsConfiguration
from lyncops.errors import InvalidValueError
from lyncops.plan.file_names import RUN
from lyncops.plan.steps import CmdletStep, Step
from lyncops.procedures import figures
from lyncops.procedures.pool_move import PoolMove
from lyncops.sources import fact, page
from lyncops.values import Fqdn, LyncVersion, Place

_SOURCES: Final = (page("Response Group disaster recovery"), fact("response-groups"))


@attrs.frozen(slots=True, kw_only=True)
class ResponseGroupSteps:
    """The steps that come before the users move, and those after.

    All are optional: users come before response groups.
    """

    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()


@attrs.frozen(slots=True, kw_only=True)
class ResponseGroups:
    """What happens to the response groups of a pool when its users move to its backup pool
    or home.
    """

    move: PoolMove

    @property
    def copied_by_themselves(self) -> bool:
        """Whether the Backup Service copies them: 2019, where it is switched on
        (EnableRgsBackupService).
        """
        on = copies_response_groups(self.move.situation) is True
        return self.move.pool.version is LyncVersion.V2019 and on

    @property
    def wanted(self) -> bool:
        """Whether the operator asked for them, and somebody has to carry them."""
        request = self.move.request
        return (
            request.response_groups or bool(request.response_groups_file)
        ) and not self.copied_by_themselves

    def to_backup(self) -> ResponseGroupSteps:
        """Export them from a pool that is up (or take a saved export), and import them into its
        backup pool after the failover.

        Raises:
            InvalidValueError: disaster mode, and no saved export is named: a pool that is gone can
                export nothing.
        """
        if not self.wanted:
            return ResponseGroupSteps()
        move, saved, pool = self.move, self.move.request.response_groups_file, self.move.pool.fqdn
        if move.disaster and not saved:
            raise InvalidValueError(
                f"{pool} is assumed to be gone and cannot export response groups.",
                remedy=(
                    "Name a saved export with --response-groups-file, or leave --response-groups"
                    " out."
                ),
            )
        exported = () if saved else (_export(pool, pool, self._path, move.place),)
        return ResponseGroupSteps(
            before=exported,
            after=(_import(move.partner.fqdn, self._path, move.place, overwrite_owner=False),),
        )

    def home(self) -> tuple[Step, ...]:
        """Once the users are home: export what the pool owns from its backup pool, and import it,
        owned by the pool again.

        Of a backup pool that is gone nothing can be exported: then only a saved export comes home.
        """
        move, saved, pool = self.move, self.move.request.response_groups_file, self.move.pool.fqdn
        if not self.wanted or (move.disaster and not saved):
            return ()
        exported = () if saved else (_export(move.partner.fqdn, pool, self._path, move.place),)
        return (*exported, _import(pool, self._path, move.place, overwrite_owner=True))

    @property
    def note_away(self) -> str:
        """What the operator of a failover should know."""
        pool, partner = self.move.pool.fqdn, self.move.partner.fqdn
        if self.copied_by_themselves:
            return "Response groups move along: EnableRgsBackupService is on."
        if self.wanted:
            listed = (
                "they are listed with -Owner or -ShowAll only, and the settings of the application"
                " stay its own"
            )
            return f"Response groups on {partner} stay owned by {pool}: {listed}."
        return (
            "Response groups do not move along: use pool-failover --response-groups, or import"
            f" a saved copy on {partner}; agents sign in again."
        )

    @property
    def note_home(self) -> str:
        """What the operator of a failback should know."""
        pool, partner = self.move.pool.fqdn, self.move.partner.fqdn
        if self.copied_by_themselves:
            return "Response groups move back by themselves: EnableRgsBackupService is on."
        if self.wanted:
            return (
                f"Copies of the response groups stay on {partner}: to remove them, export with"
                " -RemoveExportedConfiguration."
            )
        return (
            f"Response groups of {pool} that were imported on {partner}: use pool-failback"
            " --response-groups, or export them there and import them here with"
            " -OverwriteOwner."
        )

    @property
    def _path(self) -> str:
        """The saved export, or a new file that stays on the server which exports; the import runs
        by the same preference.
        """
        request = self.move.request
        if request.response_groups_file:
            return request.response_groups_file
        host = self.move.pool.fqdn.partition(".")[0]
        name = f"lyncops-{self.move.deployment.name}-{RUN}-response-groups-{host}.zip"
        return rf"{request.export_folder}\{name}"


def _service(pool: Fqdn) -> str:
    return f"service:ApplicationServer:{pool}"


def _export(source: Fqdn, owner: Fqdn, path: str, place: Place) -> CmdletStep:
    return CmdletStep(
        step_id="response-groups-export",
        title=f"Save the response groups of {owner}",
        why="Neither failover nor failback moves response groups.",
        sources=_SOURCES,
        cmdlet=ExportCsRgsConfiguration(
            source=_service(source),
            owner=None if owner == source else _service(owner),
            file_name=path,
        ),
        place=place,
        deadline=figures.ONE_HOUR / 4,
        estimate=figures.EXPORT,
        undo="Delete the file.",
        optional=True,
    )


def _import(destination: Fqdn, path: str, place: Place, *, overwrite_owner: bool) -> CmdletStep:
    return CmdletStep(
        step_id="response-groups-import",
        title=f"Import the saved response groups on {destination}",
        why="Callers reach them there. Formal agents have to sign in again.",
        sources=_SOURCES,
        cmdlet=ImportCsRgsConfiguration(
            destination=_service(destination), file_name=path, overwrite_owner=overwrite_owner
        ),
        place=place,
        deadline=figures.ONE_HOUR / 4,
        estimate=figures.EXPORT,
        undo=f"Export them on {destination} with -Owner and -RemoveExportedConfiguration.",
        optional=True,
    )
