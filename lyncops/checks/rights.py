"""May the operator do it?

Known only where the endpoint offers no more than the operator's role has.
"""

from __future__ import annotations

from collections.abc import Sequence

from lyncops.checks.check import (
    Finding,
    Weight,
    check,
    failed,
    of_next_hops,
    of_store,
    passed,
    result_of,
    unknown,
    warning,
)
from lyncops.checks.context import CheckContext, Direction
from lyncops.checks.edge import edges_behind
from lyncops.checks.result import CheckResult
from lyncops.checks.words import counted, listed, sentence
from lyncops.deployment.model import Deployment
from lyncops.sources import fact, reference
from lyncops.values import Unread


def needed_cmdlets(situation: CheckContext) -> tuple[str, ...]:
    """The CHANGE cmdlets that the procedure will send, by name."""
    if situation.direction is Direction.FAILBACK:
        return ("Invoke-CsPoolFailBack", "Invoke-CsBackupServiceSync")
    names = ["Invoke-CsPoolFailOver"]
    if situation.store_pool == situation.target:
        names.insert(0, "Invoke-CsManagementServerFailover")
    if edges_behind(situation):
        names.insert(0, "Set-CsEdgeServer")
    return tuple(names)


@check(
    "rights",
    question="May the operator run the cmdlets of this procedure?",
    sources=(reference("Get-CsAdminRole"), fact("ocs-powershell")),
    needs=lambda situation: (*of_next_hops(situation), *of_store(situation)),
    weight=Weight.NEVER,
)
def rights(situation: CheckContext) -> Finding:
    """UNKNOWN on a plain WinRM session, where group membership decides and only the attempt shows
    it.
    """
    return _rights_to_run(situation.deployment, needed_cmdlets(situation))


def rights_for(deployment: Deployment, *needed: str, optional: Sequence[str] = ()) -> CheckResult:
    """The same question for these cmdlets. A plan goes on without the `optional` ones."""
    finding = _rights_to_run(deployment, needed, optional)
    return result_of(rights.check_id, rights.question, rights.sources, finding)


def _rights_to_run(
    deployment: Deployment, needed: Sequence[str], optional: Sequence[str] = ()
) -> Finding:
    """Whether the session offers these cmdlets, as far as that can be known."""
    offered = deployment.rights
    if isinstance(offered, Unread) or not offered:
        why = offered.reason if isinstance(offered, Unread) else "the endpoint does not say"
        return unknown(
            sentence(f"It is not known which cmdlets the operator may run: {why}"),
            "The account must be a member of RTCUniversalServerAdmins (log on again after adding"
            " it), and a local administrator on the Front Ends; and its identity must go on to SQL"
            " Server and Active Directory: see second-hop of `lyncops doctor`.",
            blocking=False,
        )
    have = {name.casefold() for name in offered}
    missing = [name for name in needed if name.casefold() not in have]
    remedy = (
        "Use an account with the role CsAdministrator, or a role that includes them"
        " (Get-CsAdminRole)."
    )
    if missing:
        return failed(f"The operator's role does not include {listed(missing)}.", remedy)
    without = [name for name in optional if name.casefold() not in have]
    if without:
        return warning(
            f"The operator's role does not include {listed(without)}, which only optional steps"
            " need.",
            remedy,
        )
    return passed(
        f"The session offers {counted(len(offered), 'cmdlet')}, including"
        f" {listed(needed or ['none that is needed'])}."
    )
