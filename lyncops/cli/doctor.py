"""`lyncops doctor`: is this deployment reachable and usable, before the first disaster?"""

from __future__ import annotations

from typing import Final

import click

from lyncops.checks.result import Verdict
from lyncops.cli.call import Call, json_option, with_call
from lyncops.cli.reading import reading
from lyncops.runs.exit_codes import ExitCode
from lyncops.views.doctor import doctor_blocks, doctor_data
from lyncops.views.see import more_blocks

_CODES: Final = {
    Verdict.PASSED: ExitCode.DONE,
    Verdict.WARNING: ExitCode.DONE_WITH_EXCEPTIONS,
    Verdict.FAILED: ExitCode.REFUSED,
    Verdict.UNKNOWN: ExitCode.UNKNOWN,
}


@click.command()
@json_option
@with_call
def doctor(call: Call) -> ExitCode:
    """Is everything that a rescue needs reachable and usable?

    Looks at every endpoint and machine, and changes nothing.

    Exit codes: 0 every check passed; 7 warnings only; 2 some check failed; 4 something that matters
    is not known.
    """
    with call.client() as client, reading(call.screen):
        found = client.doctor()
    call.screen.tell(doctor_data(found), doctor_blocks(found))
    call.screen.lead(more_blocks(found.results))
    return _CODES[found.verdict]
