"""The modules of the Backup Service and their states."""

from __future__ import annotations

import enum
from typing import Final

import attrs


class ExportState(enum.StrEnum):
    """`ExportStatus` of a Backup Service module."""

    FINAL = "FinalState"
    STEADY = "SteadyState"
    NON_STEADY = "NonSteadyState"
    NOT_INITIALIZED = "NotInitialized"
    ERROR = "ErrorState"


SETTLED: Final = (ExportState.FINAL, ExportState.STEADY)
"""The states in which everything is copied, or will be by the next copy."""


class ImportState(enum.StrEnum):
    """`ImportStatus` of a Backup Service module."""

    NORMAL = "NormalState"
    ERROR = "ErrorState"


EVERY_MODULE: Final = "(all modules)"
"""The name of all modules as one, if a server reports only the overall states."""


@attrs.frozen(slots=True, kw_only=True)
class BackupModule:
    """One module of one direction of the Backup Service, as its pool reports it.

    A state is a str where it is not a known one.
    """

    # UserServices.PresenceFocus, ConfServices.DataConf, CentralMgmt.CMSMaster,
    # ApplicationServer.RGS...
    name: str
    export: ExportState | str
    import_: ImportState | str

    @property
    def is_overall(self) -> bool:
        """Whether it is all modules as one: which of them is in that state, or a better one, is not
        known.
        """
        return self.name == EVERY_MODULE

    @property
    def is_idle_store(self) -> bool:
        """Whether it is the store's and never copied: healthy on a pool without the active store
        (fact: backup-module-states).
        """
        return (
            self.name.casefold() == "centralmgmt.cmsmaster"
            and self.export is ExportState.NOT_INITIALIZED
        )

    @property
    def is_idle_response_groups(self) -> bool:
        """Whether it is one of those of response groups and never copied: healthy where copying
        them is switched off (fact: version-differences).
        """
        own = self.name.casefold().startswith("applicationserver.rgs")
        return own and self.export is ExportState.NOT_INITIALIZED

    @property
    def is_behind(self) -> bool:
        """Whether it copies a backlog, without an error (fact: backup-module-states). How much of
        it is left, and whether it shrinks, no documented property says.
        """
        return self.export is ExportState.NON_STEADY and self.import_ is ImportState.NORMAL

    def is_steady(self, *, on_standby: bool) -> bool:
        """Whether all is copied, or will be by the next copy, and taken in.

        `on_standby`: the active store is on another pool.
        """
        copied = self.export in SETTLED or (on_standby and self.is_idle_store)
        return copied and self.import_ is ImportState.NORMAL
