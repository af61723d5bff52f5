"""The limits of a server's shells, as far as its session can read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from lyncops.cmdlets import GetChildItem
from lyncops.doctor.examination import Quotas
from lyncops.errors import LyncOpsError
from lyncops.remoting.visit import Visit
from lyncops.text.sentences import each_once
from lyncops.values import Outcome, Unread

_SHELL: Final = r"WSMan:\localhost\Shell"
_WHAT: Final = "the quotas"
_DEADLINE: Final = timedelta(seconds=60)
_NO_SUCH_COMMAND: Final = "CommandNotFoundException"


def read_quotas(visit: Visit) -> Quotas | Unread:
    """Ask the WSMan drive of the server, which restricted sessions do not have and only
    administrators may read.
    """
    try:
        answer = visit.ask(GetChildItem(path=(_SHELL,)), deadline=_DEADLINE)
    except LyncOpsError as error:
        return Unread(_WHAT, error.what)
    if answer.outcome is not Outcome.SUCCEEDED:
        if any(error.fully_qualified_error_id == _NO_SUCH_COMMAND for error in answer.errors):
            return Unread(_WHAT, "the session is restricted and does not show them")
        return Unread(_WHAT, each_once(map(str, answer.errors), between="; ") or answer.reason)
    return quotas_of(
        {each.name.casefold(): each.value for each in answer.output if each.name and each.value}
    )


def quotas_of(settings: Mapping[str, str]) -> Quotas | Unread:
    """The quotas among the settings of the shell, by their folded names."""
    idle = _number(settings.get("idletimeout"))
    found = Quotas(
        memory_mb=_number(settings.get("maxmemorypershellmb")),
        shells_per_user=_number(settings.get("maxshellsperuser")),
        processes_per_shell=_number(settings.get("maxprocessespershell")),
        users=_number(settings.get("maxconcurrentusers")),
        idle=None if idle is None else timedelta(milliseconds=idle),
    )
    return Unread(_WHAT, "the answer was not understood") if found == Quotas() else found


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else None
