"""Registers with IPython how values are shown. Cheap: what shows them is imported with the first
one.

IPython is known here by what is used of it, so that it need not be installed for anything else.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol, cast

from lyncops.errors import LyncOpsError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from lyncops.plan.model import Plan
    from lyncops.runs.events import Observer

Bundle = dict[str, str]
"""The forms in which a value can be shown, by their MIME types."""

SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "lyncops.checks.result": ("CheckResult",),
    "lyncops.checks.synchronisation": ("BackupServiceReport",),
    "lyncops.deployment.model": ("Deployment",),
    "lyncops.doctor.diagnosis": ("Diagnosis",),
    "lyncops.plan.model": ("Plan",),
    "lyncops.plan.rehearsal": ("Rehearsal",),
    "lyncops.procedures.readiness": ("Readiness",),
    "lyncops.runs.model": ("Run", "RunSummary"),
    "lyncops.runs.report": ("Report",),
}
"""The values that show themselves, by the modules that define them."""


class Formatter(Protocol):
    """IPython's formatter of values into several forms at once."""

    def for_type(self, kind: type, show: Callable[[object], Bundle | None]) -> object:
        """Show values of this type so."""
        ...

    def for_type_by_name(
        self, module: str, name: str, show: Callable[[object], Bundle | None]
    ) -> object:
        """Show values of this type so, whenever its module is imported."""
        ...


class DisplayFormatter(Protocol):
    """All formatters of a shell."""

    @property
    def mimebundle_formatter(self) -> Formatter:
        """The one that gives several forms at once."""
        ...


class Shell(Protocol):
    """What IPython calls the interactive shell."""

    @property
    def display_formatter(self) -> DisplayFormatter:
        """Its formatters."""
        ...


def register_here() -> None:
    """Register with the shell that runs this process, if one does."""
    get_ipython = cast("Callable[[], Shell | None]", importlib.import_module("IPython").get_ipython)
    shell = get_ipython()
    if shell is not None:
        register(shell)


def register(shell: Shell) -> None:
    """Have values and runs show themselves, and errors say their sentence without a traceback."""
    formatter = shell.display_formatter.mimebundle_formatter
    for module, names in SHOWN.items():
        for name in names:
            formatter.for_type_by_name(module, name, _shown)
    for name in ("Comparison", "DrillReport"):
        formatter.for_type_by_name("lyncops.drill.report", name, _drills)
    formatter.for_type(tuple, _shown_together)
    LyncOpsError._render_traceback_ = _sentence  # type: ignore[attr-defined]  # what IPython asks for
    if (
        getattr(shell, "kernel", None) is not None
    ):  # a terminal could only draw one picture below the other
        from lyncops.runs.onlookers import watch_every_run

        watch_every_run("jupyter", _live)


def _shown(value: object) -> Bundle | None:
    from lyncops.jupyter.shown import bundle_of

    return bundle_of(value)


def _drills(value: object) -> Bundle | None:
    from lyncops.drill.report import Comparison, DrillReport
    from lyncops.jupyter.drills import bundle_of_comparison, bundle_of_drills

    if isinstance(value, Comparison):
        return bundle_of_comparison(value)
    return bundle_of_drills(value) if isinstance(value, DrillReport) else None


def _shown_together(values: object) -> Bundle | None:
    """Several values of one kind, such as checks or runs; every other tuple is left to IPython."""
    if type(values) is not tuple:
        own = getattr(values, "_repr_mimebundle_", None)
        return cast("Callable[[], Bundle]", own)() if callable(own) else None
    together = cast("tuple[object, ...]", values)
    first = type(together[0]) if together else None
    if first is None or first.__name__ not in SHOWN.get(first.__module__, ()):
        return None
    from lyncops.jupyter.shown import bundle_of_all

    return bundle_of_all(together)


def _sentence(error: LyncOpsError) -> list[str]:
    from lyncops.jupyter.wording import in_python
    from lyncops.text.harmless import harmless

    return [f"{type(error).__name__}: {in_python(harmless(str(error)))}"]


def _live(plan: Plan) -> AbstractContextManager[Observer]:
    from lyncops.jupyter.live import live

    return live(plan)
