"""What a pool's Backup Service says of its modules, in whichever shape remoting brings them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final, cast

from lyncops.cmdlets import (
    BackupModuleStatus,
    BackupServiceStatus,
    GetCsBackupModules,
    GetCsBackupServiceStatus,
)
from lyncops.deployment.asking import Answer, Question
from lyncops.deployment.backup_module import EVERY_MODULE, BackupModule, ExportState, ImportState
from lyncops.deployment.gaps import NAMELESS, Gaps, Part
from lyncops.remoting.interface import CmdletRunner
from lyncops.values import Fqdn, Unread

_DEADLINE: Final = timedelta(seconds=45)


class BackupReading:
    """The question to one pool: asked when it is made, and asked again where its objects arrived as
    names of their types.
    """

    def __init__(self, sessions: CmdletRunner, pool: Fqdn, gaps: Gaps) -> None:
        """Ask at once."""
        self._sessions, self._pool, self._gaps = sessions, pool, gaps
        self._what = f"the Backup Service status of {pool}"
        question = Question(
            what=self._what, cmdlet=GetCsBackupServiceStatus(pool_fqdn=pool), deadline=_DEADLINE
        )
        self._status: Answer[BackupServiceStatus] = Answer(sessions, question)
        self._modules: Answer[BackupModuleStatus] | None = None

    @property
    def answer(self) -> Answer[object]:
        """The first answer, perhaps still on its way."""
        return cast("Answer[object]", self._status)

    def ask_deeper(self) -> None:
        """Ask for the modules separately if the status does not list them all.

        A restricted endpoint refuses that.
        """
        statuses = self._status.get()
        if not isinstance(statuses, Unread) and not all(
            status.tells("backup_modules") for status in statuses
        ):
            question = Question(
                what=self._what, cmdlet=GetCsBackupModules(pool_fqdn=self._pool), deadline=_DEADLINE
            )
            self._modules = Answer(self._sessions, question)

    def read(self) -> tuple[BackupModule, ...] | Unread:
        """The modules; else what the service says of all of them together; else why not even that
        is known.
        """
        statuses = self._status.get()
        if isinstance(statuses, Unread):
            return statuses
        if self._modules is None:
            return self._all(
                dict.fromkeys(found for status in statuses for found in modules_of(status)),
                statuses,
            )
        expanded = self._modules.get()
        if (
            not isinstance(expanded, Unread)
            and expanded
            and all(module.identity for module in expanded)
        ):
            return tuple(map(_module, expanded))
        whole = tuple(found for status in statuses for found in _together(status))
        if whole:
            return whole
        refused = expanded.reason if isinstance(expanded, Unread) else "they have no names"
        why = (
            f"its modules arrived only as type names, and reading them separately failed: {refused}"
        )
        # It answered, which is a sign of life
        self._gaps.note(Part.BACKUP_STATUS, self._what, why, pool=self._pool)
        return Unread(self._what, why)

    def _all(
        self, modules: Iterable[BackupModule], statuses: tuple[BackupServiceStatus, ...]
    ) -> tuple[BackupModule, ...]:
        """The modules; what the answers leave open of them is noted."""
        found = tuple(modules)
        why = (
            next(filter(None, (status.gap("backup_modules") for status in statuses)), None)
            if not found
            else None
        )
        if why is not None:
            self._gaps.note(Part.BACKUP_STATUS, self._what, why, pool=self._pool)
        if not all(module.name for module in found):
            what = f"a module of the Backup Service of {self._pool}"
            self._gaps.note(
                Part.BACKUP_STATUS,
                what,
                "the answer does not name it",
                pool=self._pool,
                item=NAMELESS,
            )
        return found


def modules_of(status: BackupServiceStatus) -> Iterator[BackupModule]:
    """The modules of a status.

    A server may also write the modules themselves, without the object around them.
    """
    yield from map(_module, status.backup_modules)
    name = {name.casefold(): value for name, value in status.unknown_properties.items()}.get(
        "identity"
    )
    if (
        not status.backup_modules
        and name
        and status.overall_export_status
        and status.overall_import_status
    ):
        yield BackupModule(
            name=str(name),
            export=ExportState(status.overall_export_status.value),
            import_=ImportState(status.overall_import_status.value),
        )


def _together(status: BackupServiceStatus) -> Iterator[BackupModule]:
    """All modules as one, by the overall states, beside those of which more is known."""
    yield from map(_module, status.backup_modules)
    if status.overall_export_status and status.overall_import_status:
        yield BackupModule(
            name=EVERY_MODULE,
            export=ExportState(status.overall_export_status.value),
            import_=ImportState(status.overall_import_status.value),
        )


def _module(module: BackupModuleStatus) -> BackupModule:
    unknown = {name.casefold(): value for name, value in module.unknown_properties.items()}
    return BackupModule(
        name=module.identity or "",
        export=(
            ExportState(module.export_status.value)
            if module.export_status
            else str(unknown.get("exportstatus", ""))
        ),
        import_=(
            ImportState(module.import_status.value)
            if module.import_status
            else str(unknown.get("importstatus", ""))
        ),
    )
