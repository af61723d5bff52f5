"""Writes the schemas of what `--json` answers, `docs/schemas/*.json`, from the types.

python3 scripts/schemas.py
"""

from __future__ import annotations

import bootstrap

if __name__ == "__main__":
    bootstrap.run_inside(__file__, "cli", "lab")

import json
import sys
from collections.abc import Mapping
from typing import Any, Final, get_args

import attrs
from schema_of import Dialect, Schema, document

from lyncops.checks.result import CheckResult, Verdict
from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.codec import FORMAT as DEPLOYMENT_FORMAT
from lyncops.deployment.model import Deployment
from lyncops.drill import DrillReport, Outcome
from lyncops.drill.showing import FORMAT as DRILL_FORMAT
from lyncops.plan.codec import FORMAT as PLAN_FORMAT
from lyncops.plan.conditions import Condition
from lyncops.plan.model import Plan
from lyncops.plan.procedures import Procedure
from lyncops.plan.serial import AnyCondition
from lyncops.plan.steps import Step
from lyncops.values import Place
from lyncops.views import answers

FOLDER: Final = bootstrap.ROOT / "docs" / "schemas"
TEXT: Final[Schema] = {"type": "string"}
TEXTS: Final[Schema] = {"type": "array", "items": TEXT}
CMDLET: Final[Schema] = {
    "description": "A cmdlet and its arguments.",
    "type": "object",
    "properties": {"cmdlet": TEXT, "arguments": {"type": "object"}, "expands": TEXT},
    "required": ["cmdlet", "arguments"],
    "additionalProperties": False,
}
ANYTHING: Final[Schema] = {"type": "object"}
SHOWN: Final = Dialect(
    whole={Cmdlet: ANYTHING, Condition: ANYTHING}, added={CheckResult: {"see": TEXT}}
)
"""`lyncops.views.json_values`."""
DEPLOYMENT: Final[dict[str, Schema]] = {"format": {"const": DEPLOYMENT_FORMAT}}
WRITTEN: Final = Dialect(for_reading_back=True, added={Deployment: DEPLOYMENT})
"""Deployments, alone and in reports."""


def _verdicts(kind: type[Verdict | Outcome]) -> Schema:
    return {"enum": [member.value for member in kind]}


STATUS: Final = attrs.evolve(
    WRITTEN,
    added={Deployment: {**DEPLOYMENT, "verdict": _verdicts(Verdict), "open_runs": TEXTS}},
)
DRILL: Final = Dialect(
    for_reading_back=True,
    added={
        DrillReport: {
            "format": {"const": DRILL_FORMAT},
            "outcome": _verdicts(Outcome),
            "worse": TEXTS,
            "not_compared": TEXTS,
        }
    },
)
PLANNED: Final = Dialect(
    for_reading_back=True,
    tagged=frozenset((*get_args(AnyCondition), *get_args(Step), *get_args(Place))),
    left_out={
        CheckResult: frozenset({"override_changes"}),
        Plan: frozenset({"left_broken"}),
    },
    added={
        Plan: {
            "procedure": TEXT,
            "target": {"type": ["string", "null"]},
            "mode": {"type": ["string", "null"]},
            "options": {"type": "object", "description": "What was asked for besides."},
        }
    },
    whole={Cmdlet: CMDLET, Procedure: TEXT},
    instead={Condition: AnyCondition},
)


def plan_schema() -> Schema:
    """A plan, and beside it what readers want and lyncops derives from it."""
    made = document("lyncops plan", Plan, PLANNED)
    shared = made.pop("$defs")
    head = {name: made.pop(name) for name in ("$schema", "title")}
    properties: dict[str, Schema] = {
        "format": {"const": PLAN_FORMAT},
        "content_id": TEXT,
        "refused": {"type": "boolean"},
        "estimate_seconds": {"type": "number"},
        "powershell": {"type": "object", "additionalProperties": TEXT},
        "plan": {"$ref": "#/$defs/Plan"},
        "see": {
            "type": "object",
            "additionalProperties": TEXT,
            "description": "The page that says more about each check that did not pass.",
        },
        "changed": {"const": False, "description": "A plan changes nothing."},
        "nothing_to_do": {
            "type": "boolean",
            "description": "Whether the servers show already what is asked for.",
        },
    }
    return {
        **head,
        "description": "A plan, as `run --plan` reads it.",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "$defs": dict(sorted({**shared, "Plan": made}.items())),
    }


ANSWERS: Final[Mapping[str, tuple[str, object, Dialect]]] = {
    "status": ("status", Deployment, STATUS),
    "check": ("check", answers.ChecksAnswer, SHOWN),
    "run": ("run, resume, runs show, runs cancel", answers.RunAnswer, WRITTEN),
    "nothing-to-do": ("run, where nothing is to be done", answers.NothingToDoAnswer, SHOWN),
    "rehearsal": ("run --rehearse", answers.RehearsalAnswer, SHOWN),
    "runs-list": ("runs list", answers.RunsAnswer, SHOWN),
    "runs-watch": ("runs watch, each line", answers.RunSeen, SHOWN),
    "runs-report": ("runs report", answers.ReportAnswer, WRITTEN),
    "runs-verify": ("runs verify", answers.ChainAnswer, SHOWN),
    "runs-export": ("runs export", answers.ExportAnswer, SHOWN),
    "runs-import": ("runs import", answers.ImportAnswer, SHOWN),
    "runs-prune": ("runs prune", answers.PruneAnswer, SHOWN),
    "readiness": ("readiness", answers.ReadinessAnswer, SHOWN),
    "doctor": ("doctor", answers.DoctorAnswer, SHOWN),
    "backup-service": ("backup-service show, watch", answers.BackupServiceAnswer, SHOWN),
    "snapshot": ("snapshot", answers.SnapshotAnswer, SHOWN),
    "drill": ("drill", DrillReport, DRILL),
    "lab-serve": ("lab serve", answers.LabAnswer, SHOWN),
    "lab-scenarios": ("lab scenarios", answers.ScenariosAnswer, SHOWN),
    "lab-inject": ("lab inject", answers.InjectAnswer, SHOWN),
    "error": ("any verb that could not do it", answers.ErrorAnswer, SHOWN),
}
"""The file's name: whose answer it is, its type, and how that becomes JSON."""


def schemas() -> dict[str, Schema]:
    """Every schema by the name of its file."""
    made = {
        name: document(f"lyncops {verbs}", kind, dialect)
        for name, (verbs, kind, dialect) in ANSWERS.items()
    }
    return dict(sorted({**made, "plan": plan_schema()}.items()))


def text_of(schema: dict[str, Any]) -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write them all; what no answer has any longer is removed."""
    FOLDER.mkdir(exist_ok=True)
    made = schemas()
    for file in FOLDER.glob("*.json"):
        if file.stem not in made:
            file.unlink()
    for name, schema in made.items():
        (FOLDER / f"{name}.json").write_text(text_of(schema), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
