"""For tests of programs that use lyncops: a deployment in memory, a lab, and fixtures for pytest.

The fixtures come by themselves where lyncops and pytest are installed (`lyncops.testing.plugin`);
the lab needs the extra `testing`. What this module names is imported when it is first used.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lyncops.lab.lab import Lab
    from lyncops.testing.memory import InMemory, in_memory
    from lyncops.testing.model import ModelClock, ModelSessions
    from lyncops.testing.outside import ModelLookups

__all__ = ["InMemory", "Lab", "ModelClock", "ModelLookups", "ModelSessions", "in_memory"]

_ELSEWHERE = {
    "InMemory": "lyncops.testing.memory",
    "Lab": "lyncops.lab.lab",
    "ModelClock": "lyncops.testing.model",
    "ModelLookups": "lyncops.testing.outside",
    "ModelSessions": "lyncops.testing.model",
    "in_memory": "lyncops.testing.memory",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _ELSEWHERE:
            raise AttributeError(f"module 'lyncops.testing' has no attribute {name!r}")
        return getattr(importlib.import_module(_ELSEWHERE[name]), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
