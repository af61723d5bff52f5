"""What all procedures share: making a Plan of its parts, overrides, and words about loss."""

from __future__ import annotations

import attrs

from lyncops.checks.catalogue import apply_overrides
from lyncops.checks.check import Finding, check, failed, passed
from lyncops.checks.result import CheckResult
from lyncops.deployment.model import Deployment
from lyncops.plan.conditions import Condition
from lyncops.plan.left_broken import LeftBroken
from lyncops.plan.model import Plan
from lyncops.plan.procedures import Procedure, TwoModes
from lyncops.plan.steps import Step
from lyncops.procedures.answers import with_open_answers
from lyncops.procedures.offered import lacking
from lyncops.procedures.touching import pools_touched, rights_of
from lyncops.sources import fact
from lyncops.values import Fqdn, Mode, Unread


@attrs.frozen(slots=True, kw_only=True)
class Draft:
    """What a procedure makes of a deployment and a request, before the operator's overrides: the
    parts of a Plan.
    """

    checks: tuple[CheckResult, ...]
    lock: tuple[Fqdn, ...] = ()
    steps: tuple[Step, ...] = ()
    goal: tuple[Condition, ...] = ()
    expected_loss: str = ""
    notes: tuple[str, ...] = ()
    left_broken: tuple[LeftBroken, ...] = ()


def finished(draft: Draft, *, procedure: Procedure, deployment: Deployment) -> Plan:
    """The plan. It is made at the time of the reading that it rests on.

    Raises:
        InvalidValueError: an override names no check of this plan, names one that is law, or gives
            no reason.
    """
    version = deployment.version
    checks = with_open_answers(draft.checks, procedure.NAME, deployment)
    if draft.steps:
        rest = tuple(check for check in checks if check.check_id != "rights")
        checks = (*rest, rights_of(draft.steps, deployment), *lacking(draft.steps, deployment))
    asked = draft.lock or ((procedure.target_pool,) if procedure.target_pool else ())
    return Plan(
        procedure=procedure,
        deployment=deployment.name,
        version=None if isinstance(version, Unread) else version,
        created_at=deployment.read_at,
        lock=tuple(dict.fromkeys((*asked, *pools_touched(draft.steps, deployment)))),
        checks=apply_overrides(checks, procedure.overrides),
        steps=draft.steps,
        goal=draft.goal,
        expected_loss=draft.expected_loss,
        notes=draft.notes,
        left_broken=draft.left_broken,
    )


def those_asked(*checks: CheckResult | None) -> tuple[CheckResult, ...]:
    """The checks without those that are None: questions that have no meaning here."""
    return tuple(check for check in checks if check is not None)


def data_loss_accepted(request: TwoModes, *, loss: str) -> CheckResult | None:
    """Whether the operator has said yes to what disaster mode loses; None in planned mode."""
    if request.mode is not Mode.DISASTER:
        return None
    return consent(accepted=request.accept_data_loss, loss=loss)


def consent(*, accepted: bool, loss: str) -> CheckResult:
    """Whether the operator has said yes to a loss. It is law: no override can say it."""
    return _loss_accepted(_Loss(accepted=accepted, words=loss))


@attrs.frozen(slots=True, kw_only=True)
class _Loss:
    """What is lost, and whether the operator has accepted it."""

    accepted: bool
    words: str


@check(
    "data-loss-accepted",
    question="Has the operator accepted the data loss?",
    sources=(fact("disaster-failover"),),
)
def _loss_accepted(loss: _Loss) -> Finding:
    evidence = loss.words or "Disaster mode moves the users without a final synchronisation."
    if loss.accepted:
        return passed(evidence)
    remedy = "If the failed side is really gone, add --accept-data-loss."
    return failed(evidence, remedy, overridable=False)
