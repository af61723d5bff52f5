"""A mirrored database: which side holds the principal, and whether the two are alike."""

from __future__ import annotations

from typing import Final

import attrs

from lyncops.cmdlets.enums import MirrorRole, MirrorState

_PRINCIPAL: Final = MirrorState.PRINCIPAL.value.casefold()
_MIRROR: Final = MirrorState.MIRROR.value.casefold()
_OUT_OF_REACH: Final = MirrorState.INACCESSIBLE_OR_NOT_MIRRORED.value.casefold()


@attrs.frozen(slots=True, kw_only=True)
class DatabaseMirror:
    """One database of a pool and on which side its principal is."""

    database: str
    database_type: str  # User, Application, CentralMgmt, ...; "" where the server did not say
    state_on_primary: str
    state_on_mirror: str
    status_on_primary: str
    status_on_mirror: str

    @property
    def is_mirrored(self) -> bool:
        """Whether a mirror exists: either side is Principal and the other Mirror."""
        return {self.state_on_primary.casefold(), self.state_on_mirror.casefold()} == {
            "principal",
            "mirror",
        }

    @property
    def mirror_is_principal(self) -> bool:
        """Whether the configured mirror holds the principal now."""
        return self.state_on_mirror.casefold() == "principal"

    def is_principal_on(self, side: MirrorRole) -> bool:
        """Whether this side holds the principal, and it alone. The other may be out of reach."""
        here, there = self._here_and_there(side)
        return here == _PRINCIPAL and there != _PRINCIPAL

    @property
    def survivor(self) -> MirrorRole | None:
        """The side that answers as the mirror while its principal is out of reach; None where that
        is not so.
        """
        sides = (
            side for side in MirrorRole if self._here_and_there(side) == (_MIRROR, _OUT_OF_REACH)
        )
        return next(sides, None)

    @property
    def is_alone(self) -> bool:
        """Whether one side is the principal while the other, its mirror, is out of reach."""
        return (_PRINCIPAL, _OUT_OF_REACH) in map(self._here_and_there, MirrorRole)

    @property
    def is_suspended(self) -> bool:
        """Whether both sides answer and nothing is copied between them, until somebody
        resumes it.
        """
        return self.is_mirrored and "suspended" in (
            self.status_on_primary.casefold(),
            self.status_on_mirror.casefold(),
        )

    @property
    def has_role(self) -> bool:
        """Whether either side says that it is the principal or the mirror: only a mirrored database
        has these roles.
        """
        return not {_PRINCIPAL, _MIRROR}.isdisjoint(self._here_and_there(MirrorRole.PRIMARY))

    def _here_and_there(self, side: MirrorRole) -> tuple[str, str]:
        primary, mirror = self.state_on_primary.casefold(), self.state_on_mirror.casefold()
        return (primary, mirror) if side is MirrorRole.PRIMARY else (mirror, primary)

    @property
    def is_synchronized(self) -> bool:
        """Whether both sides report `synchronized` (in any letter case)."""
        return {self.status_on_primary.casefold(), self.status_on_mirror.casefold()} == {
            "synchronized"
        }
