"""Where the documentation says more about an error or about what a check found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from lyncops.checks.result import CheckResult, Verdict
from lyncops.views.blocks import Block, Text, Tone

_PAGE: Final = "docs/troubleshooting.md"


def see_error(name: str) -> str:
    """The entry of an error by the name of its class."""
    return f"{_PAGE}#{name.lower()}"


def see_check(check_id: str) -> str:
    """The entry of a check by its name."""
    return f"{_PAGE}#check-{check_id}"


def see_checks(checks: Iterable[CheckResult]) -> dict[str, str]:
    """The entry of each check that did not pass, by its name."""
    names = (check.check_id for check in checks if check.verdict is not Verdict.PASSED)
    return {name: see_check(name) for name in names}


def more_blocks(checks: Iterable[CheckResult]) -> Iterator[Block]:
    """One line for all checks that did not pass: the entry of the only one, else the first words of
    every entry, which the name of a check completes.
    """
    found = see_checks(checks)
    if len(found) == 1:
        yield Text(f"More: {see_check(*found)}", Tone.FAINT)
    elif found:
        yield Text(f"More on each check: {see_check('NAME')}", Tone.FAINT)
