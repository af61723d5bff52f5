"""The answer of a check."""

from __future__ import annotations

import enum

import attrs

from lyncops.sources import Sources
from lyncops.text.brief import brief


class Verdict(enum.StrEnum):
    """How a check came out. UNKNOWN: what it needs could not be read."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@attrs.frozen(slots=True, kw_only=True)
class CheckResult:
    """A named question to a deployment, and its answer."""

    check_id: str  # stable, kebab-case: what --override takes
    question: str
    verdict: Verdict
    evidence: str
    remedy: str = ""
    sources: Sources = ()  # the pages and facts behind the question
    blocking: bool = True  # a FAILED (or UNKNOWN) blocking check refuses the plan unless overridden
    overridable: bool = True  # False: law (order rule, pool does not exist ...): no --override
    overridden_because: str = ""
    override_changes: tuple[str, ...] = ()  # what the override does to the plan, in sentences
    # The command lines that must come first: ("lyncops run pool-failback p1 --mode planned",).
    first: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return brief(self, f"{self.check_id} {self.verdict}: {self.evidence}")

    @property
    def refuses(self) -> bool:
        """Whether it blocks the plan."""
        return (
            self.blocking
            and self.verdict in (Verdict.FAILED, Verdict.UNKNOWN)
            and not self.overridden_because
        )
