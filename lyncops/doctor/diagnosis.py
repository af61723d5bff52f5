"""What the doctor says: checks about each endpoint, each machine and the deployment, and what they
come to.
"""

from __future__ import annotations

import enum
from collections import Counter
from datetime import datetime

import attrs

from lyncops.checks.result import CheckResult, Verdict
from lyncops.text.brief import brief


class Subject(enum.StrEnum):
    """What a check of the doctor is about."""

    ENDPOINT = "endpoint"
    MACHINE = "machine"
    DEPLOYMENT = "deployment"


@attrs.frozen(slots=True, kw_only=True)
class Section:
    """The checks of one thing.

    `not_examined` are those that were not reached, because one before them failed.
    """

    subject: Subject
    name: str
    results: tuple[CheckResult, ...]
    not_examined: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return brief(self, f"{self.subject} {self.name}: {_counted(self.results)}")


@attrs.frozen(slots=True, kw_only=True)
class Diagnosis:
    """All that the doctor says."""

    name: str
    began_at: datetime
    sections: tuple[Section, ...]

    def __repr__(self) -> str:
        return brief(self, f"of {self.name}: {self.verdict}; {_counted(self.results)}")

    @property
    def results(self) -> tuple[CheckResult, ...]:
        """All checks."""
        return tuple(result for section in self.sections for result in section.results)

    @property
    def verdict(self) -> Verdict:
        """FAILED where something failed, else UNKNOWN where something that matters is not known,
        else WARNING, else PASSED.

        What no session can show (a check that is unknown and not blocking) is a warning: its remedy
        is what to run on the server.
        """
        results = self.results
        if any(each.verdict is Verdict.FAILED for each in results):
            return Verdict.FAILED
        if any(each.verdict is Verdict.UNKNOWN and each.blocking for each in results):
            return Verdict.UNKNOWN
        if all(each.verdict is Verdict.PASSED for each in results):
            return Verdict.PASSED
        return Verdict.WARNING


def _counted(results: tuple[CheckResult, ...]) -> str:
    """How many checks came out how."""
    numbers = Counter(str(one.verdict) for one in results)
    return ", ".join(f"{number} {verdict}" for verdict, number in numbers.items())
