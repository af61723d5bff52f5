"""Starts the verb, and turns its result into an exit code and at most one sentence."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import Final, TextIO

import click

from lyncops.cli.failures import report_defect, report_error, report_interrupt, report_usage
from lyncops.cli.log import quiet_log
from lyncops.cli.screen import let_go, say_unwritable
from lyncops.cli.verbs import lyncops
from lyncops.errors import LyncOpsError
from lyncops.runs.exit_codes import ExitCode

_UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def run(arguments: Sequence[str]) -> ExitCode:
    """Run one command line; nothing but a defect of lyncops itself leaves as an exception."""
    as_json = "--json" in arguments
    for stream in (sys.stdout, sys.stderr):
        _never_fail_on_a_letter(stream)
    quiet_log()
    if "_LYNCOPS_COMPLETE" in os.environ:
        from lyncops.cli.completion import register

        register()
    if not os.environ.get("LYNCOPS_DEBUG"):
        sys.excepthook = partial(report_defect, as_json=as_json)
    try:
        code: object = lyncops.main(list(arguments), prog_name="lyncops", standalone_mode=False)
    except LyncOpsError as error:
        return report_error(error, as_json=as_json)
    except click.exceptions.Abort:
        return report_interrupt(as_json=as_json)
    except click.ClickException as error:
        return report_usage(error, as_json=as_json)
    except KeyboardInterrupt:
        return report_interrupt(as_json=as_json)
    except OSError as error:  # a help page, since what verbs say never fails
        if error.errno not in _UNWRITABLE or error.filename is not None:
            raise
        let_go(sys.stdout)
        say_unwritable(error)
        return ExitCode.WRONG_USE
    return ExitCode(code) if isinstance(code, int) else ExitCode.DONE


def _never_fail_on_a_letter(stream: TextIO) -> None:
    """Show `?` for a letter that a console of an old code page lacks.

    Python would end the process, in mid-run, instead.
    """
    reconfigure = getattr(stream, "reconfigure", None)
    if callable(reconfigure):
        reconfigure(errors="replace")
