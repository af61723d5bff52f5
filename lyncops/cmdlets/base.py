"""What every cmdlet value has: a name, an effect, versions, parameters, a result type, and its text as PowerShell."""
# CONTRACT SKETCH: the owner of lyncops/cmdlets replaces the bodies; names and signatures stay.

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

import attrs

from lyncops.values import Effect, LyncVersion, RemoteObject

R_co = TypeVar("R_co", covariant=True)


@attrs.frozen(slots=True, kw_only=True)
class Cmdlet(Generic[R_co]):
    """A cmdlet call as a value. It does nothing by itself.

    Subclasses are attrs classes whose fields are the parameters, PowerShell's names in snake case (`PoolFqdn` -> `pool_fqdn`,
    `WhatIf` -> `what_if`). Common parameters (`Confirm`, `WhatIf`, `Force`, `Verbose`) are fields where the cmdlet has them.
    """

    NAME: ClassVar[str]
    EFFECT: ClassVar[Effect]
    VERSIONS: ClassVar[frozenset[LyncVersion]]

    @property
    def effect(self) -> Effect:
        """READ or CHANGE; a CHANGE cmdlet with `what_if=True` is a READ."""
        raise NotImplementedError

    def arguments(self) -> Mapping[str, object]:
        """The parameters that are set, by PowerShell name, in the order of the reference; values are Python values.

        A switch is a bool; `Confirm` is False for a CHANGE cmdlet that has it, so that no prompt can ever be asked.
        """
        raise NotImplementedError

    def require_version(self, version: LyncVersion) -> None:
        """Raise UnsupportedByVersionError when `version` lacks the cmdlet or a parameter that is set."""
        raise NotImplementedError

    def to_powershell(self) -> str:
        """The call as correctly quoted PowerShell that a person could paste."""
        raise NotImplementedError

    @classmethod
    def decode(cls, item: RemoteObject | object) -> R_co:
        """One pipeline object as the cmdlet's result class (a RemoteObject, or a bare str/int/... for cmdlets that write such)."""
        raise NotImplementedError
